//! Holds: money that is reserved and not moved yet.

use crate::account::{AccountId, TerminalId};
use crate::day::Day;
use crate::ledger::{Memo, TransactionId};
use crate::money::{Currency, Minor};
use crate::notes::Notes;
use crate::time::Timestamp;

/// Money of an account set aside for one transaction to come, which will have the hold's id.
///
/// It ends once: captured, whole or in part, voided, or expired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The id of the transaction to come.
    pub id: TransactionId,
    /// Whose money.
    pub account: AccountId,
    /// How much, more than zero.
    pub amount: Minor,
    /// The account's currency.
    pub currency: Currency,
    /// What for.
    pub purpose: Purpose,
    /// How far it got.
    pub stage: Stage,
    /// Since when.
    pub placed: Timestamp,
    /// On which business day; the allowance it uses is that day's.
    pub day: Day,
    /// From when on it is too late for the next step.
    pub expires: Timestamp,
}

/// What a hold is for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// A payment that the payee will capture.
    Payment {
        /// The payee.
        to: AccountId,
        /// A word to both.
        memo: Option<Memo>,
    },
    /// Cash out at a terminal.
    Dispense {
        /// Which terminal.
        terminal: TerminalId,
        /// Which notes, empty where the terminal doesn't count any.
        notes: Notes,
        /// Ids for the transactions that a suspect dispense leads to: out of the account, and
        /// back into it.
        follow_ups: [TransactionId; 2],
    },
}

/// How far an open hold got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// The money is set aside. When the time is over the hold is gone.
    Placed,
    /// The terminal was ordered to pay out. When the time is over the dispense is suspect.
    Ordered,
    /// Nobody knows whether the cash came out. The money left the account for the bank's suspect
    /// account, and stays there until a terminal or an operator knows.
    Suspect {
        /// Since when.
        since: Timestamp,
        /// Whether the terminal's cash was counted meanwhile, so that the difference, if any, is
        /// in over and short already.
        counted: bool,
    },
}

/// How a hold ended without a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Release {
    /// Somebody who may do so gave it up, or no cash came out.
    Voided,
    /// Its time was over.
    Expired,
}

impl Hold {
    /// The terminal that is to pay out, if it is for cash.
    #[must_use]
    pub fn terminal(&self) -> Option<&TerminalId> {
        match &self.purpose {
            Purpose::Dispense { terminal, .. } => Some(terminal),
            Purpose::Payment { .. } => None,
        }
    }

    /// The notes that it is to be paid with.
    #[must_use]
    pub fn notes(&self) -> Option<&Notes> {
        match &self.purpose {
            Purpose::Dispense { notes, .. } => Some(notes),
            Purpose::Payment { .. } => None,
        }
    }

    /// The ids that it keeps for what it may lead to.
    #[must_use]
    pub fn follow_ups(&self) -> &[TransactionId] {
        match &self.purpose {
            Purpose::Dispense { follow_ups, .. } => follow_ups,
            Purpose::Payment { .. } => &[],
        }
    }

    /// Whether the money is still in the account.
    #[must_use]
    pub fn is_in_account(&self) -> bool {
        matches!(self.stage, Stage::Placed | Stage::Ordered)
    }
}

/// A terminal's report that contradicts what is recorded about a dispense that is over. No money
/// moves with it; an operator finds out what came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// The dispense.
    pub hold: TransactionId,
    /// Whose money it was.
    pub account: AccountId,
    /// The terminal that reports.
    pub terminal: TerminalId,
    /// The account's currency.
    pub currency: Currency,
    /// How much is recorded as paid out, zero or more.
    pub booked: Minor,
    /// How much the terminal says was paid out, zero or more.
    pub reported: Minor,
    /// Since when; a later report that says something else again changes what is reported alone.
    pub since: Timestamp,
    /// What an operator found, once one did.
    pub finding: Option<Finding>,
}

/// What an operator found out about a disputed dispense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// How much was paid out, zero or more.
    pub paid: Minor,
    /// The adjustment that made the books agree with that, where they did not.
    pub adjustment: Option<TransactionId>,
}
