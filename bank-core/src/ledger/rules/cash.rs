//! The rules of cash in terminals: loading, unloading, counting, and the notes of each.

use super::terminal::{added, counting, in_service};
use crate::account::{Account, AccountId, Kind, TerminalId};
use crate::hold::Stage;
use crate::ledger::decision::DecideError;
use crate::ledger::rules::draft::{Draft, IdempotencyContent, is_new, out_of_cash, own, positive, replayed};
use crate::ledger::{
    Cash, CashCount, Decision, Decline, Fact, Field, Memo, MovedNotes, NotesFault, Outcome, Recorded,
    TransactionId, TransactionKind, UndispensedNotes, View,
};
use crate::money::{Currency, Minor};
use crate::notes::{NOTE_KINDS_MAX, NOTES_AT_ONCE_MAX, NoteCount, Notes, choose};
use crate::operator::{Instruction, Operator};
use crate::terminal::Terminal;
use crate::time::Timestamp;

/// How many dispenses of the terminal are disputed.
fn disputes<V: View>(
    view: &V,
    terminal: &TerminalId,
    currency: Currency,
) -> Result<usize, DecideError<V::Error>> {
    let all = view.disputes().map_err(DecideError::Unreadable)?;
    let open = all.iter().filter(|dispute| {
        dispute.finding.is_none() && dispute.terminal == *terminal && dispute.currency == currency
    });
    Ok(open.count())
}

pub(super) fn load<V: View>(
    view: &V,
    terminal: &TerminalId,
    requested: &Cash,
    id: TransactionId,
    operator: Option<&Instruction>,
    now: Timestamp,
) -> Result<Decision, DecideError<V::Error>> {
    let kind = TransactionKind::Load;
    let mut facts = Vec::new();
    let reason = operator.and_then(|operator| operator.reason.clone());
    let (notes, amount) = match begin(view, terminal, requested, (kind, id), reason.as_ref())? {
        Begun::Before(outcome) => return Ok(Decision::accepted(outcome, facts)),
        Begun::New(notes, amount) => (notes, amount),
    };
    let cash = cash(view, terminal, requested.currency, &mut facts)?;
    let capital = capital(view, requested.currency, &mut facts)?;
    let draft = Draft::new(view, (kind, id), amount, now)
        .saying(reason)
        .made_by(operator.map(|operator| &operator.operator));
    let draft = draft.in_notes(MovedNotes::of(notes.clone()));
    let loaded = draft.post(&cash, &capital)?;
    if let Some(known) = stocking(view, terminal, requested.currency, &notes)? {
        let cassettes = known.cassettes.plus(&notes).filter(Notes::suit_a_dispenser);
        let cassettes = cassettes.ok_or(Decline::NotesUnsuited)?;
        facts.push(stocked(known, cassettes, known.reject_bin.clone())?);
    }
    let receipt = loaded.receipt(false);
    facts.push(Fact::Posted(loaded));
    Ok(Decision::accepted(Outcome::Receipt(receipt), facts))
}

pub(super) fn unload<V: View>(
    view: &V,
    terminal: &TerminalId,
    requested: &Cash,
    id: TransactionId,
    (operator, reason): (&Operator, &Memo),
    now: Timestamp,
) -> Result<Decision, DecideError<V::Error>> {
    let kind = TransactionKind::Unload;
    let mut facts = Vec::new();
    let (notes, amount) = match begin(view, terminal, requested, (kind, id), Some(reason))? {
        Begun::Before(outcome) => return Ok(Decision::accepted(outcome, facts)),
        Begun::New(notes, amount) => (notes, amount),
    };
    let cash = cash(view, terminal, requested.currency, &mut facts)?;
    let left = cash.balance.checked_add(amount).filter(|left| cash.allows_balance(*left));
    left.ok_or_else(|| out_of_cash(&cash))?;
    // What customers paid in is not the bank's own, so it goes where they can draw it again.
    let taker = if *terminal == TerminalId::vault() {
        capital(view, requested.currency, &mut facts)?
    } else {
        self::cash(view, &TerminalId::vault(), requested.currency, &mut facts)?
    };
    let draft =
        Draft::new(view, (kind, id), amount, now).saying(Some(reason.clone())).made_by(Some(operator));
    let unloaded = draft.in_notes(MovedNotes::of(notes.clone())).post(&taker, &cash)?;
    if let Some(known) = stocking(view, terminal, requested.currency, &notes)? {
        let (cassettes, reject_bin) = take_out(known, &notes).ok_or(Decline::NotesNotThere)?;
        facts.push(Fact::NotesChanged { terminal: *terminal, cassettes, reject_bin });
    }
    let receipt = unloaded.receipt(false);
    facts.push(Fact::Posted(unloaded));
    Ok(Decision::accepted(Outcome::Receipt(receipt), facts))
}

