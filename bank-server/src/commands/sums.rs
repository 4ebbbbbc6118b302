//! `bankd sums`.

use crate::cli::AtArgs;
use crate::commands::{about, at, clock_ahead};
use crate::error::CommandError;
use crate::output::answer;
use bank_engine::protocol::Sum;
use std::fmt::Write as _;

/// `bankd sums`.
pub async fn sums(args: &AtArgs) -> Result<(), CommandError> {
    let sums = at(args, async |desk| desk.sums().await.map_err(about("the sums"))).await?;
    let mut text = String::new();
    for Sum { currency, accounts, debits, credits } in &sums.sums {
        let plural = if *accounts == 1 { "" } else { "s" };
        let _ = writeln!(text, "{currency} debits {debits}, credits {credits}, {accounts} account{plural}");
    }
    if let Some(jumps) = sums.clock_jumps {
        let times = if jumps == 1 { "once" } else { "times" };
        let count = if jumps == 1 { String::new() } else { format!("{jumps} ") };
        let _ = writeln!(text, "the machine's clock has jumped {count}{times} since the bank was opened");
    }
    if let Some(seconds) = sums.clock_ahead_seconds {
        let _ = writeln!(text, "{}", clock_ahead(seconds));
    }
    answer(args.output.output, &sums.sums, &text)
}
