//! The expected balances of the day, computed by plain additions without the ledger.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bank_engine_core::account::{AccountId, TerminalId};
use bank_engine_core::auth::HashCost;
use bank_engine_core::bank::{Bank, Deposit, NewAccount, Session, Transfer, Withdrawal};
use bank_engine_core::clock::ManualClock;
use bank_engine_core::error::Error;
use bank_engine_core::ledger::{
    AccountSummary, Actor, Cash, CashCount, Decline, HoldAction, HoldState, Memo, Settlement, TransactionId,
    UndispensedNotes,
};
use bank_engine_core::money::{Amount, Currency};
use bank_engine_core::notes::NoteCount;
use bank_engine_core::operator::{Instruction, Operator};
use bank_engine_core::policy::Policy;
use bank_engine_core::store::MemoryStore;

const PIN: &str = "7391";

/// Faces in whole dollars, and how many notes.
pub(crate) type Stack = (i64, i64);

/// What is known without the bank's books, in cents.
#[derive(Default)]
pub(crate) struct Oracle {
    customers: BTreeMap<String, i64>,
    machines: BTreeMap<String, Machine>,
    vault: i64,
    put_in: i64,
    given: i64,
}

/// The notes that really are in a terminal, as who opens it would count them.
#[derive(Default)]
pub(crate) struct Machine {
    cassettes: BTreeMap<i64, i64>,
    reject_bin: BTreeMap<i64, i64>,
}

impl Oracle {
    pub(crate) fn customer(&mut self, name: &str, change: i64) {
        *self.customers.entry(name.to_owned()).or_insert(0) += change;
    }

    pub(crate) fn transfer(&mut self, from: &str, to: &str, cents: i64) {
        self.customer(from, -cents);
        self.customer(to, cents);
    }

    pub(crate) fn gives(&mut self, name: &str, cents: i64) {
        self.customer(name, cents);
        self.given += cents;
    }

    pub(crate) fn machine(&mut self, terminal: &str) -> &mut Machine {
        self.machines.entry(terminal.to_owned()).or_default()
    }

    pub(crate) fn all_cash(&self) -> i64 {
        self.vault + self.machines.values().map(Machine::total).sum::<i64>()
    }

    pub(crate) fn all_customers(&self) -> i64 {
        self.customers.values().sum()
    }

    pub(crate) fn put_in(&self) -> i64 {
        self.put_in
    }

    pub(crate) fn given(&self) -> i64 {
        self.given
    }

    /// The balance that each account should have; the bank's own by their names.
    pub(crate) fn accounts(&self) -> BTreeMap<String, i64> {
        let mut accounts = self.customers.clone();
        for (name, machine) in &self.machines {
            accounts.insert(format!("${name}:USD"), -machine.total());
        }
        accounts.insert("$vault:USD".into(), -self.vault);
        accounts.insert("$$:USD".into(), self.put_in);
        accounts.insert("$$adjustments:USD".into(), -self.given);
        accounts
    }
}

impl Machine {
    pub(crate) fn total(&self) -> i64 {
        [&self.cassettes, &self.reject_bin]
            .iter()
            .flat_map(|notes| notes.iter())
            .map(|(denomination, n)| denomination * n * 100)
            .sum()
    }

    pub(crate) fn pays_out(&mut self, stacks: &[Stack]) {
        change(&mut self.cassettes, stacks, -1);
    }

    pub(crate) fn drops_into_bin(&mut self, stacks: &[Stack]) {
        change(&mut self.cassettes, stacks, -1);
        change(&mut self.reject_bin, stacks, 1);
    }

    pub(crate) fn loses(&mut self, stacks: &[Stack]) {
        change(&mut self.cassettes, stacks, -1);
    }

    pub(crate) fn finds(&mut self, stacks: &[Stack]) {
        change(&mut self.reject_bin, stacks, 1);
    }
}

fn change(notes: &mut BTreeMap<i64, i64>, stacks: &[Stack], sign: i64) {
    for (denomination, count) in stacks {
        *notes.entry(*denomination).or_insert(0) += sign * count;
    }
}

