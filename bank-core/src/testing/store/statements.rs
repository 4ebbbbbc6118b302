//! Cases about statements, and balances at earlier instants.

use std::sync::Arc;
use std::time::Duration;

use super::StoreFixture;
use super::fixtures::{Fixture, Holder, START_MS, balance, cents, execute, id, name, receipt};
use crate::ledger::{Entry, MEMO_CHARS_MAX, Statement, TransactionKind};
use crate::testing::Random;
use crate::time::Timestamp;

/// Whatever the pages' sizes, together they are every entry once, newest first.
pub async fn pages_are_newest_first_and_leave_nothing_out(fixture: &dyn StoreFixture) {
    const ENTRIES: u64 = 137;
    let mut random = Random::from_environment();
    let bank = Fixture::new(fixture).await;
    let holder = history_of(&bank, ENTRIES).await;
    assert!(bank.page(bank.customer("none", 0, 2).await, 50, None).await.entries.is_empty());
    let mut before = None;
    let mut next = ENTRIES;
    while next > 0 {
        let limit = random.below(60);
        let page = bank.page(holder, limit, before).await;
        check(&page, next, limit);
        next -= u64::try_from(page.entries.len()).expect("a small number");
        before = page.next;
    }
    for (before, newest) in
        [(0, 0), (1, 0), (2, 1), (ENTRIES, ENTRIES - 1), (ENTRIES + 1, ENTRIES), (u64::MAX, ENTRIES)]
    {
        check(&bank.page(holder, 10, Some(before)).await, newest, 10);
    }
}

/// A reader that goes back page by page meets each entry once, though newer ones arrive.
pub async fn pages_fit_together_while_others_write(fixture: &dyn StoreFixture) {
    const ENTRIES: u64 = 400;
    let bank = Fixture::new(fixture).await;
    let holder = history_of(&bank, ENTRIES).await;
    let store = Arc::clone(&bank.store);
    let writer = tokio::spawn(async move {
        for n in ENTRIES + 1..=2 * ENTRIES {
            let digits = i64::try_from(n).expect("a small number");
            receipt(execute(&*store, vec![holder.deposit(digits, 10 + n)]).await.remove(0));
        }
    });
    loop {
        let written = writer.is_finished();
        let newest = bank.page(holder, 7, None).await;
        let mut at = newest.entries[0].number;
        assert_eq!(newest.balance, newest.entries[0].balance, "a page is of one instant");
        check(&newest, at, 7);
        let mut next = newest.next;
        while let Some(before) = next {
            at = before - 1;
            let older = bank.page(holder, 50, next).await;
            check(&older, at, 50);
            next = older.next;
        }
        assert!(at <= 50, "the pages ended at entry {at}");
        if written {
            break;
        }
    }
    writer.await.expect("the writer ends");
    check(&bank.page(holder, 3, None).await, 2 * ENTRIES, 3);
}

/// Pages from the middle and from the very beginning of a long history.
pub async fn pages_from_deep_down_are_right(fixture: &dyn StoreFixture) {
    const ENTRIES: u64 = 5_000;
    let mut random = Random::from_environment();
    let bank = Fixture::new(fixture).await;
    let holder = history_of(&bank, ENTRIES).await;
    for before in [2, 3, 11, 51, 52, ENTRIES / 2, ENTRIES] {
        check(&bank.page(holder, 50, Some(before)).await, before - 1, 50);
    }
    for _ in 0..100 {
        let (limit, before) = (1 + random.below(50), 1 + random.number() % (ENTRIES + 1));
        check(&bank.page(holder, limit, Some(before)).await, before - 1, limit);
    }
}

