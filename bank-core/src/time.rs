//! Instants, as the engine records them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const YEAR_0000_MS: i64 = -62_167_219_200_000;
const YEAR_9999_END_MS: i64 = 253_402_300_799_999;
const FRACTION_DIGITS_MAX: usize = 9;
const UNIX_EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// An instant in milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// It is written in RFC 3339 in UTC with milliseconds: `2026-01-31T12:00:00.000Z`. It is read in
/// any form that RFC 3339 has, with 1 to 9 digits of a second or none; those after the third are
/// dropped. A leap second, `23:59:60` in UTC at the end of a month, is read as the last millisecond
/// of the second before it.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since 1970, held to the years that RFC 3339 can write (0000 to 9999).
    #[must_use]
    pub fn from_unix_ms(unix_ms: i64) -> Timestamp {
        Timestamp(unix_ms.clamp(YEAR_0000_MS, YEAR_9999_END_MS))
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn unix_ms(self) -> i64 {
        self.0
    }

    /// This instant and `duration` more.
    #[must_use]
    pub fn after(self, duration: Duration) -> Timestamp {
        let ms = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_unix_ms(self.0.saturating_add(ms))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not as an instant of jiff's, which end a day before the year 9999 does.
        let utc = UNIX_EPOCH.checked_add(SignedDuration::from_millis(self.0)).map_err(|_| fmt::Error)?;
        write!(f, "{utc:.3}Z")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Not an RFC 3339 instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an instant; write it like 2026-01-31T12:00:00.000Z")]
pub struct NotAnInstant;

impl FromStr for Timestamp {
    type Err = NotAnInstant;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        read(text.as_bytes()).ok_or(NotAnInstant)
    }
}

/// Reads `date-time` as section 5.6 of RFC 3339 has it.
fn read(text: &[u8]) -> Option<Timestamp> {
    let (date, rest) = text.split_at_checked("2026-01-31".len())?;
    let date = read_date(date)?;
    let (clock, rest) = rest.strip_prefix(b"T").or(rest.strip_prefix(b"t"))?.split_at_checked(8)?;
    let [h1, h2, b':', m1, m2, b':', s1, s2] = clock else { return None };
    let [hour, minute, second] = [number(&[*h1, *h2])?, number(&[*m1, *m2])?, number(&[*s1, *s2])?];
    let (fraction_ms, rest) = fraction(rest)?;
    let offset_minutes = offset(rest)?;

    let is_leap_second = second == 60;
    let (second, fraction_ms) = if is_leap_second { (59, 999) } else { (second, fraction_ms) };
    let [hour, minute, second] = [hour, minute, second].map(|part| i8::try_from(part).ok());
    let time = Time::new(hour?, minute?, second?, 0).ok()?;
    let local = date.to_datetime(time).duration_since(UNIX_EPOCH);
    let ms = i64::try_from(local.as_millis()).ok()? + fraction_ms - i64::from(offset_minutes) * 60_000;
    let instant = Timestamp::from_unix_ms(ms);
    if instant.0 != ms || is_leap_second && !ends_a_month(instant) {
        return None;
    }
    Some(instant)
}

/// Reads `full-date`, of the years 0000 to 9999.
pub(crate) fn read_date(text: &[u8]) -> Option<Date> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else { return None };
    let year = i16::try_from(number(&[*y1, *y2, *y3, *y4])?).ok()?;
    let [month, day] = [[*m1, *m2], [*d1, *d2]].map(|part| i8::try_from(number(&part)?).ok());
    Date::new(year, month?, day?).ok()
}

/// The milliseconds of a fraction of a second, if there is one, and the text after it.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some(fraction) = text.strip_prefix(b".") else { return Some((0, text)) };
    let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=FRACTION_DIGITS_MAX).contains(&digits) {
        return None;
    }
    let (digits, rest) = fraction.split_at_checked(digits)?;
    let ms =
        (0..3).fold(0, |ms, place| ms * 10 + digits.get(place).map_or(0, |digit| i64::from(digit - b'0')));
    Some((ms, rest))
}

/// The minutes that a zone's clocks are ahead of UTC.
fn offset(text: &[u8]) -> Option<i32> {
    let (sign, [h1, h2, b':', m1, m2]) = (match text {
        b"Z" | b"z" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    }) else {
        return None;
    };
    let (hours, minutes) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

fn number(digits: &[u8]) -> Option<i32> {
    digits
        .iter()
        .try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i32::from(digit - b'0')))
}

