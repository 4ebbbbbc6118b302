//! The decision on a command: its answer, and the facts to record.

use crate::auth::SecretHash;
use crate::ledger::{
    AccountDetails, AccountPage, Authorisation, Balance, CashCount, Decline, Fact, HoldPage, Receipt,
    Settlement, Statement, TerminalPage,
};
use crate::money::Currency;
use crate::session::SessionEnd;

impl Decision {
    pub(super) fn accepted(outcome: Outcome, facts: Vec<Fact>) -> Decision {
        Decision { outcome: Ok(outcome), facts }
    }
}

/// What a command answers. A decline is an answer too.
pub type Answer = Result<Outcome, Decline>;

/// What a command led to.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The answer.
    pub outcome: Answer,
    /// What to record, in order, before answering. A decline may carry facts: a wrong PIN locks.
    pub facts: Vec<Fact>,
}

/// What an accepted command answers.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Outcome {
    /// Done; the outcome has no values.
    Done,
    /// An account is open.
    Opened {
        /// What was paid in with it, if something was.
        receipt: Option<Receipt>,
        /// Whether it was opened just so before.
        replayed: bool,
    },
    /// Check the secret against this hash, or a decoy where there is none.
    Charged {
        /// The hash, `None` where there is no such account or terminal.
        secret: Option<SecretHash>,
    },
    /// The session holds the account from now on.
    LoggedIn {
        /// What the account counts in.
        currency: Currency,
        /// Whether the secret has to be changed before anything else.
        must_change: bool,
    },
    /// An account's balance.
    Balance(Balance),
    /// A page of entries.
    Statement(Box<Statement>),
    /// Money moved.
    Receipt(Receipt),
    /// Money moved several times, or would.
    Receipts(Vec<Receipt>),
    /// Money is set aside.
    Authorised(Box<Authorisation>),
    /// A hold got further.
    Settled(Box<Settlement>),
    /// What counting a terminal's cash found.
    Counted(Box<CashCount>),
    /// An account is frozen.
    Frozen {
        /// The number of the freeze.
        freeze: u32,
    },
    /// All about an account.
    Account(Box<AccountDetails>),
    /// Accounts.
    Accounts(AccountPage),
    /// Sessions are over whose time was over.
    SessionsEnded(Vec<SessionEnd>),
    /// Open holds.
    Holds(HoldPage),
    /// Terminals.
    Terminals(TerminalPage),
}

/// Why a decision ended early: declined without facts, or the view could not be read.
pub(super) enum DecideError<E> {
    Declined(Decline),
    Unreadable(E),
}

impl<E> From<Decline> for DecideError<E> {
    fn from(decline: Decline) -> Self {
        DecideError::Declined(decline)
    }
}

/// The decision on what was asked in a session: a decline leaves nothing behind but that the session
/// was used.
pub(super) fn decided<E>(
    made: Result<Outcome, DecideError<E>>,
    mut facts: Vec<Fact>,
    used: Option<Fact>,
) -> Result<Decision, DecideError<E>> {
    let outcome = match made {
        Ok(outcome) => Ok(outcome),
        Err(DecideError::Declined(decline)) => {
            facts.clear();
            Err(decline)
        }
        Err(unreadable) => return Err(unreadable),
    };
    facts.extend(used);
    Ok(Decision { outcome, facts })
}
