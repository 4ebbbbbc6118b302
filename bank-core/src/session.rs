//! Sessions: who holds an account, and until when.

use std::fmt;
use std::num::NonZero;

use crate::account::AccountId;
use crate::policy::Policy;
use crate::time::Timestamp;

/// A session's name: 128 random bits, known only to the bank's process. It never travels; on a
/// wire the channel is the session.
///
/// Its first half is never zero, so an account without a lease needs no byte to say so and fits its cache
/// lines.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId(NonZero<u64>, u64);

impl SessionId {
    /// From 16 bytes of a cryptographic random source.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> SessionId {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = bytes;
        let first = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
        let last = u64::from_le_bytes([i, j, k, l, m, n, o, p]);
        SessionId(NonZero::new(!first).unwrap_or(NonZero::<u64>::MIN), last)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(..)")
    }
}

/// An account in one session's hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The holder.
    pub session: SessionId,
    /// When it logged in.
    pub granted: Timestamp,
    /// When it last did something.
    pub used: Timestamp,
}

/// A session whose time was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionEnd {
    /// The account that it held, which is free now.
    pub account: AccountId,
    /// Which session.
    pub session: SessionId,
    /// When its time was over.
    pub at: Timestamp,
}

impl Lease {
    /// The instant from which on the lease holds no longer: idle or open for too long.
    #[must_use]
    pub fn ends(&self, policy: &Policy) -> Timestamp {
        self.used.after(policy.session_idle_max).min(self.granted.after(policy.session_time_max))
    }

    /// Whether the lease still holds at `now`: neither idle nor open for too long.
    #[must_use]
    pub fn is_live(&self, policy: &Policy, now: Timestamp) -> bool {
        now < self.ends(policy)
    }
}
