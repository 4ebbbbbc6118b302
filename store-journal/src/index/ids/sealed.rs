//! The runs that the indexer has finished, for the threads that use them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::index::ids::Runs;

/// What the sealer has done, for those who wait for it.
#[derive(Default)]
pub(crate) struct Sealed {
    runs: Mutex<Arc<Runs>>,
    changed: Condvar,
    /// Whether it does no more: it was stopped, or writing fails.
    idle: AtomicBool,
}

impl Sealed {
    pub(crate) fn new(runs: Runs) -> Sealed {
        Sealed { runs: Mutex::new(Arc::new(runs)), ..Sealed::default() }
    }

    /// The runs that there are now.
    pub(crate) fn runs(&self) -> Arc<Runs> {
        Arc::clone(&self.lock())
    }

    /// Waits until positions up to `position` are indexed, or that is not to be expected.
    pub(crate) fn wait(&self, position: u64) {
        let mut runs = self.lock();
        while runs.end() < position && !self.idle.load(Ordering::SeqCst) {
            runs = self.changed.wait(runs).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The sealer is to end soon.
    pub(crate) fn stop(&self) {
        let _runs = self.lock();
        self.idle.store(true, Ordering::SeqCst);
        self.changed.notify_all();
    }

    /// The sealer does its work.
    pub(crate) fn go_on(&self) {
        self.idle.store(false, Ordering::SeqCst);
    }

    pub(crate) fn publish(&self, runs: &Runs) {
        *self.lock() = Arc::new(runs.clone());
        self.changed.notify_all();
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Arc<Runs>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
