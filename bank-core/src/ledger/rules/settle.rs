//! The rules of a hold's progress and end: by capture, dispense or void, or by expiry.

use super::access::held;
use super::cash::{cash, put_back, worth};
use super::dispute;
use super::hold::{may_act_on_hold, may_see, too_late};
use super::terminal::in_service;
use crate::account::{Account, AccountId, Kind};
use crate::hold::{Hold, Purpose, Release, Stage};
use crate::ledger::decision::{DecideError, decided};
use crate::ledger::rules::draft::{Draft, own, positive};
use crate::ledger::settlement::{captured, is_nothing, settled, standing, too_much};
use crate::ledger::view::existing;
use crate::ledger::{
    Actor, Decision, Decline, Fact, HoldAction, HoldState, MovedNotes, NotesFault, Origin, Outcome, Recorded,
    Settlement, Transaction, TransactionId, TransactionKind, UndispensedNotes, View,
};
use crate::money::{Amount, Minor};
use crate::notes::{NoteCount, Notes, choose};
use crate::operator::Note;
use crate::time::Timestamp;

/// What the end of one hold's time led to by `now`: it expired, or its dispense became suspect.
/// Empty where nothing is due.
///
/// The facts are dated with the instant at which the hold was due, but never before `since`, the
/// instant of the store's decisions before: dates do not run backwards. Before a store decides
/// anything at `now` it asks and records this until nothing is due, or as often as it has room for:
/// a hold that is due can't be captured in any case.
pub fn elapsed<V: View>(view: &V, since: Timestamp, now: Timestamp) -> Result<Vec<Fact>, V::Error> {
    const LOOKED_AT: usize = 16;
    for hold in view.due(now, LOOKED_AT)? {
        let mut facts = Vec::new();
        let at = hold.expires.max(since).min(now);
        let led = match hold.stage {
            Stage::Placed => {
                release(view, hold, Release::Expired, UndispensedNotes::Cassettes, at, &mut facts)
            }
            Stage::Ordered => suspect(view, hold, at, &mut facts),
            Stage::Suspect { .. } => continue,
        };
        match led {
            Ok(_) => return Ok(facts),
            Err(DecideError::Unreadable(error)) => return Err(error),
            // No balance can hold it. The hold stays as it is, and the next one is looked at.
            Err(DecideError::Declined(_)) => {}
        }
    }
    Ok(Vec::new())
}

pub(super) fn act_on_hold<V: View>(
    view: &V,
    id: TransactionId,
    actor: Actor,
    step: &HoldAction,
    now: Timestamp,
) -> Result<Decision, DecideError<V::Error>> {
    // A session that is over gets that answer, whatever it asks about.
    if let Actor::Holder(account, session) = actor {
        held(view, (account, session), now)?;
    }
    let Some(hold) = view.hold(id).map_err(DecideError::Unreadable)? else {
        return over(view, id, actor, step, now);
    };
    let used = may_act_on_hold(view, hold, actor, now)?;
    let mut facts = Vec::new();
    let advanced = advance(view, hold, actor, step, now, &mut facts);
    let outcome = advanced.map(|settlement| Outcome::Settled(Box::new(settlement)));
    decided(outcome, facts, used.map(|account| Fact::LeaseUsed { account, at: now }))
}

/// What an operator makes of a hold on the bank's behalf.
pub(super) fn resolve<V: View>(
    view: &V,
    id: TransactionId,
    step: &HoldAction,
    note: Note,
    now: Timestamp,
) -> Result<Decision, DecideError<V::Error>> {
    let mut decision = act_on_hold(view, id, Actor::Bank, step, now)?;
    for fact in &mut decision.facts {
        if let Fact::Posted(made) = fact {
            made.operator = Some(note.operator.clone());
        }
    }
    let is_new = matches!(&decision.outcome, Ok(Outcome::Settled(settled)) if !settled.replayed);
    decision.facts.extend(is_new.then_some(Fact::HoldResolved { hold: id, note }));
    Ok(decision)
}

