//! `bankd hold`.

use std::fmt::Write as _;

use bank_engine::client::Admin;
use bank_engine::ledger::{HoldState, HoldSummary, Settlement, UndispensedNotes};
use bank_engine::protocol::{HoldResolution, ListHoldsParams, ResolveHoldParams};

use crate::cli::{HoldCommand, HoldStateFilter, NoteList, ResolveArgs, ResolveStep};
use crate::commands::{about, about_account, at};
use crate::error::CommandError;
use crate::output::{answer, confirm};

/// `bankd hold`.
pub async fn hold(command: &HoldCommand) -> Result<(), CommandError> {
    match command {
        HoldCommand::List { account, terminal, state, before, at: place } => {
            let state = state.map(|state| match state {
                HoldStateFilter::Authorised => HoldState::Authorised,
                HoldStateFilter::Ordered => HoldState::Ordered,
                HoldStateFilter::Suspect => HoldState::Suspect,
                HoldStateFilter::Disputed => HoldState::Disputed,
            });
            let (account, terminal, before) = (account.clone(), *terminal, *before);
            let params = ListHoldsParams { account, terminal, state, before, after: None, limit: None };
            let mut holds = at(place, async |admin| all(admin, params).await).await?;
            holds.sort_by_key(|hold| (hold.at, hold.hold));
            let mut text: String = holds.iter().map(line).collect();
            let _ = writeln!(text, "{} hold{}", holds.len(), crate::commands::plural(holds.len()));
            answer(place.output.output, &holds, &text)
        }
        HoldCommand::Resolve(args) => resolve(args).await,
    }
}

async fn all(admin: &mut Admin, mut params: ListHoldsParams) -> Result<Vec<HoldSummary>, CommandError> {
    let mut holds = Vec::new();
    loop {
        let subject = params.account.clone().unwrap_or_default();
        let page = admin.list_holds(params.clone()).await.map_err(about_account(subject))?;
        holds.extend(page.holds);
        params.after = page.next;
        if params.after.is_none() {
            return Ok(holds);
        }
    }
}

fn line(hold: &HoldSummary) -> String {
    let HoldSummary { hold: id, account, amount, currency, state, at, .. } = hold;
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
    let params = ResolveHoldParams {
        hold: *hold,
        resolution: match step {
            ResolveStep::Capture => HoldResolution::Capture,
            ResolveStep::Dispensed => HoldResolution::Dispensed,
            ResolveStep::Void => HoldResolution::Void,
        },
        amount: amount.map(|amount| amount.to_string()),
        all: all.then_some(true),
        unknown: unknown.then_some(true),
        notes: notes.as_ref().map(|NoteList(notes)| notes.clone()),
        undispensed_notes: in_cassettes.then_some(UndispensedNotes::Cassettes),
        reason: reason.clone(),
    };
    let subject = format!("hold {hold}");
    let settled = at(place, async |admin| admin.resolve_hold(params).await.map_err(about(subject))).await?;
    let Settlement { state, amount, replayed, .. } = &settled;
    let before = if *replayed { "; this was so before" } else { "" };
    let text = format!("{hold} is {}, {amount} moved{before}\n", state_text(*state));
    confirm(place.output.output, &settled, &text)
}
