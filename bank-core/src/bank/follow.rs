//! Reading the bank's events, and waiting for new ones.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;

use super::Bank;
use crate::error::Error;
use crate::store::{Event, Position};

/// How far behind the record an [`Events`] that waits may be at most.
pub const FOLLOWED_WITHIN: Duration = Duration::from_millis(100);

/// Facts asked for at once.
const FACTS_AT_ONCE: usize = 1024;

impl Bank {
    /// Follows what the bank records, from a position on: every durable fact once, in order, those
    /// to come too. Keep the [`position`](Event::position) of the last event that you dealt with,
    /// best together with what it made you do, and resume from it.
    #[must_use]
    pub fn events(&self, after: Position) -> Events {
        Events { bank: self.clone(), after, ahead: VecDeque::new(), reading: Mutex::new(None) }
    }
}

type Reading = Pin<Box<dyn Future<Output = Result<Vec<Event>, Error>> + Send>>;

/// What a bank records, event by event; see [`Bank::events`]. As a [`Stream`] it never ends: it waits
/// for what comes. After an error it goes on where it was.
pub struct Events {
    bank: Bank,
    after: Position,
    ahead: VecDeque<Event>,
    /// A read under way. In a mutex so that others may look at this meanwhile; nobody ever waits for it.
    reading: Mutex<Option<Reading>>,
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("after", &self.after).finish_non_exhaustive()
    }
}

impl Events {
    /// The next event, as soon as there is one: within [`FOLLOWED_WITHIN`] of its being durable.
    /// Cancel-safe: an event is given out once.
    ///
    /// Errors: [`Invalid`](Error::Invalid) where the position to follow from is none of this bank's store.
    pub async fn next_event(&mut self) -> Result<Event, Error> {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    /// The next event, if it is recorded already. Cancel-safe.
    pub async fn try_next(&mut self) -> Result<Option<Event>, Error> {
        if self.ahead.is_empty() {
            self.reading = Mutex::new(None);
            self.ahead = read(&self.bank, self.after).await?.into();
        }
        Ok(self.take())
    }

    fn take(&mut self) -> Option<Event> {
        let event = self.ahead.pop_front()?;
        self.after = event.position;
        Some(event)
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Event, Error>> {
        loop {
            if let Some(event) = self.take() {
                return Poll::Ready(Ok(event));
            }
            let (bank, after) = (self.bank.clone(), self.after);
            let reading = self.reading.get_mut().unwrap_or_else(PoisonError::into_inner);
            let under_way = reading.get_or_insert_with(|| Box::pin(read_when_there(bank, after)));
            let read = ready!(under_way.as_mut().poll(context));
            *reading = None;
            self.ahead = read?.into();
        }
    }
}

impl Stream for Events {
    type Item = Result<Event, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context).map(Some)
    }
}

async fn read(bank: &Bank, after: Position) -> Result<Vec<Event>, Error> {
    let events = bank.shared.store.events(after, FACTS_AT_ONCE).await;
    events.map_err(|error| Error::of_store(error, None))
}

/// Some events, as soon as there are any.
async fn read_when_there(bank: Bank, after: Position) -> Result<Vec<Event>, Error> {
    let mut pause = Duration::from_millis(1);
    loop {
        let events = read(&bank, after).await?;
        if !events.is_empty() {
            return Ok(events);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(FOLLOWED_WITHIN);
    }
}