fn advance<V: View>(
    view: &V,
    hold: &Hold,
    actor: Actor,
    step: &HoldAction,
    now: Timestamp,
    facts: &mut Vec<Fact>,
) -> Result<Settlement, DecideError<V::Error>> {
    let in_time = now < hold.expires;
    let amount = Some(hold.amount.in_currency(hold.currency));
    let in_full =
        HoldAction::Dispensed { amount, notes: Vec::new(), undispensed_notes: UndispensedNotes::default() };
    let step = if matches!(step, HoldAction::DispensedInFull) { &in_full } else { step };
    if let HoldAction::Dispensed { amount, notes, .. } = step
        && is_nothing(*amount)
        && !notes.is_empty()
    {
        return Err(Decline::from(NotesFault::OfNothing).into());
    }
    match (&hold.purpose, step, hold.stage) {
        (Purpose::Payment { .. }, _, _) if !in_time => Err(Decline::HoldExpired.into()),
        (Purpose::Payment { to, memo }, HoldAction::Capture { amount }, _) => {
            let draft = part(hold, *amount)?;
            let draft =
                Draft::new(view, (TransactionKind::Payment, hold.id), draft, now).saying(memo.clone());
            take(view, hold, draft, existing(view, to)?.clone(), facts)
        }
        (
            Purpose::Dispense { follow_ups: [out, _], .. },
            HoldAction::Dispensed { amount: None, .. },
            Stage::Suspect { .. },
        ) => {
            let receipt = match view.recorded(*out).map_err(DecideError::Unreadable)? {
                Some(Recorded::Transaction(moved)) => Some(moved.receipt(true)),
                _ => None,
            };
            Ok(Settlement { receipt, ..standing(hold, true) })
        }
        (
            Purpose::Dispense { .. },
            HoldAction::Dispensed { amount: Some(amount), notes, undispensed_notes },
            Stage::Suspect { .. },
        ) => {
            if matches!(actor, Actor::Holder(..)) {
                return Err(Decline::DispenseSuspect.into());
            }
            clear_up(view, hold, (*amount, notes, *undispensed_notes), now, facts)
        }
        (_, _, Stage::Suspect { .. }) => Err(Decline::DispenseSuspect.into()),
        (Purpose::Dispense { terminal, .. }, HoldAction::Order, Stage::Placed) => {
            if !in_time {
                return Err(Decline::HoldExpired.into());
            }
            in_service(view, terminal)?;
            // Nobody was promised this cash but the customer, whose account is frozen now.
            if !existing(view, &hold.account)?.allows_debits() {
                return Err(Decline::Frozen.into());
            }
            let expires = now.after(view.policy().dispense_time_max);
            facts.push(Fact::HoldOrdered { hold: hold.id, expires });
            Ok(standing(&Hold { stage: Stage::Ordered, expires, ..hold.clone() }, false))
        }
        (Purpose::Dispense { .. }, HoldAction::Order, Stage::Ordered) if in_time => Ok(standing(hold, true)),
        (Purpose::Dispense { .. }, HoldAction::Order, Stage::Ordered) => Err(Decline::DispenseSuspect.into()),
        (Purpose::Dispense { .. }, HoldAction::Dispensed { amount, .. }, Stage::Placed)
            if !is_nothing(*amount) =>
        {
            Err(Decline::DispenseNotOrdered.into())
        }
        (Purpose::Payment { .. }, HoldAction::Dispensed { .. }, _) => Err(Decline::WrongStep.into()),
        (_, HoldAction::Void | HoldAction::Dispensed { .. }, Stage::Placed) if !in_time => {
            Err(Decline::HoldExpired.into())
        }
        (_, HoldAction::Void | HoldAction::Dispensed { .. }, Stage::Placed) => {
            release(view, hold, Release::Voided, UndispensedNotes::Cassettes, now, facts)
        }
        (Purpose::Dispense { .. }, HoldAction::Dispensed { amount: None, .. }, Stage::Ordered) => {
            suspect(view, hold, now, facts)
        }
        (
            Purpose::Dispense { terminal, .. },
            HoldAction::Dispensed { amount, notes, undispensed_notes },
            Stage::Ordered,
        ) => {
            if is_nothing(*amount) {
                return release(view, hold, Release::Voided, *undispensed_notes, now, facts);
            }
            let amount = part(hold, *amount)?;
            let out = dispensed(hold, amount, notes)?;
            put_back(view, terminal, &left(hold, &out), *undispensed_notes, facts)?;
            let cash = released(cash(view, terminal, hold.currency, facts)?, hold);
            let draft = Draft::new(view, (TransactionKind::Withdrawal, hold.id), amount, now);
            let draft = draft.in_notes(MovedNotes::of(out));
            take(view, hold, draft, cash, facts)
        }
        (Purpose::Dispense { .. }, HoldAction::Void, Stage::Ordered) => Err(Decline::DispenseOrdered.into()),
        _ => Err(Decline::WrongStep.into()),
    }
}

/// The part of a hold that is asked for, all where none is.
fn part(hold: &Hold, amount: Option<Amount>) -> Result<Minor, Decline> {
    let amount = amount.map_or(Ok(hold.amount), |amount| positive(amount, hold.currency))?;
    if amount > hold.amount {
        return Err(too_much(hold.amount, hold.currency));
    }
    Ok(amount)
}

