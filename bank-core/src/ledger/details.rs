//! One account in full detail, as operators see it.

use serde::{Deserialize, Serialize};

use super::{AccountSummary, LimitsRequest};
use crate::account::{AccountChange, Direction};
use crate::money::Currency;
use crate::operator::Note;

/// All about an account but its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct AccountDetails {
    /// A line of a list of accounts.
    #[serde(flatten)]
    pub account: AccountSummary,
    /// Its freezes, in the order in which they were made.
    pub freezes: Vec<FreezeSummary>,
    /// What operators changed about it lately, oldest first.
    pub changes: Vec<ChangeSummary>,
}

/// A freeze as operators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct FreezeSummary {
    /// Its number, to thaw it by.
    pub freeze: u32,
    /// Which movements it forbids.
    pub direction: Direction,
    /// Who made it, and why.
    #[serde(flatten)]
    pub note: Note,
}

/// A change of an account as operators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ChangeSummary {
    /// What changed: `opened`, `closed`, `reopened`, `frozen`, `thawed`, `limits`, `secret_reset`,
    /// `unlocked`, `session_ended` or `status_replaced`.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub change: Box<str>,
    /// Which freeze, where it is one; left out where all were thawed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub freeze: Option<u32>,
    /// Which movements are forbidden, where some are.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub direction: Option<Direction>,
    /// The limits from then on, where they changed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limits: Option<LimitsRequest>,
    /// Who, and why.
    #[serde(flatten)]
    pub note: Note,
}

impl ChangeSummary {
    /// A change of an account that counts in `currency`.
    #[must_use]
    pub fn of(change: AccountChange, note: Note, currency: Currency) -> ChangeSummary {
        let (name, freeze, direction, limits) = match change {
            AccountChange::Opened => ("opened", None, None, None),
            AccountChange::Closed => ("closed", None, None, None),
            AccountChange::Reopened => ("reopened", None, None, None),
            AccountChange::Frozen { freeze, direction } => ("frozen", Some(freeze), Some(direction), None),
            AccountChange::Thawed { freeze } => ("thawed", freeze, None, None),
            AccountChange::Limits(limits) => {
                ("limits", None, None, Some(LimitsRequest::of(&limits, currency)))
            }
            AccountChange::SecretReset => ("secret_reset", None, None, None),
            AccountChange::Unlocked => ("unlocked", None, None, None),
            AccountChange::SessionEnded => ("session_ended", None, None, None),
            AccountChange::StatusReplaced { closed: true, .. } => ("closed", None, None, None),
            AccountChange::StatusReplaced { frozen, .. } => ("status_replaced", None, frozen, None),
        };
        ChangeSummary { change: name.into(), freeze, direction, limits, note }
    }
}
