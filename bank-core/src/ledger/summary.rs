//! Accounts, holds and terminals as operators see them in lists.

use serde::{Deserialize, Serialize};

use super::{HoldState, LimitsRequest, TransactionId};
use crate::account::{AccountId, Direction, Status, TerminalId};
use crate::money::{Amount, CurrencyCode};
use crate::notes::NoteCount;
use crate::time::Timestamp;

/// An account as operators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct AccountSummary {
    /// Its name; those of the bank's own begin with `$`.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub account: Box<str>,
    /// What it counts in.
    pub currency: CurrencyCode,
    /// All that is in it.
    pub balance: Amount,
    /// What can be moved.
    pub available: Amount,
    /// The sum of its open holds.
    pub held: Amount,
    /// Whether it is open or closed.
    pub status: Status,
    /// Which movements its freezes forbid together.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub frozen: Option<Direction>,
    /// Whether too many wrong tries were charged.
    pub locked: bool,
    /// Whether its owner is to choose another secret first of all.
    pub must_change: bool,
    /// Whether a session holds it now.
    pub in_use: bool,
    /// Its limits.
    pub limits: LimitsRequest,
    /// What was taken out of it on the present business day.
    pub used: Amount,
    /// How many times.
    pub used_count: u32,
}

/// Some of all accounts, in the order in which they were opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct AccountPage {
    /// The accounts.
    pub accounts: Vec<AccountSummary>,
    /// What to ask for next; none after the last one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next: Option<u32>,
}

/// An open hold as operators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct HoldSummary {
    /// Its id.
    pub hold: TransactionId,
    /// Whose money.
    pub account: AccountId,
    /// How much; of a disputed dispense, how much the terminal says was paid out.
    pub amount: Amount,
    /// How much is recorded as paid out, of a disputed dispense.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub booked: Option<Amount>,
    /// Its currency.
    pub currency: CurrencyCode,
    /// How far it got.
    pub state: HoldState,
    /// When it was authorised, or is disputed since.
    pub at: Timestamp,
    /// From when on it is too late for the next step; none for a suspect or disputed dispense.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires: Option<Timestamp>,
    /// Who may capture it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to: Option<AccountId>,
    /// The terminal that is to pay it out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub terminal: Option<TerminalId>,
}

/// Some of all open holds, by their ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct HoldPage {
    /// The holds.
    pub holds: Vec<HoldSummary>,
    /// What to give as `after` for the next ones; none after the last one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next: Option<TransactionId>,
}

/// A terminal as operators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct TerminalSummary {
    /// Its name.
    pub terminal: TerminalId,
    /// The currency of its notes.
    pub currency: CurrencyCode,
    /// Whether it has a key to prove itself with; otherwise the program that serves it does.
    pub has_key: bool,
    /// Whether customers can move cash there.
    pub enabled: bool,
    /// What the books say is in it.
    pub cash: Amount,
    /// The part of it that is promised to dispenses under way or suspect.
    pub reserved: Amount,
    /// The notes that it can pay out with.
    pub cassettes: Vec<NoteCount>,
    /// The notes that it can't.
    pub reject_bin: Vec<NoteCount>,
    /// When its cash was counted last.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub counted: Option<Timestamp>,
}

/// Some of all terminals, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct TerminalPage {
    /// The terminals.
    pub terminals: Vec<TerminalSummary>,
    /// What to give as `after` for the next ones; none after the last one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next: Option<TerminalId>,
}
