//! What holds whatever is asked, tried on random commands.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bank_core::auth::HashCost;
use bank_core::books::Books;
use bank_core::clock::ManualClock;
use bank_core::ledger::{Command, Decline, Fact, Outcome, Receipt, TransactionId};
use bank_core::money::Minor;
use bank_core::policy::Policy;
use bank_core::store::{MemoryStore, Store};
use bank_core::testing::{Commands, Random};

const COMMANDS: usize = 20_000;

struct World {
    commands: Commands,
    store: MemoryStore,
    clock: Arc<ManualClock>,
    rebuilt: Books,
    receipts: HashMap<TransactionId, Receipt>,
}

impl World {
    fn new() -> World {
        let policy = Policy { hash_cost: HashCost::LEAST, ..Policy::default() };
        let clock = Arc::new(ManualClock::default());
        World {
            commands: Commands::new(Random::from_environment(), COMMANDS / 4),
            store: MemoryStore::with_clock(policy, Arc::clone(&clock) as Arc<_>),
            clock,
            rebuilt: Books::default(),
            receipts: HashMap::new(),
        }
    }

    async fn step(&mut self) {
        let random = self.commands.random();
        if random.below(30) == 0 {
            self.clock.advance(Duration::from_secs(u64::try_from(random.below(200)).unwrap()));
        }
        let command = self.commands.command();
        let decision = self.store.execute(vec![command.clone()]).await.unwrap().remove(0);
        for fact in &decision.facts {
            self.rebuilt.apply(fact).unwrap();
            self.check_fact(fact, &command);
        }
        match &decision.outcome {
            Ok(Outcome::Receipt(receipt)) => self.check_receipt(receipt, &decision.facts),
            Ok(Outcome::Statement(page)) => {
                for pair in page.entries.windows(2) {
                    let [newer, older] = pair else { panic!("windows of two") };
                    assert_eq!(newer.number, older.number + 1);
                }
                let Command::Statement { before, .. } = command else { panic!("{command:?}") };
                if let Some(newest) = page.entries.first().filter(|_| before.is_none()) {
                    assert_eq!(newest.balance, page.balance);
                }
            }
            Err(Decline::InsufficientFunds { available }) => {
                let Command::Move { amount, .. } = command else { panic!("{command:?}") };
                assert!(*available < amount);
            }
            _ => {}
        }
        if decision.outcome.is_err() {
            assert!(
                !decision.facts.iter().any(|fact| matches!(fact, Fact::Posted(_))),
                "a decline moved money"
            );
        }
        for line in self.store.trial_balance().await.unwrap() {
            assert_eq!(line.sum(), 0, "{line:?} after {command:?}");
        }
        assert_eq!(self.store.trial_balance().await.unwrap(), self.rebuilt.trial_balance());
    }

    fn check_fact(&self, fact: &Fact, command: &Command) {
        let Fact::Posted(posted) = fact else { return };
        assert!(posted.amount > Minor::ZERO);
        for leg in [&posted.from, &posted.to] {
            let account = self.rebuilt.account(&leg.account).unwrap();
            assert!(account.kind.allows(account.balance), "{account:?} after {command:?}");
            assert!(!account.frozen, "{account:?} moved while frozen");
        }
        if let Command::Move { account, session, .. } = command {
            assert_eq!(self.rebuilt.account(account).unwrap().lease.unwrap().session, *session);
        }
    }

    fn check_receipt(&mut self, receipt: &Receipt, facts: &[Fact]) {
        let posted = facts.iter().any(|fact| matches!(fact, Fact::Posted(_)));
        assert_eq!(posted, !receipt.replayed);
        match self.receipts.get(&receipt.transaction) {
            Some(first) => assert_eq!(*receipt, Receipt { replayed: true, ..first.clone() }),
            None => drop(self.receipts.insert(receipt.transaction, receipt.clone())),
        }
    }
}

#[tokio::test]
async fn the_books_hold_under_random_commands() {
    let mut world = World::new();
    for _ in 0..COMMANDS {
        world.step().await;
    }
    let posted = world.receipts.len();
    assert!(posted > 500, "only {posted} movements: the commands are too wild to prove anything");
}
