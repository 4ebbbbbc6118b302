//! Sending events to programs that follow a server: a socket of its own in the data directory, a frame a
//! line. It is between `bankd` and itself; programs follow `bankd events`, or embed the bank.

use std::sync::Arc;
use std::time::Duration;

use bank_engine::bank::Bank;
use bank_engine::error_chain::error_chain;
use bank_engine::store::Position;
use bank_engine::transport::{Channel, Connection, Incoming, Listener, TransportError};
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::event_json::EventWriter;

/// Programs that follow at once.
const FOLLOWERS_MAX: usize = 16;

/// From a connection to what it asks.
const ASK_TIME_MAX: Duration = Duration::from_secs(10);

/// For a follower to take a line. It may be a person with a pager; a follower that is cut off can go on after
/// the last position.
const TAKE_TIME_MAX: Duration = Duration::from_secs(600);

/// Programs over the limit that get an error at once; more are dropped without a word.
const TURNED_AWAY_AT_ONCE_MAX: usize = 4;

/// Followers, those that have their last word to read, and programs being turned away.
const TASKS_MAX: usize = FOLLOWERS_MAX + TURNED_AWAY_AT_ONCE_MAX;

const TURN_AWAY_TIME_MAX: Duration = Duration::from_secs(2);

/// After a failed accept, so that a machine out of descriptors is not kept busy.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// What a follower asks.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ask {
    pub(super) after: String,
    pub(super) follow: bool,
}

/// What a follower gets besides events: that there are no more, or why.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct LastWord {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) end: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
    /// That of an event.
    #[serde(default, skip_serializing)]
    pub(super) position: Option<String>,
}

/// Serves followers that come to `listener` until `stop` is cancelled, and then leaves without a word.
pub async fn feed(bank: Bank, mut listener: Box<dyn Listener>, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(FOLLOWERS_MAX));
    let mut followers = JoinSet::new();
    loop {
        let incoming = tokio::select! {
            () = stop.cancelled() => break,
            incoming = listener.accept() => incoming,
            Some(_) = followers.join_next() => continue,
        };
        match (incoming, Arc::clone(&places).try_acquire_owned()) {
            (Ok(incoming), _) if followers.len() >= TASKS_MAX => incoming.refuse(),
            (Ok(incoming), Ok(place)) => {
                let bank = bank.clone();
                followers.spawn(async move {
                    let _ = serve_follower(bank, incoming, place).await;
                });
            }
            (Ok(incoming), Err(_)) => {
                tracing::warn!("{FOLLOWERS_MAX} programs follow already; another one is turned away");
                followers.spawn(async move {
                    let _ = timeout(TURN_AWAY_TIME_MAX, turn_away(incoming)).await;
                });
            }
            (Err(TransportError::Closed), _) => break,
            (Err(error), _) => {
                tracing::warn!(error = error_chain(&error), "could not accept a follower");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    listener.close().await;
}

async fn turn_away(incoming: Box<dyn Incoming>) -> Option<()> {
    let connection = incoming.accept().await.ok()?;
    let mut channel = connection.accept().await?;
    // Closing before the question has come would break the program's line before it reads the answer.
    channel.receive().await.ok()??;
    let message = format!("{FOLLOWERS_MAX} programs follow them already; end one first");
    let last_word = LastWord { error: Some(message), ..LastWord::default() };
    channel.send(&serde_json::to_vec(&last_word).ok()?).await.ok()?;
    channel.close().await;
    Some(())
}

/// One follower's time; what fails is the end of it. Its place is free before its last word is sent, so
/// that the next program can have it at once.
async fn serve_follower(bank: Bank, incoming: Box<dyn Incoming>, place: OwnedSemaphorePermit) -> Option<()> {
    let connection: Box<dyn Connection> = incoming.accept().await.ok()?;
    let mut channel = timeout(ASK_TIME_MAX, connection.accept()).await.ok()??;
    let asked = timeout(ASK_TIME_MAX, channel.receive()).await.ok()?.ok()??;
    let ask: Ask = serde_json::from_slice(&asked).ok()?;
    let after: Position = ask.after.parse().ok()?;
    let (mut follower, mut teller) = (bank.events(after), EventWriter::new(bank));
    let last_word = loop {
        let next = if ask.follow {
            tokio::select! {
                event = follower.next_event() => event.map(Some),
                // Nothing more is asked, so this is the follower's end.
                _ = channel.receive() => return None,
            }
        } else {
            follower.try_next().await
        };
        let line = match next {
            Ok(Some(event)) => teller.line(event).await,
            Ok(None) => break LastWord { end: Some(true), ..LastWord::default() },
            Err(error) => Err(error),
        };
        match line {
            Ok(line) => send(channel.as_mut(), line.as_bytes()).await?,
            Err(error) => break LastWord { error: Some(error_chain(&error)), ..LastWord::default() },
        }
    };
    drop(place);
    send(channel.as_mut(), &serde_json::to_vec(&last_word).ok()?).await?;
    channel.close().await;
    Some(())
}

async fn send(channel: &mut dyn Channel, frame: &[u8]) -> Option<()> {
    timeout(TAKE_TIME_MAX, channel.send(frame)).await.ok()?.ok()
}
