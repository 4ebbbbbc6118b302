//! The thread behind the others: it indexes sealed segments, and writes checkpoints from what is on
//! disk, by the code that opens a journal. It holds up nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};

use crate::error::{JournalError, failed};
use crate::format::layout::{JournalId, checkpoint_name};
use crate::format::segment::Chain;
use crate::index::history::SealedSegments;
use crate::index::ids::{Merge, Runs, Sealed, SealedIds, remove};
use crate::recovery::checkpoint;
use crate::recovery::index;
use crate::recovery::replay;
use crate::state::State;

/// A checkpoint is written when the journal grew by this many times the size of the last one, so
/// that checkpoints cost little beside the journal.
const CHECKPOINT_RATIO: u64 = 4;

/// And not before it grew by this many segments.
const CHECKPOINT_SEGMENTS: u64 = 2;

/// What the sealing thread owns.
pub(crate) struct Indexer {
    pub(crate) id: JournalId,
    pub(crate) sealed_segments: Arc<SealedSegments>,
    pub(crate) sealed: Arc<Sealed>,
    pub(crate) stop: Arc<AtomicBool>,
    pub(crate) segment_bytes: u64,
    /// The segment after the newest checkpoint; 0 where there is none.
    pub(crate) checkpoint: u32,
    /// That checkpoint's size.
    pub(crate) checkpoint_bytes: u64,
}

impl Indexer {
    /// Seals the segments that `inbox` names until there will be no more. While there are none it
    /// merges runs.
    pub(crate) fn run(mut self, inbox: &Receiver<SealedIds>) {
        let mut runs = Runs::clone(&self.sealed.runs());
        let mut merge = None;
        loop {
            let next = match merge {
                Some(_) => inbox.try_recv(),
                None => inbox.recv().map_err(|_| TryRecvError::Disconnected),
            };
            let done = match next {
                _ if self.stop.load(Ordering::SeqCst) => break,
                Ok(sealing) => self.seal(&sealing, &mut runs),
                Err(TryRecvError::Empty) => self.merge_some(&mut merge, &mut runs),
                Err(TryRecvError::Disconnected) => break,
            };
            let done = done.and_then(|()| {
                if merge.is_none() {
                    merge = Merge::due(&runs, &self.sealed_segments.disk, self.id)?;
                }
                Ok(())
            });
            match done {
                Ok(()) => self.sealed.go_on(),
                Err(error) => {
                    // Nothing is lost: it is made from the segments at the next try.
                    let error = bank_engine_core::error_chain::error_chain(&error);
                    tracing::error!("indexing the journal failed, its ids stay in memory: {error}");
                    merge = None;
                    self.sealed.stop();
                }
            }
        }
        self.sealed.stop();
    }

    fn seal(&mut self, sealing: &SealedIds, runs: &mut Runs) -> Result<(), JournalError> {
        // Those before it are there only after a failure.
        for unindexed in runs.next()..=sealing.segment {
            let known = (unindexed == sealing.segment).then(|| sealing.table.entries());
            index(self.id, &self.sealed_segments, unindexed, runs, known)?;
            self.sealed.publish(runs);
        }
        self.write_checkpoint(sealing.segment + 1)
    }

    fn merge_some(&self, merge: &mut Option<Merge>, runs: &mut Runs) -> Result<(), JournalError> {
        let is_done = match merge {
            Some(merge) => merge.step()?,
            None => false,
        };
        if let Some(merge) = merge.take_if(|_| is_done) {
            let merged = merge.finish(runs)?;
            self.sealed.publish(runs);
            remove(&*self.sealed_segments.disk, &merged)?;
        }
        Ok(())
    }

    /// Writes the state before `segment`, if it is time.
    fn write_checkpoint(&mut self, segment: u32) -> Result<(), JournalError> {
        let Some(grown_to) = self.sealed_segments.numbered(segment) else { return Ok(()) };
        let grown_from = self.sealed_segments.numbered(self.checkpoint).map_or(0, |segment| segment.base);
        let due = (self.checkpoint_bytes * CHECKPOINT_RATIO).max(self.segment_bytes * CHECKPOINT_SEGMENTS);
        if grown_to.base - grown_from < due {
            return Ok(());
        }
        let disk = &*self.sealed_segments.disk;
        let (first, (mut state, mut chain, _)) = match checkpoint::read(disk, self.id, self.checkpoint)? {
            Some(read) => (self.checkpoint, read),
            None => (0, (State::default(), Chain::start(self.id), 0)),
        };
        for number in first..segment {
            if self.stop.load(Ordering::SeqCst) {
                return Ok(());
            }
            if let Some(sealed) = self.sealed_segments.numbered(number) {
                replay::segment(disk, &sealed, false, &mut state, &mut chain, &mut |_, _, _, _| {})?;
            }
        }
        self.checkpoint_bytes = checkpoint::write(disk, self.id, segment, &state, &chain)?;
        let old = std::mem::replace(&mut self.checkpoint, segment);
        if old != 0 {
            let name = checkpoint_name(old);
            disk.remove(&name).map_err(failed(disk, "remove", &name))?;
        }
        Ok(())
    }
}
