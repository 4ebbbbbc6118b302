//! The ATM against a real server: the binary over every transport, and the screen of the
//! interactive one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod binary;
mod crash;
mod fixtures;
mod lost_line;
mod screen;
mod screen_cash;
mod server_fixture;
mod support;
mod unclear;
mod verbs;
