//! Serving a bank to terminals and to operators: any [`Bank`] on any [`Listener`].
//!
//! ```text
//! serve ─▶ one task a listener ─▶ one task a connection ─▶ one task a channel ─▶ ChannelHandler ─▶ Bank
//! ```
//!
//! The server holds no bank rule: it reads frames, asks the bank and answers. Everything that a
//! client can use up is bounded by [`Limits`].

mod channel_handler;
mod connection_limiter;
mod customer;
mod operator;
mod parameters;
mod rpc_error;

use std::sync::Arc;
use std::time::Duration;

use channel_handler::{ChannelHandler, Role};
use connection_limiter::{ConnectionLimiter, Full, Permit};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::bank::Bank;
use crate::error_chain::error_chain;
use crate::operator::Operator;
use crate::protocol::{Code, RpcError, encode_refusal};
use crate::reusable_timeout::{Elapsed, ReusableTimeout};
use crate::transport::{Channel, Connection, Incoming, Listener, Peer, TransportError};

/// What clients may use up. A client over a limit gets an error and is dropped; others notice nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once, over all listeners; 4,096.
    pub connections_max: usize,
    /// Connections at once from one host; 1,100.
    pub connections_a_peer_max: usize,
    /// Channels at once on one connection; 1,100.
    pub channels_a_connection_max: usize,
    /// Channels at once, over all connections; 16,384.
    pub channels_max: usize,
    /// From a connection to its first channel and from a channel to its first message; 10 s.
    pub first_message_time_max: Duration,
    /// Between two messages on a channel; 300 s.
    pub idle_time_max: Duration,
    /// For a client to take an answer; 10 s.
    pub send_time_max: Duration,
    /// For what is in flight when the server stops; 10 s.
    pub drain_time_max: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections_max: 4096,
            connections_a_peer_max: 1100,
            channels_a_connection_max: 1100,
            channels_max: 16_384,
            first_message_time_max: Duration::from_secs(10),
            idle_time_max: Duration::from_secs(300),
            send_time_max: Duration::from_secs(10),
            drain_time_max: Duration::from_secs(10),
        }
    }
}

/// Clients over a limit that get an error at one time; more are dropped without a word.
const TURNED_AWAY_AT_ONCE_MAX: usize = 64;

/// How long sending an error to a client over a limit may take.
const TURN_AWAY_TIME_MAX: Duration = Duration::from_secs(2);

/// How long to wait after a failed accept, so that a machine out of descriptors is not kept busy.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// Serves `bank` to customers and terminals on all `listeners` until `stop` is cancelled. Then it
/// takes no more clients, finishes and answers what is in flight, informs the others
/// [`Code::ShuttingDown`] and returns, at the latest after [`Limits::drain_time_max`], when it drops
/// whom it still has.
///
/// While it serves, time-outs take effect when they are due, whether anybody asks for anything or
/// not; see [`Bank::run_timer`].
///
/// Returns early only if every listener ended by itself and the last client has left. Dropping the
/// future drops every client at once, without a word. In each case their accounts are freed.
pub async fn serve(bank: Bank, listeners: Vec<Box<dyn Listener>>, limits: Limits, stop: CancellationToken) {
    let serving = serve_as(bank.clone(), listeners, |_| Role::Customer, limits, stop);
    tokio::select! {
        () = serving => {}
        () = bank.run_timer() => {}
    }
}

/// The same for the bank's operators, who ask an [`AdminRequest`](crate::protocol::AdminRequest).
/// Who reaches one of `listeners` is trusted with the whole bank, so they are such as only operators
/// reach: a socket in a directory of their own, or memory. `operator` names who is at a connection;
/// what they do is kept with this name, whatever they say of themselves.
pub async fn serve_operators(
    bank: Bank,
    listeners: Vec<Box<dyn Listener>>,
    operator: impl Fn(&Peer) -> Operator + Send + Sync + 'static,
    limits: Limits,
    stop: CancellationToken,
) {
    serve_as(bank, listeners, move |peer| Role::Operator(operator(peer)), limits, stop).await;
}

