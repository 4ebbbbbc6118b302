//! What is TCP's own: where it goes in clear, whom it believes, and a machine in need.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests fail by panicking

use std::fs::File;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bank_engine_core::transport::{Connection, Listener, Transport, TransportError};
use bank_engine_tcp::TcpTransport;
use bank_engine_tls::{Identity, Trust};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// Generous: reached only where something hangs.
const PATIENCE: Duration = Duration::from_secs(20);

fn identity() -> Identity {
    let directory = tempfile::tempdir().unwrap();
    Identity::load_or_create(directory.path(), &[]).unwrap()
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it hangs")
}

/// The error of a client; the server's side of it is carried out meanwhile.
async fn refused(client: &TcpTransport, listener: &mut dyn Listener) -> TransportError {
    let address = listener.address();
    let server = async { drop(listener.accept().await.unwrap().accept().await) };
    let (connected, ()) = within(async { tokio::join!(client.connect(&address), server) }).await;
    connected.err().expect("a client connects that should not")
}

async fn connected(
    client: &TcpTransport,
    listener: &mut dyn Listener,
    address: &str,
) -> (Box<dyn Connection>, Box<dyn Connection>) {
    let server = async { listener.accept().await.unwrap().accept().await.unwrap() };
    let (near, far) = within(async { tokio::join!(client.connect(address), server) }).await;
    (near.unwrap(), far)
}

async fn talk(near: &dyn Connection, far: &dyn Connection) {
    let mut near = near.open().await.unwrap();
    let mut far = far.accept().await.unwrap();
    near.send(b"hello").await.unwrap();
    assert_eq!(within(far.receive()).await.unwrap().as_deref(), Some(&b"hello"[..]));
}

/// Nothing is sent to 192.0.2.1, an address of documentation (RFC 5737): the answer comes at once.
#[tokio::test]
async fn plain_stays_on_loopback_unless_a_flag_says_so() {
    let plain = TcpTransport::plain();
    for elsewhere in ["192.0.2.1:7878", "[2001:db8::1]:7878", "0.0.0.0:7878", "[::ffff:192.0.2.1]:7878"] {
        let start = Instant::now();
        let error = within(plain.connect(elsewhere)).await.err().unwrap();
        let text = error.to_string();
        assert!(matches!(error, TransportError::Address { .. }), "{error:?}");
        assert!(text.contains("plain_anywhere") && text.contains("--plain-tcp-anywhere"), "{text}");
        assert!(start.elapsed() < Duration::from_secs(2), "something was sent to {elsewhere}");
    }
    for everywhere in ["0.0.0.0:0", "[::]:0"] {
        let error = plain.listen(everywhere).await.err().unwrap();
        assert!(matches!(error, TransportError::Address { .. }), "{error:?}");
    }
    let mut listener = TcpTransport::plain_anywhere().listen("0.0.0.0:0").await.unwrap();
    let port = listener.address().rsplit_once(':').unwrap().1.to_owned();
    let (near, far) = connected(&plain, &mut *listener, &format!("127.0.0.1:{port}")).await;
    talk(&*near, &*far).await;
}

#[tokio::test]
async fn listening_on_ipv6_everywhere_takes_ipv4_too() {
    if let Err(error) = TcpListener::bind("[::1]:0").await {
        return eprintln!("not tried: this machine has no IPv6 ({error})");
    }
    let mut listener = TcpTransport::plain_anywhere().listen("[::]:0").await.unwrap();
    let port = listener.address().rsplit_once(':').unwrap().1.to_owned();
    for host in ["127.0.0.1", "[::1]"] {
        let (near, far) = connected(&TcpTransport::plain(), &mut *listener, &format!("{host}:{port}")).await;
        talk(&*near, &*far).await;
        assert!(format!("[{}]", far.peer().host).contains(host), "{}", far.peer());
    }
}

#[tokio::test]
async fn names_are_resolved_and_each_address_tried() {
    let plain = TcpTransport::plain();
    let mut listener = plain.listen("127.0.0.1:0").await.unwrap();
    let port = listener.address().rsplit_once(':').unwrap().1.to_owned();
    let (near, far) = connected(&plain, &mut *listener, &format!("localhost:{port}")).await;
    talk(&*near, &*far).await;
    let error = within(plain.connect("no-such-host.invalid:1")).await.err().unwrap();
    assert!(matches!(error, TransportError::Address { .. }), "{error:?}");
}

#[tokio::test]
async fn an_untrusted_server_is_refused_with_the_reason() {
    let (bank, stranger) = (identity(), identity());
    let mut listener = TcpTransport::tls_server(&stranger).unwrap().listen("127.0.0.1:0").await.unwrap();
    let pinned = TcpTransport::tls_client(Trust::pinned(bank.fingerprint()));
    let error = refused(&pinned, &mut *listener).await;
    assert!(matches!(error, TransportError::Untrusted { .. }), "{error:?}");
    for fingerprint in [bank.fingerprint(), stranger.fingerprint()] {
        assert!(error.to_string().contains(&fingerprint.to_string()), "{error}");
    }

    let directory = tempfile::tempdir().unwrap();
    let list = directory.path().join("known_servers");
    std::fs::write(&list, format!("{} {}\n", listener.address(), bank.fingerprint())).unwrap();
    let error = refused(&TcpTransport::tls_client(Trust::on_first_use(&list)), &mut *listener).await;
    assert!(error.to_string().contains("remove line 1 from"), "{error}");

    std::fs::remove_file(&list).unwrap();
    let address = listener.address();
    let client = TcpTransport::tls_client(Trust::on_first_use(&list));
    let (near, far) = connected(&client, &mut *listener, &address).await;
    talk(&*near, &*far).await;
    let kept = std::fs::read_to_string(&list).unwrap();
    assert_eq!(kept, format!("{address} {}\n", stranger.fingerprint()));
}

