//! Commands on standard input, one a line, until one fails.

use std::io::Write;

use bank_engine::ledger::{Memo, TransactionId};
use bank_engine::money::{Amount, Currency};

use crate::args::{Args, Output};
use crate::connect::{Bank, Line};
use crate::failure::Failure;
use crate::keyboard::Keyboard;
use crate::one_shot::show;
use crate::secret::Secrets;
use crate::verb::{Movement, Shown};

const COMMANDS: &str = "login NAME, balance, deposit AMOUNT, withdraw AMOUNT, transfer TO AMOUNT [MEMO], \
                        statement [N], ping, logout";

/// Carries out the lines that `keyboard` gives. With `--account` it logs in first. A failure names
/// its line; what came before it is done.
pub async fn run(
    bank: &Bank,
    args: &Args,
    secrets: &mut Secrets,
    keyboard: &mut dyn Keyboard,
    screen: &mut (dyn Write + Send),
) -> Result<(), Failure> {
    // With --pin-stdin the PIN is the first line, before any command.
    let pin = match args.pin_stdin {
        true => Some(secrets.pin(keyboard).await?),
        false => None,
    };
    let line = bank.connect().await?;
    let mut script = Script { line, output: args.output, currency: Currency::USD };
    let done = script.play(args, pin, secrets, keyboard, screen).await;
    script.line.close().await;
    done
}

struct Script {
    line: Line,
    output: Output,
    currency: Currency,
}

impl Script {
    async fn play(
        &mut self,
        args: &Args,
        pin: Option<bank_engine::auth::Secret>,
        secrets: &mut Secrets,
        keyboard: &mut dyn Keyboard,
        screen: &mut (dyn Write + Send),
    ) -> Result<(), Failure> {
        let mut number = if args.pin_stdin { 1 } else { 0 };
        if let Some(account) = &args.account {
            let pin = match &pin {
                Some(pin) => pin.clone(),
                None => secrets.pin(keyboard).await?,
            };
            self.currency = self.line.client.login(account, pin).await?.currency;
        }
        while let Some(text) = keyboard.line("").await? {
            number += 1;
            let words: Vec<&str> = text.split_whitespace().collect();
            let done = match words.as_slice() {
                [] => continue,
                [first, ..] if first.starts_with('#') => continue,
                ["login", account] => {
                    let pin = match &pin {
                        Some(pin) => pin.clone(),
                        None => secrets.pin(keyboard).await?,
                    };
                    match self.line.client.login(account, pin).await {
                        Ok(logged_in) => {
                            self.currency = logged_in.currency;
                            Ok(None)
                        }
                        Err(error) => Err(error.into()),
                    }
                }
                words => self.command(words).await,
            };
            match done {
                Ok(Some(shown)) => show(screen, &shown.text(self.output, self.currency))?,
                Ok(None) => {}
                Err(failure) => return Err(failure.and(format_args!("stopped at line {number}: {text}"))),
            }
        }
        Ok(())
    }

    async fn command(&mut self, words: &[&str]) -> Result<Option<Shown>, Failure> {
        let client = &mut self.line.client;
        let movement = match words {
            ["balance"] => return Ok(Some(Shown::Balance(client.balance().await?))),
            ["statement"] => return Ok(Some(Shown::Statement(client.statement(None, None).await?))),
            ["statement", count] => {
                let count =
                    count.parse().map_err(|_| Failure::usage("give the number of entries, 1 to 50"))?;
                return Ok(Some(Shown::Statement(client.statement(Some(count), None).await?)));
            }
            ["ping"] => {
                client.ping().await?;
                return Ok(Some(Shown::Done {}));
            }
            ["logout"] => {
                client.log_out().await?;
                return Ok(None);
            }
            ["deposit", amount] => Movement::Deposit(read(amount)?),
            ["withdraw", amount] => Movement::Withdraw(read(amount)?),
            ["transfer", to, amount, memo @ ..] => {
                let memo = (!memo.is_empty()).then(|| memo.join(" ").parse::<Memo>()).transpose();
                let memo = memo.map_err(|error| Failure::usage(error.to_string()))?;
                Movement::Transfer { to: (*to).to_owned(), amount: read(amount)?, memo }
            }
            _ => return Err(Failure::usage(format!("not a command; use {COMMANDS}"))),
        };
        let id = TransactionId::generate();
        match movement.ask(client, id).await.map_err(Failure::from) {
            Ok(receipt) => Ok(Some(Shown::Receipt(receipt))),
            Err(failure) if failure.is_unclear() => Err(failure.and(format_args!(
                "it is not known whether the money moved. Ask again with `atm … --transaction {id}`: \
                 it moves once at most"
            ))),
            Err(failure) => Err(failure),
        }
    }
}

fn read(amount: &str) -> Result<Amount, Failure> {
    amount.parse().map_err(|error: bank_engine::money::AmountError| Failure::usage(error.to_string()))
}
