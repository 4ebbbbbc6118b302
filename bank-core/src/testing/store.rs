//! The contract of [`crate::store`] as tests: one named test a case.
//!
//! A store passes when every case of [`store_conformance!`](crate::store_conformance) does, and,
//! where it outlives its process, of [`durable_store_conformance!`](crate::durable_store_conformance).
//! Write a [`StoreFixture`] and a line or two, in a crate that has the feature `testing` of
//! `bank-core` among its dev-dependencies:
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use async_trait::async_trait;
//! use bank_engine_core::clock::Clock;
//! use bank_engine_core::policy::Policy;
//! use bank_engine_core::store::{MemoryStore, Store};
//! use bank_engine_core::testing::store::StoreFixture;
//!
//! struct Memory;
//!
//! #[async_trait]
//! impl StoreFixture for Memory {
//!     async fn open(&self, policy: Policy, clock: Arc<dyn Clock>) -> Arc<dyn Store> {
//!         Arc::new(MemoryStore::with_clock(policy, clock))
//!     }
//! }
//!
//! bank_engine_core::store_conformance!(Memory);
//! ```
//!
//! Cases that use random numbers print their seed; [`SEED_VARIABLE`](super::SEED_VARIABLE)
//! replays it. [`Mirror`] runs two stores side by side for as long as you like.

pub mod batches;
pub mod crowds;
pub mod durable;
pub mod edges;
pub mod events;
mod fixtures;
pub mod holds;
pub mod ids;
mod mirror;
pub mod mirrored;
pub mod openings;
pub mod retries;
pub mod sessions;
pub mod statements;
pub mod time;

use std::sync::Arc;

use async_trait::async_trait;

use crate::clock::Clock;
use crate::policy::Policy;
use crate::store::Store;

pub use mirror::Mirror;

/// What the suite needs to know of a store: one place where it keeps things, made anew for every
/// case.
#[async_trait]
pub trait StoreFixture: Send + Sync {
    /// Opens the store at the fixture's place, which is empty at first. The suite drops a store,
    /// with all that holds it, before it opens the next one; a durable store then holds what the
    /// one before it recorded.
    async fn open(&self, policy: Policy, clock: Arc<dyn Clock>) -> Arc<dyn Store>;

    /// Whether what was recorded is still there when the store is opened again.
    fn is_durable(&self) -> bool {
        false
    }
}

/// Makes one `#[test]` of each case. The argument is an expression for a [`StoreFixture`],
/// evaluated once a case inside an async block, so it may `.await`.
#[macro_export]
macro_rules! store_conformance {
    ($fixture:expr) => {
        $crate::conformance_tests! { store, $fixture;
            batches: each_command_is_decided_on_what_the_one_before_left;
            batches: each_command_has_its_own_decision_in_order;
            batches: a_decline_ends_no_batch;
            batches: an_empty_batch_has_no_decisions;
            batches: a_batch_of_thousands_is_decided;
            batches: currencies_are_apart;
            batches: policy_is_the_one_given;
            crowds: nothing_comes_between_the_commands_of_a_batch;
            crowds: concurrent_callers_lose_nothing;
            crowds: money_is_never_seen_half_moved;
            crowds: a_dropped_batch_is_whole_or_absent;
            crowds: parallel_tries_are_all_charged;
            openings: nobody_logs_in_without_a_secret;
            openings: the_bank_moves_money_without_a_session;
            openings: an_account_is_opened_once;
            ids: a_replay_has_the_first_receipt;
            ids: one_of_many_at_once_moves_the_money;
            ids: an_id_reused_for_something_else_is_declined;
            ids: a_declined_id_may_be_used;
            ids: ids_of_long_ago_are_known_and_others_are_not;
            ids: ids_that_differ_in_one_bit_are_two;
            retries: a_command_is_answered_again_and_no_other_has_its_id;
            retries: a_step_of_a_hold_is_answered_again_and_strangers_see_none;
            statements: pages_are_newest_first_and_leave_nothing_out;
            statements: pages_fit_together_while_others_write;
            statements: pages_from_deep_down_are_right;
            statements: both_sides_of_a_transfer_are_reported;
            statements: memos_come_back_as_written;
            statements: balances_of_past_instants_are_reported;
            sessions: an_account_has_one_holder;
            sessions: two_banks_on_one_store_are_as_one;
            sessions: idle_and_overlong_sessions_end;
            sessions: tries_are_charged_until_locked;
            sessions: a_changed_secret_is_the_one_that_opens;
            time: time_never_runs_backwards;
            time: a_clock_that_jumps_moves_no_date;
            holds: a_hold_ends_once;
            holds: holds_expire_by_the_clock;
            holds: time_outs_are_dated_with_the_instant_they_were_due;
            holds: an_ordered_dispense_becomes_suspect;
            holds: a_terminal_counts_its_notes;
            edges: follow_up_ids_are_taken;
            edges: cash_is_asked_for_again_where_it_moved;
            edges: an_adjustment_is_answered_again;
            edges: promises_stay_within_the_books;
            edges: open_holds_are_bounded_and_listed;
            events: every_fact_is_reported_once_in_order;
            events: a_follower_receives_what_comes;
            events: many_readers_at_once_each_get_every_fact;
            events: other_positions_are_refused;
            mirrored: the_memory_store_decides_the_same;
        }
    };
}

/// Makes one `#[test]` of each further case for stores that are durable.
#[macro_export]
macro_rules! durable_store_conformance {
    ($fixture:expr) => {
        $crate::conformance_tests! { store, $fixture;
            durable: statements_and_balances_are_kept;
            durable: tries_freezes_and_secrets_are_kept;
            durable: ids_are_kept;
            durable: leases_are_gone;
            durable: time_does_not_run_backwards_across_a_reopen;
            durable: reopening_many_times_changes_nothing;
            durable: work_goes_on_after_each_reopen;
            durable: an_empty_store_can_be_reopened;
            durable: the_memory_store_decides_the_same_across_reopens;
            holds: holds_terminals_limits_and_reversals_are_kept;
        }
    };
}