/// The bank, and the tally of what happens.
pub(crate) struct Day {
    pub(crate) bank: Bank,
    pub(crate) hand: Oracle,
    clock: Arc<ManualClock>,
}

impl Day {
    pub(crate) async fn begins() -> Day {
        let clock = Arc::new(ManualClock::at("2026-03-02T08:00:00Z".parse().unwrap()));
        let policy = Policy { hash_cost: HashCost::LEAST, ..Policy::default() };
        let bank = Bank::with_store(Arc::new(MemoryStore::with_clock(policy, clock.clone())));
        Day { bank, hand: Oracle::default(), clock }
    }

    pub(crate) fn name(&self, text: &str) -> AccountId {
        text.parse().unwrap()
    }

    pub(crate) async fn passes(&mut self, time: Duration) {
        self.clock.advance(time);
    }

    pub(crate) async fn opens(&mut self, name: &str, cents: i64) {
        let secret = self.bank.hash(PIN.into()).await.unwrap();
        self.bank
            .open_account(
                NewAccount::new(self.name(name), Currency::USD)
                    .secret_hash(secret)
                    .opening_balance(TransactionId::generate(), usd(cents)),
            )
            .await
            .unwrap();
        self.hand.customer(name, cents);
        self.hand.vault += cents;
    }

    pub(crate) async fn adds_terminal(&mut self, name: &str) {
        let key = self.bank.hash("a key of its own".into()).await.unwrap();
        self.bank.add_terminal(name, Currency::USD, Some(key), None).await.unwrap();
    }

    pub(crate) async fn loads(&mut self, terminal: &str, stacks: &[Stack]) {
        let cash = Cash::in_notes(Currency::USD, notes(stacks));
        self.at(terminal).load(TransactionId::generate(), cash, None).await.unwrap();
        change(&mut self.hand.machine(terminal).cassettes, stacks, 1);
        self.hand.put_in += worth(stacks);
    }

    /// A whole visit: the customer comes with card and PIN, and takes these notes away.
    pub(crate) async fn draws(&mut self, name: &str, terminal: &str, cents: i64, out: &[Stack]) {
        let id = TransactionId::generate();
        let session = self.enters(name, terminal).await;
        let authorised = session.authorise_cash(Withdrawal::new(id, usd(cents))).await.unwrap();
        assert_eq!(authorised.notes, notes(out), "{name} at {terminal}");
        self.terminal_says(terminal, id, HoldAction::Order).await.unwrap();
        let result = HoldAction::Dispensed {
            amount: Some(usd(cents)),
            notes: Vec::new(),
            undispensed_notes: UndispensedNotes::default(),
        };
        let settled = self.terminal_says(terminal, id, result).await.unwrap();
        assert_eq!((settled.state, settled.amount), (HoldState::Captured, usd(cents)));
        session.log_out().await.unwrap();
        self.hand.customer(name, -cents);
        self.hand.machine(terminal).pays_out(out);
    }

    pub(crate) async fn pays_in(&mut self, name: &str, terminal: &str, stacks: &[Stack]) {
        let session = self.enters(name, terminal).await;
        let cents = worth(stacks);
        session
            .deposit(Deposit::new(TransactionId::generate(), usd(cents)).notes(notes(stacks)))
            .await
            .unwrap();
        session.log_out().await.unwrap();
        self.hand.customer(name, cents);
        change(&mut self.hand.machine(terminal).reject_bin, stacks, 1);
    }

    pub(crate) async fn draws_at_the_counter(&mut self, name: &str, cents: i64) {
        let session = self.bank.login(name, PIN).await.unwrap();
        session.withdraw(Withdrawal::new(TransactionId::generate(), usd(cents))).await.unwrap();
        session.log_out().await.unwrap();
        self.hand.customer(name, -cents);
        self.hand.vault -= cents;
    }

