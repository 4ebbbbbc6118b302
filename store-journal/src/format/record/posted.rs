//! The record of a transaction, the most common one.

use bank_engine_core::account::{ACCOUNT_ID_BYTES_MAX, AccountId, TerminalId};
use bank_engine_core::day::Day;
use bank_engine_core::ledger::{
    Memo, MovedNotes, Origin, Posting, Transaction, TransactionId, TransactionKind,
};
use bank_engine_core::money::Minor;
use bank_engine_core::operator::Operator;
use bank_engine_core::time::Timestamp;

use crate::format::bytes::Bytes;
use crate::format::record::frame::{POSTED, PREFIX_BYTES, seal};
use crate::format::record::numbers::{transaction_kind, transaction_kind_of};
use crate::format::record::parts::{id, notes, put_notes, put_text, text};
use crate::format::record::{AROUND_BYTES, EncodeError, Names, TEXT_BYTES};

/// A transaction; its currency is that of its accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Posted {
    pub(crate) id: TransactionId,
    pub(crate) kind: TransactionKind,
    pub(crate) at: Timestamp,
    pub(crate) day: Day,
    pub(crate) amount: Minor,
    pub(crate) from: StoredPosting,
    pub(crate) to: StoredPosting,
    pub(crate) memo: Option<Memo>,
    pub(crate) origin: Origin,
    pub(crate) notes: Option<Box<MovedNotes>>,
    pub(crate) operator: Option<Operator>,
    pub(crate) unavailable: Minor,
}

/// One account's posting, with the way back through its history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StoredPosting {
    pub(crate) account: u32,
    /// The account's balance afterwards.
    pub(crate) balance: Minor,
    /// The entry's number in the account, from 1.
    pub(crate) entry: u64,
    /// Where the record of the entry before is; 0 for none.
    pub(crate) previous: u64,
    /// Where the record of an entry far before is, see [`crate::index::entries`]; 0 for none.
    pub(crate) skip: u64,
}

const BODY_WORDS: usize = 13;

/// A record with what every transaction has.
pub(crate) const POSTED_BYTES: usize = 8 * BODY_WORDS + AROUND_BYTES;

/// What a unavailable takes.
pub(crate) const RESERVE_BYTES: usize = 8;

/// What an origin takes at most.
pub(crate) const ORIGIN_BYTES_MAX: usize =
    1 + 1 + TEXT_BYTES + ACCOUNT_ID_BYTES_MAX + TEXT_BYTES + TerminalId::BYTES_MAX;

/// The part of the detail that says the kind; the others say what follows the common fields.
const KIND_BITS: u8 = 0x0F;
const HAS_NOTES: u8 = 0x10;
const HAS_RESERVE: u8 = 0x20;
const HAS_ORIGIN: u8 = 0x40;
const HAS_OPERATOR: u8 = 0x80;

const HOLD: u8 = 1;
const SUSPECTS: u8 = 2;
const RETURNS: u8 = 3;
const REVERSES: u8 = 4;
const EARLIER_HOLD: u8 = 5;
const PART_OF_HOLD: u8 = 6;
const PART_OF_EARLIER_HOLD: u8 = 7;

const SUSPECT_HOLD: u8 = 8;
const DISPUTED: u8 = 9;

const IS_PART: u8 = 1;
const IS_COUNTED: u8 = 2;

const IS_WHOLE: u8 = 1;
const HAS_ALLOWANCE: u8 = 2;

/// Days that a business day may be before or after the day in UTC: zones are less than a day from
/// it, and a business day begins up to a day late.
const DAYS_APART_MAX: i32 = 2;

impl StoredPosting {
    pub(crate) fn posting(&self) -> Posting<u32> {
        Posting { account: self.account, balance: self.balance, entry: self.entry }
    }
}

/// Appends the record of a transaction whose sides these are.
pub(crate) fn put(
    transaction: &Transaction,
    sides: [&StoredPosting; 2],
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let start = out.len();
    out.extend_from_slice(&[0; PREFIX_BYTES]);
    let detail = put_body(transaction, sides, out).ok_or(EncodeError)?;
    seal(out, start, POSTED, detail).ok_or(EncodeError)
}

