//! Deposits, withdrawals and transfers.

use super::access::held;
use super::{
    Decision, Decline, Fact, Field, Halt, Leg, Memo, Outcome, Receipt, Transaction, TransactionId,
    TransactionKind, View, Way, find,
};
use crate::account::{Account, AccountId, Kind, TerminalId};
use crate::money::{Amount, Currency, Minor};
use crate::session::SessionId;
use crate::time::Timestamp;

pub(super) fn decide<V: View>(
    view: &V,
    holder: (AccountId, SessionId),
    transaction: TransactionId,
    amount: Amount,
    way: &Way,
    now: Timestamp,
) -> Result<Decision, Halt<V::Error>> {
    let account = held(view, holder, now)?;
    let mut facts = Vec::with_capacity(2);
    let outcome = match movement(view, account, transaction, amount, way, now, &mut facts) {
        Ok(receipt) => Ok(Outcome::Receipt(receipt)),
        Err(Halt::Declined(decline)) => {
            facts.clear();
            Err(decline)
        }
        Err(unreadable) => return Err(unreadable),
    };
    facts.push(Fact::LeaseUsed { account: account.id, at: now });
    Ok(Decision { outcome, facts })
}

fn movement<V: View>(
    view: &V,
    account: &Account,
    id: TransactionId,
    amount: Amount,
    way: &Way,
    now: Timestamp,
    facts: &mut Vec<Fact>,
) -> Result<Receipt, Halt<V::Error>> {
    let (kind, to, memo) = match way {
        Way::Deposit { .. } => (TransactionKind::Deposit, None, None),
        Way::Withdraw { .. } => (TransactionKind::Withdrawal, None, None),
        Way::Transfer { to, memo } => (TransactionKind::Transfer, Some(*to), memo.clone()),
    };
    let wanted = Wanted { account: account.id, kind, amount, to, memo };
    if let Some(receipt) = replayed(view, id, &wanted)? {
        return Ok(receipt);
    }
    let minor = positive(amount, account.currency)?;
    let transaction = match way {
        Way::Deposit { terminal } => {
            let cash = cash(view, terminal, account.currency, facts)?;
            post((kind, id), (&cash, account), minor, None, now)?
        }
        Way::Withdraw { terminal } => {
            let cash = cash(view, terminal, account.currency, facts)?;
            post((kind, id), (account, &cash), minor, None, now)?
        }
        Way::Transfer { to, .. } => {
            if *to == account.id {
                return Err(Decline::SameAccount.into());
            }
            let payee = find(view, to)?.filter(|payee| payee.kind == Kind::Customer);
            let payee = payee.ok_or(Decline::NoSuchPayee)?;
            post((kind, id), (account, payee), minor, wanted.memo, now)?
        }
    };
    let receipt = transaction.receipt(false);
    facts.push(Fact::Posted(transaction));
    Ok(receipt)
}

/// What a caller wants moved, to tell a repeated request from a reused id.
pub(super) struct Wanted {
    pub(super) account: AccountId,
    pub(super) kind: TransactionKind,
    pub(super) amount: Amount,
    pub(super) to: Option<AccountId>,
    pub(super) memo: Option<Memo>,
}

/// The first receipt, if `id` was used for just this before; a decline if for something else.
pub(super) fn replayed<V: View>(
    view: &V,
    id: TransactionId,
    wanted: &Wanted,
) -> Result<Option<Receipt>, Halt<V::Error>> {
    let Some(first) = view.transaction(id).map_err(Halt::Unreadable)? else {
        return Ok(None);
    };
    let checks = [
        (first.own_leg().account == wanted.account, Field::Account),
        (first.kind == wanted.kind, Field::Kind),
        (wanted.amount.minor_units(first.currency) == Some(first.amount), Field::Amount),
        (wanted.to.is_none_or(|to| to == first.to.account), Field::To),
        (first.memo == wanted.memo, Field::Memo),
    ];
    match checks.into_iter().find(|(same, _)| !same) {
        Some((_, field)) => Err(Decline::IdReused { field }.into()),
        None => Ok(Some(first.receipt(true))),
    }
}

/// `amount` in minor units of `currency`, if it is more than zero.
pub(super) fn positive(amount: Amount, currency: Currency) -> Result<Minor, Decline> {
    amount.minor_units(currency).filter(|minor| minor.is_positive()).ok_or(Decline::BadAmount)
}

/// A terminal's cash account. One that nothing was paid into yet is opened by `facts`.
pub(super) fn cash<V: View>(
    view: &V,
    terminal: &TerminalId,
    currency: Currency,
    facts: &mut Vec<Fact>,
) -> Result<Account, Halt<V::Error>> {
    own(view, AccountId::cash(terminal, currency), Kind::Cash, currency, facts)
}

/// One of the bank's own accounts, opened by `facts` where it is missing.
pub(super) fn own<V: View>(
    view: &V,
    id: AccountId,
    kind: Kind,
    currency: Currency,
    facts: &mut Vec<Fact>,
) -> Result<Account, Halt<V::Error>> {
    if let Some(account) = find(view, &id)? {
        return Ok(account.clone());
    }
    facts.push(Fact::Opened { account: id, kind, currency, secret: None });
    Ok(Account::new(id, kind, currency, None))
}

/// Takes `amount` from one account and gives it to the other, if both may stand at what results.
pub(super) fn post(
    (kind, id): (TransactionKind, TransactionId),
    (from, to): (&Account, &Account),
    amount: Minor,
    memo: Option<Memo>,
    now: Timestamp,
) -> Result<Transaction, Decline> {
    if from.currency != to.currency {
        return Err(Decline::OtherCurrency);
    }
    if from.frozen || to.frozen {
        return Err(Decline::Frozen);
    }
    let currency = from.currency;
    let from_balance = from.balance.checked_sub(amount).ok_or(Decline::LimitPassed)?;
    if !from.kind.allows(from_balance) {
        return Err(Decline::InsufficientFunds { available: from.balance.in_currency(currency) });
    }
    let to_balance = to.balance.checked_add(amount).ok_or(Decline::LimitPassed)?;
    if !to.kind.allows(to_balance) {
        return Err(Decline::OutOfCash);
    }
    let leg = |account: &Account, balance| Leg { account: account.id, balance, entry: account.entries + 1 };
    let (from, to) = (leg(from, from_balance), leg(to, to_balance));
    Ok(Transaction { id, kind, at: now, amount, currency, from, to, memo })
}
