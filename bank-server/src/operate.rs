//! Commands on the accounts of the data directory: `import` and `account`.

use std::fmt::Write;
use std::sync::Arc;

use bank_engine::account::AccountId;
use bank_engine::bank::Bank;
use bank_engine::money::{Amount, Currency, Minor};
use bank_engine::policy::Policy;
use bank_engine::store::MemoryStore;
use serde::Serialize;

use crate::accounts::{NotAdded, OpeningAccount, Total, Totals};
use crate::cli::{AccountCommand, AddArgs, DataArgs, ImportArgs, Output};
use crate::data::DataDir;
use crate::error::CommandError;
use crate::opening::Import;
use crate::output::answer;
use crate::secret;

/// `bankd import`.
pub async fn import(args: &ImportArgs) -> Result<(), CommandError> {
    let dir = DataDir::create(&args.data.data)?;
    let lock = dir.lock()?;
    let mut accounts = dir.accounts()?;
    let file = Import {
        path: args.file.clone(),
        format: args.format,
        tsv_scale: args.tsv_scale,
        currency: args.currency,
    };
    let added = file.add_to(&mut accounts, &hasher()).await?;
    lock.replace_accounts(&accounts)?;
    answer(args.output.output, &SomeAccounts::of(&added), &format!("{added}\n"))
}

/// `bankd account`.
pub async fn account(command: &AccountCommand) -> Result<(), CommandError> {
    match command {
        AccountCommand::Add(args) => add(args).await,
        AccountCommand::List { data, output } => list(data, output.output),
        AccountCommand::Show { name, data, output } => show(name, data, output.output),
    }
}

async fn add(args: &AddArgs) -> Result<(), CommandError> {
    let AddArgs { name, currency, .. } = *args;
    let dir = DataDir::create(&args.data.data)?;
    let lock = dir.lock()?;
    let mut accounts = dir.accounts()?;
    let refused = |source| CommandError::NotAdded { account: name.to_string(), source };
    if accounts.contains(&name) {
        return Err(refused(NotAdded::Known));
    }
    let balance = opening_balance(args.balance, currency)?;
    let secret = match &args.pin_file {
        Some(path) => secret::from_file(path)?,
        None if args.pin_stdin => secret::from_stdin()?,
        None => secret::from_prompt(&name)?,
    };
    let secret = hasher().hash(secret).await?;
    let account = OpeningAccount { account: name, currency, secret, balance };
    accounts.insert(account.clone()).map_err(refused)?;
    lock.replace_accounts(&accounts)?;
    let told = OneAccount::of(&account);
    answer(args.output.output, &told, &format!("{name} added with {} {currency}\n", told.balance))
}

fn opening_balance(amount: Amount, currency: Currency) -> Result<Minor, CommandError> {
    let minor = amount.minor_units(currency).filter(|minor| *minor >= Minor::ZERO);
    minor.ok_or_else(|| CommandError::Amount { amount: amount.to_string(), currency: currency.to_string() })
}

fn list(data: &DataArgs, output: Output) -> Result<(), CommandError> {
    let accounts = DataDir::open(&data.data)?.accounts()?;
    let lines: Vec<_> = accounts.iter().map(OneAccount::of).collect();
    let width = lines.iter().map(|line| line.account.as_str().len()).max().unwrap_or_default();
    let amounts: Vec<_> = lines.iter().map(|line| line.balance.to_string()).collect();
    let amount_width = amounts.iter().map(String::len).max().unwrap_or_default();
    let mut text = String::new();
    for (line, amount) in lines.iter().zip(&amounts) {
        let _ = writeln!(text, "{:width$}  {amount:>amount_width$} {}", line.account, line.currency);
    }
    let _ = writeln!(text, "{}", accounts.totals());
    let all = AllAccounts { accounts: lines, totals: SomeAccounts::of(accounts.totals()).totals };
    answer(output, &all, &text)
}

fn show(name: &AccountId, data: &DataArgs, output: Output) -> Result<(), CommandError> {
    let accounts = DataDir::open(&data.data)?.accounts()?;
    let account = accounts.find(name).ok_or_else(|| CommandError::NoSuchAccount {
        account: name.to_string(),
        data: data.data.display().to_string(),
    })?;
    let line = OneAccount::of(account);
    let text = format!("account  {}\ncurrency {}\nbalance  {}\n", line.account, line.currency, line.balance);
    answer(output, &line, &text)
}

/// A bank without accounts, for its pool that hashes.
fn hasher() -> Bank {
    Bank::on(Arc::new(MemoryStore::new(Policy::default())))
}

/// An account as it is told: never with its hash.
#[derive(Serialize)]
struct OneAccount {
    account: AccountId,
    currency: Currency,
    balance: Amount,
}

impl OneAccount {
    fn of(account: &OpeningAccount) -> OneAccount {
        let OpeningAccount { account, currency, balance, .. } = *account;
        OneAccount { account, currency, balance: balance.in_currency(currency) }
    }
}

#[derive(Serialize)]
struct AllAccounts {
    accounts: Vec<OneAccount>,
    totals: Vec<OneTotal>,
}

#[derive(Serialize)]
struct SomeAccounts {
    accounts: usize,
    totals: Vec<OneTotal>,
}

#[derive(Serialize)]
struct OneTotal {
    currency: Currency,
    accounts: usize,
    sum: Amount,
}

impl SomeAccounts {
    fn of(totals: &Totals) -> SomeAccounts {
        let line = |(currency, total): (Currency, Total)| OneTotal {
            currency,
            accounts: total.accounts,
            sum: total.sum.in_currency(currency),
        };
        SomeAccounts { accounts: totals.accounts(), totals: totals.iter().map(line).collect() }
    }
}
