//! The text of receipts, balances and statements.

use std::fmt::Write;

use bank_engine::ledger::{
    Authorisation, Balance, Entry, HoldState, Receipt, Settlement, Statement, TransactionKind,
};
use bank_engine::money::Currency;
use bank_engine::notes::write_notes;

use crate::requests::answer::Parts;
use crate::requests::withdrawal::Withdrawn;
use crate::time::clock;

/// The width of a slip, in characters.
const WIDTH: usize = 44;

/// A receipt as a slip; `to` is the payee of a transfer.
#[must_use]
pub fn receipt(receipt: &Receipt, to: Option<&str>, currency: Currency) -> String {
    let mut slip = String::new();
    let title = match receipt.kind {
        TransactionKind::Deposit => "DEPOSIT",
        TransactionKind::Withdrawal => "WITHDRAWAL",
        TransactionKind::Transfer => "TRANSFER",
        _ => "RECEIPT",
    };
    row(&mut slip, title, &format!("{} {currency}", receipt.amount));
    if let Some(to) = to {
        row(&mut slip, "to", to);
    }
    row(&mut slip, "balance", &format!("{} {currency}", receipt.balance));
    if receipt.available != receipt.balance {
        row(&mut slip, "available", &format!("{} {currency}", receipt.available));
    }
    row(&mut slip, "time", &clock(receipt.at));
    row(&mut slip, "id", &receipt.transaction.to_string());
    if receipt.replayed {
        let _ = writeln!(slip, "made before; this is its first receipt again");
    }
    slip
}

/// Cash that came out, as a slip.
#[must_use]
pub fn withdrawn(withdrawn: &Withdrawn, currency: Currency) -> String {
    let mut slip = String::new();
    if withdrawn.amount < withdrawn.asked {
        let _ = writeln!(
            slip,
            "Sorry: the machine jammed. {} of {} came out, and no more was taken.",
            withdrawn.amount, withdrawn.asked
        );
    }
    if let Some(word) = &withdrawn.receipt {
        slip.push_str(&receipt(word, None, currency));
    } else {
        row(&mut slip, "WITHDRAWAL", &format!("{} {currency}", withdrawn.amount));
        row(&mut slip, "id", &withdrawn.transaction.to_string());
    }
    if !withdrawn.notes.is_empty() {
        row(&mut slip, "notes", &write_notes(&withdrawn.notes));
    }
    slip
}

/// Money that was set aside, as a slip.
#[must_use]
pub fn authorised(authorised: &Authorisation, currency: Currency) -> String {
    let mut slip = String::new();
    row(&mut slip, "AUTHORISED", &format!("{} {currency}", authorised.amount));
    row(&mut slip, "balance", &format!("{} {currency}", authorised.balance));
    row(&mut slip, "available", &format!("{} {currency}", authorised.available));
    row(&mut slip, "until", &clock(authorised.expires));
    row(&mut slip, "id", &authorised.hold.to_string());
    if authorised.replayed {
        let _ = writeln!(slip, "set aside before");
    }
    slip
}

/// What a step of a hold led to, as a slip.
#[must_use]
pub fn settlement(settlement: &Settlement, currency: Currency) -> String {
    let mut slip = String::new();
    let title = match settlement.state {
        HoldState::Captured => "CAPTURED",
        HoldState::Voided => "GIVEN BACK",
        _ => "HOLD",
    };
    let amount = match settlement.state {
        HoldState::Captured => format!("{} {currency}", settlement.amount),
        _ => String::new(),
    };
    row(&mut slip, title, &amount);
    row(&mut slip, "id", &settlement.hold.to_string());
    if settlement.replayed {
        let _ = writeln!(slip, "made before");
    }
    slip
}

