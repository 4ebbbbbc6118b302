//! `bankd terminal`.

use std::path::PathBuf;

use bank_engine::account::TerminalId;
use bank_engine::ledger::{Memo, TransactionId};
use bank_engine::money::{Amount, CurrencyCode};
use clap::{Args, Subcommand};

use crate::cli::common::AtArgs;
use crate::cli::values::{NoteList, notes};

/// `bankd terminal`.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum TerminalCommand {
    /// Make a terminal known by a key of its own
    #[command(after_long_help = ADD_EXAMPLES)]
    Add {
        /// Its name: 1 to 29 letters, digits and -_.:@+/
        name: TerminalId,
        /// The currency of its notes; the bank's currency unless given
        #[arg(long, value_name = "CODE")]
        currency: Option<CurrencyCode>,
        /// Where its key comes from.
        #[command(flatten)]
        key: KeyArgs,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Option<Memo>,
        /// Where, and how to answer.
        #[command(flatten)]
        at: AtArgs,
    },
    /// Let customers move cash at a terminal again
    Enable(ChangeArgs),
    /// Take a terminal out of service; what it was ordered to pay out it still reports
    Disable(ChangeArgs),
    /// Give a terminal another key; the old one is refused from then on
    ChangeKey {
        /// Its name
        name: TerminalId,
        /// Where its key comes from.
        #[command(flatten)]
        key: KeyArgs,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Memo,
        /// Where, and how to answer.
        #[command(flatten)]
        at: AtArgs,
    },
    /// List the terminals, with the cash in them
    List(AtArgs),
    /// Show one terminal
    Show {
        /// Its name
        name: TerminalId,
        /// Where, and how to answer.
        #[command(flatten)]
        at: AtArgs,
    },
    /// Book cash of the bank's own that was put into a terminal
    #[command(after_long_help = LOAD_EXAMPLES)]
    Load {
        /// Which cash, and where.
        #[command(flatten)]
        moved: MoveArgs,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Option<Memo>,
    },
    /// Book cash that was taken out of a terminal for the bank
    Unload {
        /// Which cash, and where.
        #[command(flatten)]
        moved: MoveArgs,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Memo,
    },
    /// Compare the cash that was counted in a terminal with the books, and change nothing
    #[command(after_long_help = COUNT_EXAMPLES)]
    Count(CountArgs),
    /// Compare the cash that was counted in a terminal with the books, and post the difference
    #[command(after_long_help = COUNT_EXAMPLES)]
    CloseDay {
        /// What was counted.
        #[command(flatten)]
        counted: CountArgs,
        /// The id to ask with, or to ask again with; a new one unless given
        #[arg(long, value_name = "ID")]
        transaction: Option<TransactionId>,
        /// Why; needed where there is a difference
        #[arg(long, value_name = "TEXT")]
        reason: Option<Memo>,
    },
}

const ADD_EXAMPLES: &str = "\
Without --key-file the key is made here, of 128 random bits, and printed once: the bank keeps only its
hash. Give it to the machine, and to nobody else.

Examples:
  bankd terminal add lobby
  bankd terminal add lobby --key-file lobby.key";

const LOAD_EXAMPLES: &str = "\
A terminal that gets notes counts its notes from then on, and pays out only what they can make. Other
terminals hold an amount.

Examples:
  bankd terminal load lobby --notes 100x20,40x50
  bankd terminal load lobby --amount 500.00";

const COUNT_EXAMPLES: &str = "\
The notes are all that are in the machine; those of them that are in its reject bin, where deposits and what
a customer left go, are named again with --reject-bin. A difference that bankd terminal close-day finds goes
to the bank's account $$over-short of the currency.

Examples:
  bankd terminal count lobby --notes 90x20,40x50
  bankd terminal close-day lobby --notes 90x20,42x50 --reject-bin 2x50 --reason 'a note stuck'";

/// Where a terminal's key comes from.
#[derive(Debug, Args)]
pub struct KeyArgs {
    /// Take the key from the first line of a file that only its owner can read, instead of making
    /// one: at least 32 hexadecimal digits, or 22 other characters
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
}

/// Cash: an amount, or notes.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("cash").required(true).multiple(true))]
pub struct CashArgs {
    /// How much; the sum of the notes unless given
    #[arg(long, value_name = "AMOUNT", group = "cash")]
    pub amount: Option<Amount>,
    /// Which notes, as in 100x20,40x50
    #[arg(long, value_name = "NOTES", group = "cash", value_parser = notes)]
    pub notes: Option<NoteList>,
    /// The currency; the terminal's own unless given
    #[arg(long, value_name = "CODE")]
    pub currency: Option<CurrencyCode>,
}

/// `bankd terminal enable` and `disable`.
#[derive(Debug, Args)]
pub struct ChangeArgs {
    /// The terminal
    pub name: TerminalId,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: Memo,
    /// Where, and how to answer.
    #[command(flatten)]
    pub at: AtArgs,
}

/// `bankd terminal load` and `unload`.
#[derive(Debug, Args)]
pub struct MoveArgs {
    /// The terminal
    pub name: TerminalId,
    /// Which cash.
    #[command(flatten)]
    pub cash: CashArgs,
    /// The id to ask with, or to ask again with; a new one unless given
    #[arg(long, value_name = "ID")]
    pub transaction: Option<TransactionId>,
    /// Where, and how to answer.
    #[command(flatten)]
    pub at: AtArgs,
}

/// `bankd terminal count` and `close-day`.
#[derive(Debug, Args)]
pub struct CountArgs {
    /// The terminal
    pub name: TerminalId,
    /// Which cash.
    #[command(flatten)]
    pub cash: CashArgs,
    /// Those of the notes that are in the reject bin
    #[arg(long, value_name = "NOTES", value_parser = notes)]
    pub reject_bin: Option<NoteList>,
    /// Where, and how to answer.
    #[command(flatten)]
    pub at: AtArgs,
}
