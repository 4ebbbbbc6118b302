//! What is QUIC's own: whom it believes, what outlives a change of address, what a close delivers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests fail by panicking

use std::sync::Arc;
use std::time::{Duration, Instant};

use bank_engine_core::transport::{Channel, Connection, Listener, Transport, TransportError};
use bank_engine_quic::QuicTransport;
use bank_engine_tls::{Identity, Trust};
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{Endpoint, VarInt};
use rustls::ClientConfig;
use rustls::client::Resumption;
use tokio::time::{sleep, timeout};

const ANY: &str = "127.0.0.1:0";

/// Generous: reached only where something hangs.
const PATIENCE: Duration = Duration::from_secs(20);

fn identity() -> Identity {
    let directory = tempfile::tempdir().unwrap();
    Identity::load_or_create(directory.path(), &[]).unwrap()
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("it hangs")
}

/// A client and a server with one connection.
struct Line {
    near: Box<dyn Connection>,
    far: Box<dyn Connection>,
    client: QuicTransport,
    listener: Box<dyn Listener>,
    bank: Identity,
}

impl Line {
    async fn new() -> Line {
        Line::with(|transport| transport).await
    }

    async fn with(settings: impl Fn(QuicTransport) -> QuicTransport) -> Line {
        let bank = identity();
        let server = settings(QuicTransport::server(&bank).unwrap());
        let client = settings(QuicTransport::client(Trust::pinned(bank.fingerprint())));
        let mut listener = server.listen(ANY).await.unwrap();
        let address = listener.address();
        let accepts = async { listener.accept().await.unwrap().accept().await.unwrap() };
        let (near, far) = within(async { tokio::join!(client.connect(&address), accepts) }).await;
        Line { near: near.unwrap(), far, client, listener, bank }
    }

    async fn channel(&self) -> (Box<dyn Channel>, Box<dyn Channel>) {
        let mut near = within(self.near.open()).await.unwrap();
        near.send(b"first").await.unwrap();
        let mut far = within(self.far.accept()).await.unwrap();
        assert_eq!(within(far.receive()).await.unwrap().as_deref(), Some(&b"first"[..]));
        (near, far)
    }
}

async fn talk(near: &mut dyn Channel, far: &mut dyn Channel) {
    near.send(b"hello").await.unwrap();
    assert_eq!(within(far.receive()).await.unwrap().as_deref(), Some(&b"hello"[..]));
    far.send(b"welcome").await.unwrap();
    assert_eq!(within(near.receive()).await.unwrap().as_deref(), Some(&b"welcome"[..]));
}

/// The error of a client; the server's side of it is carried out meanwhile.
async fn refused(client: &QuicTransport, listener: &mut dyn Listener) -> TransportError {
    let address = listener.address();
    let server = async { drop(listener.accept().await.unwrap().accept().await) };
    let (connected, ()) = within(async { tokio::join!(client.connect(&address), server) }).await;
    connected.err().expect("a client connects that should not")
}

#[tokio::test]
async fn an_untrusted_server_is_refused_with_the_reason() {
    let (bank, stranger) = (identity(), identity());
    let mut listener = QuicTransport::server(&stranger).unwrap().listen(ANY).await.unwrap();
    let pinned = QuicTransport::client(Trust::pinned(bank.fingerprint()));
    let error = refused(&pinned, &mut *listener).await;
    assert!(matches!(error, TransportError::Untrusted { .. }), "{error:?}");
    for fingerprint in [bank.fingerprint(), stranger.fingerprint()] {
        assert!(error.to_string().contains(&fingerprint.to_string()), "{error}");
    }

    let directory = tempfile::tempdir().unwrap();
    let (list, address) = (directory.path().join("known_servers"), listener.address());
    std::fs::write(&list, format!("{address} {}\n", bank.fingerprint())).unwrap();
    let error = refused(&QuicTransport::client(Trust::on_first_use(&list)), &mut *listener).await;
    assert!(error.to_string().contains("remove line 1 from"), "{error}");

    std::fs::remove_file(&list).unwrap();
    let client = QuicTransport::client(Trust::on_first_use(&list));
    let accepts = async { listener.accept().await.unwrap().accept().await.unwrap() };
    let (near, _far) = within(async { tokio::join!(client.connect(&address), accepts) }).await;
    near.unwrap();
    let kept = std::fs::read_to_string(&list).unwrap();
    assert_eq!(kept, format!("{address} {}\n", stranger.fingerprint()));
}

