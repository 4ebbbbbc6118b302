//! The parts of records and checkpoints, each of which encodes its own length.

use bank_engine_core::account::{ACCOUNT_ID_BYTES_MAX, AccountId, Limits, TerminalId};
use bank_engine_core::auth::{HASH_BYTES, SecretHash};
use bank_engine_core::day::Day;
use bank_engine_core::hold::{Dispute, Finding, Hold, Purpose, Stage};
use bank_engine_core::ledger::{MEMO_CHARS_MAX, TransactionId};
use bank_engine_core::money::{CURRENCY_CODE_BYTES_MAX, Currency, Minor};
use bank_engine_core::notes::{NOTE_KINDS_MAX, Notes, Stack};
use bank_engine_core::operator::Note;
use bank_engine_core::time::Timestamp;

use crate::format::bytes::Bytes;

/// The length before a text.
pub(crate) const TEXT_BYTES: usize = 2;

/// The longest currency: a unit's mark, decimals, length and code.
pub(crate) const CURRENCY_BYTES_MAX: usize = 3 + CURRENCY_CODE_BYTES_MAX;

/// In place of the first letter of a currency: a unit of the bank's own.
const UNIT: u8 = 0;

/// The longest memo: as many of the longest characters as one may have.
pub(crate) const MEMO_BYTES_MAX: usize = 4 * MEMO_CHARS_MAX;

const STACK_BYTES: usize = 8 + 4;

/// Notes of as many denominations as there may be.
pub(crate) const NOTES_BYTES_MAX: usize = 1 + NOTE_KINDS_MAX * STACK_BYTES;

/// What every hold has: its id, its amount, since when, its day, until when, its currency, its
/// stage, whose it is and what it is for.
const HOLD_BYTES: usize = 16 + 8 + 8 + 4 + 8 + CURRENCY_BYTES_MAX + 9 + TEXT_BYTES + ACCOUNT_ID_BYTES_MAX + 1;

/// A hold with the longest purpose, which is a payment with a word.
pub(crate) const HOLD_BYTES_MAX: usize =
    HOLD_BYTES + TEXT_BYTES + ACCOUNT_ID_BYTES_MAX + TEXT_BYTES + MEMO_BYTES_MAX;

const PLACED: u8 = 1;
const ORDERED: u8 = 2;
const SUSPECT: u8 = 3;
const SUSPECT_AND_COUNTED: u8 = 4;

const PAYMENT: u8 = 1;
const DISPENSE: u8 = 2;

const HAS_TRANSACTION_LIMIT: u8 = 1;
const HAS_DAY_AMOUNT_LIMIT: u8 = 2;
const HAS_DAY_COUNT_LIMIT: u8 = 4;

pub(crate) fn put_text(text: &str, out: &mut Vec<u8>) -> Option<()> {
    out.extend_from_slice(&u16::try_from(text.len()).ok()?.to_le_bytes());
    out.extend_from_slice(text.as_bytes());
    Some(())
}

pub(crate) fn text<'a>(rest: &mut Bytes<'a>) -> Option<&'a str> {
    let length = usize::from(rest.u16()?);
    std::str::from_utf8(rest.slice(length)?).ok()
}

pub(crate) fn put_currency(currency: Currency, out: &mut Vec<u8>) -> Option<()> {
    let code = currency.code().as_bytes();
    if currency.is_unit() {
        out.extend_from_slice(&[UNIT, currency.exponent(), u8::try_from(code.len()).ok()?]);
        out.extend_from_slice(code);
    } else {
        out.extend_from_slice(code);
        out.push(currency.exponent());
    }
    Some(())
}

/// A currency, if it has the same decimals as when it was written.
pub(crate) fn currency(rest: &mut Bytes<'_>) -> Option<Currency> {
    let first: [u8; 3] = rest.array()?;
    if let [UNIT, exponent, length] = first {
        let code = rest.slice(usize::from(length))?;
        return Currency::unit(std::str::from_utf8(code).ok()?, exponent).ok();
    }
    let currency: Currency = std::str::from_utf8(&first).ok()?.parse().ok()?;
    (currency.exponent() == rest.u8()?).then_some(currency)
}

