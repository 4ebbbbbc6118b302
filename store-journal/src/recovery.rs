//! Opens a journal: reads it, repairs a torn end, refuses any other damage.

pub(crate) mod checkpoint;
pub(crate) mod indexer;
pub(crate) mod replay;

use std::sync::Arc;

use crate::disk::{Disk, TEMPORARY};
use crate::error::{FROM_COPY, JournalError, failed};
use crate::format::bytes::place;
use crate::format::layout::{
    JournalId, LOCK, MARK, checkpoint_name, ids_name, numbers, put_mark, read_mark, segment_name,
};
use crate::format::segment::{Chain, NoSpace, Segment};
use crate::index::history::SealedSegments;
use crate::index::ids::{Entry, Runs, Table};
use crate::recovery::replay::{Replayed, Torn};

/// A journal as it was left.
pub(crate) struct Recovered {
    pub(crate) id: JournalId,
    pub(crate) sealed_segments: SealedSegments,
    pub(crate) replayed: Replayed,
    pub(crate) runs: Runs,
    /// The ids of the last segment.
    pub(crate) table: Table,
}

/// Whose journal the directory is; `None` where it is unused.
pub(crate) fn check_ours(disk: &dyn Disk) -> Result<Option<JournalId>, JournalError> {
    if let Some(id) = read_mark(disk)? {
        return Ok(Some(id));
    }
    let names = disk.list().map_err(failed(disk, "list", ""))?;
    if is_unused(&names) { Ok(None) } else { Err(JournalError::NotAJournal { path: disk.path("") }) }
}

/// Whose journal the directory is; made one where it is unused.
pub(crate) fn identify(disk: &dyn Disk) -> Result<JournalId, JournalError> {
    if let Some(id) = check_ours(disk)? {
        return Ok(id);
    }
    let id = JournalId::random().map_err(failed(disk, "draw random numbers for", MARK))?;
    // In this order: a mark without segments would look like a loss.
    let first = Segment::create(disk, id, 0, &Chain::start(id), 0).map_err(NoSpace::into_inner);
    first.map_err(failed(disk, "create", &segment_name(0)))?;
    put_mark(disk, id)?;
    Ok(id)
}

/// Whether there is nothing but what is left of an attempt to make a journal.
fn is_unused(names: &[String]) -> bool {
    let first = segment_name(0);
    let ours = [LOCK.to_owned(), format!("{MARK}{TEMPORARY}"), format!("{first}{TEMPORARY}"), first];
    names.iter().all(|name| ours.contains(name))
}

/// Reads what is there; writes nothing.
fn read(disk: Arc<dyn Disk>, id: JournalId) -> Result<Recovered, JournalError> {
    let names = disk.list().map_err(failed(&*disk, "list", ""))?;
    let segments = replay::segments(&*disk, id, &names)?;
    let last = segments.last().map_or(0, |segment| segment.number);
    let beyond = |name: String| JournalError::Damaged {
        path: disk.path(&name),
        offset: 0,
        what: "this was made of segments that are missing",
        remedy: FROM_COPY,
    };
    if let Some([number]) = numbers(&names, "checkpoint").last().filter(|[number]| *number > last) {
        return Err(beyond(checkpoint_name(*number)));
    }
    if let Some([first, end]) = numbers(&names, "ids").iter().find(|[_, end]| *end >= last) {
        return Err(beyond(ids_name(*first, *end)));
    }
    let runs = Runs::open(&*disk, id, &names, last)?;
    let mut table = Table::default();
    let replayed =
        replay::from_checkpoint(&*disk, id, &names, &segments, &mut |_, number, record, position| {
            if let Some(id) = record.id().filter(|_| number == last) {
                table.insert(id, position);
            }
        })?;
    let sealed_segments = SealedSegments::new(disk, segments, replayed.chain.position);
    Ok(Recovered { id, sealed_segments, replayed, runs, table })
}

