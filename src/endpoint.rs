//! Where a bank is reached, as a URL: the transport is picked at run time.
//!
//! ```
//! use bank_engine::endpoint::{Endpoint, Scheme};
//!
//! let endpoint: Endpoint = "quic://bank.example:7879".parse()?;
//! assert_eq!((endpoint.scheme, endpoint.address.as_str()), (Scheme::Quic, "bank.example:7879"));
//! # Ok::<(), bank_engine::endpoint::EndpointError>(())
//! ```

use std::fmt;
#[cfg(feature = "tcp")]
use std::net::IpAddr;
use std::str::FromStr;

use bank_engine_core::transport::{Listener, Transport, TransportError};
#[cfg(feature = "quic")]
use bank_engine_quic::QuicTransport;
#[cfg(feature = "tcp")]
use bank_engine_tcp::TcpTransport;
use bank_engine_tls::{Identity, TlsError, Trust};

/// How to reach a bank, and where: `tcp://HOST:PORT`, `tls://HOST:PORT` or `quic://HOST:PORT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// How.
    pub scheme: Scheme,
    /// Where, as `HOST:PORT`; an IPv6 address is written in brackets.
    pub address: String,
}

/// How to reach a bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scheme {
    /// TCP: plain to and from loopback, TLS 1.3 elsewhere.
    #[cfg(feature = "tcp")]
    Tcp,
    /// TCP with TLS 1.3, everywhere.
    #[cfg(feature = "tcp")]
    Tls,
    /// QUIC, always encrypted.
    #[cfg(feature = "quic")]
    Quic,
}

/// Where [`Scheme::Tcp`] goes unencrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PlainTcp {
    /// On loopback.
    #[default]
    LoopbackOnly,
    /// Everywhere: anybody on the network's path can read PINs and change amounts.
    Anywhere,
}

impl Endpoint {
    /// A transport that connects to this endpoint's [`address`](Endpoint::address), believing
    /// whom `trust` believes.
    #[must_use]
    #[cfg_attr(not(feature = "tcp"), expect(unused_variables, reason = "only TCP is ever plain"))]
    pub fn dialer(&self, trust: &Trust, plain: PlainTcp) -> Box<dyn Transport> {
        match self.scheme {
            #[cfg(feature = "quic")]
            Scheme::Quic => Box::new(QuicTransport::client(trust.clone())),
            #[cfg(feature = "tcp")]
            _ if !self.is_plain(plain) => Box::new(TcpTransport::tls_client(trust.clone())),
            #[cfg(feature = "tcp")]
            _ => Box::new(plain_tcp(plain)),
        }
    }

    /// Whether a server needs an identity to listen here.
    #[must_use]
    pub fn needs_identity(&self, plain: PlainTcp) -> bool {
        !self.is_plain(plain)
    }

    /// Listens here, as `identity` where that is needed.
    #[cfg_attr(not(feature = "tcp"), expect(unused_variables, reason = "only TCP is ever plain"))]
    pub async fn listener(
        &self,
        identity: Option<&Identity>,
        plain: PlainTcp,
    ) -> Result<Box<dyn Listener>, EndpointError> {
        #[cfg(feature = "tcp")]
        if self.is_plain(plain) {
            return Ok(plain_tcp(plain).listen(&self.address).await?);
        }
        let identity = identity.ok_or_else(|| EndpointError::NoIdentity { endpoint: self.to_string() })?;
        Ok(match self.scheme {
            #[cfg(feature = "quic")]
            Scheme::Quic => QuicTransport::server(identity)?.listen(&self.address).await?,
            #[cfg(feature = "tcp")]
            _ => TcpTransport::tls_server(identity)?.listen(&self.address).await?,
        })
    }

    #[cfg(feature = "tcp")]
    fn is_plain(&self, plain: PlainTcp) -> bool {
        self.scheme == Scheme::Tcp && (plain == PlainTcp::Anywhere || self.is_loopback())
    }

    #[cfg(not(feature = "tcp"))]
    fn is_plain(&self, _: PlainTcp) -> bool {
        false
    }

    /// Whether the host is a loopback address, or the name that always means one (RFC 6761).
    #[cfg(feature = "tcp")]
    fn is_loopback(&self) -> bool {
        let host = self.address.rsplit_once(':').map_or("", |(host, _)| host);
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let address = host.parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.to_canonical().is_loopback())
    }
}

