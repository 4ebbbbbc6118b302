//! The errors of a client's calls.

use std::time::Duration;

use crate::protocol::RpcError;
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
