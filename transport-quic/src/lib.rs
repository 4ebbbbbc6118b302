//! QUIC as a transport (RFC 9000): TLS 1.3 always, a bidirectional stream for each channel, many
//! channels on a connection. 0-RTT is never offered nor accepted, since others could replay it.

mod connection;
mod listener;
mod settings;

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bank_core::transport::{Connection, Listener, Transport, TransportError};
use bank_transport_tls::{Attempt, Identity, TlsError, Trust};
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{ConnectionError, Endpoint, EndpointConfig, TokioRuntime};
use tokio::net::lookup_host;
use tokio::time::timeout;

use connection::{QuicConnection, speaks_bank};
use listener::QuicListener;
use settings::Settings;

/// TLS alerts as QUIC error codes (RFC 9001, section 4.8).
const CRYPTO_ERRORS: std::ops::RangeInclusive<u64> = 0x100..=0x1ff;

/// QUIC. All connections that one value (and its clones) makes share a UDP socket.
#[derive(Clone)]
pub struct QuicTransport {
    role: Role,
    settings: Settings,
    sockets: Arc<Mutex<Sockets>>,
}

#[derive(Clone)]
enum Role {
    Client(Trust),
    Server(Arc<QuicServerConfig>),
}

/// A client's endpoints, made when first needed.
#[derive(Default)]
struct Sockets {
    ipv4: Option<Endpoint>,
    ipv6: Option<Endpoint>,
}

impl QuicTransport {
    /// To servers that `trust` believes. Only connects.
    #[must_use]
    pub fn client(trust: Trust) -> QuicTransport {
        QuicTransport::with(Role::Client(trust))
    }

    /// As `identity`. Only listens.
    pub fn server(identity: &Identity) -> Result<QuicTransport, TlsError> {
        let config = QuicServerConfig::try_from(identity.server_config()?);
        let config = config.map_err(|error| rustls_error(&error))?;
        Ok(QuicTransport::with(Role::Server(Arc::new(config))))
    }

    /// Gives up on a peer after `limit` instead of
    /// [`HANDSHAKE_TIME_MAX`](bank_core::transport::HANDSHAKE_TIME_MAX).
    #[must_use]
    pub fn handshake_time_max(mut self, limit: Duration) -> QuicTransport {
        self.settings.handshake_time_max = limit;
        self
    }

    /// Counts a silent peer as lost after `limit` instead of 10 s. Clients give a sign of life
    /// three times as often. The shorter limit of the two sides holds.
    #[must_use]
    pub fn idle_time_max(mut self, limit: Duration) -> QuicTransport {
        self.settings.idle_time_max = limit;
        self
    }

    /// Lets a client have `count` channels open at once on a connection, instead of 1,024; its
    /// further ones wait.
    #[must_use]
    pub fn channels_a_connection_max(mut self, count: u32) -> QuicTransport {
        self.settings.channels_max = count;
        self
    }

    /// Moves a client's connections to new local addresses, as when a phone changes networks.
    /// They go on where they were.
    pub fn rebind(&self) -> io::Result<()> {
        let sockets = self.sockets();
        for endpoint in [&sockets.ipv4, &sockets.ipv6].into_iter().flatten() {
            endpoint.rebind(settings::udp_socket(any_port_like(endpoint.local_addr()?))?)?;
        }
        Ok(())
    }

    fn with(role: Role) -> QuicTransport {
        QuicTransport { role, settings: Settings::default(), sockets: Arc::default() }
    }

