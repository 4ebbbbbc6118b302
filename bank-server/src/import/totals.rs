//! The totals of imported accounts, by currency.

use std::collections::BTreeMap;
use std::fmt;

use bank_engine::money::{Currency, Minor};

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

/// All balances of a currency together would pass 2⁶³ − 1 minor units, which is what the vault's
/// own balance can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("all balances together would pass the largest sum that the bank can hold")]
pub struct PastLimit;

impl Totals {
    /// Counts an account. On an error nothing has changed.
    pub fn add(&mut self, currency: Currency, balance: Minor) -> Result<(), PastLimit> {
        let total = self.by_currency.get(&currency).copied().unwrap_or_default();
        let sum = total.sum.checked_add(balance).ok_or(PastLimit)?;
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
    use super::*;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    #[test]
    fn totals_are_reported_by_currency() {
        let mut totals = Totals::default();
        assert_eq!(totals.to_string(), "0 accounts");
        totals.add(currency("USD"), Minor(1234)).unwrap();
        assert_eq!(totals.to_string(), "1 account, 12.34 USD");
        totals.add(currency("USD"), Minor(66)).unwrap();
        totals.add(currency("JPY"), Minor(5)).unwrap();
        assert_eq!(totals.to_string(), "3 accounts, 5 JPY, 13.00 USD");
    }

    #[test]
    fn what_cannot_be_added_changes_nothing() {
        let mut totals = Totals::default();
        totals.add(currency("USD"), Minor(i64::MAX)).unwrap();
        let before = totals.clone();
        assert_eq!(totals.add(currency("USD"), Minor(1)), Err(PastLimit));
        assert_eq!(totals, before);
        totals.add(currency("USD"), Minor(0)).unwrap();
        totals.add(currency("JPY"), Minor(1)).unwrap();
    }
}
