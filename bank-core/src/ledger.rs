//! The bank's rules: one pure function, [`decide`].
//!
//! A [`Command`] asks; the [`Decision`] is its answer and the [`Fact`]s to record. Rules live here
//! and nowhere else: not in servers, stores or clients. Each command is judged in the same order:
//! is the session the account's holder, is the transaction already known, then the rules of its
//! kind in the order in which [`Decline`] lists them.
//!
//! Time alone makes things happen too: before a store decides anything at an instant, it records
//! what [`elapsed`] by then.

mod access;
mod asked;
mod cash;
mod command;
mod correction;
mod decline;
mod details;
mod dispute;
mod enquiry;
mod fact;
mod group;
mod hold;
mod limits;
mod movement;
mod operation;
mod reason;
mod response;
mod settle;
mod terminal;
mod transaction;

use crate::account::{Account, AccountId, TerminalId};
use crate::auth::SecretHash;
use crate::dates::ClockStatus;
use crate::hold::{Dispute, Hold, Release};
use crate::money::Currency;
use crate::policy::Policy;
use crate::session::SessionEnd;
use crate::terminal::Terminal;
use crate::time::Timestamp;

pub use asked::{AskedPurpose, By, Cash, HoldsQuery, Item, Rest, Span, Step, Way};
pub use cash::CashCount;
pub use command::Command;
pub use decline::{Decline, Field, NotesFault};
pub use details::{AccountDetails, ListedChange, ListedFreeze};
pub use enquiry::{
    Balance, Entry, LISTED_MAX, ListedAccount, ListedAccounts, ListedHold, ListedHolds, ListedTerminal,
    ListedTerminals, Page, STATEMENT_ENTRIES_DEFAULT, STATEMENT_ENTRIES_MAX,
};
pub use fact::Fact;
pub use group::GROUP_ITEMS_MAX;
pub use hold::{Authorisation, HOLDS_OPEN_MAX, HoldState, Settlement};
pub use limits::{AskedLimits, LimitsChange};
pub use settle::elapsed;
pub use transaction::{
    Leg, MEMO_CHARS_MAX, Memo, MovedNotes, NotAMemo, NotATransactionId, Origin, Receipt, Transaction,
    TransactionId, TransactionKind,
};

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

/// The state that a command is decided on, as a store sees it at that instant.
pub trait View {
    /// Why the store could not read its state. It ends the command without a decision.
    type Error;

    /// The bank's settings.
    fn policy(&self) -> &Policy;

    /// How the store's dates stand to its wall clock.
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
    /// Check the secret against this hash, or a decoy where there is none. Where it is an
    /// account's, a try was charged.
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
    /// What an account stands at.
    Balance(Balance),
    /// A page of entries.
    Statement(Box<Page>),
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
    Accounts(ListedAccounts),
    /// Sessions are over whose time was over.
    SessionsEnded(Vec<SessionEnd>),
    /// Open holds.
    Holds(ListedHolds),
    /// Terminals.
    Terminals(ListedTerminals),
}

