//! `bankd trial-balance`.

use std::fmt::Write as _;

use bank_engine::protocol::CurrencyTotals;

use crate::cli::AtArgs;
use crate::commands::{about, at, clock_ahead};
use crate::error::CommandError;
use crate::output::answer;

/// `bankd trial-balance`.
pub async fn trial_balance(args: &AtArgs) -> Result<(), CommandError> {
    let found =
        at(args, async |admin| admin.trial_balance().await.map_err(about("the trial balance"))).await?;
    let mut text = String::new();
    for CurrencyTotals { currency, accounts, debits, credits } in &found.trial_balances {
        let plural = if *accounts == 1 { "" } else { "s" };
        let _ = writeln!(text, "{currency} debits {debits}, credits {credits}, {accounts} account{plural}");
    }
    if let Some(jumps) = found.clock_jumps {
        let times = if jumps == 1 { "once" } else { "times" };
        let count = if jumps == 1 { String::new() } else { format!("{jumps} ") };
        let _ = writeln!(text, "the machine's clock has jumped {count}{times} since the bank was opened");
    }
    if let Some(seconds) = found.clock_ahead_seconds {
        let _ = writeln!(text, "{}", clock_ahead(seconds));
    }
    answer(args.output.output, &found.trial_balances, &text)
}
