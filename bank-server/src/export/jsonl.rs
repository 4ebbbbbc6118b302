//! JSON lines: an object a transaction.

use std::io::{self, Write};

use bank_engine::account::AccountId;
use bank_engine::books::Books;
use bank_engine::day::Day;
use bank_engine::ledger::{Memo, Posting, Transaction, TransactionId};
use bank_engine::money::{Amount, Currency};
use bank_engine::operator::Operator;
use bank_engine::time::Timestamp;
use serde::Serialize;

use crate::export::form::Form;

pub(super) struct JsonLines;

#[derive(Serialize)]
struct Line<'a> {
    at: Timestamp,
    id: TransactionId,
    kind: String,
    currency: Currency,
    amount: Amount,
    from: PostingView,
    to: PostingView,
    memo: Option<&'a Memo>,
    day: Day,
    original: Option<TransactionId>,
    operator: Option<&'a Operator>,
}

#[derive(Serialize)]
struct PostingView {
    account: AccountId,
    balance: Amount,
    entry: u64,
}

impl Form for JsonLines {
    fn begin(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn transaction(&mut self, transaction: &Transaction, out: &mut dyn Write) -> io::Result<()> {
        let Transaction { id, kind, at, amount, currency, from, to, memo, day, .. } = transaction;
        let side = |posting: &Posting| PostingView {
            account: posting.account,
            balance: posting.balance.in_currency(*currency),
            entry: posting.entry,
        };
        let line = Line {
            at: *at,
            id: *id,
            kind: kind.to_string(),
            currency: *currency,
            amount: amount.in_currency(*currency),
            from: side(from),
            to: side(to),
            memo: memo.as_ref(),
            day: *day,
            original: transaction.origin.original(),
            operator: transaction.operator.as_ref(),
        };
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")
    }

    fn end(&mut self, _: &Books, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}