/// Captures a hold whose money is still in the account.
fn take<V: View>(
    view: &V,
    hold: &Hold,
    draft: Draft,
    to: Account,
    facts: &mut Vec<Fact>,
) -> Result<Settlement, DecideError<V::Error>> {
    let from = released(existing(view, &hold.account)?.clone(), hold);
    if to.kind == Kind::Customer && !to.allows_credits() {
        return Err(Decline::Frozen.into());
    }
    let mut taken = draft.out_of(Origin::Hold).settle(&from, &to)?;
    taken.origin = match (taken.amount == hold.amount, taken.day == hold.day) {
        (true, true) => Origin::Hold,
        (true, false) => Origin::EarlierHold(hold.day),
        (false, true) => Origin::PartOfHold,
        (false, false) => Origin::PartOfEarlierHold(hold.day),
    };
    let settled = captured(hold.id, &taken, false);
    facts.push(Fact::Posted(taken));
    Ok(settled)
}

/// An account as it is once a hold on it is over.
fn released(mut account: Account, hold: &Hold) -> Account {
    account.release(hold.amount);
    account
}

/// Frees a hold without a transaction.
fn release<V: View>(
    view: &V,
    hold: &Hold,
    how: Release,
    undispensed_notes: UndispensedNotes,
    now: Timestamp,
    facts: &mut Vec<Fact>,
) -> Result<Settlement, DecideError<V::Error>> {
    if let Purpose::Dispense { terminal, notes, .. } = &hold.purpose
        && !matches!(hold.stage, Stage::Suspect { counted: true, .. })
    {
        put_back(view, terminal, notes, undispensed_notes, facts)?;
    }
    facts.push(Fact::HoldReleased { hold: hold.clone(), how, at: now });
    Ok(settled(hold, HoldState::Voided, Minor::ZERO))
}

/// Moves an ordered dispense's money out of the account, since it may have come out as cash.
fn suspect<V: View>(
    view: &V,
    hold: &Hold,
    now: Timestamp,
    facts: &mut Vec<Fact>,
) -> Result<Settlement, DecideError<V::Error>> {
    let Purpose::Dispense { follow_ups: [out, _], .. } = hold.purpose else {
        return Err(Decline::WrongStep.into());
    };
    let id = AccountId::suspect(hold.currency);
    let suspects = own(view, id, Kind::Suspect, hold.currency, facts)?;
    let from = released(existing(view, &hold.account)?.clone(), hold);
    let draft = Draft::new(view, (TransactionKind::Suspect, out), hold.amount, now);
    let moved = draft.out_of(Origin::Suspects(hold.id)).settle(&from, &suspects)?;
    let receipt = Some(moved.receipt(false));
    facts.push(Fact::Posted(moved));
    Ok(Settlement { receipt, ..settled(hold, HoldState::Suspect, Minor::ZERO) })
}

/// Ends a suspect dispense, of which it is known now what came out.
fn clear_up<V: View>(
    view: &V,
    hold: &Hold,
    (amount, notes, undispensed_notes): (Amount, &[NoteCount], UndispensedNotes),
    now: Timestamp,
    facts: &mut Vec<Fact>,
) -> Result<Settlement, DecideError<V::Error>> {
    let Purpose::Dispense { terminal, follow_ups: [_, back], .. } = &hold.purpose else {
        return Err(Decline::WrongStep.into());
    };
    let dispensed = if amount.is_zero() { Minor::ZERO } else { part(hold, Some(amount))? };
    let is_counted = matches!(hold.stage, Stage::Suspect { counted: true, .. });
    let mut suspects = existing(view, &AccountId::suspect(hold.currency))?.clone();
    let undelivered = Minor(hold.amount.0.saturating_sub(dispensed.0));
    if undelivered.is_positive() {
        let draft = Draft::new(view, (TransactionKind::Returned, *back), undelivered, now);
        let returned =
            draft.out_of(Origin::Returns(hold.id)).settle(&suspects, existing(view, &hold.account)?)?;
        (suspects.balance, suspects.entries) = (returned.from.balance, returned.from.entry);
        facts.push(Fact::Posted(returned));
    }
    if !dispensed.is_positive() {
        return release(view, hold, Release::Voided, undispensed_notes, now, facts);
    }
    // What was counted since has shown the cash to be missing, in over and short.
    let mut out = Notes::default();
    let to = if is_counted {
        own(view, AccountId::over_short(hold.currency), Kind::OverShort, hold.currency, facts)?
    } else {
        out = self::dispensed(hold, dispensed, notes)?;
        put_back(view, terminal, &left(hold, &out), undispensed_notes, facts)?;
        released(cash(view, terminal, hold.currency, facts)?, hold)
    };
    let draft = Draft::new(view, (TransactionKind::Withdrawal, hold.id), dispensed, now);
    let is_part = dispensed < hold.amount;
    let counted_at = is_counted.then_some(*terminal);
    let origin = Origin::SuspectHold { account: hold.account, counted_at, is_part };
    let taken = draft.out_of(origin).in_notes(MovedNotes::of(out)).settle(&suspects, &to)?;
    facts.push(Fact::Posted(taken));
    Ok(settled(hold, HoldState::Captured, dispensed))
}