/// Takes notes out of the reject bin first, and what is missing there out of the cassettes.
fn take_out(terminal: &Terminal, notes: &Notes) -> Option<(Notes, Notes)> {
    let from_bin = terminal.reject_bin.shared(notes);
    let from_cassettes = notes.minus(&from_bin)?;
    Some((terminal.cassettes.minus(&from_cassettes)?, terminal.reject_bin.minus(&from_bin)?))
}

enum Begun {
    /// It was done before, with this outcome.
    Before(Outcome),
    /// It is to be done with these notes and this amount.
    New(Notes, Minor),
}

fn begin<V: View>(
    view: &V,
    terminal: &TerminalId,
    requested: &Cash,
    (kind, id): (TransactionKind, TransactionId),
    reason: Option<&Memo>,
) -> Result<Begun, DecideError<V::Error>> {
    let (notes, total) = read(requested)?;
    let account = AccountId::cash(terminal, requested.currency);
    let amount = total.in_currency(requested.currency);
    let amount = requested.amount.filter(|_| notes.is_empty()).unwrap_or(amount);
    let wanted = IdempotencyContent {
        account,
        kind,
        amount,
        terminal: None,
        to: None,
        memo: reason.cloned(),
        notes: Some(notes.clone()),
    };
    if let Some(receipt) = replayed(view, id, &wanted)? {
        return Ok(Begun::Before(Outcome::Receipt(receipt)));
    }
    added(view, terminal)?;
    Ok(Begun::New(notes, positive(amount, requested.currency)?))
}

/// The notes of some cash, and its value; not above zero yet where it is given as an amount.
fn read(cash: &Cash) -> Result<(Notes, Minor), Decline> {
    let notes = read_notes(&cash.notes, cash.currency)?;
    let total = match cash.amount {
        None if cash.notes.is_empty() => return Err(Decline::BadAmount),
        None => notes.total(),
        Some(amount) => {
            let minor = amount.minor_units(cash.currency).ok_or(Decline::BadAmount)?;
            if !cash.notes.is_empty() {
                worth(&notes, minor, cash.currency)?;
            }
            minor
        }
    };
    Ok((notes, total))
}

pub(super) fn read_notes(counts: &[NoteCount], currency: Currency) -> Result<Notes, Decline> {
    Notes::read(counts, currency).ok_or(NotesFault::NotNotes.into())
}

/// Whether notes are worth `amount`.
pub(super) fn worth(notes: &Notes, amount: Minor, currency: Currency) -> Result<(), NotesFault> {
    if notes.total() == amount {
        return Ok(());
    }
    let [notes, amount] = [notes.total(), amount].map(|minor| minor.in_currency(currency));
    Err(NotesFault::OtherSum { notes, amount })
}

/// That a terminal has other notes, if they are of few enough denominations.
fn stocked(known: &Terminal, cassettes: Notes, reject_bin: Notes) -> Result<Fact, Decline> {
    let more = reject_bin
        .stacks()
        .iter()
        .filter(|stack| !cassettes.stacks().iter().any(|other| other.denomination == stack.denomination));
    if cassettes.stacks().len() + more.count() > NOTE_KINDS_MAX {
        return Err(Decline::NotesUnsuited);
    }
    Ok(Fact::NotesChanged { terminal: known.id, cassettes, reject_bin })
}

/// The terminal, if it is to count `notes`: one that gets notes, or has had some.
fn stocking<'v, V: View>(
    view: &'v V,
    terminal: &TerminalId,
    currency: Currency,
    notes: &Notes,
) -> Result<Option<&'v Terminal>, DecideError<V::Error>> {
    let known = added(view, terminal)?;
    let counts = counting(known, currency)?.is_some();
    match (counts, notes.is_empty()) {
        (false, true) => Ok(None),
        (true, true) => Err(Decline::from(NotesFault::Needed).into()),
        (counts, false) => {
            let known = known.ok_or(NotesFault::NotCounted).map_err(Decline::from)?;
            if known.currency != currency {
                return Err(Decline::from(NotesFault::OtherCurrency { currency: known.currency }).into());
            }
            // Cash that was loaded as a mere amount is in no cassette.
            let held = view.account(&AccountId::cash(terminal, currency)).map_err(DecideError::Unreadable)?;
            let is_empty = held.is_none_or(|cash| cash.balance == Minor::ZERO && cash.holds() == 0);
            if counts || is_empty { Ok(Some(known)) } else { Err(Decline::CashNotCounted.into()) }
        }
    }
}

