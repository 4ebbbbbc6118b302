//! Limits how many channels and log-ins are open, in all and for each peer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::protocol::{Code, RpcError};

/// A bounded number of places, of which no holder may take too many.
pub(super) struct ConnectionLimiter {
    taken: Mutex<Counts>,
    in_all_max: usize,
    each_max: usize,
}

#[derive(Default)]
struct Counts {
    in_all: usize,
    by_holder: HashMap<String, usize>,
    given: u64,
}

/// Which bound was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    InAll,
    ForHolder,
}

impl Full {
    pub(super) fn error(self) -> RpcError {
        match self {
            Full::InAll => RpcError::new(Code::Overloaded),
            Full::ForHolder => RpcError::new(Code::RateLimited),
        }
    }
}

impl ConnectionLimiter {
    pub(super) fn new(in_all_max: usize, each_max: usize) -> Arc<ConnectionLimiter> {
        Arc::new(ConnectionLimiter { taken: Mutex::default(), in_all_max, each_max })
    }

    pub(super) fn take(self: &Arc<Self>, holder: &str) -> Result<Permit, Full> {
        let mut taken = self.lock();
        if taken.by_holder.get(holder).is_some_and(|count| *count >= self.each_max) {
            return Err(Full::ForHolder);
        }
        if taken.in_all >= self.in_all_max {
            return Err(Full::InAll);
        }
        taken.in_all += 1;
        taken.given += 1;
        *taken.by_holder.entry(holder.to_owned()).or_default() += 1;
        Ok(Permit { connection_limiter: Arc::clone(self), holder: holder.to_owned(), number: taken.given })
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A taken place, given back when dropped.
pub(super) struct Permit {
    connection_limiter: Arc<ConnectionLimiter>,
    holder: String,
    number: u64,
}

impl Permit {
    /// A name that no other place of the same [`ConnectionLimiter`] ever has.
    pub(super) fn name(&self) -> String {
        self.number.to_string()
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut taken = self.connection_limiter.lock();
        taken.in_all -= 1;
        if let Some(count) = taken.by_holder.get_mut(&self.holder) {
            *count -= 1;
            if *count == 0 {
                taken.by_holder.remove(&self.holder);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_bounds_hold_and_places_come_back() {
        let connection_limiter = ConnectionLimiter::new(3, 2);
        let first = connection_limiter.take("a").unwrap();
        let _second = connection_limiter.take("a").unwrap();
        assert_eq!(connection_limiter.take("a").err(), Some(Full::ForHolder));
        let third = connection_limiter.take("b").unwrap();
        assert_eq!(connection_limiter.take("b").err(), Some(Full::InAll));
        assert_ne!(first.name(), third.name());
        drop(first);
        drop(third);
        assert!(connection_limiter.take("a").is_ok());
        assert_eq!(connection_limiter.lock().by_holder.len(), 1);
    }
}
