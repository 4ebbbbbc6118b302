//! The data directory of a bank, and its files.
//!
//! ```text
//! DIR/journal/          the accounts and every movement on them; held by the one process that
//!                       serves or changes them
//! DIR/operators.sock    where operators reach the server while it runs
//! DIR/events.sock       where it sends them what it records
//! DIR/settings.json     how the server was started last, for commands while it does not run
//! DIR/certificate.pem   what the server shows on encrypted transports
//! DIR/key.pem           and its private key
//! ```
//!
//! Everything in it is for its owner alone: a PIN's hash is guessed in minutes.

mod private;
pub mod settings;

use std::io;
use std::path::{Path, PathBuf};

use bank_engine::OpenError;
use bank_engine::bank::Bank;
use bank_engine::books::Books;
use bank_engine::day::NotABusinessDay;
use bank_engine::journal::{self, JournalError, Options};
use bank_engine::operator::Operator;

use crate::data::settings::Settings;
use crate::file_error::FileError;

pub(crate) use private::others_can_read;

const SETTINGS: &str = "settings.json";

/// More than settings take.
const SETTINGS_BYTES_MAX: u64 = 4096;

/// Where an earlier version kept its accounts, without what was moved on them.
const ACCOUNTS_OF_OLD: &str = "accounts.jsonl";

/// A data directory that is there.
#[derive(Debug, Clone)]
pub struct DataDir {
    path: PathBuf,
}

impl DataDir {
    /// The directory at `path`, created where missing, for its owner alone.
    pub fn create(path: &Path) -> Result<DataDir, DataError> {
        if !path.is_dir() {
            private::create_dir(path).map_err(FileError::on("create", path))?;
            // So that the directory itself outlives a loss of power.
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            let parent = parent.unwrap_or(Path::new("."));
            private::sync_dir(parent).map_err(FileError::on("sync", parent))?;
        }
        DataDir::open(path)
    }

    /// The directory at `path`, which must be there.
    pub fn open(path: &Path) -> Result<DataDir, DataError> {
        if !path.is_dir() {
            return Err(DataError::Missing { path: path.to_owned() });
        }
        if private::others_can_write(path).map_err(FileError::on("look at", path))? {
            return Err(DataError::Exposed { path: path.to_owned(), remedy: "chmod go-w" });
        }
        Ok(DataDir { path: path.to_owned() })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Refuses a directory that belongs to somebody else: secrets are sent to the process that serves it, and
    /// what was written to it here, its owner could not read.
    pub fn check_owner(&self) -> Result<(), DataError> {
        match private::stranger(&self.path).map_err(FileError::on("look at", &self.path))? {
            Some(owner) => Err(DataError::Stranger { path: self.path.clone(), owner }),
            None => Ok(()),
        }
    }

    /// The settings of the server that ran last; the default ones where there was none.
    pub fn settings(&self) -> Result<Settings, DataError> {
        let path = self.path.join(SETTINGS);
        let text = match private::read(&path, SETTINGS_BYTES_MAX) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Settings::default()),
            Err(source) => return Err(FileError::on("read", &path)(source).into()),
        };
        serde_json::from_slice(&text).map_err(|source| DataError::Settings { path, source })
    }

    /// Leaves the settings for commands to come; whole or not at all. Only for a process that has the bank
    /// open.
    pub fn keep_settings(&self, settings: &Settings) -> Result<(), DataError> {
        let path = self.path.join(SETTINGS);
        let text = serde_json::to_vec(settings)
            .map_err(|source| DataError::Settings { path: path.clone(), source })?;
        Ok(private::replace(&path, &text).map_err(FileError::on("write", &path))?)
    }

    /// Opens the bank on the journal, made where there is none. A process that serves or changes the same
    /// directory is an error that names the process.
    pub async fn open_bank(&self, options: Options) -> Result<Bank, DataError> {
        self.check_owner()?;
        let path = self.journal_path()?;
        Ok(bank_engine::open_with(path, options).await?)
    }

    /// Opens the bank as the server that ran last had it, for a moment: what is decided meanwhile is
    /// booked on the same business day.
    pub async fn open_as_served(&self) -> Result<Bank, DataError> {
        let policy = self.settings()?.policy()?;
        self.open_bank(Options { policy, ..Options::default() }).await
    }

    /// The accounts as they are now, also while another process serves them.
    pub fn books(&self) -> Result<Books, DataError> {
        let path = self.journal()?;
        Ok(journal::books(&path)?)
    }

    /// Where the journal is, which must be there.
    pub fn journal(&self) -> Result<PathBuf, DataError> {
        let path = self.journal_path()?;
        if path.is_dir() { Ok(path) } else { Err(DataError::NoJournal { path: self.path.clone() }) }
    }

    /// Where a journal can be put, as there is none.
    pub fn place_for_journal(&self) -> Result<PathBuf, DataError> {
        let path = self.journal_path()?;
        match std::fs::read_dir(&path).map(|mut names| names.next().is_none()) {
            Ok(false) => Err(DataError::HasJournal { path }),
            Ok(true) => Ok(path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path),
            Err(source) => Err(FileError::on("list", &path)(source).into()),
        }
    }

    /// Where the journal is or will be.
    fn journal_path(&self) -> Result<PathBuf, DataError> {
        let path = self.path.join("journal");
        if path.is_dir() {
            if private::others_have_access(&path).map_err(FileError::on("look at", &path))? {
                return Err(DataError::Exposed { path, remedy: "chmod go-rwx" });
            }
        } else if self.path.join(ACCOUNTS_OF_OLD).exists() {
            return Err(DataError::Old { path: self.path.clone() });
        }
        Ok(path)
    }
}

/// Why a data directory could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The machine refused.
    #[error(transparent)]
    Io(#[from] FileError),
    /// There is none.
    #[error(
        "there is no data directory at {}; make one with bankd import or bankd account add, \
         or name another one with --data",
        path.display()
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// It holds no accounts yet.
    #[error(
        "the data directory {} holds no journal yet; make one with bankd import or bankd account add, \
         or name another directory with --data",
        path.display()
    )]
    NoJournal {
        /// The data directory.
        path: PathBuf,
    },
    /// A journal is where one was to be put.
    #[error(
        "{} holds a journal already, which is left as it is; name another directory with --data",
        path.display()
    )]
    HasJournal {
        /// Where it is.
        path: PathBuf,
    },
    /// Others than its owner have rights that they must not have.
    #[error("others than its owner have access to {path}; run: {remedy} {path}", path = path.display())]
    Exposed {
        /// What they have access to.
        path: PathBuf,
        /// What takes it away, without the path.
        remedy: &'static str,
    },
    /// It is somebody else's.
    #[error(
        "{} belongs to {owner}; run this as that user, or name another directory with --data",
        path.display()
    )]
    Stranger {
        /// The data directory.
        path: PathBuf,
        /// Whose it is.
        owner: Operator,
    },
    /// What the last server left can't be read.
    #[error("{} is not as bankd serve writes it; remove it, and start the server again", path.display())]
    Settings {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
    /// What the last server left names no business day.
    #[error(transparent)]
    BusinessDay(#[from] NotABusinessDay),
    /// An earlier version made it.
    #[error(
        "{} was made by an earlier development version, which kept no movements, and this one does not \
         read its {ACCOUNTS_OF_OLD}; name a new directory with --data and import the accounts again",
        path.display()
    )]
    Old {
        /// The directory.
        path: PathBuf,
    },
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal, as the bank was opened on it.
    #[error(transparent)]
    Open(#[from] OpenError),
}

#[cfg(test)]
mod tests;
