//! Addresses, and the errors of wrong ones.

use std::net::SocketAddr;

use bank_engine_core::transport::TransportError;
use tokio::net::lookup_host;

pub(crate) async fn resolve(address: &str) -> Result<Vec<SocketAddr>, TransportError> {
    let found = lookup_host(address).await.map_err(|error| bad_address(address, &error.to_string()))?;
    Ok(found.collect())
}

pub(crate) fn bad_address(address: &str, reason: &str) -> TransportError {
    TransportError::Address { address: address.to_owned(), reason: reason.to_owned() }
}

pub(crate) fn untrusted(reason: String) -> TransportError {
    TransportError::Untrusted { reason }
}
