//! CSV (RFC 4180): a line a transaction.

use std::borrow::Cow;
use std::io::{self, Write};

use bank_engine::books::Books;
use bank_engine::ledger::Transaction;
use bank_engine::operator::Operator;

use crate::export::form::Form;

pub(super) struct Csv;

const HEADER: &str = "at,id,kind,currency,amount,from,to,from_balance,to_balance,from_entry,to_entry,memo,day,original,operator\r\n";

impl Form for Csv {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(HEADER.as_bytes())
    }

    fn transaction(&mut self, transaction: &Transaction, out: &mut dyn Write) -> io::Result<()> {
        let Transaction { id, kind, at, currency, from, to, memo, day, .. } = transaction;
        let kind = kind.to_string();
        let amount = transaction.amount.in_currency(*currency);
        let balances = [from, to].map(|posting| posting.balance.in_currency(*currency));
        let memo = memo.as_ref().map_or("", |memo| memo.as_str());
        write!(out, "{at},{id},{},{currency},{amount},", field(&kind))?;
        write!(out, "{},{},", field(from.account.as_str()), field(to.account.as_str()))?;
        let [from_balance, to_balance] = balances;
        write!(out, "{from_balance},{to_balance},{},{},{},", from.entry, to.entry, field(memo))?;
        let about = transaction.origin.original().map(|about| about.to_string()).unwrap_or_default();
        let operator = transaction.operator.as_ref().map(Operator::text).unwrap_or_default();
        write!(out, "{day},{about},{}\r\n", field(&operator))
    }

    fn end(&mut self, _: &Books, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// A field as it is written in a line.
fn field(text: &str) -> Cow<'_, str> {
    if text.contains([',', '"', '\r', '\n']) {
        Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        assert_eq!(field("a 'b'; c | \\"), "a 'b'; c | \\");
        assert_eq!(field("a,b"), "\"a,b\"");
        assert_eq!(field("say \"so\""), "\"say \"\"so\"\"\"");
        assert_eq!(field("a\r\nb"), "\"a\r\nb\"");
    }
}
