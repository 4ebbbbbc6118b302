//! `bankd account` and `bankd session`.

use std::path::PathBuf;

use bank_engine::account::AccountId;
use bank_engine::day::{first_instant, last_instant};
use bank_engine::ledger::{Memo, MinimumBalance, TransactionId};
use bank_engine::money::{Amount, CurrencyCode};
use bank_engine::time::Timestamp;
use clap::{Args, Subcommand};

use crate::cli::CorrectionArgs;
use crate::cli::common::{AtArgs, DataArgs, OutputArgs};
use crate::cli::values::{Lifted, lifted};

/// `bankd account`.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum AccountCommand {
    /// Open an account
    #[command(after_long_help = ADD_EXAMPLES)]
    Add(AddArgs),
    /// List the accounts with their present balances
    #[command(after_long_help = LIST_HELP)]
    List {
        /// The bank's own accounts too, whose names begin with $: cash below zero, capital above
        #[arg(long)]
        own: bool,
        /// Where, and how to answer.
        #[command(flatten)]
        at: AtArgs,
    },
    /// Show one account
    Show(AnyArgs),
    /// Let nothing leave an account or come in, until this freeze is taken off again
    Freeze(ChangeAccountArgs),
    /// Let nothing leave an account
    FreezeDebits(ChangeAccountArgs),
    /// Let nothing come into an account
    FreezeCredits(ChangeAccountArgs),
    /// Take one freeze off an account, or all; bankd account show lists them
    Thaw {
        /// Which account, and why.
        #[command(flatten)]
        changed: ChangeAccountArgs,
        /// The number of the freeze
        #[arg(long, value_name = "NUMBER", required_unless_present = "all", conflicts_with = "all")]
        freeze: Option<u32>,
        /// All its freezes
        #[arg(long)]
        all: bool,
    },
    /// Close an account whose balance is zero and that has no holds; its session ends
    Close(ChangeAccountArgs),
    /// Open a closed account again; its freezes stay
    Reopen(ChangeAccountArgs),
    /// Change how far an account may go; limits that are not named stay
    #[command(after_long_help = LIMITS_EXAMPLES)]
    Limits(LimitsArgs),
    /// Give an account another PIN, which its owner has to change first of all, and unlock it
    #[command(after_long_help = RESET_EXAMPLES)]
    ResetPin(ResetPinArgs),
    /// Let the owner of a locked account try again
    Unlock(ChangeAccountArgs),
    /// Show the entries of an account, newest first
    #[command(after_long_help = STATEMENT_EXAMPLES)]
    Statement(StatementArgs),
    /// Show an account's balance, now or at an earlier instant
    Balance {
        /// The account
        #[command(flatten)]
        account: AnyArgs,
        /// The balance at that instant: 2026-01-31T12:00:00Z, or at the end of a day in UTC; now unless given
        #[arg(long = "at", value_name = "TIME", value_parser = last_instant)]
        instant: Option<Timestamp>,
    },
    /// Give to an account at the bank's own cost, or take from it where the amount is below zero
    #[command(after_long_help = ADJUST_EXAMPLES)]
    Adjust(AdjustArgs),
}

