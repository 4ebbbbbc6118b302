//! What the bank itself does to accounts and terminals.

use super::cash::cash;
use super::movement::{Draft, is_new, positive};
use super::{
    AskedLimits, Decision, Decline, Fact, Field, Halt, Memo, Outcome, TransactionId, TransactionKind, View,
    existing, find,
};
use crate::account::{Account, AccountId, Kind, Limits, Status, TerminalId};
use crate::auth::SecretHash;
use crate::money::{Amount, Currency, Minor};
use crate::operator::{Note, Operator};
use crate::time::Timestamp;

/// An account to be opened.
pub(super) struct New {
    pub(super) account: AccountId,
    pub(super) currency: Currency,
    pub(super) secret: SecretHash,
    pub(super) must_change: bool,
}

pub(super) fn open<V: View>(
    view: &V,
    new: New,
    balance: Amount,
    transaction: TransactionId,
    now: Timestamp,
) -> Result<Decision, Halt<V::Error>> {
    let New { account, currency, secret, must_change } = new;
    if find(view, &account)?.is_some() {
        return Err(Decline::AccountExists.into());
    }
    let (kind, secret) = (Kind::Customer, Some(secret));
    let mut facts = vec![Fact::Opened { account, kind, currency, secret, must_change }];
    if balance.minor_units(currency) != Some(Minor::ZERO) {
        if !is_new(view, transaction)? {
            return Err(Decline::IdReused { field: Field::Account }.into());
        }
        let amount = positive(balance, currency)?;
        let vault = cash(view, &TerminalId::vault(), currency, &mut facts)?;
        let opened = Account::new(account, kind, currency, secret);
        let draft = Draft::new(view, (TransactionKind::Opening, transaction), amount, now);
        facts.push(Fact::Posted(draft.post(&vault, &opened)?));
    }
    Ok(Decision::accepted(Outcome::Done, facts))
}

pub(super) fn note(by: &Operator, reason: &Memo, at: Timestamp) -> Note {
    Note { by: by.clone(), reason: Some(reason.clone()), at }
}

pub(super) fn set_status<V: View>(
    view: &V,
    id: AccountId,
    status: Status,
    note: Note,
) -> Result<Decision, Halt<V::Error>> {
    let account = existing(view, &id)?;
    if status == Status::Closed {
        if account.balance != Minor::ZERO {
            let balance = account.balance.in_currency(account.currency);
            return Err(Decline::AccountNotEmpty { balance }.into());
        }
        if account.holds() > 0 || is_promised(view, &id)? {
            return Err(Decline::AccountHasHolds.into());
        }
    }
    let mut facts = vec![Fact::StatusChanged { account: id, status, note }];
    if status == Status::Closed {
        facts.push(Fact::LeaseEnded { account: id });
    }
    Ok(Decision::accepted(Outcome::Done, facts))
}

/// Whether an open hold, suspect ones too, may still bring money to an account.
fn is_promised<V: View>(view: &V, id: &AccountId) -> Result<bool, Halt<V::Error>> {
    use crate::hold::Purpose::Payment;
    let holds = view.holds().map_err(Halt::Unreadable)?;
    Ok(holds
        .iter()
        .any(|hold| hold.account == *id || matches!(&hold.purpose, Payment { to, .. } if to == id)))
}

pub(super) fn set_limits<V: View>(
    view: &V,
    id: AccountId,
    asked: &AskedLimits,
    note: Note,
) -> Result<Decision, Halt<V::Error>> {
    let account = existing(view, &id)?;
    let limits = read(asked, account.currency).ok_or(Decline::BadLimits)?;
    let available = account.balance.checked_sub(account.held()).ok_or(Decline::BadLimits)?;
    if account.kind != Kind::Customer || limits.floor > available.min(Minor::ZERO) {
        return Err(Decline::BadLimits.into());
    }
    Ok(Decision::accepted(Outcome::Done, vec![Fact::LimitsChanged { account: id, limits, note }]))
}

fn read(asked: &AskedLimits, currency: Currency) -> Option<Limits> {
    let zero_or_more = |amount: Option<Amount>| match amount {
        None => Some(None),
        Some(amount) => amount.minor_units(currency).filter(|minor| *minor >= Minor::ZERO).map(Some),
    };
    Some(Limits {
        floor: asked.floor.map_or(Some(Minor::ZERO), |floor| floor.minor_units(currency))?,
        transaction: zero_or_more(asked.transaction)?,
        day_amount: zero_or_more(asked.day_amount)?,
        day_count: asked.day_count,
    })
}

pub(super) fn set_secret<V: View>(
    view: &V,
    account: AccountId,
    secret: SecretHash,
) -> Result<Decision, Halt<V::Error>> {
    if existing(view, &account)?.kind != Kind::Customer {
        return Err(Decline::NoSuchAccount.into());
    }
    let facts =
        vec![Fact::SecretChanged { account, secret, must_change: true }, Fact::TriesCleared { account }];
    Ok(Decision::accepted(Outcome::Done, facts))
}

pub(super) fn unlock<V: View>(view: &V, account: AccountId) -> Result<Decision, Halt<V::Error>> {
    let facts = vec![Fact::TriesCleared { account }];
    existing(view, &account).map(|_| Decision::accepted(Outcome::Done, facts))
}

pub(super) fn end_session<V: View>(view: &V, account: AccountId) -> Result<Decision, Halt<V::Error>> {
    let facts = vec![Fact::LeaseEnded { account }];
    existing(view, &account).map(|_| Decision::accepted(Outcome::Done, facts))
}
