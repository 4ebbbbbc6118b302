//! Terminals that the bank knows: their keys and the notes in them.

use crate::account::TerminalId;
use crate::auth::SecretHash;
use crate::money::{Currency, Minor};
use crate::notes::Notes;
use crate::time::Timestamp;

/// A terminal with a key of its own.
///
/// Cash that its account says is there is in its cassettes, in its bin, or promised to the
/// dispenses that are under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terminal {
    /// Its name.
    pub id: TerminalId,
    /// The currency of its notes.
    pub currency: Currency,
    /// What it proves itself with.
    pub key: SecretHash,
    /// What it can pay out with.
    pub cassettes: Notes,
    /// What was paid in, and what was taken out of a cassette but not by the customer. It is not
    /// paid out again.
    pub bin: Notes,
    /// Whether it counts notes: from its first load of notes on.
    pub counts_notes: bool,
    /// When its cash was counted last.
    pub counted: Option<Timestamp>,
}

impl Terminal {
    /// A new terminal without cash.
    #[must_use]
    pub fn new(id: TerminalId, currency: Currency, key: SecretHash) -> Terminal {
        let (cassettes, bin) = (Notes::default(), Notes::default());
        Terminal { id, currency, key, cassettes, bin, counts_notes: false, counted: None }
    }

    /// The value of all notes in it.
    #[must_use]
    pub fn total(&self) -> Option<Minor> {
        self.cassettes.total().checked_add(self.bin.total())
    }
}