/// Whether the millisecond after `instant` begins a month in UTC, as one does after each leap second.
fn ends_a_month(instant: Timestamp) -> bool {
    let next = UNIX_EPOCH.checked_add(SignedDuration::from_millis(instant.0 + 1));
    next.map_or(instant.0 == YEAR_9999_END_MS, |next| next.day() == 1 && next.time() == Time::midnight())
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::deserialize(deserializer, "an instant in RFC 3339")
    }
}

crate::text::from_text!(Timestamp);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_rfc_3339_and_reads_back() {
        let instant = Timestamp::from_unix_ms(1_769_860_800_007);
        assert_eq!(instant.to_string(), "2026-01-31T12:00:00.007Z");
        assert_eq!(instant.to_string().parse(), Ok(instant));
        assert_eq!("yesterday".parse::<Timestamp>(), Err(NotAnInstant));
    }

    #[test]
    fn all_that_rfc_3339_can_write_is_read() {
        for (text, expected) in [
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000Z"),
            ("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"),
            ("2026-01-31t12:00:00z", "2026-01-31T12:00:00.000Z"),
            ("2026-01-31T12:00:00.1Z", "2026-01-31T12:00:00.100Z"),
            ("2026-01-31T12:00:00.123456789Z", "2026-01-31T12:00:00.123Z"),
            ("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"),
            ("2026-01-31T12:00:00+01:30", "2026-01-31T10:30:00.000Z"),
            ("2026-01-31T12:00:00-23:59", "2026-02-01T11:59:00.000Z"),
            ("2026-01-31T12:00:00-00:00", "2026-01-31T12:00:00.000Z"),
            ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"),
        ] {
            assert_eq!(text.parse::<Timestamp>().map(|at| at.to_string()).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn nothing_else_is_read() {
        for text in [
            "",
            "2026-01-31",
            "2026-01-31 12:00:00Z",
            "2026-01-31T12:00Z",
            "2026-01-31T12Z",
            "2026-01-31T12:00:00",
            "2026-01-31T12:00:00,5Z",
            "2026-01-31T12:00:00.Z",
            "2026-01-31T12:00:00.1234567890Z",
            "2026-01-31T12:00:00+0100",
            "2026-01-31T12:00:00+01",
            "2026-01-31T12:00:00+24:00",
            "2026-01-31T12:00:00+01:60",
            "2026-01-31T12:00:00+01:00:00",
            "2026-01-31T12:00:00\u{2212}01:00",
            "2026-01-31T12:00:00Z[UTC]",
            "2026-01-31T12:00:00UTC",
            " 2026-01-31T12:00:00Z",
            "2026-01-31T12:00:00Z ",
            "2026-01-31T12:00:00Z\n",
            "20260131T120000Z",
            "+002026-01-31T12:00:00Z",
            "-0001-01-31T12:00:00Z",
            "10000-01-01T00:00:00Z",
            "2026-1-31T12:00:00Z",
            "2026-02-29T12:00:00Z",
            "2026-01-31T24:00:00Z",
            "2026-01-31T12:60:00Z",
            "2026-01-31T12:00:61Z",
            "2026-W05-6T12:00:00Z",
            "9999-12-31T23:59:59-00:01", // the year 10000 in UTC
            "0000-01-01T00:00:00+00:01",
            "\u{0662}026-01-31T12:00:00Z",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(NotAnInstant), "{text:?}");
        }
    }

    #[test]
    fn a_leap_second_is_the_end_of_the_second_before_it() {
        for (text, expected) in [
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999Z"),
            ("2016-12-31T23:59:60.5Z", "2016-12-31T23:59:59.999Z"),
            ("1990-12-31T15:59:60-08:00", "1990-12-31T23:59:59.999Z"), // section 5.8
            ("2015-07-01T01:59:60+02:00", "2015-06-30T23:59:59.999Z"),
            ("9999-12-31T23:59:60Z", "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(text.parse::<Timestamp>().map(|at| at.to_string()).as_deref(), Ok(expected), "{text}");
        }
        for text in ["2016-12-30T23:59:60Z", "2016-12-31T12:59:60Z", "2016-12-31T23:59:60+01:00"] {
            assert_eq!(text.parse::<Timestamp>(), Err(NotAnInstant), "{text}");
        }
    }

    #[test]
    fn the_ends_of_time_can_be_written() {
        assert_eq!(Timestamp::from_unix_ms(i64::MIN).to_string(), "0000-01-01T00:00:00.000Z");
        assert_eq!(Timestamp::from_unix_ms(i64::MAX).to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(Timestamp::from_unix_ms(0).after(Duration::MAX), Timestamp::from_unix_ms(i64::MAX));
    }
}
