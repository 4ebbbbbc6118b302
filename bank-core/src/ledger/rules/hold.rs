//! The rules of placing a hold, and of who may act on it.

use super::access::held;
use super::cash::{self, cash};
use super::movement::{customer, payee, within_limits};
use super::terminal::in_service;
use crate::account::{Account, AccountId};
use crate::hold::{Hold, Purpose, Release, Stage};
use crate::ledger::decision::{DecideError, decided};
use crate::ledger::rules::draft::{is_new, may_move, positive};
use crate::ledger::{
    Actor, Authorisation, Decision, Decline, Fact, Field, HOLDS_OPEN_MAX, Origin, Outcome, PurposeRequest,
    Recorded, TransactionId, TransactionKind, View,
};
use crate::money::{Amount, Minor};
use crate::time::Timestamp;

pub(super) fn authorise<V: View>(
    view: &V,
    of: (AccountId, Actor),
    id: TransactionId,
    amount: Amount,
    purpose: &PurposeRequest,
    now: Timestamp,
) -> Result<Decision, DecideError<V::Error>> {
    let (account, used) = customer(view, of, now)?;
    let mut facts = Vec::new();
    let placed = place(view, account, id, amount, purpose, now, &mut facts);
    let outcome = placed.map(|authorisation| Outcome::Authorised(Box::new(authorisation)));
    decided(outcome, facts, used)
}

fn place<V: View>(
    view: &V,
    account: &Account,
    id: TransactionId,
    amount: Amount,
    purpose: &PurposeRequest,
    now: Timestamp,
    facts: &mut Vec<Fact>,
) -> Result<Authorisation, DecideError<V::Error>> {
    if let Some(hold) = view.hold(id).map_err(DecideError::Unreadable)? {
        same(hold, account, amount, purpose)?;
        let requested = match purpose {
            PurposeRequest::Payment { lasts, .. } => {
                hold.placed.after((*lasts).min(view.policy().hold_time_max))
            }
            PurposeRequest::Dispense { .. } => hold.expires,
        };
        if requested != hold.expires {
            return Err(Decline::IdReused { field: Field::Duration }.into());
        }
        return Ok(authorisation(hold, account, true));
    }
    if let Some(recorded) = view.recorded(id).map_err(DecideError::Unreadable)? {
        return Err(used(&recorded, account, amount, purpose).into());
    }
    if view.is_follow_up(id).map_err(DecideError::Unreadable)? {
        return Err(Decline::IdReused { field: Field::Kind }.into());
    }
    let minor = positive(amount, account.currency)?;
    let policy = view.policy();
    let (purpose, lasts) = match purpose {
        PurposeRequest::Payment { to, memo, lasts } => {
            let to = payee(view, account, to)?;
            may_spend(view, account, to, minor, now)?;
            (Purpose::Payment { to: to.id, memo: memo.clone() }, (*lasts).min(policy.hold_time_max))
        }
        PurposeRequest::Dispense { terminal, follow_ups } => {
            let [out, back] = *follow_ups;
            if [out, back].contains(&id) || out == back || !is_new(view, out)? || !is_new(view, back)? {
                return Err(Decline::IdReused { field: Field::Kind }.into());
            }
            in_service(view, terminal)?;
            let cash = cash(view, terminal, account.currency, facts)?;
            may_spend(view, account, &cash, minor, now)?;
            let notes = cash::unavailable(view, terminal, &cash, minor, facts)?;
            let purpose = Purpose::Dispense { terminal: *terminal, notes, follow_ups: *follow_ups };
            (purpose, policy.dispense_time_max)
        }
    };
    let hold = Hold {
        id,
        account: account.id,
        amount: minor,
        currency: account.currency,
        purpose,
        stage: Stage::Placed,
        placed: now,
        day: policy.business_day.of(now),
        expires: now.after(lasts),
    };
    let mut holding = account.clone();
    holding.hold(minor);
    let authorised = authorisation(&hold, &holding, false);
    facts.push(Fact::HoldPlaced(hold));
    Ok(authorised)
}

/// Whether an account may promise `amount` to another.
fn may_spend<V: View>(
    view: &V,
    account: &Account,
    to: &Account,
    amount: Minor,
    now: Timestamp,
) -> Result<(), Decline> {
    may_move(account, to)?;
    within_limits(view, account, amount, now)?;
    if account.holds() >= HOLDS_OPEN_MAX {
        return Err(Decline::TooManyHolds { holds_max: HOLDS_OPEN_MAX });
    }
    let available = account.available();
    if amount > available {
        return Err(Decline::InsufficientFunds { available: available.in_currency(account.currency) });
    }
    account.held().checked_add(amount).map(|_| ()).ok_or(Decline::LimitPassed)
}

/// Whether a hold is what is asked for again.
fn same(hold: &Hold, account: &Account, amount: Amount, purpose: &PurposeRequest) -> Result<(), Decline> {
    let (kind, place, to, memo) = match (&hold.purpose, purpose) {
        (Purpose::Payment { to, memo }, PurposeRequest::Payment { to: requested, memo: word, .. }) => {
            (true, true, to == requested, memo == word)
        }
        (Purpose::Dispense { terminal, .. }, PurposeRequest::Dispense { terminal: requested, .. }) => {
            (true, terminal == requested, true, true)
        }
        _ => (false, false, false, false),
    };
    let checks = [
        (hold.account == account.id, Field::Account),
        (kind, Field::Kind),
        (amount.minor_units(hold.currency) == Some(hold.amount), Field::Amount),
        (place, Field::Terminal),
        (to, Field::To),
        (memo, Field::Memo),
    ];
    let other = checks.into_iter().find(|(same, _)| !same);
    other.map_or(Ok(()), |(_, field)| Err(Decline::IdReused { field }))
}

