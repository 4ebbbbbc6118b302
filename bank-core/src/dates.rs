//! The dates of records: a wall clock, followed as long as it can be trusted.
//!
//! A wall clock says which date it is, and anybody may set it. Elapsed time says how long something
//! took, and nobody can set it. As long as both agree, dates are the wall clock's. Once the wall clock
//! has jumped against elapsed time, dates go on by elapsed time alone, until the wall clock is back, or
//! was steady for a while and is ahead. Dates never run backwards.

use std::time::Duration;

use crate::time::Timestamp;

/// How far a wall clock may be from where elapsed time puts it, before it counts as one that has
/// jumped.
pub const CLOCK_JUMP_MAX: Duration = Duration::from_secs(600);

/// How long a wall clock that has jumped ahead must run evenly before dates follow it.
pub const CLOCK_STEADY_TIME: Duration = Duration::from_secs(600);

/// How far a wall clock that runs evenly may come from elapsed time within [`CLOCK_STEADY_TIME`]:
/// more than a time service that slews a clock by 500 parts in a million does (RFC 5905).
const UNEVEN_MS_MAX: i64 = 5_000;

/// The dates that one store gives to what it records.
#[derive(Debug, Clone, Default)]
pub struct Dates {
    date: Timestamp,
    /// The reading that dates are reckoned from.
    anchor: Option<Anchor>,
    course: Course,
    jumps: u64,
}

#[derive(Debug, Clone, Copy)]
struct Anchor {
    date: Timestamp,
    elapsed: Duration,
}

#[derive(Debug, Clone, Copy, Default)]
enum Course {
    /// Dates are the wall clock's.
    #[default]
    Following,
    /// The wall clock was set back a little: dates go on at half speed until it has caught up.
    Slowed,
    /// The wall clock has jumped: dates go on by elapsed time.
    Apart {
        /// The wall clock less elapsed time, when that changed last.
        offset_ms: i64,
        /// Since when it has not changed.
        since: Duration,
    },
}

/// A date, and what is to be reported about the clock with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dated {
    /// The date; never before one that was given earlier.
    pub date: Timestamp,
    /// What has changed with this reading.
    pub change: Option<ClockChange>,
}

/// What a reading of the clocks showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClockChange {
    /// The wall clock is so many milliseconds from where elapsed time puts it, below zero where it is
    /// behind. From now on dates go by elapsed time.
    Jumped {
        /// How far.
        by_ms: i64,
    },
    /// Dates are the wall clock's again.
    Following,
}

/// How far the dates of records are from the wall clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClockStatus {
    /// How often the wall clock has jumped since the store was opened.
    pub jumps: u64,
    /// While dates go by elapsed time: how many milliseconds they are ahead of the wall clock, below
    /// zero where they are behind.
    pub ahead_ms: Option<i64>,
}

impl ClockStatus {
    /// The same distance in whole seconds.
    #[must_use]
    pub fn ahead_seconds(&self) -> Option<i64> {
        self.ahead_ms.map(|ms| ms / 1000)
    }
}

impl Dates {
    /// Dates that follow those given up to `last`. Where the wall clock is behind that by more than
    /// [`CLOCK_JUMP_MAX`], they go on from there by elapsed time.
    #[must_use]
    pub fn after(last: Timestamp) -> Dates {
        Dates { date: last, anchor: None, course: Course::Following, jumps: 0 }
    }

    /// The date for decisions made now.
    ///
    /// `elapsed` is the time since any fixed instant, the same for all readings; where there is none
    /// the wall clock is followed wherever it goes, but never back.
    pub fn date(&mut self, wall: Timestamp, elapsed: Option<Duration>) -> Dated {
        let was_apart = matches!(self.course, Course::Apart { .. });
        let date = match elapsed {
            Some(elapsed) => self.reckon(wall, elapsed),
            None => wall,
        };
        self.date = self.date.max(date);
        let is_apart = matches!(self.course, Course::Apart { .. });
        let change = match (was_apart, is_apart) {
            (false, true) => Some(ClockChange::Jumped { by_ms: between_ms(self.date, wall) }),
            (true, false) => Some(ClockChange::Following),
            _ => None,
        };
        Dated { date: self.date, change }
    }

