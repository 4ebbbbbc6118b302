//! Business days: which day a transaction is booked on.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::{NotAnInstant, Timestamp, read_date};

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;
const DAY_MINUTES: u16 = 1440;
const UNIX_EPOCH: Date = Date::constant(1970, 1, 1);

/// A business day, counted from 1970-01-01. As text it is a date of ISO 8601, `2026-01-31`.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

impl Day {
    /// The day that is `number` days after 1970-01-01.
    #[must_use]
    pub fn from_number(number: i32) -> Day {
        Day(number)
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub fn number(self) -> i32 {
        self.0
    }

    /// The day of the calendar in UTC that `at` falls on.
    #[must_use]
    pub fn utc(at: Timestamp) -> Day {
        Day::holding(at.unix_ms())
    }

    /// Its first instant in UTC.
    #[must_use]
    pub fn begins_utc(self) -> Timestamp {
        Timestamp::from_unix_ms(i64::from(self.0) * DAY_MS)
    }

    /// Its last instant in UTC.
    #[must_use]
    pub fn ends_utc(self) -> Timestamp {
        Timestamp::from_unix_ms(i64::from(self.0) * DAY_MS + DAY_MS - 1)
    }

    fn holding(ms: i64) -> Day {
        // Instants are held to the years 0 to 9999, which are less than four million days.
        Day(i32::try_from(ms.div_euclid(DAY_MS)).unwrap_or_default())
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = UNIX_EPOCH.checked_add(jiff::Span::new().try_days(self.0).map_err(|_| fmt::Error)?);
        write!(f, "{}", date.map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Not a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a date; write it like 2026-01-31")]
pub struct NotADay;

impl FromStr for Day {
    type Err = NotADay;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let date = read_date(text.as_bytes()).ok_or(NotADay)?;
        let days = date.duration_since(UNIX_EPOCH).as_hours() / 24;
        i32::try_from(days).map(Day).map_err(|_| NotADay)
    }
}

/// Reads an instant, or a date as its first instant in UTC.
pub fn first_instant(text: &str) -> Result<Timestamp, NotAnInstant> {
    text.parse().map(Day::begins_utc).or_else(|_| text.parse())
}

/// Reads an instant, or a date as its last instant in UTC.
pub fn last_instant(text: &str) -> Result<Timestamp, NotAnInstant> {
    text.parse().map(Day::ends_utc).or_else(|_| text.parse())
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::deserialize(deserializer, "a date")
    }
}

/// When the bank's business day begins: so many minutes after midnight in a zone of the IANA time
/// zone database, as compiled into the library. What happens before that is booked on the day
/// before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusinessDay {
    zone: TimeZone,
    begins_ms: i64,
}

impl BusinessDay {
    /// Days that begin at midnight UTC.
    pub const UTC: BusinessDay = BusinessDay { zone: TimeZone::UTC, begins_ms: 0 };

    /// Days that begin `begins` minutes (0 to 1,439) after midnight in `zone`, such as
    /// `Europe/Berlin`.
    pub fn new(zone: &str, begins: u16) -> Result<BusinessDay, NotABusinessDay> {
        if begins >= DAY_MINUTES {
            return Err(NotABusinessDay);
        }
        let zone = TimeZone::get(zone).map_err(|_| NotABusinessDay)?;
        Ok(BusinessDay { zone, begins_ms: i64::from(begins) * MINUTE_MS })
    }

    /// The business day that `at` belongs to.
    #[must_use]
    pub fn of(&self, at: Timestamp) -> Day {
        let ms = at.unix_ms() - self.begins_ms;
        if self.zone == TimeZone::UTC {
            return Day::holding(ms);
        }
        // Jiff's instants end a day before the year 9999 does.
        let instant = jiff::Timestamp::from_millisecond(at.unix_ms()).unwrap_or(jiff::Timestamp::MAX);
        let offset = self.zone.to_offset(instant).seconds();
        let day = Day::holding(ms + i64::from(offset) * 1000);
        // Where clocks are put back over its beginning, a day does not begin twice.
        let next = Day(day.0.saturating_add(1));
        if self.beginning(next).is_some_and(|beginning| beginning <= at.unix_ms()) { next } else { day }
    }

    /// When `day` begins, for the first time.
    fn beginning(&self, day: Day) -> Option<i64> {
        let local = i64::from(day.0) * DAY_MS + self.begins_ms;
        let local = TimeZone::UTC.to_datetime(jiff::Timestamp::from_millisecond(local).ok()?);
        Some(self.zone.to_timestamp(local).ok()?.as_millisecond())
    }
}

/// Not a business day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a business day; name a time zone like Europe/Berlin, and a time of day")]
pub struct NotABusinessDay;

#[cfg(test)]
mod tests {
    use super::*;

    fn day(business_day: &BusinessDay, at: &str) -> String {
        business_day.of(at.parse().unwrap()).to_string()
    }

