//! The text that a customer sees: receipts, statements and balances.

pub mod render;

use bank_engine::money::Currency;

use crate::args::Output;
use crate::requests::answer::Shown;

/// An answer as people or programs want it; each ends its line.
#[must_use]
pub fn text(shown: &Shown, output: Output, currency: Currency) -> String {
    match (output, shown) {
        // Our own types have text keys and no fallible parts.
        (Output::Json, shown) => serde_json::to_string(shown).unwrap_or_default() + "\n",
        (Output::Human, Shown::Receipt { receipt, to }) => render::receipt(receipt, to.as_deref(), currency),
        (Output::Human, Shown::Withdrawn(withdrawn)) => render::withdrawn(withdrawn, currency),
        (Output::Human, Shown::Authorised(authorised)) => render::authorised(authorised, currency),
        (Output::Human, Shown::Settled(settlement)) => render::settlement(settlement, currency),
        (Output::Human, Shown::TransferBatch { receipts, to, dry_run }) => {
            render::transfer_batch(receipts, to, *dry_run, currency)
        }
        (Output::Human, Shown::Balance(balance)) => render::balance(balance),
        (Output::Human, Shown::Statement { page, parts }) => render::statement(page, *parts, currency),
        (Output::Human, Shown::Done {}) => "done\n".to_owned(),
    }
}
