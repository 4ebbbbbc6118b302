//! What the cases share: a store on a clock that they advance, and short constructors of commands.

use std::sync::Arc;

use uuid::Uuid;

use super::StoreFixture;
use crate::account::{AccountId, TerminalId};
use crate::auth::{HashCost, SecretHash};
use crate::books::TrialBalance;
use crate::clock::{Clock, ManualClock};
use crate::ledger::{
    AccountOpening, Actor, Balance, Command, Decline, Memo, MovementKind, Outcome, Receipt, Statement,
    StatementQuery, TransactionId,
};
use crate::money::{Amount, Currency};
use crate::policy::Policy;
use crate::session::SessionId;
use crate::store::Store;
use crate::testing::Random;
use crate::time::Timestamp;

pub(super) type Answer = Result<Outcome, Decline>;

pub(super) const PIN: &str = "1324";
pub(super) const START_MS: i64 = 1_000_000_000;

pub(super) struct Fixture {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<ManualClock>,
}

/// An account in a session's hands.
#[derive(Clone, Copy)]
pub(super) struct Holder {
    pub(super) account: AccountId,
    pub(super) session: SessionId,
}

pub(super) fn policy() -> Policy {
    Policy { hash_cost: HashCost::LEAST, units: vec![gas()], ..Policy::default() }
}

/// A unit of the bank's own, with the most decimals.
pub(super) fn gas() -> Currency {
    Currency::unit("GAS2", 9).expect("a unit")
}

pub(super) fn secret(pin: &str) -> SecretHash {
    SecretHash::new(&pin.into(), [9; 16], HashCost::LEAST).expect("a PIN")
}

/// The id for `number`; ids of neighbours have nothing in common.
pub(super) fn id(number: u64) -> TransactionId {
    let mut random = Random::new(number ^ 0x1d1d);
    TransactionId::from_uuid(Uuid::from_u64_pair(random.number(), random.number())).expect("not nil")
}

pub(super) fn name(text: &str) -> AccountId {
    text.parse().expect("an account's name")
}

pub(super) fn session(number: u64) -> SessionId {
    SessionId::from_random(u128::from(number).to_le_bytes())
}

pub(super) fn cents(digits: i64) -> Amount {
    Amount::new(digits, 2).expect("an amount")
}

pub(super) fn open(account: &str, balance: i64, number: u64) -> Command {
    open_in(Currency::USD, account, cents(balance), number)
}

pub(super) fn open_in(currency: Currency, account: &str, balance: Amount, number: u64) -> Command {
    Command::Open(AccountOpening {
        secret: Some(secret(PIN)),
        balance: Some((id(number), balance)),
        ..AccountOpening::new(name(account), currency)
    })
}

pub(super) fn unlock(account: AccountId) -> Command {
    let (operator, reason) = ("teller".parse().expect("a name"), "a test".parse().expect("a reason"));
    Command::Unlock { account, operator, reason }
}

impl Holder {
    pub(super) fn log_in(self, pin: &str) -> Command {
        let proof = secret(pin).verify(&pin.into());
        Command::LogIn { account: self.account, session: self.session, proof }
    }

    pub(super) fn log_out(self) -> Command {
        Command::LogOut { account: self.account, session: self.session }
    }

    pub(super) fn balance(self) -> Command {
        Command::Balance { account: self.account, actor: Actor::Holder(self.account, self.session), at: None }
    }

    pub(super) fn balance_at(self, at: Timestamp) -> Command {
        Command::Balance {
            account: self.account,
            actor: Actor::Holder(self.account, self.session),
            at: Some(at),
        }
    }

    pub(super) fn statement(self, limit: usize, before: Option<u64>) -> Command {
        {
            let query = StatementQuery { limit, before, ..StatementQuery::default() };
            Command::Statement {
                account: self.account,
                actor: Actor::Holder(self.account, self.session),
                query,
            }
        }
    }

    pub(super) fn deposit(self, digits: i64, number: u64) -> Command {
        self.moves(
            cents(digits),
            number,
            MovementKind::Deposit { terminal: TerminalId::vault(), notes: Vec::new() },
        )
    }

    pub(super) fn withdraw(self, digits: i64, number: u64) -> Command {
        self.moves(cents(digits), number, MovementKind::Withdraw { terminal: TerminalId::vault() })
    }

    pub(super) fn transfer(self, to: &str, digits: i64, number: u64, memo: Option<&str>) -> Command {
        let memo = memo.map(|text| text.parse::<Memo>().expect("a memo"));
        self.moves(cents(digits), number, MovementKind::Transfer { to: name(to), memo })
    }

