//! From a file's rows to a bank with its accounts open.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bank_engine::bank::{Bank, BankError};
use bank_engine::money::Currency;
use tokio::task::JoinSet;

use crate::accounts::{Accounts, NotAdded, OpeningAccount, Totals};
use crate::import::{self, BadFile, FILE_BYTES_MAX, FormatError, Kind, Row};

/// Secrets that are hashed or wait for it at one time; far below what a bank's pool admits.
const HASHES_AT_ONCE_MAX: usize = 64;

/// Accounts from which on importing takes so long that it is announced.
const MANY: usize = 1000;

/// A file to import and what was said about it.
#[derive(Debug, Clone)]
pub struct Import {
    /// Where it is.
    pub path: PathBuf,
    /// Its format, where told.
    pub format: Option<Kind>,
    /// The scale of a TSV's whole numbers, where told.
    pub tsv_scale: Option<u8>,
    /// What its balances count in.
    pub currency: Currency,
}

impl Import {
    /// Adds all the file's accounts to `accounts`, or none of them, and answers what was added.
    ///
    /// Secrets are hashed at the cost of `bank`'s policy, on all cores.
    pub async fn add_to(&self, accounts: &mut Accounts, bank: &Bank) -> Result<Totals, OpeningError> {
        let rows = self.rows(accounts)?;
        if rows.len() >= MANY {
            tracing::info!("hashing the secrets of {} accounts, some 25 ms each on a core", rows.len());
        }
        let mut grown = accounts.clone();
        let mut added = Totals::default();
        for account in hash(bank, rows, self.currency).await? {
            added.add(account.currency, account.balance)?;
            grown.insert(account)?;
        }
        *accounts = grown;
        Ok(added)
    }

    fn rows(&self, known: &Accounts) -> Result<Vec<Row>, OpeningError> {
        let path = &self.path;
        let bytes = read(path).map_err(|source| OpeningError::Read { path: path.clone(), source })?;
        if bytes.len() > FILE_BYTES_MAX {
            return Err(OpeningError::TooLarge { path: path.clone() });
        }
        let format = import::choose(self.format, self.tsv_scale, self.currency, path, &bytes)
            .map_err(|source| OpeningError::Format { path: path.clone(), source })?;
        import::read(&bytes, format, self.currency, known)
            .map_err(|source| OpeningError::Bad { path: path.clone(), source })
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let bound = u64::try_from(FILE_BYTES_MAX).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    File::open(path)?.take(bound.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Hashes every row's secret, as many at once as there are cores.
async fn hash(bank: &Bank, rows: Vec<Row>, currency: Currency) -> Result<Vec<OpeningAccount>, BankError> {
    let mut accounts = Vec::with_capacity(rows.len());
    let mut rows = rows.into_iter();
    let mut hashing = JoinSet::new();
    loop {
        while hashing.len() < HASHES_AT_ONCE_MAX
            && let Some(Row { account, secret, balance }) = rows.next()
        {
            let bank = bank.clone();
            hashing.spawn(async move {
                let secret = bank.hash(secret).await?;
                Ok::<_, BankError>(OpeningAccount { account, currency, secret, balance })
            });
        }
        match hashing.join_next().await {
            Some(Ok(account)) => accounts.push(account?),
            Some(Err(_)) => return Err(BankError::ShuttingDown),
            None => return Ok(accounts),
        }
    }
}

/// Opens all accounts in a bank that has none of them.
pub async fn open(bank: &Bank, accounts: &Accounts) -> Result<(), BankError> {
    for account in accounts.iter() {
        let balance = account.balance.in_currency(account.currency);
        bank.open_account(account.account, account.currency, account.secret, balance).await?;
    }
    Ok(())
}

/// Why a file's accounts were not taken; none of them was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpeningError {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the machine said.
        #[source]
        source: io::Error,
    },
    /// Larger than [`FILE_BYTES_MAX`].
    #[error("{} is larger than {FILE_BYTES_MAX} bytes; split it and import the parts", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// It is not clear how to read it.
    #[error("{}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is to be said.
        #[source]
        source: FormatError,
    },
    /// It has bad lines.
    #[error("{}", path.display())]
    Bad {
        /// The file.
        path: PathBuf,
        /// Which.
        #[source]
        source: BadFile,
    },
    /// The bank could not hash the secrets.
    #[error(transparent)]
    Bank(#[from] BankError),
    /// The accounts don't fit together.
    #[error(transparent)]
    NotAdded(#[from] NotAdded),
}
