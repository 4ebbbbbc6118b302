//! Money: exact integers, never rounded.
//!
//! The books count [`Minor`] units of an account's [`Currency`]. People and the wire write decimal
//! text, which is an [`Amount`] until `decide` reads it in the account's currency.

mod currency;

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use currency::{
    CURRENCY_CODE_BYTES_MAX, Currency, CurrencyCode, NotACurrencyCode, NotAUnit, UNIT_EXPONENT_MAX,
    UnknownCurrency,
};

/// A signed whole number of minor units (cents, pence, fils) of a currency known from context.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minor(pub i64);

impl Minor {
    /// Nothing.
    pub const ZERO: Minor = Minor(0);

    /// The sum, or `None` beyond ±(2⁶³ − 1).
    #[must_use]
    pub fn checked_add(self, other: Minor) -> Option<Minor> {
        self.0.checked_add(other.0).filter(|sum| *sum != i64::MIN).map(Minor)
    }

    /// The difference, or `None` beyond ±(2⁶³ − 1).
    #[must_use]
    pub fn checked_sub(self, other: Minor) -> Option<Minor> {
        self.0.checked_sub(other.0).filter(|difference| *difference != i64::MIN).map(Minor)
    }

    /// The same amount of the other sign; `None` only for −2⁶³.
    #[must_use]
    pub fn checked_neg(self) -> Option<Minor> {
        self.0.checked_neg().map(Minor)
    }

    /// Whether this is more than nothing.
    #[must_use]
    pub fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// These minor units as people write them in `currency`.
    #[must_use]
    pub fn in_currency(self, currency: Currency) -> Amount {
        Amount { digits: self.0, decimals: currency.exponent() }
    }
}

/// The most decimals an [`Amount`] may be written with.
const DECIMALS_MAX: u8 = 18;

/// A decimal number as written: `"12.34"` is 1234 with two decimals.
///
/// Text is `["-"] 1*DIGIT ["." 1*DIGIT]`, at most 18 decimals and 2⁶³ − 1 in all digits together;
/// no plus sign, exponent, space or thousands separator. Equality and order are by value: `5` is
/// `5.00`. It is text on the wire and in JSON, since a JSON number above 2⁵³ is not safe in every
/// language.
///
/// ```
/// use bank_engine_core::money::{Amount, Currency};
/// let amount: Amount = "12.34".parse()?;
/// assert_eq!(amount.minor_units(Currency::USD).map(|minor| minor.0), Some(1234));
/// assert_eq!("12.345".parse::<Amount>()?.minor_units(Currency::USD), None); // never rounded
/// assert_eq!("12".parse::<Amount>()?.minor_units("JPY".parse()?).map(|minor| minor.0), Some(12));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Amount {
    digits: i64,
    decimals: u8,
}

impl Amount {
    /// `digits` with the decimal point `decimals` places from the right; `None` above 18 decimals.
    #[must_use]
    pub fn new(digits: i64, decimals: u8) -> Option<Amount> {
        (decimals <= DECIMALS_MAX).then_some(Amount { digits, decimals })
    }

    /// This amount in minor units of `currency`; `None` where it has more decimals than the
    /// currency (ISO 4217 exponent) or does not fit. Never rounded.
    #[must_use]
    pub fn minor_units(self, currency: Currency) -> Option<Minor> {
        let missing = currency.exponent().checked_sub(self.decimals)?;
        self.digits.checked_mul(10_i64.checked_pow(u32::from(missing))?).map(Minor)
    }

    /// With how many decimals it is written.
    #[must_use]
    pub fn decimals(self) -> u8 {
        self.decimals
    }

    /// Whether this is nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.digits == 0
    }

    fn scaled(self, decimals: u8) -> i128 {
        // 2^63 × 10^18 is below 2^127.
        i128::from(self.digits) * 10_i128.pow(u32::from(decimals.saturating_sub(self.decimals)))
    }
}

/// Writes `digits` with the decimal point `decimals` places from the right: the one way in which the
/// bank writes numbers of money.
fn write_decimal(out: &mut impl fmt::Write, digits: i128, decimals: u8) -> fmt::Result {
    let sign = if digits < 0 { "-" } else { "" };
    let digits = digits.unsigned_abs();
    if decimals == 0 {
        return write!(out, "{sign}{digits}");
    }
    let one = 10_u128.pow(decimals.into());
    let (whole, part) = (digits / one, digits % one);
    write!(out, "{sign}{whole}.{part:0width$}", width = usize::from(decimals))
}

/// A total in minor units as a decimal number of the currency. A total over many accounts may be
/// larger than an [`Amount`] holds.
#[must_use]
pub fn total_text(minor: i128, currency: Currency) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write_decimal(&mut text, minor, currency.exponent());
    text
}

