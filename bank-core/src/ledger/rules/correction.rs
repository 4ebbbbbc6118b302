//! The rules of reversals and adjustments: a record stays, and a second transaction corrects it.

use crate::account::{Account, AccountId, Kind, Status};
use crate::ledger::decision::DecideError;
use crate::ledger::rules::draft::{Draft, IdempotencyContent, is_new, own, positive, replayed};
use crate::ledger::view::existing;
use crate::ledger::{
    Decision, Decline, Fact, Field, Memo, Origin, Outcome, Recorded, Transaction, TransactionId,
    TransactionKind, View,
};
use crate::money::{Amount, Minor};
use crate::operator::Operator;
use crate::time::Timestamp;

pub(super) fn reverse<V: View>(
    view: &V,
    original: TransactionId,
    amount: Option<Amount>,
    id: TransactionId,
    (operator, reason): (&Operator, &Memo),
    now: Timestamp,
) -> Result<Decision, DecideError<V::Error>> {
    if let Some(made) = view.recorded(id).map_err(DecideError::Unreadable)? {
        return again(&made, original, amount, reason);
    }
    if !is_new(view, id)? {
        return Err(Decline::IdReused { field: Field::Kind }.into());
    }
    let Some(Recorded::Transaction(first)) = view.recorded(original).map_err(DecideError::Unreadable)? else {
        return Err(Decline::NoSuchTransaction.into());
    };
    if !is_reversible(&first) {
        return Err(Decline::NotReversible.into());
    }
    let disputed = view.dispute(original).map_err(DecideError::Unreadable)?;
    if disputed.is_some_and(|dispute| dispute.finding.is_some_and(|found| found.adjustment.is_some())) {
        return Err(Decline::NotReversible.into());
    }
    if view.is_reversed(original).map_err(DecideError::Unreadable)? {
        return Err(Decline::AlreadyReversed.into());
    }
    let currency = first.currency;
    let back = amount.map_or(Ok(first.amount), |amount| positive(amount, currency))?;
    if back > first.amount {
        return Err(Decline::ReversalExceeds { amount: first.amount.in_currency(currency) }.into());
    }
    let from = existing(view, &first.to.account)?;
    let to = existing(view, &first.from.account)?;
    let used_allowance = first.kind.is_counted() && !first.from.account.is_own();
    let used_on = match first.origin {
        Origin::EarlierHold(day) | Origin::PartOfEarlierHold(day) => day,
        _ => first.day,
    };
    let origin = Origin::Reverses {
        original,
        allowance: used_allowance.then_some(used_on),
        whole: back == first.amount,
    };
    let draft = Draft::new(view, (TransactionKind::Reversal, id), back, now);
    let made = draft.out_of(origin).saying(Some(reason.clone())).operator(operator).post(from, to)?;
    let receipt = made.receipt(false);
    Ok(Decision::accepted(Outcome::Receipt(receipt), vec![Fact::Posted(made)]))
}

/// What moved between a customer's account and another. A dispense that was suspect has been
/// looked into, and is settled between accounts of the bank.
fn is_reversible(transaction: &Transaction) -> bool {
    use TransactionKind::{Adjustment, Deposit, Opening, Payment, Transfer, Withdrawal};
    let of_customer = !transaction.from.account.is_own() || !transaction.to.account.is_own();
    of_customer
        && matches!(transaction.kind, Opening | Deposit | Withdrawal | Transfer | Payment | Adjustment)
}

fn again<E>(
    made: &Recorded,
    original: TransactionId,
    amount: Option<Amount>,
    reason: &Memo,
) -> Result<Decision, DecideError<E>> {
    let reused = |field| Err(Decline::IdReused { field }.into());
    let Recorded::Transaction(made) = made else { return reused(Field::Kind) };
    match made.origin {
        Origin::Reverses { original: first, .. } if first != original => reused(Field::Original),
        Origin::Reverses { whole, .. } => {
            let same = amount.map_or(whole, |amount| amount.minor_units(made.currency) == Some(made.amount));
            if !same {
                return reused(Field::Amount);
            }
            if made.memo.as_ref() != Some(reason) {
                return reused(Field::Memo);
            }
            Ok(Decision::accepted(Outcome::Receipt(made.receipt(true)), Vec::new()))
        }
        _ => reused(Field::Kind),
    }
}

pub(super) fn adjust<V: View>(
    view: &V,
    account: AccountId,
    amount: Amount,
    id: TransactionId,
    (operator, reason): (&Operator, &Memo),
    now: Timestamp,
) -> Result<Decision, DecideError<V::Error>> {
    let customer = existing(view, &account)?;
    if customer.kind != Kind::Customer {
        return Err(Decline::NoSuchAccount.into());
    }
    let currency = customer.currency;
    let change =
        amount.minor_units(currency).filter(|change| *change != Minor::ZERO).ok_or(Decline::BadAmount)?;
    let size = Minor(change.0.checked_abs().ok_or(Decline::BadAmount)?);
    let wanted = IdempotencyContent {
        account,
        kind: TransactionKind::Adjustment,
        amount: size.in_currency(currency),
        terminal: None,
        to: Some(if change.is_positive() { account } else { AccountId::adjustments(currency) }),
        memo: Some(reason.clone()),
        notes: None,
    };
    if let Some(receipt) = replayed(view, id, &wanted)? {
        return Ok(Decision::accepted(Outcome::Receipt(receipt), Vec::new()));
    }
    if customer.status == Status::Closed {
        return Err(Decline::Closed.into());
    }
    let mut facts = Vec::new();
    let adjustments = own(view, AccountId::adjustments(currency), Kind::Adjustments, currency, &mut facts)?;
    let (from, to): (&Account, &Account) =
        if change.is_positive() { (&adjustments, customer) } else { (customer, &adjustments) };
    let draft = Draft::new(view, (TransactionKind::Adjustment, id), size, now);
    let made = draft.saying(Some(reason.clone())).operator(operator).settle(from, to)?;
    let receipt = made.receipt(false);
    facts.push(Fact::Posted(made));
    Ok(Decision::accepted(Outcome::Receipt(receipt), facts))
}
