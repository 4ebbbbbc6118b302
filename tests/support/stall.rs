//! Clients that connect and do not finish the handshake.

use std::time::Duration;

use bank_engine::expert::quic::QuicTransport;
use bank_engine::transport::{MemoryStall, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::{PATIENCE, Relay, Served, Wire};

/// The head of a TLS record of 512 bytes that holds a ClientHello, and nothing more of it.
const HALF_A_HELLO: [u8; 9] = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc];

/// A client within its handshake, until dropped.
pub enum Stall {
    Memory { _stall: MemoryStall },
    Stream(TcpStream),
    Datagrams { _relay: Relay, dialling: JoinHandle<bool> },
}

impl Served {
    /// Stalls where the wire has a handshake; on plain TCP it connects and says nothing.
    pub async fn stall(&self) -> Stall {
        match self.ends.wire {
            Wire::Memory => Stall::Memory { _stall: self.ends.memory.stall(&self.address).await.unwrap() },
            Wire::Tcp => Stall::Stream(TcpStream::connect(&self.address).await.unwrap()),
            Wire::Tls => {
                let mut stream = TcpStream::connect(&self.address).await.unwrap();
                stream.write_all(&HALF_A_HELLO).await.unwrap();
                Stall::Stream(stream)
            }
            Wire::Quic => {
                let relay = Relay::to(&self.address, 1).await;
                let transport = QuicTransport::client(self.ends.trust());
                let transport = transport.handshake_time_max(PATIENCE).idle_time_max(PATIENCE);
                let front = relay.address.clone();
                let dialling = tokio::spawn(async move { transport.connect(&front).await.is_ok() });
                Stall::Datagrams { _relay: relay, dialling }
            }
        }
    }
}

impl Stall {
    /// Whether the bank still waits, as far as that can be seen.
    pub async fn is_stuck(&mut self) -> bool {
        match self {
            Stall::Memory { .. } => true,
            Stall::Stream(stream) => {
                tokio::time::timeout(Duration::from_millis(10), stream.read(&mut [0; 64])).await.is_err()
            }
            Stall::Datagrams { dialling, .. } => !dialling.is_finished(),
        }
    }
}
