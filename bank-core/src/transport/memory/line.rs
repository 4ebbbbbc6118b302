//! The state that the two ends of a connection in memory share.

use std::sync::{Arc, Mutex};
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::transport::HANDSHAKE_TIME_MAX;

/// What both ends of a connection share.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) wire: MemoryWire,
    /// The wire is broken: nothing passes any more.
    pub(super) cut: CancellationToken,
    /// An end was closed or dropped: what is on its way still arrives.
    pub(super) ended: CancellationToken,
    /// How many frames pass before the line is cut; without end where `None`.
    pub(super) frames_left: Option<Mutex<u64>>,
    /// A permit for each channel that may still be opened.
    pub(super) places: Arc<Semaphore>,
}

impl Line {
    /// Counts a frame that is about to be sent; `false` where the line is down.
    pub(super) fn admits_frame(&self) -> bool {
        if let Some(frames_left) = &self.frames_left {
            let mut left = lock(frames_left);
            match left.checked_sub(1) {
                Some(fewer) => *left = fewer,
                None => self.cut.cancel(),
            }
        }
        !self.cut.is_cancelled() && !self.ended.is_cancelled()
    }
}

/// A queue's length as tokio can make it.
pub(super) fn bound(wanted: usize) -> usize {
    wanted.clamp(1, Semaphore::MAX_PERMITS)
}

/// No code that holds one of these locks can panic, so a poisoned one is as good as any.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How a [`MemoryTransport`](super::MemoryTransport) carries: the defaults neither wait nor lose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryWire {
    /// How long each frame, each clean end and each half of a handshake is on its way. Default: no time.
    pub delay: Duration,
    /// How many frames a channel holds in each direction before `send` waits; at least 1. Default: 64.
    pub frames_max: usize,
    /// How many channels may be open at once on a connection, at least 1; `open` waits beyond it. Default: 256.
    pub channels_max: usize,
    /// How many clients may wait at a listener; more of them wait unseen. At least 1. Default: 128.
    pub backlog_max: usize,
    /// How long `connect` and `Incoming::accept` may take. Default: [`HANDSHAKE_TIME_MAX`].
    pub handshake_time_max: Duration,
}

impl Default for MemoryWire {
    fn default() -> Self {
        MemoryWire {
            delay: Duration::ZERO,
            frames_max: 64,
            channels_max: 256,
            backlog_max: 128,
            handshake_time_max: HANDSHAKE_TIME_MAX,
        }
    }
}
