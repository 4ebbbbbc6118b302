//! What holds whatever is asked, tried on random commands.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bank_core::account::{AccountId, TerminalId};
use bank_core::auth::{HashCost, SecretHash};
use bank_core::books::Books;
use bank_core::clock::ManualClock;
use bank_core::ledger::{Command, Decline, Fact, Memo, Outcome, Receipt, TransactionId, Way};
use bank_core::money::{Amount, Currency, Minor};
use bank_core::policy::Policy;
use bank_core::session::SessionId;
use bank_core::store::{MemoryStore, Store};
use bank_core::testing::Random;

const COMMANDS: usize = 20_000;
const ACCOUNTS: usize = 6;

struct World {
    random: Random,
    secret: SecretHash,
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
            random: Random::from_environment(),
            secret: SecretHash::new(&"1324".into(), [0; 16], HashCost::LEAST).unwrap(),
            store: MemoryStore::with_clock(policy, Arc::clone(&clock) as Arc<_>),
            clock,
            rebuilt: Books::default(),
            receipts: HashMap::new(),
        }
    }

    fn account(&mut self) -> AccountId {
        format!("ac-{}", self.random.below(ACCOUNTS)).parse().unwrap()
    }

    fn session(&mut self) -> SessionId {
        SessionId::from_random([u8::try_from(self.random.below(4)).unwrap(); 16])
    }

    /// One of few ids, so that many are used again.
    fn transaction(&mut self) -> TransactionId {
        format!("00000000-0000-8000-8000-{:012x}", 1 + self.random.below(COMMANDS / 4)).parse().unwrap()
    }

    fn amount(&mut self) -> Amount {
        let digits = match self.random.below(10) {
            0 => -5,
            1 => 0,
            2 => i64::MAX,
            _ => i64::try_from(self.random.below(5000)).unwrap(),
        };
        Amount::new(digits, u8::try_from(self.random.below(4)).unwrap()).unwrap()
    }

    fn currency(&mut self) -> Currency {
        ["USD", "USD", "JPY", "KWD"][self.random.below(4)].parse().unwrap()
    }

    fn terminal(&mut self) -> TerminalId {
        ["vault", "lobby"][self.random.below(2)].parse().unwrap()
    }

    fn command(&mut self) -> Command {
        let (account, session, transaction) = (self.account(), self.session(), self.transaction());
        let (amount, terminal) = (self.amount(), self.terminal());
        match self.random.below(20) {
            0 => Command::Open {
                account,
                currency: self.currency(),
                secret: self.secret,
                balance: amount,
                transaction,
            },
            1 => Command::Load { terminal, currency: self.currency(), amount, transaction },
            2 => Command::Freeze { account, frozen: self.random.below(3) == 0 },
            3 => Command::Unlock { account },
            4 => Command::ChargeTry { account },
            5..8 => {
                let guess = if self.random.below(5) == 0 { "9999" } else { "1324" };
                Command::LogIn { account, session, proof: self.secret.verify(&guess.into()) }
            }
            8 => Command::LogOut { account, session },
            9 => Command::Statement { account, session, limit: self.random.below(60), before: None },
            10..13 => Command::Move { account, session, transaction, amount, way: Way::Deposit { terminal } },
            13..16 => {
                Command::Move { account, session, transaction, amount, way: Way::Withdraw { terminal } }
            }
            _ => {
                let memo: Option<Memo> = (self.random.below(2) == 0).then(|| "soup".parse().unwrap());
                let way = Way::Transfer { to: self.account(), memo };
                Command::Move { account, session, transaction, amount, way }
            }
        }
    }

    async fn step(&mut self) {
        if self.random.below(30) == 0 {
            self.clock.advance(Duration::from_secs(u64::try_from(self.random.below(200)).unwrap()));
        }
        let command = self.command();
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
                if let Some(newest) = page.entries.first() {
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
