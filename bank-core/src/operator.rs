//! Who did something to an account on the bank's behalf, and why.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::ledger::Memo;
use crate::time::Timestamp;

/// The longest [`Operator`] in characters.
pub const OPERATOR_CHARS_MAX: usize = 64;

/// Somebody, or a program, that acts for the bank: 1 to 64 characters without control characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Operator(Box<str>);

impl Operator {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Not an operator's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an operator's name; use 1 to 64 characters without control characters")]
pub struct NotAnOperator;

impl FromStr for Operator {
    type Err = NotAnOperator;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=OPERATOR_CHARS_MAX).contains(&text.chars().count());
        if fits && !text.chars().any(char::is_control) {
            Ok(Operator(text.into()))
        } else {
            Err(NotAnOperator)
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Operator {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::deserialize(deserializer, "an operator's name")
    }
}

/// That an operator changed something about an account, kept with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Note {
    /// Who.
    pub by: Operator,
    /// Why; always there where a reason is required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Memo>,
    /// When.
    pub at: Timestamp,
}

/// Who asks for something on the bank's behalf, and why, where a reason may be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// Who.
    pub by: Operator,
    /// Why.
    pub reason: Option<Memo>,
}

impl Instruction {
    /// An instruction with a reason.
    #[must_use]
    pub fn because(by: Operator, reason: Memo) -> Instruction {
        Instruction { by, reason: Some(reason) }
    }

    pub(crate) fn noted(&self, at: Timestamp) -> Note {
        Note { by: self.by.clone(), reason: self.reason.clone(), at }
    }
}
