//! The settings of the last `bankd serve`, for commands while no server runs.
//!
//! The business day that a correction is booked on must not depend on whether the server happens to
//! be up, so the server leaves its settings in the data directory.

use bank_engine::day::{BusinessDay, NotABusinessDay};
use bank_engine::money::Currency;
use bank_engine::policy::Policy;
use serde::{Deserialize, Serialize};

/// The settings that decide what operators do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// What accounts and terminals count in unless set otherwise.
    pub currency: Currency,
    /// The time zone of business days.
    pub business_day_zone: String,
    /// When they begin there, in minutes after midnight.
    pub business_day_begins: u16,
}

impl Default for Settings {
    fn default() -> Self {
        let business_day_zone = "UTC".to_owned();
        Settings { currency: Policy::default().currency, business_day_zone, business_day_begins: 0 }
    }
}

impl Settings {
    /// A policy with these settings.
    pub fn policy(&self) -> Result<Policy, NotABusinessDay> {
        let business_day = BusinessDay::new(&self.business_day_zone, self.business_day_begins)?;
        Ok(Policy { currency: self.currency, business_day, ..Policy::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unless_set_otherwise_they_are_the_librarys() {
        assert_eq!(Settings::default().policy(), Ok(Policy::default()));
        let lost = Settings { business_day_zone: "Europe/Atlantis".to_owned(), ..Settings::default() };
        assert_eq!(lost.policy(), Err(NotABusinessDay));
    }
}
