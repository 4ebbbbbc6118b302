//! What QUIC does for a bank: an eavesdropper sees nothing, an impostor is refused, and a client
//! that changes its address keeps its session.
//!
//! ```sh
//! cargo run --example quic_demo
//! ```

mod tap;

use std::error::Error;

use bank_engine::bank::Bank;
use bank_engine::client::{Client, ClientError};
use bank_engine::expert::quic::QuicTransport;
use bank_engine::expert::tcp::TcpTransport;
use bank_engine::ledger::TransactionId;
use bank_engine::protocol::Code;
use bank_engine::server::{Limits, serve};
use bank_engine::transport::{Connection, Transport, TransportError};
use bank_engine::{Fingerprint, Identity, Trust};
use tokio_util::sync::CancellationToken;

use tap::Tap;

const ACCOUNT: &str = "cedar-100";
const PIN: &str = "258036914707";

type Done = Result<(), Box<dyn Error>>;

#[tokio::main]
async fn main() -> Done {
    let folder = tempfile::tempdir()?;
    let identity = Identity::load_or_create(folder.path(), &[])?;
    let bank = Bank::builder().account(ACCOUNT, PIN, "1250.00").build().await?;
    let tcp = TcpTransport::plain().listen("127.0.0.1:0").await?;
    let quic = QuicTransport::server(&identity)?.listen("127.0.0.1:0").await?;
    let (tcp_address, quic_address) = (tcp.address(), quic.address());
    let stop = CancellationToken::new();
    let server = tokio::spawn(serve(bank, vec![tcp, quic], Limits::default(), stop.clone()));

    eavesdropping(&tcp_address, &quic_address, identity.fingerprint()).await?;
    pinning(&quic_address, identity.fingerprint()).await?;
    moving(&quic_address, identity.fingerprint()).await?;

    stop.cancel();
    Ok(server.await?)
}

/// The same log-in over plain TCP and over QUIC, each through somebody who reads along.
async fn eavesdropping(tcp: &str, quic: &str, key: Fingerprint) -> Done {
    println!("1. An eavesdropper between the terminal and the bank looks for {ACCOUNT} and its PIN.\n");
    let over_tcp = Tap::on_tcp(tcp).await?;
    log_in_and_out(&TcpTransport::plain(), over_tcp.address()).await?;
    println!("   Plain TCP, from where the log-in begins:\n");
    let login = over_tcp.find("login").ok_or("no log-in on plain TCP")?;
    println!("{}", over_tcp.excerpt(login));
    report(&over_tcp, true)?;

    let over_quic = Tap::on_udp(quic).await?;
    log_in_and_out(&QuicTransport::client(Trust::pinned(key)), over_quic.address()).await?;
    println!("   QUIC, a page in the middle of it:\n");
    println!("{}", over_quic.excerpt(over_quic.bytes() / 2));
    report(&over_quic, false)?;
    println!(
        "   What does show: who speaks with whom, when and how much. The first packets are veiled only,"
    );
    println!("   so that the protocol's name, bank/1, shows too.\n");
    Ok(())
}

async fn log_in_and_out(transport: &dyn Transport, address: &str) -> Done {
    let connection = transport.connect(address).await?;
    let mut atm = Client::handshake(connection.open().await?, "quic_demo").await?;
    atm.login(ACCOUNT, PIN).await?;
    atm.close().await;
    connection.close().await;
    Ok(())
}

fn report(tap: &Tap, readable: bool) -> Done {
    for (what, text) in [("the account's name", ACCOUNT), ("the PIN", PIN)] {
        let found = tap.find(text).is_some();
        let verdict = if found { "found" } else { "not found" };
        println!("   {what}: {verdict} in {} bytes", tap.bytes());
        ensure(found == readable, "the eavesdropper saw something else than expected")?;
    }
    println!();
    Ok(())
}

/// A server with another key than the pinned one.
async fn pinning(quic: &str, key: Fingerprint) -> Done {
    println!("2. A client that knows the bank's key by its fingerprint:\n\n   {key}\n");
    QuicTransport::client(Trust::pinned(key)).connect(quic).await?.close().await;
    println!("   The server has this key: connected.");
    let other: Fingerprint = format!("sha256:{}", "5a".repeat(32)).parse()?;
    match QuicTransport::client(Trust::pinned(other)).connect(quic).await {
        Err(error @ TransportError::Untrusted { .. }) => {
            println!("   The client expects another key: {error}\n")
        }
        Err(error) => return Err(error.into()),
        Ok(_) => return Err("a server with the wrong key was trusted".into()),
    }
    Ok(())
}

/// A phone that leaves one network for another amid a session.
async fn moving(quic: &str, key: Fingerprint) -> Done {
    println!("3. A client changes its address amid a session.\n");
    let tap = Tap::on_udp(quic).await?;
    let transport = QuicTransport::client(Trust::pinned(key));
    let connection = transport.connect(tap.address()).await?;
    let mut atm = Client::handshake(connection.open().await?, "quic_demo").await?;
    atm.login(ACCOUNT, PIN).await?;
    println!("   {}", atm.deposit(TransactionId::generate(), "50.00".parse()?).await?);

    transport.rebind()?;

    println!("   {}", atm.withdraw(TransactionId::generate(), "20.00".parse()?).await?);
    let addresses = tap.clients();
    println!("   The client spoke from {}.", addresses.join(", then from "));
    ensure(addresses.len() == 2, "the client was to speak from two addresses")?;

    let elsewhere = QuicTransport::client(Trust::pinned(key)).connect(quic).await?;
    still_in_use(&*elsewhere).await?;
    println!("   It never let go of the account: another terminal is refused with code 1103.");
    atm.close().await;
    Ok(())
}

async fn still_in_use(connection: &dyn Connection) -> Done {
    let mut atm = Client::handshake(connection.open().await?, "quic_demo").await?;
    match atm.login(ACCOUNT, PIN).await {
        Err(ClientError::Refused(refusal)) if refusal.known_code() == Some(Code::AccountInUse) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => Err("the account was free".into()),
    }
}

fn ensure(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}
