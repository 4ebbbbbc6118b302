//! The state and the result of a hold, as callers receive them.

use serde::{Deserialize, Serialize};

use super::{Decline, Receipt, TransactionId, TransactionKind};
use crate::hold::{Hold, Stage};
use crate::ledger::Transaction;
use crate::money::{Amount, Currency, Minor};
use crate::notes::NoteCount;
use crate::time::Timestamp;

/// Holds that may be open on an account at once; they are kept in memory.
pub const HOLDS_OPEN_MAX: u32 = 4096;

/// That money is set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Authorisation {
    /// The client's id for the hold, and for the transaction to come.
    pub hold: TransactionId,
    /// How much is set aside.
    pub amount: Amount,
    /// When it was.
    pub at: Timestamp,
    /// From when on it is too late for the next step.
    pub expires: Timestamp,
    /// What is in the account now.
    pub balance: Amount,
    /// What can be moved now.
    pub available: Amount,
    /// The notes that will be paid out, where the terminal counts them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<NoteCount>,
    /// Whether it was authorised before.
    pub replayed: bool,
}

/// How far a hold got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum HoldState {
    /// The money is set aside.
    Authorised,
    /// The terminal was ordered to pay out.
    Ordered,
    /// The money moved, all of it or a part.
    Captured,
    /// It was given up, or no cash came out.
    Voided,
    /// Nobody knows what came out.
    Suspect,
    /// It is over, and a terminal says something else about it than is recorded.
    Disputed,
}

/// What a step of a hold led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Settlement {
    /// The hold.
    pub hold: TransactionId,
    /// How far it is now.
    pub state: HoldState,
    /// How much moved for good.
    pub amount: Amount,
    /// From when on it is too late for the next step, while there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// The customer's receipt for cash, or for money that left the account as suspect. The payee of
    /// a payment learns nothing of the payer's account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
    /// Whether this was so before.
    pub replayed: bool,
}

pub(super) fn is_nothing(amount: Option<Amount>) -> bool {
    amount.is_some_and(|amount| amount.is_zero())
}

/// That more came out, or is asked for, than was promised.
pub(super) fn too_much(promised: Minor, currency: Currency) -> Decline {
    Decline::HoldExceeded { held: promised.in_currency(currency) }
}

pub(super) fn captured(hold: TransactionId, taken: &Transaction, replayed: bool) -> Settlement {
    let of_customer = taken.kind == TransactionKind::Withdrawal && !taken.from.account.is_own();
    Settlement {
        hold,
        state: HoldState::Captured,
        amount: taken.amount.in_currency(taken.currency),
        expires: None,
        receipt: of_customer.then(|| taken.receipt(replayed)),
        replayed,
    }
}

/// The state of an open hold.
pub(super) fn standing(hold: &Hold, replayed: bool) -> Settlement {
    let (state, expires) = match hold.stage {
        Stage::Placed => (HoldState::Authorised, Some(hold.expires)),
        Stage::Ordered => (HoldState::Ordered, Some(hold.expires)),
        Stage::Suspect { .. } => (HoldState::Suspect, None),
    };
    Settlement { expires, replayed, ..settled(hold, state, Minor::ZERO) }
}

pub(super) fn settled(hold: &Hold, state: HoldState, amount: Minor) -> Settlement {
    let amount = amount.in_currency(hold.currency);
    Settlement { hold: hold.id, state, amount, expires: None, receipt: None, replayed: false }
}
