//! Preallocation on the disk, reserved before it is needed, and the change from one segment to the next.

use std::io;
use std::sync::Arc;

use crate::format::bytes::offset;
use crate::format::layout::JournalId;
use crate::format::segment::{Chain, NoRoom, SEGMENT_HEADER_BYTES, Segment};
use crate::index::history::SealedSegments;

/// Bytes that are reserved at a time.
const CHUNK_BYTES: u64 = 8 << 20;

/// How far the newest segment's room reaches.
pub(crate) struct Preallocation {
    id: JournalId,
    /// Batches go into a new segment from this many bytes on.
    segment_bytes: u64,
    /// The position that the room ends at.
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

    /// Reserves room for `bytes` more after `chain`, where everything is on disk up to there.
    /// Answers the number of the segment that this sealed, if one. A failure for want of room
    /// leaves the journal as it was.
    pub(crate) fn make(
        &mut self,
        archive: &SealedSegments,
        chain: &Chain,
        bytes: u64,
    ) -> Result<Option<u32>, NoRoom> {
        let Some(segment) = archive.last() else {
            return Err(NoRoom::Failed(io::ErrorKind::NotFound.into()));
        };
        let room = bytes.max(CHUNK_BYTES.min(self.segment_bytes));
        let used = chain.position - segment.base;
        if used == 0 || used < self.segment_bytes {
            segment.file.reserve(segment.offset(chain.position) + room).map_err(NoRoom::of)?;
            self.end = chain.position + room;
            return Ok(None);
        }
        // The next segment's being there says that this one is whole.
        self.end = chain.position;
        let cut = segment.file.truncate(offset(SEGMENT_HEADER_BYTES) + used);
        cut.and_then(|()| segment.file.sync()).map_err(NoRoom::Failed)?;
        let next = Segment::create(&*archive.disk, self.id, segment.number + 1, chain, room)?;
        archive.push(Arc::new(next));
        self.end = chain.position + room;
        Ok(Some(segment.number))
    }
}
