//! Reads recorded facts as events for followers.
//!
//! A place in the record is the position of a batch and the number of its facts that were read. It is
//! read from disk by a thread of its own, and holds up neither deciding nor writing.

use std::cell::Cell;
use std::sync::{Arc, PoisonError, RwLock};

use bank_engine_core::account::AccountId;
use bank_engine_core::money::Currency;
use bank_engine_core::store::{Event, Position, StoreError};
use tokio::sync::{Semaphore, oneshot};

use crate::error::{FROM_COPY, JournalError, failed};
use crate::format::batch::{self, FRAME_BYTES, HEADER_BYTES, Header};
use crate::format::bytes::{offset, place};
use crate::format::layout::segment_name;
use crate::format::record::{Names, Record, indexed_id};
use crate::format::segment::Segment;
use crate::index::history::SealedSegments;

/// Facts in one answer at most, however many were asked for.
const FACTS_MAX: usize = 8192;

/// Batches that may be in memory to be informed of, for all who ask.
const READERS_MAX: usize = 4;

/// An account's name and currency.
pub(crate) type Name = (AccountId, Currency);

/// What those who follow the record have in common.
pub(crate) struct Events {
    sealed_segments: Arc<SealedSegments>,
    /// What accounts are called, by number, as far as it was needed yet.
    names: RwLock<Vec<Name>>,
    readers: Arc<Semaphore>,
}

/// Why nothing could be read.
enum FollowError {
    NoSuchPosition,
    /// An account is not known by name yet.
    Unnamed,
    Failed(JournalError),
}

impl From<JournalError> for FollowError {
    fn from(error: JournalError) -> Self {
        FollowError::Failed(error)
    }
}

impl Events {
    pub(crate) fn new(sealed_segments: Arc<SealedSegments>) -> Events {
        Events { sealed_segments, names: RwLock::default(), readers: Arc::new(Semaphore::new(READERS_MAX)) }
    }

    /// The facts after a place; `None` where more [names](Self::learn) are needed first.
    pub(crate) async fn after(
        self: &Arc<Self>,
        after: Position,
        facts_max: usize,
    ) -> Result<Option<Vec<Event>>, StoreError> {
        if after == (Position { batch: self.sealed_segments.synced(), fact: 0 }) {
            return Ok(Some(Vec::new()));
        }
        let reader = Arc::clone(&self.readers).acquire_owned().await.map_err(|_| StoreError::Failed)?;
        let (events, (reply, answer)) = (Arc::clone(self), oneshot::channel());
        let read = move || {
            // Nobody waiting any more is no failure.
            let _ = reply.send(events.read(after, facts_max.clamp(1, FACTS_MAX)));
            drop(reader);
        };
        std::thread::Builder::new().name("journal-read".to_owned()).spawn(read)?;
        match answer.await.map_err(|_| StoreError::Failed)? {
            Ok(events) => Ok(Some(events)),
            Err(FollowError::Unnamed) => Ok(None),
            Err(FollowError::NoSuchPosition) => Err(StoreError::NoSuchPosition),
            Err(FollowError::Failed(error)) => Err(StoreError::Io(std::io::Error::other(error))),
        }
    }

    /// How many accounts are known by name.
    pub(crate) fn named(&self) -> usize {
        self.names.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Takes in what the accounts from the `first` on are called.
    pub(crate) fn learn(&self, first: usize, more: Vec<Name>) {
        let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        // Another one may have learned the same meanwhile.
        let known = names.len().saturating_sub(first);
        names.extend(more.into_iter().skip(known));
    }

    fn read(&self, after: Position, facts_max: usize) -> Result<Vec<Event>, FollowError> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        let known = Known { names: &names, is_one_missing: Cell::new(false) };
        let synced = self.sealed_segments.synced();
        let (mut at, mut events) = (after, Vec::new());
        if at.batch > synced || at.batch == synced && at.fact > 0 {
            return Err(FollowError::NoSuchPosition);
        }
        while at.batch < synced && events.len() < facts_max {
            let batch = self.batch(at.batch, synced, at.batch != after.batch)?;
            if at.fact >= batch.header.records {
                return Err(FollowError::NoSuchPosition);
            }
            if !batch.read_events(&self.sealed_segments, &mut at, &known, facts_max, &mut events)? {
                return Err(FollowError::Unnamed);
            }
        }
        Ok(events)
    }

