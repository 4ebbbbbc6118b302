//! Limits as people write them, and as they change them.

use crate::account::Limits;
use crate::money::{Amount, Currency, Minor};

/// An account's limits, as people write them.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AskedLimits {
    /// The lowest balance, zero or less; zero unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<Amount>,
    /// The most that one transaction may take out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<Amount>,
    /// The most that a business day's transactions and holds may take out together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day_amount: Option<Amount>,
    /// How many transactions and holds may take out something on a business day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day_count: Option<u32>,
}

impl AskedLimits {
    /// Limits as they are written down in `currency`.
    #[must_use]
    pub fn of(limits: &Limits, currency: Currency) -> AskedLimits {
        let written = |minor: Minor| minor.in_currency(currency);
        AskedLimits {
            floor: Some(limits.floor).filter(|floor| *floor != Minor::ZERO).map(written),
            transaction: limits.transaction.map(written),
            day_amount: limits.day_amount.map(written),
            day_count: limits.day_count,
        }
    }
}

/// What is to change of an account's limits: `None` where one stays, `Some(None)` where it is lifted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LimitsChange {
    /// The lowest balance, zero or less; lifted it is zero.
    pub floor: Option<Option<Amount>>,
    /// The most that one transaction may take out.
    pub transaction: Option<Option<Amount>>,
    /// The most that a business day's transactions and holds may take out together.
    pub day_amount: Option<Option<Amount>>,
    /// How many transactions and holds may take out something on a business day.
    pub day_count: Option<Option<u32>>,
}

/// All the limits, in place of those that there are.
impl From<AskedLimits> for LimitsChange {
    fn from(all: AskedLimits) -> LimitsChange {
        LimitsChange {
            floor: Some(all.floor),
            transaction: Some(all.transaction),
            day_amount: Some(all.day_amount),
            day_count: Some(all.day_count),
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
            floor: match self.floor {
                None => now.floor,
                Some(None) => Minor::ZERO,
                Some(Some(floor)) => floor.minor_units(currency)?,
            },
            transaction: self.transaction.map_or(Some(now.transaction), zero_or_more)?,
            day_amount: self.day_amount.map_or(Some(now.day_amount), zero_or_more)?,
            day_count: self.day_count.unwrap_or(now.day_count),
        })
    }
}
