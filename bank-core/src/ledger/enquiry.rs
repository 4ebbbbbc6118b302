//! What an account stands at, and how it came to.

use serde::{Deserialize, Serialize};

use super::access::held;
use super::{Decision, Fact, Halt, Memo, Outcome, Transaction, TransactionId, TransactionKind, View};
use crate::account::{Account, AccountId};
use crate::money::{Amount, Currency, Minor};
use crate::session::SessionId;
use crate::time::Timestamp;

/// Entries on a page unless asked otherwise.
pub const STATEMENT_ENTRIES_DEFAULT: usize = 10;

/// Entries on a page at most; with the longest memos they fit a frame.
pub const STATEMENT_ENTRIES_MAX: usize = 50;

/// What an account stands at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Balance {
    /// Which account.
    pub account: AccountId,
    /// What it counts in.
    pub currency: Currency,
    /// All that is in it.
    pub balance: Amount,
    /// What can be moved.
    pub available: Amount,
}

/// A page of an account's entries, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Page {
    /// What the account stands at now.
    pub balance: Amount,
    /// The entries.
    pub entries: Vec<Entry>,
    /// What to give as `before` for the next, older page; none on the last one.
    pub next: Option<u64>,
}

/// One entry of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Entry {
    /// Its number in the account, from 1, without gaps.
    pub number: u64,
    /// The movement's id.
    pub transaction: TransactionId,
    /// Why money moved.
    pub kind: TransactionKind,
    /// When.
    pub at: Timestamp,
    /// What the account gained, or lost where negative.
    pub amount: Amount,
    /// What it stood at afterwards.
    pub balance: Amount,
    /// The other customer of a transfer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub counterparty: Option<AccountId>,
    /// The payer's word.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub memo: Option<Memo>,
}

pub(super) fn balance<V: View>(
    view: &V,
    holder: (AccountId, SessionId),
    at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Decision, Halt<V::Error>> {
    let account = held(view, holder, now)?;
    let stood = match at {
        None => account.balance,
        Some(at) => {
            let last = view.last_at(account, at).map_err(Halt::Unreadable)?;
            last.and_then(|transaction| Some(transaction.leg(&account.id)?.balance)).unwrap_or_default()
        }
    };
    let balance = stood.in_currency(account.currency);
    let standing = Balance { account: account.id, currency: account.currency, balance, available: balance };
    let used = Fact::LeaseUsed { account: account.id, at: now };
    Ok(Decision::accepted(Outcome::Balance(standing), vec![used]))
}

pub(super) fn statement<V: View>(
    view: &V,
    holder: (AccountId, SessionId),
    limit: usize,
    before: Option<u64>,
    now: Timestamp,
) -> Result<Decision, Halt<V::Error>> {
    let account = held(view, holder, now)?;
    let limit = limit.clamp(1, STATEMENT_ENTRIES_MAX);
    let transactions = view.transactions(account, before, limit).map_err(Halt::Unreadable)?;
    let entries: Vec<Entry> = transactions.iter().map(|transaction| entry(account, transaction)).collect();
    let page = Page {
        balance: account.balance.in_currency(account.currency),
        next: entries.last().map(|oldest| oldest.number).filter(|number| *number > 1),
        entries,
    };
    let used = Fact::LeaseUsed { account: account.id, at: now };
    Ok(Decision::accepted(Outcome::Statement(page), vec![used]))
}

fn entry(account: &Account, transaction: &Transaction) -> Entry {
    let gained = transaction.to.account == account.id;
    let (own, other) =
        if gained { (&transaction.to, &transaction.from) } else { (&transaction.from, &transaction.to) };
    let amount = if gained { transaction.amount } else { Minor(-transaction.amount.0) };
    Entry {
        number: own.entry,
        transaction: transaction.id,
        kind: transaction.kind,
        at: transaction.at,
        amount: amount.in_currency(transaction.currency),
        balance: own.balance.in_currency(transaction.currency),
        counterparty: Some(other.account).filter(|other| !other.is_own()),
        memo: transaction.memo.clone(),
    }
}
