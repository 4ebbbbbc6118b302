//! The bank engine's core: everything that is about banking, and the traits that stores and
//! transports implement.
//!
//! The lower half is pure: [`ledger::decide`] holds every rule, and nothing in [`money`],
//! [`account`], [`session`], [`auth`], [`ledger`], [`books`] or [`protocol`] knows a clock, a
//! socket, a file or a random source. The upper half is a shell around it: [`bank`] for programs
//! that embed the engine, [`server`] and [`client`] for those that talk to it over a
//! [`transport`], and [`store`] for where decisions are kept.

pub mod account;
pub mod auth;
pub mod bank;
pub mod books;
pub mod client;
pub mod clock;
pub mod dates;
pub mod day;
pub mod error;
pub mod error_chain;
pub mod hold;
pub mod ledger;
pub mod memo;
pub mod money;
pub mod notes;
pub mod operator;
pub mod policy;
pub mod protocol;
pub mod server;
pub mod session;
pub mod store;
pub mod terminal;
pub mod time;
pub mod transport;

#[cfg(feature = "testing")]
pub mod testing;

mod reusable_timeout;
mod text;
