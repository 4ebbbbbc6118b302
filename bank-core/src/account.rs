//! Accounts: their names, kinds and state.

mod limits;
mod status;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::auth::SecretHash;
use crate::money::{Currency, Minor};
use crate::operator::Note;
use crate::session::Lease;

pub use limits::{Limits, Usage};
pub use status::{AccountChange, CHANGES_SHOWN_MAX, Changed, Direction, FREEZES_MAX, Freeze, Status};

/// The longest account name in bytes: an IBAN fits (ISO 13616, at most 34 characters).
pub const ACCOUNT_ID_BYTES_MAX: usize = 34;

/// An account's name: 1 to 34 ASCII letters, digits and `-_.:@+/`, as in `ac-12345`.
///
/// Names are compared byte for byte. The bank's own accounts ([`Kind::Cash`], [`Kind::Capital`])
/// begin with `$`, which text from outside never parses to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccountId {
    /// Zeros follow the name, so bytes compare as text does.
    bytes: [u8; ACCOUNT_ID_BYTES_MAX],
    length: u8,
}

impl AccountId {
    /// The cash account of a terminal in a currency, such as `$lobby:USD`.
    #[must_use]
    pub fn cash(terminal: &TerminalId, currency: Currency) -> AccountId {
        AccountId::own(terminal.as_str(), currency)
    }

    /// The bank's own funds in a currency: whose cash is loaded into terminals.
    #[must_use]
    pub fn capital(currency: Currency) -> AccountId {
        AccountId::own("$", currency)
    }

    /// Money that left a customer's account for a dispense of which nobody knows yet whether the
    /// cash came out.
    #[must_use]
    pub fn suspect(currency: Currency) -> AccountId {
        AccountId::own("$suspect", currency)
    }

    /// What counting terminals found missing (below zero) or too much.
    #[must_use]
    pub fn over_short(currency: Currency) -> AccountId {
        AccountId::own("$over-short", currency)
    }

    /// What operators gave to customers (below zero) or took from them.
    #[must_use]
    pub fn adjustments(currency: Currency) -> AccountId {
        AccountId::own("$adjustments", currency)
    }

    pub(crate) fn is_over_short(&self) -> bool {
        self.as_str().starts_with("$$over-short:")
    }

    /// A name out of a store's own record, where the bank's own accounts are named too.
    #[must_use]
    pub fn from_recorded(text: &str) -> Option<AccountId> {
        match text.strip_prefix('$') {
            Some(own) if text.len() <= ACCOUNT_ID_BYTES_MAX && own.bytes().all(|b| b.is_ascii_graphic()) => {
                Some(AccountId::truncated(text.bytes()))
            }
            Some(_) => None,
            None => text.parse().ok(),
        }
    }

    /// What an account is called in messages that is known by a number alone.
    pub(crate) fn nameless(number: u32) -> AccountId {
        AccountId::truncated(format!("#{number}").bytes())
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let name = self.bytes.get(..usize::from(self.length)).unwrap_or_default();
        std::str::from_utf8(name).unwrap_or_default()
    }

    /// Whether the account is the bank's own, which nobody can log in to or pay.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.bytes.first() == Some(&b'$')
    }

    fn own(name: &str, currency: Currency) -> AccountId {
        AccountId::truncated(["$", name, ":", currency.code()].iter().flat_map(|part| part.bytes()))
    }

    fn truncated(text: impl Iterator<Item = u8>) -> AccountId {
        let mut id = AccountId { bytes: [0; ACCOUNT_ID_BYTES_MAX], length: 0 };
        for (place, byte) in id.bytes.iter_mut().zip(text) {
            *place = byte;
            id.length += 1;
        }
        id
    }
}

/// Not an account's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an account name; use 1 to 34 letters, digits and -_.:@+/")]
pub struct NotAnAccountId;

impl FromStr for AccountId {
    type Err = NotAnAccountId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_.:@+/".contains(&b);
        let fits = (1..=ACCOUNT_ID_BYTES_MAX).contains(&text.len());
        if fits && text.bytes().all(allowed) {
            Ok(AccountId::truncated(text.bytes()))
        } else {
            Err(NotAnAccountId)
        }
    }
}

