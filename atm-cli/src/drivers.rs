//! The three drivers of the ATM: one command, a script of requests, or menus on a screen.

pub mod interactive;
pub mod one_shot;
pub mod script;

use std::io::{self, Write};

use bank_engine::money::{Currency, CurrencyCode};
use bank_engine_cli_support::exit::NO_ACCESS;

use crate::args::Output;
use crate::connection::{BankClient, BankConnection};
use crate::failure::Failure;
use crate::requests::statement::{StatementQuery, page};
use crate::screen_writer::{note, show};
use crate::screens::text;

/// That the PIN is to be changed before anything else.
pub(crate) fn must_change() -> Failure {
    Failure::new(
        NO_ACCESS,
        "the PIN was set by the bank; choose one of your own first with `atm pin change` (code 1108)",
    )
}

/// A line to the bank. Notices of what was reported to it first go to standard error.
pub(crate) async fn connect(bank: &BankConnection) -> Result<BankClient, Failure> {
    let line = bank.connect().await?;
    for notice in &line.notices {
        note(&mut io::stderr(), notice);
    }
    Ok(line)
}

/// Shows the entries that were wished for: a page, or all pages where there is no limit.
pub(crate) async fn statement(
    line: &mut BankClient,
    mut wished: StatementQuery,
    output: Output,
    currency: Currency,
    screen: &mut (dyn Write + Send),
) -> Result<(), Failure> {
    loop {
        let (shown, next) = page(line, wished).await?;
        show(screen, &text(&shown, output, currency))?;
        match next {
            Some(next) if wished.limit.is_none() => wished = next,
            _ => return Ok(()),
        }
    }
}

/// What an account counts in. There are no notes of a bank's own unit, and its amounts come with their
/// decimals, so none are needed here.
fn currency_of(code: CurrencyCode) -> Currency {
    code.with_decimals(0)
}
