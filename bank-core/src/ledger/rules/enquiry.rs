//! Answers questions about accounts, holds and terminals: balances, statements and lists.

use super::access::{holder, open_to};
use super::terminal::added;
use crate::account::{Account, AccountId, Changed, Direction, Freeze, Kind, TerminalId};
use crate::hold::{Dispute, Hold, Purpose, Stage};
use crate::ledger::decision::DecideError;
use crate::ledger::details::{AccountDetails, ChangeSummary, FreezeSummary};
use crate::ledger::view::existing;
use crate::ledger::{
    AccountPage, AccountSummary, Actor, Balance, Decision, Entry, HoldPage, HoldState, HoldSummary,
    HoldsQuery, LISTED_MAX, LimitsRequest, Outcome, STATEMENT_ENTRIES_MAX, Statement, StatementQuery,
    TerminalPage, TerminalSummary, Transaction, View,
};
use crate::money::Minor;
use crate::time::Timestamp;

pub(super) fn balance<V: View>(
    view: &V,
    of: (AccountId, Actor),
    at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Decision, DecideError<V::Error>> {
    let (account, used) = open_to(view, of, now)?;
    let (balance, available) = match at {
        None => (account.balance, account.available()),
        Some(at) => {
            let last = view.last_at(account, at).map_err(DecideError::Unreadable)?;
            let balance = last.and_then(|transaction| Some(transaction.posting(&account.id)?.balance));
            (balance.unwrap_or_default(), balance.unwrap_or_default())
        }
    };
    let [balance, available] = [balance, available].map(|minor| minor.in_currency(account.currency));
    let standing = Balance { account: account.id, currency: account.currency.into(), balance, available };
    Ok(Decision::accepted(Outcome::Balance(standing), used.into_iter().collect()))
}

pub(super) fn statement<V: View>(
    view: &V,
    of: (AccountId, Actor),
    query: StatementQuery,
    now: Timestamp,
) -> Result<Decision, DecideError<V::Error>> {
    let (account, used) = open_to(view, of, now)?;
    let limit = query.limit.clamp(1, STATEMENT_ENTRIES_MAX);
    let newest = match query.to {
        Some(to) => view.last_at(account, to).map_err(DecideError::Unreadable)?,
        None => None,
    };
    let newest = newest.as_ref().and_then(|transaction| transaction.posting(&account.id));
    // What the query ends with, where the first page begins.
    let (closing, end) = match (query.to, newest) {
        (None, _) => (account.balance, None),
        (Some(_), Some(posting)) => (posting.balance, posting.entry.checked_add(1)),
        (Some(_), None) => (Minor::ZERO, Some(0)),
    };
    let before = [query.before, end].into_iter().flatten().min();
    let mut transactions = view.transactions(account, before, limit).map_err(DecideError::Unreadable)?;
    let all = transactions.len();
    let in_time = |transaction: &Transaction| query.from.is_none_or(|from| transaction.at >= from);
    let too_old = transactions.iter().position(|transaction| !in_time(transaction));
    // The entry just before the query reports what it began with.
    let began = too_old.and_then(|place| Some(transactions.get(place)?.posting(&account.id)?.balance));
    transactions.truncate(too_old.unwrap_or(all));
    let entries: Vec<Entry> = transactions.iter().map(|transaction| entry(account, transaction)).collect();
    let written = |minor: Minor| minor.in_currency(account.currency);
    let first = transactions.last().and_then(|oldest| before_it(account, oldest));
    let without = began.unwrap_or(if before == end { closing } else { Minor::ZERO });
    let clock_ahead_seconds = view.clock().ahead_seconds();
    let page = Statement {
        clock_ahead_seconds,
        balance: written(account.balance),
        opening: written(first.unwrap_or(without)),
        closing: entries.first().map_or(written(without), |newest| newest.balance),
        next: entries.last().map(|oldest| oldest.number).filter(|number| *number > 1 && too_old.is_none()),
        entries,
    };
    Ok(Decision::accepted(Outcome::Statement(Box::new(page)), used.into_iter().collect()))
}

fn before_it(account: &Account, transaction: &Transaction) -> Option<Minor> {
    let after = transaction.posting(&account.id)?.balance;
    if transaction.to.account == account.id {
        after.checked_sub(transaction.amount)
    } else {
        after.checked_add(transaction.amount)
    }
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
        day: transaction.day,
        amount: amount.in_currency(transaction.currency),
        balance: own.balance.in_currency(transaction.currency),
        counterparty: Some(other.account).filter(|other| !other.is_own()),
        memo: transaction.memo.clone(),
        original: transaction.origin.original(),
        operator: transaction.operator.clone(),
    }
}