impl Hash for AccountId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(&self.bytes);
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl Serialize for AccountId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for AccountId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::deserialize(deserializer, "an account name")
    }
}

/// A terminal's name: as an account's, at most 29 bytes, since its cash account adds a currency.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TerminalId(AccountId);

impl TerminalId {
    /// The longest name in bytes.
    pub const BYTES_MAX: usize = ACCOUNT_ID_BYTES_MAX - "$:USD".len();

    /// The cash that is in no machine: where opening balances are paid in, and what callers
    /// without a terminal of their own stand at.
    #[must_use]
    pub fn vault() -> TerminalId {
        TerminalId(AccountId::truncated(b"vault".iter().copied()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl Serialize for TerminalId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for TerminalId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::deserialize(deserializer, "a terminal's name")
    }
}

impl FromStr for TerminalId {
    type Err = NotATerminalId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name: AccountId = text.parse().map_err(|_| NotATerminalId)?;
        if text.len() <= TerminalId::BYTES_MAX { Ok(TerminalId(name)) } else { Err(NotATerminalId) }
    }
}

impl fmt::Display for TerminalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for TerminalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Not a terminal's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a terminal name; use 1 to 29 letters, digits and -_.:@+/")]
pub struct NotATerminalId;

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
/// What every movement needs stands first, in two cache lines, and the secret last.
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
    /// What it stands at.
    pub balance: Minor,
    /// How many entries it has; the newest has this number.
    pub entries: u64,
    /// What its owner took out lately.
    pub usage: Usage,
    /// What few accounts have.
    extra: Option<Box<Extra>>,
    /// Who holds it now, or held it last: see [`Lease::is_live`].
    pub lease: Option<Lease>,
    /// What opens it; `None` for the bank's own accounts, which nothing opens.
    pub secret: Option<SecretHash>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Extra {
    limits: Limits,
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
            balance: Minor::ZERO,
            entries: 0,
            usage: Usage::default(),
            extra: None,
            lease: None,
        }
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
    pub fn reserve(&self) -> Minor {
        self.extra
            .as_ref()
            .map_or(Minor::ZERO, |extra| Minor(extra.held.0.saturating_add(extra.limits.floor.0)))
    }

    /// What can be moved: the balance, less holds, down to the floor.
    #[must_use]
    pub fn available(&self) -> Minor {
        Minor(self.balance.0.saturating_sub(self.reserve().0))
    }

    /// Whether the account may stand at `balance`.
    #[must_use]
    pub fn may_stand_at(&self, balance: Minor) -> bool {
        match self.kind {
            Kind::Customer => balance >= self.reserve(),
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
    fn names_from_the_field_parse() {
        for text in
            ["ac-12345", "dhruv", "GB33BUKB20201555555555", "a@b.c", "MT84MALT011000012345MTLCAST001SXX"]
        {
            assert_eq!(text.parse::<AccountId>().unwrap().as_str(), text);
        }
        assert_eq!("x".repeat(34).parse::<AccountId>().unwrap().to_string().len(), 34);
    }

    #[test]
    fn anything_else_is_refused() {
        let too_long = "x".repeat(35);
        for text in ["", " ", "a b", "a,b", "é", "a\n", "\"", "$vault:USD", "a\0", &too_long] {
            assert_eq!(text.parse::<AccountId>(), Err(NotAnAccountId), "{text:?}");
        }
    }

    #[test]
    fn own_accounts_are_apart_from_customers() {
        assert_eq!(AccountId::cash(&TerminalId::vault(), Currency::USD).as_str(), "$vault:USD");
        assert!(AccountId::capital(Currency::USD).is_own());
        let longest: TerminalId = "x".repeat(29).parse().unwrap();
        assert!(AccountId::cash(&longest, Currency::USD).as_str().ends_with("x:USD"));
        assert_eq!("x".repeat(30).parse::<TerminalId>(), Err(NotATerminalId));
        assert_eq!("$".parse::<TerminalId>(), Err(NotATerminalId)); // so no terminal is the capital
    }
}
