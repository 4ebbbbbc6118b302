//! A bank that is durable: opened on a journal in one line.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use bank_engine_core::bank::Bank;
use bank_engine_journal::{JournalError, JournalStore, Options};

/// Opens a [`Bank`] on a journal. Bring it into scope for `Bank::open`.
///
/// ```
/// use bank_engine::OpenBank;
/// use bank_engine::bank::Bank;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("journal");
/// let bank = Bank::open(path).await?;
/// assert!(bank.trial_balance().await?.is_empty()); // nobody has an account yet
/// # Ok(())
/// # }
/// ```
pub trait OpenBank: Sized {
    /// Opens the journal in the directory at `path` with the default [`Options`]; where there is
    /// none, it is made.
    fn open(path: impl AsRef<Path>) -> impl Future<Output = Result<Self, OpenError>> + Send;

    /// Opens the journal in the directory at `path`; where there is none, it is made.
    ///
    /// Runs on a tokio runtime, off its async threads: what was written since the last checkpoint
    /// is replayed. Nobody else can open the journal until every clone of the bank and every
    /// session is dropped; that blocks for the moment in which the last batch is written. When
    /// this future is dropped, the journal is opened to its end and let go of again.
    fn open_with(
        path: impl AsRef<Path>,
        options: Options,
    ) -> impl Future<Output = Result<Self, OpenError>> + Send;
}

impl OpenBank for Bank {
    fn open(path: impl AsRef<Path>) -> impl Future<Output = Result<Bank, OpenError>> + Send {
        Bank::open_with(path, Options::default())
    }

    fn open_with(
        path: impl AsRef<Path>,
        options: Options,
    ) -> impl Future<Output = Result<Bank, OpenError>> + Send {
        let path = path.as_ref().to_owned();
        async move {
            let opening = tokio::task::spawn_blocking(move || JournalStore::open(&path, options));
            match opening.await {
                Ok(store) => Ok(Bank::with_store(Arc::new(store?))),
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Err(_) => Err(OpenError::ShuttingDown),
            }
        }
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