/// A client of the library alone.
fn bare_client(config: ClientConfig) -> Endpoint {
    let crypto = QuicClientConfig::try_from(Arc::new(config)).unwrap();
    let mut endpoint = Endpoint::client(ANY.parse().unwrap()).unwrap();
    endpoint.set_default_client_config(quinn::ClientConfig::new(Arc::new(crypto)));
    endpoint
}

fn client_config(bank: &Identity) -> ClientConfig {
    ClientConfig::clone(
        &bank_engine_tls::expert::attempt(&Trust::pinned(bank.fingerprint()), "bank:1").unwrap().config(),
    )
}

#[tokio::test]
async fn a_client_or_server_of_another_protocol_is_refused() {
    let bank = identity();
    let mut listener = QuicTransport::server(&bank).unwrap().listen(ANY).await.unwrap();
    let address = listener.address().parse().unwrap();
    for protocols in [vec![], vec![b"h3".to_vec()]] {
        let mut config = client_config(&bank);
        config.alpn_protocols = protocols;
        let endpoint = bare_client(config);
        let connecting = endpoint.connect(address, "localhost").unwrap();
        let accepts = async { listener.accept().await.unwrap().accept().await };
        let (connected, accepted) = within(async { tokio::join!(connecting, accepts) }).await;
        connected.expect_err("a client of another protocol connects");
        let error = accepted.err().expect("a client of another protocol is accepted");
        assert!(matches!(error, TransportError::Untrusted { .. }), "{error:?}");
    }

    let mut config = bank_engine_tls::expert::server_config(&bank).unwrap();
    config.alpn_protocols = vec![b"h3".to_vec()];
    let crypto = QuicServerConfig::try_from(config).unwrap();
    let config = quinn::ServerConfig::with_crypto(Arc::new(crypto));
    let server = Endpoint::server(config, ANY.parse().unwrap()).unwrap();
    let address = server.local_addr().unwrap().to_string();
    let client = QuicTransport::client(Trust::pinned(bank.fingerprint()));
    let accepts = async { server.accept().await.unwrap().await };
    let (connected, _accepted) = within(async { tokio::join!(client.connect(&address), accepts) }).await;
    let error = connected.err().expect("a server of another protocol is trusted");
    assert!(matches!(error, TransportError::Untrusted { .. }), "{error:?}");
}

#[tokio::test]
async fn nothing_goes_early_even_from_a_client_that_would() {
    let bank = identity();
    let mut listener = QuicTransport::server(&bank).unwrap().listen(ANY).await.unwrap();
    let address = listener.address().parse().unwrap();
    let mut config = client_config(&bank);
    config.enable_early_data = true;
    config.resumption = Resumption::in_memory_sessions(8);
    let endpoint = bare_client(config);
    for _ in 0..2 {
        let connecting = endpoint.connect(address, "localhost").unwrap();
        let connecting = connecting.into_0rtt().err().expect("the server offered 0-RTT");
        let accepts = async { listener.accept().await.unwrap().accept().await.unwrap() };
        let (near, far) = within(async { tokio::join!(connecting, accepts) }).await;
        let (mut sender, _receiver) = near.unwrap().open_bi().await.unwrap();
        sender.write_all(b"word\n").await.unwrap();
        let mut channel = within(far.accept()).await.unwrap();
        assert_eq!(within(channel.receive()).await.unwrap().as_deref(), Some(&b"word"[..]));
    }
}

#[tokio::test]
async fn a_session_outlives_a_change_of_address() {
    let line = Line::new().await;
    let (mut near, mut far) = line.channel().await;
    let mut before = line.far.peer();
    for _ in 0..3 {
        line.client.rebind().unwrap();
        talk(&mut *near, &mut *far).await;
        let after = line.far.peer();
        assert_ne!(after.port, before.port, "the client did not move");
        before = after;
    }
    let (mut near, mut far) = line.channel().await;
    talk(&mut *near, &mut *far).await;
}