async fn serve_as(
    bank: Bank,
    listeners: Vec<Box<dyn Listener>>,
    role: impl Fn(&Peer) -> Role + Send + Sync + 'static,
    limits: Limits,
    stop: CancellationToken,
) {
    let server = Arc::new(Server {
        bank,
        role: Box::new(role),
        connections: ConnectionLimiter::new(limits.connections_max, limits.connections_a_peer_max),
        channels: ConnectionLimiter::new(limits.channels_max, limits.channels_a_connection_max),
        turned_away: ConnectionLimiter::new(TURNED_AWAY_AT_ONCE_MAX, TURNED_AWAY_AT_ONCE_MAX),
        limits,
        stop,
        tasks: TaskTracker::new(),
    });
    let mut listening = JoinSet::new();
    for listener in listeners {
        server.spawn(&mut listening, Arc::clone(&server).listen(listener));
    }
    server.tasks.close();
    let drained = async {
        server.stop.cancelled().await;
        tokio::time::sleep(server.limits.drain_time_max).await;
    };
    tokio::select! {
        () = server.tasks.wait() => return,
        () = drained => tracing::warn!(left = server.tasks.len(), "stopped before every client had left"),
    }
    // Each task owns the tasks that it began, so this ends them all.
    drop(listening);
    server.tasks.wait().await;
}

