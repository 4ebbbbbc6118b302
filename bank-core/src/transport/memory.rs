//! A network inside the process: for tests without sockets, for a bank and its terminals in one
//! program, and as a model for those who write a transport.

mod channel;
mod line;

pub use line::MemoryWire;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use self::channel::MemoryChannel;
use super::{Channel, Connection, Incoming, Listener, Peer, Transport, TransportError};
use crate::transport::memory::line::{Line, bound, lock};

/// A network of named addresses inside this process. Clones share the network.
///
/// Frames pass in order, each whole; [`MemoryWire`] says how slowly and how many at a time. An
/// address is any text; to listen at `""` or `"0"` takes a free one. Time is tokio's, so a paused
/// clock (`tokio::time::pause`) makes every delay instant and exact.
///
/// ```
/// use bank_engine_core::transport::{MemoryTransport, Transport};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), bank_engine_core::transport::TransportError> {
/// let network = MemoryTransport::new();
/// let mut listener = network.listen("bank").await?;
/// let client = async {
///     let connection = network.connect("bank").await?;
///     let mut channel = connection.open().await?;
///     channel.send(b"hello").await?;
///     channel.close().await;
///     Ok::<_, bank_engine_core::transport::TransportError>(())
/// };
/// let server = async {
///     let connection = listener.accept().await?.accept().await?;
///     let mut channel = connection.accept().await.expect("the client opens one");
///     channel.receive().await
/// };
/// let (sent, received) = tokio::join!(client, server);
/// sent?;
/// assert_eq!(received?.as_deref(), Some(&b"hello"[..]));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct MemoryTransport {
    network: Arc<Network>,
    /// The name that servers know this clone's connections by.
    host: Option<Arc<str>>,
}

impl MemoryTransport {
    /// A network of its own with the default wire.
    pub fn new() -> Self {
        Self::default()
    }

    /// A network of its own that carries as `wire` says.
    pub fn with_wire(wire: MemoryWire) -> Self {
        let network = Network { wire, ..Network::default() };
        MemoryTransport { network: Arc::new(network), host: None }
    }

    /// The same network as used from another host: what servers count a client's connections by.
    /// Without it a client's host is `memory`.
    #[must_use]
    pub fn from_host(&self, host: &str) -> Self {
        MemoryTransport { network: Arc::clone(&self.network), host: Some(host.into()) }
    }

    /// Breaks every connection there is, at once: both ends' `send` and `receive` answer
    /// [`TransportError::Lost`], and frames on their way are lost. Later connections are not
    /// concerned.
    pub fn cut(&self) {
        let old = std::mem::take(&mut *lock(&self.network.cable));
        old.cancel();
    }

    /// Breaks the next connection, and only that one, when a frame is sent on it after `frames`
    /// others (counted over both directions and all channels): that frame is lost with it. With 1,
    /// a request arrives and its answer does not.
    pub fn cut_next_after(&self, frames: u64) {
        *lock(&self.network.cut_next_after) = Some(frames);
    }

    /// Arrives at `address` and then says nothing: the server's [`Incoming::accept`] waits for it
    /// until its time is over. The client leaves when the answer is dropped.
    ///
    /// Errors: as [`Transport::connect`].
    pub async fn stall(&self, address: &str) -> Result<MemoryStall, TransportError> {
        let (arrival, stall) = self.arrival();
        timeout(self.network.wire.handshake_time_max, self.arrive(address, arrival))
            .await
            .map_err(|_| self.network.timed_out())??;
        Ok(stall)
    }

    fn arrival(&self) -> (Arrival, MemoryStall) {
        let (ready, client_ready) = oneshot::channel();
        let (reply, connection) = oneshot::channel();
        let host = self.host.as_deref().unwrap_or("memory").to_owned();
        let arrival = Arrival { host, client_ready, reply };
        (arrival, MemoryStall { ready, connection })
    }

