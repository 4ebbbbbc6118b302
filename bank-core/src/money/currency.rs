//! Currencies and their decimals (ISO 4217:2015, list one as amended to 2025).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest code of a currency or unit.
pub const CURRENCY_CODE_BYTES_MAX: usize = 12;

/// The most decimals that a bank's own unit may have.
pub const UNIT_EXPONENT_MAX: u8 = 9;

/// What an account counts in: a currency of ISO 4217, or a [unit](Currency::unit) of the bank's own such
/// as points. It knows its number of decimals.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: CurrencyCode,
    exponent: u8,
}

impl Currency {
    /// Euro.
    pub const EUR: Currency = Currency::iso(*b"EUR", 2);

    /// United States dollar, the engine's default.
    pub const USD: Currency = Currency::iso(*b"USD", 2);

    /// A unit of the bank's own: a code of `[A-Z][A-Z0-9]{2,11}` that is none of ISO 4217, and 0 to
    /// [`UNIT_EXPONENT_MAX`] decimals. A bank has those that its
    /// [policy](crate::policy::Policy::units) declares.
    ///
    /// ```
    /// use bank_engine_core::money::Currency;
    /// assert_eq!(Currency::unit("POINTS", 0)?.to_string(), "POINTS");
    /// assert!(Currency::unit("USD", 2).is_err());
    /// # Ok::<(), bank_engine_core::money::NotAUnit>(())
    /// ```
    pub fn unit(code: &str, exponent: u8) -> Result<Currency, NotAUnit> {
        let code: CurrencyCode = code.parse().map_err(|_| NotAUnit)?;
        let is_own = code.iso_exponent().is_none() && exponent <= UNIT_EXPONENT_MAX;
        if is_own { Ok(Currency { code, exponent }) } else { Err(NotAUnit) }
    }

    /// The code, such as `EUR`.
    #[must_use]
    pub fn code(&self) -> &str {
        self.code.as_str()
    }

    /// Decimals of the currency: 2 for USD, 0 for JPY, 3 for KWD.
    #[must_use]
    pub fn exponent(self) -> u8 {
        self.exponent
    }

    /// Whether it is a unit of the bank's own, and no currency of ISO 4217.
    #[must_use]
    pub fn is_unit(self) -> bool {
        self.code.iso_exponent().is_none()
    }

    /// Every currency of ISO 4217.
    pub fn all() -> impl Iterator<Item = Currency> {
        CODES.iter().flat_map(|(exponent, codes)| codes.iter().map(|code| Currency::iso(*code, *exponent)))
    }

    const fn iso([a, b, c]: [u8; 3], exponent: u8) -> Currency {
        Currency { code: CurrencyCode([a, b, c, 0, 0, 0, 0, 0, 0, 0, 0, 0]), exponent }
    }
}

/// The code of a currency or unit, `[A-Z][A-Z0-9]{2,11}`. Which decimals it has depends on the bank,
/// unless it is one of ISO 4217.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CurrencyCode([u8; CURRENCY_CODE_BYTES_MAX]);

impl CurrencyCode {
    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let length = self.0.iter().position(|byte| *byte == 0).unwrap_or(self.0.len());
        std::str::from_utf8(self.0.get(..length).unwrap_or_default()).unwrap_or_default()
    }

    /// The currency of ISO 4217 that has this code.
    #[must_use]
    pub fn iso(self) -> Option<Currency> {
        self.iso_exponent().map(|exponent| Currency { code: self, exponent })
    }

    /// The currency or unit that has this code, where the bank wrote an amount of it with this many
    /// decimals. A bank writes all that there are.
    #[must_use]
    pub fn with_decimals(self, decimals: u8) -> Currency {
        Currency { code: self, exponent: self.iso_exponent().unwrap_or(decimals) }
    }

    fn iso_exponent(self) -> Option<u8> {
        let [a, b, c, 0, ..] = self.0 else { return None };
        let found = CODES.iter().find(|(_, codes)| codes.binary_search(&[a, b, c]).is_ok());
        found.map(|(exponent, _)| *exponent)
    }
}

impl From<Currency> for CurrencyCode {
    fn from(currency: Currency) -> CurrencyCode {
        currency.code
    }
}

impl PartialEq<Currency> for CurrencyCode {
    fn eq(&self, currency: &Currency) -> bool {
        *self == currency.code
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for CurrencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CurrencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Not an ISO 4217 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an ISO 4217 currency code; write it like USD")]
pub struct UnknownCurrency;

/// Not the code of a currency or unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a currency code; use 3 to 12 capital letters and digits, like USD or POINTS")]
pub struct NotACurrencyCode;

/// Not a unit that a bank may declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a unit of a bank's own; use a code of 3 to 12 capital letters and digits that is no currency of ISO 4217, \
     and 0 to {UNIT_EXPONENT_MAX} decimals"
)]
pub struct NotAUnit;

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let code: CurrencyCode = text.parse().map_err(|_| UnknownCurrency)?;
        code.iso().ok_or(UnknownCurrency)
    }
}

impl FromStr for CurrencyCode {
    type Err = NotACurrencyCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (3..=CURRENCY_CODE_BYTES_MAX).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_uppercase())
            && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if !fits {
            return Err(NotACurrencyCode);
        }
        let mut code = [0; CURRENCY_CODE_BYTES_MAX];
        for (place, byte) in code.iter_mut().zip(text.bytes()) {
            *place = byte;
        }
        Ok(CurrencyCode(code))
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::deserialize(deserializer, "an ISO 4217 currency code")
    }
}

