//! The client's side: its sockets, and connecting to a server.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bank_engine_core::error_chain::error_chain;
use bank_engine_core::transport::{Connection, TransportError};
use bank_engine_tls::Trust;
use bank_engine_tls::expert::Attempt;
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, ConnectError, Connecting, ConnectionError, Endpoint, TokioRuntime};
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;

use crate::address::{bad_address, resolve, untrusted};
use crate::connection::QuicConnection;
use crate::settings::{self, Settings};

/// A host's next address is tried when the last one has said nothing for so long (RFC 8305,
/// section 5): QUIC learns from no refusal that nobody listens.
const NEXT_ADDRESS_AFTER: Duration = Duration::from_millis(250);

/// So many addresses of a host are tried.
const ADDRESSES_MAX: usize = 8;

/// TLS alerts as QUIC error codes (RFC 9001, section 4.8).
const CRYPTO_ERRORS: std::ops::RangeInclusive<u64> = 0x100..=0x1ff;

/// What makes connections. Its clones share the sockets.
#[derive(Clone)]
pub(crate) struct Dialer {
    trust: Trust,
    sockets: Arc<Mutex<Sockets>>,
}

/// One endpoint an address family, made when first needed.
#[derive(Default)]
struct Sockets {
    ipv4: Option<Endpoint>,
    ipv6: Option<Endpoint>,
}

impl Dialer {
    pub(crate) fn new(trust: Trust) -> Dialer {
        Dialer { trust, sockets: Arc::default() }
    }

    pub(crate) async fn reach(
        &self,
        address: &str,
        settings: &Settings,
    ) -> Result<Box<dyn Connection>, TransportError> {
        self.reach_any(resolve(address).await?, address, settings).await
    }

    /// Tries a host's addresses one after the other, without waiting for the last one's end.
    async fn reach_any(
        &self,
        found: Vec<SocketAddr>,
        address: &str,
        settings: &Settings,
    ) -> Result<Box<dyn Connection>, TransportError> {
        let mut untried = found.into_iter().take(ADDRESSES_MAX);
        let (mut trying, mut failure) = (JoinSet::new(), None);
        let mut next = untried.next();
        loop {
            if let Some(server) = next {
                let (dialer, settings, address) = (self.clone(), settings.clone(), address.to_owned());
                trying.spawn(async move { dialer.shake_hands(server, &address, &settings).await });
            }
            let first = trying.join_next();
            let tried =
                if untried.len() == 0 { Ok(first.await) } else { timeout(NEXT_ADDRESS_AFTER, first).await };
            next = untried.next();
            match tried {
                // Whatever else is being tried ends with the set.
                Ok(Some(Ok(Ok((connection, attempt))))) => return welcome(connection, &attempt, address),
                Ok(Some(Ok(Err(error)))) => failure = Some(more_precise(failure, error)),
                Ok(Some(Err(error))) => failure = Some(more_precise(failure, broken(error))),
                Ok(None) if next.is_none() => {
                    return Err(failure.unwrap_or_else(|| bad_address(address, "the name has no address")));
                }
                Ok(None) | Err(_) => {}
            }
        }
    }

    /// Moves to new sockets.
    pub(crate) fn rebind(&self) -> io::Result<()> {
        let sockets = self.sockets();
        for endpoint in [&sockets.ipv4, &sockets.ipv6].into_iter().flatten() {
            endpoint.rebind(settings::udp_socket(any_port_like(endpoint.local_addr()?))?)?;
        }
        Ok(())
    }

    async fn shake_hands(
        &self,
        server: SocketAddr,
        address: &str,
        settings: &Settings,
    ) -> Result<(QuicConnection, Attempt), TransportError> {
        let attempt = bank_engine_tls::expert::attempt(&self.trust, address)
            .map_err(|error| untrusted(error_chain(&error)))?;
        let crypto = QuicClientConfig::try_from(attempt.config());
        let crypto = crypto.map_err(|error| untrusted(error.to_string()))?;
        let mut config = ClientConfig::new(Arc::new(crypto));
        config.transport_config(Arc::new(settings.client()));
        match self.dial(config, server, address)?.await {
            Ok(connection) => Ok((QuicConnection::new(connection), attempt)),
            Err(error) => Err(failed(error, &attempt, address, settings)),
        }
    }

