//! The socket that operators reach a server over. A user who may open it may do everything, so it and its
//! directory belong to one user.
//!
//! The server listens while it holds the journal's lock. So a socket that is there when it starts is
//! one of a server that is gone, and is replaced.

use std::path::PathBuf;

use bank_engine::transport::TransportError;

use crate::file_error::FileError;

#[cfg(unix)]
mod unix;

#[cfg(unix)]
pub use unix::{OperatorListener, connect, listen};

/// The socket's name in the data directory.
pub const SOCKET: &str = "operators.sock";

/// Why operators can't be reached, or can't reach a server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SocketError {
    /// The system's sockets have short names.
    #[error(
        "the path {} is too long for a socket, which takes some 100 bytes; name the data directory by a \
         shorter path with --data, a symbolic link's for instance",
        path.display()
    )]
    PathTooLong {
        /// The path.
        path: PathBuf,
    },
    /// Something else has the name.
    #[error("{} is in the way, and is no socket; move it elsewhere", path.display())]
    InTheWay {
        /// The path.
        path: PathBuf,
    },
    /// The machine refused.
    #[error(transparent)]
    Io(#[from] FileError),
    /// The line is broken.
    #[error(transparent)]
    Transport(#[from] TransportError),
}
