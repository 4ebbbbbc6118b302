//! Looking at a journal from outside, also while another process writes to it. Nothing is written.

use std::fmt;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use bank_engine_core::books::{Books, TrialBalance};
use bank_engine_core::ledger::{Fact, Transaction};
use bank_engine_core::time::Timestamp;

use crate::batch::Hash;
use crate::checkpoint;
use crate::disk::{Disk, Files};
use crate::error::{DERIVED, FROM_COPY, JournalError, failed};
use crate::ids::{Hasher, Run};
use crate::layout::{JournalId, checkpoint_name, ids_name, numbers, segment_name};
use crate::record::Record;
use crate::replay::{self, End, Torn, Visit};
use crate::segment::{Broken, Chain, Scan, Segment};
use crate::state::State;

/// Told now and then: the bytes that are done, and those in all.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// How often reading the end of a journal is tried again: whoever writes to it may be in the midst
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
    /// crash cut short. Nobody was told of it.
    pub torn: Option<u64>,
}

/// The end of the chain of the journal at `path`.
pub fn head(path: &Path) -> Result<Head, JournalError> {
    let (id, _, chain) = at_the_end(path)?;
    Ok(Head::of(id, &chain))
}

/// The accounts of the journal at `path`, as its last whole batch left them.
pub fn books(path: &Path) -> Result<Books, JournalError> {
    Ok(at_the_end(path)?.1.books)
}

/// The number of the batch that has this hash, if the journal at `path` has one: whether a head that
/// was kept is still in the chain. `None` says that something before it was changed, or that it was
/// another journal's.
pub fn find(path: &Path, hash: &Hash) -> Result<Option<u64>, JournalError> {
    let disk = Files::read_only(path);
    let id = JournalId::of(&disk)?;
    let names = disk.list().map_err(failed(&disk, "list", ""))?;
    let segments = replay::segments(&disk, id, &names)?;
    for (segment, left) in segments.iter().zip((0..segments.len()).rev()) {
        let bytes = segment.load(&disk)?;
        let mut scan = Scan::new(&bytes, segment.chain_before());
        loop {
            match scan.next() {
                Ok(Some(batch)) if batch.header.hash == *hash => return Ok(Some(batch.header.sequence)),
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(_) if left == 0 => break,
                Err(Broken { offset, what, .. }) => {
                    let path = disk.path(&segment_name(segment.number));
                    return Err(JournalError::Damaged { path, offset, what, remedy: FROM_COPY });
                }
            }
        }
    }
    Ok(None)
}

/// Tells every movement in the journal at `path` to `visit`, as [`facts`] does with all facts.
pub fn transactions<E: From<JournalError>>(
    path: &Path,
    mut visit: impl FnMut(&Transaction) -> Result<(), E>,
    progress: Progress<'_>,
) -> Result<Books, E> {
    let visit = |fact: &Fact, _: &Books| match fact {
        Fact::Posted(transaction) => visit(transaction),
        _ => Ok(()),
    };
    facts(path, visit, progress)
}

/// Tells every fact in the journal at `path` to `visit`, with the books before it, in the order in
/// which they were decided and each once, checking the chain and all balances on the way. The answer is
/// the accounts as they stood after that; whoever writes to the journal meanwhile goes on beyond it.
///
/// Nothing is told of a batch before it is known to be whole. The first error ends it, be it the
/// journal's or one of `visit`, which is then not called again; what was told before stands. In
/// memory are the accounts and one segment.
pub fn facts<E: From<JournalError>>(
    path: &Path,
    mut visit: impl FnMut(&Fact, &Books) -> Result<(), E>,
    progress: Progress<'_>,
) -> Result<Books, E> {
    let disk = Files::read_only(path);
    let id = JournalId::of(&disk)?;
    let names = disk.list().map_err(failed(&disk, "list", ""))?;
    let segments = replay::segments(&disk, id, &names)?;
    let mut bytes = Bytes { done: 0, all: 0, progress };
    for segment in &segments {
        bytes.all += segment.length(&disk)?;
    }
    let (mut state, mut chain, mut told) = (State::default(), Chain::start(id), Ok(()));
    for (segment, left) in segments.iter().zip((0..segments.len()).rev()) {
        end(&disk, segment, left == 0, &mut state, &mut chain, &mut |state, _, record, _| {
            // A posting without its accounts is refused by the replay itself.
            let fact = match record {
                Record::Posted(posted) => posted.clone().named(&state.books).map(Fact::Posted),
                Record::Fact(fact) => Some(fact.clone()),
            };
            if let (Ok(()), Some(fact)) = (&told, fact) {
                told = visit(&fact, &state.books);
            }
        })?;
        std::mem::replace(&mut told, Ok(()))?;
        bytes.done(segment.length(&disk)?);
    }
    Ok(state.books)
}

fn at_the_end(path: &Path) -> Result<(JournalId, State, Chain), JournalError> {
    let disk = Files::read_only(path);
    let id = JournalId::of(&disk)?;
    // A checkpoint gives way to its successor while others look.
    let mut tries = TRIES;
    loop {
        match from_checkpoint(&disk, id) {
            Err(_) if tries > 1 => tries -= 1,
            result => return result.map(|(state, chain)| (id, state, chain)),
        }
        sleep(TRY_AGAIN_AFTER);
    }
}

fn from_checkpoint(disk: &dyn Disk, id: JournalId) -> Result<(State, Chain), JournalError> {
    let names = disk.list().map_err(failed(disk, "list", ""))?;
    let segments = replay::segments(disk, id, &names)?;
    let replayed = replay::from_checkpoint(disk, id, &names, &segments, &mut |_, _, _, _| {})?;
    Ok((replayed.state, replayed.chain))
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

struct Bytes<'a> {
    done: u64,
    all: u64,
    progress: Progress<'a>,
}

impl Bytes<'_> {
    fn done(&mut self, bytes: u64) {
        self.done = (self.done + bytes).min(self.all);
        (self.progress)(self.done, self.all);
    }
}

/// The runs that are there and stay: merged ones may go while we look.
fn runs(disk: &dyn Disk, id: JournalId, names: &[String]) -> Result<Vec<Arc<Run>>, JournalError> {
    let mut runs = Vec::new();
    for [first, last] in numbers(names, "ids") {
        match Run::open(disk, id, (first, last)) {
            Err(JournalError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {}
            run => runs.push(Arc::new(run?)),
        }
    }
    Ok(runs)
}

/// Replays a segment; the end of the last one again where somebody is in the midst of writing it.
fn end(
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

/// Compares the checkpoint before a segment, if there is one, to what its segments lead to.
fn check_checkpoint(
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
struct Sums {
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
