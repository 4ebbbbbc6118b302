//! The accounts that a bank opens with, and what they add up to.

use std::collections::BTreeMap;
use std::fmt;

use bank_engine::account::AccountId;
use bank_engine::auth::SecretHash;
use bank_engine::money::{Currency, Minor};

/// An account as it is before the bank opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpeningAccount {
    /// Its name.
    pub account: AccountId,
    /// What it counts in.
    pub currency: Currency,
    /// What opens it.
    pub secret: SecretHash,
    /// What it starts with, zero or more.
    pub balance: Minor,
}

/// Accounts in the order of their names, each name once, with totals that a bank can hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accounts {
    by_name: BTreeMap<AccountId, OpeningAccount>,
    totals: Totals,
}

impl Accounts {
    /// Adds an account. On an error nothing has changed.
    pub fn insert(&mut self, account: OpeningAccount) -> Result<(), NotAdded> {
        if self.contains(&account.account) {
            return Err(NotAdded::Known);
        }
        self.totals.add(account.currency, account.balance)?;
        self.by_name.insert(account.account, account);
        Ok(())
    }

    /// Whether there is an account of this name.
    #[must_use]
    pub fn contains(&self, account: &AccountId) -> bool {
        self.by_name.contains_key(account)
    }

    /// The account of this name.
    #[must_use]
    pub fn find(&self, account: &AccountId) -> Option<&OpeningAccount> {
        self.by_name.get(account)
    }

    /// All accounts, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &OpeningAccount> {
        self.by_name.values()
    }

    /// What they add up to.
    #[must_use]
    pub fn totals(&self) -> &Totals {
        &self.totals
    }
}

/// Why an account could not be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAdded {
    /// The name is taken.
    #[error("there is an account of this name already; choose another name")]
    Known,
    /// All balances of the currency together would pass 2⁶³ − 1 minor units, which is what the
    /// vault's own balance can hold.
    #[error("all balances together would pass the largest sum that the bank can hold")]
    PastLimit,
}

/// Number of accounts and sum of balances, a line a currency in the order of the codes.
///
/// Prints as `7 accounts, 31443.37 USD`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    by_currency: BTreeMap<Currency, Total>,
}

/// The accounts of one currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Total {
    /// How many.
    pub accounts: usize,
    /// All their balances.
    pub sum: Minor,
}

impl Totals {
    /// Counts an account. On an error nothing has changed.
    pub fn add(&mut self, currency: Currency, balance: Minor) -> Result<(), NotAdded> {
        let total = self.by_currency.get(&currency).copied().unwrap_or_default();
        let sum = total.sum.checked_add(balance).ok_or(NotAdded::PastLimit)?;
        self.by_currency.insert(currency, Total { accounts: total.accounts + 1, sum });
        Ok(())
    }

    /// A line a currency.
    pub fn iter(&self) -> impl Iterator<Item = (Currency, Total)> {
        self.by_currency.iter().map(|(currency, total)| (*currency, *total))
    }

    /// Accounts of all currencies.
    #[must_use]
    pub fn accounts(&self) -> usize {
        self.by_currency.values().map(|total| total.accounts).sum()
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let accounts = self.accounts();
        write!(f, "{accounts} account{}", if accounts == 1 { "" } else { "s" })?;
        for (currency, total) in self.iter() {
            write!(f, ", {} {currency}", total.sum.in_currency(currency))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bank_engine::auth::HashCost;

    use super::*;

    fn account(name: &str, currency: &str, balance: i64) -> OpeningAccount {
        OpeningAccount {
            account: name.parse().unwrap(),
            currency: currency.parse().unwrap(),
            secret: SecretHash::decoy(HashCost::LEAST),
            balance: Minor(balance),
        }
    }

    #[test]
    fn totals_are_told_by_currency() {
        let mut accounts = Accounts::default();
        assert_eq!(accounts.totals().to_string(), "0 accounts");
        accounts.insert(account("b", "USD", 1234)).unwrap();
        assert_eq!(accounts.totals().to_string(), "1 account, 12.34 USD");
        accounts.insert(account("a", "USD", 66)).unwrap();
        accounts.insert(account("c", "JPY", 5)).unwrap();
        assert_eq!(accounts.totals().to_string(), "3 accounts, 5 JPY, 13.00 USD");
        let names: Vec<_> = accounts.iter().map(|account| account.account.to_string()).collect();
        assert_eq!(names, ["a", "b", "c"]);
    }

    #[test]
    fn what_cannot_be_added_changes_nothing() {
        let mut accounts = Accounts::default();
        accounts.insert(account("a", "USD", i64::MAX)).unwrap();
        let before = accounts.clone();
        assert_eq!(accounts.insert(account("a", "JPY", 1)), Err(NotAdded::Known));
        assert_eq!(accounts.insert(account("b", "USD", 1)), Err(NotAdded::PastLimit));
        assert_eq!(accounts, before);
        accounts.insert(account("b", "USD", 0)).unwrap();
        accounts.insert(account("c", "JPY", 1)).unwrap();
    }
}