fn put_body(transaction: &Transaction, sides: [&StoredPosting; 2], out: &mut Vec<u8>) -> Option<u8> {
    let mut detail = transaction_kind(transaction.kind)?;
    out.extend_from_slice(words(transaction, sides)?.as_flattened());
    if transaction.unavailable != Minor::ZERO {
        detail |= HAS_RESERVE;
        out.extend_from_slice(&transaction.unavailable.0.to_le_bytes());
    }
    if transaction.origin != Origin::Itself {
        detail |= HAS_ORIGIN;
        put_origin(&transaction.origin, out)?;
    }
    if let Some(moved) = &transaction.notes {
        detail |= HAS_NOTES;
        put_notes(&moved.notes, out)?;
        put_notes(&moved.reject_bin, out)?;
    }
    if let Some(operator) = &transaction.operator {
        detail |= HAS_OPERATOR;
        put_text(&operator.text(), out)?;
    }
    if let Some(memo) = &transaction.memo {
        out.extend_from_slice(memo.as_str().as_bytes());
    }
    Some(detail)
}

fn words(transaction: &Transaction, [from, to]: [&StoredPosting; 2]) -> Option<[[u8; 8]; BODY_WORDS]> {
    let (id_high, id_low) = transaction.id.as_uuid().as_u64_pair();
    let [a, b, c, d] = from.account.to_le_bytes();
    let [e, f, g, h] = to.account.to_le_bytes();
    let [from, to] = [from, to].map(|side| {
        let StoredPosting { balance, entry, previous, skip, .. } = side;
        [balance.0.to_le_bytes(), entry.to_le_bytes(), previous.to_le_bytes(), skip.to_le_bytes()]
    });
    let [from_balance, from_entry, from_previous, from_skip] = from;
    let [to_balance, to_entry, to_previous, to_skip] = to;
    Some([
        id_high.to_be_bytes(),
        id_low.to_be_bytes(),
        when(transaction)?,
        transaction.amount.0.to_le_bytes(),
        [a, b, c, d, e, f, g, h],
        from_balance,
        from_entry,
        from_previous,
        from_skip,
        to_balance,
        to_entry,
        to_previous,
        to_skip,
    ])
}

/// The instant in seven bytes, which reach further than the years that there are, and in the eighth
/// how far the business day is from the day in UTC.
fn when(transaction: &Transaction) -> Option<[u8; 8]> {
    let Transaction { at, day, .. } = transaction;
    let apart = day.number().checked_sub(Day::utc(*at).number())?;
    let apart = i8::try_from(apart).ok().filter(|_| apart.abs() <= DAYS_APART_MAX)?;
    let ms = at.unix_ms();
    let [a, b, c, d, e, f, g, _] = ms.to_le_bytes();
    let [apart] = apart.to_le_bytes();
    ((ms << 8) >> 8 == ms).then_some([a, b, c, d, e, f, g, apart])
}

fn read_when(bytes: [u8; 8]) -> Option<(Timestamp, Day)> {
    let word = i64::from_le_bytes(bytes);
    let (ms, apart) = ((word << 8) >> 8, i32::try_from(word >> 56).ok()?);
    let at = Timestamp::from_unix_ms(ms);
    let day = Day::from_number(Day::utc(at).number().checked_add(apart)?);
    (at.unix_ms() == ms && apart.abs() <= DAYS_APART_MAX).then_some((at, day))
}

fn put_origin(origin: &Origin, out: &mut Vec<u8>) -> Option<()> {
    let mut of = |kind, id: &TransactionId| {
        out.push(kind);
        out.extend_from_slice(&id.to_bytes());
    };
    match origin {
        Origin::Hold => out.push(HOLD),
        Origin::PartOfHold => out.push(PART_OF_HOLD),
        Origin::PartOfEarlierHold(day) => {
            out.push(PART_OF_EARLIER_HOLD);
            out.extend_from_slice(&day.number().to_le_bytes());
        }
        Origin::EarlierHold(day) => {
            out.push(EARLIER_HOLD);
            out.extend_from_slice(&day.number().to_le_bytes());
        }
        Origin::SuspectHold { account, counted_at, is_part } => {
            let is_counted = if counted_at.is_some() { IS_COUNTED } else { 0 };
            out.extend_from_slice(&[SUSPECT_HOLD, is_counted | if *is_part { IS_PART } else { 0 }]);
            put_text(account.as_str(), out)?;
            if let Some(terminal) = counted_at {
                put_text(terminal.as_str(), out)?;
            }
        }
        Origin::Disputed(hold) => of(DISPUTED, hold),
        Origin::Suspects(hold) => of(SUSPECTS, hold),
        Origin::Returns(hold) => of(RETURNS, hold),
        Origin::Reverses { original, allowance, whole } => {
            of(REVERSES, original);
            let has_allowance = if allowance.is_some() { HAS_ALLOWANCE } else { 0 };
            out.push(has_allowance | if *whole { IS_WHOLE } else { 0 });
            out.extend(allowance.iter().flat_map(|day| day.number().to_le_bytes()));
        }
        _ => return None,
    }
    Some(())
}

