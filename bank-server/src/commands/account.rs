//! `bankd account` and `bankd session`.

use std::fmt::Write as _;

use bank_engine::account::{AccountId, Direction, Status};
use bank_engine::client::Admin;
use bank_engine::ledger::{
    AccountDetails, AccountSummary, ChangeSummary, FreezeSummary, LISTED_MAX, LimitsRequest,
};
use bank_engine::money::{Amount, Minor};
use bank_engine::operator::Note;
use bank_engine::protocol::{
    AccountParams, AddAccountParams, AdjustParams, ChangeAccountParams, Code, FreezeParams,
    ListAccountsParams, ResetSecretParams, SetLimitsParams, ThawParams,
};
use serde::Serialize;

use crate::cli::{
    AccountCommand, AddArgs, AdjustArgs, AnyArgs, AtArgs, ChangeAccountArgs, CorrectionArgs, Lifted,
    LimitsArgs, PinArgs, ResetPinArgs, SessionCommand,
};
use crate::commands::{
    TotalView, about_account, answer_receipt, at, code, id_to_ask_with, shown, total_views,
};
use crate::data::DataDir;
use crate::error::CommandError;
use crate::import::totals::Totals;
use crate::operator_connection::with_admin;
use crate::output::{answer, confirm};
use crate::secret;

/// `bankd account`.
pub async fn account(command: &AccountCommand) -> Result<(), CommandError> {
    match command {
        AccountCommand::Add(args) => add(args).await,
        AccountCommand::List { own, at } => list(*own, at).await,
        AccountCommand::Show(args) => show(args).await,
        AccountCommand::Freeze(args) => freeze(args, Direction::Both).await,
        AccountCommand::FreezeDebits(args) => freeze(args, Direction::Debits).await,
        AccountCommand::FreezeCredits(args) => freeze(args, Direction::Credits).await,
        AccountCommand::Thaw { changed, freeze, all } => thaw(changed, *freeze, *all).await,
        AccountCommand::Close(args) => {
            let params = change(args);
            let account = at(&args.at, async |admin| {
                admin.close_account(params).await.map_err(about_account(args.name))?;
                shown(admin, args.name.as_str()).await
            });
            answer_state(args, &account.await?)
        }
        AccountCommand::Reopen(args) => {
            let params = change(args);
            let account = at(&args.at, async |admin| {
                admin.reopen_account(params).await.map_err(about_account(args.name))?;
                shown(admin, args.name.as_str()).await
            });
            answer_state(args, &account.await?)
        }
        AccountCommand::Limits(args) => limits(args).await,
        AccountCommand::ResetPin(args) => reset_pin(args).await,
        AccountCommand::Unlock(args) => unlock(args).await,
        AccountCommand::Statement(args) => crate::commands::statement::statement(args).await,
        AccountCommand::Balance { account, instant } => {
            crate::commands::statement::balance(account, *instant).await
        }
        AccountCommand::Adjust(args) => adjust(args).await,
    }
}

/// `bankd session`.
pub async fn session(command: &SessionCommand) -> Result<(), CommandError> {
    match command {
        SessionCommand::List(args) => {
            let accounts = at(args, async |admin| all(admin, Which::InUse).await).await?;
            let lines: String =
                accounts.iter().map(|account| format!("{} is in use\n", account.account)).collect();
            let text = if lines.is_empty() { "no account is in use\n" } else { &lines };
            answer(args.output.output, &accounts, text)
        }
        SessionCommand::End(args) => {
            let (name, params) = (args.name, change(args));
            let account = at(&args.at, async |admin| {
                admin.end_session(params).await.map_err(about_account(name))?;
                shown(admin, name.as_str()).await
            });
            confirm(args.at.output.output, &account.await?, &format!("{name} is free\n"))
        }
    }
}

fn named(name: &AccountId) -> AccountParams {
    AccountParams { account: name.to_string() }
}

async fn add(args: &AddArgs) -> Result<(), CommandError> {
    let name = args.name;
    let dir = DataDir::create(&args.data.data)?;
    if !args.no_login && args.pin.is_asked() && args.transaction.is_none() {
        // Before anybody is asked for a PIN; and nobody is kept waiting while it is typed.
        with_admin(&dir, async |admin| match admin.show_account(named(&name)).await {
            Err(error) if code(&error) == Some(Code::NoSuchAccount) => Ok(()),
            Err(error) => Err(about_account(name)(error)),
            Ok(_) => Err(CommandError::HasAccount { account: name.to_string() }),
        })
        .await?;
    }
    let new = AddAccountParams {
        account: name,
        currency: args.currency,
        secret: if args.no_login { None } else { Some(args.pin.secret(&name)?) },
        no_login: args.no_login.then_some(true),
        minimum_balance: args.minimum_balance.map(|minimum| minimum.to_string()),
        balance: Some(args.balance.to_string()),
        transaction: (!args.balance.is_zero()).then(|| id_to_ask_with(args.transaction)),
        must_change: (!args.no_login).then_some(!args.chosen_by_owner),
        reason: args.reason.clone(),
    };
    let account = with_admin(&dir, async |admin| {
        let added = admin.add_account(new).await.map_err(about_account(name))?;
        Ok((added.replayed.is_some(), shown(admin, name.as_str()).await?))
    });
    let (was_there, account) = account.await?;
    let (balance, currency) = (account.account.balance, account.account.currency);
    let text = if was_there {
        format!("{name} was there already, opened just so; it has {balance} {currency}\n")
    } else {
        format!("{name} added with {balance} {currency}\n")
    };
    confirm(args.output.output, &account, &text)
}

