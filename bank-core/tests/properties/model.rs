//! The totals beside the balances, computed again in another way.

use std::collections::{BTreeMap, HashMap, HashSet};

use bank_engine_core::account::{Account, AccountChange, AccountId, Kind, Limits, Status};
use bank_engine_core::day::Day;
use bank_engine_core::hold::{Hold, Release, Stage};
use bank_engine_core::ledger::{Fact, LimitsChange, Origin, Transaction, TransactionId, TransactionKind};
use bank_engine_core::money::{Amount, Currency, Minor};

use super::state::State;

struct Open {
    hold: Hold,
    /// The cash account that is to pay it out.
    cash: Option<AccountId>,
    suspect: AccountId,
}

#[derive(Default)]
pub(crate) struct Model {
    /// Open holds, with what was informed of them.
    holds: BTreeMap<TransactionId, Open>,
    ended: HashSet<TransactionId>,
    reversed: HashSet<TransactionId>,
    /// What was taken out of an account for a day, and how often, given back or not.
    taken: HashMap<(AccountId, Day), (i64, i64)>,
    /// The day whose allowance a transaction used.
    used: HashMap<TransactionId, Day>,
    /// By how much reversals of cash made the books of terminals that count notes differ from them.
    skewed: HashMap<AccountId, i64>,
    /// Each account's limits, of the changes that were made to each of them.
    limits: HashMap<AccountId, Limits>,
    /// What each dispense that is over paid out, and whose money it was.
    paid: HashMap<TransactionId, (AccountId, i64)>,
    /// What the terminal says of a dispense that is disputed; `None` once it is resolved.
    disputes: BTreeMap<TransactionId, Option<i64>>,
    pub(crate) happened: BTreeMap<String, usize>,
}

impl Model {
    /// The open holds, by their ids.
    pub(crate) fn holds(&self) -> impl Iterator<Item = &Hold> {
        self.holds.values().map(|open| &open.hold)
    }

    /// A dispute that is open: the dispense, what is booked and what its terminal says.
    pub(crate) fn disputed(&self, state: &State) -> Option<(TransactionId, Minor, Minor, Currency)> {
        let (hold, reported) = self.disputes.iter().find_map(|(hold, open)| Some((*hold, (*open)?)))?;
        let (account, booked) = self.paid[&hold];
        Some((hold, Minor(booked), Minor(reported), state.books.account(&account).unwrap().currency))
    }

    pub(crate) fn note(&mut self, what: impl Into<String>) {
        *self.happened.entry(what.into()).or_insert(0) += 1;
    }

