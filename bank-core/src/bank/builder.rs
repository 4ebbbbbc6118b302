//! The builder of a bank in memory, with accounts to start from.

use std::sync::Arc;

use super::{Bank, BankError};
use crate::account::NotAnAccountId;
use crate::auth::Secret;
use crate::clock::{Clock, SystemClock};
use crate::money::AmountError;
use crate::policy::Policy;
use crate::store::MemoryStore;

/// Builds a bank that keeps everything in memory; see [`Bank::in_memory`].
pub struct BankBuilder {
    policy: Policy,
    clock: Arc<dyn Clock>,
    accounts: Vec<(String, Secret, String)>,
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

    /// Opens an account in the policy's currency. Mistakes are reported by [`build`](Self::build).
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
    pub async fn build(self) -> Result<Bank, BuildError> {
        let bank = Bank::with_store(Arc::new(MemoryStore::with_clock(self.policy, self.clock)));
        for (account, secret, balance) in self.accounts {
            let id = match account.parse() {
                Ok(id) => id,
                Err(source) => return Err(BuildError::Account { account, source }),
            };
            let balance = match balance.parse() {
                Ok(balance) => balance,
                Err(source) => return Err(BuildError::Balance { account, balance, source }),
            };
            let refused = |source| BuildError::Refused { account, source };
            let secret = match bank.hash(secret).await {
                Ok(secret) => secret,
                Err(source) => return Err(refused(source)),
            };
            bank.open_account(id, bank.policy().currency, secret, balance).await.map_err(refused)?;
        }
        Ok(bank)
    }
}

/// Why a bank could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A name is none.
    #[error("account {account:?}")]
    Account {
        /// As given.
        account: String,
        /// What is wrong.
        #[source]
        source: NotAnAccountId,
    },
    /// An opening balance is none.
    #[error("account {account:?}: balance {balance:?}")]
    Balance {
        /// As given.
        account: String,
        /// As given.
        balance: String,
        /// What is wrong.
        #[source]
        source: AmountError,
    },
    /// The bank refused to open an account.
    #[error("account {account:?}")]
    Refused {
        /// As given.
        account: String,
        /// Why.
        #[source]
        source: BankError,
    },
}

impl Bank {
    /// Starts to build a bank that keeps everything in memory.
    #[must_use]
    pub fn in_memory() -> BankBuilder {
        BankBuilder::default()
    }
}
