//! `bankd terminal`.

use std::fmt::Write as _;

use bank_engine::account::TerminalId;
use bank_engine::auth::Secret;
use bank_engine::client::{Admin, ClientError};
use bank_engine::ledger::{CashCount, Receipt, TerminalSummary};
use bank_engine::money::{Amount, CurrencyCode};
use bank_engine::notes::{NoteCount, write_notes};
use bank_engine::protocol::{
    AddTerminalParams, ChangeKeyParams, CloseDayParams, CountCashParams, ListTerminalsParams, LoadCashParams,
    TerminalParams, UnloadCashParams,
};
use serde::Serialize;

use crate::cli::{AtArgs, ChangeArgs, CountArgs, KeyArgs, MoveArgs, NoteList, TerminalCommand};
use crate::commands::{about, about_terminal, answer_receipt, at, clock_ahead, id_to_ask_with};
use crate::error::CommandError;
use crate::output::{answer, confirm};
use crate::secret;

/// Random bytes in a key that is made here; it has two characters for each.
const KEY_BYTES: usize = 16;

/// `bankd terminal`.
pub async fn terminal(command: &TerminalCommand) -> Result<(), CommandError> {
    match command {
        TerminalCommand::Add { name, currency, key, reason, at: place } => {
            let key = Key::of(key)?;
            let (secret, reason) = (key.secret.clone(), reason.clone());
            let params = AddTerminalParams { terminal: *name, currency: *currency, key: secret, reason };
            let listed = at(place, async |admin| {
                admin.add_terminal(params).await.map_err(about_terminal(*name))?;
                shown(admin, *name).await
            });
            key.show(place, &listed.await?, "is known, and")
        }
        TerminalCommand::Enable(args) => {
            let ask = async |admin: &mut Admin| {
                admin.enable_terminal(change(args)).await.map_err(about_terminal(args.name))?;
                shown(admin, args.name).await
            };
            let listed = at(&args.at, ask).await?;
            confirm(args.at.output.output, &listed, &format!("{} is in service\n", args.name))
        }
        TerminalCommand::Disable(args) => {
            let ask = async |admin: &mut Admin| {
                admin.disable_terminal(change(args)).await.map_err(about_terminal(args.name))?;
                shown(admin, args.name).await
            };
            let listed = at(&args.at, ask).await?;
            confirm(args.at.output.output, &listed, &format!("{} is out of service\n", args.name))
        }
        TerminalCommand::ChangeKey { name, key, reason, at: place } => {
            let key = Key::of(key)?;
            let params = ChangeKeyParams { terminal: *name, key: key.secret.clone(), reason: reason.clone() };
            let listed = at(place, async |admin| {
                admin.change_key(params).await.map_err(about_terminal(*name))?;
                shown(admin, *name).await
            });
            key.show(place, &listed.await?, "has another key, and")
        }
        TerminalCommand::List(place) => {
            let terminals = at(place, async |admin| all(admin).await).await?;
            let width = terminals.iter().map(|listed| listed.terminal.as_str().len()).max();
            let width = width.unwrap_or_default();
            let mut text = String::new();
            for listed in &terminals {
                let TerminalSummary { terminal, currency, cash, .. } = listed;
                let _ = writeln!(text, "{terminal:width$}  {cash} {currency}");
            }
            let _ =
                writeln!(text, "{} terminal{}", terminals.len(), crate::commands::plural(terminals.len()));
            answer(place.output.output, &terminals, &text)
        }
        TerminalCommand::Show { name, at: place } => {
            let listed = at(place, async |admin| shown(admin, *name).await).await?;
            answer(place.output.output, &listed, &text(&listed))
        }
        TerminalCommand::Load { moved: args, reason } => {
            let params = LoadCashParams {
                terminal: args.name,
                transaction: id_to_ask_with(args.transaction),
                currency: args.cash.currency,
                amount: written(args.cash.amount),
                notes: list(args.cash.notes.as_ref()),
                reason: reason.clone(),
            };
            answer_moved(args, "put into", async |admin| admin.load(params).await).await
        }
        TerminalCommand::Unload { moved: args, reason } => {
            let params = UnloadCashParams {
                terminal: args.name,
                transaction: id_to_ask_with(args.transaction),
                currency: args.cash.currency,
                amount: written(args.cash.amount),
                notes: list(args.cash.notes.as_ref()),
                reason: reason.clone(),
            };
            answer_moved(args, "taken out of", async |admin| admin.unload(params).await).await
        }
        TerminalCommand::Count(args) => {
            let CountArgs { name, cash, reject_bin, at: place } = args;
            let params = CountCashParams {
                terminal: *name,
                currency: cash.currency,
                amount: written(cash.amount),
                notes: list(cash.notes.as_ref()),
                reject_bin: list(reject_bin.as_ref()),
            };
            let count =
                at(place, async |admin| admin.count(params).await.map_err(about_terminal(*name))).await?;
            answer(place.output.output, &count, &count_text(*name, &count))
        }
        TerminalCommand::CloseDay { counted, transaction, reason } => {
            let CountArgs { name, cash, reject_bin, at: place } = counted;
            let params = CloseDayParams {
                terminal: *name,
                transaction: id_to_ask_with(*transaction),
                currency: cash.currency,
                amount: written(cash.amount),
                notes: list(cash.notes.as_ref()),
                reject_bin: list(reject_bin.as_ref()),
                reason: reason.clone(),
            };
            let ask = async |admin: &mut Admin| admin.close_day(params).await.map_err(about_terminal(*name));
            let count = at(place, ask).await?;
            confirm(place.output.output, &count, &count_text(*name, &count))
        }
    }
}

