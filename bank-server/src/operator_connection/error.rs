//! The errors of connecting to a bank as an operator.

use std::path::PathBuf;

use bank_engine::client::ClientError;
use bank_engine::transport::TransportError;

use crate::data::DataError;
use crate::operator_connection::socket::{SOCKET, SocketError};

/// Why there is no way to the bank.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OperatorConnectionError {
    /// The data directory.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Another process has the journal and answers nobody.
    #[error(
        "the bank in {} is in use by {holder}, which does not listen at {SOCKET} there; try again when it \
         is done, or stop it",
        data.display()
    )]
    Busy {
        /// Who, such as `process 4711`.
        holder: String,
        /// The data directory.
        data: PathBuf,
    },
    /// The socket.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// The server answers, but not as it should.
    #[error("the server does not take an operator")]
    NotTaken(#[from] ClientError),
    /// No line to the bank in this process.
    #[error("cannot start")]
    Line(#[from] TransportError),
}
