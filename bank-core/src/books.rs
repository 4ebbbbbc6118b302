//! The state of the bank in memory, built from facts.

mod holds;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::account::{Account, AccountId, Kind, TerminalId};
use crate::day::Day;
use crate::hold::{Dispute, Hold};
use crate::ledger::{Fact, Origin, Posting, Transaction, TransactionId};
use crate::money::{Currency, Minor};
use crate::session::Lease;
use crate::terminal::{Terminal, TerminalChange};
use crate::time::Timestamp;

/// All accounts. Every store keeps one of these and feeds it the facts that it records; the same
/// facts in the same order give equal books.
#[derive(Debug, Clone, Default)]
pub struct Books {
    accounts: Vec<Account>,
    /// Places in `accounts`, found by name.
    places: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// Those that are open.
    holds: HashMap<TransactionId, Hold>,
    /// The ids that open dispenses keep for what they may lead to.
    follow_ups: HashSet<TransactionId>,
    /// The open holds by the end of their time; suspect ones have none.
    due: BTreeSet<(Timestamp, TransactionId)>,
    /// The accounts that a session holds, by number.
    in_hand: BTreeSet<u32>,
    terminals: BTreeMap<TerminalId, Terminal>,
    /// Transactions that were taken back.
    reversed: HashSet<TransactionId>,
    /// Dispenses that a terminal and the record disagree about, or did.
    disputes: BTreeMap<TransactionId, Dispute>,
}

impl Books {
    /// Books that hold these accounts, opened in this order.
    pub fn restore(accounts: impl IntoIterator<Item = Account>) -> Result<Books, Inconsistent> {
        let mut books = Books::default();
        for account in accounts {
            books.insert(account)?;
        }
        Ok(books)
    }

    /// An account.
    #[must_use]
    pub fn account(&self, id: &AccountId) -> Option<&Account> {
        self.number(id).and_then(|number| self.numbered(number))
    }

    /// An account's number: accounts count from 0 in the order in which they were opened.
    #[must_use]
    pub fn number(&self, id: &AccountId) -> Option<u32> {
        let same = |place: &u32| self.numbered(*place).is_some_and(|account| account.id == *id);
        self.places.find(self.hasher.hash_one(id), same).copied()
    }

    /// The account that has a number.
    #[must_use]
    pub fn numbered(&self, number: u32) -> Option<&Account> {
        self.accounts.get(usize::try_from(number).ok()?)
    }

    /// All accounts, in the order in which they were opened.
    #[must_use]
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// The accounts that a session holds, its time over or not.
    pub fn in_hand(&self) -> impl Iterator<Item = &Account> {
        self.in_hand.iter().filter_map(|number| self.numbered(*number))
    }

    /// Takes in what happened. Nothing is decided again, but a fact that cannot have followed the
    /// facts before it is refused, and the books stay as they were.
    pub fn apply(&mut self, fact: &Fact) -> Result<(), Inconsistent> {
        match fact {
            Fact::Opened { account, kind, currency, secret, minimum_balance, must_change } => {
                let new = Account::new(*account, *kind, *currency, *secret);
                let mut new = new.opened_with_minimum(*minimum_balance);
                new.must_change = *must_change;
                self.insert(new)?;
            }
            Fact::Posted(transaction) => {
                let numbered = |posting: &Posting| {
                    let unknown = Inconsistent { account: posting.account, reason: NEVER_OPENED };
                    let number = self.number(&posting.account).ok_or(unknown)?;
                    Ok(Posting { account: number, balance: posting.balance, entry: posting.entry })
                };
                let (from, to) = (numbered(&transaction.from)?, numbered(&transaction.to)?);
                self.post(transaction, [from, to])?;
            }
            Fact::TryCharged { account } => {
                let account = self.find(account)?;
                account.tries = account.tries.saturating_add(1);
            }
            Fact::TriesCleared { account } => self.find(account)?.tries = 0,
            Fact::SecretChanged { account, secret, must_change } => {
                let account = self.find(account)?;
                (account.secret, account.must_change) = (Some(*secret), *must_change);
            }
            Fact::AccountChanged { account, change, note } => self.find(account)?.changed(*change, note),
            Fact::HoldPlaced(hold) => self.place(hold)?,
            Fact::HoldOrdered { hold, expires } => self.order(*hold, *expires)?,
            Fact::HoldReleased { hold, .. } => self.release(hold)?,
            Fact::HoldResolved { .. } => {}
            Fact::Disputed(dispute) => self.dispute(dispute)?,
            Fact::DisputeResolved { hold, finding, .. } => self.resolve_dispute(*hold, *finding)?,
            Fact::TerminalKeyed { terminal, currency, key } => {
                let new = || Terminal::new(*terminal, *currency, *key);
                self.terminals.entry(*terminal).or_insert_with(new).key = *key;
            }
            Fact::TerminalChanged { terminal, change, .. } => {
                let known = self.terminals.get_mut(terminal);
                let known =
                    known.ok_or(never_added(terminal, "a terminal was changed that was never added"))?;
                match change {
                    TerminalChange::Disabled => known.is_enabled = false,
                    TerminalChange::Enabled => known.is_enabled = true,
                    TerminalChange::Added | TerminalChange::KeyChanged => {}
                }
            }
            Fact::NotesChanged { terminal, cassettes, reject_bin } => {
                self.stock(terminal, cassettes, reject_bin)?
            }
            Fact::TerminalCounted { terminal, currency, at } => self.count(terminal, *currency, *at),
            Fact::LeaseGranted { account, session, at } => {
                self.find(account)?.lease = Some(Lease { session: *session, granted: *at, used: *at });
                self.in_hand.extend(self.number(account));
            }
            Fact::LeaseUsed { account, at } => {
                if let Some(lease) = &mut self.find(account)?.lease {
                    lease.used = *at;
                }
            }
            Fact::LeaseEnded { account } => {
                self.find(account)?.lease = None;
                if let Some(number) = self.number(account) {
                    self.in_hand.remove(&number);
                }
            }
        }
        Ok(())
    }

