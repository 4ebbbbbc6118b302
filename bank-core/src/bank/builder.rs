//! Banks in memory, with accounts to start from.

use std::sync::Arc;

use super::{Bank, NewAccount};
use crate::auth::Secret;
use crate::clock::{Clock, SystemClock};
use crate::error::Error;
use crate::ledger::TransactionId;
use crate::policy::Policy;
use crate::store::MemoryStore;

/// Builds a bank that keeps everything in memory, with other settings than the default ones, and
/// accounts; see [`Bank::builder`].
pub struct BankBuilder {
    policy: Policy,
    clock: Arc<dyn Clock>,
    accounts: Vec<(String, Secret, String)>,
}

impl std::fmt::Debug for BankBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BankBuilder").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl Default for BankBuilder {
    fn default() -> Self {
        BankBuilder { policy: Policy::default(), clock: Arc::new(SystemClock), accounts: Vec::new() }
    }
}

impl BankBuilder {
    /// Other settings than the default ones.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Another clock than the machine's.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Opens an account in the policy's currency, with its owner's secret, taken as it is. Mistakes are
    /// reported by [`build`](Self::build).
    #[must_use]
    pub fn account(
        mut self,
        account: impl Into<String>,
        secret: impl Into<Secret>,
        balance: impl Into<String>,
    ) -> Self {
        self.accounts.push((account.into(), secret.into(), balance.into()));
        self
    }

    /// Opens the accounts; each takes as long as hashing its secret.
    pub async fn build(self) -> Result<Bank, Error> {
        let bank = Bank::with_store(Arc::new(MemoryStore::with_clock(self.policy, self.clock)));
        for (account, secret, balance) in self.accounts {
            let new = NewAccount::new(account, bank.policy().currency);
            let secret = bank.hash(secret).await?;
            let id = TransactionId::generate();
            let opened = bank.open_account(new.secret_hash(secret).opening_balance(id, balance)).await?;
            debug_assert!(!opened.replayed, "two accounts of one name");
        }
        Ok(bank)
    }
}

impl Bank {
    /// A bank that keeps everything in memory, with the default settings: for tests.
    #[must_use]
    pub fn in_memory() -> Bank {
        Bank::with_store(Arc::new(MemoryStore::new(Policy::default())))
    }

    /// Starts to build a bank that keeps everything in memory.
    #[must_use]
    pub fn builder() -> BankBuilder {
        BankBuilder::default()
    }
}
