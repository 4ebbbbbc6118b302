//! Instants as people write them: to the second, or a day.

use bank_engine::time::Timestamp;

pub use bank_engine::day::{first_instant as begins, last_instant as ends};

/// To the second, in UTC.
#[must_use]
pub fn clock(at: Timestamp) -> String {
    let text = at.to_string();
    format!("{} UTC", text.get(..19).unwrap_or(&text).replace('T', " "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn days_have_a_first_and_a_last_instant() {
        let text = |at: Result<Timestamp, _>| at.unwrap().to_string();
        assert_eq!(text(begins("2026-01-31")), "2026-01-31T00:00:00.000Z");
        assert_eq!(text(ends("2026-01-31")), "2026-01-31T23:59:59.999Z");
        assert_eq!(text(ends("2026-01-31T12:00:00Z")), "2026-01-31T12:00:00.000Z");
        for bad in ["", "yesterday", "2026-02-30", "12:00"] {
            assert!(begins(bad).is_err(), "{bad:?}");
        }
    }
}
