//! Reads a decline back from the error that it travelled as.

use std::str::FromStr;

use serde_json::Value;

use super::{Code, RpcError};
use crate::ledger::{Decline, Field, NotesFault};

/// Codes that a transfer of a batch has for itself, and that no transfer in it has.
const OF_A_BATCH: [Code; 2] = [Code::IdTwice, Code::BadTransferBatch];

impl RpcError {
    /// The decline that the bank answered with: [`Decline::Other`] for a code that this version does not
    /// know, that is the protocol's alone, or that lacks what goes with it.
    #[must_use]
    pub fn decline(&self) -> Decline {
        let code = self.known_code();
        let decline = code.and_then(|code| self.of_code(code)).unwrap_or_else(|| self.other());
        match self.number("transfer") {
            Some(number) if code.is_none_or(|code| !OF_A_BATCH.contains(&code)) => {
                Decline::InTransferBatch { number, why: Box::new(decline) }
            }
            _ => decline,
        }
    }

    fn other(&self) -> Decline {
        let code = u16::try_from(self.code).unwrap_or_default();
        Decline::Other { code, message: self.message.as_str().into() }
    }

    fn of_code(&self, code: Code) -> Option<Decline> {
        Some(match code {
            Code::BadCredentials => Decline::BadCredentials,
            Code::Locked => Decline::Locked,
            Code::AccountInUse => Decline::AccountInUse,
            Code::SessionExpired => Decline::SessionExpired,
            Code::WeakSecret => Decline::WeakSecret,
            Code::MustChangeSecret => Decline::MustChangeSecret,
            Code::BadTerminal => Decline::BadTerminal,
            Code::TerminalDisabled => Decline::TerminalDisabled,
            Code::BadAmount => Decline::BadAmount,
            Code::InsufficientFunds => Decline::InsufficientFunds { available: self.text("available")? },
            Code::LimitPassed => Decline::LimitPassed,
            Code::OtherCurrency => Decline::OtherCurrency,
            Code::NoSuchPayee => Decline::NoSuchPayee,
            Code::Frozen => Decline::Frozen,
            Code::SameAccount => Decline::SameAccount,
            Code::OutOfCash => Decline::OutOfCash { largest: self.text("largest")? },
            Code::Closed => Decline::Closed,
            Code::TransactionLimit => Decline::TransactionLimit { limit: self.text("limit")? },
            Code::DayAmountLimit => Decline::DayAmountLimit {
                limit: self.text("limit")?,
                left: self.text("left")?,
                day: self.text("day")?,
            },
            Code::DayCountLimit => {
                Decline::DayCountLimit { limit: self.number("limit")?, day: self.text("day")? }
            }
            Code::NotesUnavailable => {
                Decline::NotesUnavailable { lower: self.text("lower"), higher: self.text("higher") }
            }
            Code::BadNotes => Decline::BadNotes { fault: self.fault()? },
            Code::NotesCounted => Decline::NotesCounted,
            Code::BadTransferBatch => {
                Decline::BadTransferBatch { transfers_max: self.number("transfers_max")? }
            }
            Code::NotesNotThere => Decline::NotesNotThere,
            Code::NotesUnsuited => Decline::NotesUnsuited,
            Code::CashNotCounted => Decline::CashNotCounted,
            Code::IdTwice => {
                Decline::IdTwice { transfers: [self.number("first_transfer")?, self.number("transfer")?] }
            }
            Code::IdReused => Decline::IdReused { field: self.field()? },
            Code::NoSuchHold => Decline::NoSuchHold,
            Code::HoldCaptured => Decline::HoldCaptured,
            Code::HoldVoided => Decline::HoldVoided,
            Code::HoldExpired => Decline::HoldExpired,
            Code::HoldExceeded => Decline::HoldExceeded { held: self.text("held")? },
            Code::DispenseOrdered => Decline::DispenseOrdered,
            Code::DispenseNotOrdered => Decline::DispenseNotOrdered,
            Code::DispenseSuspect => Decline::DispenseSuspect,
            Code::WrongStep => Decline::WrongStep,
            Code::TooManyHolds => Decline::TooManyHolds { holds_max: self.number("holds_max")? },
            Code::AccountExists => Decline::AccountExists { field: self.field()? },
            Code::NoSuchAccount => Decline::NoSuchAccount,
            Code::AccountNotEmpty => Decline::AccountNotEmpty { balance: self.text("balance")? },
            Code::AccountHasHolds => Decline::AccountHasHolds,
            Code::BadLimits => Decline::BadLimits,
            Code::NoSuchTransaction => Decline::NoSuchTransaction,
            Code::AlreadyReversed => Decline::AlreadyReversed,
            Code::NotReversible => Decline::NotReversible,
            Code::ReversalExceeds => Decline::ReversalExceeds { amount: self.text("amount")? },
            Code::TerminalExists => Decline::TerminalExists,
            Code::NoSuchTerminal => Decline::NoSuchTerminal,
            Code::DispenseUnderway => Decline::DispenseUnderway,
            Code::WeakKey => Decline::WeakKey,
            Code::ReasonNeeded => Decline::ReasonNeeded,
            Code::NoSuchFreeze => Decline::NoSuchFreeze,
            Code::TooManyFreezes => Decline::TooManyFreezes { freezes_max: self.number("freezes_max")? },
            Code::NoSuchCurrency => Decline::NoSuchCurrency,
            _ => return None,
        })
    }

    fn fault(&self) -> Option<NotesFault> {
        Some(match self.member("fault")?.as_str()? {
            "not_notes" => NotesFault::NotNotes,
            "other_sum" => NotesFault::OtherSum { notes: self.text("notes")?, amount: self.text("amount")? },
            "needed" => NotesFault::Needed,
            "not_counted" => NotesFault::NotCounted,
            "reject_bin" => NotesFault::RejectBin,
            "of_nothing" => NotesFault::OfNothing,
            "other_currency" => NotesFault::OtherCurrency { currency: self.text("currency")? },
            "other_notes" => NotesFault::OtherNotes,
            _ => return None,
        })
    }

    fn field(&self) -> Option<Field> {
        let name = self.member("field")?.as_str()?;
        Field::ALL.into_iter().find(|field| field.name() == name)
    }

    fn member(&self, name: &str) -> Option<&Value> {
        self.data.as_ref()?.get(name)
    }

    fn text<T: FromStr>(&self, name: &str) -> Option<T> {
        self.member(name)?.as_str()?.parse().ok()
    }

    fn number<T: TryFrom<u64>>(&self, name: &str) -> Option<T> {
        T::try_from(self.member(name)?.as_u64()?).ok()
    }
}
