//! One command: connect, log in, do it, hang up.

use std::io::{self, Write};

use bank_engine::ledger::TransactionId;
use bank_engine::money::Currency;

use crate::args::{Args, Command, PinCommand};
use crate::connect::{Bank, Line};
use crate::failure::Failure;
use crate::keyboard::Keyboard;
use crate::secret::Secrets;
use crate::verb::{Movement, Shown};

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
        let mut line = bank.connect().await?;
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
    let mut line = bank.connect().await?;
    let done = async {
        let currency = line.client.login(&account, pin.clone()).await?.currency;
        if let Some(new_pin) = new_pin {
            line.client.change_secret(pin, new_pin).await?;
            return show(screen, &Shown::Done {}.text(args.output, currency));
        }
        carry_out(&mut line, args, command, (&account, currency), screen).await
    };
    let done = done.await;
    line.close().await;
    done
}

async fn carry_out(
    line: &mut Line,
    args: &Args,
    command: &Command,
    (account, currency): (&str, Currency),
    screen: &mut (dyn Write + Send),
) -> Result<(), Failure> {
    let client = &mut line.client;
    let (movement, transaction) = match command {
        Command::Balance => {
            let balance = Shown::Balance(client.balance().await?);
            return show(screen, &balance.text(args.output, currency));
        }
        Command::Statement { limit, before, all } => {
            let (mut before, limit) = (*before, if *all { 50 } else { *limit });
            loop {
                let page = client.statement(Some(limit), before).await?;
                before = page.next;
                show(screen, &Shown::Statement(page).text(args.output, currency))?;
                if !all || before.is_none() {
                    return Ok(());
                }
            }
        }
        Command::Deposit { amount, transaction } => (Movement::Deposit(*amount), transaction),
        Command::Withdraw { amount, transaction } => (Movement::Withdraw(*amount), transaction),
        Command::Transfer { to, amount, memo, transaction } => {
            (Movement::Transfer { to: to.clone(), amount: *amount, memo: memo.clone() }, transaction)
        }
        Command::Pin(_) | Command::Ping => return Ok(()),
    };
    let id = transaction.unwrap_or_else(TransactionId::generate);
    let receipt = movement.ask(line, account, id).await?;
    show(screen, &Shown::Receipt(receipt).text(args.output, currency))
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
