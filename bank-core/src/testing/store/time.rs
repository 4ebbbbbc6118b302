//! Instants for the cases.

use std::time::Duration;

use super::StoreFixture;
use super::fixtures::{Fixture, START_MS, declined, done, page, receipt};
use crate::clock::{Clock, ManualClock};
use crate::ledger::Decline;
use crate::testing::Random;
use crate::time::Timestamp;

/// Receipts and entries are in order of time though the clock jumps back, and follow the clock
/// when it is ahead.
pub async fn time_never_runs_backwards(fixture: &dyn StoreFixture) {
    let mut random = Random::from_environment();
    let bank = Fixture::new(fixture).await;
    let holder = bank.customer("ac", 0, 1).await;
    let mut latest = START_MS;
    for n in 0..200 {
        // Less than a session may idle.
        let shown = START_MS + i64::try_from(random.below(100_000)).expect("a small number");
        bank.clock.set(Timestamp::from_unix_ms(shown));
        latest = latest.max(shown);
        let first = receipt(bank.one(holder.deposit(1, 10 + n)).await);
        assert_eq!(first.at.unix_ms(), latest, "the clock showed {shown}");
    }
    let history = bank.history(holder).await;
    assert!(history.entries.windows(2).all(|pair| pair[0].at >= pair[1].at), "newest first in time too");
    assert_eq!(history.entries[0].at.unix_ms(), latest);
}

/// Once the wall clock has jumped, dates and time-outs go by elapsed time, statements say so, and
/// nothing is dated back when it is right again.
pub async fn a_clock_that_jumps_moves_no_date(fixture: &dyn StoreFixture) {
    let start = Timestamp::from_unix_ms(START_MS);
    let bank = Fixture::on(fixture, ManualClock::with_elapsed_time(start)).await;
    let holder = bank.customer("ac", 0, 1).await;
    let minute = Duration::from_secs(60);
    let year = 365 * 24 * 60 * minute;
    let mut passed = Duration::ZERO;
    for (number, (jump, ahead)) in [(true, year), (false, year)].into_iter().enumerate() {
        let right = bank.clock.now();
        let wrong = if jump { right.after(ahead) } else { Timestamp::from_unix_ms(START_MS / 2) };
        bank.clock.set(wrong);
        bank.clock.advance(minute);
        passed += minute;
        let number = 10 * u64::try_from(number).expect("a small number");
        assert_eq!(receipt(bank.one(holder.deposit(1, 2 + number)).await).at, start.after(passed));
        let result = page(bank.one(holder.statement(1, None)).await);
        let result = result.clock_ahead_seconds.expect("the clock has jumped");
        assert_eq!(result < 0, jump, "dates are {result} s ahead");
        assert_eq!(bank.store.clock().ahead_seconds(), Some(result));
        // What waits, waits no longer than it takes: the session is over.
        bank.clock.advance(bank.store.policy().session_idle_max);
        passed += bank.store.policy().session_idle_max;
        assert_eq!(declined(bank.one(holder.balance()).await), Decline::SessionExpired);
        bank.clock.set(start.after(passed));
        done(bank.one(holder.log_out()).await);
        let again = bank.enter("ac", 1).await;
        assert_eq!(again.session, holder.session);
        let result = page(bank.one(holder.statement(1, None)).await);
        assert_eq!(result.clock_ahead_seconds, None, "the clock is right again");
    }
    assert_eq!(bank.store.clock().jumps, 2);
}
