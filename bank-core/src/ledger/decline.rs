//! Refusals, with their codes.

use std::fmt;

use crate::money::Amount;

/// Why the bank refused. An answer, not an error; its [`code`](Decline::code) never changes its
/// meaning. Where several apply, the first in this order is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Decline {
    /// The account is unknown or the secret is wrong; which of them is not told.
    #[error("account or PIN is wrong")]
    BadCredentials,
    /// Too many wrong tries; only an operator can unlock the account.
    #[error("the account is locked after too many wrong tries; ask the bank to unlock it")]
    Locked,
    /// Another session holds the account. Told only to those who know the secret.
    #[error("the account is in use at another terminal; try again when that session is over")]
    AccountInUse,
    /// The session is over: idle or open for too long, or ended by the bank.
    #[error("the session is over; log in again")]
    SessionExpired,
    /// The new secret is neither a PIN nor a password.
    #[error("the new secret is too weak; use a PIN of 4 to 12 digits or a password of 8 to 64 characters")]
    WeakSecret,
    /// The id was used before, with other content.
    #[error("this transaction id was used before with another {field}; use a new id for a new transaction")]
    IdReused {
        /// What differs.
        field: Field,
    },
    /// Not more than zero, or with more decimals than the currency has.
    #[error(
        "not an amount that can be moved; it must be above zero, with no more decimals than the currency has"
    )]
    BadAmount,
    /// Payer and payee are one.
    #[error("payer and payee are the same account")]
    SameAccount,
    /// Nobody has the payee's name.
    #[error("no account has the payee's name")]
    NoSuchPayee,
    /// Payer and payee count in different currencies.
    #[error("the payee's account is in another currency")]
    OtherCurrency,
    /// An operator forbade movement on one of the accounts.
    #[error("the account is frozen; ask the bank")]
    Frozen,
    /// More than the account has.
    #[error("not enough money; {available} is available")]
    InsufficientFunds {
        /// What could be moved.
        available: Amount,
    },
    /// The terminal does not hold that much cash.
    #[error("the terminal is out of cash; try another one or a smaller amount")]
    OutOfCash,
    /// A balance would pass what the books can hold, 2⁶³ − 1 minor units.
    #[error("the balance would pass the largest amount that the bank can hold")]
    LimitPassed,
    /// An operator opened an account whose name is taken.
    #[error("the account exists already; choose another name")]
    AccountExists,
    /// An operator named an account that is not there.
    #[error("no account has this name")]
    NoSuchAccount,
}

impl Decline {
    /// The numeric code, as on the wire. 1000s are told to terminals, 2000s to operators.
    #[must_use]
    pub fn code(&self) -> u16 {
        match self {
            Decline::BadCredentials => 1101,
            Decline::Locked => 1102,
            Decline::AccountInUse => 1103,
            Decline::SessionExpired => 1106,
            Decline::WeakSecret => 1107,
            Decline::BadAmount => 1201,
            Decline::InsufficientFunds { .. } => 1202,
            Decline::LimitPassed => 1203,
            Decline::OtherCurrency => 1204,
            Decline::NoSuchPayee => 1205,
            Decline::Frozen => 1206,
            Decline::SameAccount => 1207,
            Decline::OutOfCash => 1208,
            Decline::IdReused { .. } => 1301,
            Decline::AccountExists => 2001,
            Decline::NoSuchAccount => 2002,
        }
    }
}

/// The part of a transaction that differs from what its id was first used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Field {
    /// Whose transaction it was.
    Account,
    /// Deposit, withdrawal or transfer.
    Kind,
    /// How much.
    Amount,
    /// To whom.
    To,
    /// The memo.
    Memo,
}

impl Field {
    /// The field's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Field::Account => "account",
            Field::Kind => "kind",
            Field::Amount => "amount",
            Field::To => "to",
            Field::Memo => "memo",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Field::To => "payee",
            other => other.name(),
        })
    }
}
