//! The movement whose outcome is not known yet, where an interruption can find it.

use std::sync::{Arc, Mutex, PoisonError};

use bank_engine::ledger::TransactionId;
use tokio::sync::watch;

/// A movement that was asked for and has no answer yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeUnknown {
    /// Its id: asking again with it moves the money once at most.
    pub transaction: TransactionId,
    /// What will clear it up.
    pub remedy: Remedy,
}

/// What clears up a movement of which it is not known whether it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remedy {
    /// The command line that asks again.
    Ask(String),
    /// Something that happens by itself; in words.
    Wait(&'static str),
}

/// At most one [`OutcomeUnknown`], shared between the request and the signal that interrupts it.
#[derive(Debug, Clone)]
pub struct InFlight {
    unclear: Arc<Mutex<Option<OutcomeUnknown>>>,
    paying: watch::Sender<bool>,
}

impl Default for InFlight {
    fn default() -> Self {
        InFlight { unclear: Arc::default(), paying: watch::Sender::new(false) }
    }
}

impl InFlight {
    /// To be called before asking.
    pub fn begin(&self, unclear: OutcomeUnknown) {
        *self.slot() = Some(unclear);
    }

    /// To be called once the outcome is known, or the customer has read that it is not.
    pub fn end(&self) {
        *self.slot() = None;
    }

    /// What has no answer yet.
    #[must_use]
    pub fn unclear(&self) -> Option<OutcomeUnknown> {
        self.slot().clone()
    }

    /// While what this answers lives, cash is being paid out, and an interruption waits.
    #[must_use]
    pub fn paying(&self) -> Paying {
        self.paying.send_replace(true);
        Paying(self.paying.clone())
    }

    /// Answers when no cash is being paid out.
    pub async fn paid_out(&self) {
        // The sender is alive: it is here.
        let _ = self.paying.subscribe().wait_for(|paying| !paying).await;
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<OutcomeUnknown>> {
        self.unclear.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// That cash is being paid out.
#[derive(Debug)]
pub struct Paying(watch::Sender<bool>);

impl Drop for Paying {
    fn drop(&mut self) {
        self.0.send_replace(false);
    }
}
