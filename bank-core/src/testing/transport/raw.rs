//! Cases about the bytes that a peer may send.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout};

use super::line::{Echo, expect_echo, expect_end, expect_frame, listen, random_bytes, within};
use super::{RawStream, StreamFixture};
use crate::testing::Random;
use crate::transport::{Channel, Connection, FRAME_BYTES_MAX, Listener, TransportError};

struct RawLine {
    client: Box<dyn RawStream>,
    server: Box<dyn Channel>,
    _connection: Box<dyn Connection>,
    _listener: Box<dyn Listener>,
}

impl RawLine {
    async fn new(fixture: &dyn StreamFixture) -> Self {
        let mut listener = listen(fixture).await;
        let address = listener.address();
        let client = async {
            let mut stream = fixture.raw(&address).await;
            write(&mut *stream, b"first\n").await;
            stream
        };
        let (client, connection) = within("connect and accept", async {
            tokio::join!(client, async { listener.accept().await.expect("a client comes").accept().await })
        })
        .await;
        let connection = connection.expect("the server accepts");
        let mut server =
            within("accept a channel", connection.accept()).await.expect("the server gets the channel");
        expect_frame(&mut *server, b"first").await;
        RawLine { client, server, _connection: connection, _listener: listener }
    }
}

async fn write(stream: &mut dyn RawStream, bytes: &[u8]) {
    within("write", async {
        stream.write_all(bytes).await.expect("the stream takes bytes");
        stream.flush().await.expect("the stream flushes");
    })
    .await;
}

/// Where packets end has no meaning: many frames come in one, or one in many.
pub async fn frames_may_share_or_split_packets(fixture: &dyn StreamFixture) {
    let mut random = Random::from_environment();
    let RawLine { mut client, mut server, _connection, _listener } = RawLine::new(fixture).await;
    write(&mut *client, b"a\n\nb\nbegins").await;
    for frame in [&b"a"[..], b"", b"b"] {
        expect_frame(&mut *server, frame).await;
    }
    for byte in b" and ends\n" {
        write(&mut *client, &[*byte]).await;
        sleep(Duration::from_millis(1)).await;
    }
    expect_frame(&mut *server, b"begins and ends").await;

    let frames: Vec<_> = (0..400)
        .map(|_| {
            let size = random.below(3_000);
            random_bytes(&mut random, size)
        })
        .collect();
    let stream: Vec<u8> = frames.iter().flat_map(|frame| frame.iter().copied().chain([b'\n'])).collect();
    let sends = async {
        let mut rest = &stream[..];
        while !rest.is_empty() {
            let (piece, after) = rest.split_at((1 + random.below(9_000)).min(rest.len()));
            write(&mut *client, piece).await;
            rest = after;
        }
    };
    let receives = async {
        for frame in &frames {
            expect_frame(&mut *server, frame).await;
        }
    };
    tokio::join!(sends, receives);
    write(&mut *client, b"last\n").await;
    expect_frame(&mut *server, b"last").await;
    client.shutdown().await.expect("the stream shuts down");
    expect_end(&mut *server).await;
}

/// A frame that goes on past the largest size is refused without waiting for its end; the bank can
/// still say so, and close.
pub async fn oversize_frame_from_the_peer_ends_receiving_only(fixture: &dyn StreamFixture) {
    let RawLine { mut client, mut server, _connection, _listener } = RawLine::new(fixture).await;
    let sends = write(&mut *client, &[b'x'; FRAME_BYTES_MAX + 1]);
    let receives = within("refuse an oversize frame", server.receive());
    let ((), received) = tokio::join!(sends, receives);
    assert!(matches!(received, Err(TransportError::FrameTooLong)), "{received:?}");
    write(&mut *client, b"\nnot read\n").await;
    let received = within("refuse again", server.receive()).await;
    assert!(matches!(received, Err(TransportError::FrameTooLong)), "{received:?}");
    within("send", server.send(b"too long")).await.expect("the server still sends");
    let mut answer = String::new();
    let reads = async {
        within("read to the end", client.read_to_string(&mut answer)).await.expect("the stream ends cleanly");
        drop(client);
    };
    tokio::join!(within("close", server.close()), reads);
    assert_eq!(answer, "too long\n");
}

/// A stream that ends within a frame has lost it: half a frame is never answered as one.
pub async fn end_within_a_frame_is_a_loss(fixture: &dyn StreamFixture) {
    let RawLine { mut client, mut server, _connection, _listener } = RawLine::new(fixture).await;
    write(&mut *client, b"whole\nhal").await;
    client.shutdown().await.expect("the stream shuts down");
    expect_frame(&mut *server, b"whole").await;
    let received = within("receive the loss", server.receive()).await;
    assert!(matches!(received, Err(TransportError::Lost(_))), "{received:?}");
    let received = within("receive after the loss", server.receive()).await;
    assert!(matches!(received, Err(TransportError::Lost(_))), "{received:?}");
}

/// A client that sends half a frame and then nothing holds up nobody, and its channel waits.
pub async fn half_a_frame_holds_up_nobody(fixture: &dyn StreamFixture) {
    let RawLine { mut client, mut server, _connection, _listener } = RawLine::new(fixture).await;
    write(&mut *client, b"half").await;
    let waits = timeout(Duration::from_millis(100), server.receive()).await;
    assert!(waits.is_err(), "half a frame is answered with {waits:?}");

    let echo = Echo::start(fixture).await;
    let mut half = fixture.raw(echo.address()).await;
    write(&mut *half, b"half").await;
    let connection =
        within("connect", fixture.client().connect(echo.address())).await.expect("the client connects");
    let mut channel = within("open", connection.open()).await.expect("the client opens a channel");
    expect_echo(&mut *channel, b"whole").await;
    write(&mut *half, b" and half\n").await;
    let mut answer = [0; 14];
    within("read", half.read_exact(&mut answer)).await.expect("the answer comes");
    assert_eq!(&answer, b"half and half\n");
}
