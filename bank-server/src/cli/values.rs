//! Values that flags take.

use std::str::FromStr;
use std::time::Duration;

use bank_engine::account::TerminalId;
use bank_engine::day::BusinessDay;
use bank_engine::money::Amount;
use bank_engine::notes::{NotNotes, NoteCount, parse_notes};

/// The longest time that a flag takes.
const DURATION_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

/// Reads `90`, `90s` (seconds), `2m`, `1h` or `500ms`: more than nothing, at most seven days.
pub fn duration(text: &str) -> Result<Duration, NotADuration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits).ok_or(NotADuration)?;
    let number: u64 = number.parse().map_err(|_| NotADuration)?;
    let unit_ms = match unit {
        "ms" => 1,
        "" | "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(NotADuration),
    };
    let duration = number.checked_mul(unit_ms).map(Duration::from_millis);
    duration.filter(|time| !time.is_zero() && *time <= DURATION_MAX).ok_or(NotADuration)
}

/// Not a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time; write it like 90s, 2m or 1h, more than nothing and at most seven days")]
pub struct NotADuration;

/// A number of clients: at least one.
pub(super) fn count(text: &str) -> Result<usize, &'static str> {
    text.parse().ok().filter(|count| (1..=1_000_000).contains(count)).ok_or("use a number from 1 to 1000000")
}

/// The size of a segment: from 64 KiB to 1 GiB; it is read as a whole.
pub(super) fn segment_bytes(text: &str) -> Result<u64, &'static str> {
    let bytes = text.parse().ok().filter(|bytes| (1 << 16..=1 << 30).contains(bytes));
    bytes.ok_or("use a number of bytes from 65536 to 1073741824")
}

/// A terminal and the cash to put into it, as in `lobby=5000.00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalLoad {
    /// Its name.
    pub terminal: TerminalId,
    /// How much, zero or more.
    pub amount: Amount,
}

impl FromStr for TerminalLoad {
    type Err = NotATerminalLoad;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (terminal, amount) = text.split_once('=').ok_or(NotATerminalLoad)?;
        let terminal = terminal.parse().map_err(|_| NotATerminalLoad)?;
        let amount: Amount = amount.parse().map_err(|_| NotATerminalLoad)?;
        Some(TerminalLoad { terminal, amount })
            .filter(|load| !load.amount.to_string().starts_with('-'))
            .ok_or(NotATerminalLoad)
    }
}

/// Not a terminal with its cash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a terminal with its cash; write it like lobby=5000.00")]
pub struct NotATerminalLoad;

/// A limit to be set, or to be lifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifted<T> {
    /// To be set to this.
    To(T),
    /// To be none.
    None,
}

impl<T> Lifted<T> {
    /// What it is to be.
    pub fn limit(self) -> Option<T> {
        match self {
            Lifted::To(limit) => Some(limit),
            Lifted::None => None,
        }
    }
}

/// Reads `none` or a limit.
pub(super) fn lifted<T: FromStr>(text: &str) -> Result<Lifted<T>, T::Err> {
    if text == "none" { Ok(Lifted::None) } else { text.parse().map(Lifted::To) }
}

/// Notes, as in `100x20,40x50`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteList(pub Vec<NoteCount>);

/// Reads `COUNTxFACE[,COUNTxFACE]...`.
pub(super) fn notes(text: &str) -> Result<NoteList, NotNotes> {
    parse_notes(text).map(NoteList)
}

/// A time of day to the minute, as in `06:30`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeOfDay {
    /// Minutes after midnight, 0 to 1,439.
    pub minutes: u16,
}

impl FromStr for TimeOfDay {
    type Err = NotATimeOfDay;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |text: &str, below: u16| {
            let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<u16>().ok().filter(|number| is_number && *number < below).ok_or(NotATimeOfDay)
        };
        let (hours, minutes) = text.split_once(':').ok_or(NotATimeOfDay)?;
        Ok(TimeOfDay { minutes: number(hours, 24)? * 60 + number(minutes, 60)? })
    }
}

/// Not a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time of day; write it like 06:30, from 00:00 to 23:59")]
pub struct NotATimeOfDay;

/// The name of a time zone that is known.
pub(super) fn zone(text: &str) -> Result<String, &'static str> {
    let known = BusinessDay::new(text, 0).is_ok();
    known.then(|| text.to_owned()).ok_or("no time zone is known by this name; use one like Europe/Berlin")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        let seconds = |text| duration(text).map(|time| time.as_secs_f64());
        assert_eq!(seconds("90"), Ok(90.0));
        assert_eq!(seconds("90s"), Ok(90.0));
        assert_eq!(seconds("2m"), Ok(120.0));
        assert_eq!(seconds("1h"), Ok(3600.0));
        assert_eq!(seconds("500ms"), Ok(0.5));
        for bad in ["", "s", "0", "-1", "1.5s", "1 s", "1d", "169h", "99999999999999999999", "1é", "é"] {
            assert_eq!(duration(bad), Err(NotADuration), "{bad:?}");
        }
    }

    #[test]
    fn times_of_day_are_to_the_minute() {
        let minutes = |text: &str| text.parse::<TimeOfDay>().map(|time| time.minutes);
        assert_eq!((minutes("00:00"), minutes("06:30"), minutes("23:59")), (Ok(0), Ok(390), Ok(1439)));
        for bad in ["", "6:30", "06:60", "24:00", "+1:00", "06", "06:30:00", "06-30"] {
            assert_eq!(minutes(bad), Err(NotATimeOfDay), "{bad:?}");
        }
        assert!(zone("Europe/Berlin").is_ok() && zone("Europe/Atlantis").is_err());
    }

    #[test]
    fn limits_can_be_lifted() {
        assert_eq!(lifted::<u32>("none"), Ok(Lifted::None));
        assert_eq!(lifted::<u32>("3"), Ok(Lifted::To(3)));
        assert!(lifted::<u32>("-3").is_err());
    }

    #[test]
    fn a_terminal_comes_with_its_cash() {
        let load: TerminalLoad = "lobby=5000.00".parse().unwrap();
        assert_eq!((load.terminal.as_str(), load.amount.to_string().as_str()), ("lobby", "5000.00"));
        assert!("lobby=0".parse::<TerminalLoad>().is_ok());
        for bad in ["", "lobby", "lobby=", "=5", "lobby=-5", "lo bby=5", "lobby=5=6"] {
            assert_eq!(bad.parse::<TerminalLoad>(), Err(NotATerminalLoad), "{bad:?}");
        }
    }
}
