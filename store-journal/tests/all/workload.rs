//! A day at a bank whose journal is on a simulated disk: what was asked, what was answered and
//! when, and what a journal that outlived it must therefore hold.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bank_engine_core::account::{AccountId, Direction};
use bank_engine_core::auth::ChosenSecret;
use bank_engine_core::books::TrialBalance;
use bank_engine_core::clock::ManualClock;
use bank_engine_core::ledger::{
    AccountOpening, Command, Decline, HoldAction, MovementKind, Outcome, Receipt, Settlement, TransactionId,
};
use bank_engine_core::store::{Store, StoreError};
use bank_engine_core::testing::Random;
use bank_engine_journal::JournalStore;

use crate::helpers::{self, Answer, Guarded, Seen, ask, deposit, name, receipt, see, withdraw};
use crate::holds;
use crate::recording::Recording;
use crate::simulated::{Image, Simulated};

pub const PAYERS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
pub const GUARDS: [&str; 2] = ["guard-0", "guard-1"];

/// A movement that was asked for.
struct Answered {
    command: Command,
    /// Its receipt, and how many operations the disk had done when it was there.
    answer: Option<(usize, Receipt)>,
}

/// What was asked and answered so far.
#[derive(Default)]
pub struct Notes {
    opened: BTreeMap<AccountId, usize>,
    answered: Vec<Answered>,
    /// What each account was guarded with, one after another, and how many operations the disk had
    /// done when that was answered; never, where it was not.
    guarded: BTreeMap<AccountId, Vec<(usize, Guarded)>>,
    /// Entries that statements had, and how many operations the disk had done then.
    result: Vec<(usize, AccountId, u64)>,
    /// Holds that were placed, and how many operations the disk had done when that was answered.
    pub held: Vec<(usize, TransactionId)>,
    /// Holds that ended, what ended them, and the answer.
    pub ended: Vec<(usize, Command, Settlement)>,
    /// Errors in place of answers.
    pub errors: Vec<StoreError>,
}

/// A bank at work.
pub struct Day {
    pub disk: Simulated,
    pub store: JournalStore,
    pub clock: Arc<ManualClock>,
    pub notes: Mutex<Notes>,
}

impl Day {
    pub fn begin(disk: &Simulated) -> Result<Day, bank_engine_journal::JournalError> {
        let clock = helpers::start_clock();
        let store = JournalStore::open_on(Arc::new(disk.clone()), helpers::options(clock.clone()))?;
        Ok(Day { disk: disk.clone(), store, clock, notes: Mutex::default() })
    }

    /// Asks for all at once and takes notes. A reader of the guards of an account must be the
    /// only one.
    pub async fn ask(&self, commands: Vec<Command>) -> Result<Vec<Answer>, StoreError> {
        self.clock.advance(Duration::from_millis(1));
        let answers = ask(&self.store, commands.clone()).await;
        let done = self.disk.operations();
        let mut notes = self.notes.lock().unwrap();
        match answers {
            Ok(answers) => {
                for (command, answer) in commands.into_iter().zip(&answers) {
                    notes.take(command, Some(answer), done);
                }
                Ok(answers)
            }
            Err(error) => {
                for command in commands {
                    notes.take(command, None, usize::MAX);
                }
                let same = match &error {
                    StoreError::Io(error) => StoreError::Io(error.kind().into()),
                    StoreError::Full => StoreError::Full,
                    _ => StoreError::Failed,
                };
                notes.errors.push(same);
                Err(error)
            }
        }
    }

    async fn one(&self, command: Command) -> Result<Answer, StoreError> {
        Ok(self.ask(vec![command]).await?.remove(0))
    }

    /// Opens the accounts and logs in to those that pay.
    pub async fn open_accounts(&self) -> Result<(), StoreError> {
        for (number, account) in (1..).zip(PAYERS.into_iter().chain(GUARDS)) {
            self.one(helpers::open_account(account, 10_000, number)).await?.unwrap();
        }
        for account in PAYERS {
            for answer in self.ask(helpers::enter(name(account), 0)).await? {
                answer.unwrap();
            }
        }
        Ok(())
    }

