//! The holds that a journal must have after a crash.

use std::collections::BTreeMap;

use bank_engine_core::account::AccountId;
use bank_engine_core::ledger::{Command, Decline, HoldAction, HoldsQuery, Outcome};
use bank_engine_journal::JournalStore;

use crate::helpers::{self, Seen};
use crate::workload::{Notes, minor};

/// What was set aside is, until it is known to be over, and then it is over as was answered.
pub async fn check(notes: &Notes, store: &JournalStore, seen: &BTreeMap<AccountId, Seen>, done: usize) {
    let Notes { held, ended, .. } = notes;
    let answered = Command::Holds(HoldsQuery::default());
    let listed = helpers::ask_one(store, answered).await.unwrap();
    let Ok(Outcome::Holds(listed)) = listed else { panic!("no holds: {listed:?}") };
    assert_eq!(listed.next, None, "all of them");
    let open = listed.holds;
    let mut sums: BTreeMap<AccountId, i64> = seen.keys().map(|account| (*account, 0)).collect();
    for hold in &open {
        *sums.get_mut(&hold.account).unwrap() += minor(&hold.amount);
    }
    for (account, sum) in sums {
        let listed = helpers::ask_one(store, Command::Account { account }).await.unwrap();
        let Ok(Outcome::Account(details)) = listed else { panic!("{account}: {listed:?}") };
        assert_eq!(minor(&details.account.held), sum, "{account}: {open:?}");
    }
    for (at, command, first) in ended.iter().filter(|(at, ..)| *at <= done) {
        let again = helpers::ask_one(store, command.clone()).await.unwrap();
        let Ok(Outcome::Settled(again)) = again else { panic!("over after {at}: {command:?}: {again:?}") };
        assert!(again.replayed && (again.state, again.amount) == (first.state, first.amount), "{again:?}");
        assert_eq!(again.receipt.is_some(), first.receipt.is_some());
    }
    for (at, hold) in held.iter().filter(|(at, _)| *at <= done) {
        let is_open = open.iter().any(|open| open.hold == *hold);
        let over = helpers::ask_one(store, helpers::act_on_hold(*hold, HoldAction::Order)).await.unwrap();
        let fits = match over {
            Err(Decline::WrongStep) => is_open,
            Err(Decline::HoldCaptured | Decline::HoldVoided) => !is_open,
            _ => false,
        };
        assert!(fits, "the hold {hold}, placed after {at} operations: {over:?}");
    }
}
