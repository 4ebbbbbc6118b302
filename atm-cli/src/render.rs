//! What the customer sees.

use std::fmt::Write;

use bank_engine::ledger::{Balance, Entry, Page, Receipt, TransactionKind};
use bank_engine::money::Currency;
use bank_engine::time::Timestamp;

/// The width of a slip, in characters.
const WIDTH: usize = 44;

/// A receipt as a slip.
#[must_use]
pub fn receipt(receipt: &Receipt, currency: Currency) -> String {
    let mut slip = String::new();
    let title = match receipt.kind {
        TransactionKind::Deposit => "DEPOSIT",
        TransactionKind::Withdrawal => "WITHDRAWAL",
        TransactionKind::Transfer => "TRANSFER",
        _ => "RECEIPT",
    };
    row(&mut slip, title, &format!("{} {currency}", receipt.amount));
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

/// What an account stands at.
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
pub fn statement(page: &Page, currency: Currency) -> String {
    if page.entries.is_empty() {
        return format!("no entries; the balance is {} {currency}\n", page.balance);
    }
    let cells: Vec<[String; 4]> = page.entries.iter().map(cells).collect();
    let width = |column: fn(&[String; 4]) -> &String| {
        cells.iter().map(|cells| column(cells).chars().count()).max().unwrap_or_default()
    };
    let [number, amount, balance] = [width(|[n, ..]| n), width(|[_, a, ..]| a), width(|[_, _, b, _]| b)];
    let mut table = String::new();
    for (entry, [n, a, b, about]) in page.entries.iter().zip(&cells) {
        let at = clock(entry.at);
        let line = format!("{n:>number$}  {at}  {a:>amount$}  {b:>balance$}  {about}");
        let _ = writeln!(table, "{}", line.trim_end());
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

/// To the second, in UTC.
fn clock(at: Timestamp) -> String {
    let text = at.to_string();
    format!("{} UTC", text.get(..19).unwrap_or(&text).replace('T', " "))
}

fn row(slip: &mut String, name: &str, value: &str) {
    let room = WIDTH.saturating_sub(name.len());
    let _ = writeln!(slip, "{name}{value:>room$}");
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn slips_are_aligned_on_both_sides() {
        let slip = receipt(
            &Receipt {
                transaction: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
                kind: TransactionKind::Withdrawal,
                at: Timestamp::from_unix_ms(1_769_860_800_000),
                amount: "20.00".parse().unwrap(),
                balance: "92233720368547758.07".parse().unwrap(),
                available: "0.00".parse().unwrap(),
                replayed: false,
            },
            Currency::USD,
        );
        let expected = "\
WITHDRAWAL                         20.00 USD
balance             92233720368547758.07 USD
available                           0.00 USD
time                 2026-01-31 12:00:00 UTC
id      01890a5d-ac96-774b-bcce-b302099a8057
";
        assert_eq!(slip, expected);
    }
}
