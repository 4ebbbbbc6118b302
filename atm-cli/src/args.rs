//! The command line of `atm`.

use std::path::PathBuf;

use bank_engine::account::TerminalId;
use bank_engine::endpoint::Scheme;
use bank_engine::ledger::{Memo, TransactionId};
use bank_engine::money::Amount;
use bank_engine::notes::{NotNotes, NoteCount, parse_notes};
use bank_engine::time::Timestamp;
use clap::{Parser, Subcommand, ValueEnum};

#[cfg(feature = "failpoints")]
use crate::failpoint::FailAt;
use crate::failpoint::Failpoint;
use crate::time::{begins, ends};

/// The ATM in a terminal window.
///
/// Without a command it is an ATM: it asks for account and PIN and shows a menu. With a command it
/// does that one thing. With commands on standard input it does them line by line and stops at the
/// first that fails.
#[derive(Debug, Parser)]
#[command(name = "atm", version, after_long_help = EXAMPLES)]
pub struct Args {
    /// How to reach the bank: tcp is plain on this machine and TLS elsewhere
    #[arg(long, value_name = "tcp|tls|quic", default_value = "tcp", global = true)]
    pub transport: Scheme,
    /// Where the bank is: HOST:PORT, or a URL like quic://HOST:PORT that names the transport too
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:7878",
        env = "BANK_SERVER",
        global = true
    )]
    pub server: String,
    /// Believe servers whose certificate the authorities in this PEM file signed
    #[arg(long, value_name = "FILE", global = true, conflicts_with = "fingerprint")]
    pub ca: Option<PathBuf>,
    /// Believe the server whose key has this fingerprint, as `bankd cert show` prints it
    #[arg(long, value_name = "sha256:HEX", global = true)]
    pub fingerprint: Option<bank_engine::Fingerprint>,
    /// Where servers met before are remembered, when neither --ca nor --fingerprint is given
    /// [default: ~/.config/bank-engine/known-servers]
    #[arg(long, value_name = "FILE", global = true)]
    pub known_servers: Option<PathBuf>,
    /// Use TCP without encryption to every address: everybody on the way can read the PIN
    #[arg(long, global = true)]
    pub plain_tcp_anywhere: bool,
    /// The account; asked for where it is needed and not given
    #[arg(long, value_name = "NAME", env = "BANK_ACCOUNT", global = true)]
    pub account: Option<String>,
    /// Take the PIN from the first line of standard input
    #[arg(long, global = true, conflicts_with = "pin_file")]
    pub pin_stdin: bool,
    /// Take the PIN from the first line of a file that only its owner can read
    #[arg(long, value_name = "FILE", global = true)]
    pub pin_file: Option<PathBuf>,
    /// For people, or as one JSON object a line on standard output for programs, errors too
    #[arg(long, value_enum, default_value_t, global = true)]
    pub output: Output,
    /// Which terminal this is, as the bank knows it; cash is its own then, and a journal says what
    /// became of each dispense
    #[arg(long, value_name = "NAME", global = true, requires = "key_file")]
    pub terminal: Option<TerminalId>,
    /// The terminal's key: the first line of a file that only its owner can read
    #[arg(long, value_name = "FILE", global = true, requires = "terminal")]
    pub key_file: Option<PathBuf>,
    /// The terminal's journal, made where there is none
    /// [default: ~/.local/state/bank-engine/terminal-NAME.journal]
    #[arg(long, value_name = "FILE", global = true, requires = "terminal")]
    pub journal: Option<PathBuf>,
    /// Trying out what goes wrong.
    #[command(flatten)]
    pub simulation: SimulationArgs,
    /// What to do; an ATM without it.
    #[command(subcommand)]
    pub command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  atm --transport quic --server bank.example.org:7879
  atm balance --account ac-12345 --at 2026-01-31
  atm withdraw 20.00 --account ac-12345 --pin-file pin.txt --output json
  atm --terminal atm-1 --key-file atm-1.key
  atm transfer-batch wages.txt --dry-run --account ac-12345
  printf '%s\\n' 1324 'deposit 20' 'transfer wf-14351 5 lunch' | atm --account ac-12345 --pin-stdin

On standard input: login NAME, balance [TIME], deposit AMOUNT [NOTES], withdraw AMOUNT,
transfer TO AMOUNT [MEMO], authorise TO AMOUNT [MEMO], capture HOLD [AMOUNT], void HOLD,
transfer-batch FILE [dry-run], statement [N|all] [FROM [TO]], pin NEW_PIN_FILE, ping, logout, and lines that
begin with #. Times are 2026-01-31T12:00:00Z, or a day in UTC; notes are 3x20.00,1x50.00.

Exit codes: 0 done, 1 declined, 2 wrong usage, 3 cannot connect, not trusted, line lost or outcome
unknown, 4 wrong credentials, locked or PIN to be changed, 5 in use, busy or shutting down, 6 done but
the answer could not be written, 129, 130 and 143 ended by a signal. Where it is not known whether money moved, the error says what clears it up,
mostly the command that asks again with the same id.

With --terminal every start reports to the bank first what its journal knows of dispenses that a crash or a
lost line left open; `atm ping` does only that. Without, the bank has to find out what became of them.";

