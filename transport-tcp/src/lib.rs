//! TCP as a transport: plain on loopback, TLS 1.3 elsewhere. A connection is one channel.

mod listener;
mod stream;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bank_engine_core::error_chain::error_chain;
use bank_engine_core::transport::{
    Connection, HANDSHAKE_TIME_MAX, Listener, Peer, StreamConnection, Transport, TransportError,
};
use bank_engine_tls::{Identity, TlsError, Trust};
use listener::TcpListener;
use rustls::ServerConfig;
use rustls::pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};
use tokio_rustls::rustls;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::stream::{no_handshake, prepare, speaks_bank};

/// TCP. Secrets travel in clear only where somebody said so in so many words.
#[derive(Clone)]
pub struct TcpTransport {
    security: Security,
    handshake_time_max: Duration,
}

impl std::fmt::Debug for TcpTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TcpTransport")
            .field("handshake_time_max", &self.handshake_time_max)
            .finish_non_exhaustive()
    }
}

#[derive(Clone)]
enum Security {
    Plain { anywhere: bool },
    TlsClient(Trust),
    TlsServer(Arc<ServerConfig>),
}

impl TcpTransport {
    /// Without encryption, to and from loopback addresses alone; any other is refused.
    #[must_use]
    pub fn plain() -> TcpTransport {
        TcpTransport::with(Security::Plain { anywhere: false })
    }

    /// Without encryption, to and from anywhere: everybody on the way can read PINs and change
    /// amounts.
    #[must_use]
    pub fn plain_anywhere() -> TcpTransport {
        TcpTransport::with(Security::Plain { anywhere: true })
    }

    /// TLS 1.3 to servers that `trust` believes. Only connects.
    #[must_use]
    pub fn tls_client(trust: Trust) -> TcpTransport {
        TcpTransport::with(Security::TlsClient(trust))
    }

    /// TLS 1.3 as `identity`. Only listens.
    pub fn tls_server(identity: &Identity) -> Result<TcpTransport, TlsError> {
        Ok(TcpTransport::with(Security::TlsServer(Arc::new(bank_engine_tls::expert::server_config(
            identity,
        )?))))
    }

    /// Gives up on a peer after `limit` instead of [`HANDSHAKE_TIME_MAX`].
    #[must_use]
    pub fn handshake_time_max(self, limit: Duration) -> TcpTransport {
        TcpTransport { handshake_time_max: limit, ..self }
    }

    fn with(security: Security) -> TcpTransport {
        TcpTransport { security, handshake_time_max: HANDSHAKE_TIME_MAX }
    }

    /// The socket addresses of `address`, as far as this transport may use them.
    async fn resolve(&self, address: &str) -> Result<Vec<SocketAddr>, TransportError> {
        let refuse = |reason: String| TransportError::Address { address: address.to_owned(), reason };
        let found: Vec<SocketAddr> =
            lookup_host(address).await.map_err(|error| refuse(error.to_string()))?.collect();
        if found.is_empty() {
            return Err(refuse("the name has no address".to_owned()));
        }
        let stays = matches!(self.security, Security::Plain { anywhere: false });
        if stays && let Some(far) = found.iter().find(|found| !found.ip().to_canonical().is_loopback()) {
            return Err(refuse(format!(
                "plain TCP stays on loopback, which {} is not, since PINs would travel in clear; use TLS or \
                 QUIC, or ask for plain TCP anywhere (TcpTransport::plain_anywhere, --plain-tcp-anywhere)",
                far.ip()
            )));
        }
        Ok(found)
    }

    async fn reach(&self, address: &str) -> Result<Box<dyn Connection>, TransportError> {
        if let Security::TlsServer(_) = self.security {
            let reason =
                "this transport was made to listen, with an identity; connect with one made with trust";
            return Err(TransportError::Address { address: address.to_owned(), reason: reason.to_owned() });
        }
        self.reach_any(&self.resolve(address).await?, address).await
    }

    async fn reach_any(
        &self,
        found: &[SocketAddr],
        address: &str,
    ) -> Result<Box<dyn Connection>, TransportError> {
        let (start, mut last) = (Instant::now(), None);
        for (socket_address, still_to_try) in found.iter().zip((1..=found.len()).rev()) {
            // Where one address swallows what is sent there, the next ones still get their turn.
            let left = self.handshake_time_max.saturating_sub(start.elapsed());
            let share = left / u32::try_from(still_to_try).unwrap_or(u32::MAX);
            match timeout(share, TcpStream::connect(socket_address)).await {
                Ok(Ok(stream)) => {
                    prepare(&stream)?;
                    return self.secure(stream, *socket_address, address).await;
                }
                Ok(Err(error)) => last = Some(error),
                Err(_) if still_to_try == 1 => {
                    return Err(TransportError::TimedOut { limit: self.handshake_time_max });
                }
                Err(_) => {}
            }
        }
        Err(match last {
            Some(error) if error.kind() != io::ErrorKind::ConnectionRefused => {
                TransportError::Io { action: format!("cannot connect to {address}"), source: error }
            }
            _ => TransportError::Refused { address: address.to_owned() },
        })
    }

