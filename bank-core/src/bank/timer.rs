//! Ends sessions and holds on time while no commands come in.

use std::time::Duration;

use super::Bank;
use crate::bank::handle::outcome;
use crate::error::Error;
use crate::error_chain::error_chain;
use crate::ledger::{Command, Outcome};
use crate::session::SessionEnd;

/// How late a time-out takes effect at most, while the bank is served or
/// [`run_timer`](Bank::run_timer) runs.
pub const TIME_OUT_DELAY_MAX: Duration = Duration::from_secs(1);

/// How long to wait after the store failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(30);

impl Bank {
    /// Records what time alone has led to by now: holds whose time is over end, and overdue
    /// dispenses become suspect, dated with the instant at which they were due. Every command does
    /// so first; this is for a bank of which nobody asks anything. It also ends the sessions whose
    /// time is over and informs [their holders](crate::bank::Session::timed_out).
    pub async fn pass_time(&self) -> Result<(), Error> {
        let passed = self.command(Command::PassTime);
        let over = outcome!(passed, Outcome::SessionsEnded(over) => over)?;
        for SessionEnd { account, session, at } in over {
            tracing::info!(%account, %at, "a session is over, for it was idle or open for too long");
            if let Some(is_over) = self.sessions().get(&session) {
                is_over.cancel();
            }
        }
        Ok(())
    }

    /// Does so again and again, within [`TIME_OUT_DELAY_MAX`] of whatever is due by the store's
    /// clock, until the future is dropped. [`serve`](crate::server::serve) runs it; a program that
    /// serves nobody spawns it, so that followers hear of time-outs in an idle bank too.
    pub async fn run_timer(&self) {
        loop {
            tokio::time::sleep(TIME_OUT_DELAY_MAX / 2).await;
            if let Err(error) = self.pass_time().await {
                tracing::warn!(error = error_chain(&error), "could not let time-outs take effect");
                tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
            }
        }
    }
}
