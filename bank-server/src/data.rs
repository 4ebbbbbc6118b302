//! The data directory: what a bank keeps between runs.
//!
//! ```text
//! DIR/accounts.jsonl    the accounts that the bank opens with, one JSON object a line
//! DIR/certificate.pem   what the server shows on encrypted transports
//! DIR/key.pem           and its private key
//! DIR/lock              held by the one process that serves or changes DIR; names it
//! ```
//!
//! Everything in it is for its owner alone: a PIN's hash is guessed in minutes.

mod jsonl;
mod private;

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::accounts::Accounts;

pub use jsonl::{Damage, LINE_BYTES_MAX};
pub(crate) use private::others_can_read;

/// The largest `accounts.jsonl` in bytes: over a million accounts.
pub const ACCOUNTS_BYTES_MAX: u64 = 256 << 20;

/// A data directory that is there.
#[derive(Debug, Clone)]
pub struct DataDir {
    path: PathBuf,
}

impl DataDir {
    /// The directory at `path`, created where missing, for its owner alone.
    pub fn create(path: &Path) -> Result<DataDir, DataError> {
        if !path.is_dir() {
            private::create_dir(path).map_err(failed("create", path))?;
            // So that the directory itself outlives a loss of power.
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            sync_dir(parent.unwrap_or(Path::new(".")))?;
        }
        DataDir::open(path)
    }

    /// The directory at `path`, which must be there.
    pub fn open(path: &Path) -> Result<DataDir, DataError> {
        if !path.is_dir() {
            return Err(DataError::Missing { path: path.to_owned() });
        }
        if private::others_can_write(path).map_err(failed("look at", path))? {
            return Err(DataError::Exposed { path: path.to_owned(), remedy: "chmod go-w" });
        }
        Ok(DataDir { path: path.to_owned() })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the accounts are.
    #[must_use]
    pub fn accounts_path(&self) -> PathBuf {
        self.path.join("accounts.jsonl")
    }

    /// The accounts; none where the file is missing. Needs no lock: the file is replaced as a whole.
    pub fn accounts(&self) -> Result<Accounts, DataError> {
        let path = self.accounts_path();
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Accounts::default()),
            Err(source) => return Err(failed("open", &path)(source)),
        };
        if others_can_read(&file).map_err(failed("look at", &path))? {
            return Err(DataError::Exposed { path, remedy: "chmod 600" });
        }
        let mut bytes = Vec::new();
        file.take(ACCOUNTS_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed("read", &path))?;
        if u64::try_from(bytes.len()).is_ok_and(|length| length > ACCOUNTS_BYTES_MAX) {
            return Err(DataError::TooLarge { path });
        }
        jsonl::decode(&bytes).map_err(|(line, damage)| DataError::Damaged { path, line, damage })
    }

    /// Takes the directory for this process, until the answer is dropped or the process ends.
    pub fn lock(&self) -> Result<DataLock<'_>, DataError> {
        let path = self.path.join("lock");
        let mut file = private::open_lock(&path).map_err(failed("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = holder(&mut file);
                return Err(DataError::InUse { path: self.path.clone(), holder });
            }
            Err(TryLockError::Error(source)) => return Err(failed("lock", &path)(source)),
        }
        let named = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
        named.map_err(failed("write", &path))?;
        Ok(DataLock { dir: self, _file: file })
    }
}

/// The right to change a data directory.
#[derive(Debug)]
pub struct DataLock<'a> {
    dir: &'a DataDir,
    _file: File,
}

impl DataLock<'_> {
    /// The directory that it is for.
    #[must_use]
    pub fn dir(&self) -> &DataDir {
        self.dir
    }

    /// Puts `accounts` in the place of those that were kept. Durable when it returns; on an error,
    /// as after a crash, either the old file or the new one is there, whole.
    pub fn replace_accounts(&self, accounts: &Accounts) -> Result<(), DataError> {
        let path = self.dir.accounts_path();
        let temporary = self.dir.path.join("accounts.jsonl.new");
        let written = private::create_file(&temporary).and_then(|mut file| {
            file.write_all(jsonl::encode(accounts).as_bytes())?;
            file.sync_all()
        });
        written.map_err(failed("write", &temporary))?;
        std::fs::rename(&temporary, &path).map_err(failed("replace", &path))?;
        sync_dir(&self.dir.path)
    }
}

/// The process that a lock file names.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.take(32).read_to_string(&mut text));
    match read.ok().and_then(|_| text.trim().parse::<u32>().ok()) {
        Some(pid) => format!("process {pid}"),
        None => "another process".to_owned(),
    }
}

fn sync_dir(path: &Path) -> Result<(), DataError> {
    private::sync_dir(path).map_err(failed("sync", path))
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> DataError {
    let path = path.to_owned();
    move |source| DataError::Io { action, path, source }
}

/// Why a data directory could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
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
    /// Others than its owner have rights that they must not have.
    #[error("others than its owner have access to {path}; run: {remedy} {path}", path = path.display())]
    Exposed {
        /// What they have access to.
        path: PathBuf,
        /// What takes it away, without the path.
        remedy: &'static str,
    },
    /// Another process has it.
    #[error(
        "the data directory {} is in use by {holder}; stop it first, or name another directory with --data",
        path.display()
    )]
    InUse {
        /// The directory.
        path: PathBuf,
        /// Who has it.
        holder: String,
    },
    /// Larger than [`ACCOUNTS_BYTES_MAX`].
    #[error("{} is larger than {ACCOUNTS_BYTES_MAX} bytes; is it a file of accounts?", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// A line of the accounts is not as it was written.
    #[error("{}, line {line}: {damage}; restore the file from a copy", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// What is wrong.
        damage: Damage,
    },
}

#[cfg(test)]
mod tests;
