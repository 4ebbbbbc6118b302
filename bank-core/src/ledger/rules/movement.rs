//! The rules of deposits, withdrawals and transfers.

use super::access::open_to;
use super::cash::{cash, paid_in, read_notes};
use super::terminal::in_service;
use crate::account::{Account, AccountId, Kind};
use crate::ledger::decision::{DecideError, decided};
use crate::ledger::rules::draft::{Draft, IdempotencyContent, may_move, positive, replayed};
use crate::ledger::view::find;
use crate::ledger::{
    Actor, Decision, Decline, Fact, MovedNotes, MovementKind, Outcome, Receipt, TransactionId,
    TransactionKind, View,
};
use crate::money::{Amount, Minor};
use crate::time::Timestamp;

pub(super) fn decide<V: View>(
    view: &V,
    of: (AccountId, Actor),
    transaction: TransactionId,
    amount: Amount,
    way: &MovementKind,
    now: Timestamp,
) -> Result<Decision, DecideError<V::Error>> {
    let (account, used) = customer(view, of, now)?;
    let mut facts = Vec::with_capacity(2);
    let receipt = movement(view, account, transaction, amount, way, now, &mut facts);
    decided(receipt.map(Outcome::Receipt), facts, used)
}

/// The customer's account that the actor may take money out of: its holder, or the bank. With it the
/// fact, if any, that a session was used.
pub(super) fn customer<V: View>(
    view: &V,
    of: (AccountId, Actor),
    now: Timestamp,
) -> Result<(&Account, Option<Fact>), DecideError<V::Error>> {
    let (account, used) = open_to(view, of, now)?;
    let is_customers = account.kind == Kind::Customer;
    if is_customers { Ok((account, used)) } else { Err(Decline::NoSuchAccount.into()) }
}

pub(super) fn movement<V: View>(
    view: &V,
    account: &Account,
    id: TransactionId,
    amount: Amount,
    way: &MovementKind,
    now: Timestamp,
    facts: &mut Vec<Fact>,
) -> Result<Receipt, DecideError<V::Error>> {
    let (kind, terminal, to, memo) = match way {
        MovementKind::Deposit { terminal, .. } => (TransactionKind::Deposit, Some(*terminal), None, None),
        MovementKind::Withdraw { terminal } => (TransactionKind::Withdrawal, Some(*terminal), None, None),
        MovementKind::Transfer { to, memo } => (TransactionKind::Transfer, None, Some(*to), memo.clone()),
    };
    let notes = match way {
        MovementKind::Deposit { notes, .. } => Some(read_notes(notes, account.currency)?),
        _ => None,
    };
    let wanted = IdempotencyContent { account: account.id, kind, amount, terminal, to, memo, notes };
    if let Some(receipt) = replayed(view, id, &wanted)? {
        return Ok(receipt);
    }
    let minor = positive(amount, account.currency)?;
    let draft = |memo| Draft::new(view, (kind, id), minor, now).saying(memo);
    let transaction = match way {
        MovementKind::Deposit { terminal, notes } => {
            in_service(view, terminal)?;
            let cash = cash(view, terminal, account.currency, facts)?;
            let moved = MovedNotes::of(wanted.notes.unwrap_or_default());
            let deposited = draft(None).in_notes(moved).post(&cash, account)?;
            paid_in(view, terminal, account.currency, notes, minor, facts)?;
            deposited
        }
        MovementKind::Withdraw { terminal } => {
            if in_service(view, terminal)?.is_some_and(|terminal| terminal.counts_notes) {
                return Err(Decline::NotesCounted.into());
            }
            let cash = cash(view, terminal, account.currency, facts)?;
            may_move(account, &cash)?;
            within_limits(view, account, minor, now)?;
            draft(None).settle(account, &cash)?
        }
        MovementKind::Transfer { to, .. } => {
            let to = payee(view, account, to)?;
            may_move(account, to)?;
            within_limits(view, account, minor, now)?;
            draft(wanted.memo).settle(account, to)?
        }
    };
    let receipt = transaction.receipt(false);
    facts.push(Fact::Posted(transaction));
    Ok(receipt)
}

/// The account that a customer pays.
pub(super) fn payee<'v, V: View>(
    view: &'v V,
    payer: &Account,
    payee: &AccountId,
) -> Result<&'v Account, DecideError<V::Error>> {
    if *payee == payer.id {
        return Err(Decline::SameAccount.into());
    }
    let payee = find(view, payee)?.filter(|payee| payee.kind == Kind::Customer);
    payee.ok_or(DecideError::Declined(Decline::NoSuchPayee))
}

/// Whether a customer may take `amount` out now, as far as limits go.
pub(super) fn within_limits<V: View>(
    view: &V,
    account: &Account,
    amount: Minor,
    now: Timestamp,
) -> Result<(), Decline> {
    let (limits, currency) = (account.limits(), account.currency);
    if let Some(limit) = limits.transaction_max.filter(|limit| amount > *limit) {
        return Err(Decline::TransactionLimit { limit: limit.in_currency(currency) });
    }
    if limits.day_amount_max.is_none() && limits.day_count_max.is_none() {
        return Ok(());
    }
    let day = view.policy().business_day.of(now);
    let used = account.usage.on(day);
    if let Some(limit) = limits.day_amount_max {
        let left = Minor(limit.0.saturating_sub(used.amount.0).max(0));
        if amount > left {
            let [limit, left] = [limit, left].map(|minor| minor.in_currency(currency));
            return Err(Decline::DayAmountLimit { limit, left, day });
        }
    }
    match limits.day_count_max {
        Some(limit) if used.count >= limit => Err(Decline::DayCountLimit { limit, day }),
        _ => Ok(()),
    }
}
