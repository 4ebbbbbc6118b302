//! An account's balance and a page of its entries.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Memo, TransactionId, TransactionKind};
use crate::account::AccountId;
use crate::day::Day;
use crate::money::{Amount, CurrencyCode};
use crate::operator::Operator;
use crate::time::Timestamp;

/// An account's balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Balance {
    /// Which account.
    pub account: AccountId,
    /// What it counts in.
    pub currency: CurrencyCode,
    /// All that is in it.
    pub balance: Amount,
    /// What can be moved.
    pub available: Amount,
}

/// As `40.00 USD`, and where holds keep some of it, how much is available.
impl fmt::Display for Balance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.balance, self.currency)?;
        if self.available < self.balance { write!(f, ", {} available", self.available) } else { Ok(()) }
    }
}

/// A page of an account's entries, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Statement {
    /// The account's balance now.
    pub balance: Amount,
    /// The balance before the oldest of the entries.
    pub opening: Amount,
    /// The balance after the newest of them.
    pub closing: Amount,
    /// The entries.
    pub entries: Vec<Entry>,
    /// What to give as `before` for the next, older page; none on the last one.
    pub next: Option<u64>,
    /// While the bank's dates go by elapsed time, since its machine's clock has jumped: how many
    /// seconds they are ahead of it, below zero where they are behind.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub clock_ahead_seconds: Option<i64>,
}

/// One entry of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Entry {
    /// Its number in the account, from 1, without gaps.
    pub number: u64,
    /// The movement's id.
    pub transaction: TransactionId,
    /// Why money moved.
    pub kind: TransactionKind,
    /// When.
    pub at: Timestamp,
    /// The business day that it is booked on.
    pub day: Day,
    /// What the account gained, or lost where negative.
    pub amount: Amount,
    /// The balance afterwards.
    pub balance: Amount,
    /// The other customer of a transfer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub counterparty: Option<AccountId>,
    /// The payer's word, or an operator's reason.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub memo: Option<Memo>,
    /// The transaction that this one reverses, or the hold that it came out of where that has
    /// another id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub original: Option<TransactionId>,
    /// The operator who made it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operator: Option<Operator>,
}