struct Server {
    bank: Bank,
    role: Box<dyn Fn(&Peer) -> Role + Send + Sync>,
    limits: Limits,
    connections: Arc<ConnectionLimiter>,
    channels: Arc<ConnectionLimiter>,
    turned_away: Arc<ConnectionLimiter>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Server {
    /// Begins a task that ends with `owner` at the latest.
    fn spawn(&self, owner: &mut JoinSet<()>, task: impl Future<Output = ()> + Send + 'static) {
        owner.spawn(self.tasks.track_future(task));
    }

    async fn listen(self: Arc<Self>, mut listener: Box<dyn Listener>) {
        tracing::info!(address = listener.address(), "listening");
        let mut clients = JoinSet::new();
        loop {
            let incoming = tokio::select! {
                () = self.stop.cancelled() => break,
                incoming = listener.accept() => incoming,
                Some(_) = clients.join_next() => continue,
            };
            match incoming {
                Ok(incoming) => self.admit(&mut clients, incoming),
                Err(TransportError::Closed) => break,
                Err(error) => {
                    tracing::warn!(error = error_chain(&error), "could not accept a client");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        listener.close().await;
        while clients.join_next().await.is_some() {}
    }

    fn admit(self: &Arc<Self>, clients: &mut JoinSet<()>, incoming: Box<dyn Incoming>) {
        let server = Arc::clone(self);
        match self.connections.take(&incoming.peer().host) {
            Ok(place) => self.spawn(clients, server.connection(incoming, place)),
            Err(full) => match self.turned_away.take("") {
                Ok(place) => self.spawn(clients, server.turn_away(incoming, full, place)),
                Err(_) => incoming.refuse(),
            },
        }
    }

    /// Sends a client over a limit the reason for which it is dropped.
    async fn turn_away(self: Arc<Self>, incoming: Box<dyn Incoming>, full: Full, _place: Permit) {
        let peer = incoming.peer();
        tracing::warn!(%peer, ?full, "over the limit of connections");
        let sending = async {
            let connection = incoming.accept().await.ok()?;
            let mut channel = connection.accept().await?;
            self.send_error(channel.as_mut(), &full.error()).await;
            channel.close().await;
            connection.close().await;
            Some(())
        };
        let _ = timeout(TURN_AWAY_TIME_MAX, sending).await;
    }

    async fn connection(self: Arc<Self>, incoming: Box<dyn Incoming>, place: Permit) {
        let peer = incoming.peer();
        let accepted = tokio::select! {
            () = self.stop.cancelled() => return,
            accepted = incoming.accept() => accepted,
        };
        let connection: Arc<dyn Connection> = match accepted {
            Ok(connection) => Arc::from(connection),
            Err(error) => return tracing::info!(%peer, error = error_chain(&error), "no handshake"),
        };
        tracing::debug!(%peer, "connected");
        let role = (self.role)(&peer);
        let mut channels = JoinSet::new();
        let mut first = true;
        loop {
            let accepted = async {
                // Only the first channel is waited for with a limit: a connection without any is
                // a stalled client, one that had some ends with its transport's idle limit.
                if !first {
                    return connection.accept().await;
                }
                timeout(self.limits.first_message_time_max, connection.accept()).await.ok().flatten()
            };
            let channel = tokio::select! {
                () = self.stop.cancelled() => break,
                channel = accepted => channel,
                Some(_) = channels.join_next() => continue,
            };
            let Some(mut channel) = channel else { break };
            first = false;
            match self.channels.take(&place.name()) {
                Ok(place) => {
                    let (server, role) = (Arc::clone(&self), role.clone());
                    self.spawn(&mut channels, async move {
                        server.channel(channel, role).await;
                        drop(place);
                    });
                }
                Err(full) => {
                    let server = Arc::clone(&self);
                    let Ok(place) = self.turned_away.take("") else { continue };
                    self.spawn(&mut channels, async move {
                        server.send_error(channel.as_mut(), &full.error()).await;
                        let _ = timeout(TURN_AWAY_TIME_MAX, channel.close()).await;
                        drop(place);
                    });
                }
            }
        }
        while channels.join_next().await.is_some() {}
        connection.close().await;
        tracing::debug!(%peer, "disconnected");
    }

    async fn channel(&self, mut channel: Box<dyn Channel>, role: Role) {
        let mut channel_handler = ChannelHandler::new(self.bank.clone(), role);
        let (mut listening, mut speaking) = (ReusableTimeout::new(), ReusableTimeout::new());
        let (mut silence_max, mut heard) = (self.limits.first_message_time_max, Instant::now());
        let stopped = self.stop.cancelled();
        tokio::pin!(stopped);
        let last_word = loop {
            let received = tokio::select! {
                biased;
                () = &mut stopped => break Some(RpcError::new(Code::ShuttingDown)),
                received = listening.within(silence_max, channel.receive()) => Ok(received),
                notification = channel_handler.notification() => Err(notification),
            };
            let received = match received {
                Ok(received) => received,
                Err(notification) => {
                    silence_max = silence_max.saturating_sub(heard.elapsed());
                    heard = Instant::now();
                    match speaking.within(self.limits.send_time_max, channel.send(&notification)).await {
                        Ok(Ok(())) => continue,
                        Ok(Err(_)) | Err(Elapsed) => break None,
                    }
                }
            };
            let frame = match received {
                Ok(Ok(Some(frame))) => frame,
                Ok(Err(TransportError::FrameTooLong)) => {
                    let too_long = TransportError::FrameTooLong.to_string();
                    break Some(RpcError::because(Code::NotARequest, too_long));
                }
                Ok(Ok(None) | Err(_)) => break None,
                Err(Elapsed) => break Some(channel_handler.silence()),
            };
            let answer = channel_handler.answer(&frame).await;
            match speaking.within(self.limits.send_time_max, channel.send(&answer)).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(Elapsed) => break None,
            }
            silence_max = self.limits.idle_time_max;
            heard = Instant::now();
        };
        // The account is free before the client hears of it, so that it can come back at once.
        channel_handler.end().await;
        if let Some(error) = last_word {
            self.send_error(channel.as_mut(), &error).await;
        }
        channel.close().await;
    }

    /// What can't be sent in time is dropped: the channel ends all the same.
    async fn send_error(&self, channel: &mut dyn Channel, error: &RpcError) {
        let frame = encode_refusal(None, error);
        let _ = timeout(self.limits.send_time_max, channel.send(&frame)).await;
    }
}