/// Moves cash into or out of a terminal with `ask`, and shows its receipt.
async fn answer_moved(
    args: &MoveArgs,
    moved: &str,
    ask: impl AsyncFnOnce(&mut Admin) -> Result<Receipt, ClientError>,
) -> Result<(), CommandError> {
    let ask = async |admin: &mut Admin| ask(admin).await.map_err(about_terminal(args.name));
    let receipt = at(&args.at, ask).await?;
    let text = format!("{} {moved} {}, which holds {}", receipt.amount, args.name, holds(&receipt));
    answer_receipt(args.at.output.output, &receipt, &text)
}

/// A terminal's key, and whether it is new to everybody.
struct Key {
    secret: Secret,
    made_here: bool,
}

/// A terminal as it is shown when its key was set.
#[derive(Serialize)]
struct Keyed<'a> {
    terminal: TerminalId,
    currency: CurrencyCode,
    /// Shown once, where it was made here.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
}

impl Key {
    fn of(args: &KeyArgs) -> Result<Key, CommandError> {
        if let Some(path) = &args.key_file {
            return Ok(Key { secret: secret::from_file(path)?, made_here: false });
        }
        let mut bytes = [0; KEY_BYTES];
        getrandom::fill(&mut bytes).map_err(|error| CommandError::Randomness(error.into()))?;
        let text = bytes.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        Ok(Key { secret: Secret::new(text), made_here: true })
    }

    fn show(&self, place: &AtArgs, listed: &TerminalSummary, done: &str) -> Result<(), CommandError> {
        let TerminalSummary { terminal, currency, .. } = listed;
        let key = self.made_here.then(|| self.secret.expose());
        let mut text = format!("{terminal} {done} counts in {currency}\n");
        if let Some(key) = key {
            let _ = writeln!(text, "key {key}\nthe key is shown this once; give it to the terminal now");
        }
        confirm(place.output.output, &Keyed { terminal: *terminal, currency: *currency, key }, &text)
    }
}

async fn all(admin: &mut Admin) -> Result<Vec<TerminalSummary>, CommandError> {
    let mut terminals = Vec::new();
    let mut after = None;
    loop {
        let params = ListTerminalsParams { after, limit: None };
        let page = admin.list_terminals(params).await.map_err(about("the terminals"))?;
        terminals.extend(page.terminals);
        after = page.next;
        if after.is_none() {
            return Ok(terminals);
        }
    }
}

async fn shown(admin: &mut Admin, name: TerminalId) -> Result<TerminalSummary, CommandError> {
    let found = all(admin).await?.into_iter().find(|listed| listed.terminal == name);
    found.ok_or_else(|| CommandError::NoSuchTerminal { terminal: name.to_string() })
}

fn text(listed: &TerminalSummary) -> String {
    let TerminalSummary {
        terminal,
        currency,
        has_key,
        enabled,
        cash,
        reserved,
        cassettes,
        reject_bin,
        counted,
        ..
    } = listed;
    let notes = |notes: &[NoteCount]| if notes.is_empty() { "empty".to_owned() } else { write_notes(notes) };
    let mut text = format!(
        "terminal   {terminal}\ncurrency   {currency}\nkey        {}\nservice    {}\ncash       {cash}\nreserved   {reserved}\ncassettes  {}\nreject bin {}\n",
        if *has_key { "its own" } else { "none" },
        if *enabled { "in service" } else { "out of service" },
        notes(cassettes),
        notes(reject_bin)
    );
    let _ = match counted {
        Some(at) => writeln!(text, "counted    {at}"),
        None => writeln!(text, "counted    never"),
    };
    text
}

fn written(amount: Option<Amount>) -> Option<String> {
    amount.map(|amount| amount.to_string())
}

fn list(notes: Option<&NoteList>) -> Vec<NoteCount> {
    notes.map(|NoteList(notes)| notes.clone()).unwrap_or_default()
}

fn change(args: &ChangeArgs) -> TerminalParams {
    TerminalParams { terminal: args.name, reason: args.reason.clone() }
}

/// The cash in a terminal, whose account is as far below zero.
fn holds(receipt: &Receipt) -> String {
    receipt.balance.to_string().trim_start_matches('-').to_owned()
}

fn count_text(name: TerminalId, count: &CashCount) -> String {
    let CashCount {
        expected,
        counted,
        difference,
        suspect,
        disputes,
        transaction,
        clock_ahead_seconds,
        replayed,
        ..
    } = count;
    let mut text = format!(
        "terminal   {name}\nexpected   {expected}\ncounted    {counted}\ndifference {difference}\n\
         suspect    {suspect}\n"
    );
    if *disputes > 0 {
        let _ =
            writeln!(text, "disputed   {disputes}, see bankd hold list --terminal {name} --state disputed");
    }
    if let Some(seconds) = clock_ahead_seconds {
        let _ = writeln!(text, "clock      {}", clock_ahead(*seconds));
    }
    if let Some(id) = transaction {
        let before = if *replayed { ", before" } else { "" };
        let _ = writeln!(text, "posted     {id}{before}");
    }
    text
}