impl PinArgs {
    fn is_asked(&self) -> bool {
        !self.pin_stdin && self.pin_file.is_none()
    }

    fn secret(&self, name: &AccountId) -> Result<bank_engine::auth::Secret, CommandError> {
        Ok(match &self.pin_file {
            Some(path) => secret::from_file(path)?,
            None if self.pin_stdin => secret::from_stdin(name)?,
            None => secret::from_prompt(name)?,
        })
    }
}

#[derive(Clone, Copy)]
enum Which {
    All,
    InUse,
}

/// Reads a list to its end, part by part.
async fn all(admin: &mut Admin, which: Which) -> Result<Vec<AccountSummary>, CommandError> {
    let mut accounts = Vec::new();
    let mut first = Some(0);
    while first.is_some() {
        let params = ListAccountsParams { first, limit: u32::try_from(LISTED_MAX).ok() };
        let page = match which {
            Which::All => admin.list_accounts(params).await,
            Which::InUse => admin.list_sessions(params).await,
        };
        let page = page.map_err(crate::commands::about("the accounts"))?;
        accounts.extend(page.accounts);
        first = page.next;
    }
    accounts.sort_by(|one, other| one.account.cmp(&other.account));
    Ok(accounts)
}

async fn list(own: bool, args: &AtArgs) -> Result<(), CommandError> {
    let mut accounts = at(args, async |admin| all(admin, Which::All).await).await?;
    accounts.retain(|account| own || !account.account.starts_with('$'));
    let mut totals = Totals::default();
    for account in &accounts {
        let currency = account.currency.with_decimals(account.balance.decimals());
        totals.add(currency, account.balance.minor_units(currency).unwrap_or(Minor::ZERO))?;
    }
    let width = accounts.iter().map(|account| account.account.len()).max().unwrap_or_default();
    let amounts: Vec<_> = accounts.iter().map(|account| account.balance.to_string()).collect();
    let amount_width = amounts.iter().map(String::len).max().unwrap_or_default();
    let mut text = String::new();
    for (account, amount) in accounts.iter().zip(&amounts) {
        let AccountSummary { account: name, currency, .. } = account;
        let _ = write!(text, "{name:width$}  {amount:>amount_width$} {currency}");
        let _ = match state(account).as_str() {
            "open" => writeln!(text),
            state => writeln!(text, "  {state}"),
        };
    }
    let _ = writeln!(text, "{totals}");
    answer(args.output.output, &AllAccounts { accounts, totals: total_views(&totals) }, &text)
}

#[derive(Serialize)]
struct AllAccounts {
    accounts: Vec<AccountSummary>,
    totals: Vec<TotalView>,
}

async fn show(args: &AnyArgs) -> Result<(), CommandError> {
    let account = at(&args.at, async |admin| shown(admin, &args.name).await).await?;
    answer(args.at.output.output, &account, &text(&account))
}

/// An account for people.
fn text(details: &AccountDetails) -> String {
    let account = &details.account;
    let AccountSummary { account: name, currency, balance, available, held, used, used_count, .. } = account;
    let mut text = format!(
        "account   {name}\ncurrency  {currency}\nbalance   {balance}\navailable {available}\nheld      {held}\n\
         state     {}\nlimits    {}\ntoday     {used} taken out, {used_count} time{}\n",
        state(account),
        limits_text(&account.limits),
        if *used_count == 1 { "" } else { "s" }
    );
    for FreezeSummary { freeze, direction, note, .. } in &details.freezes {
        let _ = writeln!(text, "freeze    {freeze}: {}, {}", direction_text(*direction), noted(note));
    }
    for change in &details.changes {
        let _ = writeln!(text, "change    {}, {}", change_text(change), noted(&change.note));
    }
    text
}

fn noted(Note { operator, reason, at, .. }: &Note) -> String {
    let reason = reason.as_ref().map_or("no reason given", |reason| reason.as_str());
    format!("{reason}, by {operator} at {at}")
}

fn change_text(change: &ChangeSummary) -> String {
    let words = change.change.replace('_', " ");
    let direction = change.direction.map(|direction| format!(" for {}", direction_text(direction)));
    let freeze = change.freeze.map(|freeze| format!(" (freeze {freeze})"));
    let limits = change.limits.as_ref().map(|limits| format!(" {}", limits_text(limits)));
    [Some(words), direction, freeze, limits].into_iter().flatten().collect()
}

fn direction_text(direction: Direction) -> &'static str {
    match direction {
        Direction::Debits => "debits",
        Direction::Credits => "credits",
        Direction::Both => "debits and credits",
        _ => "some movements",
    }
}

