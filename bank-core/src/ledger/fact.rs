//! Facts: what happened, as the store records it and replays it.

use crate::account::{AccountChange, AccountId, Kind, TerminalId};
use crate::auth::SecretHash;
use crate::hold::{Dispute, Finding, Hold, Release};
use crate::ledger::{Transaction, TransactionId};
use crate::money::{Currency, Minor};
use crate::notes::Notes;
use crate::operator::Note;
use crate::session::SessionId;
use crate::terminal::TerminalChange;
use crate::time::Timestamp;

/// Something that happened. Replaying all facts in order gives the state; nothing is decided again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fact {
    /// An account was opened, at a zero balance.
    Opened {
        /// Its name.
        account: AccountId,
        /// Whose it is.
        kind: Kind,
        /// What it counts in.
        currency: Currency,
        /// What opens it; nothing opens the bank's own accounts, nor those that nobody logs in to.
        secret: Option<SecretHash>,
        /// The lowest balance that it may have, zero or less.
        minimum_balance: Minor,
        /// Whether the owner is to choose another first of all.
        must_change: bool,
    },
    /// Money moved. What it did to a hold or an original beside, its
    /// [`Origin`](crate::ledger::Origin) says.
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
        /// Whether the owner is to choose another first of all.
        must_change: bool,
    },
    /// An operator changed something about an account. Its new secret, the tries that were
    /// forgotten and the session that ended are facts of their own beside it.
    AccountChanged {
        /// Which account.
        account: AccountId,
        /// What.
        change: AccountChange,
        /// Who did, and why.
        note: Note,
    },
    /// Money was set aside.
    HoldPlaced(Hold),
    /// A dispense was ordered.
    HoldOrdered {
        /// Which hold.
        hold: TransactionId,
        /// From when on the dispense is suspect.
        expires: Timestamp,
    },
    /// A hold ended without a transaction.
    HoldReleased {
        /// The hold as it was.
        hold: Hold,
        /// How it ended.
        how: Release,
        /// When.
        at: Timestamp,
    },
    /// An operator did what the facts before it say of a hold.
    HoldResolved {
        /// Which hold.
        hold: TransactionId,
        /// Who did, and why.
        note: Note,
    },
    /// A terminal's report contradicts what is recorded about a dispense that is over. A second one
    /// about the same dispense takes the place of the first.
    Disputed(Dispute),
    /// An operator found out what a disputed dispense paid out.
    DisputeResolved {
        /// The dispense.
        hold: TransactionId,
        /// Its currency.
        currency: Currency,
        /// What it paid out. The adjustment is a fact of its own before this one.
        finding: Finding,
        /// Who found it, and why.
        note: Note,
    },
    /// A terminal was added, or has a new key. Who did that, and why, is recorded beside it.
    TerminalKeyed {
        /// Which terminal.
        terminal: TerminalId,
        /// The currency of its notes.
        currency: Currency,
        /// What it proves itself with.
        key: Option<SecretHash>,
    },
    /// An operator changed something about a terminal.
    TerminalChanged {
        /// Which terminal.
        terminal: TerminalId,
        /// What.
        change: TerminalChange,
        /// Who did, and why.
        note: Note,
    },
    /// The notes in a terminal are others.
    NotesChanged {
        /// Which terminal.
        terminal: TerminalId,
        /// What it can pay out with.
        cassettes: Notes,
        /// What it can't.
        reject_bin: Notes,
    },
    /// The cash of a terminal was counted, and the books agree with it from now on.
    TerminalCounted {
        /// Which terminal.
        terminal: TerminalId,
        /// In which currency.
        currency: Currency,
        /// When.
        at: Timestamp,
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