    /// `state` is that before the fact.
    pub(crate) fn take_in(&mut self, state: &State, fact: &Fact) {
        match fact {
            Fact::Opened { account, kind: Kind::Customer, secret, minimum_balance, .. } => {
                self.limits.entry(*account).or_default().minimum_balance = *minimum_balance;
                if secret.is_none() {
                    self.note("opened without a secret");
                }
                if *minimum_balance < Minor::ZERO {
                    self.note("opened with a minimum balance");
                }
            }
            Fact::HoldPlaced(hold) => {
                assert!(!self.ended.contains(&hold.id), "{} was over", hold.id);
                let cash = hold.terminal().map(|terminal| AccountId::cash(terminal, hold.currency));
                let open = Open { hold: hold.clone(), cash, suspect: AccountId::suspect(hold.currency) };
                assert!(self.holds.insert(hold.id, open).is_none(), "{} is placed twice", hold.id);
                self.take_out(state, hold.account, hold.day, hold.amount.0);
            }
            Fact::HoldOrdered { hold, expires } => {
                let Open { hold, .. } = self.holds.get_mut(hold).expect("an open hold");
                assert_eq!(hold.stage, Stage::Placed);
                (hold.stage, hold.expires) = (Stage::Ordered, *expires);
            }
            Fact::HoldReleased { hold, how, at } => self.release(hold, *how, *at >= hold.expires),
            Fact::Posted(made) => self.post(state, made),
            Fact::TerminalCounted { terminal, currency, .. } => {
                self.skewed.remove(&AccountId::cash(terminal, *currency));
                let cash = AccountId::cash(terminal, *currency);
                for open in self.holds.values_mut().filter(|open| open.cash == Some(cash)) {
                    if let Stage::Suspect { counted, .. } = &mut open.hold.stage
                        && !*counted
                    {
                        *counted = true;
                        *self.happened.entry("suspect counted".into()).or_insert(0) += 1;
                    }
                }
            }
            Fact::Disputed(dispute) => {
                let (account, paid) = self.paid[&dispute.hold];
                assert_eq!((dispute.account, dispute.booked.0), (account, paid), "{dispute:?}");
                assert_ne!(dispute.reported.0, paid, "{dispute:?}");
                let before = self.disputes.insert(dispute.hold, Some(dispute.reported.0));
                assert!(!matches!(before, Some(None)), "{dispute:?} was resolved");
                self.note("disputed");
            }
            Fact::DisputeResolved { hold, finding, .. } => {
                let open = self.disputes.insert(*hold, None).flatten();
                assert!(open.is_some(), "{hold} is not disputed");
                let adjusted = finding.adjustment.map_or(0, |made| {
                    let made = state.made(made).expect("an adjustment");
                    if made.from.account.is_own() { -made.amount.0 } else { made.amount.0 }
                });
                assert_eq!(self.paid[hold].1 + adjusted, finding.paid.0, "{hold}");
                assert!(adjusted == 0 || !self.reversed.contains(hold), "{hold} is given back twice");
                self.note(if adjusted == 0 { "dispute resolved" } else { "dispute resolved with money" });
            }
            Fact::NotesChanged { .. } => self.note("notes counted"),
            Fact::AccountChanged { change: AccountChange::Closed, .. } => self.note("closed"),
            Fact::AccountChanged { change: AccountChange::Frozen { .. }, .. } => self.note("frozen"),
            Fact::AccountChanged { change: AccountChange::Thawed { .. }, .. } => self.note("thawed"),
            _ => {}
        }
    }

    fn release(&mut self, result: &Hold, how: Release, late: bool) {
        let hold = self.end(result.id);
        self.paid.insert(result.id, (hold.account, 0));
        assert_eq!(hold, *result, "a hold is answered as it was");
        self.give_back(hold.account, hold.day, if hold.is_in_account() { hold.amount.0 } else { 0 }, 1);
        match how {
            Release::Voided => self.note("hold voided"),
            Release::Expired => {
                assert!(late && hold.stage == Stage::Placed, "{hold:?} expired");
                self.note("hold expired");
            }
            _ => panic!("{how:?}"),
        }
    }

    fn end(&mut self, id: TransactionId) -> Hold {
        assert!(self.ended.insert(id), "{id} ended twice");
        let hold = self.holds.remove(&id).expect("an open hold").hold;
        if let Stage::Suspect { counted, .. } = hold.stage {
            self.note(if counted { "suspect cleared up after a count" } else { "suspect cleared up" });
        }
        hold
    }

