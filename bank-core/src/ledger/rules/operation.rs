//! The rules of operators' changes to accounts: opening, status, freezes, limits and secrets.

use super::cash::cash;
use crate::account::{Account, AccountChange, AccountId, Direction, FREEZES_MAX, Kind, Status, TerminalId};
use crate::auth::{ChosenSecret, Proof};
use crate::ledger::decision::DecideError;
use crate::ledger::rules::draft::{Draft, IdempotencyContent, positive, replayed};
use crate::ledger::view::{existing, find};
use crate::ledger::{
    AccountOpening, Decision, Decline, Fact, Field, LimitsChange, Memo, Outcome, Receipt, TransactionId,
    TransactionKind, View,
};
use crate::money::{Amount, Minor};
use crate::operator::{Note, Operator};
use crate::time::Timestamp;

pub(super) fn open<V: View>(
    view: &V,
    new: &AccountOpening,
    now: Timestamp,
) -> Result<Decision, DecideError<V::Error>> {
    let AccountOpening { account, currency, secret, must_change, ref instruction, .. } = *new;
    if !view.policy().knows(currency) {
        return Err(Decline::NoSuchCurrency.into());
    }
    let minimum_balance = match new.minimum_balance {
        Some(minimum_balance) => minimum_balance.minor_units(currency).ok_or(Decline::BadLimits)?,
        None => Minor::ZERO,
    };
    if minimum_balance > Minor::ZERO {
        return Err(Decline::BadLimits.into());
    }
    let balance = new.balance.filter(|(_, amount)| !amount.is_zero());
    let receipt = match balance {
        Some((transaction, amount)) => opened_before(view, account, transaction, amount)?,
        None => None,
    };
    if let Some(existing) = find(view, &account)? {
        if receipt.is_none() {
            check_same(view, existing, new, (minimum_balance, balance.is_some()))?;
        }
        return Ok(Decision::accepted(Outcome::Opened { receipt, replayed: true }, Vec::new()));
    }
    let kind = Kind::Customer;
    let mut facts = vec![Fact::Opened { account, kind, currency, secret, minimum_balance, must_change }];
    let note = instruction.as_ref().map(|instruction| instruction.noted(now));
    facts.extend(note.map(|note| changed(account, AccountChange::Opened, note)));
    let mut receipt = None;
    if let Some((transaction, amount)) = balance {
        let amount = positive(amount, currency)?;
        let vault = cash(view, &TerminalId::vault(), currency, &mut facts)?;
        let opened = Account::new(account, kind, currency, secret).opened_with_minimum(minimum_balance);
        let draft = Draft::new(view, (TransactionKind::Opening, transaction), amount, now);
        let paid_in = draft.post(&vault, &opened)?;
        receipt = Some(paid_in.receipt(false));
        facts.push(Fact::Posted(paid_in));
    }
    Ok(Decision::accepted(Outcome::Opened { receipt, replayed: false }, facts))
}

/// The first receipt, where the account was opened with just this payment.
fn opened_before<V: View>(
    view: &V,
    account: AccountId,
    transaction: TransactionId,
    amount: Amount,
) -> Result<Option<Receipt>, DecideError<V::Error>> {
    let kind = TransactionKind::Opening;
    let wanted =
        IdempotencyContent { account, kind, amount, terminal: None, to: None, memo: None, notes: None };
    replayed(view, transaction, &wanted)
}

/// Refuses an account that was opened otherwise than it would be now. A secret that its owner, or an
/// operator, has changed since is another one.
fn check_same<V: View>(
    view: &V,
    existing: &Account,
    new: &AccountOpening,
    (minimum_balance, is_paid_in): (Minor, bool),
) -> Result<(), DecideError<V::Error>> {
    let first = view.transactions(existing, Some(2), 1).map_err(DecideError::Unreadable)?;
    let was_paid_in = first.first().is_some_and(|first| first.kind == TransactionKind::Opening);
    let same_secret = match new.secret {
        None => existing.opened_without_secret,
        Some(hash) => {
            let opens = |proof: Proof| proof.opens(existing.secret.as_ref());
            existing.secret == Some(hash) || new.proof.is_some_and(opens)
        }
    };
    let checks = [
        (existing.kind == Kind::Customer, Field::Kind),
        (existing.currency == new.currency, Field::Currency),
        (existing.opening_minimum() == minimum_balance, Field::MinimumBalance),
        (!was_paid_in && !is_paid_in, Field::Balance),
        (same_secret, Field::Secret),
    ];
    match checks.into_iter().find(|(same, _)| !same) {
        Some((_, field)) => Err(Decline::AccountExists { field }.into()),
        None => Ok(()),
    }
}

pub(super) fn note(operator: &Operator, reason: &Memo, at: Timestamp) -> Note {
    Note { operator: operator.clone(), reason: Some(reason.clone()), at }
}

