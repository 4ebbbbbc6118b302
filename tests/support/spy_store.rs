//! A store that records its calls, and can be made to wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bank_engine::books::TrialBalance;
use bank_engine::ledger::{Answer, Command};
use bank_engine::policy::Policy;
use bank_engine::store::{Event, Position, Store, StoreError};
use tokio::sync::watch;

/// Counts what it is asked, and holds movements of money back while it is set to.
pub struct Watched {
    store: Box<dyn Store>,
    checks: AtomicUsize,
    moved: AtomicUsize,
    held: AtomicUsize,
    holding: watch::Sender<bool>,
}

impl Watched {
    pub fn new(store: impl Store) -> Arc<Watched> {
        let count = || AtomicUsize::new(0);
        let (checks, moved, held) = (count(), count(), count());
        Arc::new(Watched { store: Box::new(store), checks, moved, held, holding: watch::Sender::new(false) })
    }

    /// How many secrets were checked, right and wrong.
    pub fn checks(&self) -> usize {
        self.checks.load(Ordering::SeqCst)
    }

    /// Makes movements wait, or lets them go on.
    pub fn hold(&self, holding: bool) {
        self.holding.send_replace(holding);
    }

    /// Returns when `count` movements are held back.
    pub async fn holds(&self, count: usize) {
        super::within("hold movements", reach(&self.held, count)).await;
    }

    /// How many movements were decided, whatever the decision.
    pub fn moved(&self) -> usize {
        self.moved.load(Ordering::SeqCst)
    }

    /// Returns when `count` movements were decided.
    pub async fn has_moved(&self, count: usize) {
        super::within("movements", reach(&self.moved, count)).await;
    }
}

async fn reach(counter: &AtomicUsize, count: usize) {
    while counter.load(Ordering::SeqCst) < count {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[async_trait]
impl Store for Watched {
    fn policy(&self) -> &Policy {
        self.store.policy()
    }

    async fn execute(&self, commands: Vec<Command>) -> Result<Vec<Answer>, StoreError> {
        let count = |which: fn(&&Command) -> bool| commands.iter().filter(which).count();
        let checks = count(|command| matches!(command, Command::LogIn { .. } | Command::ChangeSecret { .. }));
        let moves = count(|command| matches!(command, Command::Move { .. }));
        self.checks.fetch_add(checks, Ordering::SeqCst);
        if moves > 0 && *self.holding.borrow() {
            self.held.fetch_add(moves, Ordering::SeqCst);
            let _ = self.holding.subscribe().wait_for(|holding| !holding).await;
            self.held.fetch_sub(moves, Ordering::SeqCst);
        }
        let decided = self.store.execute(commands).await;
        self.moved.fetch_add(moves, Ordering::SeqCst);
        decided
    }

    async fn trial_balance(&self) -> Result<Vec<TrialBalance>, StoreError> {
        self.store.trial_balance().await
    }

    async fn events(&self, after: Position, facts_max: usize) -> Result<Vec<Event>, StoreError> {
        self.store.events(after, facts_max).await
    }
}
