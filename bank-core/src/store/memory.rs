//! A store without a disk: for tests, demos and simulations. All is gone with the process.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::{Store, StoreError};
use crate::account::{Account, AccountId};
use crate::books::{Books, TrialBalance};
use crate::clock::{Clock, SystemClock};
use crate::ledger::{Command, Decision, Fact, Transaction, TransactionId, View, decide};
use crate::policy::Policy;
use crate::time::Timestamp;

/// The books and their history in memory, behind one lock.
pub struct MemoryStore {
    policy: Policy,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    books: Books,
    history: Vec<Transaction>,
    by_id: HashMap<TransactionId, usize>,
    by_account: HashMap<AccountId, Vec<usize>>,
    now: Timestamp,
    failed: bool,
}

impl MemoryStore {
    /// An empty bank on the machine's clock.
    #[must_use]
    pub fn new(policy: Policy) -> MemoryStore {
        MemoryStore::with_clock(policy, Arc::new(SystemClock))
    }

    /// An empty bank on a clock of your own.
    #[must_use]
    pub fn with_clock(policy: Policy, clock: Arc<dyn Clock>) -> MemoryStore {
        MemoryStore { policy, clock, state: Mutex::default() }
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn policy(&self) -> &Policy {
        &self.policy
    }

    async fn execute(&self, commands: Vec<Command>) -> Result<Vec<Decision>, StoreError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.failed {
            return Err(StoreError::Failed);
        }
        state.now = state.now.max(self.clock.now());
        let mut decisions = Vec::with_capacity(commands.len());
        for command in &commands {
            let view = MemoryView { policy: &self.policy, state: &state };
            let Ok(decision) = decide(&view, command, state.now);
            for fact in &decision.facts {
                state.record(fact)?;
            }
            decisions.push(decision);
        }
        Ok(decisions)
    }

    async fn trial_balance(&self) -> Result<Vec<TrialBalance>, StoreError> {
        Ok(self.state.lock().unwrap_or_else(PoisonError::into_inner).books.trial_balance())
    }
}

impl State {
    fn record(&mut self, fact: &Fact) -> Result<(), StoreError> {
        if let Err(inconsistent) = self.books.apply(fact) {
            self.failed = true;
            return Err(inconsistent.into());
        }
        if let Fact::Posted(transaction) = fact {
            let position = self.history.len();
            self.by_id.insert(transaction.id, position);
            for leg in [&transaction.from, &transaction.to] {
                self.by_account.entry(leg.account).or_default().push(position);
            }
            self.history.push(transaction.clone());
        }
        Ok(())
    }
}

struct MemoryView<'a> {
    policy: &'a Policy,
    state: &'a State,
}

impl View for MemoryView<'_> {
    type Error = Infallible;

    fn policy(&self) -> &Policy {
        self.policy
    }

    fn account(&self, id: &AccountId) -> Result<Option<&Account>, Infallible> {
        Ok(self.state.books.account(id))
    }

    fn transaction(&self, id: TransactionId) -> Result<Option<Transaction>, Infallible> {
        let position = self.state.by_id.get(&id);
        Ok(position.and_then(|position| self.state.history.get(*position)).cloned())
    }

    fn transactions(
        &self,
        account: &Account,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Transaction>, Infallible> {
        let positions = self.state.by_account.get(&account.id).map(Vec::as_slice).unwrap_or_default();
        // Entry numbers count from 1 without gaps, so an entry's number is its place.
        let end = before.map_or(positions.len(), |before| {
            usize::try_from(before.saturating_sub(1)).map_or(positions.len(), |end| end.min(positions.len()))
        });
        let page = positions.iter().take(end).rev().take(limit);
        Ok(page.filter_map(|position| self.state.history.get(*position)).cloned().collect())
    }

    fn last_at(&self, account: &Account, at: Timestamp) -> Result<Option<Transaction>, Infallible> {
        let positions = self.state.by_account.get(&account.id).map(Vec::as_slice).unwrap_or_default();
        let history = &self.state.history;
        let made = positions.partition_point(|position| history.get(*position).is_some_and(|t| t.at <= at));
        let last = made.checked_sub(1).and_then(|last| history.get(*positions.get(last)?));
        Ok(last.cloned())
    }
}
