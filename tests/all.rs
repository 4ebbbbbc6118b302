//! Tests of the whole system in one binary: the bank over every transport.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(unreachable_pub)] // a test binary has no outside

mod examples;
mod exclusion;
mod golden;
mod hostile;
mod opening;
mod programs;
mod shutdown;
mod support;
mod terminals;
mod tidy;
