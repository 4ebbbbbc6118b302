//! What happened: the ledger's record.

use crate::account::{AccountId, Kind};
use crate::auth::SecretHash;
use crate::ledger::Transaction;
use crate::money::Currency;
use crate::session::SessionId;
use crate::time::Timestamp;

/// Something that happened. Replaying all facts in order gives the state; nothing is decided again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fact {
    /// An account came to be, at a zero balance.
    Opened {
        /// Its name.
        account: AccountId,
        /// Whose it is.
        kind: Kind,
        /// What it counts in.
        currency: Currency,
        /// What opens it; the bank's own accounts have none.
        secret: Option<SecretHash>,
    },
    /// Money moved.
    Posted(Transaction),
    /// A try was charged.
    TryCharged {
        /// To which account.
        account: AccountId,
    },
    /// The charged tries were forgotten.
    TriesCleared {
        /// Of which account.
        account: AccountId,
    },
    /// An account has a new secret.
    SecretChanged {
        /// Which account.
        account: AccountId,
        /// What opens it from now on.
        secret: SecretHash,
    },
    /// Movement was forbidden or allowed.
    FreezeChanged {
        /// On which account.
        account: AccountId,
        /// Whether it is forbidden.
        frozen: bool,
    },
    /// A session took hold of an account.
    LeaseGranted {
        /// Which account.
        account: AccountId,
        /// The holder.
        session: SessionId,
        /// From when.
        at: Timestamp,
    },
    /// The holder did something, so its idle time starts anew.
    LeaseUsed {
        /// Which account.
        account: AccountId,
        /// When.
        at: Timestamp,
    },
    /// Nobody holds the account any more.
    LeaseEnded {
        /// Which account.
        account: AccountId,
    },
}

impl Fact {
    /// Whether the fact outlives the process. Leases do not: the sessions end with it.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        !matches!(self, Fact::LeaseGranted { .. } | Fact::LeaseUsed { .. } | Fact::LeaseEnded { .. })
    }
}