pub(crate) fn secret(rest: &mut Bytes<'_>) -> Option<SecretHash> {
    SecretHash::from_bytes(&rest.array::<HASH_BYTES>()?)
}

pub(crate) fn id(rest: &mut Bytes<'_>) -> Option<TransactionId> {
    TransactionId::from_bytes(rest.array()?)
}

/// An instant, if it is one that the engine can report.
pub(crate) fn time(rest: &mut Bytes<'_>) -> Option<Timestamp> {
    let ms = rest.i64()?;
    Some(Timestamp::from_unix_ms(ms)).filter(|time| time.unix_ms() == ms)
}

pub(crate) fn put_note(note: &Note, out: &mut Vec<u8>) -> Option<()> {
    out.extend_from_slice(&note.at.unix_ms().to_le_bytes());
    put_text(&note.operator.text(), out)?;
    put_text(note.reason.as_ref().map_or("", |reason| reason.as_str()), out)
}

pub(crate) fn note(rest: &mut Bytes<'_>) -> Option<Note> {
    let (at, operator) = (time(rest)?, text(rest)?.parse().ok()?);
    let reason = match text(rest)? {
        "" => None,
        reason => Some(reason.parse().ok()?),
    };
    Some(Note { operator, reason, at })
}

pub(crate) fn put_dispute(dispute: &Dispute, out: &mut Vec<u8>) -> Option<()> {
    out.extend_from_slice(&dispute.hold.to_bytes());
    put_currency(dispute.currency, out)?;
    for amount in [dispute.booked, dispute.reported] {
        out.extend_from_slice(&amount.0.to_le_bytes());
    }
    out.extend_from_slice(&dispute.since.unix_ms().to_le_bytes());
    put_text(dispute.account.as_str(), out)?;
    put_text(dispute.terminal.as_str(), out)
}

/// A dispute that is open.
pub(crate) fn dispute(rest: &mut Bytes<'_>) -> Option<Dispute> {
    let (hold, currency) = (id(rest)?, currency(rest)?);
    let (booked, reported, since) = (Minor(rest.i64()?), Minor(rest.i64()?), time(rest)?);
    let (account, terminal) = (AccountId::from_recorded(text(rest)?)?, text(rest)?.parse().ok()?);
    Some(Dispute { hold, account, terminal, currency, booked, reported, since, finding: None })
}

pub(crate) fn put_finding(finding: Finding, out: &mut Vec<u8>) {
    out.extend_from_slice(&finding.paid.0.to_le_bytes());
    out.push(u8::from(finding.adjustment.is_some()));
    out.extend(finding.adjustment.iter().flat_map(|id| id.to_bytes()));
}

pub(crate) fn finding(rest: &mut Bytes<'_>) -> Option<Finding> {
    let paid = Minor(rest.i64()?);
    let adjustment = match rest.u8()? {
        0 => None,
        1 => Some(id(rest)?),
        _ => return None,
    };
    Some(Finding { paid, adjustment })
}

pub(crate) fn put_limits(limits: &Limits, out: &mut Vec<u8>) {
    let Limits { minimum_balance, transaction_max, day_amount_max, day_count_max } = *limits;
    out.extend_from_slice(&minimum_balance.0.to_le_bytes());
    let flag = |flag, is_set| if is_set { flag } else { 0 };
    out.push(
        flag(HAS_TRANSACTION_LIMIT, transaction_max.is_some())
            | flag(HAS_DAY_AMOUNT_LIMIT, day_amount_max.is_some())
            | flag(HAS_DAY_COUNT_LIMIT, day_count_max.is_some()),
    );
    for limit in [transaction_max, day_amount_max].into_iter().flatten() {
        out.extend_from_slice(&limit.0.to_le_bytes());
    }
    out.extend(day_count_max.into_iter().flat_map(u32::to_le_bytes));
}

pub(crate) fn limits(rest: &mut Bytes<'_>) -> Option<Limits> {
    let (minimum_balance, flags) = (Minor(rest.i64()?), rest.u8()?);
    if flags & !(HAS_TRANSACTION_LIMIT | HAS_DAY_AMOUNT_LIMIT | HAS_DAY_COUNT_LIMIT) != 0 {
        return None;
    }
    let mut amount = |flag| match flags & flag {
        0 => Some(None),
        _ => rest.i64().map(|limit| Some(Minor(limit))),
    };
    let (transaction_max, day_amount_max) = (amount(HAS_TRANSACTION_LIMIT)?, amount(HAS_DAY_AMOUNT_LIMIT)?);
    let day_count_max = if flags & HAS_DAY_COUNT_LIMIT == 0 { None } else { Some(rest.u32()?) };
    Some(Limits { minimum_balance, transaction_max, day_amount_max, day_count_max })
}

