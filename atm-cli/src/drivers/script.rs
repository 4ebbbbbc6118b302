//! Commands on standard input, one a line, until one fails.

use std::io::Write;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use bank_engine::auth::Secret;
use bank_engine::ledger::{Memo, TransactionId};
use bank_engine::money::Currency;
use bank_engine::time::Timestamp;

use crate::args::{AUTHORISED_SECONDS, Args, Output, WrittenNotes};
use crate::connection::{BankClient, BankConnection};
use crate::drivers::currency_of;
use crate::drivers::{connect, statement};
use crate::failure::Failure;
use crate::keyboard::Keyboard;
use crate::requests::answer::Answer;
use crate::requests::movement::Movement;
use crate::requests::statement::StatementQuery;
use crate::requests::transfer_file::Transfers;
use crate::requests::withdrawal::{WithdrawalRequest, withdraw};
use crate::screen_writer::{show, show_made};
use crate::screens::text;
use crate::secret::{self, Secrets};
use crate::time::{begins, ends};

const COMMANDS: &str = "login NAME, balance [TIME], deposit AMOUNT [NOTES], withdraw AMOUNT, \
                        transfer TO AMOUNT [MEMO], authorise TO AMOUNT [MEMO], capture HOLD [AMOUNT], \
                        void HOLD, transfer-batch FILE [dry-run], statement [N|all] [FROM [TO]], pin NEW_PIN_FILE, \
                        ping, logout";

/// Entries that a statement shows unless set otherwise.
const STATEMENT_ENTRIES: u32 = 10;

/// Carries out the lines that `keyboard` gives. With `--account` it logs in first. A failure names
/// its line; what came before it is done.
pub async fn run(
    bank: &BankConnection,
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
    let line = connect(bank).await?;
    let mut script = Script {
        bank,
        line,
        output: args.output,
        account: String::new(),
        currency: Currency::USD,
        pin: None,
        screen,
    };
    let done = script.play(args, pin, secrets, keyboard).await;
    script.line.close().await;
    done
}

struct Script<'a> {
    bank: &'a BankConnection,
    line: BankClient,
    output: Output,
    account: String,
    currency: Currency,
    /// The PIN of the account that is logged in.
    pin: Option<Secret>,
    screen: &'a mut (dyn Write + Send),
}

