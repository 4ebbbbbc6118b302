//! A store without a disk: for tests, demos and simulations. All is gone with the process.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::{Event, Position, Store, StoreError};
use crate::account::{Account, AccountId, TerminalId};
use crate::books::{Books, TrialBalance};
use crate::clock::{self, Clock, SystemClock};
use crate::dates::{ClockStatus, Dated, Dates};
use crate::hold::{Dispute, Hold, Release};
use crate::ledger::{Answer, Command, Fact, Recorded, Transaction, TransactionId, View, decide, elapsed};
use crate::policy::Policy;
use crate::terminal::Terminal;
use crate::time::Timestamp;

/// The books and their history in memory, behind one lock.
pub struct MemoryStore {
    policy: Policy,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryStore").field("policy", &self.policy).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct State {
    books: Books,
    history: Vec<Transaction>,
    by_id: HashMap<TransactionId, usize>,
    by_account: HashMap<AccountId, Vec<usize>>,
    released: HashMap<TransactionId, (Hold, Release)>,
    facts: Vec<(Timestamp, Fact)>,
    now: Timestamp,
    dates: Dates,
    clock: ClockStatus,
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

    async fn execute(&self, commands: Vec<Command>) -> Result<Vec<Answer>, StoreError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.failed {
            return Err(StoreError::Failed);
        }
        let since = state.now;
        let wall = self.clock.now();
        let Dated { date, change, .. } = state.dates.date(wall, self.clock.elapsed());
        (state.now, state.clock) = (date, state.dates.status(wall));
        if let Some(change) = change {
            clock::log(change);
        }
        loop {
            let view = MemoryView { policy: &self.policy, state: &state };
            let Ok(facts) = elapsed(&view, since, state.now);
            if facts.is_empty() {
                break;
            }
            for fact in &facts {
                state.record(fact)?;
            }
        }
        let mut answers = Vec::with_capacity(commands.len());
        for command in &commands {
            let view = MemoryView { policy: &self.policy, state: &state };
            let Ok(decision) = decide(&view, command, state.now);
            for fact in &decision.facts {
                state.record(fact)?;
            }
            answers.push(decision.outcome);
        }
        Ok(answers)
    }

    fn clock(&self) -> ClockStatus {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clock
    }

    async fn trial_balance(&self) -> Result<Vec<TrialBalance>, StoreError> {
        Ok(self.state.lock().unwrap_or_else(PoisonError::into_inner).books.trial_balance())
    }

    async fn events(&self, after: Position, facts_max: usize) -> Result<Vec<Event>, StoreError> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // Every fact is a batch of its own.
        let facts = usize::try_from(after.batch).ok().and_then(|first| state.facts.get(first..));
        let facts = facts.filter(|_| after.fact == 0).ok_or(StoreError::NoSuchPosition)?;
        let numbered = facts.iter().zip(after.batch + 1..);
        let event = |((at, fact), batch): (&(Timestamp, Fact), u64)| Event {
            position: Position { batch, fact: 0 },
            at: *at,
            fact: fact.clone(),
        };
        Ok(numbered.take(facts_max.max(1)).map(event).collect())
    }
}

impl State {
    fn record(&mut self, fact: &Fact) -> Result<(), StoreError> {
        if let Err(inconsistent) = self.books.apply(fact) {
            self.failed = true;
            return Err(inconsistent.into());
        }
        if fact.is_durable() {
            self.facts.push((self.now, fact.clone()));
        }
        if let Fact::HoldReleased { hold, how, .. } = fact {
            self.released.insert(hold.id, (hold.clone(), *how));
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

    fn clock(&self) -> ClockStatus {
        self.state.clock
    }

    fn account(&self, id: &AccountId) -> Result<Option<&Account>, Infallible> {
        Ok(self.state.books.account(id))
    }

    fn accounts(&self, first: u32, limit: usize) -> Result<Vec<&Account>, Infallible> {
        let first = usize::try_from(first).unwrap_or(usize::MAX);
        Ok(self.state.books.accounts().iter().skip(first).take(limit).collect())
    }

    fn hold(&self, id: TransactionId) -> Result<Option<&Hold>, Infallible> {
        Ok(self.state.books.hold(id))
    }

    fn is_follow_up(&self, id: TransactionId) -> Result<bool, Infallible> {
        Ok(self.state.books.is_follow_up(id))
    }

    fn holds(&self) -> Result<Vec<&Hold>, Infallible> {
        Ok(self.state.books.holds().collect())
    }

    fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<&Hold>, Infallible> {
        Ok(self.state.books.due(now).take(limit).collect())
    }

    fn dispute(&self, hold: TransactionId) -> Result<Option<&Dispute>, Infallible> {
        Ok(self.state.books.disputed(hold))
    }

    fn disputes(&self) -> Result<Vec<&Dispute>, Infallible> {
        Ok(self.state.books.disputes().collect())
    }

    fn sessions(&self) -> Result<Vec<&Account>, Infallible> {
        Ok(self.state.books.in_hand().collect())
    }

    fn terminal(&self, id: &TerminalId) -> Result<Option<&Terminal>, Infallible> {
        Ok(self.state.books.terminal(id))
    }

    fn terminals(&self) -> Result<Vec<&Terminal>, Infallible> {
        Ok(self.state.books.terminals().collect())
    }

    fn is_reversed(&self, id: TransactionId) -> Result<bool, Infallible> {
        Ok(self.state.books.is_reversed(id))
    }

    fn recorded(&self, id: TransactionId) -> Result<Option<Recorded>, Infallible> {
        let made = self.state.by_id.get(&id).and_then(|position| self.state.history.get(*position));
        if let Some(made) = made {
            return Ok(Some(Recorded::Transaction(made.clone())));
        }
        let released = self.state.released.get(&id);
        Ok(released.map(|(hold, how)| Recorded::Released { hold: hold.clone(), how: *how }))
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