    /// Takes in a transaction whose accounts' numbers are known, as [`apply`](Self::apply) does
    /// with [`Fact::Posted`]; its postings are those given.
    pub fn post(
        &mut self,
        transaction: &Transaction,
        postings: [Posting<u32>; 2],
    ) -> Result<(), Inconsistent> {
        let [from, to] = postings;
        let Transaction { amount, currency, kind, day, .. } = *transaction;
        self.check(&from, Minor(-amount.0), currency)?;
        self.check(&to, amount, currency)?;
        if from.account == to.account {
            return Err(self.wrong(from.account, "it paid itself"));
        }
        if transaction.origin != Origin::Itself {
            self.follow(transaction)?;
        } else if kind.is_counted() {
            self.use_up(from.account, day, amount);
        }
        for Posting { account, balance, entry } in postings {
            if let Some(account) = self.find_numbered(account) {
                account.balance = balance;
                account.entries = entry;
            }
        }
        Ok(())
    }

    fn use_up(&mut self, account: u32, day: Day, amount: Minor) {
        if let Some(account) = self.find_numbered(account).filter(|account| account.kind == Kind::Customer) {
            account.usage.add(day, amount);
        }
    }

    /// Which number an account most likely has, without a look at the account itself: for stores
    /// that decide many commands in a row and fetch their accounts ahead.
    #[must_use]
    pub fn guess(&self, id: &AccountId) -> Option<u32> {
        self.places.find(self.hasher.hash_one(id), |_| true).copied()
    }

    /// Debits against credits, a line a currency, in the order of the codes.
    #[must_use]
    pub fn trial_balance(&self) -> Vec<TrialBalance> {
        let mut lines = BTreeMap::new();
        for account in &self.accounts {
            let currency = account.currency;
            let line = lines.entry(currency).or_insert(TrialBalance {
                currency,
                accounts: 0,
                debits: 0,
                credits: 0,
            });
            line.accounts += 1;
            // 2^64 accounts of 2^63 each still fit an i128.
            if account.balance.is_positive() {
                line.credits += i128::from(account.balance.0);
            } else {
                line.debits -= i128::from(account.balance.0);
            }
        }
        lines.into_values().collect()
    }

    pub(crate) fn insert(&mut self, account: Account) -> Result<(), Inconsistent> {
        let wrong = |reason| Inconsistent { account: account.id, reason };
        if self.number(&account.id).is_some() {
            return Err(wrong("it was opened twice"));
        }
        let number = u32::try_from(self.accounts.len()).map_err(|_| wrong("it is one too many"))?;
        let (accounts, hasher) = (&self.accounts, &self.hasher);
        let hash = |place: &u32| {
            let account = usize::try_from(*place).ok().and_then(|place| accounts.get(place));
            account.map_or(0, |account| hasher.hash_one(account.id))
        };
        self.places.insert_unique(self.hasher.hash_one(account.id), number, hash);
        self.accounts.push(account);
        Ok(())
    }

