//! The `Transport`, `Listener` and `Channel` traits, which every transport implements.
//!
//! ```text
//! Transport ── connect ──▶ Connection ── open ──▶ Channel        (client)
//! Transport ── listen ──▶ Listener ── accept ──▶ Incoming ── accept ──▶ Connection ── accept ──▶ Channel
//! ```
//!
//! A *channel* is one client's line to the bank: frames go both ways in order, each whole or
//! not at all. A TCP connection is one channel; a QUIC connection carries many. An adapter only
//! dials, accepts and secures; [`Framed`] turns any byte stream into a channel, and
//! [`StreamConnection`] into a connection. All traits are
//! object-safe, since transports are chosen at run time.
//!
//! The contract below is what the suite in `testing::transport` checks (feature `testing`): an
//! adapter is right when it passes that suite.

mod addresses;
mod framed;
mod memory;
mod stream;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

pub use addresses::{listening_at, open_all};
pub use framed::Framed;
pub use memory::{MemoryStall, MemoryTransport, MemoryWire};
pub use stream::StreamConnection;

/// The longest frame in bytes, the line feed that ends it on a stream not counted.
pub const FRAME_BYTES_MAX: usize = 65_536;

/// How long [`Transport::connect`] and [`Incoming::accept`] may take unless set otherwise.
pub const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(5);

/// How long [`Channel::close`] waits for what was sent to be delivered.
pub const CLOSE_TIME_MAX: Duration = Duration::from_secs(1);

/// Connects clients to listeners over one kind of network: TCP, QUIC, memory, or your own.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Connects to the listener at `address`, whose form is the transport's own (`host:port` on
    /// networks), and secures the connection.
    ///
    /// Ends within the transport's time limit ([`HANDSHAKE_TIME_MAX`] by default) whatever the
    /// peer does. Errors: [`TransportError::Refused`] where the peer's host refuses at once,
    /// [`TransportError::TimedOut`] where no answer comes in time, [`TransportError::Untrusted`]
    /// where the peer's identity is not the expected one, [`TransportError::Address`] where `address` is
    /// malformed. Dropping the future gives up the attempt.
    async fn connect(&self, address: &str) -> Result<Box<dyn Connection>, TransportError>;

    /// Starts to listen at `address`; port 0 takes a free one, found by [`Listener::address`]. Where
    /// `address` is a name of several, it listens at all of them or at none.
    ///
    /// Clients that connect from the moment this returns are served in order of arrival.
    async fn listen(&self, address: &str) -> Result<Box<dyn Listener>, TransportError>;
}

/// Accepts clients at one address.
#[async_trait]
pub trait Listener: Send {
    /// Waits for the next client. Its handshake comes later, so that a slow client delays no other and
    /// one over a limit costs nothing. Cancel-safe: a dropped future loses no client.
    ///
    /// An error concerns one client or a passing state of the machine (out of descriptors); the caller may
    /// call again. [`TransportError::Closed`] alone is final.
    async fn accept(&mut self) -> Result<Box<dyn Incoming>, TransportError>;

    /// The address that a client of the same transport connects to.
    fn address(&self) -> String;

    /// Stops accepting clients; those already accepted are served on. Returns once the address is free or
    /// will be as soon as the last connection ends.
    async fn close(&mut self);
}

/// A client that has connected and not been accepted yet.
#[async_trait]
pub trait Incoming: Send {
    /// The client's address.
    fn peer(&self) -> Peer;

    /// Completes the handshake, within the transport's time limit.
    async fn accept(self: Box<Self>) -> Result<Box<dyn Connection>, TransportError>;

    /// Drops the client at the least cost, without an answer.
    fn refuse(self: Box<Self>);
}

/// A secured connection to one peer. Dropping it without [`close`](Connection::close) ends its channels.
#[async_trait]
pub trait Connection: Send + Sync {
    /// Opens a channel to the peer. May wait while the peer allows no more channels; on a
    /// transport whose connection is one channel, a second call answers
    /// [`TransportError::NoMoreChannels`]. Cancel-safe.
    async fn open(&self) -> Result<Box<dyn Channel>, TransportError>;

    /// The next channel that the peer opened; `None` when there will be no more, however the
    /// connection ended. Cancel-safe.
    ///
    /// On some transports (QUIC) a channel shows only once the peer has sent on it.
    async fn accept(&self) -> Option<Box<dyn Channel>>;

