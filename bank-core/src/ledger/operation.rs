//! What the bank itself does: open accounts, load terminals, freeze, unlock.

use super::movement::{Wanted, cash, own, positive, post, replayed};
use super::{Decision, Decline, Fact, Field, Halt, Outcome, TransactionId, TransactionKind, View, find};
use crate::account::{Account, AccountId, Kind, TerminalId};
use crate::auth::SecretHash;
use crate::money::{Amount, Currency, Minor};
use crate::time::Timestamp;

pub(super) fn open<V: View>(
    view: &V,
    (account, currency, secret): (AccountId, Currency, SecretHash),
    balance: Amount,
    transaction: TransactionId,
    now: Timestamp,
) -> Result<Decision, Halt<V::Error>> {
    if find(view, &account)?.is_some() {
        return Err(Decline::AccountExists.into());
    }
    let mut facts = vec![Fact::Opened { account, kind: Kind::Customer, currency, secret: Some(secret) }];
    if balance.minor_units(currency) != Some(Minor::ZERO) {
        if view.transaction(transaction).map_err(Halt::Unreadable)?.is_some() {
            return Err(Decline::IdReused { field: Field::Account }.into());
        }
        let amount = positive(balance, currency)?;
        let vault = cash(view, &TerminalId::vault(), currency, &mut facts)?;
        let opened = Account::new(account, Kind::Customer, currency, Some(secret));
        let posted = post((TransactionKind::Opening, transaction), (&vault, &opened), amount, None, now)?;
        facts.push(Fact::Posted(posted));
    }
    Ok(Decision::accepted(Outcome::Done, facts))
}

pub(super) fn load<V: View>(
    view: &V,
    terminal: &TerminalId,
    currency: Currency,
    amount: Amount,
    transaction: TransactionId,
    now: Timestamp,
) -> Result<Decision, Halt<V::Error>> {
    let wanted = Wanted {
        account: AccountId::cash(terminal, currency),
        kind: TransactionKind::Load,
        amount,
        to: None,
        memo: None,
    };
    if let Some(receipt) = replayed(view, transaction, &wanted)? {
        return Ok(Decision::accepted(Outcome::Receipt(receipt), Vec::new()));
    }
    let amount = positive(amount, currency)?;
    let mut facts = Vec::new();
    let cash = cash(view, terminal, currency, &mut facts)?;
    let capital = own(view, AccountId::capital(currency), Kind::Capital, currency, &mut facts)?;
    let loaded = post((TransactionKind::Load, transaction), (&cash, &capital), amount, None, now)?;
    let receipt = loaded.receipt(false);
    facts.push(Fact::Posted(loaded));
    Ok(Decision::accepted(Outcome::Receipt(receipt), facts))
}

pub(super) fn freeze<V: View>(
    view: &V,
    account: AccountId,
    frozen: bool,
) -> Result<Decision, Halt<V::Error>> {
    let facts = vec![Fact::FreezeChanged { account, frozen }];
    existing(view, &account).map(|_| Decision::accepted(Outcome::Done, facts))
}

pub(super) fn unlock<V: View>(view: &V, account: AccountId) -> Result<Decision, Halt<V::Error>> {
    let facts = vec![Fact::TriesCleared { account }];
    existing(view, &account).map(|_| Decision::accepted(Outcome::Done, facts))
}

fn existing<'v, V: View>(view: &'v V, account: &AccountId) -> Result<&'v Account, Halt<V::Error>> {
    find(view, account)?.ok_or(Halt::Declined(Decline::NoSuchAccount))
}
