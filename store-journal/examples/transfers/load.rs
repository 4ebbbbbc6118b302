//! Sessions, and transfers between their accounts.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bank_engine_core::account::AccountId;
use bank_engine_core::auth::{HashCost, Secret, SecretHash};
use bank_engine_core::ledger::{
    AccountOpening, Actor, Command, MovementKind, Outcome, StatementQuery, TransactionId,
};
use bank_engine_core::money::{Amount, Currency};
use bank_engine_core::policy::Policy;
use bank_engine_core::session::SessionId;
use bank_engine_core::store::Store;
use bank_engine_journal::{JournalStore, Options};

/// As many as TigerBeetle puts into a message.
pub(crate) const BATCH: usize = 8190;

pub(crate) fn open(path: &Path) -> JournalStore {
    let day = Duration::from_secs(24 * 60 * 60);
    let policy = Policy {
        hash_cost: HashCost::LEAST,
        session_idle_max: day,
        session_time_max: day,
        ..Policy::default()
    };
    JournalStore::open(path, Options { policy, ..Options::default() }).unwrap()
}

pub(crate) struct Load {
    pub(crate) store: Arc<JournalStore>,
    pub(crate) accounts: Arc<Vec<AccountId>>,
    pub(crate) transfers: Arc<AtomicU64>,
}

/// Makes transfers; each maker has a sequence of random numbers of its own.
pub(crate) struct Maker {
    accounts: Arc<Vec<AccountId>>,
    random: u64,
}

fn session() -> SessionId {
    SessionId::from_random([7; 16])
}

impl Load {
    pub(crate) async fn start(store: Arc<JournalStore>, accounts: u32) -> Load {
        let secret = Secret::from("1324");
        let hash = SecretHash::new(&secret, [1; 16], HashCost::LEAST).unwrap();
        let proof = hash.verify(&secret).unwrap();
        let names: Vec<AccountId> = (0..accounts).map(|n| format!("ac-{n:08}").parse().unwrap()).collect();
        let mut maker = Maker { accounts: Arc::new(names.clone()), random: 42 };
        for names in names.chunks(BATCH / 3) {
            let commands = names.iter().flat_map(|account| {
                let (account, session, currency) = (*account, session(), Currency::USD);
                let balance = Amount::new(1_000_000_000_000, 2).unwrap();
                let (secret, transaction) = (hash, maker.id());
                let open = Command::Open(AccountOpening {
                    secret: Some(secret),
                    balance: Some((transaction, balance)),
                    ..AccountOpening::new(account, currency)
                });
                let log_in = Command::LogIn { account, session, proof: Some(proof) };
                [open, Command::ChargeTry { account }, log_in]
            });
            for decision in store.execute(commands.collect()).await.unwrap() {
                decision.unwrap();
            }
        }
        Load { store, accounts: Arc::new(names), transfers: Arc::default() }
    }

    pub(crate) fn maker(&self, seed: u64) -> Maker {
        let random = (self.transfers() << 20 | seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        Maker { accounts: Arc::clone(&self.accounts), random }
    }

    pub(crate) fn transfers(&self) -> u64 {
        self.transfers.load(Ordering::Relaxed)
    }

    /// Executes commands that must all be accepted, and counts those that moved money for the
    /// first time.
    pub(crate) async fn execute(store: &JournalStore, transfers: &AtomicU64, commands: Vec<Command>) {
        let decisions = store.execute(commands).await.unwrap();
        let moved = |outcome: &Outcome| matches!(outcome, Outcome::Receipt(receipt) if !receipt.replayed);
        let moved = decisions.iter().filter(|decision| moved(decision.as_ref().unwrap())).count();
        transfers.fetch_add(u64::try_from(moved).unwrap(), Ordering::Relaxed);
    }

    /// Makes `count` transfers more, two batches under way at a time.
    pub(crate) async fn fill(&self, count: u64) {
        let end = self.transfers() + count;
        let callers = [1, 2].map(|seed| {
            let (store, transfers) = (Arc::clone(&self.store), Arc::clone(&self.transfers));
            let mut maker = self.maker(seed);
            tokio::spawn(async move {
                while transfers.load(Ordering::Relaxed) < end {
                    Load::execute(&store, &transfers, maker.batch(BATCH)).await;
                }
            })
        });
        for caller in callers {
            caller.await.unwrap();
        }
    }
}

impl Maker {
    pub(crate) fn next(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    pub(crate) fn id(&mut self) -> TransactionId {
        let wide = u128::from(self.next()) << 64 | u128::from(self.next());
        TransactionId::from_bytes(wide.to_le_bytes()).unwrap()
    }

    pub(crate) fn account(&mut self) -> AccountId {
        let place = self.next() % u64::try_from(self.accounts.len()).unwrap();
        self.accounts[usize::try_from(place).unwrap()]
    }

    pub(crate) fn transfer(&mut self) -> Command {
        let account = self.account();
        let mut to = self.account();
        while to == account {
            to = self.account();
        }
        self.transfer_of(account, to)
    }

    fn transfer_of(&mut self, account: AccountId, to: AccountId) -> Command {
        let (session, transaction) = (session(), self.id());
        let amount = Amount::new(100 + i64::try_from(self.next() % 1000).unwrap(), 2).unwrap();
        Command::Move {
            account,
            actor: Actor::Holder(account, session),
            transaction,
            amount,
            way: MovementKind::Transfer { to, memo: None },
        }
    }

    pub(crate) fn batch(&mut self, size: usize) -> Vec<Command> {
        (0..size).map(|_| self.transfer()).collect()
    }

    pub(crate) fn statement(&mut self) -> Command {
        let account = self.account();
        Command::Statement {
            account,
            actor: Actor::Holder(account, session()),
            query: StatementQuery::default(),
        }
    }
}