    #[test]
    fn text_is_a_date_and_reads_back() {
        for text in ["2026-01-31", "1969-12-31", "2024-02-29"] {
            assert_eq!(text.parse::<Day>().unwrap().to_string(), text);
        }
        for text in ["0000-01-01", "1970-01-01", "9999-12-31"] {
            assert_eq!(text.parse::<Day>().unwrap().to_string(), text);
        }
        for text in [
            "2026-02-30",
            "20260131",
            "2026-1-31",
            "2026-01-31 ",
            "2026-01-31T12:00:00",
            "2026-01-31T12:00:00Z",
            "-2026-01-31",
            "+002026-01-31",
            "2026-W05-6",
        ] {
            assert_eq!(text.parse::<Day>(), Err(NotADay), "{text}");
        }
        assert_eq!(Day::from_number(0).to_string(), "1970-01-01");
    }

    #[test]
    fn a_bare_date_is_the_whole_day_in_utc() {
        let text = |at: Result<Timestamp, _>| at.unwrap().to_string();
        assert_eq!(text(first_instant("2026-01-31")), "2026-01-31T00:00:00.000Z");
        assert_eq!(text(last_instant("2026-01-31")), "2026-01-31T23:59:59.999Z");
        assert_eq!(text(last_instant("9999-12-31")), "9999-12-31T23:59:59.999Z");
        assert_eq!(text(first_instant("0000-01-01")), "0000-01-01T00:00:00.000Z");
        assert_eq!(text(last_instant("2026-01-31T12:00:00Z")), "2026-01-31T12:00:00.000Z");
        for bad in ["", "yesterday", "2026-02-30", "12:00", "2026-01-31T12:00:00", "20260131"] {
            assert_eq!(
                (first_instant(bad), last_instant(bad)),
                (Err(NotAnInstant), Err(NotAnInstant)),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn days_begin_where_and_when_the_bank_says() {
        assert_eq!(day(&BusinessDay::UTC, "2026-07-01T23:59:59.999Z"), "2026-07-01");
        let berlin = BusinessDay::new("Europe/Berlin", 0).unwrap();
        assert_eq!(day(&berlin, "2026-07-01T21:59:59.999Z"), "2026-07-01");
        assert_eq!(day(&berlin, "2026-07-01T22:00:00.000Z"), "2026-07-02");
        assert_eq!(day(&berlin, "2026-01-01T22:30:00.000Z"), "2026-01-01"); // winter
        let late = BusinessDay::new("America/New_York", 6 * 60).unwrap();
        assert_eq!(day(&late, "2026-01-02T10:59:59.999Z"), "2026-01-01");
        assert_eq!(day(&late, "2026-01-02T11:00:00.000Z"), "2026-01-02");
        assert_eq!(day(&BusinessDay::UTC, "1969-12-31T23:59:59.999Z"), "1969-12-31");
    }

    #[test]
    fn no_day_comes_again_when_clocks_are_put_back() {
        // In Berlin on 2026-10-25 an hour after 02:00 comes twice, and on 2026-03-29 it never comes.
        let berlin = BusinessDay::new("Europe/Berlin", 2 * 60 + 30).unwrap();
        for (at, expected) in [
            ("2026-10-25T00:29:59.999Z", "2026-10-24"),
            ("2026-10-25T00:30:00.000Z", "2026-10-25"),
            ("2026-10-25T01:00:00.000Z", "2026-10-25"), // 02:00 for the second time
            ("2026-10-25T01:30:00.000Z", "2026-10-25"),
            ("2026-10-26T01:29:59.999Z", "2026-10-25"),
            ("2026-10-26T01:30:00.000Z", "2026-10-26"),
            ("2026-03-29T00:59:59.999Z", "2026-03-28"),
            ("2026-03-29T01:00:00.000Z", "2026-03-29"), // 03:00, after 01:59
        ] {
            assert_eq!(day(&berlin, at), expected, "{at}");
        }
    }

    #[test]
    fn days_of_23_25_and_24_and_a_half_hours_are_days_of_their_own() {
        let cases: &[(&str, &[(&str, &str)])] = &[
            // 23 hours on 2026-03-29, 25 on 2026-10-25.
            (
                "Europe/Berlin",
                &[
                    ("2026-03-28T22:59:59.999Z", "2026-03-28"),
                    ("2026-03-28T23:00:00.000Z", "2026-03-29"),
                    ("2026-03-29T21:59:59.999Z", "2026-03-29"),
                    ("2026-03-29T22:00:00.000Z", "2026-03-30"),
                    ("2026-10-24T22:00:00.000Z", "2026-10-25"),
                    ("2026-10-25T22:59:59.999Z", "2026-10-25"),
                    ("2026-10-25T23:00:00.000Z", "2026-10-26"),
                ],
            ),
            // Clocks went from 00:00 to 01:00 on 2017-10-15, and from 00:00 back to 23:00 on 2018-02-18.
            (
                "America/Sao_Paulo",
                &[
                    ("2017-10-15T02:59:59.999Z", "2017-10-14"),
                    ("2017-10-15T03:00:00.000Z", "2017-10-15"),
                    ("2017-10-16T01:59:59.999Z", "2017-10-15"),
                    ("2017-10-16T02:00:00.000Z", "2017-10-16"),
                    ("2018-02-18T01:59:59.999Z", "2018-02-17"),
                    ("2018-02-18T02:00:00.000Z", "2018-02-17"), // 23:00 for the second time
                    ("2018-02-18T02:59:59.999Z", "2018-02-17"),
                    ("2018-02-18T03:00:00.000Z", "2018-02-18"),
                ],
            ),
            // The whole of 2011-12-30 was left out.
            (
                "Pacific/Apia",
                &[
                    ("2011-12-30T09:59:59.999Z", "2011-12-29"),
                    ("2011-12-30T10:00:00.000Z", "2011-12-31"),
                    ("2011-12-31T09:59:59.999Z", "2011-12-31"),
                    ("2011-12-31T10:00:00.000Z", "2012-01-01"),
                ],
            ),
            // Clocks go by half an hour: back at 02:00 on 2026-04-05, forward at 02:00 on 2026-10-04.
            (
                "Australia/Lord_Howe",
                &[
                    ("2026-04-04T12:59:59.999Z", "2026-04-04"),
                    ("2026-04-04T13:00:00.000Z", "2026-04-05"),
                    ("2026-04-05T13:29:59.999Z", "2026-04-05"),
                    ("2026-04-05T13:30:00.000Z", "2026-04-06"),
                    ("2026-10-03T13:30:00.000Z", "2026-10-04"),
                    ("2026-10-04T12:59:59.999Z", "2026-10-04"),
                    ("2026-10-04T13:00:00.000Z", "2026-10-05"),
                ],
            ),
        ];
        for (zone, instants) in cases {
            let business_day = BusinessDay::new(zone, 0).unwrap();
            for (at, expected) in *instants {
                assert_eq!(day(&business_day, at), *expected, "{zone} at {at}");
            }
        }
    }

    #[test]
    fn days_that_begin_in_an_hour_that_comes_twice_or_never_begin_once() {
        // Half an hour after midnight in Sao Paulo, and 01:45 on Lord Howe Island.
        let (sao_paulo, lord_howe) = (
            BusinessDay::new("America/Sao_Paulo", 30).unwrap(),
            BusinessDay::new("Australia/Lord_Howe", 105),
        );
        for (at, expected) in [
            ("2017-10-15T02:59:59.999Z", "2017-10-14"),
            ("2017-10-15T03:00:00.000Z", "2017-10-15"), // 01:00, after 23:59: 00:30 never was
            ("2018-02-18T03:29:59.999Z", "2018-02-17"),
            ("2018-02-18T03:30:00.000Z", "2018-02-18"),
        ] {
            assert_eq!(day(&sao_paulo, at), expected, "{at}");
        }
        let lord_howe = lord_howe.unwrap();
        for (at, expected) in [
            ("2026-04-04T14:44:59.999Z", "2026-04-04"),
            ("2026-04-04T14:45:00.000Z", "2026-04-05"), // 01:45
            ("2026-04-04T15:00:00.000Z", "2026-04-05"), // 01:30 for the second time
            ("2026-04-04T15:15:00.000Z", "2026-04-05"), // 01:45 for the second time
            ("2026-04-05T15:14:59.999Z", "2026-04-05"),
            ("2026-04-05T15:15:00.000Z", "2026-04-06"),
        ] {
            assert_eq!(day(&lord_howe, at), expected, "{at}");
        }
    }

    #[test]
    fn days_follow_one_another_in_every_zone() {
        const QUARTER_MS: i64 = 15 * 60 * 1000;
        for zone in
            ["Europe/Berlin", "America/Havana", "America/Santiago", "Australia/Lord_Howe", "Asia/Beirut"]
        {
            for begins in [0, 15, 60, 90, 150, 1425] {
                let business_day = BusinessDay::new(zone, begins).unwrap();
                let start = "2026-01-01T00:00:00.000Z".parse::<Timestamp>().unwrap().unix_ms();
                let days = (0..366 * 96).map(|quarter| {
                    business_day.of(Timestamp::from_unix_ms(start + quarter * QUARTER_MS)).number()
                });
                let days: Vec<i32> = days.collect();
                let next = days.windows(2).all(|pair| pair[1] == pair[0] || pair[1] == pair[0] + 1);
                assert!(next, "{zone} from minute {begins} on");
            }
        }
    }

    #[test]
    fn zones_and_times_that_are_none_are_refused() {
        assert_eq!(BusinessDay::new("Europe/Atlantis", 0), Err(NotABusinessDay));
        assert_eq!(BusinessDay::new("UTC", 1440), Err(NotABusinessDay));
    }
}
