//! The state in memory: the books, and the position of each account's newest entry.

use bank_engine_core::account::{Account, AccountId};
use bank_engine_core::books::{Books, Inconsistent};
use bank_engine_core::ledger::{Fact, Posting, Transaction};

use crate::format::record::{self, Record, StoredPosting};
use crate::index::entries::EntryIndex;

/// The books, with a trail for each account, by number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) books: Books,
    pub(crate) trails: Vec<EntryIndex>,
    /// The accounts that the present command is most likely about.
    pub(crate) prefetched: [u32; 2],
}

/// A fact that could not be taken in.
#[derive(Debug)]
pub(crate) enum ApplyError {
    /// It contradicts the facts before it.
    Inconsistent(Inconsistent),
    /// The format has no bytes for it, or the bytes make no fact.
    Unknown,
}

impl From<Inconsistent> for ApplyError {
    fn from(inconsistent: Inconsistent) -> Self {
        ApplyError::Inconsistent(inconsistent)
    }
}

impl State {
    /// Takes in a fact; a durable one is appended to `out` as the record at `position`.
    pub(crate) fn record(&mut self, fact: &Fact, position: u64, out: &mut Vec<u8>) -> Result<(), ApplyError> {
        if let Fact::Posted(transaction) = fact {
            return self.post(transaction, position, out);
        }
        self.books.apply(fact)?;
        if fact.is_durable() {
            record::put(fact, &self.books, out).map_err(|_| ApplyError::Unknown)?;
            self.follow(fact);
        }
        Ok(())
    }

    fn post(
        &mut self,
        transaction: &Transaction,
        position: u64,
        out: &mut Vec<u8>,
    ) -> Result<(), ApplyError> {
        let from = self.side(&transaction.from).ok_or(ApplyError::Unknown)?;
        let to = self.side(&transaction.to).ok_or(ApplyError::Unknown)?;
        self.books.post(transaction, [from.posting(), to.posting()])?;
        record::put_posted(transaction, [&from, &to], out).map_err(|_| ApplyError::Unknown)?;
        self.extend([&from, &to], position);
        Ok(())
    }

    /// Takes in the record at `position`.
    pub(crate) fn replay(&mut self, record: Record, position: u64) -> Result<(), ApplyError> {
        match record {
            Record::Posted(posted) => {
                let (from, to) = (posted.from, posted.to);
                let leads_back = |side: &StoredPosting| {
                    let trail = self.trail(side.account);
                    trail.is_some_and(|trail| trail.pointers(side.entry) == (side.previous, side.skip))
                };
                if ![from, to].iter().all(leads_back) {
                    return Err(ApplyError::Unknown);
                }
                let transaction = posted.named(&self.books).ok_or(ApplyError::Unknown)?;
                self.books.post(&transaction, [from.posting(), to.posting()])?;
                self.extend([&from, &to], position);
            }
            Record::Fact(fact) => {
                self.books.apply(&fact)?;
                self.follow(&fact);
            }
        }
        Ok(())
    }

    /// An account, tried first by the numbers that were guessed.
    pub(crate) fn account(&self, id: &AccountId) -> Option<&Account> {
        self.books.numbered(self.number(id)?)
    }

    /// An account's number, tried first by those that were guessed.
    pub(crate) fn number(&self, id: &AccountId) -> Option<u32> {
        let is_right = |guess: &&u32| self.books.numbered(**guess).is_some_and(|account| account.id == *id);
        self.prefetched.iter().find(is_right).copied().or_else(|| self.books.number(id))
    }

    /// An account's trail; an account without entries has an empty one.
    pub(crate) fn trail(&self, number: u32) -> Option<&EntryIndex> {
        self.trails.get(usize::try_from(number).ok()?)
    }

    fn follow(&mut self, fact: &Fact) {
        if let Fact::Opened { .. } = fact {
            self.trails.push(EntryIndex::default());
        }
    }

    fn extend(&mut self, sides: [&StoredPosting; 2], position: u64) {
        for side in sides {
            let place = usize::try_from(side.account).unwrap_or(usize::MAX);
            if let Some(trail) = self.trails.get_mut(place) {
                trail.extend(side.entry, position);
            }
        }
    }

    fn side(&self, posting: &Posting) -> Option<StoredPosting> {
        let account = self.number(&posting.account)?;
        let (previous, skip) = self.trail(account)?.pointers(posting.entry);
        Some(StoredPosting { account, balance: posting.balance, entry: posting.entry, previous, skip })
    }
}
