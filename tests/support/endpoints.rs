//! The addresses that the bank listens at, by transport.

use std::time::Duration;

use bank_engine::endpoint::{Endpoint, PlainTcp};
use bank_engine::expert::quic::QuicTransport;
use bank_engine::expert::tcp::TcpTransport;
use bank_engine::transport::{Listener, MemoryTransport, MemoryWire, Transport};
use bank_engine::{Identity, Trust};

use super::Wire;

/// Both ends of a wire, before anybody listens.
pub struct Ends {
    pub wire: Wire,
    pub memory: MemoryTransport,
    identity: Identity,
    handshake_time_max: Option<Duration>,
}

impl Ends {
    pub fn of(wire: Wire) -> Ends {
        let directory = tempfile::tempdir().unwrap();
        let identity = Identity::load_or_create(directory.path(), &[]).unwrap();
        Ends { wire, memory: MemoryTransport::new(), identity, handshake_time_max: None }
    }

    /// Handshakes may take up to `limit`.
    pub fn with_handshakes_of(wire: Wire, limit: Duration) -> Ends {
        let memory = MemoryWire { handshake_time_max: limit, ..MemoryWire::default() };
        let memory = MemoryTransport::with_wire(memory);
        Ends { memory, handshake_time_max: Some(limit), ..Ends::of(wire) }
    }

    pub fn trust(&self) -> Trust {
        Trust::pinned(self.identity.fingerprint())
    }

    /// Listens at a free address.
    pub async fn listen(&self) -> (Box<dyn Listener>, Box<dyn Transport>) {
        let url = match (self.wire, self.handshake_time_max) {
            (Wire::Memory, _) => {
                return (self.memory.listen("bank").await.unwrap(), Box::new(self.memory.clone()));
            }
            (Wire::Tls, Some(limit)) => {
                let server = TcpTransport::tls_server(&self.identity).unwrap().handshake_time_max(limit);
                let client = TcpTransport::tls_client(self.trust()).handshake_time_max(limit);
                return (server.listen("127.0.0.1:0").await.unwrap(), Box::new(client));
            }
            (Wire::Quic, Some(limit)) => {
                let server = QuicTransport::server(&self.identity).unwrap().handshake_time_max(limit);
                let client = QuicTransport::client(self.trust()).handshake_time_max(limit);
                return (server.listen("127.0.0.1:0").await.unwrap(), Box::new(client));
            }
            (Wire::Tcp, _) => "tcp://127.0.0.1:0",
            (Wire::Tls, None) => "tls://127.0.0.1:0",
            (Wire::Quic, None) => "quic://127.0.0.1:0",
        };
        let endpoint: Endpoint = url.parse().unwrap();
        let listener = endpoint.listener(Some(&self.identity), PlainTcp::LoopbackOnly).await.unwrap();
        (listener, endpoint.dialer(&self.trust(), PlainTcp::LoopbackOnly))
    }
}
