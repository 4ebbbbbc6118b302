//! Declines: the bank's refusals, each with its numeric code and a message.

use crate::day::Day;
use crate::ledger::{Field, NotesFault};
use crate::money::Amount;
use crate::notes::{CASSETTE_KINDS_MAX, FACE_STEPS_MAX, NOTE_KINDS_MAX};

/// Why the bank refused. An answer, not an error; its [`code`](Decline::code) never changes its
/// meaning. Where several apply, the first in this order is answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Decline {
    /// The account is unknown or the secret is wrong; which of them is not answered.
    #[error("account or PIN is wrong")]
    BadCredentials,
    /// Too many wrong tries; only an operator can unlock the account.
    #[error("the account is locked after too many wrong tries; ask the bank to unlock it")]
    Locked,
    /// Another session holds the account. Answered only to a client that knows the secret.
    #[error("the account is in use at another terminal; try again when that session is over")]
    AccountInUse,
    /// The session is over: idle or open for too long, or ended by the bank.
    #[error("the session is over; log in again")]
    SessionExpired,
    /// The new secret is neither a PIN nor a password, or too easy to guess.
    #[error(
        "the new secret is too weak; use a PIN of 4 to 12 digits that is no run, date or repetition, or a password of 8 to 64 characters"
    )]
    WeakSecret,
    /// The secret was set by the bank, and nothing may be done before it is changed.
    #[error("the PIN was set by the bank; choose one of your own first")]
    MustChangeSecret,
    /// The terminal is unknown or its key is wrong; which of them is not answered.
    #[error("terminal or key is wrong")]
    BadTerminal,
    /// An operator took the terminal out of service.
    #[error("the terminal is out of service; use another one")]
    TerminalDisabled,
    /// The id was used before, with other content.
    #[error("this transaction id was used before with {field}; use a new id for a new transaction")]
    IdReused {
        /// What differs.
        field: Field,
    },
    /// Not more than zero, or with more decimals than the currency has.
    #[error(
        "not an amount that can be moved; it must be above zero, with no more decimals than the currency has"
    )]
    BadAmount,
    /// Payer and payee are one.
    #[error("payer and payee are the same account")]
    SameAccount,
    /// Nobody has the payee's name.
    #[error("no account has the payee's name")]
    NoSuchPayee,
    /// Payer and payee count in different currencies.
    #[error("the payee's account is in another currency")]
    OtherCurrency,
    /// An operator forbade movement on one of the accounts.
    #[error("the account is frozen; ask the bank")]
    Frozen,
    /// One of the accounts is closed.
    #[error("the account is closed; ask the bank")]
    Closed,
    /// More than one transaction may take out of the account.
    #[error("more than one transaction may take out; at most {limit}")]
    TransactionLimit {
        /// The account's limit.
        limit: Amount,
    },
    /// More than a day's transactions and holds may take out of the account.
    #[error("more than may be taken out in a day; {left} of {limit} is left until {day} is over")]
    DayAmountLimit {
        /// The account's limit.
        limit: Amount,
        /// What is left of it.
        left: Amount,
        /// The business day.
        day: Day,
    },
    /// Something was taken out of the account as often as it may be in a day.
    #[error(
        "no more than {limit} times in a day may something be taken out; none is left until {day} is over"
    )]
    DayCountLimit {
        /// The account's limit.
        limit: u32,
        /// The business day.
        day: Day,
    },
    /// As many holds are open on the account as it may have.
    #[error("no more than {holds_max} holds may be open on an account; wait until one is over")]
    TooManyHolds {
        /// How many it may have.
        holds_max: u32,
    },
    /// More than the account has.
    #[error("not enough money; {available} is available")]
    InsufficientFunds {
        /// What could be moved.
        available: Amount,
    },
    /// The terminal does not hold that much cash.
    #[error("the terminal does not hold that much cash; {}", out_of_cash(*.largest))]
    OutOfCash {
        /// The most that can be paid out there now, zero for nothing.
        largest: Amount,
    },
    /// The terminal's notes can't make the amount, or not with
    /// [`NOTES_AT_ONCE_MAX`](crate::notes::NOTES_AT_ONCE_MAX) of them.
    #[error("the notes at hand can't make this amount; try {}", nearest(*.lower, *.higher))]
    NotesUnavailable {
        /// The next lower amount that they can make.
        lower: Option<Amount>,
        /// The next higher one.
        higher: Option<Amount>,
    },
    /// Notes that don't fit what is asked.
    #[error("{fault}")]
    BadNotes {
        /// What is wrong with them.
        fault: NotesFault,
    },
    /// The notes to be taken out are not in the terminal.
    #[error("these notes are not in the terminal; count its cash first")]
    NotesNotThere,
    /// A terminal can't have these notes together.
    #[error(
        "the terminal can't hold these notes together; it has at most {NOTE_KINDS_MAX} denominations, {CASSETTE_KINDS_MAX} of them in cassettes, the highest of those at most {FACE_STEPS_MAX} times what divides all of them"
    )]
    NotesUnsuited,
    /// The terminal's cash was loaded as an amount, so notes can't be loaded beside it.
    #[error(
        "the terminal's cash is not counted note by note; move it as an amount, or unload it before notes are loaded"
    )]
    CashNotCounted,
    /// The terminal counts its notes, so cash comes out in steps that can be distinguished.
    #[error("this terminal counts its notes; authorise a dispense, order it and report what came out")]
    NotesCounted,
    /// A balance would pass what the books can hold, 2⁶³ − 1 minor units.
    #[error("the balance would pass the largest amount that the bank can hold")]
    LimitPassed,
    /// No hold has this id.
    #[error("no hold has this id")]
    NoSuchHold,
    /// The hold was captured before, or captured with another amount.
    #[error("the hold was captured before")]
    HoldCaptured,
    /// The hold was given up before.
    #[error("the hold was voided before")]
    HoldVoided,
    /// The hold's time was over.
    #[error("the hold expired")]
    HoldExpired,
    /// More than the hold has.
    #[error("more than is on hold, which is {held}")]
    HoldExceeded {
        /// The hold's amount.
        held: Amount,
    },
    /// The terminal was ordered to pay out, so the hold can't be given up.
    #[error("the dispense was ordered; report what came out")]
    DispenseOrdered,
    /// The dispense was not ordered yet.
    #[error("the dispense was not ordered; order the dispense first")]
    DispenseNotOrdered,
    /// Nobody knows whether the cash came out; only the terminal or an operator can report.
    #[error("it is not known what came out; the bank will find out")]
    DispenseSuspect,
    /// The hold is of another kind: cash is not captured, and payments are not dispensed.
    #[error("the hold is not for that")]
    WrongStep,
    /// No transfers, or more than a transfer batch may hold.
    #[error("a transfer batch has 1 to {transfers_max} transfers")]
    BadTransferBatch {
        /// How many it may hold.
        transfers_max: usize,
    },
    /// Two transfers of a transfer batch have one id.
    #[error("transfers {} and {} of the transfer batch have one id; give each transfer an id of its own", transfers[0], transfers[1])]
    IdTwice {
        /// Which ones, from 1.
        transfers: [usize; 2],
    },
    /// One transfer of a transfer batch was declined, and so none was made.
    #[error("transfer {number} of the transfer batch: {why}")]
    InTransferBatch {
        /// Which one, from 1.
        number: usize,
        /// Why.
        why: Box<Decline>,
    },
    /// Another one, of a server that knows more, or one of the protocol alone.
    #[error("{message}")]
    Other {
        /// Its code.
        code: u16,
        /// The server's words.
        message: Box<str>,
    },
    /// The bank, or the terminal, does not count in this currency or unit.
    #[error(
        "there is nothing in this currency here; the bank has those of ISO 4217 and the units that it declared"
    )]
    NoSuchCurrency,
    /// An account has the name already, and was opened otherwise.
    #[error("the account exists already, with {field}; choose another name")]
    AccountExists {
        /// What differs.
        field: Field,
    },
    /// An operator named an account that is not there.
    #[error("no account has this name")]
    NoSuchAccount,
    /// An operator closed an account that is not at zero.
    #[error("the account's balance is {balance}; only an account at zero can be closed")]
    AccountNotEmpty {
        /// The balance.
        balance: Amount,
    },
    /// An operator closed an account with open holds.
    #[error("the account has open holds; it can be closed without any")]
    AccountHasHolds,
    /// Limits that are none: a minimum balance above zero, or one that the account is below already.
    #[error(
        "not limits that the account can have; the minimum balance is zero or less, the others zero or more"
    )]
    BadLimits,
    /// An operator named a transaction that is not there.
    #[error("no transaction has this id")]
    NoSuchTransaction,
    /// An operator reversed a transaction for the second time.
    #[error("the transaction was reversed before")]
    AlreadyReversed,
    /// An operator reversed what can't be: a reversal, a suspect dispense, a difference.
    #[error("transactions of this kind can't be reversed; make an adjustment")]
    NotReversible,
    /// An operator reversed more than the transaction moved.
    #[error("more than the transaction moved, which is {amount}")]
    ReversalExceeds {
        /// What it moved.
        amount: Amount,
    },
    /// An operator added a terminal whose name is taken.
    #[error("the terminal exists already; choose another name")]
    TerminalExists,
    /// An operator named a terminal that is not there.
    #[error("no terminal has this name")]
    NoSuchTerminal,
    /// A terminal's key that is too easy to guess.
    #[error(
        "the key is too weak; have one made, or use at least 32 hexadecimal digits or 22 other characters"
    )]
    WeakKey,
    /// An operator did without a reason what needs one.
    #[error("a reason is needed; say why in words")]
    ReasonNeeded,
    /// An operator thawed a freeze that is not there.
    #[error("the account has no freeze of this number; see which ones it has")]
    NoSuchFreeze,
    /// An operator froze an account that has as many freezes as it may have.
    #[error("no more than {freezes_max} freezes may be on an account; take one off first")]
    TooManyFreezes {
        /// How many it may have.
        freezes_max: usize,
    },
    /// An operator counted a terminal, or took its cash, while it pays out.
    #[error("a dispense is under way at the terminal; wait until it is over")]
    DispenseUnderway,
}

