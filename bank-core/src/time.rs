//! Instants, as the engine records them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant in milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// As text it is RFC 3339 in UTC with milliseconds: `2026-01-31T12:00:00.000Z`.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since 1970, held to the years that RFC 3339 can write (0000 to 9999).
    #[must_use]
    pub fn from_unix_ms(unix_ms: i64) -> Timestamp {
        const YEAR_0000: i64 = -62_167_219_200_000;
        const YEAR_9999_END: i64 = 253_402_207_199_999;
        Timestamp(unix_ms.clamp(YEAR_0000, YEAR_9999_END))
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
        let instant = jiff::Timestamp::from_millisecond(self.0).map_err(|_| fmt::Error)?;
        write!(f, "{instant:.3}")
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
        let instant: jiff::Timestamp = text.parse().map_err(|_| NotAnInstant)?;
        Ok(Timestamp::from_unix_ms(instant.as_millisecond()))
    }
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
    fn the_ends_of_time_can_be_written() {
        assert_eq!(Timestamp::from_unix_ms(i64::MIN).to_string(), "0000-01-01T00:00:00.000Z");
        assert!(Timestamp::from_unix_ms(i64::MAX).to_string().starts_with("9999-12-3"));
        assert_eq!(Timestamp::from_unix_ms(0).after(Duration::MAX), Timestamp::from_unix_ms(i64::MAX));
    }
}
