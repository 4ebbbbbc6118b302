//! The handshake's settings in the types of rustls, for transports.

use rustls::ServerConfig;

pub use crate::trust::Attempt;
use crate::{Identity, TlsError, Trust};

/// What is needed for one attempt to reach `server` (`HOST:PORT`, in capitals or not). Each attempt needs
/// its own, since it keeps what was found out about the server.
pub fn attempt(trust: &Trust, server: &str) -> Result<Attempt, TlsError> {
    trust.attempt(server)
}

/// Settings for a server: TLS 1.3, ALPN `bank/1`, no client certificates, no 0-RTT, no tickets.
pub fn server_config(identity: &Identity) -> Result<ServerConfig, TlsError> {
    identity.server_config()
}
