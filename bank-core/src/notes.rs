//! Bank notes, counted by denomination.

mod dispense;

use std::fmt::Write as _;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::money::{Amount, Currency, Minor};

pub use dispense::{FACE_STEPS_MAX, NOTES_AT_ONCE_MAX, Nearest, choose};

/// Denominations in a terminal at most, in its cassettes and its reject bin together.
pub const NOTE_KINDS_MAX: usize = 16;

/// Denominations in the cassettes of a terminal at most.
pub const CASSETTE_KINDS_MAX: usize = 8;

/// Notes of one denomination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stack {
    /// What each is worth, more than zero.
    pub denomination: Minor,
    /// How many.
    pub count: u32,
}

/// Notes of at most [`NOTE_KINDS_MAX`] denominations, the highest first. No denomination is listed twice, no
/// count is zero, and all together are worth less than 2⁶³ minor units.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes(Vec<Stack>);

impl Notes {
    /// These notes, in any order; counts of zero are left out. `None` for what can't be notes.
    #[must_use]
    pub fn new(stacks: impl IntoIterator<Item = Stack>) -> Option<Notes> {
        let mut kept: Vec<Stack> = Vec::new();
        let mut total = 0_i64;
        for stack in stacks {
            if !stack.denomination.is_positive()
                || kept.iter().any(|other| other.denomination == stack.denomination)
            {
                return None;
            }
            if stack.count > 0 {
                total = total.checked_add(stack.denomination.0.checked_mul(i64::from(stack.count))?)?;
                kept.push(stack);
            }
            if kept.len() > NOTE_KINDS_MAX {
                return None;
            }
        }
        kept.sort_unstable_by_key(|stack| std::cmp::Reverse(stack.denomination));
        Some(Notes(kept))
    }

    /// The notes, the highest denomination first.
    #[must_use]
    pub fn stacks(&self) -> &[Stack] {
        &self.0
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What they are worth together.
    #[must_use]
    pub fn total(&self) -> Minor {
        Minor(self.0.iter().map(|stack| stack.denomination.0 * i64::from(stack.count)).sum())
    }

    /// These and the others. `None` where that is too many.
    #[must_use]
    pub fn plus(&self, other: &Notes) -> Option<Notes> {
        let mut stacks = self.0.clone();
        for added in &other.0 {
            match stacks.iter_mut().find(|stack| stack.denomination == added.denomination) {
                Some(stack) => stack.count = stack.count.checked_add(added.count)?,
                None => stacks.push(*added),
            }
        }
        Notes::new(stacks)
    }

    /// These without the others. `None` where those are not among them.
    #[must_use]
    pub fn minus(&self, other: &Notes) -> Option<Notes> {
        let mut stacks = self.0.clone();
        for taken in &other.0 {
            let stack = stacks.iter_mut().find(|stack| stack.denomination == taken.denomination)?;
            stack.count = stack.count.checked_sub(taken.count)?;
        }
        Notes::new(stacks)
    }

    /// As many of these as are among the others too.
    #[must_use]
    pub fn shared(&self, other: &Notes) -> Notes {
        let both = self.0.iter().filter_map(|stack| {
            let same = other.0.iter().find(|other| other.denomination == stack.denomination)?;
            Some(Stack { denomination: stack.denomination, count: stack.count.min(same.count) })
        });
        Notes(both.collect())
    }

    /// Notes that were written down in `currency`; `None` for what can't be notes.
    #[must_use]
    pub fn read(counts: &[NoteCount], currency: Currency) -> Option<Notes> {
        if counts.len() > NOTE_KINDS_MAX {
            return None;
        }
        let stack = |count: &NoteCount| {
            Some(Stack { denomination: count.denomination.minor_units(currency)?, count: count.count })
        };
        Notes::new(counts.iter().map(stack).collect::<Option<Vec<_>>>()?)
    }

    /// The notes as they are written down in `currency`, the highest denomination first.
    #[must_use]
    pub fn written(&self, currency: Currency) -> Vec<NoteCount> {
        let count = |stack: &Stack| NoteCount {
            denomination: stack.denomination.in_currency(currency),
            count: stack.count,
        };
        self.0.iter().map(count).collect()
    }
}

/// How many notes of one denomination there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NoteCount {
    /// The denomination.
    pub denomination: Amount,
    /// How many.
    pub count: u32,
}

impl<'de> Deserialize<'de> for NoteCount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Takes an object and nothing else; what is derived would take an array too.
        struct Count;

        impl<'de> Visitor<'de> for Count {
            type Value = NoteCount;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object with denomination and count")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<NoteCount, A::Error> {
                let (mut denomination, mut count) = (None, None);
                while let Some(member) = members.next_key::<String>()? {
                    match member.as_str() {
                        "denomination" if denomination.is_none() => {
                            denomination = Some(members.next_value()?)
                        }
                        "count" if count.is_none() => count = Some(members.next_value()?),
                        "denomination" | "count" => return Err(A::Error::custom("a member is there twice")),
                        _ => return Err(A::Error::unknown_field("another", &["denomination", "count"])),
                    }
                }
                Ok(NoteCount {
                    denomination: denomination.ok_or_else(|| A::Error::missing_field("denomination"))?,
                    count: count.ok_or_else(|| A::Error::missing_field("count"))?,
                })
            }
        }

        deserializer.deserialize_map(Count)
    }
}