/// Everything that keeps an account from being used, or `open`.
fn state(account: &AccountSummary) -> String {
    let frozen = account.frozen.map(|direction| match direction {
        Direction::Both => "frozen",
        Direction::Debits => "frozen for debits",
        _ => "frozen for credits",
    });
    let parts = [
        (account.status == Status::Closed).then_some("closed"),
        frozen,
        account.locked.then_some("locked"),
        account.must_change.then_some("PIN to be changed"),
        account.in_use.then_some("in use"),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "open".to_owned() } else { parts.join(", ") }
}

fn limits_text(limits: &LimitsRequest) -> String {
    let LimitsRequest { minimum_balance, transaction_max, day_amount_max, day_count_max } = limits;
    let parts = [
        minimum_balance.map(|minimum_balance| format!("minimum balance {minimum_balance}")),
        transaction_max.map(|limit| format!("{limit} a transaction")),
        day_amount_max.map(|limit| format!("{limit} a day")),
        day_count_max.map(|limit| format!("{limit} times a day")),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}

fn change(args: &ChangeAccountArgs) -> ChangeAccountParams {
    ChangeAccountParams { account: args.name.to_string(), reason: args.reason.clone() }
}

fn answer_state(args: &ChangeAccountArgs, details: &AccountDetails) -> Result<(), CommandError> {
    confirm(args.at.output.output, details, &format!("{} is {}\n", args.name, state(&details.account)))
}

async fn freeze(args: &ChangeAccountArgs, direction: Direction) -> Result<(), CommandError> {
    let (name, reason) = (args.name, args.reason.clone());
    let details = at(&args.at, async |admin| {
        let params = FreezeParams { account: name.to_string(), direction, reason };
        admin.freeze(params).await.map_err(about_account(name))?;
        shown(admin, name.as_str()).await
    });
    answer_state(args, &details.await?)
}

async fn thaw(args: &ChangeAccountArgs, freeze: Option<u32>, all: bool) -> Result<(), CommandError> {
    let (name, reason) = (args.name, args.reason.clone());
    let details = at(&args.at, async |admin| {
        let params = ThawParams { account: name.to_string(), freeze, all: all.then_some(true), reason };
        admin.thaw(params).await.map_err(about_account(name))?;
        shown(admin, name.as_str()).await
    });
    answer_state(args, &details.await?)
}

async fn limits(args: &LimitsArgs) -> Result<(), CommandError> {
    let LimitsArgs {
        name,
        minimum_balance,
        transaction_max,
        day_amount_max,
        day_count_max,
        reason,
        at: place,
    } = args;
    let account = at(place, async |admin| {
        let text = |limit: Option<Amount>| limit.map(|amount| amount.to_string());
        let params = SetLimitsParams {
            account: name.to_string(),
            minimum_balance: minimum_balance.map(|minimum| Some(minimum.to_string())),
            transaction_max: transaction_max.map(|limit| text(limit.limit())),
            day_amount_max: day_amount_max.map(|limit| text(limit.limit())),
            day_count_max: day_count_max.map(Lifted::limit),
            reason: reason.clone(),
        };
        admin.set_limits(params).await.map_err(about_account(name))?;
        shown(admin, name.as_str()).await
    });
    let account = account.await?;
    confirm(
        place.output.output,
        &account,
        &format!("{name}: limits {}\n", limits_text(&account.account.limits)),
    )
}

async fn reset_pin(args: &ResetPinArgs) -> Result<(), CommandError> {
    let ResetPinArgs { name, pin, reason, at: place } = args;
    if pin.is_asked() {
        at(place, async |admin| shown(admin, name.as_str()).await).await?;
    }
    let params =
        ResetSecretParams { account: name.to_string(), secret: pin.secret(name)?, reason: reason.clone() };
    let account = at(place, async |admin| {
        admin.reset_secret(params).await.map_err(about_account(name))?;
        shown(admin, name.as_str()).await
    });
    let text = format!("{name} has another PIN, which its owner has to change first of all\n");
    confirm(place.output.output, &account.await?, &text)
}

async fn unlock(args: &ChangeAccountArgs) -> Result<(), CommandError> {
    let (name, params) = (args.name, change(args));
    let account = at(&args.at, async |admin| {
        admin.unlock(params).await.map_err(about_account(name))?;
        shown(admin, name.as_str()).await
    });
    confirm(args.at.output.output, &account.await?, &format!("{name} is unlocked\n"))
}

async fn adjust(args: &AdjustArgs) -> Result<(), CommandError> {
    let AdjustArgs { name, amount, correction: CorrectionArgs { reason, transaction, at: place } } = args;
    let params = AdjustParams {
        account: name.to_string(),
        amount: amount.to_string(),
        transaction: id_to_ask_with(*transaction),
        reason: reason.clone(),
    };
    let receipt = at(place, async |admin| admin.adjust(params).await.map_err(about_account(name))).await?;
    let text = format!("{name} adjusted by {amount}, balance {}", receipt.balance);
    answer_receipt(place.output.output, &receipt, &text)
}
