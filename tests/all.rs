//! Whole-system tests, one binary: the bank over every transport, and the rules of the house.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod golden;
mod support;
mod tidy;