pub(super) fn set_status<V: View>(
    view: &V,
    id: AccountId,
    status: Status,
    note: Note,
) -> Result<Decision, DecideError<V::Error>> {
    let account = existing(view, &id)?;
    if account.status == status {
        return Ok(Decision::accepted(Outcome::Done, Vec::new()));
    }
    if status != Status::Closed {
        return Ok(Decision::accepted(Outcome::Done, vec![changed(id, AccountChange::Reopened, note)]));
    }
    if account.balance != Minor::ZERO {
        let balance = account.balance.in_currency(account.currency);
        return Err(Decline::AccountNotEmpty { balance }.into());
    }
    if account.holds() > 0 || is_promised(view, &id)? {
        return Err(Decline::AccountHasHolds.into());
    }
    let facts = vec![changed(id, AccountChange::Closed, note), Fact::LeaseEnded { account: id }];
    Ok(Decision::accepted(Outcome::Done, facts))
}

pub(super) fn freeze<V: View>(
    view: &V,
    id: AccountId,
    direction: Direction,
    note: Note,
) -> Result<Decision, DecideError<V::Error>> {
    let account = existing(view, &id)?;
    if account.freezes().len() >= FREEZES_MAX {
        return Err(Decline::TooManyFreezes { freezes_max: FREEZES_MAX }.into());
    }
    let freeze = account.latest_freeze().checked_add(1).ok_or(Decline::LimitPassed)?;
    let facts = vec![changed(id, AccountChange::Frozen { freeze, direction }, note)];
    Ok(Decision::accepted(Outcome::Frozen { freeze }, facts))
}

pub(super) fn thaw<V: View>(
    view: &V,
    id: AccountId,
    freeze: Option<u32>,
    note: Note,
) -> Result<Decision, DecideError<V::Error>> {
    let account = existing(view, &id)?;
    let there = match freeze {
        None => !account.freezes().is_empty(),
        Some(number) => {
            let known = account.freezes().iter().any(|freeze| freeze.number == number);
            if !known {
                return Err(Decline::NoSuchFreeze.into());
            }
            true
        }
    };
    let facts = there.then(|| changed(id, AccountChange::Thawed { freeze }, note));
    Ok(Decision::accepted(Outcome::Done, facts.into_iter().collect()))
}

fn changed(account: AccountId, change: AccountChange, note: Note) -> Fact {
    Fact::AccountChanged { account, change, note }
}

/// Whether an open hold, suspect ones too, may still bring money to an account.
fn is_promised<V: View>(view: &V, id: &AccountId) -> Result<bool, DecideError<V::Error>> {
    use crate::hold::Purpose::Payment;
    let holds = view.holds().map_err(DecideError::Unreadable)?;
    Ok(holds
        .iter()
        .any(|hold| hold.account == *id || matches!(&hold.purpose, Payment { to, .. } if to == id)))
}

pub(super) fn set_limits<V: View>(
    view: &V,
    id: AccountId,
    requested: &LimitsChange,
    note: Note,
) -> Result<Decision, DecideError<V::Error>> {
    let account = existing(view, &id)?;
    let limits = requested.applied(account.limits(), account.currency).ok_or(Decline::BadLimits)?;
    let available = account.balance.checked_sub(account.held()).ok_or(Decline::BadLimits)?;
    if account.kind != Kind::Customer || limits.minimum_balance > available.min(Minor::ZERO) {
        return Err(Decline::BadLimits.into());
    }
    let facts = vec![changed(id, AccountChange::Limits(limits), note)];
    Ok(Decision::accepted(Outcome::Done, facts))
}

pub(super) fn set_secret<V: View>(
    view: &V,
    account: AccountId,
    secret: &ChosenSecret,
    note: Note,
) -> Result<Decision, DecideError<V::Error>> {
    if existing(view, &account)?.kind != Kind::Customer {
        return Err(Decline::NoSuchAccount.into());
    }
    let secret = secret.for_account(&account).ok_or(Decline::WeakSecret)?;
    let facts = vec![
        Fact::SecretChanged { account, secret, must_change: true },
        Fact::TriesCleared { account },
        changed(account, AccountChange::SecretReset, note),
    ];
    Ok(Decision::accepted(Outcome::Done, facts))
}

pub(super) fn unlock<V: View>(
    view: &V,
    account: AccountId,
    note: Note,
) -> Result<Decision, DecideError<V::Error>> {
    existing(view, &account)?;
    let facts = vec![Fact::TriesCleared { account }, changed(account, AccountChange::Unlocked, note)];
    Ok(Decision::accepted(Outcome::Done, facts))
}

pub(super) fn end_session<V: View>(
    view: &V,
    account: AccountId,
    note: Note,
) -> Result<Decision, DecideError<V::Error>> {
    existing(view, &account)?;
    let facts = vec![Fact::LeaseEnded { account }, changed(account, AccountChange::SessionEnded, note)];
    Ok(Decision::accepted(Outcome::Done, facts))
}