impl PartialEq for Amount {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Amount {}

impl PartialOrd for Amount {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Amount {
    fn cmp(&self, other: &Self) -> Ordering {
        let decimals = self.decimals.max(other.decimals);
        self.scaled(decimals).cmp(&other.scaled(decimals))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.width().is_none() {
            return write_decimal(f, self.digits.into(), self.decimals);
        }
        let mut text = String::new();
        write_decimal(&mut text, self.digits.into(), self.decimals)?;
        f.pad(&text)
    }
}

/// Why a text is not an [`Amount`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AmountError {
    /// Not `["-"] 1*DIGIT ["." 1*DIGIT]`.
    #[error("not an amount; write it like 20 or 20.00")]
    Malformed,
    /// More than 18 decimals, or 2⁶³ and above without its point.
    #[error("the amount has too many digits")]
    TooLong,
}

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, part) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !is_number(whole) || !is_number(part) {
            return Err(AmountError::Malformed);
        }
        let part = if unsigned.len() == whole.len() { "" } else { part };
        let decimals = u8::try_from(part.len()).map_err(|_| AmountError::TooLong)?;
        let mut digits = 0_i64;
        for digit in whole.bytes().chain(part.bytes()) {
            digits = digits
                .checked_mul(10)
                .and_then(|digits| digits.checked_add(i64::from(digit - b'0')))
                .ok_or(AmountError::TooLong)?;
        }
        let digits = if text.starts_with('-') { -digits } else { digits };
        Amount::new(digits, decimals).ok_or(AmountError::TooLong)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::deserialize(deserializer, "an amount as text, like \"20.00\"")
    }
}

crate::text::from_text!(Amount);

#[cfg(test)]
mod tests {
    use super::*;

    fn minor(text: &str, currency: &str) -> Option<i64> {
        text.parse::<Amount>().unwrap().minor_units(currency.parse().unwrap()).map(|m| m.0)
    }

    #[test]
    fn text_becomes_minor_units_exactly() {
        assert_eq!(minor("12.34", "USD"), Some(1234));
        assert_eq!(minor("12.3", "USD"), Some(1230));
        assert_eq!(minor("12", "USD"), Some(1200));
        assert_eq!(minor("-0.01", "USD"), Some(-1));
        assert_eq!(minor("12", "JPY"), Some(12));
        assert_eq!(minor("1.234", "KWD"), Some(1234));
        assert_eq!(minor("92233720368547758.07", "USD"), Some(i64::MAX));
    }

    #[test]
    fn totals_of_any_size_are_written_with_all_decimals() {
        let printed = |minor, code: &str| total_text(minor, code.parse().unwrap());
        assert_eq!(printed(0, "USD"), "0.00");
        assert_eq!(printed(5, "USD"), "0.05");
        assert_eq!(printed(-12_345, "USD"), "-123.45");
        assert_eq!(printed(7, "JPY"), "7");
        assert_eq!(printed(7, "KWD"), "0.007");
        assert_eq!(printed(i128::from(i64::MAX) * 4, "USD"), "368934881474191032.28");
    }

    #[test]
    fn too_many_decimals_are_refused_not_rounded() {
        assert_eq!(minor("12.345", "USD"), None);
        assert_eq!(minor("12.340", "USD"), None);
        assert_eq!(minor("1.0", "JPY"), None);
    }

    #[test]
    fn overflow_is_no_amount() {
        assert_eq!("92233720368547758.08".parse::<Amount>(), Err(AmountError::TooLong));
        assert_eq!("1".repeat(400).parse::<Amount>(), Err(AmountError::TooLong));
        assert_eq!("0.0000000000000000001".parse::<Amount>(), Err(AmountError::TooLong));
        assert_eq!(minor("922337203685477580", "USD"), None);
    }

    #[test]
    fn anything_else_is_malformed() {
        for text in
            ["", "-", ".", "1.", ".5", "+1", "1e3", " 1", "1 ", "1,000", "0x1", "١", "--1", "1.-1", "NaN"]
        {
            assert_eq!(text.parse::<Amount>(), Err(AmountError::Malformed), "{text:?}");
        }
    }

    #[test]
    fn display_is_what_parse_reads() {
        for text in ["0.00", "0.05", "-0.05", "12.34", "7", "-7", "92233720368547758.07", "0.001"] {
            assert_eq!(text.parse::<Amount>().unwrap().to_string(), text);
        }
        assert_eq!(format!("{:>8}|", "1.50".parse::<Amount>().unwrap()), "    1.50|");
        assert_eq!(Minor(i64::MIN).in_currency(Currency::USD).to_string(), "-92233720368547758.08");
    }

    #[test]
    fn equality_is_by_value() {
        let amount = |text: &str| text.parse::<Amount>().unwrap();
        assert_eq!(amount("5"), amount("5.00"));
        assert!(amount("5.01") > amount("5"));
        assert!(amount("-9223372036854775807") < amount("0.000000000000000001"));
    }
}
