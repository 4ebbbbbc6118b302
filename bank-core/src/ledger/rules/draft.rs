//! Drafts a transaction: limits, funds and postings, for every family that moves money.

use crate::account::{Account, AccountId, Kind, Status, TerminalId};
use crate::day::Day;
use crate::ledger::decision::DecideError;
use crate::ledger::view::find;
use crate::ledger::{
    Decline, Fact, Field, Memo, MovedNotes, Origin, Posting, Receipt, Recorded, Transaction, TransactionId,
    TransactionKind, View,
};
use crate::money::{Amount, Currency, Minor};
use crate::notes::Notes;
use crate::operator::Operator;
use crate::time::Timestamp;

/// What a caller wants moved, to distinguish a repeated request from a reused id.
pub(super) struct IdempotencyContent {
    pub(super) account: AccountId,
    pub(super) kind: TransactionKind,
    pub(super) amount: Amount,
    /// Where a customer's cash moves.
    pub(super) terminal: Option<TerminalId>,
    pub(super) to: Option<AccountId>,
    pub(super) memo: Option<Memo>,
    /// Which notes, where cash moves.
    pub(super) notes: Option<Notes>,
}

/// The first receipt, if `id` was used for just this before; a decline if for something else.
pub(super) fn replayed<V: View>(
    view: &V,
    id: TransactionId,
    wanted: &IdempotencyContent,
) -> Result<Option<Receipt>, DecideError<V::Error>> {
    let first = match view.recorded(id).map_err(DecideError::Unreadable)? {
        Some(Recorded::Transaction(first)) if first.origin == Origin::Itself => first,
        Some(_) => return Err(Decline::IdReused { field: Field::Kind }.into()),
        None if is_kept(view, id)? => return Err(Decline::IdReused { field: Field::Kind }.into()),
        None => return Ok(None),
    };
    let is_there = |terminal| first.posting(&AccountId::cash(&terminal, first.currency)).is_some();
    let same_notes = match (&first.notes, &wanted.notes) {
        (Some(first), Some(wanted)) => first.notes == *wanted,
        // Cash was not recorded with its notes at all times.
        _ => true,
    };
    let checks = [
        (first.primary_posting().account == wanted.account, Field::Account),
        (first.kind == wanted.kind, Field::Kind),
        (wanted.amount.minor_units(first.currency) == Some(first.amount), Field::Amount),
        (wanted.terminal.is_none_or(is_there), Field::Terminal),
        (same_notes, Field::Notes),
        (wanted.to.is_none_or(|to| to == first.to.account), Field::To),
        (first.memo == wanted.memo, Field::Memo),
    ];
    match checks.into_iter().find(|(same, _)| !same) {
        Some((_, field)) => Err(Decline::IdReused { field }.into()),
        None => Ok(Some(first.receipt(true))),
    }
}

/// Whether nothing has this id yet.
pub(super) fn is_new<V: View>(view: &V, id: TransactionId) -> Result<bool, DecideError<V::Error>> {
    let recorded = view.recorded(id).map_err(DecideError::Unreadable)?.is_some();
    Ok(!recorded && !is_kept(view, id)?)
}

/// Whether an open hold has this id, or keeps it for what it may lead to.
pub(super) fn is_kept<V: View>(view: &V, id: TransactionId) -> Result<bool, DecideError<V::Error>> {
    let is_hold = view.hold(id).map_err(DecideError::Unreadable)?.is_some();
    Ok(is_hold || view.is_follow_up(id).map_err(DecideError::Unreadable)?)
}

/// `amount` in minor units of `currency`, if it is more than zero.
pub(super) fn positive(amount: Amount, currency: Currency) -> Result<Minor, Decline> {
    amount.minor_units(currency).filter(|minor| minor.is_positive()).ok_or(Decline::BadAmount)
}

/// One of the bank's own accounts, opened by `facts` where it is missing.
pub(super) fn own<V: View>(
    view: &V,
    id: AccountId,
    kind: Kind,
    currency: Currency,
    facts: &mut Vec<Fact>,
) -> Result<Account, DecideError<V::Error>> {
    if let Some(account) = find(view, &id)? {
        return Ok(account.clone());
    }
    facts.push(Fact::Opened {
        account: id,
        kind,
        currency,
        secret: None,
        minimum_balance: Minor::ZERO,
        must_change: false,
    });
    Ok(Account::new(id, kind, currency, None))
}

