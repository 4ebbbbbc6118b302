//! Short constructors of commands and journals for the tests.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bank_engine_core::account::{AccountId, Direction, TerminalId};
use bank_engine_core::auth::{HashCost, Proof, SecretHash};
use bank_engine_core::clock::{Clock, ManualClock};
use bank_engine_core::ledger::{
    AccountOpening, Actor, Command, Decline, Entry, HoldAction, LimitsRequest, Memo, MovementKind, Outcome,
    PurposeRequest, Receipt, StatementQuery, TransactionId,
};
use bank_engine_core::money::{Amount, Currency};
use bank_engine_core::policy::Policy;
use bank_engine_core::session::SessionId;
use bank_engine_core::store::{Store, StoreError};
use bank_engine_core::testing::Random;
use bank_engine_core::time::Timestamp;
use bank_engine_journal::{Disk, JournalError, JournalStore, Options};

pub type Answer = Result<Outcome, Decline>;

/// Small, so that a short script fills many.
pub const SEGMENT_BYTES: u64 = 2048;

pub const START_MS: i64 = 1_700_000_000_000;

/// The secrets that accounts may have.
pub const PINS: [&str; 2] = ["1324", "2413"];

pub fn options(clock: Arc<dyn Clock>) -> Options {
    let policy = Policy { hash_cost: HashCost::LEAST, ..Policy::default() };
    Options { policy, clock, segment_bytes: SEGMENT_BYTES, accept_clock: false }
}

pub fn start_clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(Timestamp::from_unix_ms(START_MS)))
}

/// Opens the journal on `disk` at an instant after all that is in it.
pub fn open(disk: &(impl Disk + Clone)) -> Result<JournalStore, JournalError> {
    let clock = Arc::new(ManualClock::at(Timestamp::from_unix_ms(START_MS + 10_000_000)));
    JournalStore::open_on(Arc::new(disk.clone()), options(clock))
}

pub fn secrets() -> [SecretHash; 2] {
    static SECRETS: LazyLock<[SecretHash; 2]> =
        LazyLock::new(|| PINS.map(|pin| SecretHash::new(&pin.into(), [9; 16], HashCost::LEAST).unwrap()));
    *SECRETS
}

/// What opens accounts that have one of the [`secrets`].
pub fn proofs() -> [Proof; 2] {
    static PROOFS: LazyLock<[Proof; 2]> =
        LazyLock::new(|| [0, 1].map(|n: usize| secrets()[n].verify(&PINS[n].into()).unwrap()));
    *PROOFS
}

/// The id for `number`; ids of neighbours have nothing in common.
pub fn id(number: u64) -> TransactionId {
    let mut random = Random::new(number ^ 0x1d1d);
    let bytes = [random.number().to_le_bytes(), random.number().to_le_bytes()].concat();
    TransactionId::from_bytes(bytes.try_into().unwrap()).unwrap()
}

pub fn name(text: &str) -> AccountId {
    text.parse().unwrap()
}

pub fn session() -> SessionId {
    SessionId::from_random([7; 16])
}

pub fn cents(digits: i64) -> Amount {
    Amount::new(digits, 2).unwrap()
}

pub fn open_account(account: &str, balance: i64, number: u64) -> Command {
    Command::Open(AccountOpening {
        secret: Some(secrets()[0]),
        balance: Some((id(number), cents(balance))),
        ..AccountOpening::new(name(account), Currency::USD)
    })
}

/// Commands of the session that logs in to an account whose secret is the `pin`th.
pub fn enter(account: AccountId, pin: usize) -> Vec<Command> {
    let log_in = Command::LogIn { account, session: session(), proof: Some(proofs()[pin]) };
    vec![Command::ChargeTry { account }, log_in]
}

pub fn moves(account: &str, digits: i64, number: u64, way: MovementKind) -> Command {
    let (account, session) = (name(account), session());
    Command::Move {
        account,
        actor: Actor::Holder(account, session),
        transaction: id(number),
        amount: cents(digits),
        way,
    }
}

pub fn deposit(account: &str, digits: i64, number: u64) -> Command {
    moves(account, digits, number, MovementKind::Deposit { terminal: TerminalId::vault(), notes: Vec::new() })
}

pub fn withdraw(account: &str, digits: i64, number: u64) -> Command {
    moves(account, digits, number, MovementKind::Withdraw { terminal: TerminalId::vault() })
}

pub fn transfer(account: &str, to: &str, digits: i64, number: u64, memo: Option<&str>) -> Command {
    let memo = memo.map(|text| text.parse::<Memo>().unwrap());
    moves(account, digits, number, MovementKind::Transfer { to: name(to), memo })
}

/// Takes all freezes off an account, and forbids what is to be forbidden.
pub fn freeze(account: &str, frozen: Option<Direction>) -> Vec<Command> {
    let account = name(account);
    let (operator, reason) = (|| "teller".parse().unwrap(), || "a test".parse().unwrap());
    let mut commands = vec![Command::Thaw { account, freeze: None, operator: operator(), reason: reason() }];
    commands.extend(frozen.map(|direction| Command::Freeze {
        account,
        direction,
        operator: operator(),
        reason: reason(),
    }));
    commands
}

