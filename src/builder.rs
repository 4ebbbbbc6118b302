//! The builder of a bank with other settings than the default ones.

use std::sync::Arc;

use bank_engine_core::bank::Bank;
use bank_engine_core::clock::{Clock, SystemClock};
use bank_engine_core::error::{Error, Invalid};
use bank_engine_core::money::Currency;
use bank_engine_core::policy::Policy;
use bank_engine_core::store::MemoryStore;

/// Settings of a bank that is to be opened.
///
/// ```
/// use std::time::Duration;
///
/// use bank_engine::policy::Policy;
///
/// let policy = Policy { session_idle_max: Duration::from_secs(60), ..Policy::default() };
/// let bank = bank_engine::Builder::new().policy(policy).in_memory()?;
/// assert_eq!(bank.policy().session_idle_max, Duration::from_secs(60));
/// # Ok::<(), bank_engine::Error>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct Builder {
    policy: Policy,
    /// The first unit that is none.
    wrong: Option<Invalid>,
    clock: Arc<dyn Clock>,
    #[cfg(feature = "journal")]
    segment_bytes: Option<u64>,
    #[cfg(feature = "journal")]
    accept_clock: bool,
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl Default for Builder {
    fn default() -> Self {
        Builder {
            policy: Policy::default(),
            wrong: None,
            clock: Arc::new(SystemClock),
            #[cfg(feature = "journal")]
            segment_bytes: None,
            #[cfg(feature = "journal")]
            accept_clock: false,
        }
    }
}

impl Builder {
    /// The default settings.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// The bank's rules as far as they are settings: time-outs, the default currency, the business day.
    pub fn policy(mut self, policy: Policy) -> Builder {
        self.policy = policy;
        self
    }

    /// Declares a unit of the bank's own: a code of `[A-Z][A-Z0-9]{2,11}` that is no currency of ISO 4217, and
    /// 0 to 9 decimals, which stay as they are once the first account counts in it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), bank_engine::Error> {
    /// use bank_engine::NewAccount;
    /// let bank = bank_engine::Builder::new().unit("POINTS", 0).in_memory()?;
    /// bank.open_account(NewAccount::new("anna-points", "POINTS")).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn unit(mut self, code: &str, exponent: u8) -> Builder {
        match Currency::unit(code, exponent) {
            Ok(unit) => self.policy.units.push(unit),
            Err(why) => drop(self.wrong.get_or_insert_with(|| Invalid::new("unit", why.to_string()))),
        }
        self
    }

    /// Where time comes from; the machine's clock unless given.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Builder {
        self.clock = clock;
        self
    }

    /// The size of the journal's segments in bytes; see
    /// [`Options`](crate::journal::Options::segment_bytes).
    #[cfg(feature = "journal")]
    pub fn segment_bytes(mut self, bytes: u64) -> Builder {
        self.segment_bytes = Some(bytes);
        self
    }

    /// Opens a journal whose last record is dated ahead of the clock; see
    /// [`Options`](crate::journal::Options::accept_clock).
    #[cfg(feature = "journal")]
    pub fn accept_clock(mut self) -> Builder {
        self.accept_clock = true;
        self
    }

    /// Opens the bank in the directory at `path`, as [`open`](crate::open) does.
    #[cfg(feature = "journal")]
    pub async fn open(self, path: impl AsRef<std::path::Path>) -> Result<Bank, Error> {
        self.wrong.map_or(Ok(()), Err)?;
        let mut options = bank_engine_journal::Options {
            policy: self.policy,
            clock: self.clock,
            accept_clock: self.accept_clock,
            ..bank_engine_journal::Options::default()
        };
        options.segment_bytes = self.segment_bytes.unwrap_or(options.segment_bytes);
        Ok(crate::open_with(path, options).await?)
    }

    /// A bank that keeps everything in memory. Errors: [`Invalid`](Error::Invalid) for a unit that is none.
    pub fn in_memory(self) -> Result<Bank, Error> {
        self.wrong.map_or(Ok(()), Err)?;
        Ok(Bank::with_store(Arc::new(MemoryStore::with_clock(self.policy, self.clock))))
    }
}
