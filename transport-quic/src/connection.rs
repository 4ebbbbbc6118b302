//! Connections, and streams as channels.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use bank_core::transport::{Channel, Connection, Framed, Peer, TransportError};
use quinn::crypto::rustls::HandshakeData;
use quinn::{RecvStream, SendStream, VarInt};
use tokio::io::AsyncWrite;

/// What a peer is told of a connection or stream that was dropped, not closed.
const DROPPED: VarInt = VarInt::from_u32(1);
const CLOSED: VarInt = VarInt::from_u32(0);

/// Time for the word of a close to leave before a process that ends right after it.
const FAREWELL: Duration = Duration::from_millis(5);

pub(crate) struct QuicConnection(quinn::Connection);

impl QuicConnection {
    pub(crate) fn new(connection: quinn::Connection) -> QuicConnection {
        QuicConnection(connection)
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
        self.0.close(CLOSED, b"");
        tokio::time::sleep(FAREWELL).await;
    }
}

pub(crate) fn speaks_bank(connection: &quinn::Connection) -> bool {
    let data = connection.handshake_data().and_then(|data| data.downcast::<HandshakeData>().ok());
    let protocol = data.and_then(|data| data.protocol);
    protocol.as_deref() == Some(bank_core::protocol::ALPN.as_bytes())
}

fn channel((sender, receiver): (SendStream, RecvStream)) -> Box<dyn Channel> {
    Box::new(Framed::new(receiver, Writer { sender, finished: false }))
}

/// The sending side of a stream. Dropped before its end it resets, where the library would end
/// the stream as if all had been said.
struct Writer {
    sender: SendStream,
    finished: bool,
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
        self.finished = true;
        Pin::new(&mut self.sender).poll_shutdown(context)
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
