//! Memos and reasons: short text that people attach to money and to changes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

/// The longest [`Memo`] in characters, as long as a SEPA remittance text (EPC122-16).
pub const MEMO_CHARS_MAX: usize = 140;

/// A word to the payee: 1 to 140 characters without control characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Memo(Box<str>);

/// Not a memo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a memo; use 1 to 140 characters without control characters")]
pub struct NotAMemo;

impl Memo {
    /// Whether there is nothing to read in it.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.0.chars().all(char::is_whitespace)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Memo {
    type Err = NotAMemo;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=MEMO_CHARS_MAX).contains(&text.chars().count());
        if fits && !text.chars().any(char::is_control) { Ok(Memo(text.into())) } else { Err(NotAMemo) }
    }
}

impl fmt::Display for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Memo {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::deserialize(deserializer, "a memo")
    }
}

crate::text::from_text!(Memo);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memos_are_short_lines() {
        assert!("ü".repeat(140).parse::<Memo>().is_ok());
        for bad in ["", "a\nb", "\u{7f}", &"x".repeat(141)] {
            assert_eq!(bad.parse::<Memo>(), Err(NotAMemo), "{bad:?}");
        }
    }
}
