//! The server's side: accepting connections, and their handshakes.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use bank_engine_core::transport::{Connection, Incoming, Listener, Peer, TransportError, listening_at};
use quinn::{ConnectionError, Endpoint};
use tokio::time::timeout;

use crate::address::untrusted;
use crate::connection::QuicConnection;
use crate::dial::is_crypto;

pub(crate) struct QuicListener {
    endpoints: Vec<Endpoint>,
    /// Which of them is asked first.
    next: usize,
    address: String,
    handshake_time_max: Duration,
}

impl QuicListener {
    pub(crate) fn new(
        opened: Vec<(Endpoint, SocketAddr)>,
        address: &str,
        handshake_time_max: Duration,
    ) -> QuicListener {
        let address = listening_at(address, &opened);
        let endpoints = opened.into_iter().map(|(endpoint, _)| endpoint).collect();
        QuicListener { endpoints, next: 0, address, handshake_time_max }
    }

    /// The next client of any of the endpoints, which take turns; `None` when one of them is closed.
    async fn next_client(&mut self) -> Option<quinn::Incoming> {
        let count = self.endpoints.len();
        let mut accepting: Vec<_> =
            self.endpoints.iter().map(|endpoint| Box::pin(endpoint.accept())).collect();
        let first = self.next;
        let (which, incoming) = poll_fn(|context| {
            for turn in 0..count {
                let which = (first + turn) % count;
                let Some(accept) = accepting.get_mut(which) else { continue };
                if let Poll::Ready(incoming) = accept.as_mut().poll(context) {
                    return Poll::Ready((which, incoming));
                }
            }
            Poll::Pending
        })
        .await;
        drop(accepting);
        self.next = which + 1;
        incoming
    }
}

#[async_trait]
impl Listener for QuicListener {
    async fn accept(&mut self) -> Result<Box<dyn Incoming>, TransportError> {
        if self.endpoints.is_empty() {
            return Err(TransportError::Closed);
        }
        let incoming = self.next_client().await.ok_or(TransportError::Closed)?;
        Ok(Box::new(QuicIncoming { incoming, handshake_time_max: self.handshake_time_max }))
    }

    fn address(&self) -> String {
        self.address.clone()
    }

    async fn close(&mut self) {
        self.end();
    }
}

impl QuicListener {
    /// Turns away who waits to be accepted and who comes later; an endpoint lives on without a
    /// handle as long as it has connections.
    fn end(&mut self) {
        for endpoint in self.endpoints.drain(..) {
            endpoint.set_server_config(None);
            let mut context = Context::from_waker(Waker::noop());
            while let Poll::Ready(Some(incoming)) = pin!(endpoint.accept()).poll(&mut context) {
                incoming.refuse();
            }
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
