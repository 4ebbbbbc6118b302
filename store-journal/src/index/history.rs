//! Reads records by their position.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use bank_engine_core::time::Timestamp;

use crate::disk::Disk;
use crate::error::{FROM_COPY, JournalError, failed};
use crate::format::bytes::place;
use crate::format::layout::segment_name;
use crate::format::record::{Nameless, Posted, RECORD_BYTES_MAX, Record, StoredPosting};
use crate::format::segment::Segment;
use crate::index::entries::{EntryIndex, skipped_to};

/// All segments, open for reading and in the order of their numbers.
pub(crate) struct SealedSegments {
    pub(crate) disk: Arc<dyn Disk>,
    segments: RwLock<Vec<Arc<Segment>>>,
    /// What is before this position is kept.
    synced: AtomicU64,
}

impl SealedSegments {
    /// The segments, all of whose batches, up to `synced`, are kept.
    pub(crate) fn new(disk: Arc<dyn Disk>, segments: Vec<Arc<Segment>>, synced: u64) -> SealedSegments {
        SealedSegments { disk, segments: RwLock::new(segments), synced: AtomicU64::new(synced) }
    }

    /// The position before which everything is kept.
    pub(crate) fn synced(&self) -> u64 {
        self.synced.load(Ordering::SeqCst)
    }

    /// What is before `position` is kept from now on.
    pub(crate) fn keep(&self, position: u64) {
        self.synced.store(position, Ordering::SeqCst);
    }

    pub(crate) fn push(&self, segment: Arc<Segment>) {
        self.segments.write().unwrap_or_else(PoisonError::into_inner).push(segment);
    }

    pub(crate) fn last(&self) -> Option<Arc<Segment>> {
        self.segments.read().unwrap_or_else(PoisonError::into_inner).last().cloned()
    }

    pub(crate) fn numbered(&self, number: u32) -> Option<Arc<Segment>> {
        let segments = self.segments.read().unwrap_or_else(PoisonError::into_inner);
        segments.iter().find(|segment| segment.number == number).cloned()
    }

    pub(crate) fn holding(&self, position: u64) -> Option<Arc<Segment>> {
        let segments = self.segments.read().unwrap_or_else(PoisonError::into_inner);
        let after = segments.partition_point(|segment| segment.base <= position);
        segments.get(after.checked_sub(1)?).cloned()
    }

    /// What is recorded at `position`.
    fn record(&self, position: u64) -> Result<Record, JournalError> {
        let segment = self.holding(position).ok_or_else(|| self.damaged(position))?;
        let mut bytes = [0; RECORD_BYTES_MAX];
        let read = segment.file.read_at(&mut bytes, segment.offset(position));
        let name = segment_name(segment.number);
        let read = read.map_err(failed(&*self.disk, "read", &name))?;
        record(bytes.get(..read)).ok_or_else(|| self.damaged(position))
    }

    pub(crate) fn damaged(&self, position: u64) -> JournalError {
        let segment = self.holding(position);
        let name = segment.as_ref().map_or_else(String::new, |segment| segment_name(segment.number));
        JournalError::Damaged {
            path: self.disk.path(&name),
            offset: segment.map_or(position, |segment| segment.offset(position)),
            what: "there is not the record that is looked for",
            remedy: FROM_COPY,
        }
    }
}

/// A record that is found by its id, or by an entry: neither has accounts that need a name.
fn record(bytes: Option<&[u8]>) -> Option<Record> {
    Record::decode(bytes?, &Nameless).map(|(record, _)| record)
}

/// The whole history: the archive, and the batches that are not in it yet.
pub(crate) struct History<'a> {
    pub(crate) sealed_segments: &'a SealedSegments,
    /// The newest batches and where they begin, the newest first.
    pub(crate) recent: [(u64, &'a [u8]); 2],
}

/// An account as its history is read.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) number: u32,
    pub(crate) entries: u64,
    pub(crate) trail: &'a EntryIndex,
}

impl History<'_> {
    /// The posting or release recorded at `position`.
    pub(crate) fn record(&self, position: u64) -> Result<Record, JournalError> {
        for (base, bytes) in self.recent {
            if let Some(at) = position.checked_sub(base) {
                return record(bytes.get(place(at)..)).ok_or_else(|| self.sealed_segments.damaged(position));
            }
        }
        self.sealed_segments.record(position)
    }

    fn posted(&self, position: u64) -> Result<Posted, JournalError> {
        match self.record(position)? {
            Record::Posted(posted) => Ok(posted),
            Record::Fact(_) => Err(self.sealed_segments.damaged(position)),
        }
    }

    /// The postings of an account's entries with numbers below `before`, newest first.
    pub(crate) fn page(
        &self,
        account: Reading<'_>,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Posted>, JournalError> {
        let newest = before.map_or(account.entries, |before| account.entries.min(before.saturating_sub(1)));
        let mut page = Vec::new();
        if newest == 0 || limit == 0 {
            return Ok(page);
        }
        let (mut posted, mut side) = self.entry(account, newest)?;
        loop {
            page.push(posted);
            if page.len() == limit || side.entry <= 1 {
                return Ok(page);
            }
            (posted, side) = self.step(account.number, side.entry - 1, side.previous)?;
        }
    }

    /// The posting of an account's newest entry that was made at `at` or earlier.
    pub(crate) fn last_at(
        &self,
        account: Reading<'_>,
        at: Timestamp,
    ) -> Result<Option<Posted>, JournalError> {
        if account.entries == 0 {
            return Ok(None);
        }
        let (mut posted, mut side) = self.step(account.number, account.entries, account.trail.last)?;
        while posted.at > at {
            if let Some(target) = skipped_to(&side) {
                let skipped = self.step(account.number, target, side.skip)?;
                if skipped.0.at > at {
                    (posted, side) = skipped;
                    continue;
                }
            }
            if side.entry <= 1 {
                return Ok(None);
            }
            (posted, side) = self.step(account.number, side.entry - 1, side.previous)?;
        }
        Ok(Some(posted))
    }

    fn entry(&self, account: Reading<'_>, entry: u64) -> Result<(Posted, StoredPosting), JournalError> {
        let (mut posted, mut side) = self.step(account.number, account.entries, account.trail.last)?;
        while side.entry > entry {
            (posted, side) = match skipped_to(&side).filter(|target| *target >= entry) {
                Some(target) => self.step(account.number, target, side.skip)?,
                None => self.step(account.number, side.entry - 1, side.previous)?,
            };
        }
        Ok((posted, side))
    }

    /// The posting at `position`, which must be entry `entry` of the account.
    fn step(&self, account: u32, entry: u64, position: u64) -> Result<(Posted, StoredPosting), JournalError> {
        let posted = self.posted(position)?;
        let side = [posted.from, posted.to].into_iter().find(|side| side.account == account);
        let side = side.filter(|side| side.entry == entry);
        Ok((posted, side.ok_or_else(|| self.sealed_segments.damaged(position))?))
    }
}
