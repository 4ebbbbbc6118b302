//! Generates transaction ids from the machine's clock and random numbers.

use uuid::Uuid;

use crate::ledger::TransactionId;

impl TransactionId {
    /// A new id: a UUID of version 7, of the machine's clock and random numbers.
    #[must_use]
    pub fn generate() -> TransactionId {
        TransactionId::from_uuid(Uuid::now_v7()).unwrap_or_else(|| unreachable!("a v7 UUID has a version"))
    }
}