#[cfg(feature = "tcp")]
fn plain_tcp(plain: PlainTcp) -> TcpTransport {
    match plain {
        PlainTcp::LoopbackOnly => TcpTransport::plain(),
        PlainTcp::Anywhere => TcpTransport::plain_anywhere(),
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.address)
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            #[cfg(feature = "tcp")]
            Scheme::Tcp => "tcp",
            #[cfg(feature = "tcp")]
            Scheme::Tls => "tls",
            #[cfg(feature = "quic")]
            Scheme::Quic => "quic",
        })
    }
}

impl FromStr for Scheme {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            #[cfg(feature = "tcp")]
            "tcp" => Ok(Scheme::Tcp),
            #[cfg(feature = "tcp")]
            "tls" => Ok(Scheme::Tls),
            #[cfg(feature = "quic")]
            "quic" => Ok(Scheme::Quic),
            #[cfg(not(feature = "tcp"))]
            "tcp" | "tls" => Err(EndpointError::NotBuilt { scheme: text.to_owned() }),
            #[cfg(not(feature = "quic"))]
            "quic" => Err(EndpointError::NotBuilt { scheme: text.to_owned() }),
            _ => Err(EndpointError::Malformed { text: text.to_owned() }),
        }
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || EndpointError::Malformed { text: text.to_owned() };
        let (scheme, address) = text.split_once("://").ok_or_else(malformed)?;
        let (host, port) = address.rsplit_once(':').ok_or_else(malformed)?;
        let in_brackets = host.starts_with('[') && host.ends_with(']');
        let is_host = !host.is_empty() && (in_brackets || !host.contains(':')) && !host.contains('/');
        if !is_host || port.parse::<u16>().is_err() {
            return Err(malformed());
        }
        let scheme = scheme.parse().map_err(|error| match error {
            EndpointError::Malformed { .. } => malformed(),
            error => error,
        })?;
        Ok(Endpoint { scheme, address: address.to_owned() })
    }
}

/// Why an endpoint can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// Not a URL of a bank.
    #[error("{text:?} is not where a bank is; write tcp://HOST:PORT, tls://HOST:PORT or quic://HOST:PORT")]
    Malformed {
        /// As given.
        text: String,
    },
    /// The program was built without this transport.
    #[cfg(not(all(feature = "tcp", feature = "quic")))]
    #[error("this program was built without {scheme}://; turn on the feature of bank-engine")]
    NotBuilt {
        /// As given.
        scheme: String,
    },
    /// An encrypted transport listens only as somebody.
    #[error("{endpoint} is encrypted, so the server needs a certificate")]
    NoIdentity {
        /// Which endpoint.
        endpoint: String,
    },
    /// The certificate or key can't be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The transport can't listen.
    #[error(transparent)]
    Transport(#[from] TransportError),
}

#[cfg(all(test, feature = "tcp", feature = "quic"))]
mod tests {
    use super::*;

    #[test]
    fn urls_read_back() {
        for text in
            ["tcp://127.0.0.1:7878", "tls://bank.example:1", "quic://[::1]:65535", "tcp://localhost:0"]
        {
            assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), text);
        }
        let bad = [
            "",
            "127.0.0.1:1",
            "http://a:1",
            "tcp://a",
            "tcp://:1",
            "tcp://a:65536",
            "quic://::1:1",
            "tcp://a:1/",
        ];
        for text in bad {
            assert!(text.parse::<Endpoint>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn tcp_is_plain_on_loopback_and_nowhere_else_unasked() {
        let needs = |text: &str, plain| text.parse::<Endpoint>().unwrap().needs_identity(plain);
        for loopback in ["tcp://127.0.0.1:1", "tcp://127.8.9.1:1", "tcp://[::1]:1", "tcp://localhost:1"] {
            assert!(!needs(loopback, PlainTcp::LoopbackOnly), "{loopback}");
        }
        for elsewhere in ["tcp://0.0.0.0:1", "tcp://[::]:1", "tcp://10.0.0.1:1", "tcp://bank.example:1"] {
            assert!(needs(elsewhere, PlainTcp::LoopbackOnly), "{elsewhere}");
            assert!(!needs(elsewhere, PlainTcp::Anywhere), "{elsewhere}");
        }
        assert!(needs("tls://127.0.0.1:1", PlainTcp::Anywhere));
        assert!(needs("quic://127.0.0.1:1", PlainTcp::Anywhere));
    }
}
