//! Finding what was recorded: transactions and holds by id, an account's entries, and records by position.

pub(crate) mod entries;
pub(crate) mod history;
pub(crate) mod ids;
