//! The books and their history, as decisions read them.

use std::collections::HashMap;
use std::convert::Infallible;

use bank_engine_core::account::{Account, AccountId, TerminalId};
use bank_engine_core::books::Books;
use bank_engine_core::hold::{Dispute, Hold, Release};
use bank_engine_core::ledger::{Fact, Recorded, Transaction, TransactionId, View};
use bank_engine_core::policy::Policy;
use bank_engine_core::terminal::Terminal;
use bank_engine_core::time::Timestamp;

pub(crate) struct State {
    pub(crate) policy: Policy,
    pub(crate) books: Books,
    pub(crate) facts: Vec<Fact>,
    made: Vec<Transaction>,
    by_id: HashMap<TransactionId, usize>,
    by_account: HashMap<AccountId, Vec<usize>>,
    released: HashMap<TransactionId, (Hold, Release)>,
}

impl State {
    pub(crate) fn new(policy: Policy) -> State {
        State {
            policy,
            books: Books::default(),
            facts: Vec::new(),
            made: Vec::new(),
            by_id: HashMap::new(),
            by_account: HashMap::new(),
            released: HashMap::new(),
        }
    }

    pub(crate) fn record(&mut self, fact: &Fact) {
        self.books.apply(fact).unwrap();
        match fact {
            Fact::Posted(made) => {
                let place = self.made.len();
                assert!(self.by_id.insert(made.id, place).is_none(), "{} was made twice", made.id);
                assert!(!self.released.contains_key(&made.id), "{} was released", made.id);
                for leg in [&made.from, &made.to] {
                    self.by_account.entry(leg.account).or_default().push(place);
                }
                self.made.push(made.clone());
            }
            Fact::HoldReleased { hold, how, .. } => {
                assert!(self.released.insert(hold.id, (hold.clone(), *how)).is_none());
                assert!(!self.by_id.contains_key(&hold.id), "{} was captured", hold.id);
            }
            _ => {}
        }
        self.facts.push(fact.clone());
    }

    /// An account's transactions, oldest first.
    pub(crate) fn history(&self, account: &AccountId) -> impl DoubleEndedIterator<Item = &Transaction> {
        let places = self.by_account.get(account).map(Vec::as_slice).unwrap_or_default();
        places.iter().map(|place| &self.made[*place])
    }

    pub(crate) fn made(&self, id: TransactionId) -> Option<&Transaction> {
        self.by_id.get(&id).map(|place| &self.made[*place])
    }
}

impl View for State {
    type Error = Infallible;

    fn policy(&self) -> &Policy {
        &self.policy
    }

    fn account(&self, id: &AccountId) -> Result<Option<&Account>, Infallible> {
        Ok(self.books.account(id))
    }

    fn accounts(&self, first: u32, limit: usize) -> Result<Vec<&Account>, Infallible> {
        Ok((first..).map_while(|number| self.books.numbered(number)).take(limit).collect())
    }

    fn hold(&self, id: TransactionId) -> Result<Option<&Hold>, Infallible> {
        Ok(self.books.hold(id))
    }

    fn is_follow_up(&self, id: TransactionId) -> Result<bool, Infallible> {
        Ok(self.books.is_follow_up(id))
    }

    fn holds(&self) -> Result<Vec<&Hold>, Infallible> {
        Ok(self.books.holds().collect())
    }

    fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<&Hold>, Infallible> {
        Ok(self.books.due(now).take(limit).collect())
    }

    fn terminal(&self, id: &TerminalId) -> Result<Option<&Terminal>, Infallible> {
        Ok(self.books.terminal(id))
    }

    fn dispute(&self, hold: TransactionId) -> Result<Option<&Dispute>, Infallible> {
        Ok(self.books.disputed(hold))
    }

    fn disputes(&self) -> Result<Vec<&Dispute>, Infallible> {
        Ok(self.books.disputes().collect())
    }

    fn sessions(&self) -> Result<Vec<&Account>, Infallible> {
        Ok(self.books.in_hand().collect())
    }

    fn terminals(&self) -> Result<Vec<&Terminal>, Infallible> {
        Ok(self.books.terminals().collect())
    }

    fn is_reversed(&self, id: TransactionId) -> Result<bool, Infallible> {
        Ok(self.books.is_reversed(id))
    }

    fn recorded(&self, id: TransactionId) -> Result<Option<Recorded>, Infallible> {
        let released = |(hold, how): &(Hold, Release)| Recorded::Released { hold: hold.clone(), how: *how };
        let made = self.made(id).cloned().map(Recorded::Transaction);
        Ok(made.or_else(|| self.released.get(&id).map(released)))
    }

    fn transactions(
        &self,
        account: &Account,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Transaction>, Infallible> {
        let older = |made: &&Transaction| {
            before.is_none_or(|before| made.posting(&account.id).unwrap().entry < before)
        };
        Ok(self.history(&account.id).rev().filter(older).take(limit).cloned().collect())
    }

    fn last_at(&self, account: &Account, at: Timestamp) -> Result<Option<Transaction>, Infallible> {
        Ok(self.history(&account.id).rev().find(|made| made.at <= at).cloned())
    }
}