/// Faults of the simulated dispenser, and of the ATM itself, on purpose.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Trying out what goes wrong (the dispenser is a simulated one)")]
pub struct SimulationArgs {
    /// Jam after so many notes
    #[arg(long, value_name = "NOTES", global = true, hide_short_help = true)]
    pub jam_after: Option<u32>,
    /// Take so long for each note, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0, global = true, hide_short_help = true)]
    pub note_ms: u32,
    /// Crash at this moment of a dispense, with exit code 70
    #[cfg(feature = "failpoints")]
    #[arg(long, value_name = "MOMENT", value_enum, global = true, hide_short_help = true)]
    pub fail_at: Option<FailAt>,
    /// Add a line to this file for each note that comes out
    #[arg(long, value_name = "FILE", global = true, hide_short_help = true)]
    pub notes_to: Option<PathBuf>,
}

impl SimulationArgs {
    /// Where the ATM is to crash: nowhere unless it was built with the feature `failpoints`.
    pub(crate) fn failpoint(&self) -> Failpoint {
        #[cfg(feature = "failpoints")]
        return Failpoint(self.fail_at);
        #[cfg(not(feature = "failpoints"))]
        Failpoint::default()
    }
}

/// Forms of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people
    #[default]
    Human,
    /// For programs
    Json,
}

/// Notes as they are written on the command line.
#[derive(Debug, Clone)]
pub struct WrittenNotes(pub Vec<NoteCount>);

impl std::str::FromStr for WrittenNotes {
    type Err = NotNotes;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_notes(text).map(WrittenNotes)
    }
}

/// One thing to do.
#[derive(Debug, Clone, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// Show the account's balance
    Balance {
        /// The balance at that instant: 2026-01-31T12:00:00Z, or at the end of a day in UTC
        #[arg(long, value_name = "TIME", value_parser = ends)]
        at: Option<Timestamp>,
    },
    /// Pay cash in
    Deposit {
        /// How much
        #[arg(allow_negative_numbers = true)]
        amount: Amount,
        /// Which notes, where the terminal counts them: 3x20.00,1x50.00
        #[arg(long, value_name = "NOTES")]
        notes: Option<WrittenNotes>,
        /// The id of an earlier attempt whose end is unknown: asks again, and money moves once
        #[arg(long, value_name = "UUID")]
        transaction: Option<TransactionId>,
    },
    /// Draw cash
    Withdraw {
        /// How much
        #[arg(allow_negative_numbers = true)]
        amount: Amount,
        /// The id that the withdrawal gets; of an earlier one, the bank says what became of it, and
        /// no cash comes out twice
        #[arg(long, value_name = "UUID")]
        transaction: Option<TransactionId>,
    },
    /// Pay another customer
    Transfer {
        /// Whose account
        to: String,
        /// How much
        #[arg(allow_negative_numbers = true)]
        amount: Amount,
        /// A word to them
        #[arg(long)]
        memo: Option<Memo>,
        /// The id of an earlier attempt whose end is unknown: asks again, and money moves once
        #[arg(long, value_name = "UUID")]
        transaction: Option<TransactionId>,
    },
    /// Set money aside for another customer, who can capture it
    Authorise {
        /// Whose account
        to: String,
        /// How much
        #[arg(allow_negative_numbers = true)]
        amount: Amount,
        /// A word to them
        #[arg(long)]
        memo: Option<Memo>,
        /// How long they have; the bank may allow less
        #[arg(long, default_value_t = AUTHORISED_SECONDS)]
        seconds: u32,
        /// The id of an earlier attempt whose end is unknown: asks again, and money is set aside once
        #[arg(long, value_name = "UUID")]
        transaction: Option<TransactionId>,
    },
    /// Take what another customer set aside for this account, once
    Capture {
        /// Its id
        hold: TransactionId,
        /// How much; all unless given, and the rest is free again
        #[arg(allow_negative_numbers = true)]
        amount: Option<Amount>,
    },
    /// Give back what another customer set aside for this account
    Void {
        /// Its id
        hold: TransactionId,
    },
    /// Pay several customers, all of them or none
    TransferBatch {
        /// A file with `TO AMOUNT [MEMO]` on each line, at most 256
        file: PathBuf,
        /// Show only what would happen
        #[arg(long)]
        dry_run: bool,
        /// The id of an earlier attempt whose end is unknown: asks again, and money moves once
        #[arg(long, value_name = "UUID")]
        transaction: Option<TransactionId>,
    },
    /// Show the account's entries, newest first, with the balance before and after them
    Statement {
        /// How many entries, 1 to 50
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=50))]
        limit: u32,
        /// Only entries with lower numbers
        #[arg(long, value_name = "NUMBER")]
        before: Option<u64>,
        /// Only entries made then or later: 2026-01-31T12:00:00Z, or a day in UTC
        #[arg(long, value_name = "TIME", value_parser = begins)]
        from: Option<Timestamp>,
        /// Only entries made then or earlier: 2026-01-31T12:00:00Z, or a day in UTC
        #[arg(long, value_name = "TIME", value_parser = ends)]
        to: Option<Timestamp>,
        /// All of them, page by page
        #[arg(long, conflicts_with_all = ["before", "limit"])]
        all: bool,
    },
    /// Change the PIN
    #[command(subcommand)]
    Pin(PinCommand),
    /// See whether the bank answers; needs no account
    Ping,
}

/// How long a payee has unless set otherwise: a day.
pub const AUTHORISED_SECONDS: u32 = 24 * 60 * 60;

/// What can be done to a PIN.
#[derive(Debug, Clone, Subcommand)]
#[non_exhaustive]
pub enum PinCommand {
    /// Replace it; the new one is asked for twice, or is the second line of standard input with
    /// --pin-stdin
    Change {
        /// Take the new PIN from the first line of a file that only its owner can read
        #[arg(long, value_name = "FILE")]
        new_pin_file: Option<PathBuf>,
    },
}
