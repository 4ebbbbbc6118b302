//! The error of every call on a bank: declined, overloaded, or the store failed.

use crate::ledger::Decline;
use crate::store::StoreError;

/// Why the bank did not do as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BankError {
    /// The bank refused.
    #[error(transparent)]
    Declined(#[from] Decline),
    /// Too many wait already.
    #[error("the bank is too busy; try again in a moment")]
    Overloaded,
    /// The runtime ends.
    #[error("the bank is shutting down")]
    ShuttingDown,
    /// The store did not decide; whether the command was executed is unknown, but for those errors that
    /// say so: [`StoreError::Full`], [`StoreError::TooMany`] and [`StoreError::NoSuchPosition`].
    #[error("{}", of_store(.0).1)]
    Storage(#[from] StoreError),
    /// The machine has no random numbers.
    #[error("the machine gives no random numbers; no money was moved")]
    Randomness(#[source] std::io::Error),
}

impl BankError {
    /// The numeric code, as on the wire.
    #[must_use]
    pub fn code(&self) -> i32 {
        match self {
            BankError::Declined(decline) => decline.code().into(),
            BankError::ShuttingDown => 1402,
            BankError::Overloaded => 1403,
            BankError::Storage(error) => of_store(error).0,
            BankError::Randomness(_) => -32603,
        }
    }
}

/// The code of a store's error, and the words that agree with it.
fn of_store(error: &StoreError) -> (i32, &'static str) {
    match error {
        StoreError::Full => (1502, "the bank's storage is full and nothing was carried out; ask again later"),
        StoreError::TooMany { .. } => {
            (-32602, "more commands than one batch may hold; nothing was carried out")
        }
        StoreError::NoSuchPosition => (-32602, "no position of the bank's record"),
        StoreError::Inconsistent(_) | StoreError::Failed | StoreError::Io(_) => {
            (1501, "the bank's storage failed; ask again with the same transaction id once it is back")
        }
    }
}
