//! The server's side: who arrives, and the handshake.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use bank_core::transport::{Connection, Incoming, Listener, Peer, TransportError};
use quinn::Endpoint;
use tokio::time::timeout;

use crate::connection::{QuicConnection, speaks_bank};

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
        if let Some(endpoint) = self.endpoint.take() {
            endpoint.set_server_config(None);
        }
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
        let lost = |error: quinn::ConnectionError| TransportError::Lost(Some(error.into()));
        let connecting = self.incoming.accept().map_err(lost)?;
        let connection = timeout(limit, connecting).await.map_err(|_| TransportError::TimedOut { limit })?;
        let connection = connection.map_err(lost)?;
        if !speaks_bank(&connection) {
            let reason = "the client did not ask for ALPN bank/1".to_owned();
            return Err(TransportError::Untrusted { reason });
        }
        Ok(Box::new(QuicConnection::new(connection)))
    }

    fn refuse(self: Box<Self>) {
        self.incoming.refuse();
    }
}
