//! The command line of `atm`.

use std::path::PathBuf;

use bank_engine::endpoint::Scheme;
use bank_engine::ledger::{Memo, TransactionId};
use bank_engine::money::Amount;
use clap::{Parser, Subcommand, ValueEnum};

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
    /// Believe the server whose key has this fingerprint, as `bankd cert show` tells it
    #[arg(long, value_name = "sha256:HEX", global = true)]
    pub fingerprint: Option<bank_engine::tls::Fingerprint>,
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
    /// What to do; an ATM without it.
    #[command(subcommand)]
    pub command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  atm --transport quic --server bank.example.org:7879
  atm balance --account ac-12345
  atm withdraw 20.00 --account ac-12345 --pin-file pin.txt --output json
  printf '%s\\n' 1324 'deposit 20' 'transfer wf-14351 5 lunch' | atm --account ac-12345 --pin-stdin

On standard input: login NAME, balance, deposit AMOUNT, withdraw AMOUNT, transfer TO AMOUNT [MEMO],
statement [N], ping, logout, and lines that begin with #.

Exit codes: 0 done, 1 declined, 2 wrong usage, 3 cannot connect, not trusted, line lost or outcome
unknown, 4 wrong credentials or locked, 5 in use, busy or shutting down, 130 interrupted. Where it is
not known whether money moved, the error names the command that asks again with the same id.";

/// Forms of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people
    #[default]
    Human,
    /// For programs
    Json,
}

/// One thing to do.
#[derive(Debug, Clone, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// Show what the account stands at
    Balance,
    /// Pay cash in
    Deposit {
        /// How much
        #[arg(allow_negative_numbers = true)]
        amount: Amount,
        /// The id of an earlier attempt whose end is unknown: asks again, and money moves once
        #[arg(long, value_name = "UUID")]
        transaction: Option<TransactionId>,
    },
    /// Draw cash
    Withdraw {
        /// How much
        #[arg(allow_negative_numbers = true)]
        amount: Amount,
        /// The id of an earlier attempt whose end is unknown: asks again, and money moves once
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
    /// Show the account's entries, newest first
    Statement {
        /// How many entries, 1 to 50
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=50))]
        limit: u32,
        /// Only entries with lower numbers
        #[arg(long, value_name = "NUMBER")]
        before: Option<u64>,
        /// All of them, page by page
        #[arg(long, conflicts_with = "before")]
        all: bool,
    },
    /// Change the PIN
    #[command(subcommand)]
    Pin(PinCommand),
    /// See whether the bank answers; needs no account
    Ping,
}

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
