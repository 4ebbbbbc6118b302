//! Replays a journal from a position to its end.

use std::sync::Arc;

use crate::disk::Disk;
use crate::error::{DERIVED, FROM_COPY, JournalError};
use crate::format::bytes::offset;
use crate::format::layout::{JournalId, checkpoint_name, numbers, segment_name};
use crate::format::record::{self, Record};
use crate::format::segment::{Batch, Broken, Chain, SEGMENT_HEADER_BYTES, Scan, Segment};
use crate::index::ids::Entry;
use crate::recovery::checkpoint;
use crate::state::{ApplyError, State};

/// A batch at the end that was not written whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Torn {
    /// Where it begins in the last segment's file.
    pub(crate) offset: u64,
    /// The bytes from there to the last one that is not zero.
    pub(crate) bytes: u64,
}

/// What the end of a segment was like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct End {
    /// The position of the last batch that was replayed, if one was.
    pub(crate) last: Option<u64>,
    pub(crate) torn: Option<Torn>,
}

/// A journal replayed from its newest checkpoint to its end.
pub(crate) struct Replayed {
    pub(crate) state: State,
    pub(crate) chain: Chain,
    pub(crate) end: End,
    /// The segment after the checkpoint; 0 where there is none.
    pub(crate) checkpoint: u32,
    /// The checkpoint's size.
    pub(crate) checkpoint_bytes: u64,
}

/// What is informed of each record: the state before it, its segment, the
/// record and where it is.
pub(crate) type Visit<'a> = &'a mut dyn FnMut(&State, u32, &Record, u64);

/// Opens all segments and sees that none is missing: they end and begin where the others do.
pub(crate) fn segments(
    disk: &dyn Disk,
    id: JournalId,
    names: &[String],
) -> Result<Vec<Arc<Segment>>, JournalError> {
    let mut segments: Vec<Arc<Segment>> = Vec::new();
    for (expected, [number]) in (0..).zip(numbers(names, "segment")) {
        if number != expected {
            return Err(missing(disk, expected));
        }
        let segment = Segment::open(disk, id, number)?;
        if let Some(before) = segments.last() {
            let length = before.length(disk)?;
            if length != before.offset(segment.base) {
                let what = "the segment does not end where the next one begins";
                return Err(damaged(disk, before.number, length, what));
            }
        } else if segment.chain_before() != Chain::start(id) {
            return Err(damaged(disk, 0, 0, "this is not the first segment"));
        }
        segments.push(Arc::new(segment));
    }
    if segments.is_empty() { Err(missing(disk, 0)) } else { Ok(segments) }
}

fn missing(disk: &dyn Disk, number: u32) -> JournalError {
    damaged(disk, number, 0, "the segment is missing")
}

fn damaged(disk: &dyn Disk, segment: u32, offset: u64, what: &'static str) -> JournalError {
    JournalError::Damaged { path: disk.path(&segment_name(segment)), offset, what, remedy: FROM_COPY }
}

/// Replays `segments`, which `names` lists, from the newest checkpoint on.
pub(crate) fn from_checkpoint(
    disk: &dyn Disk,
    id: JournalId,
    names: &[String],
    segments: &[Arc<Segment>],
    visit: Visit<'_>,
) -> Result<Replayed, JournalError> {
    let newest = numbers(names, "checkpoint").last().map_or(0, |[number]| *number);
    let (checkpoint, (mut state, mut chain, checkpoint_bytes)) = match checkpoint::read(disk, id, newest)? {
        Some(read) => (newest, read),
        None => (0, (State::default(), Chain::start(id), 0)),
    };
    let (last, mut end) = (segments.last().map_or(0, |segment| segment.number), End::default());
    for replayed in segments.iter().filter(|segment| segment.number >= checkpoint) {
        if replayed.number == checkpoint && replayed.base != chain.position {
            return Err(JournalError::Damaged {
                path: disk.path(&checkpoint_name(checkpoint)),
                offset: 0,
                what: "the checkpoint does not belong to its segment",
                remedy: DERIVED,
            });
        }
        end = segment(disk, replayed, replayed.number == last, &mut state, &mut chain, visit)?;
    }
    Ok(Replayed { state, chain, end, checkpoint, checkpoint_bytes })
}

