//! A bank with a terminal that counts its notes, and what must be true of it after each dispense.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use bank_engine::account::{AccountId, TerminalId};
use bank_engine::bank::{Bank, Deposit};
use bank_engine::clock::ManualClock;
use bank_engine::ledger::{Actor, Cash, HoldAction, HoldState, TransactionId, UndispensedNotes};
use bank_engine::money::{Amount, Currency, Minor};
use bank_engine::notes::parse_notes;

use crate::support::bank;

/// What the terminal's key is.
pub(crate) const KEY: &str = "the key of atm-1";

pub(crate) fn terminal() -> TerminalId {
    "atm-1".parse().unwrap()
}

fn minor(text: &str) -> i64 {
    text.parse::<Amount>().unwrap().minor_units(Currency::USD).unwrap().0
}

fn written(minor: i64) -> Amount {
    Minor(minor).in_currency(Currency::USD)
}

/// A bank where anna has 100000.00, and where cash comes out of atm-1 or the vault.
pub(crate) struct BankFixture {
    pub(crate) bank: Bank,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) folder: tempfile::TempDir,
    /// Where the cash comes out.
    place: TerminalId,
    loaded: i64,
    opened: i64,
}

impl BankFixture {
    /// With notes at atm-1 where `known`; otherwise it is the vault, which counts none.
    pub(crate) async fn new(known: bool) -> BankFixture {
        let (bank, clock) = bank().await;
        let place = if known { terminal() } else { TerminalId::vault() };
        let key = bank.hash(KEY.into()).await.unwrap();
        bank.add_terminal(terminal(), Currency::USD, Some(key), None).await.unwrap();
        let machine = bank.for_terminal(terminal());
        let notes = parse_notes("900x50.00,900x20.00").unwrap();
        machine.load(TransactionId::generate(), Cash::in_notes(Currency::USD, notes), None).await.unwrap();
        let anna = bank.login("anna", "1324").await.unwrap();
        anna.deposit(Deposit::new(TransactionId::generate(), "99900")).await.unwrap();
        anna.log_out().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("key", KEY), ("pin", "1324")] {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        let mut bank_fixture = BankFixture { bank, clock, folder, place, loaded: 0, opened: 0 };
        (bank_fixture.loaded, bank_fixture.opened) =
            (bank_fixture.cash().await, bank_fixture.standing("anna").await);
        bank_fixture
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// All that the mechanism ever paid out, in minor units.
    pub(crate) fn paid(&self) -> i64 {
        let notes = fs::read_to_string(self.path("notes")).unwrap_or_default();
        notes.lines().map(minor).sum()
    }

    pub(crate) async fn standing(&self, account: &str) -> i64 {
        let account = self.bank.balance(account).await.unwrap();
        account.balance.minor_units(Currency::USD).unwrap().0
    }

    /// What the books say is in the machine.
    async fn cash(&self) -> i64 {
        -self.own(AccountId::cash(&self.place, Currency::USD)).await
    }

    async fn own(&self, account: AccountId) -> i64 {
        let balance = self.bank.balance(account).await.map(|balance| balance.balance);
        // The suspect account is there from the first suspect dispense on.
        balance.map_or(0, |balance| balance.minor_units(Currency::USD).unwrap().0)
    }

    /// The suspect dispenses, in minor units, once it is seen that no others are open.
    pub(crate) async fn suspect(&self) -> i64 {
        let holds = self.bank.holds(Default::default()).await.unwrap().holds;
        assert!(holds.iter().all(|hold| hold.state == HoldState::Suspect), "{holds:?}");
        let sum = holds.iter().map(|hold| hold.amount.minor_units(Currency::USD).unwrap().0).sum();
        assert_eq!(self.own(AccountId::suspect(Currency::USD)).await, sum, "of {holds:?}");
        sum
    }

    /// Resolves the suspect dispense, if there is one, as somebody who knows what came out: all that
    /// the books don't know to have come out. Whether there was one.
    pub(crate) async fn resolve(&self) -> bool {
        let holds = self.bank.holds(Default::default()).await.unwrap().holds;
        assert!(holds.len() <= 1, "{holds:?}");
        for hold in &holds {
            let amount = Some(written(self.paid() - (self.loaded - self.cash().await)));
            let step = HoldAction::Dispensed {
                amount,
                notes: Vec::new(),
                undispensed_notes: UndispensedNotes::default(),
            };
            self.bank.act_on_hold(hold.hold, Actor::Bank, step).await.unwrap();
        }
        !holds.is_empty()
    }

    /// Checks that customer, cash and suspect account agree with what really came out.
    pub(crate) async fn assert_reconciled(&self, when: &str) {
        let paid = self.paid();
        assert_eq!(self.suspect().await, 0, "suspect, {when}");
        assert_eq!(self.opened - self.standing("anna").await, paid, "customer, {when}");
        assert_eq!(self.loaded - self.cash().await, paid, "cash, {when}");
        let listed = self.bank.terminals().await.unwrap();
        for terminal in listed.iter().filter(|listed| listed.terminal == self.place) {
            let inside: i64 = terminal.cassettes.iter().chain(&terminal.reject_bin).fold(0, |sum, count| {
                sum + count.denomination.minor_units(Currency::USD).unwrap().0 * i64::from(count.count)
            });
            assert_eq!(inside, self.loaded - paid, "notes, {when}");
            assert!(terminal.reserved.is_zero(), "promised, {when}");
        }
        for balance in self.bank.trial_balance().await.unwrap() {
            assert_eq!(balance.debits, balance.credits, "{when}");
        }
    }
}
