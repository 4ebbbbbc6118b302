//! A transport of your own: the bank over Unix domain sockets, in under sixty lines.
//!
//! A transport dials, listens and accepts; `StreamConnection` makes a connection of any byte
//! stream, frames and all. The conformance suite says whether it keeps the contract.
//!
//! ```sh
//! cargo run --example custom_transport     # serves a bank over it and makes a deposit
//! cargo test --example custom_transport    # the conformance suite
//! ```

use std::error::Error;
use std::io::{self, ErrorKind};

use async_trait::async_trait;
use bank_engine::bank::Bank;
use bank_engine::client::Client;
use bank_engine::ledger::TransactionId;
use bank_engine::server::{Limits, serve};
use bank_engine::transport::{
    Connection, Incoming, Listener, Peer, StreamConnection, Transport, TransportError,
};
use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;

/// Unix domain sockets: an address is the path of a file, whose permissions say who may connect.
/// The kernel answers at once and there is no handshake, so no time limits are needed.
struct Unix;

#[async_trait]
impl Transport for Unix {
    async fn connect(&self, path: &str) -> Result<Box<dyn Connection>, TransportError> {
        let stream = UnixStream::connect(path).await.map_err(|error| error_chain(path, error))?;
        Ok(Box::new(StreamConnection::dialled(stream, peer(path))))
    }

    async fn listen(&self, path: &str) -> Result<Box<dyn Listener>, TransportError> {
        let socket = UnixListener::bind(path).map_err(|error| error_chain(path, error))?;
        Ok(Box::new(SocketListener { socket: Some(socket), path: path.to_owned() }))
    }
}

struct SocketListener {
    socket: Option<UnixListener>,
    path: String,
}

#[async_trait]
impl Listener for SocketListener {
    async fn accept(&mut self) -> Result<Box<dyn Incoming>, TransportError> {
        let socket = self.socket.as_ref().ok_or(TransportError::Closed)?;
        let (stream, _) = socket.accept().await.map_err(|error| error_chain(&self.path, error))?;
        Ok(Box::new(SocketIncoming(StreamConnection::accepted(stream, peer(&self.path)))))
    }
    fn address(&self) -> String {
        self.path.clone()
    }
    async fn close(&mut self) {
        if self.socket.take().is_some() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

struct SocketIncoming(StreamConnection<UnixStream>);

#[async_trait]
impl Incoming for SocketIncoming {
    fn peer(&self) -> Peer {
        self.0.peer()
    }
    async fn accept(self: Box<Self>) -> Result<Box<dyn Connection>, TransportError> {
        Ok(Box::new(self.0))
    }
    fn refuse(self: Box<Self>) {}
}

// That is the transport. What follows is words for its errors, a bank on it, and the suite.

/// A process that opens the socket's file is on this machine.
fn peer(path: &str) -> Peer {
    Peer { host: path.to_owned(), port: None }
}

fn error_chain(path: &str, source: io::Error) -> TransportError {
    let address = path.to_owned();
    match source.kind() {
        _ if path.is_empty() => TransportError::Address { address, reason: "a path is missing".to_owned() },
        ErrorKind::InvalidInput => TransportError::Address { address, reason: source.to_string() },
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => TransportError::Refused { address },
        _ => TransportError::Io { action: format!("cannot use the socket {path}"), source },
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("bank.sock").display().to_string();
    let bank = Bank::builder().account("cedar-100", "2580", "1250.00").build().await?;
    let listener = Unix.listen(&path).await?;
    println!("a bank listens at {path}");
    let stop = CancellationToken::new();
    let server = tokio::spawn(serve(bank, vec![listener], Limits::default(), stop.clone()));

    let connection = Unix.connect(&path).await?;
    let mut atm = Client::handshake(connection.open().await?, "custom_transport").await?;
    atm.login("cedar-100", "2580").await?;
    println!("{}", atm.deposit(TransactionId::generate(), "50.00".parse()?).await?);
    atm.close().await;

    stop.cancel();
    server.await?;
    println!("closed; the file is gone: {}", !std::fs::exists(&path)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::any::Any;

    use bank_engine_core::testing::transport::{RawStream, StreamFixture, TransportFixture};

    use super::*;

    struct Fixture(tempfile::TempDir);

    #[async_trait]
    impl TransportFixture for Fixture {
        fn server(&self) -> &dyn Transport {
            &Unix
        }
        fn client(&self) -> &dyn Transport {
            &Unix
        }
        fn listen_address(&self) -> String {
            self.0.path().join(TransactionId::generate().to_string()).display().to_string()
        }
        fn channels_a_connection(&self) -> usize {
            1
        }
        fn connects_before_accept(&self) -> bool {
            true
        }
        async fn stall(&self, address: &str) -> Box<dyn Any + Send> {
            Box::new(UnixStream::connect(address).await.expect("somebody listens"))
        }
    }

    #[async_trait]
    impl StreamFixture for Fixture {
        async fn raw(&self, address: &str) -> Box<dyn RawStream> {
            Box::new(UnixStream::connect(address).await.expect("somebody listens"))
        }
    }

    bank_engine_core::transport_conformance!(Fixture(tempfile::tempdir().expect("a directory")));
    bank_engine_core::stream_conformance!(Fixture(tempfile::tempdir().expect("a directory")));

    #[test]
    fn a_bank_is_served_over_it() -> Result<(), Box<dyn Error>> {
        main()
    }
}