    fn post(&mut self, state: &State, made: &Transaction) {
        assert!(made.amount.is_positive());
        assert_ne!(made.from.account, made.to.account);
        for leg in [&made.from, &made.to] {
            let account = state.books.account(&leg.account).unwrap();
            assert_eq!(account.currency, made.currency);
            assert_ne!(account.status, Status::Closed, "{made:?} moves a closed account");
        }
        self.note(made.kind.to_string());
        match made.origin {
            Origin::Itself => {
                let movement =
                    [TransactionKind::Deposit, TransactionKind::Withdrawal, TransactionKind::Transfer];
                if movement.contains(&made.kind) {
                    let of = |account| state.books.account(account).unwrap();
                    assert!(of(&made.from.account).allows_debits(), "{made:?}");
                    assert!(of(&made.to.account).allows_credits(), "{made:?}");
                }
                if movement[1..].contains(&made.kind) {
                    self.take_out(state, made.from.account, made.day, made.amount.0);
                    self.used.insert(made.id, made.day);
                }
            }
            origin if origin.is_hold() => {
                let hold = self.end(made.id);
                self.paid.insert(made.id, (hold.account, made.amount.0));
                let left = hold.amount.0 - made.amount.0;
                assert!(left >= 0, "{made:?} is more than {hold:?}");
                if hold.is_in_account() {
                    assert_eq!(made.from.account, hold.account);
                    self.give_back(hold.account, hold.day, left, 0);
                    self.used.insert(made.id, hold.day);
                    self.note("hold captured");
                } else {
                    assert_eq!(made.from.account, AccountId::suspect(hold.currency));
                }
                if left > 0 {
                    self.note("hold captured in part");
                }
                if made.day != hold.day {
                    self.note("hold captured on another day");
                }
            }
            Origin::Suspects(id) => {
                let Open { hold, .. } = self.holds.get_mut(&id).expect("an open hold");
                assert_eq!((hold.stage, hold.amount), (Stage::Ordered, made.amount));
                assert_eq!(made.to.account, AccountId::suspect(hold.currency));
                hold.stage = Stage::Suspect { since: made.at, counted: false };
            }
            Origin::Returns(id) => {
                let hold = self.holds.get(&id).expect("an open hold").hold.clone();
                assert!(matches!(hold.stage, Stage::Suspect { .. }) && made.amount <= hold.amount);
                assert_eq!(made.to.account, hold.account);
                self.give_back(hold.account, hold.day, made.amount.0, 0);
            }
            Origin::Reverses { original, .. } => self.reverse(state, original, made),
            Origin::Disputed(hold) => {
                assert!(self.disputes[&hold].is_some(), "{made:?}");
                assert!([made.from.account, made.to.account].contains(&self.paid[&hold].0));
            }
            _ => panic!("{made:?}"),
        }
    }

    fn reverse(&mut self, state: &State, original: TransactionId, made: &Transaction) {
        assert!(self.reversed.insert(original), "{original} was reversed twice");
        let first = state.made(original).expect("a transaction");
        assert!(made.amount <= first.amount);
        assert_eq!((made.from.account, made.to.account), (first.to.account, first.from.account));
        if made.amount < first.amount {
            self.note("reversal in part");
        }
        if let Some(day) = self.used.get(&original).copied() {
            self.give_back(made.to.account, day, made.amount.0, i64::from(made.amount == first.amount));
            self.note("allowance given back");
        }
        for (cash, out) in [(made.from.account, 1), (made.to.account, -1)] {
            if counts_notes(state, &cash) {
                *self.skewed.entry(cash).or_insert(0) += out * made.amount.0;
            }
        }
    }

    fn take_out(&mut self, state: &State, account: AccountId, day: Day, amount: i64) {
        let (taken, times) = self.taken.entry((account, day)).or_insert((0, 0));
        (*taken, *times) = (*taken + amount, *times + 1);
        let limits = state.books.account(&account).unwrap().limits();
        assert!(limits.transaction_max.is_none_or(|limit| amount <= limit.0), "{account} passes {limits:?}");
        assert!(
            limits.day_amount_max.is_none_or(|limit| *taken <= limit.0),
            "{account}: {taken}, {limits:?}"
        );
        assert!(
            limits.day_count_max.is_none_or(|limit| *times <= i64::from(limit)),
            "{account}: {times} times"
        );
    }

    /// A change of limits was accepted: what it does not name stays.
    pub(crate) fn limit(&mut self, account: &Account, change: &LimitsChange) {
        let minor = |amount: Amount| amount.minor_units(account.currency).expect("limits of the currency");
        let limits = self.limits.entry(account.id).or_default();
        if let Some(minimum_balance) = change.minimum_balance {
            limits.minimum_balance = minimum_balance.map_or(Minor(0), |minimum| {
                minimum.minor_units(account.currency).expect("a minimum in the currency")
            });
        }
        if let Some(limit) = change.transaction_max {
            limits.transaction_max = limit.map(minor);
        }
        if let Some(limit) = change.day_amount_max {
            limits.day_amount_max = limit.map(minor);
        }
        if let Some(limit) = change.day_count_max {
            limits.day_count_max = limit;
        }
        self.note("limits changed");
    }