pub(crate) fn put_notes(notes: &Notes, out: &mut Vec<u8>) -> Option<()> {
    out.push(u8::try_from(notes.stacks().len()).ok()?);
    for stack in notes.stacks() {
        out.extend_from_slice(&stack.denomination.0.to_le_bytes());
        out.extend_from_slice(&stack.count.to_le_bytes());
    }
    Some(())
}

pub(crate) fn notes(rest: &mut Bytes<'_>) -> Option<Notes> {
    let kinds = rest.u8()?;
    let stacks: Option<Vec<Stack>> =
        (0..kinds).map(|_| Some(Stack { denomination: Minor(rest.i64()?), count: rest.u32()? })).collect();
    let stacks = stacks?;
    Notes::new(stacks.iter().copied()).filter(|notes| notes.stacks() == stacks)
}

pub(crate) fn put_hold(hold: &Hold, out: &mut Vec<u8>) -> Option<()> {
    out.extend_from_slice(&hold.id.to_bytes());
    out.extend_from_slice(&hold.amount.0.to_le_bytes());
    out.extend_from_slice(&hold.placed.unix_ms().to_le_bytes());
    out.extend_from_slice(&hold.day.number().to_le_bytes());
    out.extend_from_slice(&hold.expires.unix_ms().to_le_bytes());
    put_currency(hold.currency, out)?;
    match hold.stage {
        Stage::Placed => out.push(PLACED),
        Stage::Ordered => out.push(ORDERED),
        Stage::Suspect { since, counted } => {
            out.push(if counted { SUSPECT_AND_COUNTED } else { SUSPECT });
            out.extend_from_slice(&since.unix_ms().to_le_bytes());
        }
        _ => return None,
    }
    put_text(hold.account.as_str(), out)?;
    match &hold.purpose {
        Purpose::Payment { to, memo } => {
            out.push(PAYMENT);
            put_text(to.as_str(), out)?;
            put_text(memo.as_ref().map_or("", |memo| memo.as_str()), out)
        }
        Purpose::Dispense { terminal, notes, follow_ups } => {
            out.push(DISPENSE);
            put_text(terminal.as_str(), out)?;
            put_notes(notes, out)?;
            out.extend(follow_ups.iter().flat_map(|id| id.to_bytes()));
            Some(())
        }
        _ => None,
    }
}

pub(crate) fn hold(rest: &mut Bytes<'_>) -> Option<Hold> {
    let (id, amount, placed) = (id(rest)?, Minor(rest.i64()?), time(rest)?);
    let day = Day::from_number(i32::from_le_bytes(rest.array()?));
    let (expires, currency) = (time(rest)?, currency(rest)?);
    let stage = match rest.u8()? {
        PLACED => Stage::Placed,
        ORDERED => Stage::Ordered,
        stage @ (SUSPECT | SUSPECT_AND_COUNTED) => {
            Stage::Suspect { since: time(rest)?, counted: stage == SUSPECT_AND_COUNTED }
        }
        _ => return None,
    };
    let account = AccountId::from_recorded(text(rest)?)?;
    let purpose = purpose(rest)?;
    Some(Hold { id, account, amount, currency, purpose, stage, placed, day, expires })
}

fn purpose(rest: &mut Bytes<'_>) -> Option<Purpose> {
    match rest.u8()? {
        PAYMENT => {
            let to = AccountId::from_recorded(text(rest)?)?;
            let memo = match text(rest)? {
                "" => None,
                memo => Some(memo.parse().ok()?),
            };
            Some(Purpose::Payment { to, memo })
        }
        DISPENSE => {
            let terminal: TerminalId = text(rest)?.parse().ok()?;
            let notes = notes(rest)?;
            Some(Purpose::Dispense { terminal, notes, follow_ups: [id(rest)?, id(rest)?] })
        }
        _ => None,
    }
}
