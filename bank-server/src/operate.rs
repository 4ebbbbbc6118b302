//! Commands on the accounts of the data directory: `import`, `account` and `terminal`.

use std::fmt::Write as _;

use bank_engine::account::{Account, AccountId, TerminalId};
use bank_engine::bank::BankError;
use bank_engine::books::Books;
use bank_engine::journal::Options;
use bank_engine::ledger::{Decline, TransactionId};
use bank_engine::money::{Amount, Currency, Minor};
use bank_engine::policy::Policy;
use serde::Serialize;

use crate::cli::{AccountCommand, AddArgs, DataArgs, ImportArgs, Output, TerminalCommand, TerminalLoad};
use crate::data::DataDir;
use crate::error::CommandError;
use crate::import::Known;
use crate::opening::{self, Import, Imported, OpeningAccount, OpeningError};
use crate::output::{answer, write};
use crate::secret;
use crate::totals::{Total, Totals};

/// `bankd import`.
pub async fn import(args: &ImportArgs) -> Result<(), CommandError> {
    let dir = DataDir::create(&args.data.data)?;
    let bank = dir.open_bank(Options::default()).await?;
    let file = Import {
        path: args.file.clone(),
        format: args.format,
        tsv_scale: args.tsv_scale,
        currency: args.currency,
        known: if args.all_new { Known::IsRefused } else { Known::Stays },
    };
    let imported = file.open_in(&bank, &dir.books()?).await?;
    answer(args.output.output, &ToldImport::of(&imported), &format!("{imported}\n"))
}

/// `bankd account`.
pub async fn account(command: &AccountCommand) -> Result<(), CommandError> {
    match command {
        AccountCommand::Add(args) => add(args).await,
        AccountCommand::Unlock { name, data } => unlock(*name, data).await,
        AccountCommand::List { own, data, output } => list(*own, data, output.output),
        AccountCommand::Show { name, data, output } => show(name, data, output.output),
    }
}

/// `bankd terminal`.
pub async fn terminal(command: &TerminalCommand) -> Result<(), CommandError> {
    match command {
        TerminalCommand::Load { load, currency, data, output } => {
            let TerminalLoad { terminal, amount } = *load;
            let dir = DataDir::open(&data.data)?;
            dir.journal()?;
            let bank = dir.open_bank(Options::default()).await?.at(terminal);
            bank.load(TransactionId::generate(), *currency, amount).await?;
            let held = held(&dir.books()?, &terminal, *currency).in_currency(*currency);
            let told = ToldTerminal { terminal: terminal.to_string(), currency: *currency, held };
            answer(output.output, &told, &format!("{terminal} holds {held} {currency}\n"))
        }
    }
}

/// The cash in a terminal.
pub fn held(books: &Books, terminal: &TerminalId, currency: Currency) -> Minor {
    // Cash stands below zero, and every balance has a twin above.
    Minor(
        books.account(&AccountId::cash(terminal, currency)).map_or(0, |cash| cash.balance.0.saturating_neg()),
    )
}

async fn add(args: &AddArgs) -> Result<(), CommandError> {
    let AddArgs { name, currency, .. } = *args;
    let dir = DataDir::create(&args.data.data)?;
    let bank = dir.open_bank(Options::default()).await?;
    if dir.books()?.account(&name).is_some() {
        // Before anybody is asked for a PIN.
        return Err(OpeningError::Declined { account: name, source: Decline::AccountExists }.into());
    }
    let balance = opening_balance(args.balance, currency)?;
    let secret = match &args.pin_file {
        Some(path) => secret::from_file(path)?,
        None if args.pin_stdin => secret::from_stdin()?,
        None => secret::from_prompt(&name)?,
    };
    let secret = bank.hash(secret).await?;
    opening::open(&bank, &[OpeningAccount { account: name, currency, secret, balance }]).await?;
    let balance = balance.in_currency(currency);
    let told = OneAccount { account: name, currency, balance, locked: false, frozen: false };
    answer(args.output.output, &told, &format!("{name} added with {} {currency}\n", told.balance))
}

fn opening_balance(amount: Amount, currency: Currency) -> Result<Minor, CommandError> {
    let minor = amount.minor_units(currency).filter(|minor| *minor >= Minor::ZERO);
    minor.ok_or_else(|| CommandError::Amount { amount: amount.to_string(), currency: currency.to_string() })
}

