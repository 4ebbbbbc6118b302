//! What a customer can ask for, and doing it.

use bank_engine::client::{Client, ClientError};
use bank_engine::ledger::{Balance, Memo, Page, Receipt, TransactionId};
use bank_engine::money::{Amount, Currency};
use serde::Serialize;

use crate::args::Output;
use crate::render;

/// A movement of money that a customer wants.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Movement {
    /// Cash in.
    Deposit(Amount),
    /// Cash out.
    Withdraw(Amount),
    /// To another customer.
    Transfer {
        /// Whose account.
        to: String,
        /// How much.
        amount: Amount,
        /// A word to them.
        memo: Option<Memo>,
    },
}

impl Movement {
    /// Asks the bank to move the money under `id`.
    pub async fn ask(&self, client: &mut Client, id: TransactionId) -> Result<Receipt, ClientError> {
        match self {
            Movement::Deposit(amount) => client.deposit(id, *amount).await,
            Movement::Withdraw(amount) => client.withdraw(id, *amount).await,
            Movement::Transfer { to, amount, memo } => client.transfer(id, to, *amount, memo.clone()).await,
        }
    }
}

/// Something to show.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Shown {
    /// A receipt.
    Receipt(Receipt),
    /// What an account stands at.
    Balance(Balance),
    /// A page of entries.
    Statement(Page),
    /// That it is done.
    Done {},
}

impl Shown {
    /// As people or programs want it; each ends its line.
    #[must_use]
    pub fn text(&self, output: Output, currency: Currency) -> String {
        match (output, self) {
            // Our own types have text keys and no fallible parts.
            (Output::Json, shown) => serde_json::to_string(shown).unwrap_or_default() + "\n",
            (Output::Human, Shown::Receipt(receipt)) => render::receipt(receipt, currency),
            (Output::Human, Shown::Balance(balance)) => render::balance(balance),
            (Output::Human, Shown::Statement(page)) => render::statement(page, currency),
            (Output::Human, Shown::Done {}) => "done\n".to_owned(),
        }
    }
}
