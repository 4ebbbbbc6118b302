//! JSON lines of what operators did: an object for each, with who, when and why.

use std::io::{self, Write};

use bank_engine::account::{AccountId, TerminalId};
use bank_engine::books::Books;
use bank_engine::ledger::{ChangeSummary, Fact, Memo, Transaction, TransactionId};
use bank_engine::money::{Amount, Currency};
use bank_engine::operator::{Note, Operator};
use bank_engine::terminal::TerminalChange;
use bank_engine::time::Timestamp;
use serde::Serialize;

use crate::export::form::Form;

pub(super) struct Audit;

#[derive(Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
enum Line<'a> {
    AccountChanged {
        account: AccountId,
        #[serde(flatten)]
        change: ChangeSummary,
    },
    TerminalChanged {
        terminal: TerminalId,
        change: &'static str,
        #[serde(flatten)]
        note: &'a Note,
    },
    HoldResolved {
        hold: TransactionId,
        #[serde(flatten)]
        note: &'a Note,
    },
    DisputeResolved {
        hold: TransactionId,
        paid: Amount,
        currency: Currency,
        adjustment: Option<TransactionId>,
        #[serde(flatten)]
        note: &'a Note,
    },
    Transaction {
        transaction: TransactionId,
        kind: String,
        amount: Amount,
        currency: Currency,
        from: AccountId,
        to: AccountId,
        operator: &'a Operator,
        reason: Option<&'a Memo>,
        at: Timestamp,
    },
}

impl Audit {
    fn line(line: &Line<'_>, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, line)?;
        out.write_all(b"\n")
    }
}

impl Form for Audit {
    fn begin(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn transaction(&mut self, transaction: &Transaction, out: &mut dyn Write) -> io::Result<()> {
        let Transaction { id, kind, at, amount, currency, from, to, memo, operator, .. } = transaction;
        let Some(operator) = operator else { return Ok(()) };
        let line = Line::Transaction {
            transaction: *id,
            kind: kind.to_string(),
            amount: amount.in_currency(*currency),
            currency: *currency,
            from: from.account,
            to: to.account,
            operator,
            reason: memo.as_ref(),
            at: *at,
        };
        Audit::line(&line, out)
    }

    fn operation(&mut self, fact: &Fact, books: &Books, out: &mut dyn Write) -> io::Result<()> {
        let line = match fact {
            Fact::AccountChanged { account, change, note } => {
                let currency = books.account(account).map_or(Currency::USD, |account| account.currency);
                let change = ChangeSummary::of(*change, note.clone(), currency);
                Line::AccountChanged { account: *account, change }
            }
            Fact::TerminalChanged { terminal, change, note } => {
                let change = terminal_change(*change);
                Line::TerminalChanged { terminal: *terminal, change, note }
            }
            Fact::HoldResolved { hold, note } => Line::HoldResolved { hold: *hold, note },
            Fact::DisputeResolved { hold, currency, finding, note } => Line::DisputeResolved {
                hold: *hold,
                paid: finding.paid.in_currency(*currency),
                currency: *currency,
                adjustment: finding.adjustment,
                note,
            },
            _ => return Ok(()),
        };
        Audit::line(&line, out)
    }

    fn end(&mut self, _: &Books, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// What a change of a terminal is called, here and among the events.
pub(crate) fn terminal_change(change: TerminalChange) -> &'static str {
    match change {
        TerminalChange::Added => "added",
        TerminalChange::KeyChanged => "key_changed",
        TerminalChange::Disabled => "disabled",
        TerminalChange::Enabled => "enabled",
        _ => "otherwise",
    }
}
