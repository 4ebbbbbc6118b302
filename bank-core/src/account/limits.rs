//! An account's limits: its minimum balance, the largest transaction, and what a day allows and has
//! used.

use crate::day::Day;
use crate::money::Minor;

/// How far an account may go. A customer's without any may not go below zero, and that is all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// The lowest balance, holds taken off: zero, or less where the bank lends.
    pub minimum_balance: Minor,
    /// The most that one transaction may take out.
    pub transaction_max: Option<Minor>,
    /// The most that a business day's transactions and holds may take out together.
    pub day_amount_max: Option<Minor>,
    /// How many transactions and holds may take out something on a business day.
    pub day_count_max: Option<u32>,
}

impl Limits {
    /// The minimum balance of an account that has none: the lowest that the books can hold.
    pub const NO_MINIMUM: Minor = Minor(-i64::MAX);
}

/// What a customer took out of an account on one business day, holds counted and what was given
/// back of them taken off again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// The latest day on which something was taken out.
    pub day: Day,
    /// How many times.
    pub count: u32,
    /// How much.
    pub amount: Minor,
}

impl Usage {
    /// What was used on `day`. On an earlier day than the latest, which comes only where the bank
    /// moved to another zone, that of the latest still counts: no day's allowance is given twice.
    #[must_use]
    pub fn on(self, day: Day) -> Usage {
        if day <= self.day { self } else { Usage { day, ..Usage::default() } }
    }

    pub(crate) fn add(&mut self, day: Day, amount: Minor) {
        let used = self.on(day);
        *self = Usage {
            day: used.day,
            count: used.count.saturating_add(1),
            amount: Minor(used.amount.0.saturating_add(amount.0)),
        };
    }

    pub(crate) fn give_back(&mut self, day: Day, amount: Minor, count: u32) {
        if self.day == day {
            self.count = self.count.saturating_sub(count);
            self.amount = Minor(self.amount.0.saturating_sub(amount.0).max(0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_comes_again_gives_no_allowance() {
        let mut usage = Usage::default();
        let [early, late] = [7, 8].map(Day::from_number);
        usage.add(late, Minor(50));
        usage.add(early, Minor(20));
        assert_eq!(usage, Usage { day: late, count: 2, amount: Minor(70) });
        assert_eq!((usage.on(early), usage.on(late)), (usage, usage));
        assert_eq!(usage.on(Day::from_number(9)).amount, Minor::ZERO);
    }
}