impl Serialize for CurrencyCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for CurrencyCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::deserialize(deserializer, "a currency code")
    }
}

/// Codes by number of decimals, in ascending order. Those without minor units (XAU and the like)
/// are left out.
const CODES: &[(u8, &[[u8; 3]])] = &[(2, TWO), (0, ZERO), (3, THREE), (4, FOUR)];

#[rustfmt::skip]
const TWO: &[[u8; 3]] = &[
    *b"AED", *b"AFN", *b"ALL", *b"AMD", *b"AOA", *b"ARS", *b"AUD", *b"AWG", *b"AZN", *b"BAM",
    *b"BBD", *b"BDT", *b"BMD", *b"BND", *b"BOB", *b"BOV", *b"BRL", *b"BSD", *b"BTN", *b"BWP",
    *b"BYN", *b"BZD", *b"CAD", *b"CDF", *b"CHE", *b"CHF", *b"CHW", *b"CNY", *b"COP", *b"COU",
    *b"CRC", *b"CUP", *b"CVE", *b"CZK", *b"DKK", *b"DOP", *b"DZD", *b"EGP", *b"ERN", *b"ETB",
    *b"EUR", *b"FJD", *b"FKP", *b"GBP", *b"GEL", *b"GHS", *b"GIP", *b"GMD", *b"GTQ", *b"GYD",
    *b"HKD", *b"HNL", *b"HTG", *b"HUF", *b"IDR", *b"ILS", *b"INR", *b"IRR", *b"JMD", *b"KES",
    *b"KGS", *b"KHR", *b"KPW", *b"KYD", *b"KZT", *b"LAK", *b"LBP", *b"LKR", *b"LRD", *b"LSL",
    *b"MAD", *b"MDL", *b"MGA", *b"MKD", *b"MMK", *b"MNT", *b"MOP", *b"MRU", *b"MUR", *b"MVR",
    *b"MWK", *b"MXN", *b"MXV", *b"MYR", *b"MZN", *b"NAD", *b"NGN", *b"NIO", *b"NOK", *b"NPR",
    *b"NZD", *b"PAB", *b"PEN", *b"PGK", *b"PHP", *b"PKR", *b"PLN", *b"QAR", *b"RON", *b"RSD",
    *b"RUB", *b"SAR", *b"SBD", *b"SCR", *b"SDG", *b"SEK", *b"SGD", *b"SHP", *b"SLE", *b"SOS",
    *b"SRD", *b"SSP", *b"STN", *b"SVC", *b"SYP", *b"SZL", *b"THB", *b"TJS", *b"TMT", *b"TOP",
    *b"TRY", *b"TTD", *b"TWD", *b"TZS", *b"UAH", *b"USD", *b"USN", *b"UYU", *b"UZS", *b"VED",
    *b"VES", *b"WST", *b"XAD", *b"XCD", *b"XCG", *b"YER", *b"ZAR", *b"ZMW", *b"ZWG",
];

#[rustfmt::skip]
const ZERO: &[[u8; 3]] = &[
    *b"BIF", *b"CLP", *b"DJF", *b"GNF", *b"ISK", *b"JPY", *b"KMF", *b"KRW", *b"PYG", *b"RWF",
    *b"UGX", *b"UYI", *b"VND", *b"VUV", *b"XAF", *b"XOF", *b"XPF",
];

const THREE: &[[u8; 3]] = &[*b"BHD", *b"IQD", *b"JOD", *b"KWD", *b"LYD", *b"OMR", *b"TND"];

const FOUR: &[[u8; 3]] = &[*b"CLF", *b"UYW"];

crate::text::from_text!(Currency, CurrencyCode);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_are_those_of_iso_4217() {
        for (code, exponent) in
            [("USD", 2), ("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("ISK", 0), ("TND", 3)]
        {
            assert_eq!(code.parse::<Currency>().map(Currency::exponent), Ok(exponent), "{code}");
        }
    }

    #[test]
    fn every_code_is_three_capitals_and_stands_once() {
        let mut codes: Vec<_> = Currency::all().map(|currency| currency.to_string()).collect();
        assert!(codes.iter().all(|code| code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase())));
        assert!(CODES.iter().all(|(_, codes)| codes.is_sorted()));
        let count = codes.len();
        codes.sort();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }

    #[test]
    fn units_are_apart_from_currencies() {
        let points = Currency::unit("POINTS", 0).unwrap();
        assert_eq!((points.code(), points.exponent(), points.is_unit()), ("POINTS", 0, true));
        assert!(Currency::unit("GAS", 9).is_ok() && Currency::unit("A23456789012", 2).is_ok());
        assert!(!Currency::USD.is_unit());
        for (code, exponent) in [
            ("USD", 2),
            ("POINTS", 10),
            ("PO", 0),
            ("A234567890123", 0),
            ("points", 0),
            ("1POINT", 0),
            ("P-T", 0),
        ] {
            assert_eq!(Currency::unit(code, exponent), Err(NotAUnit), "{code} {exponent}");
        }
        let code: CurrencyCode = "POINTS".parse().unwrap();
        assert!(code == points && code.iso().is_none() && code.to_string() == "POINTS");
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for text in ["", "usd", "US", "USDX", "QQQ", "ÜSD"] {
            assert_eq!(text.parse::<Currency>(), Err(UnknownCurrency), "{text:?}");
        }
    }
}
