//! The errors of a measurement.

use bank_engine::client::ClientError;
use bank_engine::endpoint::EndpointError;
use bank_engine::error::Error;
use bank_engine::expert::tls::TlsError;
use bank_engine::journal::JournalError;
use bank_engine::transport::TransportError;

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// The bank to measure could not be opened.
    #[error("cannot open the bank to measure")]
    Bank(#[from] Error),
    /// The journal to measure could not be opened.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The figures could not be written.
    #[error("cannot write the figures")]
    Output(#[source] std::io::Error),
    /// No certificate for the encrypted transports.
    #[error("cannot make a certificate to measure with")]
    Identity(#[from] TlsError),
    /// No place for that certificate.
    #[error("cannot use a temporary directory")]
    Directory(#[source] std::io::Error),
    /// Nowhere to listen.
    #[error("cannot listen on loopback")]
    Endpoint(#[from] EndpointError),
    /// A connection failed.
    #[error("a connection failed; are there enough file descriptors (ulimit -Hn)?")]
    Transport(#[from] TransportError),
    /// A request failed.
    #[error("a request failed")]
    Client(#[from] ClientError),
    /// The echo ended.
    #[error("the echo ended early")]
    EchoEnded,
    /// A task of the load ended early.
    #[error("a task of the load ended early")]
    Task(#[from] tokio::task::JoinError),
}
