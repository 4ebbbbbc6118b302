//! The journal from outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, unreachable_pub)]

#[path = "all/conformance.rs"]
mod conformance;
#[path = "all/crashes.rs"]
mod crashes;
#[path = "all/everything.rs"]
mod everything;
#[path = "all/faults.rs"]
mod faults;
#[path = "all/fixtures.rs"]
mod fixtures;
#[path = "all/flips.rs"]
mod flips;
#[path = "all/helpers.rs"]
mod helpers;
#[path = "all/holds.rs"]
mod holds;
#[path = "all/listener.rs"]
mod listener;
#[path = "all/machine.rs"]
mod machine;
#[path = "all/mirrored.rs"]
mod mirrored;
#[path = "all/opening.rs"]
mod opening;
#[path = "all/recording.rs"]
mod recording;
#[path = "all/rules.rs"]
mod rules;
#[path = "all/simulated.rs"]
mod simulated;
#[path = "all/torn.rs"]
mod torn;
#[path = "all/workload.rs"]
mod workload;
