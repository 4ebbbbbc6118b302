//! The trait through which `decide` reads the state, and the overlay of facts not applied yet.

use crate::account::{Account, AccountId, TerminalId};
use crate::dates::ClockStatus;
use crate::hold::{Dispute, Hold, Release};
use crate::ledger::decision::DecideError;
use crate::ledger::{Decline, Transaction, TransactionId};
use crate::policy::Policy;
use crate::terminal::Terminal;
use crate::time::Timestamp;

impl Recorded {
    /// The id.
    #[must_use]
    pub fn id(&self) -> TransactionId {
        match self {
            Recorded::Transaction(made) => made.id,
            Recorded::Released { hold, .. } => hold.id,
        }
    }
}

/// What has an id in the record, other than open holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recorded {
    /// Money moved.
    Transaction(Transaction),
    /// A hold ended without a transaction.
    Released {
        /// The hold as it was.
        hold: Hold,
        /// How it ended.
        how: Release,
    },
}

/// The state that a command is decided on, as a store sees it at that instant.
pub trait View {
    /// Why the store could not read its state. It ends the command without a decision.
    type Error;

    /// The bank's settings.
    fn policy(&self) -> &Policy;

    /// How far the store's dates are from its wall clock.
    fn clock(&self) -> ClockStatus {
        ClockStatus::default()
    }

    /// An account.
    fn account(&self, id: &AccountId) -> Result<Option<&Account>, Self::Error>;

    /// Accounts in the order in which they were opened, from the one of number `first` on, at most
    /// `limit`.
    fn accounts(&self, first: u32, limit: usize) -> Result<Vec<&Account>, Self::Error>;

    /// An open hold.
    fn hold(&self, id: TransactionId) -> Result<Option<&Hold>, Self::Error>;

    /// Whether an open dispense keeps this id for what it may lead to.
    fn is_follow_up(&self, id: TransactionId) -> Result<bool, Self::Error>;

    /// All open holds, in any order.
    fn holds(&self) -> Result<Vec<&Hold>, Self::Error>;

    /// Open holds whose time is over at `now`, earliest first, at most `limit`.
    fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<&Hold>, Self::Error>;

    /// What a terminal and the record disagree about, or did, by the dispense's id.
    fn dispute(&self, hold: TransactionId) -> Result<Option<&Dispute>, Self::Error>;

    /// All disputes, those that are over too, by their dispenses' ids.
    fn disputes(&self) -> Result<Vec<&Dispute>, Self::Error>;

    /// Accounts in a session's hands, its time over or not, in any order.
    fn sessions(&self) -> Result<Vec<&Account>, Self::Error>;

    /// A terminal.
    fn terminal(&self, id: &TerminalId) -> Result<Option<&Terminal>, Self::Error>;

    /// All terminals, by name.
    fn terminals(&self) -> Result<Vec<&Terminal>, Self::Error>;

    /// Whether a transaction was taken back.
    fn is_reversed(&self, id: TransactionId) -> Result<bool, Self::Error>;

    /// What has this id: a transaction, or a hold that was released.
    fn recorded(&self, id: TransactionId) -> Result<Option<Recorded>, Self::Error>;

    /// The transactions of an account's entries with numbers below `before` (all where `None`),
    /// newest first, at most `limit`.
    fn transactions(
        &self,
        account: &Account,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Transaction>, Self::Error>;

    /// The transaction of an account's newest entry that was made at `at` or earlier.
    fn last_at(&self, account: &Account, at: Timestamp) -> Result<Option<Transaction>, Self::Error>;
}

pub(super) fn find<'v, V: View>(
    view: &'v V,
    id: &AccountId,
) -> Result<Option<&'v Account>, DecideError<V::Error>> {
    view.account(id).map_err(DecideError::Unreadable)
}

/// An account that an operator named.
pub(super) fn existing<'v, V: View>(
    view: &'v V,
    account: &AccountId,
) -> Result<&'v Account, DecideError<V::Error>> {
    find(view, account)?.ok_or(DecideError::Declined(Decline::NoSuchAccount))
}
