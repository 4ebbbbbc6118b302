//! Terminals that the bank knows: their keys and the notes in them.

use crate::account::TerminalId;
use crate::auth::{KeyTag, SecretHash};
use crate::money::{Currency, Minor};
use crate::notes::Notes;
use crate::time::Timestamp;

/// A terminal that was added to the bank.
///
/// Cash that its account says is there is in its cassettes, in its reject bin, or promised to the
/// dispenses that are under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terminal {
    /// Its name.
    pub id: TerminalId,
    /// The currency of its notes.
    pub currency: Currency,
    /// What it proves itself with; none where the program that embeds the engine speaks for it.
    pub key: Option<SecretHash>,
    /// Whether customers can move cash there.
    pub is_enabled: bool,
    /// What it can pay out with.
    pub cassettes: Notes,
    /// What was paid in, and what was taken out of a cassette but not by the customer. It is not
    /// paid out again.
    pub reject_bin: Notes,
    /// Whether it counts notes: from its first load of notes on.
    pub counts_notes: bool,
    /// When its cash was counted last.
    pub counted: Option<Timestamp>,
}

impl Terminal {
    /// A new terminal without cash.
    #[must_use]
    pub fn new(id: TerminalId, currency: Currency, key: Option<SecretHash>) -> Terminal {
        let (cassettes, reject_bin) = (Notes::default(), Notes::default());
        Terminal {
            id,
            currency,
            key,
            is_enabled: true,
            cassettes,
            reject_bin,
            counts_notes: false,
            counted: None,
        }
    }

    /// Whether it may still act under a key that it had.
    #[must_use]
    pub fn has_key(&self, tag: KeyTag) -> bool {
        self.key.is_some_and(|key| key.tag() == tag)
    }

    /// The value of all notes in it.
    #[must_use]
    pub fn total(&self) -> Option<Minor> {
        self.cassettes.total().checked_add(self.reject_bin.total())
    }
}

/// What became of a terminal, other than the notes in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TerminalChange {
    /// It was added.
    Added,
    /// It has another key.
    KeyChanged,
    /// Customers can't move cash there.
    Disabled,
    /// They can again.
    Enabled,
}

/// A terminal that proved who it is, for as long as it has the key that it did so with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalAccess {
    /// Which terminal.
    pub terminal: TerminalId,
    /// Which key.
    pub key: KeyTag,
}
