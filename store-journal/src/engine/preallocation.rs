//! Reserves disk space before it is needed, and starts the next segment when one is full.

use std::io;
use std::sync::Arc;

use crate::format::bytes::offset;
use crate::format::layout::JournalId;
use crate::format::segment::{Chain, NoSpace, SEGMENT_HEADER_BYTES, Segment};
use crate::index::history::SealedSegments;

/// Bytes that are reserved at a time.
const CHUNK_BYTES: u64 = 8 << 20;

/// The end of the space reserved in the newest segment.
pub(crate) struct Preallocation {
    id: JournalId,
    /// Batches go into a new segment from this many bytes on.
    segment_bytes: u64,
    /// The position at which the reserved space ends.
    end: u64,
}

impl Preallocation {
    /// Nothing is reserved yet after `position`.
    pub(crate) fn new(id: JournalId, segment_bytes: u64, position: u64) -> Preallocation {
        Preallocation { id, segment_bytes, end: position }
    }

    pub(crate) fn reaches(&self, position: u64) -> bool {
        position <= self.end
    }

    /// Reserves space for `bytes` more after `chain`, where everything is on disk up to there.
    /// Answers the number of the segment that this sealed, if one. A failure for want of space
    /// leaves the journal as it was.
    pub(crate) fn make(
        &mut self,
        sealed_segments: &SealedSegments,
        chain: &Chain,
        bytes: u64,
    ) -> Result<Option<u32>, NoSpace> {
        let Some(segment) = sealed_segments.last() else {
            return Err(NoSpace::Failed(io::ErrorKind::NotFound.into()));
        };
        let room = bytes.max(CHUNK_BYTES.min(self.segment_bytes));
        let used = chain.position - segment.base;
        if used == 0 || used < self.segment_bytes {
            segment.file.reserve(segment.offset(chain.position) + room).map_err(NoSpace::of)?;
            self.end = chain.position + room;
            return Ok(None);
        }
        // The next segment's being there says that this one is whole.
        self.end = chain.position;
        let cut = segment.file.truncate(offset(SEGMENT_HEADER_BYTES) + used);
        cut.and_then(|()| segment.file.sync()).map_err(NoSpace::Failed)?;
        let next = Segment::create(&*sealed_segments.disk, self.id, segment.number + 1, chain, room)?;
        sealed_segments.push(Arc::new(next));
        self.end = chain.position + room;
        Ok(Some(segment.number))
    }
}
