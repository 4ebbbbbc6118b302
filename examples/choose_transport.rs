//! The transport is chosen by a flag; all that follows is the same for each.
//!
//! ```sh
//! cargo run --example choose_transport -- --transport quic   # or memory, tcp, tls
//! ```

use std::error::Error;

use bank_engine::bank::Bank;
use bank_engine::client::Client;
use bank_engine::endpoint::{Endpoint, PlainTcp};
use bank_engine::ledger::TransactionId;
use bank_engine::server::{Limits, serve};
use bank_engine::transport::{Listener, MemoryTransport, Transport};
use bank_engine::{Identity, Trust};
use clap::{Parser, ValueEnum};
use tokio_util::sync::CancellationToken;

#[derive(Parser)]
struct Arguments {
    /// How the terminal reaches the bank.
    #[arg(long, value_enum)]
    transport: Choice,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Choice {
    Memory,
    Tcp,
    Tls,
    Quic,
}

/// A listener, and what its clients connect with.
async fn open(choice: Choice) -> Result<(Box<dyn Listener>, Box<dyn Transport>), Box<dyn Error>> {
    let url = match choice {
        Choice::Memory => {
            let network = MemoryTransport::new();
            return Ok((network.listen("bank").await?, Box::new(network)));
        }
        Choice::Tcp => "tcp://127.0.0.1:0",
        Choice::Tls => "tls://127.0.0.1:0",
        Choice::Quic => "quic://127.0.0.1:0",
    };
    let endpoint: Endpoint = url.parse()?;
    let folder = tempfile::tempdir()?;
    let identity = Identity::load_or_create(folder.path(), &[])?;
    let trust = Trust::pinned(identity.fingerprint());
    let listener = endpoint.listener(Some(&identity), PlainTcp::LoopbackOnly).await?;
    Ok((listener, endpoint.dialer(&trust, PlainTcp::LoopbackOnly)))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let choice = Arguments::parse().transport;
    let (listener, transport) = open(choice).await?;
    let address = listener.address();
    println!("a bank listens at {address}, over {choice:?}");

    // From here on nobody knows which transport it is.
    let bank = Bank::builder().account("cedar-100", "2580", "1250.00").build().await?;
    let stop = CancellationToken::new();
    let server = tokio::spawn(serve(bank, vec![listener], Limits::default(), stop.clone()));

    let connection = transport.connect(&address).await?;
    let mut atm = Client::handshake(connection.open().await?, "choose_transport").await?;
    atm.login("cedar-100", "2580").await?;
    println!("{}", atm.deposit(TransactionId::generate(), "50.00".parse()?).await?);
    println!("{}", atm.withdraw(TransactionId::generate(), "20.00".parse()?).await?);
    atm.close().await;

    stop.cancel();
    server.await?;
    Ok(())
}
