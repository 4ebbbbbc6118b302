//! One command: connect, log in, do it, hang up.

use std::io::Write;
use std::time::Duration;

use bank_engine::ledger::TransactionId;
use bank_engine::money::Currency;

use crate::args::{Args, Command, PinCommand};
use crate::connection::{BankClient, BankConnection};
use crate::drivers::currency_of;
use crate::drivers::{connect, must_change, statement};
use crate::failure::Failure;
use crate::keyboard::Keyboard;
use crate::requests::answer::Answer;
use crate::requests::movement::Movement;
use crate::requests::statement::StatementQuery;
use crate::requests::transfer_file::Transfers;
use crate::requests::withdrawal::{WithdrawalRequest, withdraw};
use crate::screen_writer::{show, show_made};
use crate::screens::text;
use crate::secret::Secrets;

/// Carries `command` out and shows what came of it on `screen`.
pub async fn run(
    bank: &BankConnection,
    args: &Args,
    command: &Command,
    secrets: &mut Secrets,
    keyboard: &mut dyn Keyboard,
    screen: &mut (dyn Write + Send),
) -> Result<(), Failure> {
    if matches!(command, Command::Ping) {
        let mut line = connect(bank).await?;
        let answered = line.client.ping().await;
        line.close().await;
        answered?;
        return show(screen, &text(&Answer::Done {}, args.output, Currency::USD));
    }
    let account = match &args.account {
        Some(account) => account.clone(),
        None if args.pin_stdin => return Err(Failure::usage("give the account with --account")),
        None => keyboard
            .line("Account: ")
            .await?
            .ok_or_else(|| Failure::usage("give the account with --account"))?,
    };
    let pin = secrets.pin(keyboard).await?;
    let new_pin = match command {
        Command::Pin(PinCommand::Change { new_pin_file }) => {
            Some(secrets.new_pin(new_pin_file.as_deref(), keyboard).await?)
        }
        _ => None,
    };
    let mut line = connect(bank).await?;
    let done = async {
        let logged_in = line.client.login(&account, pin.clone()).await?;
        if let Some(new_pin) = new_pin {
            line.client.change_secret(pin, new_pin).await?;
            return show_made(screen, &text(&Answer::Done {}, args.output, currency_of(logged_in.currency)));
        }
        if logged_in.must_change {
            return Err(must_change());
        }
        carry_out(bank, &mut line, args, command, (&account, currency_of(logged_in.currency)), screen).await
    };
    let done = done.await;
    line.close().await;
    done
}

async fn carry_out(
    bank: &BankConnection,
    line: &mut BankClient,
    args: &Args,
    command: &Command,
    (account, currency): (&str, Currency),
    screen: &mut (dyn Write + Send),
) -> Result<(), Failure> {
    let output = args.output;
    let (movement, transaction) = match command {
        Command::Balance { at } => {
            let balance = match at {
                None => line.client.balance().await?,
                Some(at) => line.client.balance_at(*at).await?,
            };
            return show(screen, &text(&Answer::Balance(balance), output, currency));
        }
        Command::Statement { limit, before, from, to, all } => {
            let limit = (!all).then_some(*limit);
            let wished = StatementQuery { limit, before: *before, from: *from, to: *to };
            return statement(line, wished, output, currency, screen).await;
        }
        Command::Withdraw { amount, transaction } => {
            let wanted = WithdrawalRequest { amount: *amount, currency, transaction: *transaction, output };
            let withdrawn = withdraw(bank, line, wanted, screen).await?;
            return show_made(screen, &text(&Answer::Withdrawn(withdrawn), output, currency));
        }
        Command::Deposit { amount, notes, transaction } => {
            let notes = notes.as_ref().map(|notes| notes.0.clone()).unwrap_or_default();
            (Movement::Deposit { amount: *amount, notes }, *transaction)
        }
        Command::Transfer { to, amount, memo, transaction } => {
            (Movement::Transfer { to: to.clone(), amount: *amount, memo: memo.clone() }, *transaction)
        }
        Command::Authorise { to, amount, memo, seconds, transaction } => {
            let lasts = Duration::from_secs((*seconds).into());
            let (to, memo) = (to.clone(), memo.clone());
            (Movement::Authorise { to, amount: *amount, memo, lasts }, *transaction)
        }
        Command::Capture { hold, amount } => (Movement::Capture { amount: *amount }, Some(*hold)),
        Command::Void { hold } => (Movement::Void, Some(*hold)),
        Command::TransferBatch { file, dry_run, transaction } => {
            (Movement::TransferBatch { transfers: Transfers::read(file)?, dry_run: *dry_run }, *transaction)
        }
        Command::Pin(_) | Command::Ping => return Ok(()),
    };
    let id = transaction.unwrap_or_else(TransactionId::generate);
    let shown = movement.ask(line, account, id).await?;
    show_made(screen, &text(&shown, output, currency))
}
