//! The rules of terminals: adding, keys, taking out of service, and access.

use crate::account::TerminalId;
use crate::auth::SecretHash;
use crate::ledger::decision::DecideError;
use crate::ledger::{Decision, Decline, Fact, NotesFault, Outcome, View};
use crate::money::Currency;
use crate::operator::{Instruction, Note};
use crate::terminal::{Terminal, TerminalAccess, TerminalChange};
use crate::time::Timestamp;

pub(super) fn add<V: View>(
    view: &V,
    id: &TerminalId,
    (currency, key): (Currency, Option<SecretHash>),
    operator: Option<&Instruction>,
    now: Timestamp,
) -> Result<Decision, DecideError<V::Error>> {
    // Nobody has banknotes of a bank's own unit.
    if currency.is_unit() {
        return Err(Decline::NoSuchCurrency.into());
    }
    // The vault takes opening balances, of which nobody counts notes.
    if *id == TerminalId::vault() || view.terminal(id).map_err(DecideError::Unreadable)?.is_some() {
        return Err(Decline::TerminalExists.into());
    }
    let mut facts = vec![Fact::TerminalKeyed { terminal: *id, currency, key }];
    facts.extend(operator.map(|operator| changed(id, TerminalChange::Added, operator.noted(now))));
    Ok(Decision::accepted(Outcome::Done, facts))
}

pub(super) fn change_key<V: View>(
    view: &V,
    id: &TerminalId,
    key: SecretHash,
    note: Note,
) -> Result<Decision, DecideError<V::Error>> {
    let currency = added(view, id)?.ok_or(Decline::NoSuchTerminal)?.currency;
    let keyed = Fact::TerminalKeyed { terminal: *id, currency, key: Some(key) };
    let facts = vec![keyed, changed(id, TerminalChange::KeyChanged, note)];
    Ok(Decision::accepted(Outcome::Done, facts))
}

pub(super) fn set<V: View>(
    view: &V,
    id: &TerminalId,
    enabled: bool,
    note: Note,
) -> Result<Decision, DecideError<V::Error>> {
    added(view, id)?.ok_or(Decline::NoSuchTerminal)?;
    let change = if enabled { TerminalChange::Enabled } else { TerminalChange::Disabled };
    Ok(Decision::accepted(Outcome::Done, vec![changed(id, change, note)]))
}

fn changed(id: &TerminalId, change: TerminalChange, note: Note) -> Fact {
    Fact::TerminalChanged { terminal: *id, change, note }
}

/// Whether a terminal still has the key that it proved itself with.
pub(super) fn has_access<V: View>(view: &V, access: &TerminalAccess) -> Result<(), DecideError<V::Error>> {
    let terminal = view.terminal(&access.terminal).map_err(DecideError::Unreadable)?;
    let has = terminal.is_some_and(|terminal| terminal.has_key(access.key));
    if has { Ok(()) } else { Err(Decline::BadTerminal.into()) }
}

/// A terminal; `None` for the vault, which is none but has cash like one.
pub(super) fn added<'v, V: View>(
    view: &'v V,
    id: &TerminalId,
) -> Result<Option<&'v Terminal>, DecideError<V::Error>> {
    let terminal = view.terminal(id).map_err(DecideError::Unreadable)?;
    if terminal.is_none() && *id != TerminalId::vault() {
        return Err(Decline::NoSuchTerminal.into());
    }
    Ok(terminal)
}

/// The same, if customers may move cash there now.
pub(super) fn in_service<'v, V: View>(
    view: &'v V,
    id: &TerminalId,
) -> Result<Option<&'v Terminal>, DecideError<V::Error>> {
    let terminal = added(view, id)?;
    if terminal.is_some_and(|terminal| !terminal.is_enabled) {
        return Err(Decline::TerminalDisabled.into());
    }
    Ok(terminal)
}

/// The terminal, if it counts its notes: then it has no cash of another currency.
pub(super) fn counting(
    terminal: Option<&Terminal>,
    currency: Currency,
) -> Result<Option<&Terminal>, Decline> {
    match terminal.filter(|terminal| terminal.counts_notes) {
        Some(terminal) if terminal.currency != currency => {
            Err(NotesFault::OtherCurrency { currency: terminal.currency }.into())
        }
        counting => Ok(counting),
    }
}