pub fn unlock(account: AccountId) -> Command {
    Command::Unlock { account, operator: "teller".parse().unwrap(), reason: "a test".parse().unwrap() }
}

pub fn end_session(account: AccountId) -> Command {
    Command::EndSession { account, operator: "teller".parse().unwrap(), reason: "a test".parse().unwrap() }
}

/// Sets the most that a transaction may take out.
pub fn set_limit(account: &str, limit: Option<Amount>) -> Command {
    let (operator, reason) = ("teller".parse().unwrap(), "a test".parse().unwrap());
    let limits = LimitsRequest { transaction_max: limit, ..LimitsRequest::default() };
    Command::SetLimits { account: name(account), limits: limits.into(), operator, reason }
}

/// Sets money aside for a payment, for longer than any test lasts.
pub fn authorise(account: &str, to: &str, digits: i64, number: u64, memo: Option<&str>) -> Command {
    let memo = memo.map(|text| text.parse::<Memo>().unwrap());
    let purpose = PurposeRequest::Payment { to: name(to), memo, lasts: Duration::MAX };
    let (account, session) = (name(account), session());
    Command::Authorise {
        account,
        actor: Actor::Holder(account, session),
        hold: id(number),
        amount: cents(digits),
        purpose,
    }
}

pub fn act_on_hold(hold: TransactionId, step: HoldAction) -> Command {
    Command::ActOnHold { hold, actor: Actor::Bank, step }
}

pub fn key(terminal: &str, is_new: bool) -> Command {
    let (terminal, key) = (terminal.parse().unwrap(), secrets()[0]);
    if is_new {
        return Command::AddTerminal { terminal, currency: Currency::USD, key: Some(key), instruction: None };
    }
    let (operator, reason) = ("an operator".parse().unwrap(), "it was seen".parse().unwrap());
    Command::ChangeKey { terminal, key, operator, reason }
}

pub fn statement(account: AccountId, limit: usize, before: Option<u64>) -> Command {
    let query = StatementQuery { limit, before, ..StatementQuery::default() };
    Command::Statement { account, actor: Actor::Holder(account, session()), query }
}

pub fn balance(account: AccountId) -> Command {
    Command::Balance { account, actor: Actor::Holder(account, session()), at: None }
}

/// Asks for all at once.
pub async fn ask(store: &dyn Store, commands: Vec<Command>) -> Result<Vec<Answer>, StoreError> {
    let count = commands.len();
    let decisions = store.execute(commands).await?;
    assert_eq!(decisions.len(), count, "a decision for each command");
    Ok(decisions)
}

pub async fn ask_one(store: &dyn Store, command: Command) -> Result<Answer, StoreError> {
    Ok(ask(store, vec![command]).await?.remove(0))
}

pub fn receipt(answer: Answer) -> Receipt {
    let Ok(Outcome::Receipt(receipt)) = answer else { panic!("not a receipt: {answer:?}") };
    receipt
}

/// All that can be read of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub guarded: Guarded,
    /// The balance.
    pub balance: Amount,
    /// Its entries, the oldest first.
    pub entries: Vec<Entry>,
}

/// What an account is guarded with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guarded {
    pub tries: u8,
    /// Which of the [`PINS`] it has.
    pub pin: usize,
    pub frozen: Option<Direction>,
    /// The most that a transaction may take out.
    pub limit: Option<Amount>,
}

/// Looks at an account, and leaves it in the session's hands with no try charged; `None` where
/// there is none.
pub async fn see(store: &dyn Store, account: AccountId) -> Result<Option<Seen>, StoreError> {
    let tries_max = store.policy().tries_max;
    let charges = vec![Command::ChargeTry { account }; usize::from(tries_max) + 1];
    let answers = ask(store, charges).await?;
    if matches!(answers[0], Ok(Outcome::Charged { secret: None })) {
        return Ok(None);
    }
    let left = answers.iter().filter(|answer| answer.is_ok()).count();
    let tries = tries_max - u8::try_from(left).unwrap();
    let answers = ask(store, vec![unlock(account), Command::ChargeTry { account }]).await?;
    let Ok(Outcome::Charged { secret: Some(hash) }) = &answers[1] else { panic!("{account}: {answers:?}") };
    let pin = secrets().iter().position(|secret| secret == hash).expect("one of the secrets");
    let log_in = Command::LogIn { account, session: session(), proof: Some(proofs()[pin]) };
    let answers = ask(store, vec![log_in, Command::Account { account }]).await?;
    assert!(matches!(answers[0], Ok(Outcome::LoggedIn { .. })), "{account}: {answers:?}");
    let Ok(Outcome::Account(details)) = &answers[1] else { panic!("{account}: {answers:?}") };
    let (frozen, limit) = (details.account.frozen, details.account.limits.transaction_max);
    let (mut entries, mut before, mut balance);
    (entries, before) = (Vec::new(), None);
    loop {
        let query = StatementQuery { limit: 50, before, ..StatementQuery::default() };
        let statement = Command::Statement { account, actor: Actor::Bank, query };
        let Ok(Outcome::Statement(page)) = ask_one(store, statement).await? else {
            panic!("{account}: no statement")
        };
        balance = page.balance;
        entries.extend(page.entries);
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    entries.reverse();
    Ok(Some(Seen { guarded: Guarded { tries, pin, frozen, limit }, balance, entries }))
}
