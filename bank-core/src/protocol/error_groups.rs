//! Errors that several methods share, by when they are checked; the tables of methods name these.

pub(super) use super::Code::*;
use crate::protocol::Code;

/// A request that can't be read.
pub(super) const ANY_METHOD: &[Code] = &[NotARequest, BadParameters];

/// All but `hello` need a `hello` first.
pub(super) const AFTER_HELLO: &[Code] = &[HelloRequired];

/// What needs a session, and is not open to one whose secret has to be changed first.
pub(super) const IN_SESSION: &[Code] =
    &[HelloRequired, NotLoggedIn, BadTerminal, SessionExpired, MustChangeSecret];

/// A payment from one customer to another.
pub(super) const TRANSFER: &[Code] = &[
    IdReused,
    BadAmount,
    SameAccount,
    NoSuchPayee,
    OtherCurrency,
    Frozen,
    Closed,
    TransactionLimit,
    DayAmountLimit,
    DayCountLimit,
    InsufficientFunds,
];

/// Cash paid out to a customer.
pub(super) const CASH_OUT: &[Code] = &[
    IdReused,
    BadAmount,
    TerminalDisabled,
    Frozen,
    Closed,
    TransactionLimit,
    DayAmountLimit,
    DayCountLimit,
    InsufficientFunds,
    OutOfCash,
    NoSuchCurrency,
];

/// A hold that has ended, by how it ended.
pub(super) const OVER: &[Code] = &[HoldCaptured, HoldVoided, HoldExpired];

/// What hashes a secret, of which only so many run at once.
pub(super) const CHECKS_SECRET: &[Code] = &[Overloaded, ShuttingDown, Internal];

/// What reads the store.
pub(super) const READS: &[Code] = &[StorageFailed];

/// What records something.
pub(super) const WRITES: &[Code] = &[StorageFailed, StorageFull];
