//! Statements and balances as of an instant, against the history read from its beginning.

use bank_engine_core::account::{Account, AccountId};
use bank_engine_core::ledger::{Balance, STATEMENT_ENTRIES_MAX, Statement, StatementQuery, Transaction};
use bank_engine_core::money::Minor;
use bank_engine_core::time::Timestamp;

use super::state::State;

fn gain(made: &Transaction, account: &AccountId) -> Minor {
    if made.to.account == *account { made.amount } else { Minor(-made.amount.0) }
}

pub(crate) fn check_balance(state: &State, result: &Balance, at: Option<Timestamp>) {
    let account = state.books.account(&result.account).unwrap();
    let written = |minor: Minor| minor.in_currency(account.currency);
    let Some(at) = at else {
        assert_eq!(
            (result.balance, result.available),
            (written(account.balance), written(account.available()))
        );
        return;
    };
    let sum: i64 =
        state.history(&account.id).filter(|made| made.at <= at).map(|made| gain(made, &account.id).0).sum();
    assert_eq!(result.balance, written(Minor(sum)), "{} at {at}", account.id);
}

pub(crate) fn check_page(state: &State, account: &Account, query: StatementQuery, page: &Statement) {
    let written = |minor: i64| Minor(minor).in_currency(account.currency);
    let (mut balance, mut rows) = (0, Vec::new());
    for (made, number) in state.history(&account.id).zip(1..) {
        let amount = gain(made, &account.id).0;
        balance += amount;
        rows.push((number, made, amount, balance));
    }
    assert_eq!(page.balance, written(balance));
    rows.retain(|(number, made, ..)| {
        query.before.is_none_or(|before| *number < before) && query.to.is_none_or(|to| made.at <= to)
    });
    let closing = rows.last().map_or(0, |(.., after)| *after);
    rows.retain(|(_, made, ..)| query.from.is_none_or(|from| made.at >= from));
    rows.reverse();
    let limit = query.limit.clamp(1, STATEMENT_ENTRIES_MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let opening = rows.last().map_or(closing, |(_, _, amount, after)| after - amount);
    assert_eq!((page.opening, page.closing), (written(opening), written(closing)), "{query:?} {page:?}");
    assert_eq!(page.entries.len(), rows.len(), "{query:?}");
    for (entry, (number, made, amount, after)) in page.entries.iter().zip(&rows) {
        assert_eq!((entry.number, entry.transaction, entry.kind), (*number, made.id, made.kind));
        assert_eq!((entry.amount, entry.balance), (written(*amount), written(*after)));
    }
    // A further page may be empty, but none is left out.
    assert!(page.next.is_some() || !more, "{query:?} leaves out what is older");
    assert!(page.next.is_none() || page.next == rows.last().map(|(number, ..)| *number));
}
