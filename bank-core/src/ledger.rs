//! The bank's rules: one pure function, [`decide`].
//!
//! A [`Command`] asks; the [`Decision`] is its answer and the [`Fact`]s to record. Rules live here
//! and nowhere else: not in servers, stores or clients. Each command is judged in the same order:
//! is the session the account's holder, is the transaction already known, then the rules of its
//! kind in the order in which [`Decline`] lists them.

mod access;
mod decline;
mod enquiry;
mod fact;
mod movement;
mod operation;
mod transaction;

use crate::account::{Account, AccountId, TerminalId};
use crate::auth::{Proof, SecretHash};
use crate::money::{Amount, Currency};
use crate::policy::Policy;
use crate::session::SessionId;
use crate::time::Timestamp;

pub use decline::{Decline, Field};
pub use enquiry::{Balance, Entry, Page, STATEMENT_ENTRIES_DEFAULT, STATEMENT_ENTRIES_MAX};
pub use fact::Fact;
pub use transaction::{
    Leg, MEMO_CHARS_MAX, Memo, NotAMemo, NotATransactionId, Receipt, Transaction, TransactionId,
    TransactionKind,
};

/// What a caller asks of the bank. Data, so that it can be queued, batched and decided anywhere.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Command {
    /// Opens a customer's account; an opening balance is cash paid into the vault.
    Open {
        /// Its name, not yet taken.
        account: AccountId,
        /// What it counts in.
        currency: Currency,
        /// What opens it.
        secret: SecretHash,
        /// What is paid in, zero or more.
        balance: Amount,
        /// The id of that payment, unused where the balance is zero.
        transaction: TransactionId,
    },
    /// Puts cash of the bank's own into a terminal.
    Load {
        /// Which terminal; the vault is one.
        terminal: TerminalId,
        /// Which cash.
        currency: Currency,
        /// How much, more than zero.
        amount: Amount,
        /// The id of this movement.
        transaction: TransactionId,
    },
    /// Forbids or allows all movement on an account.
    Freeze {
        /// Which account.
        account: AccountId,
        /// Whether it is forbidden from now on.
        frozen: bool,
    },
    /// Forgets the charged tries of an account, so that it can be logged in to again.
    Unlock {
        /// Which account.
        account: AccountId,
    },
    /// The first half of every check of a secret: charges a try and answers the hash to check
    /// against. To be durable before the check starts.
    ChargeTry {
        /// Which account; it need not exist.
        account: AccountId,
    },
    /// The second half of a log-in.
    LogIn {
        /// Which account.
        account: AccountId,
        /// The session that is to hold it.
        session: SessionId,
        /// That the secret was right, or `None`.
        proof: Option<Proof>,
    },
    /// The second half of a change of secret.
    ChangeSecret {
        /// Which account.
        account: AccountId,
        /// Its holder.
        session: SessionId,
        /// That the old secret was right, or `None`.
        proof: Option<Proof>,
        /// The new secret.
        secret: SecretHash,
    },
    /// Ends a session; no matter if it is over already.
    LogOut {
        /// Which account.
        account: AccountId,
        /// Its holder.
        session: SessionId,
    },
    /// Asks what an account stands at, or stood at.
    Balance {
        /// Which account.
        account: AccountId,
        /// Its holder.
        session: SessionId,
        /// The instant asked about, everything at that instant included; now where `None`.
        at: Option<Timestamp>,
    },
    /// Asks for a page of an account's entries, newest first.
    Statement {
        /// Which account.
        account: AccountId,
        /// Its holder.
        session: SessionId,
        /// Entries at most, held to 1 to [`STATEMENT_ENTRIES_MAX`].
        limit: usize,
        /// Only entries of a lower number than this.
        before: Option<u64>,
    },
    /// Moves money.
    Move {
        /// Whose account.
        account: AccountId,
        /// Its holder.
        session: SessionId,
        /// The client's id for this movement.
        transaction: TransactionId,
        /// How much, in the account's currency.
        amount: Amount,
        /// Which way.
        way: Way,
    },
}

