//! The server's side: who arrives, and the handshake.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use bank_core::transport::{Connection, Incoming, Listener, Peer, TransportError};
use quinn::{ConnectionError, Endpoint};
use tokio::time::timeout;

use crate::connection::QuicConnection;
use crate::dial::is_crypto;
use crate::untrusted;

pub(crate) struct QuicListener {
    endpoint: Option<Endpoint>,
    address: SocketAddr,
    handshake_time_max: Duration,
}

impl QuicListener {
    pub(crate) fn new(endpoint: Endpoint, handshake_time_max: Duration) -> io::Result<QuicListener> {
        let address = endpoint.local_addr()?;
        Ok(QuicListener { endpoint: Some(endpoint), address, handshake_time_max })
    }
}

#[async_trait]
impl Listener for QuicListener {
    async fn accept(&mut self) -> Result<Box<dyn Incoming>, TransportError> {
        let endpoint = self.endpoint.as_ref().ok_or(TransportError::Closed)?;
        let incoming = endpoint.accept().await.ok_or(TransportError::Closed)?;
        Ok(Box::new(QuicIncoming { incoming, handshake_time_max: self.handshake_time_max }))
    }

    fn address(&self) -> String {
        self.address.to_string()
    }

    async fn close(&mut self) {
        self.end();
    }
}

impl QuicListener {
    /// Turns away who waits to be accepted and who comes later; the endpoint lives on without a
    /// handle as long as it has connections.
    fn end(&mut self) {
        let Some(endpoint) = self.endpoint.take() else { return };
        endpoint.set_server_config(None);
        let mut context = Context::from_waker(Waker::noop());
        while let Poll::Ready(Some(incoming)) = pin!(endpoint.accept()).poll(&mut context) {
            incoming.refuse();
        }
    }
}

impl Drop for QuicListener {
    fn drop(&mut self) {
        self.end();
    }
}

struct QuicIncoming {
    incoming: quinn::Incoming,
    handshake_time_max: Duration,
}

#[async_trait]
impl Incoming for QuicIncoming {
    fn peer(&self) -> Peer {
        self.incoming.remote_address().into()
    }

    async fn accept(self: Box<Self>) -> Result<Box<dyn Connection>, TransportError> {
        let limit = self.handshake_time_max;
        let failed = |error| match error {
            ConnectionError::TimedOut => TransportError::TimedOut { limit },
            error if is_crypto(&error) => untrusted(format!("no secure connection came about ({error})")),
            error => TransportError::Lost(Some(error.into())),
        };
        let connecting = self.incoming.accept().map_err(failed)?;
        let connection = timeout(limit, connecting).await.map_err(|_| TransportError::TimedOut { limit })?;
        let connection = QuicConnection::new(connection.map_err(failed)?);
        if !connection.speaks_bank() {
            return Err(untrusted("the client did not ask for ALPN bank/1".to_owned()));
        }
        Ok(Box::new(connection))
    }

    fn refuse(self: Box<Self>) {
        self.incoming.refuse();
    }
}
