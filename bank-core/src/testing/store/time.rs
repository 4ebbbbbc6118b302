//! Instants.

use super::StoreFixture;
use super::desk::{Desk, START_MS, receipt};
use crate::testing::Random;
use crate::time::Timestamp;

/// Receipts and entries are in order of time though the clock jumps back, and follow the clock
/// when it is ahead.
pub async fn time_never_runs_backwards(fixture: &dyn StoreFixture) {
    let mut random = Random::from_environment();
    let desk = Desk::new(fixture).await;
    let holder = desk.customer("ac", 0, 1).await;
    let mut latest = START_MS;
    for n in 0..200 {
        // Less than a session may idle.
        let shown = START_MS + i64::try_from(random.below(100_000)).expect("a small number");
        desk.clock.set(Timestamp::from_unix_ms(shown));
        latest = latest.max(shown);
        let first = receipt(desk.one(holder.deposit(1, 10 + n)).await);
        assert_eq!(first.at.unix_ms(), latest, "the clock showed {shown}");
    }
    let history = desk.history(holder).await;
    assert!(history.entries.windows(2).all(|pair| pair[0].at >= pair[1].at), "newest first in time too");
    assert_eq!(history.entries[0].at.unix_ms(), latest);
}