    /// How far dates are from a wall clock that shows `wall`.
    #[must_use]
    pub fn status(&self, wall: Timestamp) -> ClockStatus {
        let is_apart = matches!(self.course, Course::Apart { .. });
        ClockStatus { jumps: self.jumps, ahead_ms: is_apart.then(|| between_ms(wall, self.date)) }
    }

    fn reckon(&mut self, wall: Timestamp, elapsed: Duration) -> Timestamp {
        // Before the first reading nothing is known but the last date.
        let is_first = self.anchor.is_none();
        let anchor = *self.anchor.get_or_insert(Anchor { date: self.date, elapsed });
        let passed = elapsed.saturating_sub(anchor.elapsed);
        let passed = if matches!(self.course, Course::Slowed) { passed / 2 } else { passed };
        let reckoned = anchor.date.after(passed);
        let off_ms = between_ms(reckoned, wall);
        let jump_ms = i64::try_from(CLOCK_JUMP_MAX.as_millis()).unwrap_or(i64::MAX);
        // A bank that was not open for a while is no jump.
        if off_ms > jump_ms && !is_first || off_ms < -jump_ms {
            return self.apart(wall, elapsed, reckoned);
        }
        match off_ms < 0 {
            true if matches!(self.course, Course::Slowed) => reckoned,
            true => {
                self.anchor = Some(Anchor { date: reckoned, elapsed });
                self.course = Course::Slowed;
                reckoned
            }
            false => self.follow(wall, elapsed),
        }
    }

    fn follow(&mut self, wall: Timestamp, elapsed: Duration) -> Timestamp {
        self.anchor = Some(Anchor { date: wall, elapsed });
        self.course = Course::Following;
        wall
    }

    fn apart(&mut self, wall: Timestamp, elapsed: Duration, reckoned: Timestamp) -> Timestamp {
        let elapsed_ms = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
        let offset_ms = wall.unix_ms().saturating_sub(elapsed_ms);
        let since = match self.course {
            Course::Apart { offset_ms: before, since } => {
                let is_even = offset_ms.saturating_sub(before).saturating_abs() <= UNEVEN_MS_MAX;
                if is_even && elapsed.saturating_sub(since) >= CLOCK_STEADY_TIME && wall > reckoned {
                    return self.follow(wall, elapsed);
                }
                is_even.then_some((before, since))
            }
            Course::Following | Course::Slowed => {
                self.jumps += 1;
                self.anchor = Some(Anchor { date: reckoned, elapsed });
                None
            }
        };
        let (offset_ms, since) = since.unwrap_or((offset_ms, elapsed));
        self.course = Course::Apart { offset_ms, since };
        reckoned
    }
}

