//! The error of every call on a bank, in this process or over a network. Its kind says what to do next.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::ledger::{Decline, TransactionId};
use crate::store::StoreError;

/// Why a call did not succeed, by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bank refused, and nothing was moved. It has a numeric code, and says what is left where
    /// something is.
    #[error(transparent)]
    Declined(#[from] Decline),
    /// A value of the request is none. The bank was not asked.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Nothing was carried out; it may be when it is asked again, with the same ids, after
    /// `retry_after`.
    #[error("{reason}")]
    Busy {
        /// What it waits for.
        reason: Busy,
        /// How long to wait before the next try.
        retry_after: Duration,
    },
    /// Whether it was carried out is unknown. Ask again with the same ids: what was carried out is
    /// answered again, and nothing moves twice.
    #[error("{cause}; whether the request was carried out is unknown, so ask again with the same ids")]
    OutcomeUnknown {
        /// The ids of the request, in its order; none where it moves no money.
        transactions: Vec<TransactionId>,
        /// What failed.
        cause: Cause,
        /// How.
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
    /// Nothing was carried out, and nothing will be before somebody has mended what failed.
    #[error("{cause}")]
    Failed {
        /// What failed.
        cause: Cause,
        /// How.
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
}

/// A value of a request that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct Invalid {
    field: &'static str,
    why: String,
}

/// What a bank that is busy waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Busy {
    /// Others, of whom too many wait already.
    Overloaded,
    /// Room on the disk.
    StorageFull,
    /// Its next start.
    ShuttingDown,
    /// Fewer connections or channels of the same peer.
    RateLimited,
}

/// What failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The store: a disk, or what it holds.
    Storage,
    /// The machine has no random numbers.
    RandomNumbers,
    /// The connection to the bank.
    Connection,
    /// The bank gave no answer in time.
    NoAnswer,
    /// The other side does not speak the protocol.
    Protocol,
    /// The bank could not be opened.
    Opening,
    /// The server can't listen.
    Listening,
    /// A URL, a certificate or what is to be trusted.
    Setup,
    /// A blocking call inside an async runtime, which it would hold up.
    InsideRuntime,
    /// A store answered a command with another one's outcome: a fault in the store.
    WrongOutcome,
}

impl Error {
    /// The numeric code: a decline's own, and those of docs/protocol.md for all else.
    #[must_use]
    pub fn code(&self) -> i32 {
        match self {
            Error::Declined(decline) => decline.code().into(),
            Error::Invalid(_) => -32602,
            Error::Busy { reason: Busy::RateLimited, .. } => 1401,
            Error::Busy { reason: Busy::ShuttingDown, .. } => 1402,
            Error::Busy { reason: Busy::Overloaded, .. } => 1403,
            Error::Busy { reason: Busy::StorageFull, .. } => 1502,
            Error::OutcomeUnknown { .. } | Error::Failed { cause: Cause::Storage, .. } => 1501,
            Error::Failed { .. } => -32603,
        }
    }

    /// Whether the bank refused.
    #[must_use]
    pub fn is_declined(&self) -> bool {
        matches!(self, Error::Declined(_))
    }

    /// Why the bank refused, where it did.
    #[must_use]
    pub fn decline(&self) -> Option<&Decline> {
        match self {
            Error::Declined(decline) => Some(decline),
            _ => None,
        }
    }