    /// The batch at `position`; where it is not certain that one begins there, that may be wrong.
    fn batch(&self, position: u64, synced: u64, is_certain: bool) -> Result<Batch, FollowError> {
        let segment = self.sealed_segments.holding(position).ok_or(FollowError::NoSuchPosition)?;
        let damaged = |what| self.damaged(&segment, position, what);
        let header = Header::decode(&self.read_at(&segment, position, HEADER_BYTES)?);
        let header = header.filter(|header| is_possible(header, &segment, position, synced));
        let Some(header) = header else {
            if !is_certain && !self.begins_at(&segment, position, synced)? {
                return Err(FollowError::NoSuchPosition);
            }
            return Err(damaged("a batch's header is not as it was written"));
        };
        let bytes = self.read_at(&segment, position, header.batch_bytes())?;
        let is_whole = bytes.get(HEADER_BYTES..).and_then(batch::records).is_some();
        if is_whole && Header::decode(&bytes) == Some(header) {
            Ok(Batch { position, header, bytes })
        } else {
            Err(damaged("a batch is not as it was written"))
        }
    }

    /// Whether a batch begins at `position`, as those before it in the segment say.
    fn begins_at(&self, segment: &Segment, position: u64, synced: u64) -> Result<bool, FollowError> {
        let mut at = segment.base;
        while at < position {
            let header = Header::decode(&self.read_at(segment, at, HEADER_BYTES)?);
            let header = header.filter(|header| is_possible(header, segment, at, synced));
            let what = "a batch's header is not as it was written";
            at += offset(header.ok_or_else(|| self.damaged(segment, at, what))?.batch_bytes());
        }
        Ok(at == position)
    }

    fn read_at(&self, segment: &Segment, position: u64, length: usize) -> Result<Vec<u8>, JournalError> {
        let mut bytes = vec![0; length];
        let read = segment.file.read_at(&mut bytes, segment.offset(position));
        let name = segment_name(segment.number);
        bytes.truncate(read.map_err(failed(&*self.sealed_segments.disk, "read", &name))?);
        Ok(bytes)
    }

    fn damaged(&self, segment: &Segment, position: u64, what: &'static str) -> FollowError {
        let path = self.sealed_segments.disk.path(&segment_name(segment.number));
        let offset = segment.offset(position);
        FollowError::Failed(JournalError::Damaged { path, offset, what, remedy: FROM_COPY })
    }
}

/// Whether a batch with this header may be at `position`: batches are numbered on in each segment,
/// none is shorter than its frame, and all of it is kept.
fn is_possible(header: &Header, segment: &Segment, position: u64, synced: u64) -> bool {
    let batches_max = position.saturating_sub(segment.base) / offset(FRAME_BYTES) + 1;
    let number = header.sequence.checked_sub(segment.sequence);
    number.is_some_and(|number| (1..=batches_max).contains(&number))
        && position.saturating_add(offset(header.batch_bytes())) <= synced
}

/// A batch that is read to be informed of.
struct Batch {
    position: u64,
    header: Header,
    bytes: Vec<u8>,
}

impl Batch {
    /// Reports to the facts from `at` on, and moves it on; answers whether all had names.
    fn read_events(
        &self,
        sealed_segments: &SealedSegments,
        at: &mut Position,
        names: &Known<'_>,
        facts_max: usize,
        events: &mut Vec<Event>,
    ) -> Result<bool, FollowError> {
        let end = self.position + offset(self.bytes.len());
        let records = self.bytes.get(HEADER_BYTES..).and_then(batch::records).unwrap_or_default();
        let (mut rest, mut number) = (records, 0);
        while number < self.header.records && events.len() < facts_max {
            let here = self.position + offset(HEADER_BYTES) + offset(records.len() - rest.len());
            let damaged = || FollowError::Failed(sealed_segments.damaged(here));
            if number < at.fact {
                let (_, length) = indexed_id(rest).ok_or_else(damaged)?;
                rest = rest.get(length.max(1)..).ok_or_else(damaged)?;
                number += 1;
                continue;
            }
            let fact = match Record::decode(rest, names) {
                Some((Record::Posted(posted), length)) => {
                    posted.named(names).map(|made| (bank_engine_core::ledger::Fact::Posted(made), length))
                }
                Some((Record::Fact(fact), length)) => Some((fact, length)),
                None => None,
            };
            let Some((fact, length)) = fact else {
                return if names.is_one_missing.get() { Ok(false) } else { Err(damaged()) };
            };
            rest = rest.get(length..).ok_or_else(damaged)?;
            number += 1;
            *at = if number == self.header.records {
                Position { batch: end, fact: 0 }
            } else {
                Position { batch: self.position, fact: number }
            };
            events.push(Event::new(*at, self.header.time, fact));
        }
        Ok(true)
    }
}

/// The names that are known, and whether another one was asked for.
struct Known<'a> {
    names: &'a [Name],
    is_one_missing: Cell<bool>,
}

impl Names for Known<'_> {
    fn name(&self, number: u32) -> Option<Name> {
        let name = self.names.get(place(number.into())).copied();
        if name.is_none() {
            self.is_one_missing.set(true);
        }
        name
    }
}
