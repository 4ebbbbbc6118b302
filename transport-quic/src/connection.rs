//! Connections, and streams as channels.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use async_trait::async_trait;
use bank_engine_core::transport::{Channel, Connection, Framed, Peer, TransportError};
use quinn::crypto::rustls::HandshakeData;
use quinn::{RecvStream, SendStream, VarInt};
use tokio::io::AsyncWrite;
use tokio::time::{sleep, timeout};

/// What a peer is informed of a connection or stream that was dropped, not closed.
const DROPPED: VarInt = VarInt::from_u32(1);
const CLOSED: VarInt = VarInt::from_u32(0);

/// How long a closing channel waits for the peer's acknowledgement before it hears the peer out:
/// two peers that both have much to say may each wait for the other to read.
const ACKNOWLEDGED_TIME_MAX: Duration = Duration::from_millis(500);

/// How long a close may take to leave this machine. A process that ends earlier leaves its peer
/// to find out by silence.
const FAREWELL_TIME_MAX: Duration = Duration::from_millis(50);
const FAREWELL_PAUSE: Duration = Duration::from_millis(1);

pub(crate) struct QuicConnection(quinn::Connection);

impl QuicConnection {
    pub(crate) fn new(connection: quinn::Connection) -> QuicConnection {
        QuicConnection(connection)
    }

    /// Whether both sides agreed on the bank's protocol.
    pub(crate) fn speaks_bank(&self) -> bool {
        let data = self.0.handshake_data().and_then(|data| data.downcast::<HandshakeData>().ok());
        let protocol = data.and_then(|data| data.protocol);
        protocol.as_deref() == Some(bank_engine_core::protocol::ALPN.as_bytes())
    }
}

impl Drop for QuicConnection {
    fn drop(&mut self) {
        self.0.close(DROPPED, b"");
    }
}

#[async_trait]
impl Connection for QuicConnection {
    async fn open(&self) -> Result<Box<dyn Channel>, TransportError> {
        let opened = self.0.open_bi().await;
        opened.map(channel).map_err(|error| TransportError::Lost(Some(error.into())))
    }

    async fn accept(&self) -> Option<Box<dyn Channel>> {
        self.0.accept_bi().await.ok().map(channel)
    }

    fn peer(&self) -> Peer {
        self.0.remote_address().into()
    }

    async fn close(&self) {
        if self.0.close_reason().is_some() {
            return;
        }
        let datagrams = |connection: &quinn::Connection| connection.stats().udp_tx.datagrams;
        let before = datagrams(&self.0);
        self.0.close(CLOSED, b"");
        let leaves = async {
            while datagrams(&self.0) == before {
                sleep(FAREWELL_PAUSE).await;
            }
        };
        let _ = timeout(FAREWELL_TIME_MAX, leaves).await;
    }
}

fn channel((sender, receiver): (SendStream, RecvStream)) -> Box<dyn Channel> {
    Box::new(Framed::new(receiver, Writer { sender, finished: false, acknowledged: None }))
}

/// The sending side of a stream. Dropped before its end it resets, where the library would end
/// the stream as if all had been said.
struct Writer {
    sender: SendStream,
    finished: bool,
    /// Once finished: what waits for the peer to have it all. A connection that is closed before
    /// that takes back what was under way.
    acknowledged: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl AsyncWrite for Writer {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        AsyncWrite::poll_write(Pin::new(&mut self.sender), context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.sender).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Writer { sender, finished, acknowledged } = &mut *self;
        if !*finished {
            *finished = true;
            // Fails only where the stream is over already.
            let _ = sender.finish();
            let stopped = timeout(ACKNOWLEDGED_TIME_MAX, sender.stopped());
            *acknowledged = Some(Box::pin(async move { drop(stopped.await) }));
        }
        if let Some(waits) = acknowledged {
            ready!(waits.as_mut().poll(context));
            *acknowledged = None;
        }
        Poll::Ready(Ok(()))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.finished {
            // Fails only where the stream is over already.
            let _ = self.sender.reset(DROPPED);
        }
    }
}