    pub(super) fn moves(self, amount: Amount, number: u64, way: MovementKind) -> Command {
        let Holder { account, session } = self;
        Command::Move {
            account,
            actor: Actor::Holder(account, session),
            transaction: id(number),
            amount,
            way,
        }
    }
}

impl Fixture {
    pub(super) async fn new(fixture: &dyn StoreFixture) -> Fixture {
        Fixture::on(fixture, ManualClock::at(Timestamp::from_unix_ms(START_MS))).await
    }

    pub(super) async fn on(fixture: &dyn StoreFixture, clock: ManualClock) -> Fixture {
        let clock = Arc::new(clock);
        let store = fixture.open(policy(), Arc::clone(&clock) as Arc<dyn Clock>).await;
        Fixture { store, clock }
    }

    /// Drops the store and opens what it left, on the same clock.
    pub(super) async fn reopen(self, fixture: &dyn StoreFixture) -> Fixture {
        assert!(fixture.is_durable(), "only a durable store can be reopened");
        let Fixture { store, clock } = self;
        assert_eq!(Arc::strong_count(&store), 1, "a case holds the store that is to be opened again");
        drop(store);
        let store = fixture.open(policy(), Arc::clone(&clock) as Arc<dyn Clock>).await;
        Fixture { store, clock }
    }

    pub(super) async fn all(&self, commands: Vec<Command>) -> Vec<Answer> {
        execute(&*self.store, commands).await
    }

    pub(super) async fn one(&self, command: Command) -> Answer {
        self.all(vec![command]).await.remove(0)
    }

    /// Opens an account and logs in to it.
    pub(super) async fn customer(&self, account: &str, balance: i64, number: u64) -> Holder {
        done(self.one(open(account, balance, number)).await);
        self.enter(account, number).await
    }

    /// Takes hold of an account with the usual secret.
    pub(super) async fn enter(&self, account: &str, number: u64) -> Holder {
        let holder = Holder { account: name(account), session: session(number) };
        let charged = self.one(Command::ChargeTry { account: holder.account }).await;
        let Ok(Outcome::Charged { secret: Some(hash) }) = charged else { panic!("{account}: {charged:?}") };
        let proof = hash.verify(&PIN.into());
        let command = Command::LogIn { account: holder.account, session: holder.session, proof };
        let answer = self.one(command).await;
        assert!(matches!(answer, Ok(Outcome::LoggedIn { .. })), "{account}: {answer:?}");
        holder
    }

    pub(super) async fn balance(&self, holder: Holder) -> Balance {
        balance(self.one(holder.balance()).await)
    }

    pub(super) async fn page(&self, holder: Holder, limit: usize, before: Option<u64>) -> Statement {
        page(self.one(holder.statement(limit, before)).await)
    }

    /// The whole statement, page by page, and the balance at its end.
    pub(super) async fn history(&self, holder: Holder) -> Statement {
        let mut whole = self.page(holder, 50, None).await;
        while let Some(before) = whole.next {
            let older = self.page(holder, 50, Some(before)).await;
            let first = older.entries.first().map(|entry| entry.number);
            assert_eq!(first, Some(before - 1), "the page before entry {before}");
            whole.entries.extend(older.entries);
            whole.next = older.next;
        }
        whole
    }

    pub(super) async fn trial_balance(&self) -> Vec<TrialBalance> {
        let lines = self.store.trial_balance().await.expect("the store has a trial balance");
        for line in &lines {
            assert_eq!(line.sum(), 0, "{line:?}");
        }
        lines
    }
}

pub(super) async fn execute(store: &dyn Store, commands: Vec<Command>) -> Vec<Answer> {
    let count = commands.len();
    let decisions = store.execute(commands).await.expect("the store decides");
    assert_eq!(decisions.len(), count, "a decision for each command");
    decisions
}

pub(super) fn done(answer: Answer) {
    assert!(matches!(answer, Ok(Outcome::Done | Outcome::Receipt(_) | Outcome::Opened { .. })), "{answer:?}");
}

pub(super) fn receipt(answer: Answer) -> Receipt {
    match answer {
        Ok(Outcome::Receipt(receipt) | Outcome::Opened { receipt: Some(receipt), .. }) => receipt,
        answer => panic!("not a receipt: {answer:?}"),
    }
}

pub(super) fn balance(answer: Answer) -> Balance {
    let Ok(Outcome::Balance(balance)) = answer else { panic!("not a balance: {answer:?}") };
    balance
}

pub(super) fn page(answer: Answer) -> Statement {
    let Ok(Outcome::Statement(page)) = answer else { panic!("not a page: {answer:?}") };
    *page
}

pub(super) fn declined(answer: Answer) -> Decline {
    let Err(decline) = answer else { panic!("not declined: {answer:?}") };
    decline
}
