//! Crashing on purpose, for tests: with the feature `failpoints`, `--fail-at` ends the process at a moment of a
//! dispense, so that tests see it settled wherever the ATM crashes.

use clap::ValueEnum;

/// What `atm` ends with when asked to crash.
pub const CRASHED: u8 = 70;

/// A moment in a dispense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum FailAt {
    /// The intention is in the journal
    Intended,
    /// The bank set the money aside
    Authorised,
    /// The journal says that the bank will be asked to order the dispense
    Ordering,
    /// The bank agreed
    Ordered,
    /// The journal says that the mechanism will be ordered to pay out
    Dispensing,
    /// The first note came out
    Paying,
    /// All came out
    Paid,
    /// The journal says what came out
    Dispensed,
    /// The bank knows
    Confirmed,
    /// The journal says that the bank knows
    Settled,
}

/// Where to crash, if anywhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct Failpoint(pub(crate) Option<FailAt>);

impl Failpoint {
    /// Ends the process here and now, with nothing put in order, if this is the moment.
    pub(crate) fn passes(self, moment: FailAt) {
        if self.0 == Some(moment) {
            std::process::exit(CRASHED.into());
        }
    }
}
