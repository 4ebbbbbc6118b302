//! Accounts: their names, kinds and state.

mod id;
mod limits;
mod status;

use crate::auth::SecretHash;
use crate::money::{Currency, Minor};
use crate::operator::Note;
use crate::session::Lease;

pub use id::{ACCOUNT_ID_BYTES_MAX, AccountId, NotATerminalId, NotAnAccountId, TerminalId};
pub use limits::{Limits, Usage};
pub use status::{AccountChange, CHANGES_SHOWN_MAX, Changed, Direction, FREEZES_MAX, Freeze, Status};

/// Whose account it is, and so where its balance may go.
///
/// Balances are signed from the customer's side: what the bank owes is positive, what it has
/// (cash) is negative. Over all accounts of a currency they sum to zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A customer's: never below zero.
    Customer,
    /// Cash in a terminal or the vault: never above zero, since what is not there can't be paid.
    Cash,
    /// The bank's own funds: never below zero.
    Capital,
    /// Dispenses whose fate is unknown: never below zero.
    Suspect,
    /// Differences found by counting cash.
    OverShort,
    /// Corrections made by operators.
    Adjustments,
}

/// An account as the books hold it.
///
/// The fields that every movement needs are first, in two cache lines, and the secret is last.
#[derive(Debug, Clone, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct Account {
    /// Its name.
    pub id: AccountId,
    /// Whose it is.
    pub kind: Kind,
    /// What it counts in; never changes.
    pub currency: Currency,
    /// Log-in tries charged since the last good one.
    pub tries: u8,
    /// Whether it is in use at all; see [`allows_debits`](Account::allows_debits) too.
    pub status: Status,
    /// Whether its secret was chosen by the bank, and its owner is to choose another before
    /// anything else.
    pub must_change: bool,
    /// Whether nobody could log in to it when it was opened.
    pub opened_without_secret: bool,
    /// The balance.
    pub balance: Minor,
    /// How many entries it has; the newest has this number.
    pub entries: u64,
    /// What its owner took out lately.
    pub usage: Usage,
    /// What few accounts have.
    extra: Option<Box<Extra>>,
    /// Who holds it now, or held it last: see [`Lease::is_live`].
    pub lease: Option<Lease>,
    /// What opens it; `None` where nobody can log in.
    pub secret: Option<SecretHash>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Extra {
    limits: Limits,
    /// The minimum balance that it was opened with.
    opening_minimum: Minor,
    held: Minor,
    holds: u32,
    freezes: Vec<Freeze>,
    /// The number of the latest freeze.
    frozen: u32,
    changes: Vec<Changed>,
}

impl Extra {
    fn freeze(&mut self, number: u32, direction: Direction, note: &Note) {
        self.frozen = self.frozen.max(number);
        self.freezes.push(Freeze { number, direction, note: note.clone() });
    }
}

impl Account {
    /// A new account, at zero.
    #[must_use]
    pub fn new(id: AccountId, kind: Kind, currency: Currency, secret: Option<SecretHash>) -> Account {
        Account {
            id,
            kind,
            currency,
            secret,
            tries: 0,
            status: Status::Open,
            must_change: false,
            opened_without_secret: secret.is_none(),
            balance: Minor::ZERO,
            entries: 0,
            usage: Usage::default(),
            extra: None,
            lease: None,
        }
    }

    /// The same with the minimum balance that it is opened with.
    #[must_use]
    pub fn opened_with_minimum(mut self, minimum_balance: Minor) -> Account {
        self.change(|extra| {
            extra.limits.minimum_balance = minimum_balance;
            extra.opening_minimum = minimum_balance;
        });
        self
    }

    /// The minimum balance that it was opened with.
    #[must_use]
    pub fn opening_minimum(&self) -> Minor {
        self.extra.as_ref().map(|extra| extra.opening_minimum).unwrap_or_default()
    }

