//! The text that a customer sees: receipts, statements and balances.

pub mod receipt;

use bank_engine::money::Currency;

use crate::args::Output;
use crate::requests::answer::Answer;

/// An answer as people or programs want it; each ends its line.
#[must_use]
pub fn text(shown: &Answer, output: Output, currency: Currency) -> String {
    match (output, shown) {
        // Our own types have text keys and no fallible parts.
        (Output::Json, shown) => serde_json::to_string(shown).unwrap_or_default() + "\n",
        (Output::Human, Answer::Receipt { receipt, to }) => {
            receipt::receipt(receipt, to.as_deref(), currency)
        }
        (Output::Human, Answer::Withdrawn(withdrawn)) => receipt::withdrawn(withdrawn, currency),
        (Output::Human, Answer::Authorised(authorised)) => receipt::authorised(authorised, currency),
        (Output::Human, Answer::Settled(settlement)) => receipt::settlement(settlement, currency),
        (Output::Human, Answer::TransferBatch { receipts, to, dry_run }) => {
            receipt::transfer_batch(receipts, to, *dry_run, currency)
        }
        (Output::Human, Answer::Balance(balance)) => receipt::balance(balance),
        (Output::Human, Answer::Statement { page, parts }) => receipt::statement(page, *parts, currency),
        (Output::Human, Answer::Done {}) => "done\n".to_owned(),
    }
}