    /// Whether the request may have been carried out: to be asked again with the ids that
    /// [`transactions`](Error::transactions) has.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(self, Error::OutcomeUnknown { .. })
    }

    /// The ids of a request whose outcome is unknown.
    #[must_use]
    pub fn transactions(&self) -> &[TransactionId] {
        match self {
            Error::OutcomeUnknown { transactions, .. } => transactions,
            _ => &[],
        }
    }

    /// How long to wait before asking again, where that helps.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Error::Busy { retry_after, .. } => Some(*retry_after),
            _ => None,
        }
    }

    /// A busy bank, with the wait that fits the reason.
    #[must_use]
    pub fn busy(reason: Busy) -> Error {
        let seconds = match reason {
            Busy::Overloaded | Busy::RateLimited => 1,
            Busy::ShuttingDown => 5,
            Busy::StorageFull => 60,
        };
        Error::Busy { reason, retry_after: Duration::from_secs(seconds) }
    }

    /// A failure with what is behind it.
    #[must_use]
    pub fn failed(cause: Cause, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
        Error::Failed { cause, source: Some(source.into()) }
    }

    /// A store's error at commands that change something: with their ids, `Some`; at others, `None`.
    pub(crate) fn of_store(error: StoreError, changes: Option<Vec<TransactionId>>) -> Error {
        match (error, changes) {
            (StoreError::Full, _) => Error::busy(Busy::StorageFull),
            (StoreError::TooMany { commands_max }, _) => {
                Invalid::new("commands", format!("a batch has at most {commands_max}")).into()
            }
            (StoreError::NoSuchPosition, _) => {
                Invalid::new("after", StoreError::NoSuchPosition.to_string()).into()
            }
            (error, None) => Error::failed(Cause::Storage, error),
            (error, Some(transactions)) => {
                let source = Some(Box::from(error));
                Error::OutcomeUnknown { transactions, cause: Cause::Storage, source }
            }
        }
    }
}

impl Invalid {
    /// A field that has no value, and why.
    #[must_use]
    pub fn new(field: &'static str, why: impl Into<String>) -> Invalid {
        Invalid { field, why: why.into() }
    }

    /// The name of the field.
    #[must_use]
    pub fn field(&self) -> &'static str {
        self.field
    }

    pub(crate) fn in_transfer(self, number: usize) -> Invalid {
        Invalid { why: format!("{} (in transfer {number})", self.why), ..self }
    }
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Busy::Overloaded => "the bank is too busy; try again in a moment",
            Busy::StorageFull => "the bank's storage is full and nothing was carried out; ask again later",
            Busy::ShuttingDown => "the bank is shutting down",
            Busy::RateLimited => "there are too many connections to the bank from here; try again later",
        })
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Cause::Storage => "the bank's storage failed",
            Cause::RandomNumbers => "the machine gives no random numbers, and no money was moved",
            Cause::Connection => "the connection to the bank failed",
            Cause::NoAnswer => "the bank did not answer in time",
            Cause::Protocol => "the other side does not speak the bank's protocol",
            Cause::Opening => "the bank can't be opened",
            Cause::Listening => "the server can't listen",
            Cause::Setup => "the connection can't be set up",
            Cause::InsideRuntime => {
                "a blocking call inside an async runtime would hold it up; use the async bank there"
            }
            Cause::WrongOutcome => "the store answered another question; report this fault",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_failed_leaves_unknown_what_changes_and_nothing_else() {
        let id = TransactionId::generate();
        let at = |changes| Error::of_store(StoreError::Failed, changes);
        assert_eq!(at(Some(vec![id])).transactions(), [id]);
        assert!(at(Some(Vec::new())).is_outcome_unknown());
        assert!(matches!(at(None), Error::Failed { cause: Cause::Storage, .. }));
        let full = Error::of_store(StoreError::Full, Some(vec![id]));
        assert!(full.retry_after().is_some() && full.transactions().is_empty());
    }

    #[test]
    fn codes_are_those_of_the_protocol() {
        let codes = [
            Error::of_store(StoreError::Failed, None).code(),
            Error::of_store(StoreError::Full, None).code(),
            Error::of_store(StoreError::NoSuchPosition, None).code(),
            Error::busy(Busy::ShuttingDown).code(),
            Error::busy(Busy::Overloaded).code(),
            Error::from(Decline::Frozen).code(),
        ];
        assert_eq!(codes, [1501, 1502, -32602, 1402, 1403, 1206]);
    }
}