/// Payer and payee see one movement, each from its side; cash is nobody's counterparty.
pub async fn both_sides_of_a_transfer_are_reported(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    let (a, b) = (bank.customer("a", 100, 1).await, bank.customer("b", 50, 2).await);
    receipt(bank.one(a.transfer("b", 30, 3, Some("thanks"))).await);
    receipt(bank.one(b.withdraw(80, 4)).await);
    let (of_a, of_b) = (bank.page(a, 50, None).await, bank.page(b, 50, None).await);
    let result = |page: &Statement| -> Vec<_> {
        let entry = |e: &Entry| (e.transaction, e.kind, e.amount, e.balance, e.counterparty);
        page.entries.iter().map(entry).collect()
    };
    let (opening, transfer) = (TransactionKind::Opening, TransactionKind::Transfer);
    assert_eq!(
        result(&of_a),
        [
            (id(3), transfer, cents(-30), cents(70), Some(name("b"))),
            (id(1), opening, cents(100), cents(100), None),
        ]
    );
    assert_eq!(
        result(&of_b),
        [
            (id(4), TransactionKind::Withdrawal, cents(-80), cents(0), None),
            (id(3), transfer, cents(30), cents(80), Some(name("a"))),
            (id(2), opening, cents(50), cents(50), None),
        ]
    );
    assert_eq!(of_a.entries[0].memo, of_b.entries[1].memo);
    assert_eq!(of_a.entries[0].at, of_b.entries[1].at);
}

/// Memos of every length and script, beside movements without one.
pub async fn memos_come_back_as_written(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    let payer = bank.customer("payer", 1_000, 1).await;
    let payee = bank.customer("payee", 0, 2).await;
    let longest = "\u{1f35c}".repeat(MEMO_CHARS_MAX);
    let memos = [None, Some("x"), Some(" \"quoted\", \\ and spaced "), Some("Привет, żółw"), Some(&longest)];
    let transfers = (10..).zip(memos).map(|(n, memo)| payer.transfer("payee", 1, n, memo));
    for answer in bank.all(transfers.collect()).await {
        receipt(answer);
    }
    for holder in [payer, payee] {
        let page = bank.page(holder, memos.len(), None).await;
        let written: Vec<_> =
            page.entries.iter().rev().map(|entry| entry.memo.as_ref().map(|memo| memo.as_str())).collect();
        assert_eq!(written, memos);
    }
}

/// What was made at the instant asked about is in the balance, later movements are not.
pub async fn balances_of_past_instants_are_reported(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    let holder = bank.customer("ac", 0, 1).await;
    let start = Timestamp::from_unix_ms(START_MS);
    let at = |seconds| start.after(Duration::from_secs(seconds));
    for second in 1..=60_i64 {
        bank.clock.advance(Duration::from_secs(1));
        let number = second.unsigned_abs() * 10;
        let both = vec![holder.deposit(second, number), holder.withdraw(1, number + 1)];
        for answer in bank.all(both).await {
            receipt(answer);
        }
    }
    let expected = |second: i64| cents(second * (second + 1) / 2 - second);
    for second in [1_i64, 2, 30, 59, 60] {
        let asked = at(second.unsigned_abs());
        for instant in [asked, asked.after(Duration::from_millis(999))] {
            let result = balance(bank.one(holder.balance_at(instant)).await);
            assert_eq!(result.balance, expected(second), "at {instant}");
        }
    }
    assert_eq!(balance(bank.one(holder.balance_at(start)).await).balance, cents(0));
    let later = balance(bank.one(holder.balance_at(at(100_000))).await);
    assert_eq!(later.balance, expected(60));
}

/// An account whose entry number n is a deposit of n cents.
async fn history_of(bank: &Fixture, entries: u64) -> Holder {
    let holder = bank.customer("ac", 0, 1).await;
    let deposit = |n: u64| holder.deposit(i64::try_from(n).expect("a small number"), 10 + n);
    for chunk in (1..=entries).collect::<Vec<_>>().chunks(500) {
        for answer in bank.all(chunk.iter().copied().map(deposit).collect()).await {
            receipt(answer);
        }
    }
    holder
}

/// That a page of such an account begins at entry `newest` and is as long as it can be.
fn check(page: &Statement, newest: u64, limit: usize) {
    let length = usize::try_from(newest).expect("a small number").min(limit.clamp(1, 50));
    assert_eq!(page.entries.len(), length, "before entry {}, at most {limit}", newest + 1);
    for (number, entry) in (1..=newest).rev().zip(&page.entries) {
        let digits = i64::try_from(number).expect("a small number");
        let result = (entry.number, entry.transaction, entry.amount, entry.balance);
        assert_eq!(result, (number, id(10 + number), cents(digits), cents(digits * (digits + 1) / 2)));
    }
    let oldest = page.entries.last().map(|entry| entry.number);
    assert_eq!(page.next, oldest.filter(|number| *number > 1));
}
