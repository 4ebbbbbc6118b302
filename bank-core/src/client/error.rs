//! The errors of a client's calls.

use std::time::Duration;

use crate::error::{Busy, Cause, Error, Invalid};
use crate::ledger::TransactionId;
use crate::protocol::{Code, RpcError};
use crate::transport::TransportError;

/// How long an answer may take unless set otherwise: more than the longest queue for a check.
pub const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);

/// Why a call did not succeed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The bank refused; the conversation goes on.
    #[error(transparent)]
    Refused(#[from] RpcError),
    /// The line failed.
    #[error("the line to the bank failed")]
    Transport(#[from] TransportError),
    /// No answer in time.
    #[error("the bank did not answer within {} s", limit.as_secs_f32())]
    TimedOut {
        /// The limit that ran out.
        limit: Duration,
    },
    /// The other side does not speak the protocol.
    #[error("the other side does not speak the bank's protocol")]
    Garbled(#[source] serde_json::Error),
    /// An earlier call failed midway.
    #[error("the conversation broke off earlier; connect again")]
    Broken,
}

impl ClientError {
    /// The error that callers of a bank in the same process would get, of a request that changes
    /// something, whose ids are `changes`, or of one that changes nothing, `None`.
    #[must_use]
    pub fn into_error(self, changes: Option<Vec<TransactionId>>) -> Error {
        let cause = match &self {
            ClientError::Refused(refusal) => match answered(refusal) {
                Some(error) => return error,
                None => Cause::Storage,
            },
            // Nothing was sent.
            ClientError::Transport(TransportError::FrameTooLong) => {
                return Invalid::new("request", "it is longer than the protocol allows").into();
            }
            ClientError::Broken => return Error::failed(Cause::Connection, self),
            ClientError::Transport(_) => Cause::Connection,
            ClientError::TimedOut { .. } => Cause::NoAnswer,
            ClientError::Garbled(_) => Cause::Protocol,
        };
        match changes {
            Some(transactions) => Error::OutcomeUnknown { transactions, cause, source: Some(Box::new(self)) },
            None => Error::failed(cause, self),
        }
    }
}

/// What a refusal says, unless it leaves the outcome unknown.
fn answered(refusal: &RpcError) -> Option<Error> {
    Some(match refusal.known_code() {
        Some(Code::StorageFailed) => return None,
        Some(Code::RateLimited) => Error::busy(Busy::RateLimited),
        Some(Code::ShuttingDown) => Error::busy(Busy::ShuttingDown),
        Some(Code::Overloaded) => Error::busy(Busy::Overloaded),
        Some(Code::StorageFull) => Error::busy(Busy::StorageFull),
        Some(Code::Internal) => Error::failed(Cause::RandomNumbers, refusal.clone()),
        Some(Code::BadParameters) => Invalid::new("request", refusal.message.clone()).into(),
        Some(Code::NotJson | Code::NotARequest | Code::NoSuchMethod | Code::UnsupportedVersion) => {
            Error::failed(Cause::Protocol, refusal.clone())
        }
        _ => refusal.decline().into(),
    })
}
