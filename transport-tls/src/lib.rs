//! Certificates and trust of the encrypted transports: who a server is, and whom a client believes.
//!
//! TLS 1.3 alone (RFC 8446), with ALPN `bank/1` (RFC 7301) on both sides, and never 0-RTT. The
//! cryptography provider is given explicitly: `ring`, or `aws-lc-rs` where only that feature is on.

mod error;
pub mod expert;
mod files;
mod fingerprint;
mod identity;
mod known_servers;
mod trust;
mod verifier;

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

pub use error::TlsError;
pub use fingerprint::{Fingerprint, NotAFingerprint};
pub use identity::{CERTIFICATE_VALID_DAYS, Identity, RENEWED_WITHIN_DAYS};
pub use trust::Trust;

#[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
compile_error!("turn on the feature `ring` or `aws-lc-rs`: TLS needs a cryptography provider");

#[cfg(feature = "ring")]
fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

#[cfg(all(feature = "aws-lc-rs", not(feature = "ring")))]
fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}
