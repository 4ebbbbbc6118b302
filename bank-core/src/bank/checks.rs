//! The bounded pool of threads that hash secrets.

use crate::error::{Busy, Error};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;

use tokio::sync::Semaphore;

/// Checks of secrets that may wait for a core.
pub const CHECKS_WAITING_MAX: usize = 1024;

/// As many checks at once as there are cores, off the async threads.
pub(super) struct Checks {
    cores: Arc<Semaphore>,
    waiting: AtomicUsize,
}

impl Default for Checks {
    fn default() -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        Checks { cores: Arc::new(Semaphore::new(cores)), waiting: AtomicUsize::new(0) }
    }
}

impl Checks {
    /// A place in the queue, if there is one. To be taken before a try is charged: being turned
    /// away costs no try.
    pub(super) fn queue(&self) -> Result<Waiter<'_>, Error> {
        let waiter = Waiter(&self.waiting);
        if self.waiting.fetch_add(1, Ordering::SeqCst) >= CHECKS_WAITING_MAX {
            return Err(Error::busy(Busy::Overloaded));
        }
        Ok(waiter)
    }

    /// Runs `check` when a core is free. A dropped future gives up waiting, not a check under way.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        waiter: Waiter<'_>,
        check: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let core =
            Arc::clone(&self.cores).acquire_owned().await.map_err(|_| Error::busy(Busy::ShuttingDown))?;
        drop(waiter);
        let check = tokio::task::spawn_blocking(move || {
            let result = check();
            drop(core);
            result
        });
        check.await.map_err(|_| Error::busy(Busy::ShuttingDown))
    }
}

/// A place in the queue for a core.
pub(super) struct Waiter<'a>(&'a AtomicUsize);

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn beyond_the_bound_it_says_so_at_once() {
        let checks = Checks::default();
        checks.waiting.store(CHECKS_WAITING_MAX, Ordering::SeqCst);
        assert!(matches!(checks.queue(), Err(Error::Busy { reason: Busy::Overloaded, .. })));
        checks.waiting.fetch_sub(1, Ordering::SeqCst);
        let waiter = checks.queue().unwrap();
        assert!(checks.queue().is_err());
        assert!(checks.run(waiter, || ()).await.is_ok());
        assert!(checks.queue().is_ok());
        assert_eq!(checks.waiting.load(Ordering::SeqCst), CHECKS_WAITING_MAX - 1);
    }
}
