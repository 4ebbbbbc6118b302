//! The index from the id of a transaction or a released hold to its position.
//!
//! The ids of the newest segments are in memory. Those of a sealed segment go to a [`Run`] beside
//! it, and eight runs of the same size become one, so there are few to ask however long the
//! history is. Memory keeps a filter and the fences of each run.

mod filter;
mod merge;
mod run;
mod runs;
mod sealed;
mod table;

use std::sync::Arc;
use std::sync::mpsc::Sender;

use crate::disk::Disk;
use crate::error::JournalError;
use crate::format::layout::JournalId;

pub(crate) use filter::Hasher;
pub(crate) use merge::{Merge, remove};
pub(crate) use run::{Entry, Run};
pub(crate) use runs::Runs;
pub(crate) use sealed::Sealed;
pub(crate) use table::Table;

/// Runs of the same size that become one.
const FANOUT: usize = 8;

/// Sealed segments whose ids may be in memory before deciding waits for the sealer.
const TABLES_MAX: usize = 4;

/// All ids, as the deciding thread has them.
pub(crate) struct Ids {
    /// The newest segment's.
    newest: Table,
    /// Those of sealed segments that no run holds yet, with the position that each ends at.
    tables: Vec<(u64, Arc<Table>)>,
    runs: Arc<Runs>,
    hasher: Hasher,
    sealed: Arc<Sealed>,
    sealer: Sender<SealedIds>,
}

/// A segment that was sealed, and its ids.
pub(crate) struct SealedIds {
    pub(crate) segment: u32,
    pub(crate) table: Arc<Table>,
}

impl Ids {
    pub(crate) fn new(id: JournalId, newest: Table, sealed: Arc<Sealed>, sealer: Sender<SealedIds>) -> Ids {
        let (runs, hasher) = (sealed.runs(), Hasher::new(id.filter_key()));
        Ids { newest, tables: Vec::new(), runs, hasher, sealed, sealer }
    }

    /// Where the record of an id is.
    pub(crate) fn find(&self, disk: &dyn Disk, id: u128) -> Result<Option<u64>, JournalError> {
        let mut tables = self.tables.iter().rev().map(|(_, table)| table);
        match self.newest.find(id).or_else(|| tables.find_map(|table| table.find(id))) {
            Some(position) => Ok(Some(position)),
            None => self.runs.find(disk, &self.hasher, id),
        }
    }

    /// Touches what finding the id needs; what it answers means nothing.
    pub(crate) fn touch(&self, id: u128) -> u64 {
        let hashed = self.hasher.hash(id);
        let runs = self.runs.runs.iter().filter(|run| run.may_hold(hashed)).count();
        self.newest.find(id).unwrap_or_default() ^ crate::format::bytes::offset(runs)
    }

    pub(crate) fn insert(&mut self, id: u128, position: u64) {
        self.newest.insert(id, position);
    }

    /// A segment was sealed, which ends at `end`.
    pub(crate) fn seal(&mut self, segment: u32, end: u64) {
        let next = self.newest.successor();
        let table = Arc::new(std::mem::replace(&mut self.newest, next));
        self.tables.push((end, Arc::clone(&table)));
        // A sealer that is gone leaves the ids in memory.
        let _ = self.sealer.send(SealedIds { segment, table });
        if let Some(late) = self.tables.len().checked_sub(TABLES_MAX + 1).and_then(|n| self.tables.get(n)) {
            self.sealed.wait(late.0);
        }
    }

    /// Takes over what the sealer has done.
    pub(crate) fn refresh(&mut self) {
        if !self.tables.is_empty() {
            self.runs = self.sealed.runs();
            self.tables.retain(|(end, _)| *end > self.runs.end());
        }
    }
}