    fn give_back(&mut self, account: AccountId, day: Day, amount: i64, times: i64) {
        let taken = self.taken.entry((account, day)).or_insert((0, 0));
        *taken = (taken.0 - amount, taken.1 - times);
    }

    /// Everything that must be so between two commands.
    pub(crate) fn check(&self, state: &State, today: Day) {
        let mut sums: Vec<(Currency, i128)> = Vec::new();
        let held = self.held();
        for account in state.books.accounts() {
            let balance = i128::from(account.balance.0);
            match sums.iter_mut().find(|(currency, _)| *currency == account.currency) {
                Some((_, sum)) => *sum += balance,
                None => sums.push((account.currency, balance)),
            }
            self.check_account(account, held.get(&account.id).copied().unwrap_or_default(), today);
        }
        assert!(sums.iter().all(|(_, sum)| *sum == 0), "{sums:?}");
        for terminal in state.books.terminals().filter(|terminal| terminal.counts_notes) {
            let cash = AccountId::cash(&terminal.id, terminal.currency);
            let promised: i64 = self
                .holds
                .values()
                .filter(|open| open.cash == Some(cash) && is_promised(&open.hold))
                .map(|open| open.hold.notes().unwrap().total().0)
                .sum();
            let skewed = self.skewed.get(&cash).copied().unwrap_or(0);
            let there = terminal.total().unwrap().0 + promised + skewed;
            assert_eq!(-state.books.account(&cash).unwrap().balance.0, there, "{terminal:?}");
        }
    }

    /// The sum and number of the open holds on each account: on a customer's until the money is
    /// suspect, on the suspect account from then on, and on cash until it is counted or paid.
    fn held(&self) -> HashMap<AccountId, (i64, u32)> {
        let mut held: HashMap<AccountId, (i64, u32)> = HashMap::new();
        for Open { hold, cash, suspect } in self.holds.values() {
            let account = if hold.is_in_account() { hold.account } else { *suspect };
            for on in [Some(account), cash.filter(|_| is_promised(hold))].into_iter().flatten() {
                let (sum, count) = held.entry(on).or_default();
                (*sum, *count) = (*sum + hold.amount.0, *count + 1);
            }
        }
        held
    }

    fn check_account(&self, account: &Account, (sum, count): (i64, u32), today: Day) {
        assert!(account.allows_balance(account.balance), "{account:?}");
        match account.kind {
            Kind::Customer => {
                let limits = self.limits.get(&account.id).copied().unwrap_or_default();
                assert_eq!(account.limits(), limits, "{account:?}");
                let minimum_balance = limits.minimum_balance;
                assert!(account.balance >= minimum_balance, "{account:?} is under its minimum balance");
                assert!(
                    account.balance.0 >= sum + minimum_balance.0,
                    "{account:?} promised more than it has"
                );
                assert_eq!(account.available().0, account.balance.0.saturating_sub(sum + minimum_balance.0));
                let (amount, times) = self.taken.get(&(account.id, today)).copied().unwrap_or((0, 0));
                let used = account.usage.on(today);
                assert_eq!((used.amount.0, i64::from(used.count)), (amount, times), "{account:?}");
            }
            Kind::Cash => assert!(account.balance.0 <= 0, "{account:?} paid out what was not there"),
            Kind::Suspect => return assert_eq!(account.balance.0, sum, "{account:?}"),
            Kind::Capital => assert!(account.balance.0 >= 0, "{account:?}"),
            _ => {}
        }
        assert_eq!((account.held().0, account.holds()), (sum, count), "{account:?}");
    }
}

fn counts_notes(state: &State, cash: &AccountId) -> bool {
    let mut terminals = state.books.terminals();
    terminals.any(|known| known.counts_notes && AccountId::cash(&known.id, known.currency) == *cash)
}

/// Whether the cash that a hold may pay out is not counted yet.
fn is_promised(hold: &Hold) -> bool {
    !matches!(hold.stage, Stage::Suspect { counted: true, .. })
}