/// That a terminal has not as much cash as is to come out, and how much there is.
pub(super) fn out_of_cash(cash: &Account) -> Decline {
    Decline::OutOfCash { largest: in_hand(cash).in_currency(cash.currency) }
}

/// The cash of a terminal that is promised to nobody.
pub(super) fn in_hand(cash: &Account) -> Minor {
    Minor(cash.balance.0.saturating_neg().saturating_sub(cash.held().0).max(0))
}

/// A transaction to be made.
pub(super) struct Draft {
    transaction: TransactionId,
    kind: TransactionKind,
    amount: Minor,
    at: Timestamp,
    day: Day,
    memo: Option<Memo>,
    origin: Origin,
    notes: Option<Box<MovedNotes>>,
    operator: Option<Operator>,
}

impl Draft {
    pub(super) fn new<V: View>(
        view: &V,
        (kind, transaction): (TransactionKind, TransactionId),
        amount: Minor,
        now: Timestamp,
    ) -> Draft {
        let day = view.policy().business_day.of(now);
        let (memo, origin, notes, operator) = (None, Origin::Itself, None, None);
        Draft { transaction, kind, amount, at: now, day, memo, origin, notes, operator }
    }

    pub(super) fn saying(self, memo: Option<Memo>) -> Draft {
        Draft { memo, ..self }
    }

    pub(super) fn out_of(self, origin: Origin) -> Draft {
        Draft { origin, ..self }
    }

    pub(super) fn in_notes(self, notes: MovedNotes) -> Draft {
        Draft { notes: Some(Box::new(notes)), ..self }
    }

    pub(super) fn operator(self, operator: &Operator) -> Draft {
        self.made_by(Some(operator))
    }

    pub(super) fn made_by(self, operator: Option<&Operator>) -> Draft {
        Draft { operator: operator.cloned(), ..self }
    }

    /// Takes the amount from one account and gives it to the other, if both may move and may have
    /// at what results.
    pub(super) fn post(self, from: &Account, to: &Account) -> Result<Transaction, Decline> {
        may_move(from, to)?;
        self.settle(from, to)
    }

    /// The same for what was promised: whether the accounts may move is not asked again.
    pub(super) fn settle(self, from: &Account, to: &Account) -> Result<Transaction, Decline> {
        let (amount, currency) = (self.amount, from.currency);
        let from_balance = from.balance.checked_sub(amount).ok_or(Decline::LimitPassed)?;
        if !from.allows_balance(from_balance) {
            return Err(Decline::InsufficientFunds { available: from.available().in_currency(currency) });
        }
        let to_balance = to.balance.checked_add(amount).ok_or(Decline::LimitPassed)?;
        if !to.allows_balance(to_balance) {
            return Err(if to.kind == Kind::Cash { out_of_cash(to) } else { Decline::LimitPassed });
        }
        let posting =
            |account: &Account, balance| Posting { account: account.id, balance, entry: account.entries + 1 };
        let mut made = Transaction {
            id: self.transaction,
            kind: self.kind,
            at: self.at,
            day: self.day,
            amount,
            currency,
            from: posting(from, from_balance),
            to: posting(to, to_balance),
            memo: self.memo,
            origin: self.origin,
            notes: self.notes,
            operator: self.operator,
            unavailable: Minor::ZERO,
        };
        let own = if made.primary_posting().account == from.id { from } else { to };
        if own.kind == Kind::Customer {
            made.unavailable = own.unavailable();
        }
        Ok(made)
    }
}

/// Whether money may go from one account to the other.
pub(super) fn may_move(from: &Account, to: &Account) -> Result<(), Decline> {
    if from.currency != to.currency {
        return Err(Decline::OtherCurrency);
    }
    if [from, to].iter().any(|account| account.status == Status::Closed) {
        return Err(Decline::Closed);
    }
    let free = from.allows_debits() && to.allows_credits();
    if free { Ok(()) } else { Err(Decline::Frozen) }
}
