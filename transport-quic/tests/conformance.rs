//! The transports' contract, over QUIC.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::any::Any;
use std::net::{Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bank_engine_core::testing::transport::{RawStream, StreamFixture, TransportFixture};
use bank_engine_core::transport::Transport;
use bank_engine_quic::QuicTransport;
use bank_engine_tls::{Identity, Trust};
use quinn::crypto::rustls::QuicClientConfig;

const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(1);
const CHANNELS: u32 = 300;

struct Fixture {
    server: QuicTransport,
    client: QuicTransport,
    trust: Trust,
}

impl Fixture {
    fn new() -> Fixture {
        let directory = tempfile::tempdir().unwrap();
        let identity = Identity::load_or_create(directory.path(), &[]).unwrap();
        let trust = Trust::pinned(identity.fingerprint());
        let server = QuicTransport::server(&identity).unwrap().channels_a_connection_max(CHANNELS);
        let client = QuicTransport::client(trust.clone());
        Fixture {
            server: server.handshake_time_max(HANDSHAKE_TIME_MAX),
            client: client.handshake_time_max(HANDSHAKE_TIME_MAX),
            trust,
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
        usize::try_from(CHANNELS).unwrap()
    }

    /// The first datagram of a handshake, and nothing after it: a relay that forwards one packet.
    async fn stall(&self, address: &str) -> Box<dyn Any + Send> {
        let relay = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        relay.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let front = relay.local_addr().unwrap().to_string();
        let client = self.client.clone();
        let dialling = tokio::spawn(async move { client.connect(&front).await.map(drop) });
        let address = address.to_owned();
        let relayed = tokio::task::spawn_blocking(move || {
            let mut packet = [0; 2048];
            let (length, _) = relay.recv_from(&mut packet).unwrap();
            let onward = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            onward.send_to(&packet[..length], address).unwrap();
            onward
        });
        Box::new((dialling, relayed.await.unwrap()))
    }
}

#[async_trait]
impl StreamFixture for Fixture {
    async fn raw(&self, address: &str) -> Box<dyn RawStream> {
        let crypto = QuicClientConfig::try_from(
            bank_engine_tls::expert::attempt(&self.trust, address).unwrap().config(),
        )
        .unwrap();
        let endpoint = quinn::Endpoint::client((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let config = quinn::ClientConfig::new(Arc::new(crypto));
        let connecting = endpoint.connect_with(config, address.parse().unwrap(), "127.0.0.1").unwrap();
        let (sender, receiver) = connecting.await.unwrap().open_bi().await.unwrap();
        Box::new(tokio::io::join(receiver, sender))
    }
}

bank_engine_core::transport_conformance!(Fixture::new());
bank_engine_core::stream_conformance!(Fixture::new());
