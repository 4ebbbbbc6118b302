//! The request that opens an account.

use std::fmt::Display;

use super::By;
use super::value::{Given, given, optional};
use crate::account::AccountId;
use crate::auth::{Secret, SecretHash};
use crate::error::Error;
use crate::ledger::{AccountOpening, Decline, MinimumBalance, TransactionId};
use crate::money::{Amount, CurrencyCode};
use crate::policy::Policy;

/// An account to be opened.
#[derive(Debug, Clone)]
pub struct NewAccount {
    account: Given<AccountId>,
    currency: Given<CurrencyCode>,
    login: Login,
    must_change: bool,
    minimum_balance: Option<Given<MinimumBalance>>,
    balance: Option<(Given<TransactionId>, Given<Amount>)>,
    by: Option<By>,
}

/// What opens the account to its owner.
#[derive(Debug, Clone)]
pub(in crate::bank) enum Login {
    /// Nothing.
    Nobody,
    /// A secret that is still to be hashed.
    Secret(Secret),
    /// A secret that was hashed elsewhere.
    Hash(SecretHash),
}

impl NewAccount {
    /// An account of this name and currency (of ISO 4217, or a unit of the bank's own), at zero, that may not go below zero and that nobody can log
    /// in to.
    pub fn new(
        account: impl TryInto<AccountId, Error: Display>,
        currency: impl TryInto<CurrencyCode, Error: Display>,
    ) -> NewAccount {
        NewAccount {
            account: given("account", account),
            currency: given("currency", currency),
            login: Login::Nobody,
            must_change: false,
            minimum_balance: None,
            balance: None,
            by: None,
        }
    }

    /// Lets its owner log in with a PIN of 4 to 12 digits, or a password of 8 to 64 characters. One that
    /// is easy to guess is declined with [`WeakSecret`](crate::ledger::Decline::WeakSecret).
    #[must_use]
    pub fn secret(mut self, secret: impl Into<Secret>) -> NewAccount {
        self.login = Login::Secret(secret.into());
        self
    }

    /// Lets its owner log in with a secret that was hashed elsewhere, or by
    /// [`Bank::hash`](crate::bank::Bank::hash).
    #[must_use]
    pub fn secret_hash(mut self, hash: SecretHash) -> NewAccount {
        self.login = Login::Hash(hash);
        self
    }

    /// Has its owner choose another secret before anything else.
    #[must_use]
    pub fn must_change_secret(mut self) -> NewAccount {
        self.must_change = true;
        self
    }

    /// Lets its balance go down to `minimum`, zero or less.
    #[must_use]
    pub fn minimum_balance(mut self, minimum: impl TryInto<Amount, Error: Display>) -> NewAccount {
        self.minimum_balance = Some(given("minimum_balance", minimum).map(MinimumBalance::Amount));
        self
    }

    /// Lets its balance go as low as the books can hold: for where money comes from, such as a card
    /// processor.
    #[must_use]
    pub fn without_minimum(mut self) -> NewAccount {
        self.minimum_balance = Some(Ok(MinimumBalance::Unlimited));
        self
    }

    /// Pays cash into it, which the vault then has. Keep `id`: asking again with it pays nothing twice.
    #[must_use]
    pub fn opening_balance(
        mut self,
        id: impl TryInto<TransactionId, Error: Display>,
        amount: impl TryInto<Amount, Error: Display>,
    ) -> NewAccount {
        self.balance = Some((given("id", id), given("opening_balance", amount)));
        self
    }

    /// Which operator opens it, and why: kept with the account.
    #[must_use]
    pub fn by(mut self, by: impl Into<By>) -> NewAccount {
        self.by = Some(by.into());
        self
    }

    pub(in crate::bank) fn opening(self, policy: &Policy) -> Result<(AccountOpening, Login), Error> {
        let account = self.account?;
        let currency = policy.currency_of(self.currency?).ok_or(Decline::NoSuchCurrency)?;
        let balance = match self.balance {
            Some((id, amount)) => Some((id?, amount?)),
            None => None,
        };
        let new = AccountOpening {
            must_change: self.must_change,
            minimum_balance: optional(self.minimum_balance)?,
            balance,
            instruction: self.by.map(By::instruction).transpose()?,
            ..AccountOpening::new(account, currency)
        };
        Ok((new, self.login))
    }
}
