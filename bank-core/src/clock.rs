//! The clock that the bank reads: the machine's, or one that a test sets.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
#[cfg(not(any(target_os = "linux", target_os = "android")))]
use std::time::Instant;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::dates::ClockChange;
use crate::time::Timestamp;

/// Reports to the time. A store asks it once a batch, and reckons the [dates](crate::dates::Dates) of its records from
/// the answers.
pub trait Clock: Send + Sync + 'static {
    /// The date, as a wall clock shows it: somebody may have set it wrong.
    fn now(&self) -> Timestamp;

    /// The time since any fixed instant, which nobody can set, and which goes on while the machine
    /// sleeps. Without it, which is the default, a wall clock that jumps can't be distinguished from time that
    /// passed, and is believed.
    fn elapsed(&self) -> Option<Duration> {
        None
    }
}

/// The machine's clocks: the wall clock, and `CLOCK_BOOTTIME` where there is one for the time that
/// passes, otherwise a monotonic clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::default().after(since_1970)
    }

    fn elapsed(&self) -> Option<Duration> {
        Some(since_boot())
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn since_boot() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Duration::try_from(now).unwrap_or_default()
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn since_boot() -> Duration {
    static FIRST: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    FIRST.elapsed()
}

/// A clock that moves when asked to, for tests and simulations.
#[derive(Debug, Default)]
pub struct ManualClock {
    wall_ms: AtomicI64,
    /// The time that was let pass, where the clock measures it.
    elapsed: Option<Mutex<Duration>>,
}

impl ManualClock {
    /// A wall clock alone, set to `start`: it is believed wherever it goes.
    #[must_use]
    pub fn at(start: Timestamp) -> ManualClock {
        ManualClock { wall_ms: AtomicI64::new(start.unix_ms()), elapsed: None }
    }

    /// A machine's clocks, the wall clock at `start`.
    #[must_use]
    pub fn with_elapsed_time(start: Timestamp) -> ManualClock {
        ManualClock { elapsed: Some(Mutex::default()), ..ManualClock::at(start) }
    }

    /// Sets the wall clock to `instant`, back too. No time passes.
    pub fn set(&self, instant: Timestamp) {
        self.wall_ms.store(instant.unix_ms(), Ordering::SeqCst);
    }

    /// Lets `duration` pass.
    pub fn advance(&self, duration: Duration) {
        self.set(self.now().after(duration));
        if let Some(elapsed) = &self.elapsed {
            let mut elapsed = elapsed.lock().unwrap_or_else(PoisonError::into_inner);
            *elapsed = elapsed.saturating_add(duration);
        }
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_ms(self.wall_ms.load(Ordering::SeqCst))
    }

    fn elapsed(&self) -> Option<Duration> {
        self.elapsed.as_ref().map(|elapsed| *elapsed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Writes to the log what a reading of the clocks showed.
pub fn log(change: ClockChange) {
    match change {
        ClockChange::Jumped { by_ms } => tracing::warn!(
            by_seconds = by_ms / 1000,
            "the machine's clock has jumped; dates go on by elapsed time until it is right again"
        ),
        ClockChange::Following => tracing::warn!("dates are those of the machine's clock again"),
    }
}