/// Feeds `state` with all that `segment` holds after `chain`, which ends in it. Only the last
/// segment may have a torn batch, and room, at its end.
pub(crate) fn segment(
    disk: &dyn Disk,
    segment: &Segment,
    is_last: bool,
    state: &mut State,
    chain: &mut Chain,
    visit: Visit<'_>,
) -> Result<End, JournalError> {
    let number = segment.number;
    let Chain { sequence, hash, position, .. } = *chain;
    if position == segment.base && (sequence, hash) != (segment.sequence, segment.previous) {
        return Err(damaged(disk, number, 0, "the segment does not follow the one before it"));
    }
    let bytes = segment.load(disk)?;
    let mut scan = Scan::resume(&bytes, segment.base, *chain);
    let mut last = None;
    let torn = loop {
        match scan.next() {
            Ok(Some(batch)) => {
                apply(disk, number, segment, &batch, state, visit)?;
                last = Some(chain.position);
                *chain = scan.chain;
            }
            Ok(None) if is_last || scan.at_end_of_file() => break None,
            Ok(None) => return Err(damaged(disk, number, scan.offset(), "a batch is missing here")),
            Err(Broken { offset: at, torn: true, .. }) if is_last => {
                let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                break Some(Torn { offset: at, bytes: offset(end).saturating_sub(at) });
            }
            Err(Broken { offset, what, .. }) => return Err(damaged(disk, number, offset, what)),
        }
    };
    Ok(End { last, torn })
}

fn apply(
    disk: &dyn Disk,
    number: u32,
    segment: &Segment,
    batch: &Batch<'_>,
    state: &mut State,
    visit: Visit<'_>,
) -> Result<(), JournalError> {
    let (mut rest, mut position, mut count) = (batch.records, batch.position, 0);
    let here = |position| segment.offset(position);
    while !rest.is_empty() {
        let Some((record, length)) = Record::decode(rest, &state.books) else {
            return Err(damaged(disk, number, here(position), "the record is none that this program knows"));
        };
        visit(state, number, &record, position);
        state.replay(record, position).map_err(|refused| match refused {
            ApplyError::Inconsistent(source) => JournalError::Inconsistent {
                path: disk.path(&segment_name(number)),
                offset: here(position),
                source,
            },
            ApplyError::Unknown => damaged(disk, number, here(position), "the record does not lead back"),
        })?;
        rest = rest.get(length..).unwrap_or_default();
        position += offset(length);
        count += 1;
    }
    if count == batch.header.records {
        Ok(())
    } else {
        Err(damaged(disk, number, here(batch.position), "records are missing in the batch"))
    }
}

/// The ids of a sealed segment and where their records are; the chain is checked on the way.
pub(crate) fn ids(disk: &dyn Disk, segment: &Segment) -> Result<Vec<Entry>, JournalError> {
    let bytes = segment.load(disk)?;
    let mut scan = Scan::new(&bytes, segment.chain_before());
    let mut ids = Vec::with_capacity(bytes.len().saturating_sub(SEGMENT_HEADER_BYTES) / 128);
    loop {
        let batch = match scan.next() {
            Ok(Some(batch)) => batch,
            Ok(None) => return Ok(ids),
            Err(Broken { offset, what, .. }) => return Err(damaged(disk, segment.number, offset, what)),
        };
        let (mut rest, mut position) = (batch.records, batch.position);
        while !rest.is_empty() {
            let Some((id, length)) = record::indexed_id(rest) else {
                let what = "the record is none that this program knows";
                return Err(damaged(disk, segment.number, segment.offset(position), what));
            };
            ids.extend(id.map(|id| (id, position)));
            rest = rest.get(length..).unwrap_or_default();
            position += offset(length);
        }
    }
}