    /// Its limits.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.extra.as_ref().map(|extra| extra.limits).unwrap_or_default()
    }

    /// The sum of its open holds, zero or more. For cash it is what may have to be paid out.
    #[must_use]
    pub fn held(&self) -> Minor {
        self.extra.as_ref().map(|extra| extra.held).unwrap_or_default()
    }

    /// How many open holds it has.
    #[must_use]
    pub fn holds(&self) -> u32 {
        self.extra.as_ref().map(|extra| extra.holds).unwrap_or_default()
    }

    /// Its freezes, in the order in which they were made.
    #[must_use]
    pub fn freezes(&self) -> &[Freeze] {
        self.extra.as_ref().map(|extra| extra.freezes.as_slice()).unwrap_or_default()
    }

    /// The number of its latest freeze, zero before the first one.
    #[must_use]
    pub fn latest_freeze(&self) -> u32 {
        self.extra.as_ref().map_or(0, |extra| extra.frozen)
    }

    /// What operators changed about it, the latest [`CHANGES_SHOWN_MAX`], oldest first.
    #[must_use]
    pub fn changes(&self) -> &[Changed] {
        self.extra.as_ref().map(|extra| extra.changes.as_slice()).unwrap_or_default()
    }

    /// Whether money may leave.
    #[must_use]
    pub fn allows_debits(&self) -> bool {
        self.status == Status::Open && !self.freezes().iter().any(|freeze| freeze.direction.stops_debits())
    }

    /// Whether money may come in.
    #[must_use]
    pub fn allows_credits(&self) -> bool {
        self.status == Status::Open && !self.freezes().iter().any(|freeze| freeze.direction.stops_credits())
    }

    /// What is in the account but can't be moved: held, less what may be overdrawn.
    #[must_use]
    pub fn unavailable(&self) -> Minor {
        self.extra
            .as_ref()
            .map_or(Minor::ZERO, |extra| Minor(extra.held.0.saturating_add(extra.limits.minimum_balance.0)))
    }

    /// What can be moved: the balance, less holds, down to the minimum balance.
    #[must_use]
    pub fn available(&self) -> Minor {
        Minor(self.balance.0.saturating_sub(self.unavailable().0))
    }

    /// Whether the account may have this balance.
    #[must_use]
    pub fn allows_balance(&self, balance: Minor) -> bool {
        match self.kind {
            Kind::Customer => balance >= self.unavailable(),
            Kind::Capital | Kind::Suspect => balance >= Minor::ZERO,
            // Cash is below zero, and what is promised of it stays there.
            Kind::Cash => balance.0.saturating_add(self.held().0) <= 0,
            Kind::OverShort | Kind::Adjustments => true,
        }
    }

    /// The same account with other limits, freezes (and the number of the latest one that it ever
    /// had), and changes, for stores that kept them in another form than facts.
    #[must_use]
    pub fn with(
        mut self,
        limits: Limits,
        (freezes, latest): (Vec<Freeze>, u32),
        changes: Vec<Changed>,
    ) -> Account {
        self.change(|extra| {
            (extra.limits, extra.freezes, extra.frozen, extra.changes) = (limits, freezes, latest, changes);
        });
        self
    }

    pub(crate) fn changed(&mut self, change: AccountChange, note: &Note) {
        match change {
            AccountChange::Closed => self.status = Status::Closed,
            AccountChange::Reopened => self.status = Status::Open,
            AccountChange::StatusReplaced { closed, .. } => {
                self.status = if closed { Status::Closed } else { Status::Open };
            }
            _ => {}
        }
        self.change(|extra| {
            match change {
                AccountChange::Frozen { freeze, direction } => extra.freeze(freeze, direction, note),
                AccountChange::Thawed { freeze: None } => extra.freezes.clear(),
                AccountChange::Thawed { freeze: Some(number) } => {
                    extra.freezes.retain(|freeze| freeze.number != number);
                }
                AccountChange::Limits(limits) => extra.limits = limits,
                AccountChange::StatusReplaced { frozen, .. } => {
                    extra.freezes.clear();
                    if let Some(direction) = frozen {
                        extra.freeze(extra.frozen.saturating_add(1), direction, note);
                    }
                }
                _ => {}
            }
            if extra.changes.len() >= CHANGES_SHOWN_MAX {
                extra.changes.remove(0);
            }
            extra.changes.push(Changed { change, note: note.clone() });
        });
    }

    pub(crate) fn hold(&mut self, amount: Minor) {
        self.change(|extra| {
            extra.held = Minor(extra.held.0.saturating_add(amount.0));
            extra.holds = extra.holds.saturating_add(1);
        });
    }

    pub(crate) fn release(&mut self, amount: Minor) {
        self.release_many(amount, 1);
    }

    pub(crate) fn release_many(&mut self, amount: Minor, holds: u32) {
        self.change(|extra| {
            extra.held = Minor(extra.held.0.saturating_sub(amount.0));
            extra.holds = extra.holds.saturating_sub(holds);
        });
    }

    fn change(&mut self, change: impl FnOnce(&mut Extra)) {
        let mut extra = self.extra.take().unwrap_or_default();
        change(&mut extra);
        self.extra = (*extra != Extra::default()).then_some(extra);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_movement_needs_is_in_two_cache_lines() {
        assert_eq!(std::mem::offset_of!(Account, secret), 128);
    }
}