    fn check(&self, posting: &Posting<u32>, change: Minor, currency: Currency) -> Result<(), Inconsistent> {
        let wrong = |reason| self.wrong(posting.account, reason);
        let account = self.numbered(posting.account).ok_or_else(|| wrong(NEVER_OPENED))?;
        if account.currency != currency {
            return Err(wrong("a transaction is in another currency"));
        }
        if account.balance.checked_add(change) != Some(posting.balance) {
            return Err(wrong("a transaction does not follow from its balance"));
        }
        if account.entries.checked_add(1) != Some(posting.entry) {
            return Err(wrong("a transaction does not follow its last entry"));
        }
        Ok(())
    }

    fn wrong(&self, number: u32, reason: &'static str) -> Inconsistent {
        let known = self.numbered(number).map(|account| account.id);
        Inconsistent { account: known.unwrap_or_else(|| AccountId::nameless(number)), reason }
    }

    fn find(&mut self, id: &AccountId) -> Result<&mut Account, Inconsistent> {
        let number = self.number(id);
        let account = number.and_then(|number| self.find_numbered(number));
        account.ok_or(Inconsistent { account: *id, reason: NEVER_OPENED })
    }

    fn find_numbered(&mut self, number: u32) -> Option<&mut Account> {
        self.accounts.get_mut(usize::try_from(number).ok()?)
    }
}

impl PartialEq for Books {
    fn eq(&self, other: &Books) -> bool {
        self.accounts == other.accounts
            && self.holds == other.holds
            && self.terminals == other.terminals
            && self.reversed == other.reversed
            && self.disputes == other.disputes
    }
}

impl Eq for Books {}

const NEVER_OPENED: &str = "it was never opened";

fn never_added(terminal: &TerminalId, reason: &'static str) -> Inconsistent {
    Inconsistent { account: AccountId::cash(terminal, Currency::USD), reason }
}

/// Over all accounts of a currency: what the bank has against what it owes, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrialBalance {
    /// The currency.
    pub currency: Currency,
    /// How many accounts count in it, the bank's own among them.
    pub accounts: usize,
    /// The sum of all balances below zero, without its sign.
    pub debits: i128,
    /// The sum of all balances above zero.
    pub credits: i128,
}

impl TrialBalance {
    /// Credits less debits: zero, or the books are wrong.
    #[must_use]
    pub fn sum(&self) -> i128 {
        self.credits - self.debits
    }
}

/// A fact that cannot have followed the facts before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the record of account {account} is inconsistent: {reason}")]
pub struct Inconsistent {
    /// Which account it is about.
    pub account: AccountId,
    /// What does not fit.
    pub reason: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Kind;
    use crate::ledger::TransactionKind;
    use crate::time::Timestamp;

    fn opened(name: &str, kind: Kind) -> Fact {
        let account = name.parse().unwrap();
        Fact::Opened {
            account,
            kind,
            currency: Currency::USD,
            secret: None,
            minimum_balance: Minor::ZERO,
            must_change: false,
        }
    }

    fn posted(amount: i64, from: (i64, u64), to: (i64, u64)) -> Fact {
        let posting = |name: &str, (balance, entry)| Posting {
            account: name.parse().unwrap(),
            balance: Minor(balance),
            entry,
        };
        Fact::Posted(Transaction {
            id: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
            kind: TransactionKind::Deposit,
            at: Timestamp::default(),
            day: Day::default(),
            amount: Minor(amount),
            currency: Currency::USD,
            from: posting("till", from),
            to: posting("customer", to),
            memo: None,
            origin: Origin::Itself,
            notes: None,
            operator: None,
            unavailable: Minor::ZERO,
        })
    }

    fn books() -> Books {
        let mut books = Books::default();
        books.apply(&opened("till", Kind::Cash)).unwrap();
        books.apply(&opened("customer", Kind::Customer)).unwrap();
        books
    }

    #[test]
    fn posting_moves_both_balances_and_sums_to_zero() {
        let mut books = books();
        books.apply(&posted(5, (-5, 1), (5, 1))).unwrap();
        let line = TrialBalance { currency: Currency::USD, accounts: 2, debits: 5, credits: 5 };
        assert_eq!((books.trial_balance(), line.sum()), (vec![line], 0));
    }

    #[test]
    fn a_fact_that_does_not_follow_is_refused_and_changes_nothing() {
        let mut books = books();
        let before = books.clone();
        let wrong = [
            posted(5, (-5, 1), (6, 1)),
            posted(5, (-4, 1), (5, 1)),
            posted(5, (-5, 2), (5, 1)),
            posted(5, (-5, 1), (5, 0)),
            posted(i64::MIN + 1, (i64::MAX, 1), (5, 1)),
            opened("till", Kind::Cash),
            Fact::TriesCleared { account: "nobody".parse().unwrap() },
        ];
        for fact in wrong {
            assert!(books.apply(&fact).is_err(), "{fact:?}");
            assert_eq!(books, before, "{fact:?}");
        }
    }
}
