//! Conformance suites for those who write a transport or a store, and what the suites are made of (feature
//! `testing`).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a suite fails by panicking

mod commands;
mod random;
pub mod store;
pub mod transport;

use std::time::Duration;

pub use commands::Commands;
pub use random::{Random, SEED_VARIABLE};

/// How long one case may take in all.
pub const CASE_TIME_MAX: Duration = Duration::from_secs(30);

/// Runs one case on a runtime of its own with two threads and real time.
///
/// Panics when the case does, and when it is not done within [`CASE_TIME_MAX`].
pub fn run_case(name: &str, case: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime starts");
    let done = runtime.block_on(async { tokio::time::timeout(CASE_TIME_MAX, case).await });
    runtime.shutdown_timeout(Duration::from_secs(1));
    assert!(done.is_ok(), "case {name}: hangs; not done within {} s", CASE_TIME_MAX.as_secs());
}

#[doc(hidden)]
#[macro_export]
macro_rules! conformance_tests {
    ($suite:ident, $fixture:expr; $($group:ident: $case:ident;)+) => {
        $(
            #[test]
            fn $case() {
                $crate::testing::run_case(stringify!($case), async {
                    let fixture = $fixture;
                    $crate::testing::$suite::$group::$case(&fixture).await;
                });
            }
        )+
    };
}