impl From<NotesFault> for Decline {
    fn from(fault: NotesFault) -> Decline {
        Decline::BadNotes { fault }
    }
}

fn out_of_cash(largest: Amount) -> String {
    if largest.is_zero() {
        "it holds none; try another one".to_owned()
    } else {
        format!("try {largest}, or another terminal")
    }
}

fn nearest(lower: Option<Amount>, higher: Option<Amount>) -> String {
    match (lower, higher) {
        (Some(lower), Some(higher)) => format!("{lower} or {higher}"),
        (Some(nearest), None) | (None, Some(nearest)) => nearest.to_string(),
        (None, None) => "another terminal".to_owned(),
    }
}

impl Decline {
    /// The numeric code, as on the wire. 1000s are for terminals, 2000s for operators.
    #[must_use]
    pub fn code(&self) -> u16 {
        match self {
            Decline::BadCredentials => 1101,
            Decline::Locked => 1102,
            Decline::AccountInUse => 1103,
            Decline::SessionExpired => 1106,
            Decline::WeakSecret => 1107,
            Decline::MustChangeSecret => 1108,
            Decline::BadTerminal => 1109,
            Decline::TerminalDisabled => 1110,
            Decline::BadAmount => 1201,
            Decline::InsufficientFunds { .. } => 1202,
            Decline::LimitPassed => 1203,
            Decline::OtherCurrency => 1204,
            Decline::NoSuchPayee => 1205,
            Decline::Frozen => 1206,
            Decline::SameAccount => 1207,
            Decline::OutOfCash { .. } => 1208,
            Decline::Closed => 1209,
            Decline::TransactionLimit { .. } => 1210,
            Decline::DayAmountLimit { .. } => 1211,
            Decline::DayCountLimit { .. } => 1212,
            Decline::NotesUnavailable { .. } => 1213,
            Decline::BadNotes { .. } => 1214,
            Decline::NotesCounted => 1215,
            Decline::BadTransferBatch { .. } => 1216,
            Decline::IdTwice { .. } => 1221,
            Decline::NotesNotThere => 1217,
            Decline::NotesUnsuited => 1218,
            Decline::CashNotCounted => 1219,
            Decline::InTransferBatch { why, .. } => why.code(),
            Decline::IdReused { .. } => 1301,
            Decline::NoSuchHold => 1601,
            Decline::HoldCaptured => 1602,
            Decline::HoldVoided => 1603,
            Decline::HoldExpired => 1604,
            Decline::HoldExceeded { .. } => 1605,
            Decline::DispenseOrdered => 1606,
            Decline::DispenseNotOrdered => 1607,
            Decline::DispenseSuspect => 1608,
            Decline::WrongStep => 1609,
            Decline::TooManyHolds { .. } => 1610,
            Decline::Other { code, .. } => *code,
            Decline::AccountExists { .. } => 2001,
            Decline::NoSuchAccount => 2002,
            Decline::AccountNotEmpty { .. } => 2003,
            Decline::AccountHasHolds => 2004,
            Decline::BadLimits => 2005,
            Decline::NoSuchTransaction => 2006,
            Decline::AlreadyReversed => 2007,
            Decline::NotReversible => 2008,
            Decline::ReversalExceeds { .. } => 2009,
            Decline::TerminalExists => 2010,
            Decline::NoSuchTerminal => 2011,
            Decline::DispenseUnderway => 2012,
            Decline::WeakKey => 2013,
            Decline::ReasonNeeded => 2014,
            Decline::NoSuchFreeze => 2015,
            Decline::TooManyFreezes { .. } => 2016,
            Decline::NoSuchCurrency => 2017,
        }
    }
}
