//! Counting what is taken, in all and by holder.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::protocol::{Code, Refusal};

/// A bounded number of places, of which no holder may take too many.
pub(super) struct Places {
    taken: Mutex<Taken>,
    in_all_max: usize,
    each_max: usize,
}

#[derive(Default)]
struct Taken {
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
    pub(super) fn refusal(self) -> Refusal {
        match self {
            Full::InAll => Refusal::new(Code::Overloaded),
            Full::ForHolder => Refusal::new(Code::RateLimited),
        }
    }
}

impl Places {
    pub(super) fn new(in_all_max: usize, each_max: usize) -> Arc<Places> {
        Arc::new(Places { taken: Mutex::default(), in_all_max, each_max })
    }

    pub(super) fn take(self: &Arc<Self>, holder: &str) -> Result<Place, Full> {
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
        Ok(Place { places: Arc::clone(self), holder: holder.to_owned(), number: taken.given })
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A taken place, given back when dropped.
pub(super) struct Place {
    places: Arc<Places>,
    holder: String,
    number: u64,
}

impl Place {
    /// A name that no other place of the same [`Places`] ever has.
    pub(super) fn name(&self) -> String {
        self.number.to_string()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
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
        let places = Places::new(3, 2);
        let first = places.take("a").unwrap();
        let _second = places.take("a").unwrap();
        assert_eq!(places.take("a").err(), Some(Full::ForHolder));
        let third = places.take("b").unwrap();
        assert_eq!(places.take("b").err(), Some(Full::InAll));
        assert_ne!(first.name(), third.name());
        drop(first);
        drop(third);
        assert!(places.take("a").is_ok());
        assert_eq!(places.lock().by_holder.len(), 1);
    }
}