fn between_ms(from: Timestamp, to: Timestamp) -> i64 {
    to.unix_ms().saturating_sub(from.unix_ms())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;
    const YEAR: i64 = 365 * 24 * 60 * MINUTE;

    /// A wall clock and elapsed time, and the dates that they lead to.
    struct Clocks {
        dates: Dates,
        wall: i64,
        elapsed: i64,
    }

    impl Clocks {
        fn new() -> Clocks {
            let mut clocks = Clocks { dates: Dates::after(Timestamp::default()), wall: YEAR, elapsed: 0 };
            assert_eq!(clocks.read(), (YEAR, None));
            clocks
        }

        fn read(&mut self) -> (i64, Option<ClockChange>) {
            let elapsed = Duration::from_millis(u64::try_from(self.elapsed).unwrap());
            let Dated { date, change } = self.dates.date(Timestamp::from_unix_ms(self.wall), Some(elapsed));
            (date.unix_ms(), change)
        }

        fn pass(&mut self, ms: i64) -> (i64, Option<ClockChange>) {
            (self.wall, self.elapsed) = (self.wall + ms, self.elapsed + ms);
            self.read()
        }

        fn status(&self) -> ClockStatus {
            self.dates.status(Timestamp::from_unix_ms(self.wall))
        }
    }

    #[test]
    fn dates_are_those_of_a_wall_clock_that_runs_evenly() {
        let mut clocks = Clocks::new();
        for ms in [1, 0, 999, 10 * MINUTE, YEAR] {
            assert_eq!(clocks.pass(ms), (clocks.wall, None));
        }
        // A machine that slept is no jump: elapsed time counts on.
        assert_eq!(clocks.pass(30 * 24 * 60 * MINUTE), (clocks.wall, None));
        assert_eq!(clocks.status(), ClockStatus::default());
    }

    #[test]
    fn one_reading_a_year_ahead_moves_no_date() {
        let mut clocks = Clocks::new();
        clocks.wall += YEAR;
        let jumped = ClockChange::Jumped { by_ms: YEAR };
        assert_eq!(clocks.pass(MINUTE), (YEAR + MINUTE, Some(jumped)));
        assert_eq!(clocks.status(), ClockStatus { jumps: 1, ahead_ms: Some(-YEAR) });
        assert_eq!(clocks.pass(MINUTE), (YEAR + 2 * MINUTE, None));
        clocks.wall -= YEAR;
        assert_eq!(clocks.pass(MINUTE), (YEAR + 3 * MINUTE, Some(ClockChange::Following)));
        assert_eq!(clocks.status(), ClockStatus { jumps: 1, ahead_ms: None });
    }

    #[test]
    fn a_clock_that_stays_ahead_is_followed_once_it_was_steady() {
        let mut clocks = Clocks::new();
        clocks.wall += YEAR;
        clocks.read();
        clocks.pass(9 * MINUTE);
        // It jumps once more: the time starts anew.
        clocks.wall += MINUTE;
        assert_eq!(clocks.pass(9 * MINUTE), (YEAR + 18 * MINUTE, None));
        assert_eq!(clocks.pass(9 * MINUTE), (YEAR + 27 * MINUTE, None));
        assert_eq!(clocks.pass(MINUTE), (clocks.wall, Some(ClockChange::Following)));
        assert_eq!(clocks.pass(MINUTE), (clocks.wall, None));
    }

    #[test]
    fn a_clock_set_back_stalls_nothing() {
        let mut clocks = Clocks::new();
        clocks.pass(MINUTE);
        clocks.wall -= 60 * MINUTE;
        let jumped = ClockChange::Jumped { by_ms: -60 * MINUTE };
        assert_eq!(clocks.pass(MINUTE), (YEAR + 2 * MINUTE, Some(jumped)));
        // However steady: dates never run backwards.
        assert_eq!(clocks.pass(30 * MINUTE), (YEAR + 32 * MINUTE, None));
        assert_eq!(clocks.status(), ClockStatus { jumps: 1, ahead_ms: Some(60 * MINUTE) });
        clocks.wall += 60 * MINUTE;
        assert_eq!(clocks.pass(MINUTE), (YEAR + 33 * MINUTE, Some(ClockChange::Following)));
    }

    #[test]
    fn a_clock_set_back_a_little_is_waited_for_at_half_speed() {
        let mut clocks = Clocks::new();
        clocks.wall -= 4 * MINUTE;
        assert_eq!(clocks.read(), (YEAR, None));
        assert_eq!(clocks.pass(2 * MINUTE), (YEAR + MINUTE, None));
        // Many readings lose no time.
        for _ in 0..1000 {
            clocks.pass(120);
        }
        assert_eq!(clocks.read(), (YEAR + 2 * MINUTE, None));
        assert_eq!(clocks.pass(4 * MINUTE), (YEAR + 4 * MINUTE, None));
        assert_eq!((clocks.pass(MINUTE).0, clocks.status()), (clocks.wall, ClockStatus::default()));
    }

    #[test]
    fn records_ahead_of_the_clock_at_the_start_are_gone_on_from() {
        let mut clocks = Clocks::new();
        clocks.dates = Dates::after(Timestamp::from_unix_ms(clocks.wall + YEAR));
        let behind = ClockChange::Jumped { by_ms: -YEAR };
        assert_eq!(clocks.read(), (2 * YEAR, Some(behind)));
        assert_eq!(clocks.pass(MINUTE), (2 * YEAR + MINUTE, None));
        clocks.wall += YEAR + MINUTE;
        assert_eq!(clocks.pass(MINUTE), (2 * YEAR + 3 * MINUTE, Some(ClockChange::Following)));
    }

    #[test]
    fn without_elapsed_time_the_wall_clock_is_followed_but_never_back() {
        let mut dates = Dates::after(Timestamp::from_unix_ms(5));
        let mut date = |wall| dates.date(Timestamp::from_unix_ms(wall), None).date.unix_ms();
        assert_eq!([date(3), date(YEAR), date(7)], [5, YEAR, YEAR]);
    }
}
