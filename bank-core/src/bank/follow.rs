//! Reading the bank's events, and waiting for new ones.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Bank, BankError};
use crate::store::{Event, Position};

/// How far behind the record a [`Follower`] that waits may be at most.
pub const FOLLOWED_WITHIN: Duration = Duration::from_millis(100);

/// Facts asked for at once.
const FACTS_AT_ONCE: usize = 1024;

impl Bank {
    /// Follows what the bank records, from a position on: every durable fact once, in order, those
    /// to come too. Keep the [`position`](Event::position) of the last event that you dealt with,
    /// best together with what it made you do, and resume from it.
    #[must_use]
    pub fn events(&self, after: Position) -> Follower {
        Follower { bank: self.clone(), after, ahead: VecDeque::new() }
    }
}

/// See [`Bank::events`].
pub struct Follower {
    bank: Bank,
    after: Position,
    ahead: VecDeque<Event>,
}

impl Follower {
    /// The next event, as soon as there is one: within [`FOLLOWED_WITHIN`] of its being durable.
    /// Cancel-safe: an event is given out once.
    ///
    /// [`NoSuchPosition`](crate::store::StoreError::NoSuchPosition) where the position to follow
    /// from is none of this bank's store.
    pub async fn next(&mut self) -> Result<Event, BankError> {
        let mut pause = Duration::from_millis(1);
        loop {
            if let Some(event) = self.try_next().await? {
                return Ok(event);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(FOLLOWED_WITHIN);
        }
    }

    /// The next event, if it is recorded already.
    pub async fn try_next(&mut self) -> Result<Option<Event>, BankError> {
        if self.ahead.is_empty() {
            self.ahead = self.bank.shared.store.events(self.after, FACTS_AT_ONCE).await?.into();
        }
        let event = self.ahead.pop_front();
        if let Some(event) = &event {
            self.after = event.position;
        }
        Ok(event)
    }
}
