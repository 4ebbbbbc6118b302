//! What commands on the journal as a whole take.

use std::path::PathBuf;

use clap::Args;

use crate::cli::common::{DataArgs, OutputArgs};

pub(super) const VERIFY_HELP: &str = "\
The chain of batches, every record, all balances, the checkpoint and the index of transaction ids
are read and computed again. The first thing that does not fit is named by file and byte, and the
exit code is 1. Nothing is changed, and a server may run meanwhile.

A chain proves that nothing before its head was changed since the head was noted elsewhere. It does
not prove that the head itself is the right one: a process that can write to the journal can write another
chain. So print the head now and then with bankd head, keep it where others can't change it, and
look for it in the chain again with --head.

Examples:
  bankd verify
  bankd verify /var/backups/bank-2026-07-01
  bankd verify --head 2b7e151628aed2a6abf7158809cf4f3c762e7160f38b4da56a784d9045190cfe
  bankd verify --output json";

pub(super) const BACKUP_HELP: &str = "\
The copy holds every movement that was answered before the command began, and its chain is checked
on the way. A server may run meanwhile. The certificate and its key are not copied: keep those
yourself, or clients that know the key will refuse a restored server.

Examples:
  bankd backup /var/backups/bank-2026-07-01
  bankd verify /var/backups/bank-2026-07-01";

pub(super) const RESTORE_HELP: &str = "\
The whole backup is verified first. The data directory is created where missing; one that holds a
journal already is refused and left as it is.

Examples:
  bankd restore /var/backups/bank-2026-07-01 --data bank-data-restored
  bankd serve --data bank-data-restored";

pub(super) const HEAD_HELP: &str = "\
The head is the hash of the last batch, which vouches for all before it. Kept elsewhere, on paper
say, it shows later whether what was before it has been changed since. A server may run meanwhile.

Examples:
  bankd head
  bankd head --output json";

/// `bankd verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// A head that was kept (64 hex digits): fail unless the chain passes through it
    #[arg(long, value_name = "HASH", value_parser = hash)]
    pub head: Option<[u8; 32]>,
    /// What to read and how to answer.
    #[command(flatten)]
    pub read: ReadArgs,
}

fn hash(text: &str) -> Result<[u8; 32], &'static str> {
    const WANTED: &str = "use the 64 hex digits that bankd head printed";
    let mut hash = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return Err(WANTED);
    }
    for (byte, digits) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
        let digits = std::str::from_utf8(digits).map_err(|_| WANTED)?;
        *byte = u8::from_str_radix(digits, 16).map_err(|_| WANTED)?;
    }
    Ok(hash)
}

/// `bankd head`, and most of `bankd verify`.
#[derive(Debug, Args)]
pub struct ReadArgs {
    /// A backup to read instead of the data directory's journal
    pub backup: Option<PathBuf>,
    /// Where the journal is.
    #[command(flatten)]
    pub data: DataArgs,
    /// How to answer.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `bankd backup`.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// Where the copy goes: a new or empty directory
    #[arg(value_name = "DIR")]
    pub to: PathBuf,
    /// Where the journal is.
    #[command(flatten)]
    pub data: DataArgs,
    /// How to answer.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `bankd restore`.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The directory that bankd backup made
    #[arg(value_name = "BACKUP")]
    pub from: PathBuf,
    /// Where the journal goes.
    #[command(flatten)]
    pub data: DataArgs,
    /// How to answer.
    #[command(flatten)]
    pub output: OutputArgs,
}