pub(super) fn accounts<V: View>(
    view: &V,
    first: u32,
    limit: usize,
    now: Timestamp,
) -> Result<Decision, DecideError<V::Error>> {
    let limit = limit.clamp(1, LISTED_MAX);
    let found = view.accounts(first, limit).map_err(DecideError::Unreadable)?;
    let next = u32::try_from(found.len()).ok().and_then(|count| first.checked_add(count));
    let listed = AccountPage {
        next: next.filter(|_| found.len() == limit),
        accounts: found.into_iter().map(|account| listed(view, account, now)).collect(),
    };
    Ok(Decision::accepted(Outcome::Accounts(listed), Vec::new()))
}

fn listed<V: View>(view: &V, account: &Account, now: Timestamp) -> AccountSummary {
    let currency = account.currency;
    let written = |minor: Minor| minor.in_currency(currency);
    let used = account.usage.on(view.policy().business_day.of(now));
    AccountSummary {
        account: account.id.as_str().into(),
        currency: currency.into(),
        balance: written(account.balance),
        available: written(if account.kind == Kind::Customer {
            account.available()
        } else {
            account.balance
        }),
        held: written(account.held()),
        status: account.status,
        frozen: frozen(account),
        locked: account.tries >= view.policy().tries_max,
        must_change: account.must_change,
        in_use: holder(view, account, now).is_some(),
        limits: LimitsRequest::of(&account.limits(), currency),
        used: written(used.amount),
        used_count: used.count,
    }
}

/// What all freezes of an account forbid together.
fn frozen(account: &Account) -> Option<Direction> {
    let stops = |stops: fn(Direction) -> bool| account.freezes().iter().any(|freeze| stops(freeze.direction));
    match (stops(Direction::stops_debits), stops(Direction::stops_credits)) {
        (true, true) => Some(Direction::Both),
        (true, false) => Some(Direction::Debits),
        (false, true) => Some(Direction::Credits),
        (false, false) => None,
    }
}

pub(super) fn account<V: View>(
    view: &V,
    id: &AccountId,
    now: Timestamp,
) -> Result<Decision, DecideError<V::Error>> {
    let account = existing(view, id)?;
    let freeze = |freeze: &Freeze| FreezeSummary {
        freeze: freeze.number,
        direction: freeze.direction,
        note: freeze.note.clone(),
    };
    let change =
        |changed: &Changed| ChangeSummary::of(changed.change, changed.note.clone(), account.currency);
    let details = AccountDetails {
        account: listed(view, account, now),
        freezes: account.freezes().iter().map(freeze).collect(),
        changes: account.changes().iter().map(change).collect(),
    };
    Ok(Decision::accepted(Outcome::Account(Box::new(details)), Vec::new()))
}

