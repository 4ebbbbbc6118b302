//! Deposits, withdrawals and transfers.

use super::access::held;
use super::cash::{cash, paid_in, read_notes};
use super::terminal::in_service;
use super::{
    Decision, Decline, Fact, Field, Halt, Leg, Memo, MovedNotes, Origin, Outcome, Receipt, Recorded,
    Transaction, TransactionId, TransactionKind, View, Way, decided, find,
};
use crate::account::{Account, AccountId, Kind, Status, TerminalId};
use crate::day::Day;
use crate::money::{Amount, Currency, Minor};
use crate::notes::Notes;
use crate::operator::Operator;
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
    let receipt = movement(view, account, transaction, amount, way, now, &mut facts);
    decided(receipt.map(Outcome::Receipt), facts, Some(Fact::LeaseUsed { account: account.id, at: now }))
}

pub(super) fn movement<V: View>(
    view: &V,
    account: &Account,
    id: TransactionId,
    amount: Amount,
    way: &Way,
    now: Timestamp,
    facts: &mut Vec<Fact>,
) -> Result<Receipt, Halt<V::Error>> {
    let (kind, terminal, to, memo) = match way {
        Way::Deposit { terminal, .. } => (TransactionKind::Deposit, Some(*terminal), None, None),
        Way::Withdraw { terminal } => (TransactionKind::Withdrawal, Some(*terminal), None, None),
        Way::Transfer { to, memo } => (TransactionKind::Transfer, None, Some(*to), memo.clone()),
    };
    let notes = match way {
        Way::Deposit { notes, .. } => Some(read_notes(notes, account.currency)?),
        _ => None,
    };
    let wanted = Wanted { account: account.id, kind, amount, terminal, to, memo, notes };
    if let Some(receipt) = replayed(view, id, &wanted)? {
        return Ok(receipt);
    }
    let minor = positive(amount, account.currency)?;
    let draft = |memo| Draft::new(view, (kind, id), minor, now).saying(memo);
    let transaction = match way {
        Way::Deposit { terminal, notes } => {
            in_service(view, terminal)?;
            let cash = cash(view, terminal, account.currency, facts)?;
            let moved = MovedNotes::of(wanted.notes.unwrap_or_default());
            let deposited = draft(None).in_notes(moved).post(&cash, account)?;
            paid_in(view, terminal, account.currency, notes, minor, facts)?;
            deposited
        }
        Way::Withdraw { terminal } => {
            if in_service(view, terminal)?.is_some_and(|terminal| terminal.counts_notes) {
                return Err(Decline::NotesCounted.into());
            }
            let cash = cash(view, terminal, account.currency, facts)?;
            may_move(account, &cash)?;
            within_limits(view, account, minor, now)?;
            draft(None).settle(account, &cash)?
        }
        Way::Transfer { to, .. } => {
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
) -> Result<&'v Account, Halt<V::Error>> {
    if *payee == payer.id {
        return Err(Decline::SameAccount.into());
    }
    let payee = find(view, payee)?.filter(|payee| payee.kind == Kind::Customer);
    payee.ok_or(Halt::Declined(Decline::NoSuchPayee))
}

/// What a caller wants moved, to tell a repeated request from a reused id.
pub(super) struct Wanted {
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
    wanted: &Wanted,
) -> Result<Option<Receipt>, Halt<V::Error>> {
    let first = match view.recorded(id).map_err(Halt::Unreadable)? {
        Some(Recorded::Transaction(first)) if first.origin == Origin::Itself => first,
        Some(_) => return Err(Decline::IdReused { field: Field::Kind }.into()),
        None if is_kept(view, id)? => return Err(Decline::IdReused { field: Field::Kind }.into()),
        None => return Ok(None),
    };
    let is_there = |terminal| first.leg(&AccountId::cash(&terminal, first.currency)).is_some();
    let same_notes = match (&first.notes, &wanted.notes) {
        (Some(first), Some(wanted)) => first.notes == *wanted,
        // Cash was not recorded with its notes at all times.
        _ => true,
    };
    let checks = [
        (first.own_leg().account == wanted.account, Field::Account),
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
pub(super) fn is_new<V: View>(view: &V, id: TransactionId) -> Result<bool, Halt<V::Error>> {
    let recorded = view.recorded(id).map_err(Halt::Unreadable)?.is_some();
    Ok(!recorded && !is_kept(view, id)?)
}

/// Whether an open hold has this id, or keeps it for what it may lead to.
fn is_kept<V: View>(view: &V, id: TransactionId) -> Result<bool, Halt<V::Error>> {
    let is_hold = view.hold(id).map_err(Halt::Unreadable)?.is_some();
    Ok(is_hold || view.is_follow_up(id).map_err(Halt::Unreadable)?)
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
) -> Result<Account, Halt<V::Error>> {
    if let Some(account) = find(view, &id)? {
        return Ok(account.clone());
    }
    facts.push(Fact::Opened { account: id, kind, currency, secret: None, must_change: false });
    Ok(Account::new(id, kind, currency, None))
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

/// Whether a customer may take `amount` out now, as far as limits go.
pub(super) fn within_limits<V: View>(
    view: &V,
    account: &Account,
    amount: Minor,
    now: Timestamp,
) -> Result<(), Decline> {
    let (limits, currency) = (account.limits(), account.currency);
    if let Some(limit) = limits.transaction.filter(|limit| amount > *limit) {
        return Err(Decline::TransactionLimit { limit: limit.in_currency(currency) });
    }
    if limits.day_amount.is_none() && limits.day_count.is_none() {
        return Ok(());
    }
    let day = view.policy().business_day.of(now);
    let used = account.usage.on(day);
    if let Some(limit) = limits.day_amount {
        let left = Minor(limit.0.saturating_sub(used.amount.0).max(0));
        if amount > left {
            let [limit, left] = [limit, left].map(|minor| minor.in_currency(currency));
            return Err(Decline::DayAmountLimit { limit, left, day });
        }
    }
    match limits.day_count {
        Some(limit) if used.count >= limit => Err(Decline::DayCountLimit { limit, day }),
        _ => Ok(()),
    }
}

/// That a terminal has not as much cash as is to come out, and how much there is.
pub(super) fn out_of_cash(cash: &Account) -> Decline {
    Decline::OutOfCash { largest: in_hand(cash).in_currency(cash.currency) }
}

/// The cash of a terminal that is promised to nobody.
fn in_hand(cash: &Account) -> Minor {
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
    by: Option<Operator>,
}

impl Draft {
    pub(super) fn new<V: View>(
        view: &V,
        (kind, transaction): (TransactionKind, TransactionId),
        amount: Minor,
        now: Timestamp,
    ) -> Draft {
        let day = view.policy().business_day.of(now);
        let (memo, origin, notes, by) = (None, Origin::Itself, None, None);
        Draft { transaction, kind, amount, at: now, day, memo, origin, notes, by }
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

    pub(super) fn by(self, by: &Operator) -> Draft {
        self.made_by(Some(by))
    }

    pub(super) fn made_by(self, by: Option<&Operator>) -> Draft {
        Draft { by: by.cloned(), ..self }
    }

    /// Takes the amount from one account and gives it to the other, if both may move and may stand
    /// at what results.
    pub(super) fn post(self, from: &Account, to: &Account) -> Result<Transaction, Decline> {
        may_move(from, to)?;
        self.settle(from, to)
    }

    /// The same for what was promised: whether the accounts may move is not asked again.
    pub(super) fn settle(self, from: &Account, to: &Account) -> Result<Transaction, Decline> {
        let (amount, currency) = (self.amount, from.currency);
        let from_balance = from.balance.checked_sub(amount).ok_or(Decline::LimitPassed)?;
        if !from.may_stand_at(from_balance) {
            return Err(Decline::InsufficientFunds { available: from.available().in_currency(currency) });
        }
        let to_balance = to.balance.checked_add(amount).ok_or(Decline::LimitPassed)?;
        if !to.may_stand_at(to_balance) {
            return Err(if to.kind == Kind::Cash { out_of_cash(to) } else { Decline::LimitPassed });
        }
        let leg =
            |account: &Account, balance| Leg { account: account.id, balance, entry: account.entries + 1 };
        let mut made = Transaction {
            id: self.transaction,
            kind: self.kind,
            at: self.at,
            day: self.day,
            amount,
            currency,
            from: leg(from, from_balance),
            to: leg(to, to_balance),
            memo: self.memo,
            origin: self.origin,
            notes: self.notes,
            by: self.by,
            reserve: Minor::ZERO,
        };
        let own = if made.own_leg().account == from.id { from } else { to };
        if own.kind == Kind::Customer {
            made.reserve = own.reserve();
        }
        Ok(made)
    }
}
