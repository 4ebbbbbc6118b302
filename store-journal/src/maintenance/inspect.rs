//! Reads a journal from outside, also while another process writes to it. Nothing is written.

use std::path::Path;
use std::thread::sleep;

use bank_engine_core::books::Books;
use bank_engine_core::ledger::{Fact, Transaction};

use crate::disk::{Disk, Files};
use crate::error::{FROM_COPY, JournalError, failed};
use crate::format::batch::Hash;
use crate::format::layout::{JournalId, segment_name};
use crate::format::record::Record;
use crate::format::segment::{Broken, Chain, Scan};
use crate::maintenance::head::{Head, TRIES, TRY_AGAIN_AFTER, end};
use crate::maintenance::progress::{Bytes, Progress};
use crate::recovery::replay::{self};
use crate::state::State;

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

/// Reads every movement in the journal at `path` to `visit`, as [`facts`] does with all facts.
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

/// Reads every fact in the journal at `path` to `visit`, with the books before it, in the order in
/// which they were decided and each once, checking the chain and all balances on the way. The answer is
/// the accounts after that; a process that writes to the journal meanwhile goes on beyond it.
///
/// Nothing is informed of a batch before it is known to be whole. The first error ends it, be it the
/// journal's or one of `visit`, which is then not called again; what was visited before remains. In
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
    let (mut state, mut chain, mut visited) = (State::default(), Chain::start(id), Ok(()));
    for (segment, left) in segments.iter().zip((0..segments.len()).rev()) {
        end(&disk, segment, left == 0, &mut state, &mut chain, &mut |state, _, record, _| {
            // A posting without its accounts is refused by the replay itself.
            let fact = match record {
                Record::Posted(posted) => posted.clone().named(&state.books).map(Fact::Posted),
                Record::Fact(fact) => Some(fact.clone()),
            };
            if let (Ok(()), Some(fact)) = (&visited, fact) {
                visited = visit(&fact, &state.books);
            }
        })?;
        std::mem::replace(&mut visited, Ok(()))?;
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
