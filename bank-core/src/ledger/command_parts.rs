//! The types that commands are composed of.

use std::time::Duration;

use super::{HoldState, Memo, MinimumBalance, TransactionId};
use crate::account::{AccountId, TerminalId};
use crate::auth::{Proof, SecretHash};
use crate::money::{Amount, Currency};
use crate::notes::NoteCount;
use crate::operator::Instruction;
use crate::session::SessionId;
use crate::time::Timestamp;

/// An account to be opened.
#[derive(Debug, Clone)]
pub struct AccountOpening {
    /// Its name.
    pub account: AccountId,
    /// What it counts in.
    pub currency: Currency,
    /// What opens it; nobody can log in to an account without a secret.
    pub secret: Option<SecretHash>,
    /// Where the account is there already: that the secret that was given opens it.
    pub proof: Option<Proof>,
    /// Whether its owner is to choose another secret before anything else.
    pub must_change: bool,
    /// The lowest balance that it may have; zero unless given.
    pub minimum_balance: Option<MinimumBalance>,
    /// What is paid in, zero or more, and the id of that payment.
    pub balance: Option<(TransactionId, Amount)>,
    /// Who opens it, where an operator does.
    pub instruction: Option<Instruction>,
}

impl AccountOpening {
    /// An account that nobody can log in to, with nothing in it.
    #[must_use]
    pub fn new(account: AccountId, currency: Currency) -> AccountOpening {
        AccountOpening {
            account,
            currency,
            secret: None,
            proof: None,
            must_change: false,
            minimum_balance: None,
            balance: None,
            instruction: None,
        }
    }
}

/// Who asks for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Actor {
    /// A session that must hold this account, and may ask about what is the account's.
    Holder(AccountId, SessionId),
    /// A terminal that proved who it is.
    Terminal(TerminalId),
    /// The bank itself: an operator, or the program that embeds it.
    Bank,
}

/// Which way money moves.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum MovementKind {
    /// Cash in at a terminal.
    Deposit {
        /// Where.
        terminal: TerminalId,
        /// Which notes, where the terminal counts them.
        notes: Vec<NoteCount>,
    },
    /// Cash out at a terminal.
    Withdraw {
        /// Where.
        terminal: TerminalId,
    },
    /// To another customer's account in the same currency.
    Transfer {
        /// Whose.
        to: AccountId,
        /// A word to both.
        memo: Option<Memo>,
    },
}

/// One transfer of a transfer batch.
#[derive(Debug, Clone)]
pub struct TransferOrder {
    /// The client's id for it.
    pub transaction: TransactionId,
    /// Who pays.
    pub from: AccountId,
    /// Who is paid.
    pub to: AccountId,
    /// How much.
    pub amount: Amount,
    /// A word to both.
    pub memo: Option<Memo>,
}

/// What money is to be set aside for.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum PurposeRequest {
    /// A payment that the payee will capture.
    Payment {
        /// The payee.
        to: AccountId,
        /// A word to both.
        memo: Option<Memo>,
        /// How long the payee has, held to the policy's
        /// [`hold_time_max`](crate::policy::Policy::hold_time_max).
        lasts: Duration,
    },
    /// Cash out at a terminal. It lasts for the policy's
    /// [`dispense_time_max`](crate::policy::Policy::dispense_time_max).
    Dispense {
        /// Where.
        terminal: TerminalId,
        /// New ids for the transactions that it may lead to should nobody know what became of it.
        follow_ups: [TransactionId; 2],
    },
}

/// What becomes of a hold.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum HoldAction {
    /// The terminal is about to pay out. From here on the hold does not expire any more: it
    /// becomes suspect.
    Order,
    /// The payee takes it, or this part of it; the rest is free again.
    Capture {
        /// How much; all where `None`.
        amount: Option<Amount>,
    },
    /// The terminal reports what came out.
    Dispensed {
        /// How much, zero for nothing; `None` where nobody knows.
        amount: Option<Amount>,
        /// Which notes, where the terminal counts them and it was neither all nor nothing.
        notes: Vec<NoteCount>,
        /// Where the notes are that did not come out.
        undispensed_notes: UndispensedNotes,
    },
    /// All of it came out.
    DispensedInFull,
    /// It is given up. Not once a terminal was ordered to pay out.
    Void,
}

/// Where the notes of a dispense are that did not reach the customer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum UndispensedNotes {
    /// They left their cassettes, and are not paid out again before the cash was counted.
    #[default]
    RejectBin,
    /// They never left their cassettes: the mechanism was not started.
    Cassettes,
}

/// Cash, as an amount or note by note.
#[derive(Debug, Clone)]
pub struct Cash {
    /// The currency.
    pub currency: Currency,
    /// How much; the sum of the notes where `None`, and then there must be some.
    pub amount: Option<Amount>,
    /// Which notes, where they are counted.
    pub notes: Vec<NoteCount>,
}

impl Cash {
    /// An amount of cash, not counted note by note.
    #[must_use]
    pub fn of(currency: Currency, amount: Amount) -> Cash {
        Cash { currency, amount: Some(amount), notes: Vec::new() }
    }

    /// These notes.
    #[must_use]
    pub fn in_notes(currency: Currency, notes: Vec<NoteCount>) -> Cash {
        Cash { currency, amount: None, notes }
    }
}

/// Which entries of a statement; unless set otherwise the newest
/// [`STATEMENT_ENTRIES_DEFAULT`](super::STATEMENT_ENTRIES_DEFAULT).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementQuery {
    /// Entries at most, held to 1 to
    /// [`STATEMENT_ENTRIES_MAX`](super::STATEMENT_ENTRIES_MAX).
    pub limit: usize,
    /// Only entries of a lower number than this.
    pub before: Option<u64>,
    /// Only entries made then or later.
    pub from: Option<Timestamp>,
    /// Only entries made then or earlier.
    pub to: Option<Timestamp>,
}

impl Default for StatementQuery {
    fn default() -> Self {
        StatementQuery { limit: STATEMENT_ENTRIES_DEFAULT, before: None, from: None, to: None }
    }
}

/// Which open holds; all of them unless set otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HoldsQuery {
    /// Of one account only.
    pub account: Option<AccountId>,
    /// For one terminal only.
    pub terminal: Option<TerminalId>,
    /// In this state only.
    pub state: Option<HoldState>,
    /// Only those that were authorised earlier than this.
    pub before: Option<Timestamp>,
    /// Only those of a higher id than this.
    pub after: Option<TransactionId>,
    /// Holds at most, held to 1 to [`LISTED_MAX`](super::LISTED_MAX), which it is unless given.
    pub limit: Option<usize>,
}

/// Entries on a page unless asked otherwise.
pub const STATEMENT_ENTRIES_DEFAULT: usize = 10;

/// Entries on a page at most; with the longest memos they fit a frame.
pub const STATEMENT_ENTRIES_MAX: usize = 50;

/// Accounts or holds in one answer at most; they fit a frame.
pub const LISTED_MAX: usize = 40;