    pub(crate) async fn pays(&mut self, from: &str, to: &str, cents: i64) -> Result<TransactionId, Decline> {
        let id = TransactionId::generate();
        let session = self.bank.login(from, PIN).await.unwrap();
        let paid = session.transfer(Transfer::new(id, usd(cents)).to(to)).await;
        session.log_out().await.unwrap();
        match paid {
            Ok(_) => self.hand.transfer(from, to, cents),
            Err(Error::Declined(decline)) => return Err(decline),
            Err(error) => panic!("{error}"),
        }
        Ok(id)
    }

    /// Takes hold of an account at a terminal, a minute after what was before.
    pub(crate) async fn enters(&mut self, name: &str, terminal: &str) -> Session {
        self.clock.advance(Duration::from_secs(60));
        self.at(terminal).login(name, PIN).await.unwrap()
    }

    pub(crate) async fn terminal_says(
        &self,
        terminal: &str,
        hold: TransactionId,
        step: HoldAction,
    ) -> Result<Settlement, Error> {
        self.bank.act_on_hold(hold, Actor::Terminal(terminal.parse().unwrap()), step).await
    }

    /// The cash is counted as it is, and the day closed.
    pub(crate) async fn closes(&mut self, terminal: &str) -> CashCount {
        let Machine { cassettes, reject_bin } = self.hand.machine(terminal);
        let mut all = cassettes.clone();
        for (denomination, count) in reject_bin.iter() {
            *all.entry(*denomination).or_insert(0) += count;
        }
        let list = |notes: &BTreeMap<i64, i64>| {
            notes.iter().map(|(denomination, n)| (*denomination, *n)).collect::<Vec<_>>()
        };
        let (counted, reject_bin) = (notes(&list(&all)), notes(&list(reject_bin)));
        let reason = Some("the evening count".parse().unwrap());
        let close = Some((TransactionId::generate(), Instruction { operator: olga(), reason }));
        self.at(terminal).count(Cash::in_notes(Currency::USD, counted), reject_bin, close).await.unwrap()
    }

    pub(crate) async fn account(&self, name: &str) -> AccountSummary {
        self.bank.account(self.name(name)).await.unwrap().account
    }

    /// The balance of one of the bank's own accounts.
    pub(crate) async fn own(&self, account: AccountId) -> i64 {
        cents(self.bank.balance(account).await.unwrap().balance)
    }

    /// The balances of all accounts, by name; nothing is on hold any more.
    pub(crate) async fn all_accounts(&self) -> BTreeMap<String, i64> {
        let mut all = BTreeMap::new();
        let mut first = Some(0);
        while let Some(number) = first {
            let listed = self.bank.accounts(number, 40).await.unwrap();
            for account in listed.accounts {
                assert_eq!(account.held, usd(0), "{}", account.account);
                all.insert(account.account.to_string(), cents(account.balance));
            }
            first = listed.next;
        }
        all
    }

    fn at(&self, terminal: &str) -> Bank {
        let terminal: TerminalId = terminal.parse().unwrap();
        self.bank.for_terminal(terminal)
    }
}

pub(crate) fn usd(cents: i64) -> Amount {
    Amount::new(cents, 2).unwrap()
}

pub(crate) fn cents(amount: Amount) -> i64 {
    amount.minor_units(Currency::USD).unwrap().0
}

pub(crate) fn notes(stacks: &[Stack]) -> Vec<NoteCount> {
    let mut notes: Vec<Stack> = stacks.iter().filter(|(_, count)| *count > 0).copied().collect();
    notes.sort_unstable_by_key(|(denomination, _)| -denomination);
    let count = |(denomination, count): Stack| NoteCount {
        denomination: usd(denomination * 100),
        count: u32::try_from(count).unwrap(),
    };
    notes.into_iter().map(count).collect()
}

fn worth(stacks: &[Stack]) -> i64 {
    stacks.iter().map(|(denomination, count)| denomination * count * 100).sum()
}

pub(crate) fn olga() -> Operator {
    "olga".parse().unwrap()
}

pub(crate) fn word(text: &str) -> Option<Memo> {
    Some(text.parse().unwrap())
}