const ADD_EXAMPLES: &str = "\
The PIN (4 to 12 digits) or password (8 to 64 characters) is asked for, unseen, unless it comes from
standard input or a file. It is never an argument: every user of the machine can read those. One that
is easy to guess (a run, a date, a repetition, the account's own digits) is refused. The owner has to
choose another one at the first log-in, before anything else.

Examples:
  bankd account add ac-12345 --balance 100.00
  bankd account add ac-12346 --pin-file pin.txt --currency EUR";

const LIST_HELP: &str = "\
A long list is read in parts. Where money moves meanwhile they are of slightly different instants; the
sums of bankd trial-balance and bankd verify are of one.";

const LIMITS_EXAMPLES: &str = "\
Days are the bank's business days (bankd serve --business-day-zone). Open holds count, and what was
taken out today counts too.

Examples:
  bankd account limits ac-12345 --transaction-max 500 --day-amount-max 1000 --day-count-max 5 --reason 'new card'
  bankd account limits ac-12345 --minimum-balance -250.00 --reason 'overdraft agreed'
  bankd account limits ac-12345 --transaction-max none --reason 'asked for by its owner'";

const RESET_EXAMPLES: &str = "\
Examples:
  bankd account reset-pin ac-12345 --reason 'forgotten; passport seen'
  bankd account reset-pin ac-12345 --pin-file pin.txt --reason 'new card'";

const STATEMENT_EXAMPLES: &str = "\
Examples:
  bankd account statement ac-12345
  bankd account statement ac-12345 --from 2026-01-01 --to 2026-01-31 --limit 1000
  bankd account statement '$vault:USD' --output json";

const ADJUST_EXAMPLES: &str = "\
Examples:
  bankd account adjust ac-12345 5.00 --reason 'fee charged twice'
  bankd account adjust ac-12345 -5.00 --reason 'fee not charged' \\
      --transaction 01890a5d-ac96-774b-bcce-b302099a8057";

/// Any account.
#[derive(Debug, Args)]
pub struct AnyArgs {
    /// Its name; those of the bank's own begin with $
    pub name: String,
    /// Where, and how to answer.
    #[command(flatten)]
    pub at: AtArgs,
}

/// `bankd account add`.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// Its name: 1 to 34 letters, digits and -_.:@+/
    pub name: AccountId,
    /// What it starts with
    #[arg(long, value_name = "AMOUNT", default_value = "0")]
    pub balance: Amount,
    /// The id to pay the balance in with, or to ask again with; a new one unless given
    #[arg(long, value_name = "ID")]
    pub transaction: Option<TransactionId>,
    /// What it counts in; the bank's currency unless given
    #[arg(long, value_name = "CODE")]
    pub currency: Option<CurrencyCode>,
    /// Nobody can log in to it: for fees, revenue, or what a program moves for its owner
    #[arg(long, conflicts_with_all = ["chosen_by_owner", "pin_stdin", "pin_file"])]
    pub no_login: bool,
    /// The lowest balance, zero or less, or unlimited
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    pub minimum_balance: Option<MinimumBalance>,
    /// The owner chose the PIN, and need not choose another
    #[arg(long)]
    pub chosen_by_owner: bool,
    /// Why; kept with the account
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<Memo>,
    /// Where the PIN comes from.
    #[command(flatten)]
    pub pin: PinArgs,
    /// Where the account goes.
    #[command(flatten)]
    pub data: DataArgs,
    /// How to answer.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Where a PIN comes from: a prompt unless set otherwise.
#[derive(Debug, Args)]
pub struct PinArgs {
    /// Take the PIN from the first line of standard input
    #[arg(long, conflicts_with = "pin_file")]
    pub pin_stdin: bool,
    /// Take the PIN from the first line of a file that only its owner can read
    #[arg(long, value_name = "FILE")]
    pub pin_file: Option<PathBuf>,
}

/// `bankd account freeze` and its kin.
#[derive(Debug, Args)]
pub struct ChangeAccountArgs {
    /// Its name
    pub name: AccountId,
    /// Why; kept with the account
    #[arg(long, value_name = "TEXT")]
    pub reason: Memo,
    /// Where, and how to answer.
    #[command(flatten)]
    pub at: AtArgs,
}

/// `bankd account limits`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("limit").required(true).multiple(true))]
pub struct LimitsArgs {
    /// Its name
    pub name: AccountId,
    /// The lowest balance, zero or less, or unlimited
    #[arg(long, value_name = "AMOUNT", group = "limit", allow_negative_numbers = true)]
    pub minimum_balance: Option<MinimumBalance>,
    /// The most that one transaction may take out, or none
    #[arg(long, value_name = "AMOUNT", group = "limit", value_parser = lifted::<Amount>)]
    pub transaction_max: Option<Lifted<Amount>>,
    /// The most that may be taken out in a day, or none
    #[arg(long, value_name = "AMOUNT", group = "limit", value_parser = lifted::<Amount>)]
    pub day_amount_max: Option<Lifted<Amount>>,
    /// How often something may be taken out in a day, or none
    #[arg(long, value_name = "N", group = "limit", value_parser = lifted::<u32>)]
    pub day_count_max: Option<Lifted<u32>>,
    /// Why; kept with the account
    #[arg(long, value_name = "TEXT")]
    pub reason: Memo,
    /// Where, and how to answer.
    #[command(flatten)]
    pub at: AtArgs,
}

/// `bankd account reset-pin`.
#[derive(Debug, Args)]
pub struct ResetPinArgs {
    /// Its name
    pub name: AccountId,
    /// Where the PIN comes from.
    #[command(flatten)]
    pub pin: PinArgs,
    /// Why; kept with the account
    #[arg(long, value_name = "TEXT")]
    pub reason: Memo,
    /// Where, and how to answer.
    #[command(flatten)]
    pub at: AtArgs,
}

/// `bankd account statement`.
#[derive(Debug, Args)]
pub struct StatementArgs {
    /// Which account.
    #[command(flatten)]
    pub account: AnyArgs,
    /// Entries at most
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = crate::cli::values::count)]
    pub limit: usize,
    /// Only entries of lower numbers: the last answer's next
    #[arg(long, value_name = "NUMBER")]
    pub before: Option<u64>,
    /// Only entries made then or later: 2026-01-31T12:00:00Z, or a day in UTC
    #[arg(long, value_name = "TIME", value_parser = first_instant)]
    pub from: Option<Timestamp>,
    /// Only entries made then or earlier: 2026-01-31T12:00:00Z, or a day in UTC
    #[arg(long, value_name = "TIME", value_parser = last_instant)]
    pub to: Option<Timestamp>,
}

/// `bankd account adjust`.
#[derive(Debug, Args)]
pub struct AdjustArgs {
    /// Its name
    pub name: AccountId,
    /// What it gets; below zero is taken from it
    #[arg(allow_negative_numbers = true)]
    pub amount: Amount,
    /// Why, with which id, where, and how to answer.
    #[command(flatten)]
    pub correction: CorrectionArgs,
}

/// `bankd session`.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum SessionCommand {
    /// List the accounts that are in use at a terminal
    List(AtArgs),
    /// End the session that holds an account; the account is free at once
    End(ChangeAccountArgs),
}
