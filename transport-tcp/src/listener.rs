//! The server's side: who arrives, and the handshake.

use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::time::Duration;

use async_trait::async_trait;
use bank_core::transport::{Connection, Incoming, Listener, Peer, StreamConnection, TransportError};
use socket2::{Domain, Socket, Type};
use tokio::net::{TcpListener as TokioListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::{no_handshake, prepare, speaks_bank};

/// Clients that the kernel keeps until they are accepted.
const BACKLOG: i32 = 1024;

/// How long to leave a machine alone that is out of descriptors or memory, before saying so.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(100);

pub(crate) struct TcpListener {
    listener: Option<TokioListener>,
    address: SocketAddr,
    acceptor: Option<TlsAcceptor>,
    handshake_time_max: Duration,
}

impl TcpListener {
    pub(crate) fn bind(
        addresses: &[SocketAddr],
        address: &str,
        acceptor: Option<TlsAcceptor>,
        handshake_time_max: Duration,
    ) -> Result<TcpListener, TransportError> {
        let mut last = None;
        for socket_address in addresses {
            match open(*socket_address) {
                Ok((listener, address)) => {
                    return Ok(TcpListener {
                        listener: Some(listener),
                        address,
                        acceptor,
                        handshake_time_max,
                    });
                }
                Err(error) => last = Some(error),
            }
        }
        let source = last.unwrap_or_else(|| io::Error::from(io::ErrorKind::AddrNotAvailable));
        Err(TransportError::Io { action: format!("cannot listen on {address}"), source })
    }
}

fn open(address: SocketAddr) -> io::Result<(TokioListener, SocketAddr)> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // Else a restarted server waits until the kernel forgets its last connections.
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        // `[::]` is everywhere, IPv4 too, whatever the machine is set to.
        socket.set_only_v6(false)?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    let listener = TokioListener::from_std(StdListener::from(socket))?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

#[async_trait]
impl Listener for TcpListener {
    async fn accept(&mut self) -> Result<Box<dyn Incoming>, TransportError> {
        let listener = self.listener.as_ref().ok_or(TransportError::Closed)?;
        let (stream, address) = loop {
            match listener.accept().await {
                Ok(accepted) => break accepted,
                Err(error) if concerns_client(&error) => tokio::task::yield_now().await,
                Err(source) => {
                    tokio::time::sleep(EXHAUSTED_PAUSE).await;
                    let action = "cannot accept a client; it waits for descriptors or memory".to_owned();
                    return Err(TransportError::Io { action, source });
                }
            }
        };
        Ok(Box::new(TcpIncoming {
            stream,
            peer: Peer::from(address),
            acceptor: self.acceptor.clone(),
            handshake_time_max: self.handshake_time_max,
        }))
    }

    fn address(&self) -> String {
        self.address.to_string()
    }

    async fn close(&mut self) {
        self.listener = None;
    }
}

/// Whether the client is at fault, so that the next one can be accepted at once: it left while it
/// waited, or its packets met with an error on the way (accept(2) hands those on).
fn concerns_client(error: &io::Error) -> bool {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionReset, HostUnreachable, Interrupted, NetworkDown, NetworkUnreachable,
        PermissionDenied,
    };
    matches!(
        error.kind(),
        ConnectionAborted
            | ConnectionReset
            | HostUnreachable
            | Interrupted
            | NetworkDown
            | NetworkUnreachable
            | PermissionDenied
    )
}

struct TcpIncoming {
    stream: TcpStream,
    peer: Peer,
    acceptor: Option<TlsAcceptor>,
    handshake_time_max: Duration,
}

#[async_trait]
impl Incoming for TcpIncoming {
    fn peer(&self) -> Peer {
        self.peer.clone()
    }

    async fn accept(self: Box<Self>) -> Result<Box<dyn Connection>, TransportError> {
        prepare(&self.stream)?;
        let Some(acceptor) = self.acceptor else {
            return Ok(Box::new(StreamConnection::accepted(self.stream, self.peer)));
        };
        let limit = self.handshake_time_max;
        let secured = timeout(limit, acceptor.accept(self.stream)).await;
        let stream = secured.map_err(|_| TransportError::TimedOut { limit })?.map_err(no_handshake)?;
        if !speaks_bank(stream.get_ref().1.alpn_protocol()) {
            return Err(TransportError::Untrusted {
                reason: "the client did not ask for ALPN bank/1".to_owned(),
            });
        }
        Ok(Box::new(StreamConnection::accepted(stream, self.peer)))
    }

    fn refuse(self: Box<Self>) {}
}
