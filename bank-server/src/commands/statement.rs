//! The commands that print an account's balance and its entries.

use std::fmt::Write as _;

use bank_engine::client::{Admin, ClientError};
use bank_engine::ledger::{AccountSummary, Entry, STATEMENT_ENTRIES_MAX, Statement};
use bank_engine::money::{Amount, CurrencyCode};
use bank_engine::protocol::AccountStatementParams;
use bank_engine::time::Timestamp;
use serde::Serialize;

use crate::cli::{AnyArgs, StatementArgs};
use crate::commands::shown;
use crate::commands::{about_account, at, clock_ahead};
use crate::error::CommandError;
use crate::output::answer;

/// `bankd account balance`.
pub(super) async fn balance(args: &AnyArgs, instant: Option<Timestamp>) -> Result<(), CommandError> {
    let AnyArgs { name, at: place } = args;
    let view = at(place, async |admin| match instant {
        None => shown(admin, name).await.map(|details| details.account).map(|account| BalanceView {
            account: account.account,
            currency: account.currency,
            balance: account.balance,
            available: account.available,
        }),
        Some(_) => {
            let AccountSummary { account, currency, .. } = shown(admin, name).await?.account;
            // What a statement up to then closes with: it can be asked of the bank's own accounts too.
            let params = AccountStatementParams {
                account: name.clone(),
                limit: Some(1),
                before: None,
                from: None,
                to: instant,
            };
            let closing = admin.statement(params).await.map_err(about_account(name))?.closing;
            Ok(BalanceView { account, currency, balance: closing, available: closing })
        }
    });
    let view = view.await?;
    let BalanceView { account, currency, balance, available } = &view;
    let text = match instant {
        None => format!("{account}: balance {balance} {currency}, {available} available\n"),
        Some(instant) => format!("{account}: balance {balance} {currency} at {instant}\n"),
    };
    answer(place.output.output, &view, &text)
}

/// The balance of any account.
#[derive(Serialize)]
struct BalanceView {
    account: Box<str>,
    currency: CurrencyCode,
    balance: Amount,
    available: Amount,
}

/// A statement of as many entries as were asked for.
#[derive(Serialize)]
struct StatementView {
    account: Box<str>,
    currency: CurrencyCode,
    /// The account's balance now.
    balance: Amount,
    /// The balance before the oldest of the entries.
    opening: Amount,
    /// The balance after the newest of them.
    closing: Amount,
    /// Newest first.
    entries: Vec<Entry>,
    /// Where to go on, while there is more.
    next: Option<u64>,
    /// How far the bank's dates are ahead of its machine's clock, while the two are apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_ahead_seconds: Option<i64>,
}

/// `bankd account statement`.
pub(super) async fn statement(args: &StatementArgs) -> Result<(), CommandError> {
    let AnyArgs { name, at: place } = &args.account;
    let view = at(place, async |admin| {
        let AccountSummary { account, currency, .. } = shown(admin, name).await?.account;
        let mut view = page(admin, args, args.before, args.limit).await.map(|page| StatementView {
            account,
            currency,
            balance: page.balance,
            opening: page.opening,
            closing: page.closing,
            entries: page.entries,
            next: page.next,
            clock_ahead_seconds: page.clock_ahead_seconds,
        });
        while let Ok(view) = &mut view
            && view.next.is_some()
            && view.entries.len() < args.limit
        {
            let more = page(admin, args, view.next, args.limit - view.entries.len());
            let more = more.await.map_err(about_account(name))?;
            (view.opening, view.next) = (more.opening, more.next);
            view.entries.extend(more.entries);
        }
        view.map_err(about_account(name))
    });
    let view = view.await?;
    answer(place.output.output, &view, &statement_text(&view))
}

async fn page(
    admin: &mut Admin,
    args: &StatementArgs,
    before: Option<u64>,
    limit: usize,
) -> Result<Statement, ClientError> {
    let (account, limit) = (args.account.name.clone(), limit.min(STATEMENT_ENTRIES_MAX));
    let limit = u32::try_from(limit).ok();
    admin.statement(AccountStatementParams { account, limit, before, from: args.from, to: args.to }).await
}

fn statement_text(view: &StatementView) -> String {
    let StatementView { account, currency, opening, closing, entries, next, .. } = view;
    let mut text = format!("{account}  {currency}\n{:>8}  {:24}  {:12}", "number", "at", "kind");
    let _ = writeln!(text, "  {:>14}  {:>14}  transaction", "amount", "balance");
    for entry in entries {
        let Entry { number, transaction, kind, at, amount, balance, .. } = entry;
        let (amount, balance) = (amount.to_string(), balance.to_string());
        let _ = write!(text, "{number:>8}  {at}  {kind:12}  {amount:>14}  {balance:>14}  {transaction}");
        if let Some(other) = &entry.counterparty {
            let _ = write!(text, "  with {other}");
        }
        if let Some(about) = &entry.original {
            let _ = write!(text, "  about {about}");
        }
        if let Some(operator) = &entry.operator {
            let _ = write!(text, "  by {operator}");
        }
        if let Some(memo) = &entry.memo {
            let _ = write!(text, "  {memo}");
        }
        text.push('\n');
    }
    let _ = writeln!(text, "opening {opening}, closing {closing} {currency}");
    if let Some(seconds) = view.clock_ahead_seconds {
        let _ = writeln!(text, "{}", clock_ahead(seconds));
    }
    if let Some(next) = next {
        let _ = writeln!(text, "older entries: --before {next}");
    }
    text
}
