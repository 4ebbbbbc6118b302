//! The answer to a customer's request, as data.

use bank_engine::ledger::{Authorisation, Balance, Receipt, Settlement, Statement};
use serde::Serialize;

use crate::requests::withdrawal::Withdrawn;

/// Which of its balances a page shows to people: of many pages, the first the last balance and
/// the last the first.
#[derive(Debug, Clone, Copy)]
pub struct Parts {
    /// The balance after the newest entry.
    pub closing: bool,
    /// The balance before the oldest entry.
    pub opening: bool,
}

/// Something to show.
#[derive(Debug, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Answer {
    /// A receipt.
    Receipt {
        /// The bank's word.
        #[serde(flatten)]
        receipt: Receipt,
        /// The payee, where there is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        to: Option<String>,
    },
    /// Cash that came out.
    Withdrawn(Withdrawn),
    /// Money that was set aside.
    Authorised(Authorisation),
    /// A hold that got further.
    Settled(Settlement),
    /// Transfers that were made together, or would be.
    TransferBatch {
        /// The bank's word, one a transfer.
        receipts: Vec<Receipt>,
        /// The payees.
        #[serde(skip)]
        to: Vec<String>,
        /// Whether nothing was made.
        dry_run: bool,
    },
    /// An account's balance.
    Balance(Balance),
    /// A page of entries.
    Statement {
        /// The page.
        #[serde(flatten)]
        page: Statement,
        /// What of it is shown.
        #[serde(skip)]
        parts: Parts,
    },
    /// That it is done.
    Done {},
}

impl Answer {
    /// A receipt that names no payee.
    #[must_use]
    pub fn receipt(receipt: Receipt) -> Answer {
        Answer::Receipt { receipt, to: None }
    }
}