pub(super) fn holds<V: View>(view: &V, query: &HoldsQuery) -> Result<Decision, DecideError<V::Error>> {
    let HoldsQuery { account, terminal, state, before, after, limit } = query;
    if let Some(account) = account {
        existing(view, account)?;
    }
    if let Some(terminal) = terminal {
        added(view, terminal)?;
    }
    let mut holds: Vec<_> = if *state == Some(HoldState::Disputed) {
        let all = view.disputes().map_err(DecideError::Unreadable)?;
        all.into_iter().filter(|dispute| dispute.finding.is_none()).map(disputed_hold).collect()
    } else {
        view.holds().map_err(DecideError::Unreadable)?.into_iter().map(open_hold).collect()
    };
    holds.retain(|hold| {
        account.is_none_or(|account| hold.account == account)
            && terminal.is_none_or(|terminal| hold.terminal == Some(terminal))
            && state.is_none_or(|state| hold.state == state)
            && before.is_none_or(|before| hold.at < before)
            && after.is_none_or(|after| hold.hold > after)
    });
    let limit = limit.unwrap_or(LISTED_MAX).clamp(1, LISTED_MAX);
    let more = holds.len() > limit;
    if more {
        holds.select_nth_unstable_by_key(limit, |hold| hold.hold);
        holds.truncate(limit);
    }
    holds.sort_unstable_by_key(|hold| hold.hold);
    let next = holds.last().filter(|_| more).map(|last| last.hold);
    Ok(Decision::accepted(Outcome::Holds(HoldPage { holds, next }), Vec::new()))
}

fn disputed_hold(dispute: &Dispute) -> HoldSummary {
    let currency = dispute.currency;
    HoldSummary {
        hold: dispute.hold,
        account: dispute.account,
        amount: dispute.reported.in_currency(currency),
        booked: Some(dispute.booked.in_currency(currency)),
        currency: currency.into(),
        state: HoldState::Disputed,
        at: dispute.since,
        expires: None,
        to: None,
        terminal: Some(dispute.terminal),
    }
}

fn open_hold(hold: &Hold) -> HoldSummary {
    let state = match hold.stage {
        Stage::Placed => HoldState::Authorised,
        Stage::Ordered => HoldState::Ordered,
        Stage::Suspect { .. } => HoldState::Suspect,
    };
    let expires = Some(hold.expires).filter(|_| state != HoldState::Suspect);
    let to = match &hold.purpose {
        Purpose::Payment { to, .. } => Some(*to),
        Purpose::Dispense { .. } => None,
    };
    HoldSummary {
        hold: hold.id,
        account: hold.account,
        amount: hold.amount.in_currency(hold.currency),
        booked: None,
        currency: hold.currency.into(),
        state,
        at: hold.placed,
        expires,
        to,
        terminal: hold.terminal().copied(),
    }
}

pub(super) fn terminals<V: View>(
    view: &V,
    after: Option<&TerminalId>,
    limit: usize,
) -> Result<Decision, DecideError<V::Error>> {
    let limit = limit.clamp(1, LISTED_MAX);
    let mut listed = Vec::new();
    let all = view.terminals().map_err(DecideError::Unreadable)?;
    let mut rest = all.into_iter().filter(|terminal| after.is_none_or(|after| terminal.id > *after));
    for terminal in rest.by_ref().take(limit) {
        let currency = terminal.currency;
        let cash = view.account(&AccountId::cash(&terminal.id, currency)).map_err(DecideError::Unreadable)?;
        let (balance, promised) = cash.map_or((Minor::ZERO, Minor::ZERO), |cash| (cash.balance, cash.held()));
        listed.push(TerminalSummary {
            terminal: terminal.id,
            currency: currency.into(),
            has_key: terminal.key.is_some(),
            enabled: terminal.is_enabled,
            cash: Minor(balance.0.saturating_neg()).in_currency(currency),
            reserved: promised.in_currency(currency),
            cassettes: terminal.cassettes.written(currency),
            reject_bin: terminal.reject_bin.written(currency),
            counted: terminal.counted,
        });
    }
    let next = rest.next().and_then(|_| listed.last()).map(|last| last.terminal);
    let listed = TerminalPage { terminals: listed, next };
    Ok(Decision::accepted(Outcome::Terminals(listed), Vec::new()))
}