    /// `count` commands one after another: money, wrong secrets, new ones, freezes.
    pub async fn alone(&self, random: &mut Random, count: u64, ids: u64) -> Result<(), StoreError> {
        for number in ids..ids + count {
            let commands = match random.below(10) {
                0..3 => self.guard(random),
                3 => self.hold(random, number),
                4 => (0..2 + random.below(4)).map(|n| movement(random, number + 1_000 * offset(n))).collect(),
                _ => vec![movement(random, number)],
            };
            self.ask(commands).await?;
        }
        Ok(())
    }

    /// All payers at once, each `count` commands one after another.
    pub async fn together(self: &Arc<Self>, random: &mut Random, count: u64, ids: u64) {
        let mut tasks = Vec::new();
        for first in (0..6).map(|payer| ids + payer * count) {
            let (day, mut random) = (Arc::clone(self), Random::new(random.number()));
            tasks.push(tokio::spawn(async move {
                for number in first..first + count {
                    let size = [1, 1, 1, 3][random.below(4)];
                    let commands =
                        (0..size).map(|n| movement(&mut random, number + 10_000 * offset(n))).collect();
                    if day.ask(commands).await.is_err() {
                        break;
                    }
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
    }

    /// A few hundred commands.
    pub async fn work(self: &Arc<Self>, random: &mut Random) -> Result<(), StoreError> {
        self.open_accounts().await?;
        self.alone(random, 70, 100).await?;
        self.together(random, 12, 300).await;
        let large = (20_000..20_030).map(|number| movement(random, number)).collect();
        self.ask(large).await?;
        self.alone(random, 80, 500).await
    }

    /// Money set aside, or what becomes of it, or a terminal's key.
    fn hold(&self, random: &mut Random, number: u64) -> Vec<Command> {
        let notes = self.notes.lock().unwrap();
        let open: Vec<_> =
            notes.held.iter().map(|(_, hold)| *hold).filter(|hold| !notes.is_over(*hold)).collect();
        if open.len() < 3 || random.below(3) == 0 {
            let memo = (random.below(2) == 0).then_some("für Brot, 2 × 3 €");
            let from = random.below(PAYERS.len());
            let to = PAYERS[(from + 1) % PAYERS.len()];
            let digits = 10 + i64::try_from(random.below(90)).unwrap();
            return vec![
                helpers::authorise(PAYERS[from], to, digits, number, memo),
                helpers::key("lobby", open.is_empty()),
            ];
        }
        let amount = (random.below(2) == 0).then(|| helpers::cents(7));
        let steps = [HoldAction::Void, HoldAction::Capture { amount }, HoldAction::Capture { amount }];
        vec![helpers::act_on_hold(open[random.below(open.len())], steps[random.below(3)].clone())]
    }

    /// Something done to a guarded account.
    fn guard(&self, random: &mut Random) -> Vec<Command> {
        let account = name(GUARDS[random.below(GUARDS.len())]);
        let known = self.notes.lock().unwrap().guarded[&account].last().unwrap().1;
        match random.below(6) {
            0..3 => vec![Command::ChargeTry { account }],
            3 => vec![helpers::unlock(account)],
            4 => {
                let frozen = Direction::ALL.get(random.below(4)).copied();
                let limit = (random.below(2) == 0).then(|| helpers::cents(5_000));
                let mut commands = helpers::freeze(account.as_str(), frozen);
                commands.push(helpers::set_limit(account.as_str(), limit));
                commands
            }
            _ => {
                let (session, proof) = (helpers::session(), Some(helpers::proofs()[known.pin]));
                let secret = ChosenSecret::unchecked(helpers::secrets()[1 - known.pin], account);
                let mut commands = vec![helpers::unlock(account)];
                commands.extend(helpers::enter(account, known.pin));
                commands.push(Command::ChangeSecret { account, session, proof, secret });
                commands.push(Command::LogOut { account, session });
                commands
            }
        }
    }
}

/// A movement of little money, now and then a look at a statement.
fn movement(random: &mut Random, number: u64) -> Command {
    let from = random.below(PAYERS.len());
    let to = (from + 1 + random.below(PAYERS.len() - 1)) % PAYERS.len();
    let cents = 1 + i64::try_from(random.below(50)).unwrap();
    match random.below(7) {
        6 => helpers::statement(name(PAYERS[to]), 1, None),
        0 => deposit(PAYERS[from], cents, number),
        1 => withdraw(PAYERS[from], cents, number),
        2 => {
            let memo = "für Brot, 2 × 3 €; ".repeat(1 + random.below(6));
            helpers::transfer(PAYERS[from], PAYERS[to], cents, number, Some(&memo))
        }
        _ => helpers::transfer(PAYERS[from], PAYERS[to], cents, number, None),
    }
}

fn offset(number: usize) -> u64 {
    u64::try_from(number).unwrap()
}

impl Notes {
    fn take(&mut self, command: Command, answer: Option<&Answer>, done: usize) {
        let new = Guarded { tries: 0, pin: 0, frozen: None, limit: None };
        match &command {
            Command::Open(AccountOpening { account, .. }) => {
                self.opened.insert(*account, done);
                self.guarded.entry(*account).or_default().push((done, new));
            }
            Command::Move { .. } => {
                let receipt = match answer {
                    Some(Ok(Outcome::Receipt(receipt))) => Some((done, receipt.clone())),
                    _ => None,
                };
                self.answered.push(Answered { command, answer: receipt });
            }
            Command::Statement { account, .. } => {
                if let Some(Ok(Outcome::Statement(page))) = answer {
                    self.result.extend(page.entries.first().map(|entry| (done, *account, entry.number)));
                }
            }
            Command::Authorise { hold, .. } => {
                if let Some(Ok(Outcome::Authorised(_))) = answer {
                    self.held.push((done, *hold));
                }
            }
            Command::ActOnHold { .. } => {
                if let Some(Ok(Outcome::Settled(settlement))) = answer {
                    self.ended.push((done, command, *settlement.clone()));
                }
            }
            Command::ChargeTry { account } => self.guard(*account, done, |guarded| {
                guarded.tries = (guarded.tries + 1).min(3);
            }),
            Command::Unlock { account, .. } | Command::LogIn { account, .. } => {
                self.guard(*account, done, |guarded| guarded.tries = 0);
            }
            Command::Thaw { account, .. } => self.guard(*account, done, |guarded| guarded.frozen = None),
            Command::Freeze { account, direction, .. } => {
                self.guard(*account, done, |guarded| guarded.frozen = Some(*direction));
            }
            Command::SetLimits { account, limits, .. } => {
                self.guard(*account, done, |guarded| guarded.limit = limits.transaction_max.flatten());
            }
            Command::ChangeSecret { account, secret, .. } => {
                let pin = helpers::secrets().iter().position(|other| *other == secret.hash()).unwrap();
                self.guard(*account, done, |guarded| guarded.pin = pin);
            }
            _ => {}
        }
    }

    fn guard(&mut self, account: AccountId, done: usize, change: impl FnOnce(&mut Guarded)) {
        let states = self.guarded.entry(account).or_default();
        if let Some((_, mut guarded)) = states.last().copied() {
            change(&mut guarded);
            // Commands of one batch are one step.
            if states.last().is_some_and(|(last, _)| *last == done && done != usize::MAX) {
                states.pop();
            }
            states.push((done, guarded));
        }
    }

    fn is_over(&self, hold: TransactionId) -> bool {
        self.ended.iter().any(|(_, _, settlement)| settlement.hold == hold)
    }

    /// How many receipts were given.
    pub fn receipts(&self) -> usize {
        self.answered.iter().filter(|answered| answered.answer.is_some()).count()
    }
}

/// A day that is over.
pub struct Workload {
    pub recording: Recording,
    pub notes: Notes,
    /// What the journal held in the end; not known where the day ended with a failure.
    pub truth: Option<BTreeMap<AccountId, Seen>>,
}

impl Workload {
    /// Ends the day.
    pub fn of(day: Arc<Day>) -> Workload {
        let day = Arc::into_inner(day).expect("nobody works any more");
        drop(day.store);
        let notes = day.notes.into_inner().unwrap();
        Workload { recording: day.disk.recording(), notes, truth: None }
    }

    /// Notes down what the journal on `disk` holds as the truth.
    pub async fn take_as_truth(&mut self, disk: &Simulated) {
        let store = helpers::open(&Simulated::holding(disk.image())).unwrap();
        self.truth = Some(see_all(&store).await);
    }

    /// Opens what a crash after `done` operations left, and looks at everything in it. Answers
    /// what the opening did to the disk.
    pub async fn check(&self, image: Image, done: usize, thorough: bool) -> Recording {
        let disk = Simulated::holding(image);
        match helpers::open(&disk) {
            Ok(store) => drop(store),
            Err(error) => {
                panic!("it can't be opened: {}", bank_engine_core::error_chain::error_chain(&error))
            }
        }
        let first = disk.recording();
        let first_image = disk.image();
        let disk = Simulated::holding(first_image.clone());
        drop(helpers::open(&disk).expect("it can be opened again"));
        assert!(disk.image() == first_image, "a second opening had something to put right");

        let store = helpers::open(&disk).expect("it can be opened a third time");
        let books = balanced(&store).await;
        let seen = see_all(&store).await;
        self.compare(&seen, done);
        let credits: i64 = seen.values().map(|seen| minor(&seen.balance)).sum();
        let line = books.first().map_or(0, |line| line.credits);
        assert_eq!(line, i128::from(credits), "the books say something else than the accounts");
        holds::check(&self.notes, &store, &seen, done).await;
        self.ask_again(&store, &seen).await;
        if seen.contains_key(&name(PAYERS[0])) {
            let new = helpers::ask_one(&store, deposit(PAYERS[0], 1, 1_000_000)).await.unwrap();
            assert!(new.is_ok_and(is_new), "no new work is done");
        }
        balanced(&store).await;
        if thorough {
            let before = see_all_after(&store).await;
            drop(store);
            let store = helpers::open(&disk).expect("it can be opened after new work");
            let after = see_all(&store).await;
            for (account, seen) in &before {
                assert_eq!(after[account].entries, seen.entries, "{account} after new work");
            }
        }
        first
    }

    fn compare(&self, seen: &BTreeMap<AccountId, Seen>, done: usize) {
        let notes = &self.notes;
        for (account, at) in &notes.opened {
            assert!(*at > done || seen.contains_key(account), "{account} is lost");
        }
        for (at, account, entry) in notes.result.iter().filter(|(at, ..)| *at <= done) {
            let entries = seen[account].entries.len();
            assert!(offset(entries) >= *entry, "{account}: entry {entry} was answered after {at} operations");
        }
        for (account, seen) in seen {
            let states = &notes.guarded[account];
            let known = states.iter().rposition(|(at, _)| *at <= done).unwrap_or(0);
            let own = PAYERS.contains(&account.as_str());
            let fits = states[known..].iter().any(|(_, guarded)| *guarded == seen.guarded);
            assert!(own || fits, "{account}: {:?}, but {:?}", seen.guarded, &states[known..]);
            let mut balance = 0;
            for (number, entry) in (1..).zip(&seen.entries) {
                balance += minor(&entry.amount);
                assert_eq!((entry.number, minor(&entry.balance)), (number, balance), "{account}: {entry:?}");
            }
            assert_eq!(minor(&seen.balance), balance, "{account}");
            if let Some(truth) = &self.truth {
                let truth = &truth[account].entries;
                assert!(truth.starts_with(&seen.entries), "{account}: other entries than were decided");
            }
        }
        let held = ids(seen);
        for Answered { command, answer } in &notes.answered {
            let Command::Move { account, transaction, way, .. } = command else { continue };
            let is_held = |account| held.contains(&(account, *transaction));
            if let Some((at, _)) = answer {
                assert!(
                    *at > done || is_held(*account),
                    "the acknowledged transaction {transaction} is lost"
                );
            }
            if let MovementKind::Transfer { to, .. } = way {
                assert_eq!(is_held(*account), is_held(*to), "{transaction} is half there");
            }
        }
    }

    /// Asks for every movement again: what is there is answered as it was, what is not is done.
    async fn ask_again(&self, store: &JournalStore, seen: &BTreeMap<AccountId, Seen>) {
        let (held, mut again) = (ids(seen), BTreeSet::new());
        for answered in self.notes.answered.chunks(64) {
            let commands = answered.iter().map(|answered| answered.command.clone()).collect();
            let answers = ask(store, commands).await.expect("the store decides");
            for (Answered { command, answer: first }, answer) in answered.iter().zip(answers) {
                let Command::Move { account, transaction, .. } = command else { continue };
                if !seen.contains_key(account) || !again.insert(*transaction) {
                    continue;
                }
                if held.contains(&(*account, *transaction)) {
                    let second = receipt(answer);
                    assert!(second.replayed, "{transaction} is done twice");
                    if let Some((_, first)) = first {
                        let mut again = first.clone();
                        again.replayed = true;
                        assert_eq!(second, again);
                    }
                    continue;
                }
                match answer {
                    Ok(Outcome::Receipt(new)) => assert!(!new.replayed, "{transaction} is only an id"),
                    Err(
                        Decline::InsufficientFunds { .. } | Decline::OutOfCash { .. } | Decline::NoSuchPayee,
                    ) => {}
                    other => panic!("{transaction}: {other:?}"),
                }
            }
        }
    }
}

fn is_new(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Receipt(receipt) if !receipt.replayed)
}

pub fn minor(amount: &bank_engine_core::money::Amount) -> i64 {
    amount.minor_units(bank_engine_core::money::Currency::USD).unwrap().0
}

/// Which transactions are among which account's entries.
fn ids(seen: &BTreeMap<AccountId, Seen>) -> BTreeSet<(AccountId, TransactionId)> {
    let entries = |(account, seen): (&AccountId, &Seen)| {
        let account = *account;
        seen.entries.iter().map(move |entry| (account, entry.transaction)).collect::<Vec<_>>()
    };
    seen.iter().flat_map(entries).collect()
}

/// Looks at every account that there is.
pub async fn see_all(store: &JournalStore) -> BTreeMap<AccountId, Seen> {
    let mut all = BTreeMap::new();
    for account in PAYERS.into_iter().chain(GUARDS).map(name) {
        let seen = see(store, account).await.expect("the store reads its record");
        all.extend(seen.map(|seen| (account, seen)));
    }
    all
}

/// As [`see_all`], where the session holds the accounts already.
pub async fn see_all_after(store: &JournalStore) -> BTreeMap<AccountId, Seen> {
    let session = helpers::session();
    for account in PAYERS.into_iter().chain(GUARDS).map(name) {
        let _ = ask(store, vec![Command::LogOut { account, session }]).await.expect("the store works");
    }
    see_all(store).await
}

/// The trial balance, which sums to zero.
pub async fn balanced(store: &JournalStore) -> Vec<TrialBalance> {
    let lines = store.trial_balance().await.expect("the store has a trial balance");
    assert!(lines.iter().all(|line| line.sum() == 0), "{lines:?}");
    lines
}
