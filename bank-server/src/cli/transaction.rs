//! `bankd reverse`, `transfer-batch`, `hold` and the other commands about money.

use std::path::PathBuf;

use bank_engine::account::TerminalId;
use bank_engine::day::first_instant;
use bank_engine::ledger::{Memo, TransactionId};
use bank_engine::money::Amount;
use bank_engine::store::Position;
use bank_engine::time::Timestamp;
use clap::{ArgGroup, Args, Subcommand, ValueEnum};

use crate::cli::CorrectionArgs;
use crate::cli::common::{AtArgs, DataArgs};
use crate::cli::values::{NoteList, notes};

/// `bankd hold`.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum HoldCommand {
    /// List the open holds, and the disputed dispenses where --state asks for them, by their ids
    List {
        /// Of one account only
        #[arg(long, value_name = "NAME")]
        account: Option<String>,
        /// For one terminal only
        #[arg(long, value_name = "NAME")]
        terminal: Option<TerminalId>,
        /// In this state only
        #[arg(long, value_enum)]
        state: Option<HoldStateFilter>,
        /// Only those authorised before then: 2026-01-31T12:00:00Z, or a day in UTC
        #[arg(long, value_name = "TIME", value_parser = first_instant)]
        before: Option<Timestamp>,
        /// Where, and how to answer.
        #[command(flatten)]
        at: AtArgs,
    },
    /// Settle a hold for the bank
    #[command(after_long_help = RESOLVE_EXAMPLES)]
    Resolve(ResolveArgs),
}

/// How far a listed hold got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HoldStateFilter {
    /// The money is set aside
    Authorised,
    /// The terminal was ordered to pay out
    Ordered,
    /// Nobody knows what came out
    Suspect,
    /// A terminal says something else about it than is recorded
    Disputed,
}

const RESOLVE_EXAMPLES: &str = "\
capture    the payment is made: --all of it, or --amount in part; the rest is free again
dispensed  the cash came out: --all of it, --amount (0 for none) and --notes, or --unknown; with
           --in-cassettes the notes that did not come out can be paid out again, without it they
           are in the reject bin
void       it is given up; not once a dispense was ordered
Of a disputed dispense, dispensed or void says what came out; where the books say otherwise, an
adjustment makes them agree, once.

Examples:
  bankd hold list
  bankd hold resolve 01890a5d-ac96-774b-bcce-b302099a8057 dispensed --amount 0 --reason 'notes counted'
  bankd hold resolve 01890a5d-ac96-774b-bcce-b302099a8057 capture --amount 12.50 --reason 'asked by the payee'";

/// `bankd hold resolve`.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("how_much").args(["amount", "all", "unknown"])))]
pub struct ResolveArgs {
    /// The hold's id
    pub hold: TransactionId,
    /// What is known, or wanted
    #[arg(value_enum, requires_ifs([("capture", "how_much"), ("dispensed", "how_much")]))]
    pub step: ResolveStep,
    /// How much was captured or dispensed
    #[arg(long, value_name = "AMOUNT")]
    pub amount: Option<Amount>,
    /// All of it was captured or dispensed
    #[arg(long)]
    pub all: bool,
    /// It is not known how much was dispensed
    #[arg(long, conflicts_with = "notes")]
    pub unknown: bool,
    /// Which notes came out, where it was a part of them
    #[arg(long, value_name = "NOTES", value_parser = notes)]
    pub notes: Option<NoteList>,
    /// The notes that did not come out never left their cassettes
    #[arg(long)]
    pub in_cassettes: bool,
    /// Why; kept with the hold
    #[arg(long, value_name = "TEXT")]
    pub reason: Memo,
    /// Where, and how to answer.
    #[command(flatten)]
    pub at: AtArgs,
}

/// How a hold is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ResolveStep {
    /// The payment is made
    Capture,
    /// The cash came out: all of it, a part or none
    Dispensed,
    /// It is given up
    Void,
}

pub(super) const REVERSE_EXAMPLES: &str = "\
Nothing that was recorded is changed: a reversal is a transaction of its own, linked to the original,
which gives the day's allowance back too. A transaction is reversed once.

Examples:
  bankd reverse 01890a5d-ac96-774b-bcce-b302099a8057 --reason 'paid twice'
  bankd reverse 01890a5d-ac96-774b-bcce-b302099a8057 --amount 5.00 --reason 'one item sent back'";

/// `bankd reverse`.
#[derive(Debug, Args)]
pub struct ReverseArgs {
    /// The transaction to take back
    pub original: TransactionId,
    /// How much of it; all unless given
    #[arg(long, value_name = "AMOUNT")]
    pub amount: Option<Amount>,
    /// Why, with which id, where, and how to answer.
    #[command(flatten)]
    pub correction: CorrectionArgs,
}

pub(super) const TRANSFER_BATCH_EXAMPLES: &str = "\
A line is a transfer; 10,000 at most are made in one step. Each has an id of its own, a UUID, which makes
it safe to run the same file again: nothing is paid twice.

CSV         transaction,from,to,amount[,memo]   a first line of these names, empty lines and lines
                                                that begin with # are skipped; quotes as in
                                                RFC 4180, on one line
JSON lines  {\"transaction\":\"ID\",\"from\":\"NAME\",\"to\":\"NAME\",\"amount\":\"12.50\",\"memo\":\"TEXT\"}

Examples:
  bankd transfer-batch payroll.csv --dry-run
  bankd transfer-batch payroll.csv
  bankd transfer-batch payroll.jsonl --output json";

/// `bankd transfer-batch`.
#[derive(Debug, Args)]
pub struct TransferBatchArgs {
    /// The file
    pub file: PathBuf,
    /// Print what would happen, and make nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Where, and how to answer.
    #[command(flatten)]
    pub at: AtArgs,
}
pub(super) const EVENTS_EXAMPLES: &str = "\
Every durable fact is a line of JSON: its position, when it was decided, and what happened. Keep the
position of the last line that you dealt with, and go on after it. Hashes of PINs and keys are left
out.

Examples:
  bankd events
  bankd events --after 8192.3 --follow";

/// `bankd events`.
#[derive(Debug, Args)]
pub struct EventsArgs {
    /// Only what happened after this position; everything unless given
    #[arg(long, value_name = "POSITION")]
    pub after: Option<Position>,
    /// Go on with what happens from now on, until ended by a signal
    #[arg(long)]
    pub follow: bool,
    /// Where the bank is.
    #[command(flatten)]
    pub data: DataArgs,
}