    async fn arrive(&self, address: &str, arrival: Arrival) -> Result<(), TransportError> {
        let refused = || TransportError::Refused { address: address.to_owned() };
        self.network.travel().await;
        let door = lock(&self.network.listeners).get(address).cloned().ok_or_else(refused)?;
        door.send(arrival).await.map_err(|_| refused())
    }
}

/// A client that has arrived and does not go on; see [`MemoryTransport::stall`].
#[derive(Debug)]
pub struct MemoryStall {
    ready: oneshot::Sender<()>,
    connection: oneshot::Receiver<MemoryConnection>,
}

#[derive(Debug, Default)]
struct Network {
    wire: MemoryWire,
    listeners: Mutex<HashMap<String, mpsc::Sender<Arrival>>>,
    listeners_named: AtomicU64,
    /// What all present connections hang on.
    cable: Mutex<CancellationToken>,
    cut_next_after: Mutex<Option<u64>>,
}

impl Network {
    async fn travel(&self) {
        if !self.wire.delay.is_zero() {
            sleep(self.wire.delay).await;
        }
    }

    fn timed_out(&self) -> TransportError {
        TransportError::TimedOut { limit: self.wire.handshake_time_max }
    }
}

/// What a client leaves at a listener's door.
#[derive(Debug)]
struct Arrival {
    host: String,
    client_ready: oneshot::Receiver<()>,
    reply: oneshot::Sender<MemoryConnection>,
}

#[async_trait]
impl Transport for MemoryTransport {
    async fn connect(&self, address: &str) -> Result<Box<dyn Connection>, TransportError> {
        if address.is_empty() {
            let reason = "a memory address is a name that is not empty".to_owned();
            return Err(TransportError::Address { address: address.to_owned(), reason });
        }
        let handshake = async {
            let (arrival, MemoryStall { ready, connection }) = self.arrival();
            self.arrive(address, arrival).await?;
            let _ = ready.send(());
            let mut connection = connection.await.map_err(|_| TransportError::Lost(None))?;
            self.network.travel().await;
            connection.peer.host = address.to_owned();
            Ok(Box::new(connection) as Box<dyn Connection>)
        };
        timeout(self.network.wire.handshake_time_max, handshake)
            .await
            .unwrap_or_else(|_| Err(self.network.timed_out()))
    }

    async fn listen(&self, address: &str) -> Result<Box<dyn Listener>, TransportError> {
        let (door, arrivals) = mpsc::channel(bound(self.network.wire.backlog_max));
        let mut listeners = lock(&self.network.listeners);
        let address = if matches!(address, "" | "0") {
            let free = (0..=listeners.len()).find_map(|_| {
                let number = self.network.listeners_named.fetch_add(1, Ordering::Relaxed);
                Some(format!("memory-{number}")).filter(|name| !listeners.contains_key(name))
            });
            free.unwrap_or_default()
        } else {
            address.to_owned()
        };
        match listeners.entry(address.clone()) {
            Entry::Vacant(vacant) => vacant.insert(door),
            Entry::Occupied(_) => {
                let action = format!("cannot listen at {address:?}; choose another address");
                return Err(TransportError::Io { action, source: io::ErrorKind::AddrInUse.into() });
            }
        };
        let network = Arc::clone(&self.network);
        Ok(Box::new(MemoryListener { network, address, arrivals, open: true }))
    }
}

struct MemoryListener {
    network: Arc<Network>,
    address: String,
    arrivals: mpsc::Receiver<Arrival>,
    open: bool,
}

impl MemoryListener {
    fn end(&mut self) {
        if std::mem::take(&mut self.open) {
            lock(&self.network.listeners).remove(&self.address);
            self.arrivals.close();
            while self.arrivals.try_recv().is_ok() {}
        }
    }
}

impl Drop for MemoryListener {
    fn drop(&mut self) {
        self.end();
    }
}

#[async_trait]
impl Listener for MemoryListener {
    async fn accept(&mut self) -> Result<Box<dyn Incoming>, TransportError> {
        let arrival = self.arrivals.recv().await.ok_or(TransportError::Closed)?;
        Ok(Box::new(MemoryIncoming { network: Arc::clone(&self.network), arrival }))
    }

