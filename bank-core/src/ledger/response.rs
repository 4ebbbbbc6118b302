//! What a decline is called by a switch that speaks ISO 8583.

use super::Decline;

impl Decline {
    /// The response code of ISO 8583:1987, field 39, that a switch can pass on for this decline.
    #[must_use]
    pub fn response_code(&self) -> &'static str {
        match self {
            Decline::BadCredentials => "55",
            Decline::Locked => "75",
            Decline::AccountInUse => "94",
            Decline::SessionExpired
            | Decline::MustChangeSecret
            | Decline::NotReversible
            | Decline::SameAccount
            | Decline::OtherCurrency
            | Decline::NotesCounted
            | Decline::NotesNotThere
            | Decline::CashNotCounted
            | Decline::WrongStep => "57",
            Decline::WeakSecret
            | Decline::WeakKey
            | Decline::ReasonNeeded
            | Decline::IdReused { .. }
            | Decline::BadGroup { .. }
            | Decline::IdTwice { .. }
            | Decline::BadNotes { .. }
            | Decline::NotesUnsuited
            | Decline::BadLimits => "30",
            Decline::BadAmount
            | Decline::LimitPassed
            | Decline::NotesUnavailable { .. }
            | Decline::HoldExceeded { .. }
            | Decline::ReversalExceeds { .. } => "13",
            Decline::NoSuchPayee | Decline::NoSuchAccount => "14",
            Decline::Frozen
            | Decline::Closed
            | Decline::AccountNotEmpty { .. }
            | Decline::AccountHasHolds => "62",
            Decline::TransactionLimit { .. } | Decline::DayAmountLimit { .. } => "61",
            Decline::DayCountLimit { .. } | Decline::TooManyHolds { .. } | Decline::TooManyFreezes { .. } => {
                "65"
            }
            Decline::InsufficientFunds { .. } => "51",
            Decline::OutOfCash { .. } => "91",
            Decline::BadTerminal
            | Decline::TerminalDisabled
            | Decline::NoSuchTerminal
            | Decline::TerminalExists
            | Decline::DispenseUnderway => "58",
            Decline::NoSuchHold | Decline::NoSuchTransaction | Decline::NoSuchFreeze => "25",
            Decline::HoldExpired => "54",
            Decline::DispenseSuspect | Decline::DispenseOrdered | Decline::DispenseNotOrdered => "68",
            Decline::HoldCaptured
            | Decline::HoldVoided
            | Decline::AlreadyReversed
            | Decline::AccountExists => "94",
            Decline::InGroup { why, .. } => why.response_code(),
        }
    }
}