    /// The peer's address.
    fn peer(&self) -> Peer;

    /// Ends the connection and its open channels. Close the channels first: what they
    /// had sent is delivered by *their* close.
    async fn close(&self);
}

/// Carries frames both ways, in order, each whole or not at all.
#[async_trait]
pub trait Channel: Send {
    /// Sends one frame of at most [`FRAME_BYTES_MAX`] bytes, none of them a line feed. Returns
    /// when the transport has taken it, and waits while the peer reads too slowly.
    ///
    /// [`TransportError::FrameTooLong`] and [`TransportError::LineFeedInFrame`] are found before
    /// anything is sent and harm nothing. Not cancel-safe: after a dropped `send` the frame may be
    /// half out, and every later `send` answers [`TransportError::Lost`].
    async fn send(&mut self, frame: &[u8]) -> Result<(), TransportError>;

    /// The next frame; `None` when the peer closed cleanly between frames.
    ///
    /// [`TransportError::Lost`] when the connection broke, or ended within a frame;
    /// [`TransportError::FrameTooLong`] when the peer sent more than a frame may hold: nothing can
    /// be received after it, but `send` and `close` still work. Cancel-safe: a dropped future
    /// loses no byte.
    async fn receive(&mut self) -> Result<Option<Vec<u8>>, TransportError>;

    /// Ends this side's sending and waits, for a bounded time, until the frames sent are delivered. Then the peer's `receive` answers the frames sent and, after them, `None`.
    /// Dropping a channel instead may lose frames; the peer then sees an end or a loss.
    ///
    /// Frames that the peer still sends are discarded. Afterwards `send` and `receive` answer
    /// [`TransportError::Closed`], and a second `close` does nothing.
    async fn close(&mut self);
}

/// Whether `frame` may be sent: for a transport that does not use [`Framed`].
///
/// Errors: [`TransportError::FrameTooLong`], [`TransportError::LineFeedInFrame`].
pub fn check_frame(frame: &[u8]) -> Result<(), TransportError> {
    if frame.len() > FRAME_BYTES_MAX {
        return Err(TransportError::FrameTooLong);
    }
    if frame.contains(&b'\n') {
        return Err(TransportError::LineFeedInFrame);
    }
    Ok(())
}

/// The address of a peer: a host, and a port where the transport has ports.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Peer {
    /// The host that limits are counted by: an IP address, or a name in memory.
    pub host: String,
    /// The port, where the transport has ports.
    pub port: Option<u16>,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) if self.host.contains(':') => write!(f, "[{}]:{port}", self.host),
            Some(port) => write!(f, "{}:{port}", self.host),
            None => f.write_str(&self.host),
        }
    }
}

impl From<std::net::SocketAddr> for Peer {
    fn from(address: std::net::SocketAddr) -> Self {
        Peer { host: address.ip().to_canonical().to_string(), port: Some(address.port()) }
    }
}

/// The error of a transport's calls.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The address is not of the transport's form, or names no host.
    #[error("cannot use the address {address:?}: {reason}")]
    Address {
        /// As given.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The peer's host refused at once.
    #[error("nobody listens at {address}; check the address and that the server runs")]
    Refused {
        /// As given to `connect`.
        address: String,
    },
    /// Nobody answered in time.
    #[error("no answer within {} s", limit.as_secs_f32())]
    TimedOut {
        /// The limit that ran out.
        limit: Duration,
    },
    /// The peer's identity is not the expected one; the text says what to do.
    #[error("the other side is not trusted: {reason}")]
    Untrusted {
        /// Why, and what to do about it.
        reason: String,
    },
    /// The connection broke.
    #[error("the connection was lost")]
    Lost(#[source] Option<std::io::Error>),
    /// This end was closed.
    #[error("this end is closed")]
    Closed,
    /// The connection carries no further channel.
    #[error("the connection carries no further channel")]
    NoMoreChannels,
    /// A frame is longer than [`FRAME_BYTES_MAX`].
    #[error("a frame is longer than {FRAME_BYTES_MAX} bytes")]
    FrameTooLong,
    /// A frame holds a line feed, which would end it early.
    #[error("a frame holds a line feed")]
    LineFeedInFrame,
    /// The machine could not do it: out of descriptors, address in use, and the like.
    #[error("{action}")]
    Io {
        /// What was tried.
        action: String,
        /// What the machine said.
        #[source]
        source: std::io::Error,
    },
}