fn origin(rest: &mut Bytes<'_>) -> Option<Origin> {
    match rest.u8()? {
        HOLD => Some(Origin::Hold),
        PART_OF_HOLD => Some(Origin::PartOfHold),
        PART_OF_EARLIER_HOLD => {
            Some(Origin::PartOfEarlierHold(Day::from_number(i32::from_le_bytes(rest.array()?))))
        }
        EARLIER_HOLD => Some(Origin::EarlierHold(Day::from_number(i32::from_le_bytes(rest.array()?)))),
        SUSPECT_HOLD => {
            let (flags, account) = (rest.u8()?, AccountId::from_recorded(text(rest)?)?);
            let counted_at = match flags & IS_COUNTED {
                0 => None,
                _ => Some(text(rest)?.parse().ok()?),
            };
            let known = flags & !(IS_PART | IS_COUNTED) == 0;
            known.then_some(Origin::SuspectHold { account, counted_at, is_part: flags & IS_PART != 0 })
        }
        DISPUTED => id(rest).map(Origin::Disputed),
        SUSPECTS => id(rest).map(Origin::Suspects),
        RETURNS => id(rest).map(Origin::Returns),
        REVERSES => {
            let (original, flags) = (id(rest)?, rest.u8()?);
            let allowance = match flags & HAS_ALLOWANCE {
                0 => None,
                _ => Some(Day::from_number(i32::from_le_bytes(rest.array()?))),
            };
            let known = flags & !(IS_WHOLE | HAS_ALLOWANCE) == 0;
            known.then_some(Origin::Reverses { original, allowance, whole: flags & IS_WHOLE != 0 })
        }
        _ => None,
    }
}

impl Posted {
    pub(super) fn decode(detail: u8, rest: &mut Bytes<'_>) -> Option<Posted> {
        let kind = transaction_kind_of(detail & KIND_BITS)?;
        let id = id(rest)?;
        let (at, day) = read_when(rest.array()?)?;
        let amount = Minor(rest.i64()?);
        let (from, to) = (rest.u32()?, rest.u32()?);
        let mut side = |account| {
            let balance = Minor(rest.i64()?);
            Some(StoredPosting {
                account,
                balance,
                entry: rest.u64()?,
                previous: rest.u64()?,
                skip: rest.u64()?,
            })
        };
        let (from, to) = (side(from)?, side(to)?);
        let has = |flag| detail & flag != 0;
        let unavailable = if has(HAS_RESERVE) { Minor(rest.i64()?) } else { Minor::ZERO };
        let origin = if has(HAS_ORIGIN) { origin(rest)? } else { Origin::Itself };
        let notes = match has(HAS_NOTES) {
            true => Some(Box::new(MovedNotes { notes: notes(rest)?, reject_bin: notes(rest)? })),
            false => None,
        };
        let operator = if has(HAS_OPERATOR) { Some(text(rest)?.parse().ok()?) } else { None };
        let memo = match std::mem::take(&mut rest.0) {
            [] => None,
            memo => Some(std::str::from_utf8(memo).ok()?.parse().ok()?),
        };
        Some(Posted { id, kind, at, day, amount, from, to, memo, origin, notes, operator, unavailable })
    }

    /// The transaction, whose accounts have names.
    pub(crate) fn named(self, names: &impl Names) -> Option<Transaction> {
        let Posted { id, kind, at, day, amount, from, to, memo, origin, notes, operator, unavailable } = self;
        let (payer, currency) = names.name(from.account)?;
        let (payee, _) = names.name(to.account)?;
        let posting =
            |account, side: StoredPosting| Posting { account, balance: side.balance, entry: side.entry };
        let (from, to) = (posting(payer, from), posting(payee, to));
        Some(Transaction {
            id,
            kind,
            at,
            day,
            amount,
            currency,
            from,
            to,
            memo,
            origin,
            notes,
            operator,
            unavailable,
        })
    }
}
