//! Arguments that several commands have.

use std::path::PathBuf;

use bank_engine::ledger::{Memo, TransactionId};
use clap::{Args, ValueEnum};

/// Where the bank keeps what it keeps.
#[derive(Debug, Clone, Args)]
pub struct DataArgs {
    /// The data directory: journal, certificate and key. Commands that write create it
    #[arg(long, value_name = "DIR", default_value = "bank-data", env = "BANKD_DATA")]
    pub data: PathBuf,
}

/// How to answer.
#[derive(Debug, Clone, Copy, Args)]
pub struct OutputArgs {
    /// For people, or as one JSON value for programs
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
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

/// Where the bank is, and how to answer.
#[derive(Debug, Clone, Args)]
pub struct AtArgs {
    /// Where the bank is.
    #[command(flatten)]
    pub data: DataArgs,
    /// How to answer.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What every correction by an operator takes: a reason, and an id to ask again with.
#[derive(Debug, Args)]
pub struct CorrectionArgs {
    /// Why; kept with the entry
    #[arg(long, value_name = "TEXT")]
    pub reason: Memo,
    /// The id to ask with, or to ask again with; a new one unless given
    #[arg(long, value_name = "ID")]
    pub transaction: Option<TransactionId>,
    /// Where, and how to answer.
    #[command(flatten)]
    pub at: AtArgs,
}
