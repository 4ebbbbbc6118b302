//! Events: recorded facts with their positions, and the trait to read them.

use std::fmt;
use std::str::FromStr;

use crate::ledger::Fact;
use crate::time::Timestamp;

/// A place in a store's record, between two facts. Keep it, and go on from it after a restart.
///
/// As text it is two numbers with a dot, which mean something to their store alone. A later place
/// is the greater one. The default is before the first fact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Where the batch is.
    pub batch: u64,
    /// How many of the batch's facts are before this place.
    pub fact: u32,
}

impl Position {
    /// Before the first fact.
    pub const START: Position = Position { batch: 0, fact: 0 };
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.batch, self.fact)
    }
}

/// Not a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a position; use one of an event, like 8192.3")]
pub struct NotAPosition;

impl FromStr for Position {
    type Err = NotAPosition;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (batch, fact) = text.split_once('.').ok_or(NotAPosition)?;
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !number(batch) || !number(fact) {
            return Err(NotAPosition);
        }
        let batch = batch.parse().map_err(|_| NotAPosition)?;
        Ok(Position { batch, fact: fact.parse().map_err(|_| NotAPosition)? })
    }
}

/// Something that happened, durably.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// Where to go on after it.
    pub position: Position,
    /// When it was decided.
    pub at: Timestamp,
    /// What happened.
    pub fact: Fact,
}

impl Event {
    /// An event, for stores.
    #[must_use]
    pub fn new(position: Position, at: Timestamp, fact: Fact) -> Event {
        Event { position, at, fact }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_read_back_and_nothing_else_does() {
        let position = Position { batch: 8192, fact: 3 };
        assert_eq!(position.to_string().parse(), Ok(position));
        for bad in ["", "1", ".", "1.", ".1", "-1.0", "+1.0", "1.0.0", "1.4294967296", "1 .0"] {
            assert_eq!(bad.parse::<Position>(), Err(NotAPosition), "{bad:?}");
        }
    }
}
