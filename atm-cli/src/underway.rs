//! The movement whose outcome is not known yet, kept where an interruption can find it.

use std::sync::{Arc, Mutex, PoisonError};

use bank_engine::ledger::TransactionId;

/// A movement that was asked for and has no answer yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclear {
    /// Its id: asking again with it moves the money once at most.
    pub transaction: TransactionId,
    /// The command line that asks again.
    pub command: String,
}

/// At most one [`Unclear`], shared between whoever asks and whoever interrupts.
#[derive(Debug, Clone, Default)]
pub struct Underway(Arc<Mutex<Option<Unclear>>>);

impl Underway {
    /// To be called before asking.
    pub fn begin(&self, unclear: Unclear) {
        *self.slot() = Some(unclear);
    }

    /// To be called once the outcome is known, or the customer was told that it is not.
    pub fn end(&self) {
        *self.slot() = None;
    }

    /// What has no answer yet.
    #[must_use]
    pub fn unclear(&self) -> Option<Unclear> {
        self.slot().clone()
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<Unclear>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
