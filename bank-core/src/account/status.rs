//! An account's status and freezes, which decide whether money may move, and the changes that
//! operators make.

use serde::{Deserialize, Serialize};

use super::Limits;
use crate::operator::Note;

/// Freezes that an account may have at once.
pub const FREEZES_MAX: usize = 16;

/// Changes of an account that are remembered with it, the latest; the record has all of them.
pub const CHANGES_SHOWN_MAX: usize = 10;

/// Whether an account is in use at all. What may move beside that, its [freezes](Freeze) say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum Status {
    /// It is.
    #[default]
    Open,
    /// It is closed: its balance is zero, and nothing moves until it is opened again.
    Closed,
}

/// Which movements a freeze forbids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum Direction {
    /// Nothing may leave.
    Debits,
    /// Nothing may come in.
    Credits,
    /// Neither.
    Both,
}

impl Direction {
    /// All of them.
    pub const ALL: [Direction; 3] = [Direction::Debits, Direction::Credits, Direction::Both];

    /// Whether it forbids that money leaves.
    #[must_use]
    pub fn stops_debits(self) -> bool {
        matches!(self, Direction::Debits | Direction::Both)
    }

    /// Whether it forbids that money comes in.
    #[must_use]
    pub fn stops_credits(self) -> bool {
        matches!(self, Direction::Credits | Direction::Both)
    }
}

/// That an operator forbade movements of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    /// Its number in the account, from 1; never given twice.
    pub number: u32,
    /// Which movements.
    pub direction: Direction,
    /// Who, and why.
    pub note: Note,
}

/// What an operator changed about an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccountChange {
    /// It was opened.
    Opened,
    /// It was closed.
    Closed,
    /// It was opened again.
    Reopened,
    /// Movements were forbidden.
    Frozen {
        /// The number of the freeze.
        freeze: u32,
        /// Which movements.
        direction: Direction,
    },
    /// A freeze was taken off.
    Thawed {
        /// Which one; all where `None`.
        freeze: Option<u32>,
    },
    /// It has these limits from then on.
    Limits(Limits),
    /// It has a secret that the bank chose.
    SecretReset,
    /// The charged tries were forgotten.
    Unlocked,
    /// Its session was ended.
    SessionEnded,
    /// In journals of the first version, where an account had one state: it replaces the status and
    /// all freezes.
    StatusReplaced {
        /// Whether the account is closed.
        closed: bool,
        /// Which movements are forbidden.
        frozen: Option<Direction>,
    },
}

/// A change, with who made it and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// What.
    pub change: AccountChange,
    /// Who, and why.
    pub note: Note,
}