    fn dial(
        &self,
        config: ClientConfig,
        server: SocketAddr,
        address: &str,
    ) -> Result<Connecting, TransportError> {
        let io = |source| TransportError::Io { action: format!("cannot connect to {address}"), source };
        let mut sockets = self.sockets();
        let place = if server.is_ipv4() { &mut sockets.ipv4 } else { &mut sockets.ipv6 };
        if let Some(endpoint) = place {
            match endpoint.connect_with(config.clone(), server, host(address)) {
                // Its runtime is gone, or its socket failed.
                Err(ConnectError::EndpointStopping) => *place = None,
                dialled => return dialled.map_err(|error| bad_address(address, &error.to_string())),
            }
        }
        let socket = settings::udp_socket(any_port_like(server)).map_err(io)?;
        let endpoint = Endpoint::new(settings::endpoint(), None, socket, Arc::new(TokioRuntime));
        let endpoint = place.insert(endpoint.map_err(io)?);
        let dialled = endpoint.connect_with(config, server, host(address));
        dialled.map_err(|error| bad_address(address, &error.to_string()))
    }

    fn sockets(&self) -> MutexGuard<'_, Sockets> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn welcome(
    connection: QuicConnection,
    attempt: &Attempt,
    address: &str,
) -> Result<Box<dyn Connection>, TransportError> {
    if !connection.speaks_bank() {
        return Err(untrusted(format!("{address} does not speak the bank's protocol")));
    }
    attempt.succeeded().map_err(|error| untrusted(error_chain(&error)))?;
    Ok(Box::new(connection))
}

/// That a server is not to be trusted is worth more than that another address is dead.
fn more_precise(before: Option<TransportError>, now: TransportError) -> TransportError {
    match before {
        Some(before @ TransportError::Untrusted { .. }) => before,
        _ => now,
    }
}

fn broken(error: JoinError) -> TransportError {
    TransportError::Lost(Some(io::Error::other(error)))
}

fn failed(error: ConnectionError, attempt: &Attempt, address: &str, settings: &Settings) -> TransportError {
    if let Some(reason) = attempt.distrust() {
        return untrusted(reason);
    }
    match &error {
        ConnectionError::TimedOut => TransportError::TimedOut { limit: settings.idle_time_max },
        ConnectionError::ConnectionClosed(cause)
            if cause.error_code == quinn::TransportErrorCode::CONNECTION_REFUSED =>
        {
            TransportError::Refused { address: address.to_owned() }
        }
        _ if is_crypto(&error) => {
            untrusted(format!("no secure connection came about ({error}); check that a bank answers there"))
        }
        _ => TransportError::Lost(Some(error.into())),
    }
}

/// Whether TLS within QUIC failed, here or at the peer.
pub(crate) fn is_crypto(error: &ConnectionError) -> bool {
    let code = match error {
        ConnectionError::TransportError(cause) => cause.code,
        ConnectionError::ConnectionClosed(cause) => cause.error_code,
        _ => return false,
    };
    CRYPTO_ERRORS.contains(&u64::from(code))
}

/// The host in `HOST:PORT`, as certificates name it.
fn host(address: &str) -> &str {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    host.trim_start_matches('[').trim_end_matches(']')
}

fn any_port_like(address: SocketAddr) -> SocketAddr {
    if address.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() }
}

#[cfg(test)]
mod tests {
    use bank_engine_core::transport::Transport;
    use bank_engine_tls::Identity;
    use tokio::net::UdpSocket;

    use super::*;
    use crate::QuicTransport;

    #[tokio::test]
    async fn a_dead_address_does_not_hide_a_living_one() {
        let directory = tempfile::tempdir().unwrap();
        let bank = Identity::load_or_create(directory.path(), &[]).unwrap();
        let mut listener = QuicTransport::server(&bank).unwrap().listen("127.0.0.1:0").await.unwrap();
        let swallows = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let (dead, living) = (swallows.local_addr().unwrap(), listener.address().parse().unwrap());
        let dialer = Dialer::new(Trust::pinned(bank.fingerprint()));
        let settings = Settings::default();
        for found in [vec![dead, living], vec![living, dead], vec![dead, dead, living]] {
            let reaches = dialer.reach_any(found, "bank:1", &settings);
            let accepts = async { listener.accept().await.unwrap().accept().await.unwrap() };
            let both = async { tokio::join!(reaches, accepts) };
            let (reached, _far) = timeout(settings.handshake_time_max, both).await.expect("it hangs");
            assert_eq!(reached.unwrap().peer(), living.into());
        }
    }
}
