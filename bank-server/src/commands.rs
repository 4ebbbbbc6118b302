//! The commands of `bankd`, a file for each noun, and what they share.

mod account;
pub mod cert;
pub mod events;
mod hold;
mod import;
pub mod maintenance;
mod statement;
mod terminal;
mod transaction;
mod transfer_batch;
mod transfer_file;
mod trial_balance;

use std::fmt::Display;

use bank_engine::account::{AccountId, TerminalId};
use bank_engine::books::Books;
use bank_engine::client::{Admin, ClientError};
use bank_engine::ledger::{AccountDetails, Receipt, TransactionId};
use bank_engine::money::{Amount, Currency, Minor};
use bank_engine::protocol::{AccountParams, Code};
use bank_engine_cli_support::stdout::notify;
use serde::Serialize;

use crate::cli::{AtArgs, Output};
use crate::data::DataDir;
use crate::error::CommandError;
use crate::import::totals::{Total, Totals};
use crate::operator_connection::with_admin;
use crate::output::confirm;

pub use account::{account, session};
pub use hold::hold;
pub use import::import;
pub use terminal::terminal;
pub use transaction::reverse;
pub use transfer_batch::transfer_batch;
pub use transfer_file::TransferFileError;
pub use trial_balance::trial_balance;

/// The cash in a terminal.
pub fn held(books: &Books, terminal: &TerminalId, currency: Currency) -> Minor {
    // Cash is below zero in the books, and each balance has the opposite sign.
    Minor(
        books.account(&AccountId::cash(terminal, currency)).map_or(0, |cash| cash.balance.0.saturating_neg()),
    )
}

/// That dates are not those of the machine's clock.
fn clock_ahead(seconds: i64) -> String {
    let side = if seconds < 0 { "behind" } else { "ahead of" };
    format!("dates are {} s {side} the machine's clock, which has jumped", seconds.unsigned_abs())
}

/// Does `work` as an operator of a bank that exists.
async fn at<T>(
    args: &AtArgs,
    work: impl AsyncFnOnce(&mut Admin) -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    let dir = DataDir::open(&args.data.data)?;
    dir.journal()?;
    with_admin(&dir, work).await
}

/// Adds to an error what it was about.
fn about(subject: impl Display) -> impl FnOnce(ClientError) -> CommandError {
    move |source| CommandError::Failed { subject: subject.to_string(), source }
}

/// The same for an account, which may not be there.
fn about_account(account: impl Display) -> impl FnOnce(ClientError) -> CommandError {
    move |source| match code(&source) {
        Some(Code::NoSuchAccount) => CommandError::NoSuchAccount { account: account.to_string() },
        _ => CommandError::Failed { subject: format!("account {account}"), source },
    }
}

/// The same for a terminal.
fn about_terminal(terminal: TerminalId) -> impl FnOnce(ClientError) -> CommandError {
    move |source| match code(&source) {
        Some(Code::NoSuchTerminal) => CommandError::NoSuchTerminal { terminal: terminal.to_string() },
        _ => CommandError::Failed { subject: format!("terminal {terminal}"), source },
    }
}

fn code(error: &ClientError) -> Option<Code> {
    match error {
        ClientError::Refused(refusal) => refusal.known_code(),
        _ => None,
    }
}

/// The id that was given, or a new one, which is printed before it is used: should the answer be lost,
/// the same can be asked again with it.
fn id_to_ask_with(given: Option<TransactionId>) -> TransactionId {
    given.unwrap_or_else(|| {
        let id = TransactionId::generate();
        notify(&format!("transaction {id}; should the answer be lost, ask again with --transaction {id}"));
        id
    })
}

fn answer_receipt(output: Output, receipt: &Receipt, text: &str) -> Result<(), CommandError> {
    let before = if receipt.replayed { "; this was made before" } else { "" };
    confirm(output, receipt, &format!("{text}{before}\n"))
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

#[derive(Serialize)]
struct TotalView {
    currency: Currency,
    accounts: usize,
    sum: Amount,
}

fn total_views(totals: &Totals) -> Vec<TotalView> {
    let line = |(currency, total): (Currency, Total)| TotalView {
        currency,
        accounts: total.accounts,
        sum: total.sum.in_currency(currency),
    };
    totals.iter().map(line).collect()
}

pub(super) async fn shown(admin: &mut Admin, name: &str) -> Result<AccountDetails, CommandError> {
    let params = AccountParams { account: name.to_owned() };
    admin.show_account(params).await.map_err(about_account(name))
}