    fn address(&self) -> String {
        self.address.clone()
    }

    async fn close(&mut self) {
        self.end();
    }
}

struct MemoryIncoming {
    network: Arc<Network>,
    arrival: Arrival,
}

#[async_trait]
impl Incoming for MemoryIncoming {
    fn peer(&self) -> Peer {
        Peer { host: self.arrival.host.clone(), port: None }
    }

    async fn accept(self: Box<Self>) -> Result<Box<dyn Connection>, TransportError> {
        let peer = self.peer();
        let MemoryIncoming { network, arrival } = *self;
        let ready = timeout(network.wire.handshake_time_max, arrival.client_ready);
        let ready = ready.await.map_err(|_| network.timed_out())?;
        ready.map_err(|_| TransportError::Lost(None))?;
        let (near, far) = MemoryConnection::pair(&network, peer);
        // The client may have given up meanwhile.
        arrival.reply.send(far).map_err(|_| TransportError::Lost(None))?;
        Ok(Box::new(near))
    }

    fn refuse(self: Box<Self>) {}
}

#[derive(Debug)]
struct MemoryConnection {
    line: Arc<Line>,
    peer: Peer,
    /// To the other end's `opened`.
    opener: mpsc::Sender<MemoryChannel>,
    opened: tokio::sync::Mutex<mpsc::Receiver<MemoryChannel>>,
}

impl MemoryConnection {
    /// The server's end and the client's.
    fn pair(network: &Network, client: Peer) -> (Self, Self) {
        let wire = network.wire.clone();
        let frames_left = lock(&network.cut_next_after).take().map(Mutex::new);
        let cut = lock(&network.cable).child_token();
        let places = Arc::new(Semaphore::new(bound(wire.channels_max)));
        // Each queued channel holds a place, so a queue of that length never fills.
        let (to_server, at_server) = mpsc::channel(bound(wire.channels_max));
        let (to_client, at_client) = mpsc::channel(bound(wire.channels_max));
        let line = Arc::new(Line { wire, cut, ended: CancellationToken::new(), frames_left, places });
        let end = |peer, opener, opened| MemoryConnection {
            line: Arc::clone(&line),
            peer,
            opener,
            opened: tokio::sync::Mutex::new(opened),
        };
        let server = Peer { host: String::new(), port: None };
        (end(client, to_client, at_server), end(server, to_server, at_client))
    }
}

#[async_trait]
impl Connection for MemoryConnection {
    async fn open(&self) -> Result<Box<dyn Channel>, TransportError> {
        let place = tokio::select! {
            biased;
            () = self.line.cut.cancelled() => return Err(TransportError::Lost(None)),
            () = self.line.ended.cancelled() => return Err(TransportError::Lost(None)),
            place = Arc::clone(&self.line.places).acquire_owned() => place.map_err(|_| TransportError::Lost(None))?,
        };
        let (near, far) = MemoryChannel::pair(&self.line, place);
        self.opener.try_send(far).map_err(|_| TransportError::Lost(None))?;
        Ok(Box::new(near))
    }

    async fn accept(&self) -> Option<Box<dyn Channel>> {
        let mut opened = self.opened.lock().await;
        tokio::select! {
            biased;
            () = self.line.cut.cancelled() => None,
            // Before the end: a channel that was opened, used and closed is still to be served.
            channel = opened.recv() => channel,
            () = self.line.ended.cancelled() => opened.try_recv().ok(),
        }
        .map(|channel| Box::new(channel) as Box<dyn Channel>)
    }

    fn peer(&self) -> Peer {
        self.peer.clone()
    }

    async fn close(&self) {
        self.line.ended.cancel();
    }
}

impl Drop for MemoryConnection {
    fn drop(&mut self) {
        self.line.ended.cancel();
    }
}

#[cfg(test)]
mod tests;