/// Judges `command` on the state in `view` at the instant `now`, which never runs backwards
/// between the decisions of one store. Pure: the same arguments give the same decision.
///
/// An error is the view's: the state could not be read, nothing was decided.
pub fn decide<V: View>(view: &V, command: &Command, now: Timestamp) -> Result<Decision, V::Error> {
    if command.reason().is_some_and(Memo::is_blank) {
        return Ok(Decision { outcome: Err(Decline::ReasonNeeded), facts: Vec::new() });
    }
    let decision = match command {
        Command::Move { account, session, transaction, amount, way } => {
            movement::decide(view, (*account, *session), *transaction, *amount, way, now)
        }
        Command::ChargeTry { account } => access::charge_try(view, *account),
        Command::LogIn { account, session, proof } => {
            access::log_in(view, *account, *session, proof.as_ref(), now)
        }
        Command::ChangeSecret { account, session, proof, secret } => {
            access::change_secret(view, (*account, *session), proof.as_ref(), secret, now)
        }
        Command::LogOut { account, session } => access::log_out(view, *account, *session),
        Command::AskKey { terminal } => access::ask_key(view, terminal),
        Command::EnterTerminal { terminal, proof } => access::enter_terminal(view, terminal, proof.as_ref()),
        Command::Balance { account, by, at } => enquiry::balance(view, (*account, *by), *at, now),
        Command::Statement { account, by, span } => enquiry::statement(view, (*account, *by), *span, now),
        Command::Account { account } => enquiry::account(view, account, now),
        Command::Accounts { first, limit } => enquiry::accounts(view, *first, *limit, now),
        Command::Holds(query) => enquiry::holds(view, query),
        Command::PassTime => access::end_sessions(view, now),
        Command::Terminals { after, limit } => enquiry::terminals(view, after.as_ref(), *limit),
        Command::Group { by, items, dry_run, operator } => {
            group::decide(view, *by, items, *dry_run, operator.as_ref(), now)
        }
        Command::Authorise { account, session, hold, amount, purpose } => {
            hold::authorise(view, (*account, *session), *hold, *amount, purpose, now)
        }
        Command::Proceed { hold, by, step } => settle::proceed(view, *hold, *by, step, now),
        Command::Resolve { hold, step, adjustment, by, reason } => {
            let note = operation::note(by, reason, now);
            match view.dispute(*hold) {
                Ok(Some(dispute)) => dispute::resolve(view, dispute, step, *adjustment, note),
                Ok(None) => settle::resolve(view, *hold, step, note, now),
                Err(error) => Err(Halt::Unreadable(error)),
            }
        }
        Command::Open { account, currency, secret, must_change, balance, transaction, by } => {
            let new = operation::New {
                account: *account,
                currency: *currency,
                secret: *secret,
                must_change: *must_change,
                by: by.as_ref().map(|by| by.noted(now)),
            };
            operation::open(view, new, *balance, *transaction, now)
        }
        Command::SetStatus { account, status, by, reason } => {
            operation::set_status(view, *account, *status, operation::note(by, reason, now))
        }
        Command::SetLimits { account, limits, by, reason } => {
            operation::set_limits(view, *account, limits, operation::note(by, reason, now))
        }
        Command::Freeze { account, direction, by, reason } => {
            operation::freeze(view, *account, *direction, operation::note(by, reason, now))
        }
        Command::Thaw { account, freeze, by, reason } => {
            operation::thaw(view, *account, *freeze, operation::note(by, reason, now))
        }
        Command::SetSecret { account, secret, by, reason } => {
            operation::set_secret(view, *account, secret, operation::note(by, reason, now))
        }
        Command::Unlock { account, by, reason } => {
            operation::unlock(view, *account, operation::note(by, reason, now))
        }
        Command::EndSession { account, by, reason } => {
            operation::end_session(view, *account, operation::note(by, reason, now))
        }
        Command::AddTerminal { terminal, currency, key, by } => {
            terminal::add(view, terminal, (*currency, *key), by.as_ref(), now)
        }
        Command::ChangeKey { terminal, key, by, reason } => {
            terminal::change_key(view, terminal, *key, operation::note(by, reason, now))
        }
        Command::SetTerminal { terminal, enabled, by, reason } => {
            terminal::set(view, terminal, *enabled, operation::note(by, reason, now))
        }
        Command::Through { access, command } => match terminal::has_access(view, access) {
            Ok(()) => return decide(view, command, now),
            Err(halt) => Err(halt),
        },
        Command::Reverse { original, amount, transaction, by, reason } => {
            correction::reverse(view, *original, *amount, *transaction, (by, reason), now)
        }
        Command::Adjust { account, amount, transaction, by, reason } => {
            correction::adjust(view, *account, *amount, *transaction, (by, reason), now)
        }
        Command::Load { terminal, cash, transaction, by } => {
            cash::load(view, terminal, cash, *transaction, by.as_ref(), now)
        }
        Command::Unload { terminal, cash, transaction, by, reason } => {
            cash::unload(view, terminal, cash, *transaction, (by, reason), now)
        }
        Command::Count { terminal, counted, bin, close } => {
            cash::count(view, terminal, (counted, bin), close.as_ref(), now)
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

/// The decision on what was asked in a session: a decline leaves nothing behind but that the session
/// was used.
fn decided<E>(
    made: Result<Outcome, Halt<E>>,
    mut facts: Vec<Fact>,
    used: Option<Fact>,
) -> Result<Decision, Halt<E>> {
    let outcome = match made {
        Ok(outcome) => Ok(outcome),
        Err(Halt::Declined(decline)) => {
            facts.clear();
            Err(decline)
        }
        Err(unreadable) => return Err(unreadable),
    };
    facts.extend(used);
    Ok(Decision { outcome, facts })
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

/// An account that an operator named.
fn existing<'v, V: View>(view: &'v V, account: &AccountId) -> Result<&'v Account, Halt<V::Error>> {
    find(view, account)?.ok_or(Halt::Declined(Decline::NoSuchAccount))
}
