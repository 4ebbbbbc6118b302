//! Lets one check of a secret run at a time for each account.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OwnedMutexGuard;

use crate::account::AccountId;
use crate::error::{Busy, Error};

/// Checks that may wait for the one under way on the same account.
pub const LOGINS_WAITING_MAX: usize = 8;

/// The accounts whose secrets are being checked.
#[derive(Default)]
pub(super) struct Queues {
    by_account: Mutex<HashMap<AccountId, Queue>>,
}

#[derive(Default)]
struct Queue {
    head: Arc<tokio::sync::Mutex<()>>,
    inside: usize,
}

impl Queues {
    /// Waits for the account's turn, first come, first served. Cancel-safe.
    pub(super) async fn enter(self: &Arc<Self>, account: AccountId) -> Result<Turn, Error> {
        let (head, place) = {
            let mut queues = self.lock();
            let queue = queues.entry(account).or_default();
            if queue.inside > LOGINS_WAITING_MAX {
                return Err(Error::busy(Busy::Overloaded));
            }
            queue.inside += 1;
            (Arc::clone(&queue.head), Place { queues: Arc::clone(self), account })
        };
        Ok(Turn { _head: head.lock_owned().await, _place: place })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AccountId, Queue>> {
        self.by_account.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Being first in an account's queue, until dropped.
pub(super) struct Turn {
    _head: OwnedMutexGuard<()>,
    _place: Place,
}

struct Place {
    queues: Arc<Queues>,
    account: AccountId,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Entry::Occupied(mut queue) = self.queues.lock().entry(self.account) {
            queue.get_mut().inside -= 1;
            if queue.get().inside == 0 {
                queue.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_at_a_time_and_few_may_wait() {
        let queues = Arc::new(Queues::default());
        let account = "ac-1".parse().unwrap();
        let first = queues.enter(account).await.unwrap();
        let waiting: Vec<_> = (0..LOGINS_WAITING_MAX)
            .map(|_| {
                let queues = Arc::clone(&queues);
                tokio::spawn(async move { queues.enter(account).await.is_ok() })
            })
            .collect();
        tokio::task::yield_now().await;
        assert!(matches!(queues.enter(account).await, Err(Error::Busy { reason: Busy::Overloaded, .. })));
        assert!(queues.enter("ac-2".parse().unwrap()).await.is_ok());
        drop(first);
        for waiter in waiting {
            assert!(waiter.await.unwrap());
        }
        assert!(queues.lock().is_empty());
    }
}
