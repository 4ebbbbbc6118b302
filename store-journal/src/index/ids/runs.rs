//! The runs of all sealed segments.

use std::sync::Arc;

use crate::disk::Disk;
use crate::error::JournalError;
use crate::format::layout::{JournalId, numbers};
use crate::index::ids::run::Writer;
use crate::index::ids::{Entry, Hasher, Run};

/// The ids of all sealed segments up to some position: runs that follow each other.
#[derive(Clone, Default)]
pub(crate) struct Runs {
    pub(crate) runs: Vec<Arc<Run>>,
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
        let mut writer = Writer::new(disk, id, span, range, entries.len())?;
        for entry in entries {
            writer.push(entry)?;
        }
        writer.finish()?;
        self.runs.push(Arc::new(Run::open(&**disk, id, span)?));
        Ok(())
    }
}
