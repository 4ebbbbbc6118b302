//! Opens the accounts of an import file's rows.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bank_engine::account::AccountId;
use bank_engine::bank::Bank;
use bank_engine::books::Books;
use bank_engine::error::{Busy, Error};
use bank_engine::journal::COMMANDS_MAX;
use bank_engine::ledger::{AccountOpening, Command, Decline, TransactionId};
use bank_engine::money::{Currency, Minor};
use tokio::task::JoinSet;

use crate::import::totals::{PastLimit, Totals};
use crate::import::{self, BadFile, FILE_BYTES_MAX, FormatError, Kind, Known, Row, Rows};

/// Accounts that are opened in one step.
pub const OPENED_AT_ONCE_MAX: usize = COMMANDS_MAX;

/// Secrets that are hashed or wait for it at one time; far below what a bank's pool admits.
const HASHES_AT_ONCE_MAX: usize = 64;

/// Accounts from which on importing takes so long that it is announced.
const MANY: usize = 1000;

/// A file to import and what was said about it.
#[derive(Debug, Clone)]
pub struct Import {
    /// Where it is.
    pub path: PathBuf,
    /// Its format, where given.
    pub format: Option<Kind>,
    /// The scale of a TSV's whole numbers, where given.
    pub tsv_scale: Option<u8>,
    /// What its balances count in.
    pub currency: Currency,
    /// What becomes of its accounts that the bank has.
    pub known: Known,
    /// Whether the owners of new accounts are to choose another secret first of all.
    pub must_change: bool,
}

/// What came of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// The accounts that were opened.
    pub opened: Totals,
    /// How many accounts of the file the bank had already; they stay as they are.
    pub known: usize,
}

impl fmt::Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.opened)?;
        match self.known {
            0 => Ok(()),
            1 => f.write_str("; 1 was there already and stays as it is"),
            known => write!(f, "; {known} were there already and stay as they are"),
        }
    }
}

impl Import {
    /// Opens the file's accounts that `bank`, whose accounts are `books`, does not have. A file
    /// with a bad line opens none; a file of up to [`OPENED_AT_ONCE_MAX`] new accounts opens all of
    /// them in one step, a larger one in several, after each of which it can be imported again.
    ///
    /// Secrets are hashed at the cost of the bank's policy, on all cores.
    pub async fn open_in(&self, bank: &Bank, books: &Books) -> Result<Imported, OpeningError> {
        let Rows { new, known } = self.rows(books)?;
        if new.len() >= MANY {
            tracing::info!("hashing the secrets of {} accounts, some 25 ms each on a core", new.len());
        }
        let mut imported = Imported { opened: Totals::default(), known };
        let mut left = new.into_iter();
        loop {
            let rows: Vec<Row> = left.by_ref().take(OPENED_AT_ONCE_MAX).collect();
            if rows.is_empty() {
                return Ok(imported);
            }
            let balances: Vec<Minor> = rows.iter().map(|row| row.balance).collect();
            let accounts = self.hash(bank, rows).await?;
            open(bank, &accounts).await?;
            for balance in balances {
                imported.opened.add(self.currency, balance)?;
            }
        }
    }

    /// Hashes every row's secret, as many at once as there are cores.
    async fn hash(&self, bank: &Bank, rows: Vec<Row>) -> Result<Vec<AccountOpening>, Error> {
        let mut accounts = Vec::with_capacity(rows.len());
        let mut rows = rows.into_iter();
        let mut hashing = JoinSet::new();
        let (currency, must_change) = (self.currency, self.must_change);
        loop {
            while hashing.len() < HASHES_AT_ONCE_MAX
                && let Some(Row { account, secret, balance }) = rows.next()
            {
                let bank = bank.clone();
                hashing.spawn(async move {
                    let secret = match secret {
                        Some(secret) => Some(bank.hash(secret).await?),
                        None => None,
                    };
                    Ok::<_, Error>(AccountOpening {
                        secret,
                        must_change: must_change && secret.is_some(),
                        balance: Some((TransactionId::generate(), balance.in_currency(currency))),
                        ..AccountOpening::new(account, currency)
                    })
                });
            }
            match hashing.join_next().await {
                Some(Ok(account)) => accounts.push(account?),
                Some(Err(_)) => return Err(Error::busy(Busy::ShuttingDown)),
                None => return Ok(accounts),
            }
        }
    }

    fn rows(&self, books: &Books) -> Result<Rows, OpeningError> {
        let path = &self.path;
        let bytes = read(path).map_err(|source| OpeningError::Read { path: path.clone(), source })?;
        if bytes.len() > FILE_BYTES_MAX {
            return Err(OpeningError::TooLarge { path: path.clone() });
        }
        let format = import::choose(self.format, self.tsv_scale, self.currency, path, &bytes)
            .map_err(|source| OpeningError::Format { path: path.clone(), source })?;
        import::read(&bytes, format, self.currency, books, self.known)
            .map_err(|source| OpeningError::Bad { path: path.clone(), source })
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let bound = u64::try_from(FILE_BYTES_MAX).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    File::open(path)?.take(bound.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opens accounts in one step: after a crash all of them are there, or none. At most
/// [`OPENED_AT_ONCE_MAX`].
pub async fn open(bank: &Bank, accounts: &[AccountOpening]) -> Result<(), OpeningError> {
    let outcomes = bank.execute(accounts.iter().cloned().map(Command::Open).collect()).await?;
    for (account, outcome) in accounts.iter().zip(outcomes) {
        let refused = |source| OpeningError::Declined { account: account.account, source };
        outcome.map_err(refused)?;
    }
    Ok(())
}

/// Why accounts were not opened.
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
    Bank(#[from] Error),
    /// The accounts are too many for their totals to be written.
    #[error(transparent)]
    PastLimit(#[from] PastLimit),
    /// The bank refused one; the others are open.
    #[error("account {account}")]
    Declined {
        /// Its name.
        account: AccountId,
        /// Why.
        #[source]
        source: Decline,
    },
}
