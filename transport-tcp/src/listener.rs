//! The server's side: accepting connections, and their handshakes.

use std::future::poll_fn;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use bank_engine_core::transport::{
    Connection, Incoming, Listener, Peer, StreamConnection, TransportError, listening_at, open_all,
};
use socket2::{Domain, Socket, Type};
use tokio::net::{TcpListener as TokioListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::stream::{no_handshake, prepare, speaks_bank};

/// Clients that the kernel keeps until they are accepted.
const BACKLOG: i32 = 1024;

/// How long to leave a machine alone that is out of descriptors or memory, before saying so.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(100);

pub(crate) struct TcpListener {
    listeners: Vec<TokioListener>,
    /// Which of them is asked first.
    next: usize,
    address: String,
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
        let opened = open_all(addresses, open)
            .map_err(|source| TransportError::Io { action: format!("cannot listen on {address}"), source })?;
        let address = listening_at(address, &opened);
        let listeners = opened.into_iter().map(|(listener, _)| listener).collect();
        Ok(TcpListener { listeners, next: 0, address, acceptor, handshake_time_max })
    }

    /// The next client of any of the listeners, which take turns.
    async fn next_client(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
        let (listeners, count) = (&self.listeners, self.listeners.len());
        let (which, accepted) = poll_fn(|context| {
            for turn in 0..count {
                let which = (self.next + turn) % count;
                let Some(listener) = listeners.get(which) else { continue };
                if let Poll::Ready(accepted) = listener.poll_accept(context) {
                    return Poll::Ready((which, accepted));
                }
            }
            Poll::Pending
        })
        .await;
        self.next = which + 1;
        accepted
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
        if self.listeners.is_empty() {
            return Err(TransportError::Closed);
        }
        let (stream, address) = loop {
            match self.next_client().await {
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
        self.address.clone()
    }

    async fn close(&mut self) {
        self.listeners.clear();
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn clients_of_every_address_are_accepted_and_all_are_free_afterwards() {
        let addresses = ["127.0.0.1:0", "127.0.0.2:0"].map(|address| address.parse().unwrap());
        let mut listener = TcpListener::bind(&addresses, "bank:0", None, Duration::from_secs(5)).unwrap();
        let address = listener.address();
        let port: u16 = address.strip_prefix("bank:").unwrap().parse().unwrap();
        for _ in 0..3 {
            for ip in ["127.0.0.1", "127.0.0.2"] {
                let client = TcpStream::connect((ip, port)).await.unwrap();
                let incoming = listener.accept().await.unwrap();
                assert_eq!(incoming.peer().port, Some(client.local_addr().unwrap().port()));
            }
        }
        // Neither is another server's to have meanwhile, alone or with others.
        for taken in [vec!["127.0.0.2"], vec!["127.0.0.3", "127.0.0.1"]] {
            let addresses: Vec<SocketAddr> =
                taken.iter().map(|ip| format!("{ip}:{port}").parse().unwrap()).collect();
            assert!(TcpListener::bind(&addresses, "bank:0", None, Duration::from_secs(5)).is_err());
            assert!(std::net::TcpListener::bind(("127.0.0.3", port)).is_ok(), "a part of them is kept");
        }
        listener.close().await;
        assert!(matches!(listener.accept().await, Err(TransportError::Closed)));
        assert!(TcpStream::connect(("127.0.0.2", port)).await.is_err());
    }
}