/// Transfers that were made together, or would be.
#[must_use]
pub fn transfer_batch(receipts: &[Receipt], to: &[String], dry_run: bool, currency: Currency) -> String {
    let mut table = String::new();
    for (receipt, to) in receipts.iter().zip(to) {
        row(&mut table, to, &format!("{} {currency}", receipt.amount));
    }
    if let Some(last) = receipts.last() {
        row(&mut table, "balance", &format!("{} {currency}", last.balance));
    }
    let summary = if dry_run { "nothing was moved; this is what would be" } else { "all of them were made" };
    let _ = writeln!(table, "{summary}");
    table
}

/// An account's balance.
#[must_use]
pub fn balance(balance: &Balance) -> String {
    let mut slip = String::new();
    row(&mut slip, "account", balance.account.as_str());
    row(&mut slip, "balance", &format!("{} {}", balance.balance, balance.currency));
    if balance.available != balance.balance {
        row(&mut slip, "available", &format!("{} {}", balance.available, balance.currency));
    }
    slip
}

/// A page of entries as a table.
#[must_use]
pub fn statement(page: &Statement, parts: Parts, currency: Currency) -> String {
    if page.entries.is_empty() {
        return format!("no entries; the balance is {} {currency}\n", page.closing);
    }
    let cells: Vec<[String; 4]> = page.entries.iter().map(cells).collect();
    let width = |column: fn(&[String; 4]) -> &String| {
        cells.iter().map(|cells| column(cells).chars().count()).max().unwrap_or_default()
    };
    let [number, amount, balance] = [width(|[n, ..]| n), width(|[_, a, ..]| a), width(|[_, _, b, _]| b)];
    let mut table = String::new();
    if parts.closing {
        let _ = writeln!(table, "closing balance {} {currency}", page.closing);
    }
    for (entry, [n, a, b, about]) in page.entries.iter().zip(&cells) {
        let at = clock(entry.at);
        let line = format!("{n:>number$}  {at}  {a:>amount$}  {b:>balance$}  {about}");
        let _ = writeln!(table, "{}", line.trim_end());
    }
    if let Some(seconds) = page.clock_ahead_seconds {
        let side = if seconds < 0 { "behind" } else { "ahead of" };
        let seconds = seconds.unsigned_abs();
        let _ =
            writeln!(table, "dates are {seconds} s {side} the clock of the bank's machine, which has jumped");
    }
    if parts.opening {
        let _ = writeln!(table, "opening balance {} {currency}", page.opening);
    }
    table
}

fn cells(entry: &Entry) -> [String; 4] {
    let mut about = entry.kind.to_string();
    if let Some(counterparty) = &entry.counterparty {
        let direction = if entry.amount.to_string().starts_with('-') { "to" } else { "from" };
        let _ = write!(about, " {direction} {counterparty}");
    }
    if let Some(memo) = &entry.memo {
        let _ = write!(about, ": {memo}");
    }
    [entry.number.to_string(), entry.amount.to_string(), entry.balance.to_string(), about]
}

fn row(slip: &mut String, name: &str, value: &str) {
    let room = WIDTH.saturating_sub(name.chars().count()).max(value.chars().count() + 1);
    let _ = writeln!(slip, "{}", format!("{name}{value:>room$}").trim_end());
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn slips_are_aligned_on_both_sides() {
        let slip = receipt(
            &serde_json::from_value(serde_json::json!({
                "transaction": "01890a5d-ac96-774b-bcce-b302099a8057",
                "kind": "transfer",
                "at": "2026-01-31T12:00:00Z",
                "amount": "20.00",
                "balance": "92233720368547758.07",
                "available": "0.00",
                "replayed": false,
            }))
            .unwrap(),
            Some("bert"),
            Currency::USD,
        );
        let expected = "\
TRANSFER                           20.00 USD
to                                      bert
balance             92233720368547758.07 USD
available                           0.00 USD
time                 2026-01-31 12:00:00 UTC
id      01890a5d-ac96-774b-bcce-b302099a8057
";
        assert_eq!(slip, expected);
    }
}
