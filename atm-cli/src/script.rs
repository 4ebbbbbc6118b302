//! Commands on standard input, one a line, until one fails.

use std::io::Write;

use bank_engine::auth::Secret;
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
    let mut script = Script { line, output: args.output, account: String::new(), currency: Currency::USD };
    let done = script.play(args, pin, secrets, keyboard, screen).await;
    script.line.close().await;
    done
}

struct Script {
    line: Line,
    output: Output,
    account: String,
    currency: Currency,
}

impl Script {
    async fn play(
        &mut self,
        args: &Args,
        pin: Option<Secret>,
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
            self.log_in(account, pin).await?;
        }
        loop {
            number += 1;
            let read = keyboard.line("").await;
            let read = read.map_err(|failure| failure.and(format_args!("stopped at line {number}")));
            let Some(text) = read? else { return Ok(()) };
            let words: Vec<&str> = text.split_whitespace().collect();
            let done = match words.as_slice() {
                [] => continue,
                [first, ..] if first.starts_with('#') => continue,
                ["login", account] => {
                    let pin = match &pin {
                        Some(pin) => pin.clone(),
                        None => secrets.pin(keyboard).await?,
                    };
                    self.log_in(account, pin).await.map(|()| None)
                }
                words => self.command(words).await,
            };
            match done {
                Ok(Some(shown)) => show(screen, &shown.text(self.output, self.currency))?,
                Ok(None) => {}
                Err(failure) => {
                    return Err(failure.and(format_args!("stopped at line {number}{}", shown(&words))));
                }
            }
        }
    }

    async fn log_in(&mut self, account: &str, pin: Secret) -> Result<(), Failure> {
        self.currency = self.line.client.login(account, pin).await?.currency;
        self.account = account.to_owned();
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
        movement.ask(&mut self.line, &self.account, id).await.map(|receipt| Some(Shown::Receipt(receipt)))
    }
}

/// A line that failed, to be shown; nothing of one that may hold a PIN in the wrong place.
fn shown(words: &[&str]) -> String {
    match words {
        ["balance" | "deposit" | "withdraw" | "transfer" | "statement" | "ping" | "logout", ..] => {
            format!(": {}", words.join(" "))
        }
        _ => String::new(),
    }
}

fn read(amount: &str) -> Result<Amount, Failure> {
    amount.parse().map_err(|error: bank_engine::money::AmountError| Failure::usage(error.to_string()))
}