/// Not notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not notes; write how many of each, like 20x50.00,100x20.00")]
pub struct NotNotes;

/// Reads `COUNTxDENOMINATION[,COUNTxDENOMINATION]...`, as in `20x50.00,100x20.00`.
pub fn parse_notes(text: &str) -> Result<Vec<NoteCount>, NotNotes> {
    let count = |part: &str| {
        let (count, denomination) = part.trim().split_once('x').ok_or(NotNotes)?;
        let denomination = denomination.parse().map_err(|_| NotNotes)?;
        Ok(NoteCount { denomination, count: count.parse().map_err(|_| NotNotes)? })
    };
    text.split(',').map(count).collect()
}

/// Writes what [`parse_notes`] reads, with spaces for people: `20 x 50.00, 100 x 20.00`.
#[must_use]
pub fn write_notes(notes: &[NoteCount]) -> String {
    let mut text = String::new();
    for NoteCount { denomination, count } in notes {
        let comma = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{comma}{count} x {denomination}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes(stacks: &[(i64, u32)]) -> Option<Notes> {
        Notes::new(
            stacks
                .iter()
                .map(|(denomination, count)| Stack { denomination: Minor(*denomination), count: *count }),
        )
    }

    #[test]
    fn notes_are_sorted_and_without_zeros() {
        let some = notes(&[(500, 2), (2000, 1), (1000, 0)]).unwrap();
        assert_eq!(some, notes(&[(2000, 1), (500, 2)]).unwrap());
        assert_eq!((some.total(), some.is_empty()), (Minor(3000), false));
        assert_eq!(notes(&[(5, 0)]), Some(Notes::default()));
    }

    #[test]
    fn what_can_not_be_notes_is_refused() {
        assert_eq!(notes(&[(0, 1)]), None);
        assert_eq!(notes(&[(-5, 1)]), None);
        assert_eq!(notes(&[(5, 1), (5, 1)]), None);
        assert_eq!(notes(&[(i64::MAX, 2)]), None);
        assert_eq!(notes(&[(i64::MAX, 1), (1, 1)]), None);
        let many: Vec<_> = (1..).map(|denomination| (denomination, 1)).take(NOTE_KINDS_MAX + 1).collect();
        assert_eq!(notes(&many), None);
        assert!(notes(&many[..NOTE_KINDS_MAX]).is_some());
    }

    #[test]
    fn notes_are_added_and_taken_off() {
        let (all, some) = (notes(&[(20, 3), (5, 2)]).unwrap(), notes(&[(20, 1), (5, 2)]).unwrap());
        assert_eq!(all.minus(&some), notes(&[(20, 2)]));
        assert_eq!(all.minus(&some).unwrap().plus(&some), Some(all.clone()));
        assert_eq!(some.minus(&all), None);
        assert_eq!(some.minus(&notes(&[(10, 1)]).unwrap()), None);
        assert_eq!(all.shared(&notes(&[(20, 9), (10, 1)]).unwrap()), notes(&[(20, 3)]).unwrap());
        assert_eq!(all.plus(&notes(&[(20, u32::MAX)]).unwrap()), None);
    }

    #[test]
    fn text_reads_back() {
        let read = parse_notes("20x50.00, 100x20").unwrap();
        assert_eq!(write_notes(&read), "20 x 50.00, 100 x 20");
        assert_eq!(Notes::read(&read, Currency::USD).unwrap().total(), Minor(300_000));
        for bad in ["", "20", "x", "1x", "x5", "-1x5", "1x5,", "1x5x2", "4294967296x1"] {
            assert_eq!(parse_notes(bad), Err(NotNotes), "{bad:?}");
        }
        assert_eq!(Notes::read(&parse_notes("1x0.005").unwrap(), Currency::USD), None);
    }

    #[test]
    fn on_the_wire_each_is_an_object() {
        let good = r#"{"denomination":"20.00","count":3}"#;
        let count: NoteCount = serde_json::from_str(good).unwrap();
        assert_eq!(serde_json::to_string(&count).unwrap(), good);
        for bad in [
            r#"["20.00",3]"#,
            r#"{"denomination":"20.00"}"#,
            r#"{"count":3}"#,
            r#"{"denomination":"20.00","count":-3}"#,
            r#"{"note":20,"count":3}"#,
            r#"{"denomination":"20.00","count":3,"more":1}"#,
            r#"{"denomination":"20.00","denomination":"20.00","count":3}"#,
        ] {
            assert!(serde_json::from_str::<NoteCount>(bad).is_err(), "{bad}");
        }
    }
}