/// Which way money moves.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Way {
    /// Cash in at a terminal.
    Deposit {
        /// Where.
        terminal: TerminalId,
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

/// The state that a command is decided on, as a store sees it at that instant.
pub trait View {
    /// Why the store could not read its state. It ends the command without a decision.
    type Error;

    /// The bank's settings.
    fn policy(&self) -> &Policy;

    /// An account.
    fn account(&self, id: &AccountId) -> Result<Option<&Account>, Self::Error>;

    /// A recorded transaction.
    fn transaction(&self, id: TransactionId) -> Result<Option<Transaction>, Self::Error>;

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

/// What a command led to.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The answer. A decline is an answer too.
    pub outcome: Result<Outcome, Decline>,
    /// What to record, in order, before answering. A decline may carry facts: a wrong PIN locks.
    pub facts: Vec<Fact>,
}

/// What an accepted command answers.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Outcome {
    /// Done; there is nothing to tell.
    Done,
    /// A try was charged; check the secret against this hash, or a decoy where there is none.
    Charged {
        /// The hash of the account's secret, `None` where there is no such account.
        secret: Option<SecretHash>,
    },
    /// The session holds the account from now on.
    LoggedIn {
        /// What the account counts in.
        currency: Currency,
    },
    /// What an account stands at.
    Balance(Balance),
    /// A page of entries.
    Statement(Page),
    /// Money moved.
    Receipt(Receipt),
}

/// Judges `command` on the state in `view` at the instant `now`, which never runs backwards
/// between the decisions of one store. Pure: the same arguments give the same decision.
///
/// An error is the view's: the state could not be read, nothing was decided.
pub fn decide<V: View>(view: &V, command: &Command, now: Timestamp) -> Result<Decision, V::Error> {
    let decision = match command {
        Command::Open { account, currency, secret, balance, transaction } => {
            operation::open(view, (*account, *currency, *secret), *balance, *transaction, now)
        }
        Command::Load { terminal, currency, amount, transaction } => {
            operation::load(view, terminal, *currency, *amount, *transaction, now)
        }
        Command::Freeze { account, frozen } => operation::freeze(view, *account, *frozen),
        Command::Unlock { account } => operation::unlock(view, *account),
        Command::ChargeTry { account } => access::charge_try(view, *account),
        Command::LogIn { account, session, proof } => {
            access::log_in(view, *account, *session, proof.as_ref(), now)
        }
        Command::ChangeSecret { account, session, proof, secret } => {
            access::change_secret(view, (*account, *session), proof.as_ref(), *secret, now)
        }
        Command::LogOut { account, session } => access::log_out(view, *account, *session),
        Command::Balance { account, session, at } => enquiry::balance(view, (*account, *session), *at, now),
        Command::Statement { account, session, limit, before } => {
            enquiry::statement(view, (*account, *session), *limit, *before, now)
        }
        Command::Move { account, session, transaction, amount, way } => {
            movement::decide(view, (*account, *session), *transaction, *amount, way, now)
        }
    };
    match decision {
        Ok(decision) => Ok(decision),
        Err(Halt::Declined(decline)) => Ok(Decision { outcome: Err(decline), facts: Vec::new() }),
        Err(Halt::Unreadable(error)) => Err(error),
    }
}

impl Decision {
    fn accepted(outcome: Outcome, facts: Vec<Fact>) -> Decision {
        Decision { outcome: Ok(outcome), facts }
    }
}

/// Why a decision ended early: declined without facts, or the view could not be read.
enum Halt<E> {
    Declined(Decline),
    Unreadable(E),
}

impl<E> From<Decline> for Halt<E> {
    fn from(decline: Decline) -> Self {
        Halt::Declined(decline)
    }
}

fn find<'v, V: View>(view: &'v V, id: &AccountId) -> Result<Option<&'v Account>, Halt<V::Error>> {
    view.account(id).map_err(Halt::Unreadable)
}
