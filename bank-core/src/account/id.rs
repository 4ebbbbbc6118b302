//! The names of accounts and terminals.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::money::Currency;

/// The longest account name in bytes: an IBAN fits (ISO 13616, at most 34 characters).
pub const ACCOUNT_ID_BYTES_MAX: usize = 34;

/// An account's name: 1 to 34 ASCII letters, digits and `-_.:@+/`, as in `ac-12345`.
///
/// Names are compared byte for byte. The bank's own accounts ([`Kind::Cash`](crate::account::Kind::Cash), [`Kind::Capital`](crate::account::Kind::Capital))
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

/// Not an account's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an account name; use 1 to 34 letters, digits and -_.:@+/")]
pub struct NotAnAccountId;

/// A terminal's name: as an account's, at most 29 bytes, since its cash account adds a currency.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TerminalId(AccountId);

impl TerminalId {
    /// The longest name in bytes.
    pub const BYTES_MAX: usize = ACCOUNT_ID_BYTES_MAX - "$:USD".len();

    /// The cash that is in no machine: where opening balances are paid in, and what callers
    /// without a terminal of their own use.
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

crate::text::from_text!(AccountId, TerminalId);

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
