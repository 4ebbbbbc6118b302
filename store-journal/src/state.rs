//! The state that the journal's facts lead to: the books, and where each account's entries are.

use bank_core::account::{Account, AccountId};
use bank_core::books::{Books, Inconsistent, Posting};
use bank_core::ledger::{Fact, Leg, Transaction};
use bank_core::money::Currency;

use crate::record::{Posted, Record, Side};
use crate::trail::Trail;

/// The books, with a trail for each account, by number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) books: Books,
    pub(crate) trails: Vec<Trail>,
    /// The accounts that the present command is most likely about.
    pub(crate) guesses: [u32; 2],
}

impl Side {
    fn posting(&self) -> Posting {
        Posting { account: self.account, balance: self.balance, entry: self.entry }
    }
}

/// A fact that could not be taken in.
#[derive(Debug)]
pub(crate) enum Refused {
    /// It contradicts the facts before it.
    Inconsistent(Inconsistent),
    /// The format has no bytes for it, or the bytes make no fact.
    Unknown,
}

impl From<Inconsistent> for Refused {
    fn from(inconsistent: Inconsistent) -> Self {
        Refused::Inconsistent(inconsistent)
    }
}

impl State {
    /// Takes in a fact; a durable one is appended to `out` as the record at `position`.
    pub(crate) fn record(&mut self, fact: &Fact, position: u64, out: &mut Vec<u8>) -> Result<(), Refused> {
        if let Fact::Posted(transaction) = fact {
            return self.post(transaction, position, out);
        }
        self.books.apply(fact)?;
        if fact.is_durable() {
            let record = self.recorded(fact).ok_or(Refused::Unknown)?;
            record.encode(out).map_err(|_| Refused::Unknown)?;
            self.follow(&record, position);
        }
        Ok(())
    }

    fn post(&mut self, transaction: &Transaction, position: u64, out: &mut Vec<u8>) -> Result<(), Refused> {
        let Transaction { id, kind, at, amount, currency, ref from, ref to, ref memo } = *transaction;
        let (from, to) = (self.side(from).ok_or(Refused::Unknown)?, self.side(to).ok_or(Refused::Unknown)?);
        self.books.post(amount, currency, [from.posting(), to.posting()])?;
        let posted = Posted { id, kind, at, amount, from, to, memo: memo.clone() };
        posted.record(out).map_err(|_| Refused::Unknown)?;
        self.extend(&posted, position);
        Ok(())
    }

    /// Takes in the record at `position`.
    pub(crate) fn replay(&mut self, record: &Record, position: u64) -> Result<(), Refused> {
        if let Record::Posted(posted) = record {
            let mut sides = [&posted.from, &posted.to].into_iter();
            let leads_back = |side: &Side| {
                let trail = self.trail(side.account);
                trail.is_some_and(|trail| trail.pointers(side.entry) == (side.previous, side.skip))
            };
            if !sides.all(leads_back) {
                return Err(Refused::Unknown);
            }
            let currency = self.books.numbered(posted.from.account).ok_or(Refused::Unknown)?.currency;
            self.books.post(posted.amount, currency, [posted.from.posting(), posted.to.posting()])?;
        } else {
            let fact = self.fact(record).ok_or(Refused::Unknown)?;
            self.books.apply(&fact)?;
        }
        self.follow(record, position);
        Ok(())
    }

    /// An account, tried first by the numbers that were guessed.
    pub(crate) fn account(&self, id: &AccountId) -> Option<&Account> {
        self.books.numbered(self.number(id)?)
    }

    /// An account's number, tried first by those that were guessed.
    pub(crate) fn number(&self, id: &AccountId) -> Option<u32> {
        let is_right = |guess: &&u32| self.books.numbered(**guess).is_some_and(|account| account.id == *id);
        self.guesses.iter().find(is_right).copied().or_else(|| self.books.number(id))
    }

    /// An account's trail; an account without entries has an empty one.
    pub(crate) fn trail(&self, number: u32) -> Option<&Trail> {
        self.trails.get(usize::try_from(number).ok()?)
    }

    fn follow(&mut self, record: &Record, position: u64) {
        match record {
            Record::Opened { .. } => self.trails.push(Trail::default()),
            Record::Posted(posted) => self.extend(posted, position),
            _ => {}
        }
    }

    fn extend(&mut self, posted: &Posted, position: u64) {
        for side in [&posted.from, &posted.to] {
            let place = usize::try_from(side.account).unwrap_or(usize::MAX);
            if let Some(trail) = self.trails.get_mut(place) {
                trail.extend(side.entry, position);
            }
        }
    }

    fn recorded(&self, fact: &Fact) -> Option<Record> {
        Some(match fact {
            Fact::Opened { account, kind, currency, secret } => {
                Record::Opened { id: *account, kind: *kind, currency: *currency, secret: *secret }
            }
            Fact::TryCharged { account } => Record::TryCharged(self.books.number(account)?),
            Fact::TriesCleared { account } => Record::TriesCleared(self.books.number(account)?),
            Fact::SecretChanged { account, secret } => {
                Record::SecretChanged(self.books.number(account)?, *secret)
            }
            Fact::FreezeChanged { account, frozen } => {
                Record::FreezeChanged(self.books.number(account)?, *frozen)
            }
            _ => return None,
        })
    }

    fn side(&self, leg: &Leg) -> Option<Side> {
        let account = self.number(&leg.account)?;
        let (previous, skip) = self.trail(account)?.pointers(leg.entry);
        Some(Side { account, balance: leg.balance, entry: leg.entry, previous, skip })
    }

    fn fact(&self, record: &Record) -> Option<Fact> {
        let name = |number: u32| Some(self.books.numbered(number)?.id);
        Some(match record {
            Record::Opened { id, kind, currency, secret } => {
                Fact::Opened { account: *id, kind: *kind, currency: *currency, secret: *secret }
            }
            Record::Posted(posted) => Fact::Posted(self.transaction(posted)?),
            Record::TryCharged(number) => Fact::TryCharged { account: name(*number)? },
            Record::TriesCleared(number) => Fact::TriesCleared { account: name(*number)? },
            Record::SecretChanged(number, secret) => {
                Fact::SecretChanged { account: name(*number)?, secret: *secret }
            }
            Record::FreezeChanged(number, frozen) => {
                Fact::FreezeChanged { account: name(*number)?, frozen: *frozen }
            }
        })
    }

    /// A posted record with the names of its accounts.
    pub(crate) fn transaction(&self, posted: &Posted) -> Option<Transaction> {
        let leg = |side: &Side| -> Option<(Leg, Currency)> {
            let account = self.books.numbered(side.account)?;
            Some((Leg { account: account.id, balance: side.balance, entry: side.entry }, account.currency))
        };
        let ((from, currency), (to, _)) = (leg(&posted.from)?, leg(&posted.to)?);
        let Posted { id, kind, at, amount, ref memo, .. } = *posted;
        Some(Transaction { id, kind, at, amount, currency, from, to, memo: memo.clone() })
    }
}