    fn sockets(&self) -> MutexGuard<'_, Sockets> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn endpoint_to(&self, server: SocketAddr) -> io::Result<Endpoint> {
        let mut sockets = self.sockets();
        let place = if server.is_ipv4() { &mut sockets.ipv4 } else { &mut sockets.ipv6 };
        if let Some(endpoint) = place {
            return Ok(endpoint.clone());
        }
        let socket = settings::udp_socket(any_port_like(server))?;
        let endpoint = Endpoint::new(EndpointConfig::default(), None, socket, Arc::new(TokioRuntime))?;
        Ok(place.insert(endpoint).clone())
    }

    async fn reach(&self, address: &str) -> Result<Box<dyn Connection>, TransportError> {
        let Role::Client(trust) = &self.role else {
            return Err(bad_address(address, "this transport was made to listen, with an identity"));
        };
        let attempt = trust.attempt(address).map_err(|error| untrusted(error.to_string()))?;
        let crypto = QuicClientConfig::try_from(attempt.config());
        let crypto = crypto.map_err(|error| untrusted(error.to_string()))?;
        let mut config = quinn::ClientConfig::new(Arc::new(crypto));
        config.transport_config(Arc::new(self.settings.client()));
        let mut last = TransportError::Refused { address: address.to_owned() };
        for server in resolve(address).await? {
            let io = |source| TransportError::Io { action: format!("cannot connect to {address}"), source };
            let connecting =
                self.endpoint_to(server).map_err(io)?.connect_with(config.clone(), server, host(address));
            let connecting = connecting.map_err(|error| bad_address(address, &error.to_string()))?;
            match connecting.await {
                Ok(connection) if !speaks_bank(&connection) => {
                    return Err(untrusted(format!("{address} does not speak the bank's protocol")));
                }
                Ok(connection) => {
                    attempt.succeeded().map_err(|error| untrusted(error.to_string()))?;
                    return Ok(Box::new(QuicConnection::new(connection)));
                }
                Err(error) => last = self.failed(error, &attempt, address),
            }
        }
        Err(last)
    }

    fn failed(&self, error: ConnectionError, attempt: &Attempt, address: &str) -> TransportError {
        if let Some(reason) = attempt.distrust() {
            return untrusted(reason);
        }
        let crypto = |code: quinn::TransportErrorCode| CRYPTO_ERRORS.contains(&u64::from(code));
        match &error {
            ConnectionError::TimedOut => TransportError::TimedOut { limit: self.settings.idle_time_max },
            ConnectionError::TransportError(cause) if crypto(cause.code) => untrusted(no_handshake(&error)),
            ConnectionError::ConnectionClosed(cause) if crypto(cause.error_code) => {
                untrusted(no_handshake(&error))
            }
            ConnectionError::ConnectionClosed(cause)
                if cause.error_code == quinn::TransportErrorCode::CONNECTION_REFUSED =>
            {
                TransportError::Refused { address: address.to_owned() }
            }
            _ => TransportError::Lost(Some(error.into())),
        }
    }
}

#[async_trait]
impl Transport for QuicTransport {
    async fn connect(&self, address: &str) -> Result<Box<dyn Connection>, TransportError> {
        let limit = self.settings.handshake_time_max;
        timeout(limit, self.reach(address)).await.map_err(|_| TransportError::TimedOut { limit })?
    }

    async fn listen(&self, address: &str) -> Result<Box<dyn Listener>, TransportError> {
        let Role::Server(crypto) = &self.role else {
            return Err(bad_address(address, "this transport was made to connect, with trust"));
        };
        let io = |source| TransportError::Io { action: format!("cannot listen on {address}"), source };
        let local = resolve(address).await?.into_iter().next();
        let local = local.ok_or_else(|| bad_address(address, "the name has no address"))?;
        let socket = settings::udp_socket(local).map_err(io)?;
        let config = self.settings.server(Arc::clone(crypto));
        let endpoint = Endpoint::new(EndpointConfig::default(), Some(config), socket, Arc::new(TokioRuntime));
        let listener = QuicListener::new(endpoint.map_err(io)?, self.settings.handshake_time_max);
        Ok(Box::new(listener.map_err(io)?))
    }
}

async fn resolve(address: &str) -> Result<Vec<SocketAddr>, TransportError> {
    let found = lookup_host(address).await.map_err(|error| bad_address(address, &error.to_string()))?;
    Ok(found.collect())
}

/// The host in `HOST:PORT`, as certificates name it.
fn host(address: &str) -> &str {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    host.trim_start_matches('[').trim_end_matches(']')
}

fn any_port_like(address: SocketAddr) -> SocketAddr {
    if address.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() }
}

fn bad_address(address: &str, reason: &str) -> TransportError {
    TransportError::Address { address: address.to_owned(), reason: reason.to_owned() }
}

fn untrusted(reason: String) -> TransportError {
    TransportError::Untrusted { reason }
}

fn no_handshake(error: &ConnectionError) -> String {
    format!("no secure connection came about ({error}); check that a bank answers there")
}

fn rustls_error(error: &quinn::crypto::rustls::NoInitialCipherSuite) -> TlsError {
    rustls::Error::General(error.to_string()).into()
}