impl Script<'_> {
    async fn play(
        &mut self,
        args: &Args,
        pin: Option<Secret>,
        secrets: &mut Secrets,
        keyboard: &mut dyn Keyboard,
    ) -> Result<(), Failure> {
        let mut number = if args.pin_stdin { 1 } else { 0 };
        if let Some(account) = &args.account {
            self.log_in(account, pin.as_ref(), secrets, keyboard).await?;
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
                ["login", account] => self.log_in(account, pin.as_ref(), secrets, keyboard).await,
                words => self.command(words).await,
            };
            if let Err(failure) = done {
                return Err(failure.and(format_args!("stopped at line {number}{}", shown(&words))));
            }
        }
    }

    async fn log_in(
        &mut self,
        account: &str,
        pin: Option<&Secret>,
        secrets: &mut Secrets,
        keyboard: &mut dyn Keyboard,
    ) -> Result<(), Failure> {
        let pin = match pin {
            Some(pin) => pin.clone(),
            None => secrets.pin(keyboard).await?,
        };
        self.currency = currency_of(self.line.client.login(account, pin.clone()).await?.currency);
        (self.account, self.pin) = (account.to_owned(), Some(pin));
        Ok(())
    }

    async fn command(&mut self, words: &[&str]) -> Result<(), Failure> {
        let client = &mut self.line.client;
        let new = TransactionId::generate;
        let (movement, id) = match words {
            ["balance"] => {
                let balance = client.balance().await?;
                return self.show(&Answer::Balance(balance));
            }
            ["balance", at] => {
                let balance = client.balance_at(time(ends, at)?).await?;
                return self.show(&Answer::Balance(balance));
            }
            ["statement", wished @ ..] => return self.statement(wished).await,
            ["ping"] => {
                client.ping().await?;
                return self.show(&Answer::Done {});
            }
            ["logout"] => {
                client.log_out().await?;
                return Ok(());
            }
            ["pin", file] => return self.change_pin(Path::new(file)).await,
            ["withdraw", amount] => {
                let (amount, currency, output) = (read(amount)?, self.currency, self.output);
                let wanted = WithdrawalRequest { amount, currency, transaction: None, output };
                let withdrawn = withdraw(self.bank, &mut self.line, wanted, self.screen).await?;
                return self.show_made(&Answer::Withdrawn(withdrawn));
            }
            ["deposit", amount] => (Movement::Deposit { amount: read(amount)?, notes: Vec::new() }, new()),
            ["deposit", amount, notes @ ..] => {
                let WrittenNotes(notes) = read(&notes.concat())?;
                (Movement::Deposit { amount: read(amount)?, notes }, new())
            }
            ["transfer", to, amount, memo @ ..] => {
                let (to, amount, memo) = ((*to).to_owned(), read(amount)?, memo_of(memo)?);
                (Movement::Transfer { to, amount, memo }, new())
            }
            ["authorise", to, amount, memo @ ..] => {
                let lasts = Duration::from_secs(AUTHORISED_SECONDS.into());
                let (to, amount, memo) = ((*to).to_owned(), read(amount)?, memo_of(memo)?);
                (Movement::Authorise { to, amount, memo, lasts }, new())
            }
            ["capture", hold] => (Movement::Capture { amount: None }, read(hold)?),
            ["capture", hold, amount] => (Movement::Capture { amount: Some(read(amount)?) }, read(hold)?),
            ["void", hold] => (Movement::Void, read(hold)?),
            ["transfer-batch", file] | ["transfer-batch", file, "dry-run"] => {
                let transfers = Transfers::read(Path::new(file))?;
                (Movement::TransferBatch { transfers, dry_run: words.len() > 2 }, new())
            }
            _ => return Err(Failure::usage(format!("not a command; use {COMMANDS}"))),
        };
        let shown = movement.ask(&mut self.line, &self.account, id).await?;
        self.show_made(&shown)
    }

    async fn statement(&mut self, wished: &[&str]) -> Result<(), Failure> {
        let (limit, span) = match wished {
            ["all", span @ ..] => (None, span),
            [count, span @ ..] if count.bytes().all(|byte| byte.is_ascii_digit()) => {
                let count = count.parse().ok().filter(|count| (1..=50).contains(count));
                (Some(count.ok_or_else(|| Failure::usage("give the number of entries, 1 to 50"))?), span)
            }
            span => (Some(STATEMENT_ENTRIES), span),
        };
        let (from, to) = match span {
            [] => (None, None),
            [from] => (Some(time(begins, from)?), None),
            [from, to] => (Some(time(begins, from)?), Some(time(ends, to)?)),
            _ => return Err(Failure::usage("write statement [N|all] [FROM [TO]]")),
        };
        let wished = StatementQuery { limit, before: None, from, to };
        statement(&mut self.line, wished, self.output, self.currency, self.screen).await
    }

    async fn change_pin(&mut self, file: &Path) -> Result<(), Failure> {
        let new = secret::from_file(file)?;
        let old = self.pin.clone().ok_or_else(|| Failure::usage("log in first"))?;
        self.line.client.change_secret(old, new.clone()).await?;
        self.pin = Some(new);
        self.show_made(&Answer::Done {})
    }

    fn show_made(&mut self, shown: &Answer) -> Result<(), Failure> {
        show_made(self.screen, &text(shown, self.output, self.currency))
    }

    fn show(&mut self, shown: &Answer) -> Result<(), Failure> {
        show(self.screen, &text(shown, self.output, self.currency))
    }
}

/// A line that failed, to be shown; nothing of one that may hold a PIN in the wrong place.
fn shown(words: &[&str]) -> String {
    match words {
        [
            "balance" | "deposit" | "withdraw" | "transfer" | "authorise" | "capture" | "void"
            | "transfer-batch" | "statement" | "ping" | "logout",
            ..,
        ] => format!(": {}", words.join(" ")),
        _ => String::new(),
    }
}

fn memo_of(words: &[&str]) -> Result<Option<Memo>, Failure> {
    if words.is_empty() { Ok(None) } else { read(&words.join(" ")).map(Some) }
}

fn time<E: ToString>(
    read: impl FnOnce(&str) -> Result<Timestamp, E>,
    text: &str,
) -> Result<Timestamp, Failure> {
    read(text).map_err(|error| Failure::usage(error.to_string()))
}

fn read<T: FromStr<Err: ToString>>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|error: T::Err| Failure::usage(error.to_string()))
}