    async fn secure(
        &self,
        stream: TcpStream,
        socket_address: SocketAddr,
        address: &str,
    ) -> Result<Box<dyn Connection>, TransportError> {
        let peer = Peer::from(socket_address);
        let Security::TlsClient(trust) = &self.security else {
            return Ok(Box::new(StreamConnection::dialled(stream, peer)));
        };
        let untrusted = |reason: String| TransportError::Untrusted { reason };
        let attempt = bank_engine_tls::expert::attempt(trust, address)
            .map_err(|error| untrusted(error_chain(&error)))?;
        let connector = TlsConnector::from(attempt.config());
        let secured = connector.connect(server_name(address)?, stream).await;
        let stream = secured.map_err(|error| match attempt.distrust() {
            Some(reason) => untrusted(reason),
            None => no_handshake(error),
        })?;
        if !speaks_bank(stream.get_ref().1.alpn_protocol()) {
            return Err(untrusted(format!("{address} does not speak the bank's protocol")));
        }
        attempt.succeeded().map_err(|error| untrusted(error_chain(&error)))?;
        Ok(Box::new(StreamConnection::dialled(stream, peer)))
    }
}

#[async_trait]
impl Transport for TcpTransport {
    async fn connect(&self, address: &str) -> Result<Box<dyn Connection>, TransportError> {
        let limit = self.handshake_time_max;
        let reached = timeout(limit, self.reach(address)).await;
        reached.map_err(|_| TransportError::TimedOut { limit })?
    }

    async fn listen(&self, address: &str) -> Result<Box<dyn Listener>, TransportError> {
        let addresses = self.resolve(address).await?;
        let acceptor = match &self.security {
            Security::Plain { .. } => None,
            Security::TlsServer(config) => Some(TlsAcceptor::from(Arc::clone(config))),
            Security::TlsClient(_) => {
                let reason =
                    "this transport was made to connect, with trust; listen with one made with an identity";
                return Err(TransportError::Address {
                    address: address.to_owned(),
                    reason: reason.to_owned(),
                });
            }
        };
        Ok(Box::new(TcpListener::bind(&addresses, address, acceptor, self.handshake_time_max)?))
    }
}

/// The host in `HOST:PORT`, as certificates name it.
fn server_name(address: &str) -> Result<ServerName<'static>, TransportError> {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    ServerName::try_from(host.to_owned()).map_err(|_| TransportError::Address {
        address: address.to_owned(),
        reason: format!("{host:?} is not a host name or an IP address"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_found_in_every_form_of_address() {
        for (address, host) in
            [("bank.example:1", "bank.example"), ("127.0.0.1:1", "127.0.0.1"), ("[::1]:1", "::1")]
        {
            assert_eq!(server_name(address).unwrap().to_str(), host);
        }
        server_name("bank example:1").unwrap_err();
    }

    /// One address refuses, another swallows what is sent there: its queue is full.
    #[tokio::test]
    async fn a_dead_address_does_not_hide_a_living_one() {
        let limit = Duration::from_secs(2);
        let plain = TcpTransport::plain().handshake_time_max(limit);
        let listener = plain.listen("127.0.0.1:0").await.unwrap();
        let living: SocketAddr = listener.address().parse().unwrap();
        let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let full = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        full.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        full.listen(0).unwrap();
        let swallows = full.local_addr().unwrap().as_socket().unwrap();
        let mut queue = Vec::new();
        while let Ok(Ok(stream)) = timeout(limit / 10, TcpStream::connect(swallows)).await {
            queue.push(stream);
        }
        for found in [[gone, living], [swallows, living], [living, gone]] {
            let reached = timeout(limit, plain.reach_any(&found, "bank:1")).await;
            assert_eq!(reached.unwrap().unwrap().peer(), living.into());
        }
        let error = plain.reach_any(&[gone, swallows], "bank:1").await.err().unwrap();
        assert!(matches!(error, TransportError::TimedOut { .. }), "{error:?}");
    }
}
