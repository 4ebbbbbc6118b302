//! The errors of certificates and trust.

use std::io;
use std::path::{Path, PathBuf};

use bank_engine_core::error::{Cause, Error};

use crate::Fingerprint;

/// Why a certificate, a key or a list of known servers can't be used. Each says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file could not be read or written.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the machine said.
        #[source]
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{}: {reason}", path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: String,
    },
    /// Others than the owner can read the key.
    #[error(
        "the key in {} can be read by others; run chmod 600 {}, and make a new key if anybody may have read it",
        path.display(), path.display()
    )]
    KeyExposed {
        /// Which file.
        path: PathBuf,
    },
    /// A name is not allowed in a certificate.
    #[error("{name:?} is not a host name or an IP address; leave out the text around it")]
    Name {
        /// As given.
        name: String,
    },
    /// The server's key is not the one it had before.
    #[error(
        "the key of {server} has changed: it was {known}, now it is {presented}; somebody may be listening in. \
         If you know that the server has a new key, remove line {line} from {} and try again",
        path.display()
    )]
    KeyChanged {
        /// The server's address.
        server: String,
        /// Its key until now.
        known: Fingerprint,
        /// The key it came with.
        presented: Fingerprint,
        /// The list of known servers.
        path: PathBuf,
        /// The number of the server's certificate in it, from 1 on.
        line: usize,
    },
    /// TLS itself refused a key or certificate.
    #[error("the certificate or key can't be used")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Not where a server is.
    #[error("{address:?} is not where a server is; write HOST:PORT")]
    Address {
        /// As given.
        address: String,
    },
    /// A certificate could not be made.
    #[error("cannot make a certificate")]
    Certificate(#[from] rcgen::Error),
}

impl TlsError {
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> TlsError {
        let path = path.to_owned();
        move |source| TlsError::File { action, path, source }
    }

    pub(crate) fn content(path: &Path, reason: impl ToString) -> TlsError {
        TlsError::Content { path: path.to_owned(), reason: reason.to_string() }
    }
}

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> TlsError {
        TlsError::Tls(Box::new(error))
    }
}

impl From<TlsError> for Error {
    fn from(error: TlsError) -> Error {
        Error::failed(Cause::Setup, error)
    }
}