pub(super) fn count<V: View>(
    view: &V,
    terminal: &TerminalId,
    (requested, reject_bin): (&Cash, &[NoteCount]),
    close: Option<&(TransactionId, Instruction)>,
    now: Timestamp,
) -> Result<Decision, DecideError<V::Error>> {
    let currency = requested.currency;
    let known = added(view, terminal)?;
    let counts_notes = counting(known, currency)?.is_some();
    let mut opened = Vec::new();
    let cash = &cash(view, terminal, currency, &mut opened)?;
    let (notes, counted) = read(requested)?;
    let reject_bin = read_notes(reject_bin, currency)?;
    let cassettes = notes.minus(&reject_bin).ok_or(Decline::from(NotesFault::RejectBin))?;
    if counted < Minor::ZERO {
        return Err(Decline::BadAmount.into());
    }
    if counts_notes == requested.notes.is_empty() && counted != Minor::ZERO {
        let fault = if counts_notes { NotesFault::Needed } else { NotesFault::NotCounted };
        return Err(Decline::from(fault).into());
    }
    if let Some((id, instruction)) = close
        && !is_new(view, *id)?
    {
        let found = MovedNotes { notes: cassettes, reject_bin };
        let count = closed_before(view, *id, (cash, counted, &found), instruction.reason.as_ref())?;
        return Ok(Decision::accepted(Outcome::Counted(Box::new(count)), Vec::new()));
    }
    let mut suspect = 0_i64;
    for hold in view.holds().map_err(DecideError::Unreadable)? {
        if hold.terminal() == Some(terminal) && hold.currency == currency {
            match hold.stage {
                Stage::Suspect { counted: false, .. } => suspect = suspect.saturating_add(hold.amount.0),
                Stage::Suspect { counted: true, .. } => {}
                _ => return Err(Decline::DispenseUnderway.into()),
            }
        }
    }
    let expected = Minor(cash.balance.0.saturating_neg());
    let difference = counted.checked_sub(expected).ok_or(Decline::LimitPassed)?;
    let mut count = CashCount {
        expected: expected.in_currency(currency),
        counted: counted.in_currency(currency),
        difference: difference.in_currency(currency),
        suspect: Minor(suspect).in_currency(currency),
        disputes: disputes(view, terminal, currency)?,
        transaction: None,
        clock_ahead_seconds: view.clock().ahead_seconds(),
        replayed: false,
    };
    let mut facts = Vec::new();
    if let Some((id, Instruction { operator, reason })) = close {
        facts.push(Fact::TerminalCounted { terminal: *terminal, currency, at: now });
        if difference != Minor::ZERO {
            if reason.is_none() {
                return Err(Decline::ReasonNeeded.into());
            }
            facts.append(&mut opened);
            let over_short =
                own(view, AccountId::over_short(currency), Kind::OverShort, currency, &mut facts)?;
            // What suspect dispenses were promised is counted now, there or not.
            let mut cash = cash.clone();
            cash.release_many(Minor(suspect), 0);
            let size = Minor(difference.0.checked_abs().ok_or(Decline::LimitPassed)?);
            let draft = Draft::new(view, (TransactionKind::Difference, *id), size, now);
            let found = MovedNotes { notes: cassettes.clone(), reject_bin: reject_bin.clone() };
            let draft = draft.saying(reason.clone()).operator(operator).in_notes(found);
            let (from, to) =
                if difference.is_positive() { (&cash, &over_short) } else { (&over_short, &cash) };
            facts.push(Fact::Posted(draft.settle(from, to)?));
            count.transaction = Some(*id);
        }
        if let Some(known) = known.filter(|_| counts_notes) {
            facts.push(stocked(known, cassettes, reject_bin)?);
        }
    }
    Ok(Decision::accepted(Outcome::Counted(Box::new(count)), facts))
}

/// What a close of day found that was made before with this id.
fn closed_before<V: View>(
    view: &V,
    id: TransactionId,
    (cash, counted, notes): (&Account, Minor, &MovedNotes),
    reason: Option<&Memo>,
) -> Result<CashCount, DecideError<V::Error>> {
    let reused = |field| DecideError::Declined(Decline::IdReused { field });
    let posted = match view.recorded(id).map_err(DecideError::Unreadable)? {
        Some(Recorded::Transaction(posted)) if posted.kind == TransactionKind::Difference => posted,
        _ => return Err(reused(Field::Kind)),
    };
    let posting = posted.posting(&cash.id).ok_or(reused(Field::Terminal))?;
    let found = Minor(posting.balance.0.saturating_neg());
    if counted != found {
        return Err(reused(Field::Amount));
    }
    if posted.notes.as_ref().is_some_and(|found| **found != *notes) {
        return Err(reused(Field::Notes));
    }
    if posted.memo.as_ref() != reason {
        return Err(reused(Field::Memo));
    }
    let more = posted.from.account == cash.id;
    let difference = if more { posted.amount } else { Minor(posted.amount.0.saturating_neg()) };
    let written = |minor: Minor| minor.in_currency(cash.currency);
    Ok(CashCount {
        expected: written(Minor(found.0.saturating_sub(difference.0))),
        counted: written(found),
        difference: written(difference),
        suspect: written(Minor::ZERO),
        disputes: 0,
        transaction: Some(id),
        clock_ahead_seconds: view.clock().ahead_seconds(),
        replayed: true,
    })
}

