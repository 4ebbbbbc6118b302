//! One command: connect, log in, do it, hang up.

use std::io::{self, Write};
use std::time::Duration;

use bank_engine::ledger::TransactionId;
use bank_engine::money::Currency;

use crate::args::{Args, Command, Output, PinCommand};
use crate::connect::{Bank, Line};
use crate::failure::Failure;
use crate::keyboard::Keyboard;
use crate::secret::Secrets;
use crate::transfers::Transfers;
use crate::verb::{Movement, Shown, Wished, page};
use crate::withdrawal::{Wanted, withdraw};
use bank_engine_cli_support::exit::{ANSWER_LOST, NO_ACCESS};

/// Carries `command` out and shows what came of it on `screen`.
pub async fn run(
    bank: &Bank,
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
        return show(screen, &Shown::Done {}.text(args.output, Currency::USD));
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
            return show_made(screen, &Shown::Done {}.text(args.output, logged_in.currency));
        }
        if logged_in.must_change {
            return Err(must_change());
        }
        carry_out(bank, &mut line, args, command, (&account, logged_in.currency), screen).await
    };
    let done = done.await;
    line.close().await;
    done
}

/// That the PIN is to be changed before anything else.
pub(crate) fn must_change() -> Failure {
    Failure::new(
        NO_ACCESS,
        "the PIN was set by the bank; choose one of your own first with `atm pin change` (code 1108)",
    )
}

/// A line to the bank. What the bank was told first stands on standard error.
pub(crate) async fn connect(bank: &Bank) -> Result<Line, Failure> {
    let line = bank.connect().await?;
    for told in &line.told {
        note(&mut io::stderr(), told);
    }
    Ok(line)
}

async fn carry_out(
    bank: &Bank,
    line: &mut Line,
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
            return show(screen, &Shown::Balance(balance).text(output, currency));
        }
        Command::Statement { limit, before, from, to, all } => {
            let limit = (!all).then_some(*limit);
            let wished = Wished { limit, before: *before, from: *from, to: *to };
            return statement(line, wished, output, currency, screen).await;
        }
        Command::Withdraw { amount, transaction } => {
            let wanted = Wanted { amount: *amount, currency, transaction: *transaction, output };
            let withdrawn = withdraw(bank, line, wanted, screen).await?;
            return show_made(screen, &Shown::Withdrawn(withdrawn).text(output, currency));
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
        Command::Group { file, dry_run, transaction } => {
            (Movement::Group { transfers: Transfers::read(file)?, dry_run: *dry_run }, *transaction)
        }
        Command::Pin(_) | Command::Ping => return Ok(()),
    };
    let id = transaction.unwrap_or_else(TransactionId::generate);
    let shown = movement.ask(line, account, id).await?;
    show_made(screen, &shown.text(output, currency))
}

/// Shows the entries that were wished for: a page, or all pages where there is no limit.
pub(crate) async fn statement(
    line: &mut Line,
    mut wished: Wished,
    output: Output,
    currency: Currency,
    screen: &mut (dyn Write + Send),
) -> Result<(), Failure> {
    loop {
        let (shown, next) = page(line, wished).await?;
        show(screen, &shown.text(output, currency))?;
        match next {
            Some(next) if wished.limit.is_none() => wished = next,
            _ => return Ok(()),
        }
    }
}

/// Writes to the screen. A reader that went away (a closed pipe) is no failure.
pub(crate) fn show(screen: &mut (dyn Write + Send), text: &str) -> Result<(), Failure> {
    match screen.write_all(text.as_bytes()).and_then(|()| screen.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::local(format!("cannot write the answer: {error}")))
        }
        _ => Ok(()),
    }
}

/// The same for something that was done: that its answer could not be written is told by the exit
/// code at least.
pub(crate) fn show_made(screen: &mut (dyn Write + Send), text: &str) -> Result<(), Failure> {
    screen.write_all(text.as_bytes()).and_then(|()| screen.flush()).map_err(|error| {
        Failure::new(ANSWER_LOST, format!("it was done, but the answer could not be written: {error}"))
    })
}

/// Tells something beside the answers. Who can't be told can't be helped.
pub(crate) fn note(screen: &mut (dyn Write + Send), told: &str) {
    let told: String = told.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let _ = writeln!(screen, "note: {told}").and_then(|()| screen.flush());
}
