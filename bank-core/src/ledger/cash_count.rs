//! The result of counting a terminal's cash.

use serde::{Deserialize, Serialize};

use crate::ledger::TransactionId;
use crate::money::Amount;

/// What counting a terminal's cash found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct CashCount {
    /// What the books say is there.
    pub expected: Amount,
    /// What is there.
    pub counted: Amount,
    /// Counted less expected: below zero where cash is missing.
    pub difference: Amount,
    /// What suspect dispenses may have paid out since the last count. It explains as much of a
    /// shortage.
    pub suspect: Amount,
    /// Dispenses of the terminal about which it says something else than is recorded, and which no
    /// operator resolved yet. They may error_chain a difference too.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub disputes: usize,
    /// The posting that made the books agree with what was counted, if there was a difference and
    /// the day was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<TransactionId>,
    /// While the bank's dates, and so its business days, go by elapsed time, since its machine's clock
    /// has jumped: how many seconds they are ahead of it, below zero where they are behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_ahead_seconds: Option<i64>,
    /// Whether the day was closed before with this posting, and this is what was found then, but for
    /// what was suspect.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replayed: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
pub(super) fn is_zero(count: &usize) -> bool {
    *count == 0
}