/// Reads what is there and puts it right: a torn batch at the end is cut off, what is left over is
/// removed, indices that are missing are made. Nothing is written where anything is damaged.
pub(crate) fn recover(disk: Arc<dyn Disk>, id: JournalId) -> Result<Recovered, JournalError> {
    let mut recovered = read(disk, id)?;
    let disk = Arc::clone(&recovered.sealed_segments.disk);
    let disk = &*disk;
    if let Some(segment) = recovered.sealed_segments.last() {
        let name = segment_name(segment.number);
        let wrong = |action| failed(disk, action, &name);
        if let Some(Torn { offset, bytes }) = recovered.replayed.end.torn {
            tracing::warn!(
                "{}: the last batch was not written whole when the bank stopped; \
                 its {bytes} bytes from byte {offset} on are dropped, no receipt was given for it",
                disk.path(&name).display()
            );
            segment.file.truncate(offset).map_err(wrong("cut off"))?;
        }
        // A whole batch that nobody was informed of may be in memory alone as yet.
        if let Some(begin) = recovered.replayed.end.last {
            write_again(disk, &segment, begin, recovered.replayed.chain.position)?;
        }
        segment.file.sync().map_err(wrong("sync"))?;
    }
    tidy(disk, &recovered)?;
    let Recovered { sealed_segments, runs, id, .. } = &mut recovered;
    let last = sealed_segments.last().map_or(0, |segment| segment.number);
    for number in runs.next()..last {
        index(*id, sealed_segments, number, runs, None)?;
    }
    Ok(recovered)
}

/// Writes the last whole batch, which begins and ends at these positions, once more: where its sync
/// failed, the system may take it for kept, and would not write it any more.
fn write_again(disk: &dyn Disk, segment: &Segment, begin: u64, end: u64) -> Result<(), JournalError> {
    let name = segment_name(segment.number);
    let at = segment.offset(begin);
    let mut batch = vec![0; place(end - begin)];
    let read = segment.file.read_at(&mut batch, at).map_err(failed(disk, "read", &name))?;
    batch.truncate(read);
    segment.file.write_at(&batch, at).map_err(failed(disk, "write", &name))
}

/// Adds a sealed segment's ids to the runs: those in `known`, or those that are read off it.
pub(crate) fn index(
    id: JournalId,
    sealed_segments: &SealedSegments,
    number: u32,
    runs: &mut Runs,
    known: Option<Vec<Entry>>,
) -> Result<(), JournalError> {
    let (Some(segment), Some(next)) =
        (sealed_segments.numbered(number), sealed_segments.numbered(number + 1))
    else {
        return Ok(());
    };
    let entries = known.map_or_else(|| replay::ids(&*sealed_segments.disk, &segment), Ok)?;
    runs.add(&sealed_segments.disk, id, number, (segment.base, next.base), entries)
}

/// Removes what a crash left and nothing needs.
fn tidy(disk: &dyn Disk, recovered: &Recovered) -> Result<(), JournalError> {
    let names = disk.list().map_err(failed(disk, "list", ""))?;
    let mut left: Vec<String> = names.iter().filter(|name| is_temporary(name)).cloned().collect();
    let old =
        numbers(&names, "checkpoint").into_iter().filter(|[number]| *number != recovered.replayed.checkpoint);
    left.extend(old.map(|[number]| checkpoint_name(number)));
    let merged = numbers(&names, "ids").into_iter().filter(|[a, b]| !recovered.runs.uses((*a, *b)));
    left.extend(merged.map(|[first, last]| ids_name(first, last)));
    for name in left {
        disk.remove(&name).map_err(failed(disk, "remove", &name))?;
    }
    Ok(())
}

/// Whether a file is one of ours that never got into its place.
fn is_temporary(name: &str) -> bool {
    let ours = ["segment-", "ids-", "checkpoint-", MARK].iter().any(|prefix| name.starts_with(prefix));
    ours && name.ends_with(TEMPORARY)
}
