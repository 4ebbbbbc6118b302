//! What the cases share: a connected pair, an echo service, and short assertions.

use std::time::Duration;

use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout};

use super::TransportFixture;
use crate::testing::Random;
use crate::transport::{Channel, Connection, FRAME_BYTES_MAX, Incoming, Listener, TransportError};

/// How long one step may take beyond the transport's own limits; generous, since machines are slow at times.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// A client and a server at the two ends of one channel.
pub(super) struct Line {
    pub(super) client: Box<dyn Channel>,
    pub(super) server: Box<dyn Channel>,
    pub(super) client_connection: Box<dyn Connection>,
    pub(super) server_connection: Box<dyn Connection>,
    pub(super) listener: Box<dyn Listener>,
}

impl Line {
    pub(super) async fn new(fixture: &dyn TransportFixture) -> Self {
        let mut listener = listen(fixture).await;
        let (client_connection, server_connection) = connect(fixture, &mut *listener).await;
        let (client, server) = open(&*client_connection, &*server_connection).await;
        Line { client, server, client_connection, server_connection, listener }
    }
}

pub(super) async fn listen(fixture: &dyn TransportFixture) -> Box<dyn Listener> {
    let address = fixture.listen_address();
    within("listen", fixture.server().listen(&address)).await.expect("the server listens")
}

/// The client's end and the server's.
pub(super) async fn connect(
    fixture: &dyn TransportFixture,
    listener: &mut dyn Listener,
) -> (Box<dyn Connection>, Box<dyn Connection>) {
    let address = listener.address();
    let (client, server) = within("connect and accept", async {
        tokio::join!(fixture.client().connect(&address), async {
            listener.accept().await.expect("a client comes").accept().await
        })
    })
    .await;
    (client.expect("the client connects"), server.expect("the server accepts"))
}

/// The client's end of a new channel and the server's. A first frame goes through, since on some
/// transports a channel does not show before.
pub(super) async fn open(
    client: &dyn Connection,
    server: &dyn Connection,
) -> (Box<dyn Channel>, Box<dyn Channel>) {
    let mut near = within("open", client.open()).await.expect("the client opens a channel");
    within("send", near.send(b"first")).await.expect("the client sends");
    let mut far = within("accept a channel", server.accept()).await.expect("the server gets the channel");
    expect_frame(&mut *far, b"first").await;
    (near, far)
}

/// The future's output; panics where it takes longer than [`PATIENCE`].
pub(super) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    within_limit(what, Duration::ZERO, future).await
}

/// The same for what may take `limit` by contract.
pub(super) async fn within_limit<T>(what: &str, limit: Duration, future: impl Future<Output = T>) -> T {
    let most = limit + PATIENCE;
    let start = Instant::now();
    let done = timeout(most, future).await.ok();
    // What nothing wakes is looked at once more when the time is over, and then often finds itself done.
    done.filter(|_| start.elapsed() < most).unwrap_or_else(|| panic!("{what}: not done within {most:?}"))
}

pub(super) async fn send(channel: &mut dyn Channel, frame: &[u8]) {
    within("send", channel.send(frame)).await.unwrap_or_else(|error| panic!("send fails: {error:?}"));
}

pub(super) async fn expect_frame(channel: &mut dyn Channel, expected: &[u8]) {
    match within("receive", channel.receive()).await {
        Ok(Some(frame)) => expect_same(&frame, expected),
        other => panic!("receive answers {other:?} instead of a frame of {} bytes", expected.len()),
    }
}

pub(super) async fn expect_end(channel: &mut dyn Channel) {
    match within("receive the end", channel.receive()).await {
        Ok(None) => {}
        Ok(Some(frame)) => panic!("a frame of {} bytes comes instead of the end", frame.len()),
        Err(error) => panic!("{error:?} comes instead of the end"),
    }
}

/// For what ended without a close: an end or a loss, after whatever frames were on their way.
pub(super) async fn expect_end_or_loss(channel: &mut dyn Channel) {
    within("receive the end or the loss", async {
        loop {
            match channel.receive().await {
                Ok(Some(_)) => {}
                Ok(None) | Err(TransportError::Lost(_)) => return,
                Err(error) => panic!("{error:?} comes instead of the end or a loss"),
            }
        }
    })
    .await;
}

/// `assert_eq` without printing thousands of bytes.
pub(super) fn expect_same(frame: &[u8], expected: &[u8]) {
    if frame != expected {
        let same = frame.iter().zip(expected).take_while(|(left, right)| left == right).count();
        panic!(
            "a frame of {} bytes comes instead of one of {}; they differ from byte {same} on",
            frame.len(),
            expected.len()
        );
    }
}

/// Both ends of the channel work.
pub(super) async fn expect_alive(client: &mut dyn Channel, server: &mut dyn Channel) {
    send(client, b"are you there").await;
    expect_frame(server, b"are you there").await;
    send(server, b"I am").await;
    expect_frame(client, b"I am").await;
}

/// The echo service answers.
pub(super) async fn expect_echo(channel: &mut dyn Channel, frame: &[u8]) {
    send(channel, frame).await;
    expect_frame(channel, frame).await;
}

/// `size` random bytes, none of them a line feed.
pub(super) fn random_bytes(random: &mut Random, size: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        bytes.extend_from_slice(&random.number().to_le_bytes());
    }
    bytes.truncate(size);
    for byte in &mut bytes {
        if *byte == b'\n' {
            *byte = b'\r';
        }
    }
    bytes
}

/// Mostly a request's size, at times any size, at times one where buffers end.
pub(super) fn random_frame(random: &mut Random) -> Vec<u8> {
    const EDGES: [usize; 8] = [0, 1, 4_095, 4_096, 16_383, 16_384, FRAME_BYTES_MAX - 1, FRAME_BYTES_MAX];
    let size = match random.below(16) {
        0 => EDGES[random.below(EDGES.len())],
        1 => random.below(FRAME_BYTES_MAX + 1),
        _ => random.below(400),
    };
    random_bytes(random, size)
}

/// A frame of the largest size that begins with its number.
pub(super) fn numbered_frame(number: usize) -> Vec<u8> {
    let mut frame = format!("{number:08}").into_bytes();
    frame.resize(FRAME_BYTES_MAX, b'.');
    frame
}

/// A service that answers every frame with itself, until dropped.
pub(super) struct Echo {
    address: String,
    task: JoinHandle<()>,
}

impl Echo {
    pub(super) async fn start(fixture: &dyn TransportFixture) -> Self {
        Echo::on(listen(fixture).await)
    }

    pub(super) fn on(mut listener: Box<dyn Listener>) -> Self {
        let address = listener.address();
        let task = tokio::spawn(async move {
            let mut clients = JoinSet::new();
            loop {
                match listener.accept().await {
                    Ok(incoming) => drop(clients.spawn(echo_client(incoming))),
                    Err(TransportError::Closed) => return,
                    Err(_) => tokio::task::yield_now().await,
                }
            }
        });
        Echo { address, task }
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn echo_client(incoming: Box<dyn Incoming>) {
    let Ok(connection) = incoming.accept().await else { return };
    let mut channels = JoinSet::new();
    while let Some(channel) = connection.accept().await {
        channels.spawn(echo_channel(channel));
    }
    while channels.join_next().await.is_some() {}
}

async fn echo_channel(mut channel: Box<dyn Channel>) {
    while let Ok(Some(frame)) = channel.receive().await {
        if channel.send(&frame).await.is_err() {
            break;
        }
    }
    channel.close().await;
}
