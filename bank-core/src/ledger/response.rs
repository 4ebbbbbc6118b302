//! The ISO 8583 response code of each decline.

use super::Decline;

impl Decline {
    /// The response code of ISO 8583:1987, field 39, that a switch can pass on for this decline. The
    /// table in docs/protocol.md ("ISO 8583") has each one's meaning there, and why it is used.
    #[must_use]
    pub fn response_code(&self) -> &'static str {
        match self {
            Decline::SameAccount
            | Decline::NoSuchCurrency
            | Decline::WrongStep
            | Decline::DispenseOrdered
            | Decline::DispenseNotOrdered
            | Decline::NotReversible
            | Decline::AccountNotEmpty { .. }
            | Decline::AccountHasHolds => "12",
            Decline::BadAmount
            | Decline::LimitPassed
            | Decline::OutOfCash { .. }
            | Decline::NotesUnavailable { .. }
            | Decline::HoldExceeded { .. }
            | Decline::ReversalExceeds { .. } => "13",
            Decline::NoSuchPayee | Decline::NoSuchAccount => "14",
            Decline::NoSuchHold
            | Decline::NoSuchTransaction
            | Decline::NoSuchFreeze
            | Decline::NoSuchTerminal => "25",
            Decline::AccountExists { .. } | Decline::TerminalExists => "26",
            Decline::BadLimits => "27",
            Decline::AccountInUse | Decline::DispenseUnderway => "28",
            Decline::TooManyFreezes { .. } => "29",
            Decline::WeakSecret
            | Decline::WeakKey
            | Decline::ReasonNeeded
            | Decline::IdReused { .. }
            | Decline::BadTransferBatch { .. }
            | Decline::IdTwice { .. }
            | Decline::BadNotes { .. }
            | Decline::NotesUnsuited => "30",
            Decline::InsufficientFunds { .. } => "51",
            Decline::BadCredentials => "55",
            Decline::SessionExpired | Decline::MustChangeSecret | Decline::OtherCurrency => "57",
            Decline::BadTerminal
            | Decline::TerminalDisabled
            | Decline::NotesCounted
            | Decline::NotesNotThere
            | Decline::CashNotCounted => "58",
            Decline::TransactionLimit { .. } | Decline::DayAmountLimit { .. } => "61",
            Decline::Frozen | Decline::Closed => "62",
            Decline::DayCountLimit { .. } | Decline::TooManyHolds { .. } => "65",
            Decline::HoldExpired | Decline::DispenseSuspect => "68",
            Decline::Locked => "75",
            Decline::HoldCaptured | Decline::HoldVoided | Decline::AlreadyReversed => "94",
            Decline::InTransferBatch { why, .. } => why.response_code(),
            Decline::Other { .. } => "05",
        }
    }
}