#[tokio::test]
async fn tls_and_plain_do_not_understand_each_other() {
    let bank = identity();
    let limit = Duration::from_millis(500);
    let client = TcpTransport::tls_client(Trust::pinned(bank.fingerprint())).handshake_time_max(limit);

    // A server that greets in clear, as many do.
    let greeter = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = greeter.local_addr().unwrap().to_string();
    let greets = async {
        let (mut stream, _) = greeter.accept().await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"{\"hello\":1}\n").await.unwrap();
        let _ = stream.read(&mut [0; 1024]).await;
    };
    let (error, ()) = within(async { tokio::join!(client.connect(&address), greets) }).await;
    let error = error.err().unwrap();
    assert!(matches!(error, TransportError::Untrusted { .. }), "{error:?}");

    let server = TcpTransport::tls_server(&bank).unwrap().handshake_time_max(limit);
    let mut listener = server.listen("127.0.0.1:0").await.unwrap();
    let address = listener.address();
    let plain = async {
        let connection = TcpTransport::plain().connect(&address).await.unwrap();
        let mut channel = connection.open().await.unwrap();
        channel.send(b"{}").await.unwrap();
        while let Ok(Some(_)) = channel.receive().await {}
    };
    let accepts = async { listener.accept().await.unwrap().accept().await.map(drop) };
    let (accepted, ()) = within(async { tokio::join!(accepts, plain) }).await;
    accepted.unwrap_err();
}

/// The client's configuration without the bank's protocol.
fn without_alpn(trust: &Trust) -> ClientConfig {
    let mut config =
        ClientConfig::clone(&bank_engine_tls::expert::attempt(trust, "127.0.0.1:1").unwrap().config());
    config.alpn_protocols.clear();
    config
}

#[tokio::test]
async fn a_client_or_server_of_another_protocol_is_refused() {
    let bank = identity();
    let trust = Trust::pinned(bank.fingerprint());
    let mut listener = TcpTransport::tls_server(&bank).unwrap().listen("127.0.0.1:0").await.unwrap();
    let stream = TcpStream::connect(listener.address()).await.unwrap();
    let connector = TlsConnector::from(Arc::new(without_alpn(&trust)));
    let client = connector.connect(ServerName::try_from("localhost").unwrap(), stream);
    let accepts = async { listener.accept().await.unwrap().accept().await };
    let (_client, accepted) = within(async { tokio::join!(client, accepts) }).await;
    let error = accepted.err().expect("a client without ALPN is accepted");
    assert!(matches!(error, TransportError::Untrusted { .. }), "{error:?}");

    let mut config = bank_engine_tls::expert::server_config(&bank).unwrap();
    config.alpn_protocols.clear();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().unwrap().to_string();
    let accepts = async { acceptor.accept(server.accept().await.unwrap().0).await };
    let client = TcpTransport::tls_client(trust);
    let (connected, _server) = within(async { tokio::join!(client.connect(&address), accepts) }).await;
    let error = connected.err().expect("a server without ALPN is trusted");
    assert!(matches!(error, TransportError::Untrusted { .. }), "{error:?}");
}

#[tokio::test]
async fn each_side_keeps_to_its_role() {
    let bank = identity();
    let client = TcpTransport::tls_client(Trust::pinned(bank.fingerprint()));
    let server = TcpTransport::tls_server(&bank).unwrap();
    let listens = client.listen("127.0.0.1:0").await.err().unwrap();
    assert!(matches!(listens, TransportError::Address { .. }), "{listens:?}");
    let somebody = server.listen("127.0.0.1:0").await.unwrap();
    let connects = within(server.connect(&somebody.address())).await.err().unwrap();
    assert!(matches!(connects, TransportError::Address { .. }), "{connects:?}");
}

const IN_NEED: &str = "BANK_TEST_WITH_FEW_DESCRIPTORS";

/// Runs itself in a process that may have few descriptors.
#[test]
fn a_machine_out_of_descriptors_is_waited_for_and_the_client_served() {
    let me = std::env::current_exe().unwrap();
    if std::env::var_os(IN_NEED).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        return runtime.block_on(out_of_descriptors());
    }
    let name = "a_machine_out_of_descriptors_is_waited_for_and_the_client_served";
    let script = format!("ulimit -n 64 && exec \"$0\" --exact {name} --nocapture");
    let run = Command::new("sh").args(["-c", &script]).arg(me).env(IN_NEED, "1").output().unwrap();
    let output = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{output}{}", String::from_utf8_lossy(&run.stderr));
    assert!(output.contains("1 passed"), "{output}");
}

async fn out_of_descriptors() {
    let plain = TcpTransport::plain();
    let mut listener = plain.listen("127.0.0.1:0").await.unwrap();
    let address = listener.address();
    let mut held = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        held.push(file);
    }
    assert!(held.len() < 64, "the limit does not hold");
    held.pop();
    let near = within(plain.connect(&address)).await.unwrap();

    let start = Instant::now();
    for _ in 0..3 {
        let error = within(listener.accept()).await.err().expect("a descriptor comes from nowhere");
        assert!(matches!(error, TransportError::Io { .. }), "{error:?}");
    }
    assert!(start.elapsed() > Duration::from_millis(250), "the listener spins");
    drop(held);
    let far = within(listener.accept()).await.unwrap().accept().await.unwrap();
    talk(&*near, &*far).await;
}