/// A terminal's cash account. One that nothing was paid into yet is opened by `facts`.
pub(super) fn cash<V: View>(
    view: &V,
    terminal: &TerminalId,
    currency: Currency,
    facts: &mut Vec<Fact>,
) -> Result<Account, DecideError<V::Error>> {
    // Nobody has banknotes of a bank's own unit; the vault takes what accounts are opened with.
    if currency.is_unit() && *terminal != TerminalId::vault() {
        return Err(Decline::NoSuchCurrency.into());
    }
    own(view, AccountId::cash(terminal, currency), Kind::Cash, currency, facts)
}

fn capital<V: View>(
    view: &V,
    currency: Currency,
    facts: &mut Vec<Fact>,
) -> Result<Account, DecideError<V::Error>> {
    own(view, AccountId::capital(currency), Kind::Capital, currency, facts)
}

/// Takes the notes for a dispense out of a terminal's cassettes; none where it doesn't count them.
pub(super) fn unavailable<V: View>(
    view: &V,
    terminal: &TerminalId,
    cash: &Account,
    amount: Minor,
    facts: &mut Vec<Fact>,
) -> Result<Notes, DecideError<V::Error>> {
    let currency = cash.currency;
    let known = counting(in_service(view, terminal)?, currency)?;
    if cash.balance.checked_add(amount).is_none_or(|left| !cash.allows_balance(left)) {
        let Some(known) = known else { return Err(out_of_cash(cash).into()) };
        let all = known.cassettes.total();
        let largest = choose(&known.cassettes, all, NOTES_AT_ONCE_MAX)
            .map_or_else(|nearest| nearest.lower.unwrap_or_default(), |_| all);
        return Err(Decline::OutOfCash { largest: largest.in_currency(currency) }.into());
    }
    let Some(known) = known else { return Ok(Notes::default()) };
    let notes = choose(&known.cassettes, amount, NOTES_AT_ONCE_MAX).map_err(|nearest| {
        let [lower, higher] =
            [nearest.lower, nearest.higher].map(|near| near.map(|minor| minor.in_currency(currency)));
        Decline::NotesUnavailable { lower, higher }
    })?;
    let cassettes = known.cassettes.minus(&notes).ok_or(Decline::NotesNotThere)?;
    facts.push(Fact::NotesChanged { terminal: *terminal, cassettes, reject_bin: known.reject_bin.clone() });
    Ok(notes)
}

/// Puts notes that did not reach the customer back to where they are.
pub(super) fn put_back<V: View>(
    view: &V,
    terminal: &TerminalId,
    notes: &Notes,
    place: UndispensedNotes,
    facts: &mut Vec<Fact>,
) -> Result<(), DecideError<V::Error>> {
    if notes.is_empty() {
        return Ok(());
    }
    if let Some(known) = view.terminal(terminal).map_err(DecideError::Unreadable)? {
        let (mut cassettes, mut reject_bin) = (known.cassettes.clone(), known.reject_bin.clone());
        let stock = match place {
            UndispensedNotes::Cassettes => &mut cassettes,
            UndispensedNotes::RejectBin => &mut reject_bin,
        };
        *stock = stock.plus(notes).ok_or(Decline::NotesUnsuited)?;
        facts.push(stocked(known, cassettes, reject_bin)?);
    }
    Ok(())
}

/// Counts a deposit's notes into the reject bin, where the terminal counts notes.
pub(super) fn paid_in<V: View>(
    view: &V,
    terminal: &TerminalId,
    currency: Currency,
    notes: &[NoteCount],
    amount: Minor,
    facts: &mut Vec<Fact>,
) -> Result<(), DecideError<V::Error>> {
    let counts = counting(in_service(view, terminal)?, currency)?.is_some();
    let read = read_notes(notes, currency)?;
    if !notes.is_empty() {
        worth(&read, amount, currency).map_err(Decline::from)?;
    }
    match (counts, read.is_empty()) {
        (true, false) => put_back(view, terminal, &read, UndispensedNotes::RejectBin, facts),
        (true, true) => Err(Decline::from(NotesFault::Needed).into()),
        (false, _) => Ok(()),
    }
}
