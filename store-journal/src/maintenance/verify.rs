//! Verifying a journal: every byte of its segments, indexes and checkpoints is read and checked.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use bank_engine_core::books::TrialBalance;

use crate::disk::{Disk, Files};
use crate::error::{DERIVED, FROM_COPY, JournalError, failed};
use crate::format::layout::{JournalId, checkpoint_name, ids_name, numbers};
use crate::format::record::Record;
use crate::format::segment::Chain;
use crate::index::ids::{Hasher, Run};
use crate::maintenance::head::{Head, end};
use crate::maintenance::progress::{Bytes, Progress};
use crate::recovery::checkpoint;
use crate::recovery::replay::{self};
use crate::state::State;

/// What [`verify`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The end of the chain.
    pub head: Head,
    /// How many segments there are.
    pub segments: u32,
    /// Bytes of all files that were read.
    pub bytes: u64,
    /// Movements of money.
    pub transactions: u64,
    /// Accounts, the bank's own among them.
    pub accounts: usize,
    /// Debits against credits, a line a currency; each sums to zero.
    pub trial_balance: Vec<TrialBalance>,
    /// The bytes of a last batch that is not whole: one that is being written just now, or that a
    /// crash cut short. Nobody was informed of it.
    pub torn: Option<u64>,
}

/// Reads everything in the journal at `path` again: the chain, every record, all balances, the
/// checkpoint and the index of ids. The first thing that does not fit is the error.
pub fn verify(path: &Path, progress: Progress<'_>) -> Result<Verified, JournalError> {
    let files: Arc<dyn Disk> = Arc::new(Files::read_only(path));
    let disk = &*files;
    let id = JournalId::of(disk)?;
    let names = disk.list().map_err(failed(disk, "list", ""))?;
    let segments = replay::segments(disk, id, &names)?;
    let runs = runs(disk, id, &names)?;
    let mut bytes = Bytes { done: 0, all: 0, progress };
    for segment in &segments {
        bytes.all += segment.length(disk)?;
    }
    bytes.all += runs.iter().map(|run| run.bytes()).sum::<u64>();
    let (mut state, mut chain, mut torn) = (State::default(), Chain::start(id), None);
    let mut sums = Sums { hasher: Hasher::new(id.filter_key()), by_segment: Vec::new(), transactions: 0 };
    for (segment, left) in segments.iter().zip((0..segments.len()).rev()) {
        check_checkpoint(disk, id, segment.number, &state, &chain)?;
        torn = end(disk, segment, left == 0, &mut state, &mut chain, &mut |_, number, record, position| {
            sums.add(number, record, position);
        })?;
        bytes.done(segment.length(disk)?);
    }
    for run in &runs {
        sums.check(&files, run)?;
        bytes.done(run.bytes());
    }
    let trial_balance = state.books.trial_balance();
    if trial_balance.iter().any(|line| line.sum() != 0) {
        let what = "the balances do not sum to zero";
        return Err(JournalError::Damaged { path: disk.path(""), offset: 0, what, remedy: FROM_COPY });
    }
    Ok(Verified {
        head: Head::of(id, &chain),
        segments: segments.last().map_or(0, |segment| segment.number + 1),
        bytes: bytes.all,
        transactions: sums.transactions,
        accounts: state.books.accounts().len(),
        trial_balance,
        torn: torn.map(|torn| torn.bytes),
    })
}

/// The runs that are there and stay: merged ones may go while we look.
pub(super) fn runs(disk: &dyn Disk, id: JournalId, names: &[String]) -> Result<Vec<Arc<Run>>, JournalError> {
    let mut runs = Vec::new();
    for [first, last] in numbers(names, "ids") {
        match Run::open(disk, id, (first, last)) {
            Err(JournalError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {}
            run => runs.push(Arc::new(run?)),
        }
    }
    Ok(runs)
}

/// Compares the checkpoint before a segment, if there is one, to what its segments lead to.
pub(super) fn check_checkpoint(
    disk: &dyn Disk,
    id: JournalId,
    segment: u32,
    state: &State,
    chain: &Chain,
) -> Result<(), JournalError> {
    if segment == 0 {
        return Ok(());
    }
    match checkpoint::read(disk, id, segment) {
        Ok(None) => Ok(()),
        Ok(Some((kept, end, _))) if kept == *state && end == *chain => Ok(()),
        Ok(Some(_)) => {
            let what = "the checkpoint says something else than the segments before it";
            let path = disk.path(&checkpoint_name(segment));
            Err(JournalError::Damaged { path, offset: 0, what, remedy: DERIVED })
        }
        Err(JournalError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// What the indices must hold: for each segment the number of its ids, and a sum over them that
/// does not depend on their order.
pub(super) struct Sums {
    hasher: Hasher,
    by_segment: Vec<(u64, u64)>,
    transactions: u64,
}

impl Sums {
    fn add(&mut self, segment: u32, record: &Record, position: u64) {
        let Some(id) = record.id() else { return };
        self.transactions += u64::from(matches!(record, Record::Posted(_)));
        let place = usize::try_from(segment).unwrap_or(usize::MAX - 1);
        if self.by_segment.len() <= place {
            self.by_segment.resize(place + 1, (0, 0));
        }
        let sum = self.hasher.sum(id, position);
        if let Some((count, whole)) = self.by_segment.get_mut(place) {
            *count += 1;
            *whole = whole.wrapping_add(sum);
        }
    }

    fn check(&self, disk: &Arc<dyn Disk>, run: &Arc<Run>) -> Result<(), JournalError> {
        let (mut count, mut whole, mut before) = (0_u64, 0_u64, None);
        let mut entries = run.all(disk);
        let mut fits = true;
        while let Some((id, position)) = entries.next()? {
            count += 1;
            whole = whole.wrapping_add(self.hasher.sum(id, position));
            fits &= before < Some(id) && run.may_hold(self.hasher.hash(id));
            before = Some(id);
        }
        let (first, last) = run.span;
        let covered = (first..=last).filter_map(|number| self.by_segment.get(usize::try_from(number).ok()?));
        let expected =
            covered.fold((0, 0_u64), |(n, sum), (count, whole)| (n + count, sum.wrapping_add(*whole)));
        if fits && expected == (count, whole) {
            return Ok(());
        }
        let path = disk.path(&ids_name(first, last));
        let what = "the index of transaction ids says something else than its segments";
        Err(JournalError::Damaged { path, offset: 0, what, remedy: DERIVED })
    }
}
