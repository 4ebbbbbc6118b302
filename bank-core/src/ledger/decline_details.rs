//! What goes with declines: the field that differs from what was done before, and what is wrong with notes.

use std::fmt;

use crate::money::{Amount, Currency};
use crate::notes::NOTE_KINDS_MAX;

/// The part of a request that differs from what was first done with its id, or its account's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Field {
    /// Whose transaction it was.
    Account,
    /// Deposit, withdrawal or transfer.
    Kind,
    /// How much.
    Amount,
    /// Where cash moves.
    Terminal,
    /// To whom.
    To,
    /// The memo.
    Memo,
    /// The notes.
    Notes,
    /// The transaction that is reversed.
    Original,
    /// How long a hold lasts.
    Duration,
    /// What an account counts in.
    Currency,
    /// What opens an account, or that nothing does.
    Secret,
    /// The minimum balance that an account is opened with.
    MinimumBalance,
    /// What is paid in when an account is opened.
    Balance,
}

impl Field {
    /// All of them.
    pub(crate) const ALL: [Field; 13] = [
        Field::Account,
        Field::Kind,
        Field::Amount,
        Field::Terminal,
        Field::To,
        Field::Memo,
        Field::Notes,
        Field::Original,
        Field::Duration,
        Field::Currency,
        Field::Secret,
        Field::MinimumBalance,
        Field::Balance,
    ];

    /// The field's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Field::Account => "account",
            Field::Kind => "kind",
            Field::Amount => "amount",
            Field::Terminal => "terminal",
            Field::To => "to",
            Field::Memo => "memo",
            Field::Notes => "notes",
            Field::Original => "original",
            Field::Duration => "duration_seconds",
            Field::Currency => "currency",
            Field::Secret => "secret",
            Field::MinimumBalance => "minimum_balance",
            Field::Balance => "balance",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Field::To => f.write_str("another payee"),
            Field::Duration => f.write_str("another time"),
            Field::Notes => f.write_str("other notes"),
            Field::MinimumBalance => f.write_str("another minimum balance"),
            Field::Balance => f.write_str("another opening balance"),
            field => write!(f, "another {}", field.name()),
        }
    }
}

/// What is wrong with a list of notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotesFault {
    /// Not notes at all.
    #[error(
        "not notes; name each denomination once, above zero and in the currency's decimals, at most {NOTE_KINDS_MAX}"
    )]
    NotNotes,
    /// Their sum is not the amount.
    #[error("the notes are worth {notes}, and not {amount}; send an amount and notes that agree")]
    OtherSum {
        /// What the notes are worth.
        notes: Amount,
        /// The amount beside them.
        amount: Amount,
    },
    /// There are none, and the terminal counts its notes.
    #[error("this terminal counts its notes; name them")]
    Needed,
    /// The terminal doesn't count its notes.
    #[error("this terminal does not count its notes; give the amount alone")]
    NotCounted,
    /// The reject bin is said to have notes that were not counted.
    #[error("the notes in the reject bin are not among those that were counted; count them with the others")]
    RejectBin,
    /// Notes came out, but no amount did.
    #[error("notes came out where the amount is zero; report what they are worth")]
    OfNothing,
    /// The terminal's notes are in another currency.
    #[error("this terminal counts its notes, which are in {currency}")]
    OtherCurrency {
        /// The currency of its notes.
        currency: Currency,
    },
    /// They are not notes of the dispense.
    #[error("the notes are not among those of the dispense; see the authorisation for them")]
    OtherNotes,
}

impl NotesFault {
    /// The fault's name on the wire.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            NotesFault::NotNotes => "not_notes",
            NotesFault::OtherSum { .. } => "other_sum",
            NotesFault::Needed => "needed",
            NotesFault::NotCounted => "not_counted",
            NotesFault::RejectBin => "reject_bin",
            NotesFault::OfNothing => "of_nothing",
            NotesFault::OtherCurrency { .. } => "other_currency",
            NotesFault::OtherNotes => "other_notes",
        }
    }
}
