//! A Beancount file, which ends with a balance assertion for each account.

use std::io::{self, Write};

use bank_engine::account::AccountId;
use bank_engine::books::Books;
use bank_engine::ledger::Transaction;
use bank_engine::money::Currency;
use bank_engine::time::Timestamp;

use crate::export::form::Form;
use crate::export::names::path;
use crate::export::plain_text_accounting::{date, date_after, negated};

/// The time of the last transaction; 1970 before the first.
#[derive(Default)]
pub(super) struct Beancount(Timestamp);

const HEADER: &str = "\
; The whole ledger of a bank, written by bankd export. Amounts are signed from the bank's side: what
; it has is positive, what it owes its customers is negative. Dates are those of UTC.
option \"title\" \"Ledger of a bank\"
";

impl Form for Beancount {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(HEADER.as_bytes())
    }

    fn transaction(&mut self, transaction: &Transaction, out: &mut dyn Write) -> io::Result<()> {
        let Transaction { id, kind, at, amount, currency, from, to, memo, .. } = transaction;
        self.0 = *at;
        for posting in [from, to] {
            if posting.entry == 1 {
                open(&posting.account, *currency, *at, out)?;
            }
        }
        let memo = memo.as_ref().map_or("", |memo| memo.as_str());
        writeln!(out, "\n{} * {} {}", date(*at), quoted(&kind.to_string()), quoted(memo))?;
        writeln!(out, "  id: \"{id}\"\n  at: \"{at}\"\n  day: {}", transaction.day)?;
        if let Some(about) = transaction.origin.original() {
            writeln!(out, "  original: \"{about}\"")?;
        }
        if let Some(operator) = &transaction.operator {
            writeln!(out, "  operator: {}", quoted(&operator.text()))?;
        }
        writeln!(out, "  {}  {} {currency}", path(&from.account), amount.in_currency(*currency))?;
        writeln!(out, "  {}  {} {currency}", path(&to.account), negated(*amount, *currency))
    }

    fn end(&mut self, books: &Books, out: &mut dyn Write) -> io::Result<()> {
        for account in books.accounts().iter().filter(|account| account.entries == 0) {
            open(&account.id, account.currency, self.0, out)?;
        }
        writeln!(out)?;
        // An assertion is about the start of its day.
        let date = date_after(self.0);
        for account in books.accounts() {
            let (currency, balance) = (account.currency, negated(account.balance, account.currency));
            writeln!(out, "{date} balance {}  {balance} ~ 0 {currency}", path(&account.id))?;
        }
        Ok(())
    }
}

fn open(account: &AccountId, currency: Currency, at: Timestamp, out: &mut dyn Write) -> io::Result<()> {
    let name = quoted(account.as_str());
    writeln!(out, "\n{} open {} {currency}\n  name: {name}", date(at), path(account))
}

/// A text as a string.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped() {
        assert_eq!(quoted("so; ü | #a ^b"), "\"so; ü | #a ^b\"");
        assert_eq!(quoted("a \"b\""), "\"a \\\"b\\\"\"");
        assert_eq!(quoted("c:\\n\\"), "\"c:\\\\n\\\\\"");
    }
}
