//! The journal's errors, each with the file and what to do.

use std::io;
use std::path::PathBuf;

use bank_engine_core::books::Inconsistent;
use bank_engine_core::time::Timestamp;

use crate::disk::Disk;

/// Why a journal could not be opened, read or copied. Nothing was written to it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The machine refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the machine said.
        #[source]
        source: io::Error,
    },
    /// The policy declares a unit with other decimals than its accounts have.
    #[error(
        "the journal's accounts in {unit} have {recorded} decimals, and the settings say {declared}; declare {unit}:{recorded}"
    )]
    OtherUnit {
        /// The unit's code.
        unit: String,
        /// Decimals as recorded.
        recorded: u8,
        /// Decimals as the policy has them.
        declared: u8,
    },
    /// Another process has it.
    #[error("the journal {} is in use by {holder}; stop it first, or use another directory", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
        /// Who has it, such as `process 4711`.
        holder: String,
    },
    /// There are files, but no journal.
    #[error("{} holds other files and no journal; use an empty directory, or the journal's own", path.display())]
    NotAJournal {
        /// The directory.
        path: PathBuf,
    },
    /// There is no journal to read.
    #[error("there is no journal in {}", path.display())]
    Missing {
        /// The directory.
        path: PathBuf,
    },
    /// A later version of this program wrote it.
    #[error(
        "{} is of format {version}, this program knows formats up to {known}; use a newer program",
        path.display()
    )]
    NewerFormat {
        /// The file that says so.
        path: PathBuf,
        /// The format.
        version: u32,
        /// The newest format of such a file that this program knows.
        known: u32,
    },
    /// Bytes are not as they were written.
    #[error("{}, byte {offset}: {what}; {remedy}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where what does not fit begins, in bytes from the file's start.
        offset: u64,
        /// What does not fit.
        what: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// The bytes are as they were written, and contradict what came before.
    #[error("{}, byte {offset}: the record contradicts those before it; {FROM_COPY}", path.display())]
    Inconsistent {
        /// The file.
        path: PathBuf,
        /// Where the record begins.
        offset: u64,
        /// What does not fit.
        #[source]
        source: Inconsistent,
    },
    /// The newest record is dated far ahead of the machine's clock: one of the two was wrong, and
    /// nobody here can know which. See [`Options::accept_clock`](crate::Options::accept_clock).
    #[error(
        "the last record is dated {last}, and this machine's clock shows {wall}: set the clock right, or \
         serve with --accept-clock, and dates go on from the last record by elapsed time"
    )]
    ClockBehind {
        /// The last record's date.
        last: Timestamp,
        /// What the clock shows.
        wall: Timestamp,
    },
    /// The directory that is to take a copy has something in it.
    #[error("{} is not empty; name a new directory", path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
}

/// What to do about damage to what exists once.
pub(crate) const FROM_COPY: &str = "restore the journal from a backup";

/// What to do about damage to what is made from the segments.
pub(crate) const DERIVED: &str = "remove this file, it is made anew from the segments";

/// Turns an error of the machine into one that says what was tried on what.
pub(crate) fn failed(
    disk: &dyn Disk,
    action: &'static str,
    name: &str,
) -> impl FnOnce(io::Error) -> JournalError {
    let path = disk.path(name);
    move |source| JournalError::Io { action, path, source }
}
