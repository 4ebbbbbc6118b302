//! What hledger and Beancount share: dates, and signs from the bank's own side.

use std::time::Duration;

use bank_engine::money::{Currency, Minor};
use bank_engine::time::Timestamp;

/// An amount of the other sign. The books are signed from the customer's side, so that what the bank
/// owes is positive; plain-text accounting is signed from the bank's side, where it is negative.
pub(super) fn negated(minor: Minor, currency: Currency) -> String {
    let text = minor.in_currency(currency).to_string();
    match text.strip_prefix('-') {
        Some(positive) => positive.to_owned(),
        None if minor == Minor::ZERO => text,
        None => format!("-{text}"),
    }
}

/// The date of an instant in UTC.
pub(super) fn date(at: Timestamp) -> String {
    let mut text = at.to_string();
    text.truncate("2026-01-31".len());
    text
}

/// The date after that.
pub(super) fn date_after(at: Timestamp) -> String {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    date(at.after(DAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_change_sides_in_their_currency() {
        let output = |minor, code: &str| negated(Minor(minor), code.parse().unwrap());
        assert_eq!(output(12_345, "USD"), "-123.45");
        assert_eq!(output(-5, "USD"), "0.05");
        assert_eq!(output(0, "USD"), "0.00");
        assert_eq!(output(7, "JPY"), "-7");
        assert_eq!(output(-7, "KWD"), "0.007");
        assert_eq!(output(i64::MIN, "JPY"), "9223372036854775808");
    }

    #[test]
    fn days_are_those_of_utc() {
        let at: Timestamp = "2027-12-31T23:59:59.999Z".parse().unwrap();
        assert_eq!((date(at), date_after(at)), ("2027-12-31".to_owned(), "2028-01-01".to_owned()));
        let at: Timestamp = "2028-02-28T00:00:00.000Z".parse().unwrap();
        assert_eq!((date(at), date_after(at)), ("2028-02-28".to_owned(), "2028-02-29".to_owned()));
    }
}
