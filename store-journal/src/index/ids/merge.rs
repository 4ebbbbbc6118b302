//! Merges eight runs into one in small steps, so that sealing a segment does not wait.

use std::sync::Arc;

use crate::disk::Disk;
use crate::error::{JournalError, failed};
use crate::format::layout::{JournalId, ids_name};
use crate::index::ids::run::{Cursor, Entry, Run, Writer};
use crate::index::ids::{FANOUT, Runs};

/// Ids that are merged in one step.
const STEP_IDS: usize = 1 << 15;

/// A run in the making.
pub(crate) struct Merge {
    disk: Arc<dyn Disk>,
    id: JournalId,
    span: (u32, u32),
    cursors: Vec<Cursor>,
    heads: Vec<Option<Entry>>,
    writer: Writer,
}

impl Merge {
    /// Starts to merge the oldest eight neighbours of the same size, if there are such.
    pub(crate) fn due(
        runs: &Runs,
        disk: &Arc<dyn Disk>,
        id: JournalId,
    ) -> Result<Option<Merge>, JournalError> {
        let width = |run: &Arc<Run>| run.span.1 - run.span.0;
        let mut groups = runs.runs.windows(FANOUT);
        let alike =
            |group: &&[Arc<Run>]| group.iter().all(|run| group.first().map(width) == Some(width(run)));
        let Some(group) = groups.find(alike) else { return Ok(None) };
        let (Some(first), Some(last)) = (group.first(), group.last()) else { return Ok(None) };
        let (span, range) = ((first.span.0, last.span.1), (first.range.0, last.range.1));
        let count = group.iter().map(|run| run.count()).sum();
        let writer = Writer::new(disk, id, span, range, count)?;
        let mut cursors: Vec<Cursor> = group.iter().map(|run| run.all(disk)).collect();
        let heads = cursors.iter_mut().map(Cursor::next).collect::<Result<_, JournalError>>()?;
        Ok(Some(Merge { disk: Arc::clone(disk), id, span, cursors, heads, writer }))
    }

    /// Merges some more; answers whether that was all.
    pub(crate) fn step(&mut self) -> Result<bool, JournalError> {
        for _ in 0..STEP_IDS {
            let heads = self.heads.iter().enumerate();
            let Some((entry, number)) = heads.filter_map(|(number, head)| Some(((*head)?, number))).min()
            else {
                return Ok(true);
            };
            self.writer.push(entry)?;
            if let (Some(head), Some(cursor)) = (self.heads.get_mut(number), self.cursors.get_mut(number)) {
                *head = cursor.next()?;
            }
        }
        Ok(false)
    }

    /// Puts the new run in the place of the eight. The files of those can go once nobody is given
    /// of them any more; their names are answered.
    pub(crate) fn finish(self, runs: &mut Runs) -> Result<Vec<String>, JournalError> {
        let Merge { disk, id, span, writer, .. } = self;
        writer.finish()?;
        let merged = Arc::new(Run::open(&*disk, id, span)?);
        let within = |run: &Arc<Run>| run.span.0 >= span.0 && run.span.1 <= span.1;
        let (old, mut kept): (Vec<_>, Vec<_>) = runs.runs.drain(..).partition(within);
        kept.push(merged);
        kept.sort_by_key(|run| run.span);
        runs.runs = kept;
        Ok(old.iter().map(|run| ids_name(run.span.0, run.span.1)).collect())
    }
}

/// Removes the files of runs that were merged.
pub(crate) fn remove(disk: &dyn Disk, names: &[String]) -> Result<(), JournalError> {
    for name in names {
        disk.remove(name).map_err(failed(disk, "remove", name))?;
    }
    Ok(())
}
