//! A change of limits as an operator orders it, and limits as they are shown.

use std::fmt;
use std::str::FromStr;

use crate::account::Limits;
use crate::money::{Amount, AmountError, Currency, Minor};

/// An account's limits, as people write them.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LimitsRequest {
    /// The lowest balance, zero or less; zero unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_balance: Option<MinimumBalance>,
    /// The most that one transaction may take out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_max: Option<Amount>,
    /// The most that a business day's transactions and holds may take out together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day_amount_max: Option<Amount>,
    /// How many transactions and holds may take out something on a business day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day_count_max: Option<u32>,
}

impl LimitsRequest {
    /// Limits as they are written down in `currency`.
    #[must_use]
    pub fn of(limits: &Limits, currency: Currency) -> LimitsRequest {
        let written = |minor: Minor| minor.in_currency(currency);
        LimitsRequest {
            minimum_balance: Some(limits.minimum_balance)
                .filter(|minimum_balance| *minimum_balance != Minor::ZERO)
                .map(|minimum_balance| MinimumBalance::of(minimum_balance, currency)),
            transaction_max: limits.transaction_max.map(written),
            day_amount_max: limits.day_amount_max.map(written),
            day_count_max: limits.day_count_max,
        }
    }
}

/// What is to change of an account's limits: `None` where one stays, `Some(None)` where it is lifted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LimitsChange {
    /// The lowest balance, zero or less; lifted it is zero.
    pub minimum_balance: Option<Option<MinimumBalance>>,
    /// The most that one transaction may take out.
    pub transaction_max: Option<Option<Amount>>,
    /// The most that a business day's transactions and holds may take out together.
    pub day_amount_max: Option<Option<Amount>>,
    /// How many transactions and holds may take out something on a business day.
    pub day_count_max: Option<Option<u32>>,
}

/// All the limits, in place of those that there are.
impl From<LimitsRequest> for LimitsChange {
    fn from(all: LimitsRequest) -> LimitsChange {
        LimitsChange {
            minimum_balance: Some(all.minimum_balance),
            transaction_max: Some(all.transaction_max),
            day_amount_max: Some(all.day_amount_max),
            day_count_max: Some(all.day_count_max),
        }
    }
}

impl LimitsChange {
    /// The limits after the change, `None` where they are none in `currency`.
    pub(super) fn applied(&self, now: Limits, currency: Currency) -> Option<Limits> {
        let zero_or_more = |amount: Option<Amount>| match amount {
            None => Some(None),
            Some(amount) => amount.minor_units(currency).filter(|minor| *minor >= Minor::ZERO).map(Some),
        };
        Some(Limits {
            minimum_balance: match self.minimum_balance {
                None => now.minimum_balance,
                Some(None) => Minor::ZERO,
                Some(Some(minimum_balance)) => minimum_balance.minor_units(currency)?,
            },
            transaction_max: self.transaction_max.map_or(Some(now.transaction_max), zero_or_more)?,
            day_amount_max: self.day_amount_max.map_or(Some(now.day_amount_max), zero_or_more)?,
            day_count_max: self.day_count_max.unwrap_or(now.day_count_max),
        })
    }
}

/// The lowest balance that an account may have: an amount, zero or less, or none at all. As text it is
/// the amount, or `unlimited`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MinimumBalance {
    /// This much.
    Amount(Amount),
    /// As low as the books can hold.
    Unlimited,
}

/// The text form of a minimum balance that is none.
const UNLIMITED: &str = "unlimited";

impl MinimumBalance {
    /// A minimum as the books hold it.
    #[must_use]
    pub fn of(minor: Minor, currency: Currency) -> MinimumBalance {
        match minor {
            Limits::NO_MINIMUM => MinimumBalance::Unlimited,
            minor => MinimumBalance::Amount(minor.in_currency(currency)),
        }
    }

    /// The minimum in minor units of `currency`; `None` where it has more decimals than the currency.
    #[must_use]
    pub fn minor_units(self, currency: Currency) -> Option<Minor> {
        match self {
            MinimumBalance::Amount(amount) => amount.minor_units(currency),
            MinimumBalance::Unlimited => Some(Limits::NO_MINIMUM),
        }
    }
}

impl From<Amount> for MinimumBalance {
    fn from(amount: Amount) -> MinimumBalance {
        MinimumBalance::Amount(amount)
    }
}

impl fmt::Display for MinimumBalance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MinimumBalance::Amount(amount) => amount.fmt(f),
            MinimumBalance::Unlimited => f.pad(UNLIMITED),
        }
    }
}

impl FromStr for MinimumBalance {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == UNLIMITED {
            Ok(MinimumBalance::Unlimited)
        } else {
            text.parse().map(MinimumBalance::Amount)
        }
    }
}

impl serde::Serialize for MinimumBalance {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for MinimumBalance {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::deserialize(deserializer, "a minimum balance like \"-20.00\", or \"unlimited\"")
    }
}

crate::text::from_text!(MinimumBalance);
