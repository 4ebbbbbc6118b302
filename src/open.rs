//! Banks that are durable: opened on a journal in a directory.

use std::path::Path;
use std::sync::Arc;

use bank_engine_core::bank::Bank;
use bank_engine_core::error::{Busy, Cause, Error};
use bank_engine_journal::{JournalError, JournalStore, Options};

/// Opens the bank in the directory at `path`; where there is none, it is made.
///
/// What was answered before is there again, after a crash or a loss of power too. One process has a
/// directory at a time, and nobody else can open it before every clone of the bank and every session
/// is dropped; that blocks for the moment in which the last batch is written.
///
/// Runs on a tokio runtime, off its async threads: what was written since the last checkpoint is
/// replayed. When the future is dropped, the journal is opened to its end and let go of again.
///
/// [`Builder`](crate::Builder) has other settings than the default ones.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), bank_engine::Error> {
/// # let directory = tempfile::tempdir().expect("a directory for the example");
/// # let path = directory.path().join("wallet-data");
/// let bank = bank_engine::open(path).await?;
/// assert!(bank.trial_balance().await?.is_empty()); // there is no account yet
/// # Ok(())
/// # }
/// ```
///
/// Errors: [`Failed`](Error::Failed) with [`Cause::Opening`]; the source says whether another process
/// has it, its file system can't keep it, or a file is not as it was written.
pub async fn open(path: impl AsRef<Path>) -> Result<Bank, Error> {
    Ok(open_with(path, Options::default()).await?)
}

/// The same with other [`Options`], and with the journal's own error for those who tell its kinds apart.
pub async fn open_with(path: impl AsRef<Path>, options: Options) -> Result<Bank, OpenError> {
    let path = path.as_ref().to_owned();
    match tokio::task::spawn_blocking(move || JournalStore::open(&path, options)).await {
        Ok(store) => Ok(Bank::with_store(Arc::new(store?))),
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(OpenError::ShuttingDown),
    }
}

/// Why a bank could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The journal refused.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The runtime ends.
    #[error("the bank is not opened, as the program is shutting down")]
    ShuttingDown,
}

impl From<OpenError> for Error {
    fn from(error: OpenError) -> Error {
        match error {
            OpenError::Journal(error) => Error::failed(Cause::Opening, error),
            OpenError::ShuttingDown => Error::busy(Busy::ShuttingDown),
        }
    }
}
