//! The settings of the last `bankd serve`, for commands while no server runs.
//!
//! The business day that a correction is booked on must not depend on whether the server happens to
//! be up, so the server leaves its settings in the data directory.

use bank_engine::day::{BusinessDay, NotABusinessDay};
use std::fmt;
use std::str::FromStr;

use bank_engine::money::{Currency, NotAUnit};
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
    /// Units of the bank's own, as `CODE:DECIMALS`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<Unit>,
}

impl Default for Settings {
    fn default() -> Self {
        let business_day_zone = "UTC".to_owned();
        let (currency, units) = (Policy::default().currency, Vec::new());
        Settings { currency, business_day_zone, business_day_begins: 0, units }
    }
}

impl Settings {
    /// A policy with these settings.
    pub fn policy(&self) -> Result<Policy, NotABusinessDay> {
        let business_day = BusinessDay::new(&self.business_day_zone, self.business_day_begins)?;
        let units = self.units.iter().map(|unit| unit.0).collect();
        Ok(Policy { currency: self.currency, business_day, units, ..Policy::default() })
    }
}

/// A unit of the bank's own, as `CODE:DECIMALS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Unit(pub Currency);

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.0, self.0.exponent())
    }
}

impl FromStr for Unit {
    type Err = NotAUnit;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (code, exponent) = text.split_once(':').ok_or(NotAUnit)?;
        let is_number = exponent.len() == 1 && exponent.bytes().all(|byte| byte.is_ascii_digit());
        let exponent = exponent.parse().ok().filter(|_| is_number).ok_or(NotAUnit)?;
        Currency::unit(code, exponent).map(Unit)
    }
}

impl TryFrom<String> for Unit {
    type Error = NotAUnit;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Unit> for String {
    fn from(unit: Unit) -> String {
        unit.to_string()
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
