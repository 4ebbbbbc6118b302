//! The rules for a terminal that reports a dispense otherwise than it is recorded.
//!
//! The report is recorded and moves no money. An operator finds out what came out, and the books
//! are made to agree with that once, by an adjustment between the customer and over and short:
//! when the terminal's cash is counted, or was since, the difference is found there.

use super::hold::too_late;
use crate::account::{AccountId, Kind, Status, TerminalId};
use crate::hold::{Dispute, Finding, Purpose};
use crate::ledger::decision::DecideError;
use crate::ledger::rules::draft::{Draft, is_new, own, positive};
use crate::ledger::settlement::{captured, is_nothing, too_much};
use crate::ledger::view::existing;
use crate::ledger::{
    Decision, Decline, Fact, Field, HoldAction, HoldState, Origin, Outcome, Recorded, Settlement,
    TransactionId, TransactionKind, View,
};
use crate::money::{Currency, Minor};
use crate::operator::Note;
use crate::time::Timestamp;

/// What a dispense that is over paid out, as it is recorded.
struct Booked {
    account: AccountId,
    currency: Currency,
    paid: Minor,
    /// What was promised, where that is known still.
    promised: Option<Minor>,
}

/// `None` for what is no dispense, or in a record of before suspect dispenses kept their accounts.
fn booked(recorded: &Recorded) -> Option<Booked> {
    match recorded {
        Recorded::Released { hold, .. } => {
            let is_dispense = matches!(hold.purpose, Purpose::Dispense { .. });
            let (account, currency, promised) = (hold.account, hold.currency, Some(hold.amount));
            is_dispense.then_some(Booked { account, currency, paid: Minor::ZERO, promised })
        }
        Recorded::Transaction(taken)
            if taken.kind == TransactionKind::Withdrawal && taken.origin.is_hold() =>
        {
            let account = match taken.origin {
                Origin::SuspectHold { account, .. } => account,
                _ => taken.from.account,
            };
            let promised = (!taken.origin.is_part_of_hold()).then_some(taken.amount);
            let (currency, paid) = (taken.currency, taken.amount);
            (!account.is_own()).then_some(Booked { account, currency, paid, promised })
        }
        Recorded::Transaction(_) => None,
    }
}

/// What a step says was paid out; `None` where it says nothing definite.
fn said(step: &HoldAction, currency: Currency, promised: Option<Minor>) -> Result<Option<Minor>, Decline> {
    let amount = match step {
        HoldAction::Void => return Ok(Some(Minor::ZERO)),
        HoldAction::DispensedInFull => return Ok(promised),
        HoldAction::Dispensed { amount, .. } if is_nothing(*amount) => return Ok(Some(Minor::ZERO)),
        HoldAction::Dispensed { amount: Some(amount), .. } => positive(*amount, currency)?,
        _ => return Ok(None),
    };
    match promised {
        Some(promised) if amount > promised => Err(too_much(promised, currency)),
        _ => Ok(Some(amount)),
    }
}

/// What to record of a terminal's report about a dispense that is over: a dispute, if the report
/// contradicts what is recorded and no operator has found out since.
pub(super) fn report<V: View>(
    view: &V,
    recorded: &Recorded,
    terminal: TerminalId,
    step: &HoldAction,
    now: Timestamp,
) -> Result<Option<Fact>, DecideError<V::Error>> {
    let hold = recorded.id();
    let Some(Booked { account, currency, paid: booked, .. }) = booked(recorded) else {
        return Ok(None);
    };
    // A machine may have paid out more than was ordered.
    let Some(reported) = said(step, currency, None)? else { return Ok(None) };
    let known = view.dispute(hold).map_err(DecideError::Unreadable)?;
    let is_known = known.is_some_and(|known| known.reported == reported || known.finding.is_some());
    if is_known || reported == booked {
        return Ok(None);
    }
    let since = known.map_or(now, |known| known.since);
    let finding = None;
    Ok(Some(Fact::Disputed(Dispute { hold, account, terminal, currency, booked, reported, since, finding })))
}

/// What an operator found out about a disputed dispense.
pub(super) fn resolve<V: View>(
    view: &V,
    dispute: &Dispute,
    step: &HoldAction,
    adjustment: TransactionId,
    note: Note,
) -> Result<Decision, DecideError<V::Error>> {
    let (id, currency) = (dispute.hold, dispute.currency);
    let recorded = view.recorded(id).map_err(DecideError::Unreadable)?.ok_or(Decline::NoSuchHold)?;
    let booked = booked(&recorded).ok_or(Decline::NoSuchHold)?;
    let paid = said(step, currency, booked.promised)?.ok_or(Decline::WrongStep)?;
    if let Some(finding) = dispute.finding {
        if paid != finding.paid {
            return Err(too_late(&recorded).into());
        }
        let made = finding
            .adjustment
            .map_or(Ok(None), |made| view.recorded(made))
            .map_err(DecideError::Unreadable)?;
        let settlement = match made {
            Some(Recorded::Transaction(made)) => {
                let receipt = Some(made.receipt(true));
                Settlement { replayed: true, receipt, ..found(id, paid, currency) }
            }
            _ => as_booked(&recorded),
        };
        return Ok(Decision::accepted(Outcome::Settled(Box::new(settlement)), Vec::new()));
    }
    let owed = paid.checked_sub(booked.paid).ok_or(Decline::LimitPassed)?;
    let mut facts = Vec::new();
    let mut settlement = as_booked(&recorded);
    if owed != Minor::ZERO {
        // What was taken back already is not given back again.
        if view.is_reversed(id).map_err(DecideError::Unreadable)? {
            return Err(Decline::AlreadyReversed.into());
        }
        if !is_new(view, adjustment)? {
            return Err(Decline::IdReused { field: Field::Kind }.into());
        }
        let customer = existing(view, &dispute.account)?;
        if customer.status == Status::Closed {
            return Err(Decline::Closed.into());
        }
        let difference = own(view, AccountId::over_short(currency), Kind::OverShort, currency, &mut facts)?;
        let (from, to) = if owed.is_positive() { (customer, &difference) } else { (&difference, customer) };
        let size = Minor(owed.0.checked_abs().ok_or(Decline::LimitPassed)?);
        let draft = Draft::new(view, (TransactionKind::Adjustment, adjustment), size, note.at);
        let draft = draft.out_of(Origin::Disputed(id)).saying(note.reason.clone()).operator(&note.operator);
        let made = draft.settle(from, to)?;
        settlement = Settlement { receipt: Some(made.receipt(false)), ..found(id, paid, currency) };
        facts.push(Fact::Posted(made));
    }
    let finding = Finding { paid, adjustment: (owed != Minor::ZERO).then_some(adjustment) };
    facts.push(Fact::DisputeResolved { hold: id, currency, finding, note });
    Ok(Decision::accepted(Outcome::Settled(Box::new(settlement)), facts))
}

/// The answer where the record was right.
fn as_booked(recorded: &Recorded) -> Settlement {
    match recorded {
        Recorded::Transaction(taken) => captured(taken.id, taken, true),
        Recorded::Released { hold, .. } => {
            Settlement { replayed: true, ..found(hold.id, Minor::ZERO, hold.currency) }
        }
    }
}

fn found(hold: TransactionId, paid: Minor, currency: Currency) -> Settlement {
    let state = if paid.is_positive() { HoldState::Captured } else { HoldState::Voided };
    let amount = paid.in_currency(currency);
    Settlement { hold, state, amount, expires: None, receipt: None, replayed: false }
}
