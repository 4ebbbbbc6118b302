//! Where each transaction, and each hold that was released, is, by its id.
//!
//! The ids of the newest segments are in memory. Those of a sealed segment go to a [`Run`] beside
//! it, and eight runs of the same size become one, so there are few to ask however long the
//! history is. Memory keeps a filter and the fences of each run.

mod filter;
mod merge;
mod run;

use std::sync::Arc;
use std::sync::mpsc::Sender;

use hashbrown::HashMap;

use crate::disk::Disk;
use crate::error::JournalError;
use crate::layout::{JournalId, numbers};
use crate::sealer::Sealed;

pub(crate) use filter::Hasher;
pub(crate) use merge::{Merge, remove};
pub(crate) use run::{Entry, Run};

/// Runs of the same size that become one.
const FANOUT: usize = 8;

/// The ids of one segment, in memory.
#[derive(Default)]
pub(crate) struct Table {
    positions: HashMap<u128, u64>,
}

impl Table {
    pub(crate) fn insert(&mut self, id: u128, position: u64) {
        self.positions.insert(id, position);
    }

    pub(crate) fn find(&self, id: u128) -> Option<u64> {
        self.positions.get(&id).copied()
    }
}

impl Table {
    /// All its ids, in no order.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.positions.iter().map(|(id, position)| (*id, *position)).collect()
    }

    /// An empty table, with room for as many ids as this one has.
    fn successor(&self) -> Table {
        Table { positions: HashMap::with_capacity(self.positions.len()) }
    }
}

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
    sealer: Sender<Sealing>,
}

/// A segment that was sealed, and its ids.
pub(crate) struct Sealing {
    pub(crate) segment: u32,
    pub(crate) table: Arc<Table>,
}

impl Ids {
    pub(crate) fn new(id: JournalId, newest: Table, sealed: Arc<Sealed>, sealer: Sender<Sealing>) -> Ids {
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
        self.newest.find(id).unwrap_or_default() ^ crate::bytes::offset(runs)
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
        let _ = self.sealer.send(Sealing { segment, table });
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

/// The ids of all sealed segments up to some position: runs that follow each other.
#[derive(Clone, Default)]
pub(crate) struct Runs {
    runs: Vec<Arc<Run>>,
}

impl Runs {
    /// Opens what is there for the segments before `sealed`.
    pub(crate) fn open(
        disk: &dyn Disk,
        id: JournalId,
        names: &[String],
        sealed: u32,
    ) -> Result<Runs, JournalError> {
        let spans = numbers::<2>(names, "ids");
        let (mut runs, mut next) = (Vec::new(), 0);
        // The longest of those that begin at the same segment holds what the others do.
        while let Some([first, last]) = spans.iter().rfind(|[first, _]| *first == next) {
            if *last >= sealed {
                break;
            }
            runs.push(Arc::new(Run::open(disk, id, (*first, *last))?));
            next = last + 1;
        }
        Ok(Runs { runs })
    }

    /// Positions below this are covered.
    pub(crate) fn end(&self) -> u64 {
        self.runs.last().map_or(0, |run| run.range.1)
    }

    /// The first segment that no run covers.
    pub(crate) fn next(&self) -> u32 {
        self.runs.last().map_or(0, |run| run.span.1 + 1)
    }

    /// Whether the run of these segments is one of them.
    pub(crate) fn uses(&self, span: (u32, u32)) -> bool {
        self.runs.iter().any(|run| run.span == span)
    }

    /// Where the record of an id is.
    pub(crate) fn find(
        &self,
        disk: &dyn Disk,
        hasher: &Hasher,
        id: u128,
    ) -> Result<Option<u64>, JournalError> {
        let hashed = hasher.hash(id);
        for run in self.runs.iter().rev().filter(|run| run.may_hold(hashed)) {
            if let Some(position) = run.find(disk, id)? {
                return Ok(Some(position));
            }
        }
        Ok(None)
    }

    /// Adds the ids of a sealed segment, whose batches are in `range`.
    pub(crate) fn add(
        &mut self,
        disk: &Arc<dyn Disk>,
        id: JournalId,
        segment: u32,
        range: (u64, u64),
        mut entries: Vec<Entry>,
    ) -> Result<(), JournalError> {
        entries.sort_unstable();
        let span = (segment, segment);
        let mut writer = run::Writer::new(disk, id, span, range, entries.len())?;
        for entry in entries {
            writer.push(entry)?;
        }
        writer.finish()?;
        self.runs.push(Arc::new(Run::open(&**disk, id, span)?));
        Ok(())
    }
}