/// The bank answers at length, closes the channel and then the connection, all at once, to a
/// terminal that had said its last word before.
#[tokio::test]
async fn a_close_delivers_also_to_who_has_nothing_more_to_say() {
    const FRAMES: usize = 400;
    let bank = identity();
    let mut listener = QuicTransport::server(&bank).unwrap().listen(ANY).await.unwrap();
    let address = listener.address().parse().unwrap();
    let server = async {
        let connection = listener.accept().await.unwrap().accept().await.unwrap();
        let mut channel = connection.accept().await.unwrap();
        assert_eq!(channel.receive().await.unwrap().as_deref(), Some(&b"last word"[..]));
        assert_eq!(channel.receive().await.unwrap(), None);
        for _ in 0..FRAMES {
            channel.send(&[b'x'; 499]).await.unwrap();
        }
        channel.close().await;
        connection.close().await;
    };
    let endpoint = bare_client(client_config(&bank));
    let client = async {
        let connection = endpoint.connect(address, "localhost").unwrap().await.unwrap();
        let (mut sender, mut receiver) = connection.open_bi().await.unwrap();
        sender.write_all(b"last word\n").await.unwrap();
        sender.finish().unwrap();
        receiver.read_to_end(1 << 20).await
    };
    let ((), read) = within(async { tokio::join!(server, client) }).await;
    assert_eq!(read.expect("the connection went before its last words").len(), FRAMES * 500);
}

#[tokio::test]
async fn a_dropped_channel_is_a_loss_and_not_an_end() {
    let line = Line::new().await;
    let (near, mut far) = line.channel().await;
    drop(near);
    let received = within(far.receive()).await;
    assert!(matches!(received, Err(TransportError::Lost(_))), "{received:?}");
    let (mut near, mut far) = line.channel().await;
    talk(&mut *near, &mut *far).await;
}

/// A `close` that is given up and called again goes on where it was.
#[tokio::test]
async fn a_close_can_be_resumed() {
    let line = Line::new().await;
    let (mut near, mut far) = line.channel().await;
    for wait in [0, 1, 50, 100] {
        let _ = timeout(Duration::from_millis(wait), near.close()).await;
    }
    assert_eq!(within(far.receive()).await.unwrap(), None);
    within(near.close()).await;
}

#[tokio::test]
async fn the_idle_live_on_and_the_silent_are_lost() {
    const IDLE: Duration = Duration::from_secs(1);
    let line = Line::with(|transport| transport.idle_time_max(IDLE)).await;
    let (mut near, mut far) = line.channel().await;
    sleep(IDLE * 2).await;
    talk(&mut *near, &mut *far).await;

    // A client whose machine dies says nothing more.
    let (bank, mut listener) = (line.bank, line.listener);
    let address = listener.address();
    let machine = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = QuicTransport::client(Trust::pinned(bank.fingerprint())).idle_time_max(IDLE);
            let connection = client.connect(&address).await.unwrap();
            let mut channel = connection.open().await.unwrap();
            channel.send(b"here").await.unwrap();
            sleep(Duration::from_millis(200)).await;
            std::mem::forget((client, connection, channel));
        });
        // Makes no progress from here on: a runtime of one thread runs only while it is waited for.
        std::mem::forget(runtime);
    });
    let far = within(async { listener.accept().await.unwrap().accept().await.unwrap() }).await;
    let mut channel = within(far.accept()).await.unwrap();
    assert_eq!(within(channel.receive()).await.unwrap().as_deref(), Some(&b"here"[..]));
    let lost = within(channel.receive()).await;
    assert!(matches!(lost, Err(TransportError::Lost(_))), "{lost:?}");
    assert!(within(far.accept()).await.is_none());
    machine.join().unwrap();
}

