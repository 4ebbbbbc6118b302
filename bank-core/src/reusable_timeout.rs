//! Time limits for waits that follow one another.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// Bounds one wait after another with a single timer. A wait that ends in time leaves the timer
/// where it is, and the next one moves it only if it goes off early; so a busy channel does not
/// pay for a timer with every message.
pub(crate) struct ReusableTimeout {
    timer: Pin<Box<Sleep>>,
}

/// The wait took too long.
#[derive(Debug)]
pub(crate) struct Elapsed;

impl ReusableTimeout {
    pub(crate) fn new() -> ReusableTimeout {
        ReusableTimeout { timer: Box::pin(tokio::time::sleep(Duration::ZERO)) }
    }

    /// Waits for `wait`, for `limit` at most. As cancel-safe as `wait` is.
    pub(crate) async fn within<T>(
        &mut self,
        limit: Duration,
        wait: impl Future<Output = T>,
    ) -> Result<T, Elapsed> {
        tokio::pin!(wait);
        // What is done at once needs neither clock nor timer.
        if let Poll::Ready(done) = poll_fn(|context| Poll::Ready(wait.as_mut().poll(context))).await {
            return Ok(done);
        }
        let end = Instant::now().checked_add(limit);
        // The timer may be set to an earlier wait's end, never at a later one's than this needs.
        if let Some(end) = end.filter(|end| *end < self.timer.deadline()) {
            self.timer.as_mut().reset(end);
        }
        loop {
            tokio::select! {
                biased;
                done = &mut wait => return Ok(done),
                () = self.timer.as_mut() => match end {
                    Some(end) if end <= Instant::now() => return Err(Elapsed),
                    Some(end) => self.timer.as_mut().reset(end),
                    None => return Ok(wait.await),
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};
    use tokio::time::sleep;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn each_wait_has_its_own_limit() {
        let mut reusable_timeout = ReusableTimeout::new();
        assert!(reusable_timeout.within(10 * SECOND, ready(())).await.is_ok());
        for limit in [3, 1, 5] {
            let started = Instant::now();
            assert!(reusable_timeout.within(limit * SECOND, pending::<()>()).await.is_err());
            assert_eq!(started.elapsed().as_secs(), u64::from(limit));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn many_short_waits_outlast_one_limit() {
        let mut reusable_timeout = ReusableTimeout::new();
        for _ in 0..10 {
            assert!(reusable_timeout.within(2 * SECOND, sleep(SECOND)).await.is_ok());
        }
        assert!(reusable_timeout.within(2 * SECOND, sleep(3 * SECOND)).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn no_limit_is_for_ever() {
        let mut reusable_timeout = ReusableTimeout::new();
        assert!(reusable_timeout.within(Duration::MAX, sleep(100_000 * SECOND)).await.is_ok());
    }
}
