//! QUIC as a transport (RFC 9000): TLS 1.3 always, a bidirectional stream for each channel, many
//! channels on a connection. 0-RTT is never offered nor accepted, since others could replay it.

mod address;
mod connection;
mod dial;
mod listener;
mod settings;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bank_engine_core::transport::{Connection, Listener, Transport, TransportError, open_all};
use bank_engine_tls::{Identity, TlsError, Trust};
use quinn::crypto::rustls::QuicServerConfig;
use quinn::{Endpoint, TokioRuntime};
use tokio::time::timeout;

use dial::Dialer;
use listener::QuicListener;
use settings::Settings;

use crate::address::{bad_address, resolve};

/// QUIC. All connections that one value (and its clones) makes share a UDP socket.
#[derive(Clone)]
pub struct QuicTransport {
    role: Role,
    settings: Settings,
}

impl std::fmt::Debug for QuicTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QuicTransport").finish_non_exhaustive()
    }
}

#[derive(Clone)]
enum Role {
    Client(Dialer),
    Server(Arc<QuicServerConfig>),
}

impl QuicTransport {
    /// To servers that `trust` believes. Only connects.
    #[must_use]
    pub fn client(trust: Trust) -> QuicTransport {
        QuicTransport::with(Role::Client(Dialer::new(trust)))
    }

    /// As `identity`. Only listens.
    pub fn server(identity: &Identity) -> Result<QuicTransport, TlsError> {
        let config = QuicServerConfig::try_from(bank_engine_tls::expert::server_config(identity)?);
        let config = config.map_err(|error| rustls_error(&error))?;
        Ok(QuicTransport::with(Role::Server(Arc::new(config))))
    }

    /// Gives up on a peer after `limit` instead of
    /// [`HANDSHAKE_TIME_MAX`](bank_engine_core::transport::HANDSHAKE_TIME_MAX).
    #[must_use]
    pub fn handshake_time_max(mut self, limit: Duration) -> QuicTransport {
        self.settings.handshake_time_max = limit;
        self
    }

    /// Counts a silent peer as lost after `limit` instead of 10 s. The shorter limit of the two
    /// sides holds. Clients give a sign of life three times in their own limit, and at least every
    /// 3 s, so a server's limit should be longer than that.
    #[must_use]
    pub fn idle_time_max(mut self, limit: Duration) -> QuicTransport {
        self.settings.idle_time_max = limit;
        self
    }

    /// Lets a client have `count` channels open at once on a connection, instead of 1,024; up to
    /// one in seven more may be open, and further ones wait.
    #[must_use]
    pub fn channels_a_connection_max(mut self, count: u32) -> QuicTransport {
        self.settings.channels_max = count;
        self
    }

    /// Moves a client's connections to new local addresses, as when a phone changes networks.
    /// They go on where they were. To be called inside the runtime; a server has nothing to move.
    pub fn rebind(&self) -> io::Result<()> {
        match &self.role {
            Role::Client(dialer) => dialer.rebind(),
            Role::Server(_) => Ok(()),
        }
    }

    fn with(role: Role) -> QuicTransport {
        QuicTransport { role, settings: Settings::default() }
    }
}

#[async_trait]
impl Transport for QuicTransport {
    async fn connect(&self, address: &str) -> Result<Box<dyn Connection>, TransportError> {
        let Role::Client(dialer) = &self.role else {
            return Err(bad_address(address, "this transport was made to listen, with an identity"));
        };
        let limit = self.settings.handshake_time_max;
        timeout(limit, dialer.reach(address, &self.settings))
            .await
            .map_err(|_| TransportError::TimedOut { limit })?
    }

    async fn listen(&self, address: &str) -> Result<Box<dyn Listener>, TransportError> {
        let Role::Server(crypto) = &self.role else {
            return Err(bad_address(address, "this transport was made to connect, with trust"));
        };
        let opened = open_all(&resolve(address).await?, |local| self.bind(local, Arc::clone(crypto)));
        let opened = opened
            .map_err(|source| TransportError::Io { action: format!("cannot listen on {address}"), source })?;
        Ok(Box::new(QuicListener::new(opened, address, self.settings.handshake_time_max)))
    }
}

impl QuicTransport {
    fn bind(&self, local: SocketAddr, crypto: Arc<QuicServerConfig>) -> io::Result<(Endpoint, SocketAddr)> {
        let (socket, config) = (settings::udp_socket(local)?, self.settings.server(crypto));
        let endpoint = Endpoint::new(settings::endpoint(), Some(config), socket, Arc::new(TokioRuntime))?;
        let local = endpoint.local_addr()?;
        Ok((endpoint, local))
    }
}

fn rustls_error(error: &quinn::crypto::rustls::NoInitialCipherSuite) -> TlsError {
    rustls::Error::General(error.to_string()).into()
}