async fn unlock(name: AccountId, data: &DataArgs) -> Result<(), CommandError> {
    let dir = DataDir::open(&data.data)?;
    dir.journal()?;
    match dir.open_bank(Options::default()).await?.unlock(name).await {
        Ok(()) => write(&format!("{name} is unlocked\n")),
        Err(BankError::Declined(Decline::NoSuchAccount)) => Err(no_such_account(&name, data)),
        Err(error) => Err(error.into()),
    }
}

fn no_such_account(name: &AccountId, data: &DataArgs) -> CommandError {
    CommandError::NoSuchAccount { account: name.to_string(), data: data.data.display().to_string() }
}

fn list(own: bool, data: &DataArgs, output: Output) -> Result<(), CommandError> {
    let books = DataDir::open(&data.data)?.books()?;
    let mut accounts: Vec<&Account> =
        books.accounts().iter().filter(|account| own || !account.id.is_own()).collect();
    accounts.sort_by_key(|account| account.id);
    let mut totals = Totals::default();
    for account in &accounts {
        totals.add(account.currency, account.balance)?;
    }
    let lines: Vec<_> = accounts.iter().map(|account| OneAccount::of(account)).collect();
    let width = lines.iter().map(|line| line.account.as_str().len()).max().unwrap_or_default();
    let amounts: Vec<_> = lines.iter().map(|line| line.balance.to_string()).collect();
    let amount_width = amounts.iter().map(String::len).max().unwrap_or_default();
    let mut text = String::new();
    for (line, amount) in lines.iter().zip(&amounts) {
        let _ = writeln!(text, "{:width$}  {amount:>amount_width$} {}", line.account, line.currency);
    }
    let _ = writeln!(text, "{totals}");
    answer(output, &AllAccounts { accounts: lines, totals: told(&totals) }, &text)
}

fn show(name: &AccountId, data: &DataArgs, output: Output) -> Result<(), CommandError> {
    let books = DataDir::open(&data.data)?.books()?;
    let account = books.account(name).ok_or_else(|| no_such_account(name, data))?;
    let line = OneAccount::of(account);
    let state = match (line.locked, line.frozen) {
        (false, false) => "open",
        (true, false) => "locked",
        (false, true) => "frozen",
        (true, true) => "locked and frozen",
    };
    let OneAccount { account, currency, balance, .. } = &line;
    let text = format!("account  {account}\ncurrency {currency}\nbalance  {balance}\nstate    {state}\n");
    answer(output, &line, &text)
}

/// An account as it is told: never with its hash.
#[derive(Serialize)]
struct OneAccount {
    account: AccountId,
    currency: Currency,
    balance: Amount,
    /// After too many wrong tries.
    locked: bool,
    /// By an operator.
    frozen: bool,
}

impl OneAccount {
    fn of(account: &Account) -> OneAccount {
        let Account { id, currency, balance, tries, frozen, .. } = *account;
        let locked = tries >= Policy::default().tries_max;
        OneAccount { account: id, currency, balance: balance.in_currency(currency), locked, frozen }
    }
}

#[derive(Serialize)]
struct ToldTerminal {
    terminal: String,
    currency: Currency,
    held: Amount,
}

#[derive(Serialize)]
struct AllAccounts {
    accounts: Vec<OneAccount>,
    totals: Vec<OneTotal>,
}

#[derive(Serialize)]
struct ToldImport {
    accounts: usize,
    totals: Vec<OneTotal>,
    known: usize,
}

impl ToldImport {
    fn of(imported: &Imported) -> ToldImport {
        let Imported { opened, known } = imported;
        ToldImport { accounts: opened.accounts(), totals: told(opened), known: *known }
    }
}

#[derive(Serialize)]
struct OneTotal {
    currency: Currency,
    accounts: usize,
    sum: Amount,
}

fn told(totals: &Totals) -> Vec<OneTotal> {
    let line = |(currency, total): (Currency, Total)| OneTotal {
        currency,
        accounts: total.accounts,
        sum: total.sum.in_currency(currency),
    };
    totals.iter().map(line).collect()
}
