//! The bank's settings, which hold for every account.

use std::time::Duration;

use crate::auth::HashCost;
use crate::day::BusinessDay;
use crate::money::{Currency, CurrencyCode};

/// What the bank's rules leave to the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Wrong secrets in a row that lock an account; 3, as is custom at ATMs.
    pub tries_max: u8,
    /// A session that does nothing for this long is over; 120 s.
    pub session_idle_max: Duration,
    /// A session is over after this long whatever it does; 30 minutes.
    pub session_time_max: Duration,
    /// What accounts count in unless opened with another; USD.
    pub currency: Currency,
    /// [Units](Currency::unit) of the bank's own, beside the currencies of ISO 4217; none. A store that has
    /// accounts in a unit refuses a policy in which the unit has other decimals.
    pub units: Vec<Currency>,
    /// When a business day begins: the day that transactions are booked on and that limits a day
    /// go by; midnight UTC.
    pub business_day: BusinessDay,
    /// How long a payment's hold may last; 7 days.
    pub hold_time_max: Duration,
    /// How long a terminal has from authorising a dispense to ordering it, and again from there to
    /// reporting what came out; 120 s.
    pub dispense_time_max: Duration,
    /// What a new secret's hash costs to compute.
    pub hash_cost: HashCost,
}

impl Policy {
    /// The currency or unit that has this code at the bank.
    #[must_use]
    pub fn currency_of(&self, code: CurrencyCode) -> Option<Currency> {
        code.iso().or_else(|| self.units.iter().copied().find(|unit| code == *unit))
    }

    /// Whether accounts may count in this.
    #[must_use]
    pub fn knows(&self, currency: Currency) -> bool {
        self.currency_of(currency.into()) == Some(currency)
    }
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            tries_max: 3,
            session_idle_max: Duration::from_secs(120),
            session_time_max: Duration::from_secs(30 * 60),
            currency: Currency::USD,
            units: Vec::new(),
            business_day: BusinessDay::UTC,
            hold_time_max: Duration::from_secs(7 * 24 * 60 * 60),
            dispense_time_max: Duration::from_secs(120),
            hash_cost: HashCost::OWASP,
        }
    }
}