fn authorisation(hold: &Hold, account: &Account, replayed: bool) -> Authorisation {
    let currency = hold.currency;
    Authorisation {
        hold: hold.id,
        amount: hold.amount.in_currency(currency),
        at: hold.placed,
        expires: hold.expires,
        balance: account.balance.in_currency(currency),
        available: account.available().in_currency(currency),
        notes: hold.notes().map(|notes| notes.written(currency)).unwrap_or_default(),
        replayed,
    }
}

/// Why an id that is recorded can't be authorised: it is over, or was something else.
fn used(recorded: &Recorded, account: &Account, amount: Amount, purpose: &PurposeRequest) -> Decline {
    match recorded {
        Recorded::Released { hold, .. } => match same(hold, account, amount, purpose) {
            Ok(()) => too_late(recorded),
            Err(other) => other,
        },
        Recorded::Transaction(taken) if taken.origin.is_hold() => {
            let kind = match purpose {
                PurposeRequest::Payment { .. } => TransactionKind::Payment,
                PurposeRequest::Dispense { .. } => TransactionKind::Withdrawal,
            };
            // Cash that was suspect left the bank's own account.
            let payer = taken.from.account;
            if payer != account.id && !payer.is_own() {
                Decline::IdReused { field: Field::Account }
            } else if taken.kind == kind {
                too_late(recorded)
            } else {
                Decline::IdReused { field: Field::Kind }
            }
        }
        Recorded::Transaction(_) => Decline::IdReused { field: Field::Kind },
    }
}

/// Why nothing more can be done with a hold that is recorded as over.
pub(super) fn too_late(recorded: &Recorded) -> Decline {
    match recorded {
        Recorded::Transaction(taken) if taken.origin.is_hold() => Decline::HoldCaptured,
        Recorded::Transaction(_) => Decline::IdReused { field: Field::Kind },
        Recorded::Released { how: Release::Voided, .. } => Decline::HoldVoided,
        Recorded::Released { how: Release::Expired, .. } => Decline::HoldExpired,
    }
}

/// Whether `by` may take the hold further; if it is a session, the account that it holds.
///
/// A terminal that has a key speaks for its dispenses itself. At another one it is the session that
/// authorised it: an account is in one session's hands at a time, so a lease that was granted before
/// the hold was placed is that session's.
pub(super) fn may_act_on_hold<V: View>(
    view: &V,
    hold: &Hold,
    actor: Actor,
    now: Timestamp,
) -> Result<Option<AccountId>, DecideError<V::Error>> {
    match (actor, &hold.purpose) {
        (Actor::Bank, _) => Ok(None),
        (Actor::Terminal(asking), Purpose::Dispense { terminal, .. }) if asking == *terminal => Ok(None),
        (Actor::Holder(account, session), purpose) => {
            let lease = held(view, (account, session), now)?.lease;
            let may = match purpose {
                Purpose::Payment { to, .. } => *to == account,
                Purpose::Dispense { terminal, .. } => {
                    let known = view.terminal(terminal).map_err(DecideError::Unreadable)?;
                    let has_key = known.is_some_and(|known| known.key.is_some());
                    let in_session = lease.is_some_and(|lease| lease.granted <= hold.placed);
                    !has_key && hold.account == account && in_session
                }
            };
            if may { Ok(Some(account)) } else { Err(Decline::NoSuchHold.into()) }
        }
        _ => Err(Decline::NoSuchHold.into()),
    }
}

/// Whether `by` may know what became of a hold that is over; if it is a session, the account that
/// it holds.
pub(super) fn may_see<V: View>(
    view: &V,
    recorded: &Recorded,
    actor: Actor,
    now: Timestamp,
) -> Result<Option<AccountId>, DecideError<V::Error>> {
    let taken = match recorded {
        Recorded::Released { hold, .. } => return may_act_on_hold(view, hold, actor, now),
        Recorded::Transaction(taken) if taken.origin.is_hold() => taken,
        Recorded::Transaction(_) => return Err(Decline::NoSuchHold.into()),
    };
    match actor {
        Actor::Bank => Ok(None),
        Actor::Terminal(terminal) if taken.kind == TransactionKind::Withdrawal => {
            let there = match taken.origin {
                Origin::SuspectHold { counted_at: Some(counted_at), .. } => counted_at == terminal,
                _ => taken.to.account == AccountId::cash(&terminal, taken.currency),
            };
            if there { Ok(None) } else { Err(Decline::NoSuchHold.into()) }
        }
        Actor::Holder(account, session) => {
            held(view, (account, session), now)?;
            let is_payment = taken.kind == TransactionKind::Payment;
            let owner = if is_payment { taken.to.account } else { taken.from.account };
            if owner == account { Ok(Some(account)) } else { Err(Decline::NoSuchHold.into()) }
        }
        Actor::Terminal(_) => Err(Decline::NoSuchHold.into()),
    }
}
