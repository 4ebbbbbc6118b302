//! The transports' contract, over plain TCP and over TLS.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::any::Any;
use std::time::Duration;

use async_trait::async_trait;
use bank_engine_core::testing::transport::{RawStream, StreamFixture, TransportFixture};
use bank_engine_core::transport::Transport;
use bank_engine_tcp::TcpTransport;
use bank_engine_tls::{Identity, Trust};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, rustls};

const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(1);

struct Fixture {
    server: TcpTransport,
    client: TcpTransport,
    trust: Option<Trust>,
}

impl Fixture {
    fn plain() -> Fixture {
        let transport = TcpTransport::plain().handshake_time_max(HANDSHAKE_TIME_MAX);
        Fixture { server: transport.clone(), client: transport, trust: None }
    }

    fn tls() -> Fixture {
        let directory = tempfile::tempdir().unwrap();
        let identity = Identity::load_or_create(directory.path(), &[]).unwrap();
        let trust = Trust::pinned(identity.fingerprint());
        let server = TcpTransport::tls_server(&identity).unwrap();
        let client = TcpTransport::tls_client(trust.clone());
        Fixture {
            server: server.handshake_time_max(HANDSHAKE_TIME_MAX),
            client: client.handshake_time_max(HANDSHAKE_TIME_MAX),
            trust: Some(trust),
        }
    }
}

#[async_trait]
impl TransportFixture for Fixture {
    fn server(&self) -> &dyn Transport {
        &self.server
    }

    fn client(&self) -> &dyn Transport {
        &self.client
    }

    fn listen_address(&self) -> String {
        "127.0.0.1:0".to_owned()
    }

    fn handshake_time_max(&self) -> Duration {
        HANDSHAKE_TIME_MAX
    }

    fn channels_a_connection(&self) -> usize {
        1
    }

    fn connects_before_accept(&self) -> bool {
        self.trust.is_none()
    }

    async fn stall(&self, address: &str) -> Box<dyn Any + Send> {
        Box::new(TcpStream::connect(address).await.unwrap())
    }
}

#[async_trait]
impl StreamFixture for Fixture {
    async fn raw(&self, address: &str) -> Box<dyn RawStream> {
        let stream = TcpStream::connect(address).await.unwrap();
        let Some(trust) = &self.trust else { return Box::new(stream) };
        let connector =
            TlsConnector::from(bank_engine_tls::expert::attempt(trust, address).unwrap().config());
        Box::new(connector.connect(ServerName::try_from("127.0.0.1").unwrap(), stream).await.unwrap())
    }
}

mod plain {
    use super::Fixture;
    bank_engine_core::transport_conformance!(Fixture::plain());
    bank_engine_core::stream_conformance!(Fixture::plain());
}

mod tls {
    use super::Fixture;
    bank_engine_core::transport_conformance!(Fixture::tls());
    bank_engine_core::stream_conformance!(Fixture::tls());
}
