//! `bankd hold`, `bankd reverse` and `bankd sums`.

use std::fmt::Write as _;

use bank_engine::client::Admin;
use bank_engine::ledger::{HoldState, ListedHold, Rest, Settlement};
use bank_engine::protocol::{ListHolds, Resolution, ResolveHold, Reverse, Sum};

use super::{about, about_account, answer_receipt, at, clock_ahead, id_to_ask_with};
use crate::cli::{AtArgs, HoldCommand, ListedState, NoteList, ResolveArgs, ResolveStep, ReverseArgs};
use crate::error::CommandError;
use crate::output::{answer, confirm};

/// `bankd hold`.
pub async fn hold(command: &HoldCommand) -> Result<(), CommandError> {
    match command {
        HoldCommand::List { account, terminal, state, before, at: place } => {
            let state = state.map(|state| match state {
                ListedState::Authorised => HoldState::Authorised,
                ListedState::Ordered => HoldState::Ordered,
                ListedState::Suspect => HoldState::Suspect,
                ListedState::Disputed => HoldState::Disputed,
            });
            let (account, terminal, before) = (account.clone(), *terminal, *before);
            let asked = ListHolds { account, terminal, state, before, after: None, limit: None };
            let mut holds = at(place, async |desk| all(desk, asked).await).await?;
            holds.sort_by_key(|hold| (hold.at, hold.hold));
            let mut text: String = holds.iter().map(line).collect();
            let _ = writeln!(text, "{} hold{}", holds.len(), super::plural(holds.len()));
            answer(place.output.output, &holds, &text)
        }
        HoldCommand::Resolve(args) => resolve(args).await,
    }
}

async fn all(desk: &mut Admin, mut asked: ListHolds) -> Result<Vec<ListedHold>, CommandError> {
    let mut holds = Vec::new();
    loop {
        let subject = asked.account.clone().unwrap_or_default();
        let page = desk.list_holds(asked.clone()).await.map_err(about_account(subject))?;
        holds.extend(page.holds);
        asked.after = page.next;
        if asked.after.is_none() {
            return Ok(holds);
        }
    }
}

fn line(hold: &ListedHold) -> String {
    let ListedHold { hold: id, account, amount, currency, state, at, .. } = hold;
    let mut line = format!("{id}  {account}  {amount} {currency}  {}  since {at}", state_text(*state));
    if let Some(expires) = hold.expires {
        let _ = write!(line, "  until {expires}");
    }
    if let Some(to) = hold.to {
        let _ = write!(line, "  to {to}");
    }
    if let Some(terminal) = hold.terminal {
        let _ = write!(line, "  at {terminal}");
    }
    if let Some(booked) = hold.booked {
        let _ = write!(line, "  booked as {booked}");
    }
    line + "\n"
}

fn state_text(state: HoldState) -> &'static str {
    match state {
        HoldState::Authorised => "authorised",
        HoldState::Ordered => "ordered",
        HoldState::Captured => "captured",
        HoldState::Voided => "voided",
        HoldState::Suspect => "suspect",
        HoldState::Disputed => "disputed",
        _ => "of another state",
    }
}

async fn resolve(args: &ResolveArgs) -> Result<(), CommandError> {
    let ResolveArgs { hold, step, amount, all, unknown, notes, in_cassettes, reason, at: place } = args;
    let asked = ResolveHold {
        hold: *hold,
        step: match step {
            ResolveStep::Capture => Resolution::Capture,
            ResolveStep::Dispensed => Resolution::Dispensed,
            ResolveStep::Void => Resolution::Void,
        },
        amount: amount.map(|amount| amount.to_string()),
        all: all.then_some(true),
        unknown: unknown.then_some(true),
        notes: notes.as_ref().map(|NoteList(notes)| notes.clone()),
        rest: in_cassettes.then_some(Rest::Cassettes),
        reason: reason.clone(),
    };
    let subject = format!("hold {hold}");
    let settled = at(place, async |desk| desk.resolve_hold(asked).await.map_err(about(subject))).await?;
    let Settlement { state, amount, replayed, .. } = &settled;
    let before = if *replayed { "; this was so before" } else { "" };
    let text = format!("{hold} is {}, {amount} moved{before}\n", state_text(*state));
    confirm(place.output.output, &settled, &text)
}

/// `bankd reverse`.
pub async fn reverse(args: &ReverseArgs) -> Result<(), CommandError> {
    let ReverseArgs { original, amount, reason, transaction, at: place } = args;
    let asked = Reverse {
        original: *original,
        amount: amount.map(|amount| amount.to_string()),
        transaction: id_to_ask_with(*transaction),
        reason: reason.clone(),
    };
    let subject = format!("transaction {original}");
    let receipt = at(place, async |desk| desk.reverse(asked).await.map_err(about(subject))).await?;
    let text = format!("{} of {original} taken back by {}", receipt.amount, receipt.transaction);
    answer_receipt(place.output.output, &receipt, &text)
}

/// `bankd sums`.
pub async fn sums(args: &AtArgs) -> Result<(), CommandError> {
    let sums = at(args, async |desk| desk.sums().await.map_err(about("the sums"))).await?;
    let mut text = String::new();
    for Sum { currency, accounts, debits, credits } in &sums.sums {
        let plural = if *accounts == 1 { "" } else { "s" };
        let _ = writeln!(text, "{currency} debits {debits}, credits {credits}, {accounts} account{plural}");
    }
    if let Some(jumps) = sums.clock_jumps {
        let times = if jumps == 1 { "once" } else { "times" };
        let count = if jumps == 1 { String::new() } else { format!("{jumps} ") };
        let _ = writeln!(text, "the machine's clock has jumped {count}{times} since the bank was opened");
    }
    if let Some(seconds) = sums.clock_ahead_seconds {
        let _ = writeln!(text, "{}", clock_ahead(seconds));
    }
    answer(args.output.output, &sums.sums, &text)
}