/// The notes of a dispense that came out: those named, or where none are named, the fewest that are
/// worth `amount`.
fn dispensed(hold: &Hold, amount: Minor, named: &[NoteCount]) -> Result<Notes, Decline> {
    let Some(notes) = hold.notes().filter(|notes| !notes.is_empty()) else {
        return if named.is_empty() { Ok(Notes::default()) } else { Err(NotesFault::NotCounted.into()) };
    };
    let out = if !named.is_empty() {
        let named = Notes::read(named, hold.currency).ok_or(NotesFault::NotNotes)?;
        worth(&named, amount, hold.currency)?;
        named
    } else if amount == hold.amount {
        notes.clone()
    } else {
        choose(notes, amount, crate::notes::NOTES_AT_ONCE_MAX).map_err(|_| NotesFault::OtherNotes)?
    };
    if notes.minus(&out).is_some() { Ok(out) } else { Err(NotesFault::OtherNotes.into()) }
}

/// The notes of a dispense that did not come out.
fn left(hold: &Hold, out: &Notes) -> Notes {
    hold.notes().and_then(|notes| notes.minus(out)).unwrap_or_default()
}

/// The answer about a hold that is over: the same as before to the same step, and why it is too
/// late for any other.
fn over<V: View>(
    view: &V,
    id: TransactionId,
    actor: Actor,
    step: &HoldAction,
    now: Timestamp,
) -> Result<Decision, DecideError<V::Error>> {
    let recorded = view.recorded(id).map_err(DecideError::Unreadable)?.ok_or(Decline::NoSuchHold)?;
    let used = may_see(view, &recorded, actor, now)?;
    let again = match (&recorded, step) {
        (Recorded::Transaction(taken), HoldAction::DispensedInFull) => {
            let same = taken.kind == TransactionKind::Withdrawal && !taken.origin.is_part_of_hold();
            same.then(|| captured(id, taken, true))
        }
        (Recorded::Transaction(taken), HoldAction::Dispensed { notes, .. }) if other_notes(taken, notes) => {
            None
        }
        (
            Recorded::Transaction(taken),
            HoldAction::Capture { amount } | HoldAction::Dispensed { amount, .. },
        ) => {
            let kind = if matches!(step, HoldAction::Capture { .. }) {
                TransactionKind::Payment
            } else {
                TransactionKind::Withdrawal
            };
            // Left out it means all for a payment, and for a dispense that nobody knows.
            let same = match amount {
                Some(amount) => amount.minor_units(taken.currency) == Some(taken.amount),
                None => kind == TransactionKind::Payment && !taken.origin.is_part_of_hold(),
            };
            (taken.kind == kind && same).then(|| captured(id, taken, true))
        }
        (Recorded::Released { hold, how: Release::Voided }, HoldAction::Void) => {
            Some(Settlement { replayed: true, ..settled(hold, HoldState::Voided, Minor::ZERO) })
        }
        (Recorded::Released { hold, .. }, HoldAction::Dispensed { amount, .. }) if is_nothing(*amount) => {
            Some(Settlement { replayed: true, ..settled(hold, HoldState::Voided, Minor::ZERO) })
        }
        _ => None,
    };
    let mut facts: Vec<_> = used.map(|account| Fact::LeaseUsed { account, at: now }).into_iter().collect();
    if let (None, Actor::Terminal(terminal)) = (&again, actor) {
        facts.extend(dispute::report(view, &recorded, terminal, step, now)?);
    }
    Ok(Decision {
        outcome: again.map(|again| Outcome::Settled(Box::new(again))).ok_or_else(|| too_late(&recorded)),
        facts,
    })
}

/// Whether a report names other notes than came out.
fn other_notes(taken: &Transaction, named: &[NoteCount]) -> bool {
    let out = taken.notes.as_ref().filter(|out| !out.notes.is_empty() && !named.is_empty());
    out.is_some_and(|out| Notes::read(named, taken.currency).is_none_or(|named| named != out.notes))
}
