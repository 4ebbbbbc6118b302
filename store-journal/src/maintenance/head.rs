//! The end of a journal's chain of batches, and how it is read while another process writes.

use std::fmt;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use bank_engine_core::time::Timestamp;

use crate::disk::Disk;
use crate::error::JournalError;
use crate::format::batch::Hash;
use crate::format::layout::JournalId;
use crate::format::segment::{Chain, Segment};
use crate::recovery::replay::{self, End, Torn, Visit};
use crate::state::State;

/// How often reading the end of a journal is tried again: its writer may be in the midst
/// of a batch.
pub(crate) const TRIES: u32 = 5;

pub(crate) const TRY_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// The end of a journal's chain. Kept elsewhere, it shows later whether what was before it has
/// been changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The journal's own id.
    pub journal: u128,
    /// How many batches there are.
    pub batches: u64,
    /// The last one's BLAKE3 hash, which vouches for all before it.
    pub hash: Hash,
    /// When the last one was decided.
    pub at: Timestamp,
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} after {} batches", blake3::Hash::from_bytes(self.hash), self.batches)
    }
}

impl Head {
    pub(crate) fn of(id: JournalId, chain: &Chain) -> Head {
        Head { journal: id.0, batches: chain.sequence, hash: chain.hash, at: chain.time }
    }
}

/// Replays a segment; the end of the last one again where somebody is in the midst of writing it.
pub(super) fn end(
    disk: &dyn Disk,
    segment: &Arc<Segment>,
    is_last: bool,
    state: &mut State,
    chain: &mut Chain,
    visit: Visit<'_>,
) -> Result<Option<Torn>, JournalError> {
    for _ in 1..TRIES {
        let before = chain.sequence;
        match replay::segment(disk, segment, is_last, state, chain, visit) {
            // What was replayed stays so: a batch is taken in once it is known to be whole.
            Err(JournalError::Damaged { .. }) | Ok(End { torn: Some(_), .. }) if is_last => {}
            result => return Ok(result?.torn),
        }
        if chain.sequence == before {
            sleep(TRY_AGAIN_AFTER);
        }
    }
    Ok(replay::segment(disk, segment, is_last, state, chain, visit)?.torn)
}