#[tokio::test]
async fn a_thousand_channels_share_a_connection() {
    const CHANNELS: usize = 1_024;
    let line = Line::new().await;
    let mut channels = Vec::new();
    for _ in 0..CHANNELS {
        channels.push(line.channel().await);
    }
    for (near, far) in &mut channels {
        talk(&mut **near, &mut **far).await;
    }
    // One ends, another begins: places are handed back one by one.
    for _ in 0..300 {
        drop(channels.pop());
        channels.push(line.channel().await);
    }
    let mut further = Vec::new();
    while let Ok(channel) = timeout(Duration::from_millis(100), line.near.open()).await {
        further.push(channel.unwrap());
        assert!(further.len() <= CHANNELS / 7 + 1, "channels without end");
    }
    let opened = timeout(Duration::from_millis(100), line.far.open()).await;
    assert!(opened.is_err(), "a server opens a channel");
}

#[tokio::test]
async fn names_are_resolved_and_each_address_tried() {
    let bank = identity();
    let mut listener = QuicTransport::server(&bank).unwrap().listen(ANY).await.unwrap();
    let port = listener.address().rsplit_once(':').unwrap().1.to_owned();
    let client = QuicTransport::client(Trust::pinned(bank.fingerprint()));
    let address = format!("localhost:{port}");
    let accepts = async { listener.accept().await.unwrap().accept().await };
    let (connected, accepted) = within(async { tokio::join!(client.connect(&address), accepts) }).await;
    assert!(connected.is_ok() && accepted.is_ok(), "{:?} {:?}", connected.err(), accepted.err());
    let error = within(client.connect("no-such-host.invalid:1")).await.err().unwrap();
    assert!(matches!(error, TransportError::Address { .. }), "{error:?}");
}

/// Nobody has to wait out a time-out for a server that goes.
#[tokio::test]
async fn who_waits_at_a_listener_that_closes_is_turned_away() {
    let bank = identity();
    for by_drop in [false, true] {
        let mut listener = QuicTransport::server(&bank).unwrap().listen(ANY).await.unwrap();
        let client = QuicTransport::client(Trust::pinned(bank.fingerprint()));
        let address = listener.address();
        let waits = tokio::spawn(async move { client.connect(&address).await.map(drop) });
        sleep(Duration::from_millis(300)).await;
        let start = Instant::now();
        if !by_drop {
            listener.close().await;
        }
        drop(listener);
        let error = within(waits).await.unwrap().unwrap_err();
        assert!(matches!(error, TransportError::Refused { .. }), "{error:?}");
        assert!(start.elapsed() < Duration::from_secs(3), "the client waited for its time-out");
    }
}

#[test]
fn a_client_goes_on_in_another_runtime() {
    let bank = identity();
    let client = QuicTransport::client(Trust::pinned(bank.fingerprint()));
    for _ in 0..2 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut listener = QuicTransport::server(&bank).unwrap().listen(ANY).await.unwrap();
            let address = listener.address();
            let accepts = async { listener.accept().await.unwrap().accept().await.map(drop) };
            let (connected, accepted) =
                within(async { tokio::join!(client.connect(&address), accepts) }).await;
            connected.map(drop).unwrap();
            accepted.unwrap();
        });
    }
}

#[tokio::test]
async fn each_side_keeps_to_its_role() {
    let bank = identity();
    let client = QuicTransport::client(Trust::pinned(bank.fingerprint()));
    let server = QuicTransport::server(&bank).unwrap();
    for error in [client.listen(ANY).await.err().unwrap(), server.connect(ANY).await.err().unwrap()] {
        assert!(matches!(error, TransportError::Address { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_client_may_open_no_stream_one_way() {
    let bank = identity();
    let mut listener = QuicTransport::server(&bank).unwrap().listen(ANY).await.unwrap();
    let endpoint = bare_client(client_config(&bank));
    let connecting = endpoint.connect(listener.address().parse().unwrap(), "localhost").unwrap();
    let accepts = async { listener.accept().await.unwrap().accept().await.unwrap() };
    let (near, _far) = within(async { tokio::join!(connecting, accepts) }).await;
    let near = near.unwrap();
    assert!(timeout(Duration::from_millis(100), near.open_uni()).await.is_err());
    assert_eq!(near.max_datagram_size(), None, "datagrams are taken");
    near.close(VarInt::from_u32(0), b"");
}
