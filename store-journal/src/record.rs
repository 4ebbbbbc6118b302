//! A fact as bytes.
//!
//! ```text
//! length u16 | kind u8 | detail u8 | body | crc u32
//! ```
//!
//! The length counts the whole record; the CRC-32 is over all before it.

use bank_core::account::{AccountId, Kind};
use bank_core::auth::{HASH_BYTES, SecretHash};
use bank_core::ledger::{MEMO_CHARS_MAX, Memo, TransactionId, TransactionKind};
use bank_core::money::{Currency, Minor};
use bank_core::time::Timestamp;

use crate::bytes::Bytes;

/// A fact whose accounts are numbers, as it stands in a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Record {
    /// The account gets the next number.
    Opened {
        id: AccountId,
        kind: Kind,
        currency: Currency,
        secret: Option<SecretHash>,
    },
    Posted(Posted),
    TryCharged(u32),
    TriesCleared(u32),
    SecretChanged(u32, SecretHash),
    FreezeChanged(u32, bool),
}

/// A transaction; its currency is that of its accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Posted {
    pub(crate) id: TransactionId,
    pub(crate) kind: TransactionKind,
    pub(crate) at: Timestamp,
    pub(crate) amount: Minor,
    pub(crate) from: Side,
    pub(crate) to: Side,
    pub(crate) memo: Option<Memo>,
}

/// One account's posting, with the way back through its history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Side {
    pub(crate) account: u32,
    /// What the account stands at afterwards.
    pub(crate) balance: Minor,
    /// The entry's number in the account, from 1.
    pub(crate) entry: u64,
    /// Where the record of the entry before is; 0 for none.
    pub(crate) previous: u64,
    /// Where the record of an entry far before is, see [`crate::trail`]; 0 for none.
    pub(crate) skip: u64,
}

const PREFIX_BYTES: usize = 4;
const CRC_BYTES: usize = 4;

const BODY_WORDS: usize = 13;

/// A [`Record::Posted`] without memo.
pub(crate) const POSTED_BYTES: usize = PREFIX_BYTES + 8 * BODY_WORDS + CRC_BYTES;

/// The longest record: a memo of the longest characters.
pub(crate) const RECORD_BYTES_MAX: usize = POSTED_BYTES + 4 * MEMO_CHARS_MAX;

const OPENED: u8 = 1;
const POSTED: u8 = 2;
const TRY_CHARGED: u8 = 3;
const TRIES_CLEARED: u8 = 4;
const SECRET_CHANGED: u8 = 5;
const FREEZE_CHANGED: u8 = 6;

/// Something that this format has no bytes for: a newer core than the journal knows.
#[derive(Debug)]
pub(crate) struct Unrecordable;

impl Record {
    /// Appends the record.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) -> Result<(), Unrecordable> {
        let start = out.len();
        out.extend_from_slice(&[0; PREFIX_BYTES]);
        let (kind, detail) = match self {
            Record::Opened { id, kind, currency, secret } => {
                out.extend_from_slice(currency.code().as_bytes());
                out.push(currency.exponent());
                match secret {
                    Some(secret) => {
                        out.push(1);
                        out.extend_from_slice(&secret.to_bytes());
                    }
                    None => out.push(0),
                }
                out.extend_from_slice(id.as_str().as_bytes());
                (OPENED, account_kind(*kind).ok_or(Unrecordable)?)
            }
            Record::Posted(posted) => posted.encode(out)?,
            Record::TryCharged(account) => {
                out.extend_from_slice(&account.to_le_bytes());
                (TRY_CHARGED, 0)
            }
            Record::TriesCleared(account) => {
                out.extend_from_slice(&account.to_le_bytes());
                (TRIES_CLEARED, 0)
            }
            Record::SecretChanged(account, secret) => {
                out.extend_from_slice(&account.to_le_bytes());
                out.extend_from_slice(&secret.to_bytes());
                (SECRET_CHANGED, 0)
            }
            Record::FreezeChanged(account, frozen) => {
                out.extend_from_slice(&account.to_le_bytes());
                (FREEZE_CHANGED, u8::from(*frozen))
            }
        };
        seal(out, start, kind, detail).ok_or(Unrecordable)
    }

    /// The record at the start of `bytes`, and its length; `None` where there is no whole one or
    /// its bytes are not as they were written.
    pub(crate) fn decode(bytes: &[u8]) -> Option<(Record, usize)> {
        let length = usize::from(Bytes(bytes).u16()?);
        let (content, crc) = bytes.get(..length)?.split_last_chunk()?;
        if crc32fast::hash(content) != u32::from_le_bytes(*crc) {
            return None;
        }
        let mut rest = Bytes(content);
        let [_, _, kind, detail] = rest.array()?;
        let record = match kind {
            OPENED => opened(detail, &mut rest)?,
            POSTED => Record::Posted(Posted::decode(detail, &mut rest)?),
            TRY_CHARGED => Record::TryCharged(rest.u32()?),
            TRIES_CLEARED => Record::TriesCleared(rest.u32()?),
            SECRET_CHANGED => Record::SecretChanged(rest.u32()?, secret(&mut rest)?),
            FREEZE_CHANGED => Record::FreezeChanged(rest.u32()?, detail != 0),
            _ => return None,
        };
        rest.0.is_empty().then_some((record, length))
    }
}

/// Which transaction the record at the start of `bytes` is, if it is one, and the record's length.
/// The batch must have been checked.
pub(crate) fn posted_id(bytes: &[u8]) -> Option<(Option<u128>, usize)> {
    let length = usize::from(Bytes(bytes).u16()?);
    let mut rest = Bytes(bytes.get(..length)?);
    let [_, _, kind, _] = rest.array::<PREFIX_BYTES>()?;
    let id = if kind == POSTED { Some(u128::from_be_bytes(rest.array()?)) } else { None };
    Some((id, length))
}

/// Fills in the prefix of the record that `out` holds from `start` on, and adds the CRC.
fn seal(out: &mut Vec<u8>, start: usize, kind: u8, detail: u8) -> Option<()> {
    let record = out.get_mut(start..)?;
    let [low, high] = u16::try_from(record.len() + CRC_BYTES).ok()?.to_le_bytes();
    *record.first_chunk_mut()? = [low, high, kind, detail];
    let crc = crc32fast::hash(record);
    out.extend_from_slice(&crc.to_le_bytes());
    Some(())
}

fn opened(kind: u8, rest: &mut Bytes<'_>) -> Option<Record> {
    let (kind, currency) = (kind_of(kind)?, currency(rest)?);
    let secret = match rest.u8()? {
        0 => None,
        1 => Some(secret(rest)?),
        _ => return None,
    };
    let id = AccountId::from_recorded(std::str::from_utf8(std::mem::take(&mut rest.0)).ok()?)?;
    Some(Record::Opened { id, kind, currency, secret })
}

/// A currency, if it has the same decimals as when it was written.
pub(crate) fn currency(rest: &mut Bytes<'_>) -> Option<Currency> {
    let code: [u8; 3] = rest.array()?;
    let currency: Currency = std::str::from_utf8(&code).ok()?.parse().ok()?;
    (currency.exponent() == rest.u8()?).then_some(currency)
}

fn secret(rest: &mut Bytes<'_>) -> Option<SecretHash> {
    SecretHash::from_bytes(&rest.array::<HASH_BYTES>()?)
}

/// The kind that [`account_kind`] gave a number.
pub(crate) fn kind_of(number: u8) -> Option<Kind> {
    [Kind::Customer, Kind::Cash, Kind::Capital].into_iter().find(|kind| account_kind(*kind) == Some(number))
}

pub(crate) fn account_kind(kind: Kind) -> Option<u8> {
    match kind {
        Kind::Customer => Some(1),
        Kind::Cash => Some(2),
        Kind::Capital => Some(3),
        _ => None,
    }
}

/// The kind that [`transaction_kind`] gave a number.
fn transaction_kind_of(number: u8) -> Option<TransactionKind> {
    use TransactionKind::{Deposit, Load, Opening, Transfer, Withdrawal};
    let mut kinds = [Opening, Load, Deposit, Withdrawal, Transfer].into_iter();
    kinds.find(|kind| transaction_kind(*kind) == Some(number))
}

fn transaction_kind(kind: TransactionKind) -> Option<u8> {
    match kind {
        TransactionKind::Opening => Some(1),
        TransactionKind::Load => Some(2),
        TransactionKind::Deposit => Some(3),
        TransactionKind::Withdrawal => Some(4),
        TransactionKind::Transfer => Some(5),
        _ => None,
    }
}

impl Posted {
    /// Appends the record.
    pub(crate) fn record(&self, out: &mut Vec<u8>) -> Result<(), Unrecordable> {
        let start = out.len();
        out.extend_from_slice(&[0; PREFIX_BYTES]);
        let (kind, detail) = self.encode(out)?;
        seal(out, start, kind, detail).ok_or(Unrecordable)
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(u8, u8), Unrecordable> {
        out.extend_from_slice(self.body().as_flattened());
        if let Some(memo) = &self.memo {
            out.extend_from_slice(memo.as_str().as_bytes());
        }
        Ok((POSTED, transaction_kind(self.kind).ok_or(Unrecordable)?))
    }

    fn body(&self) -> [[u8; 8]; BODY_WORDS] {
        let (id_high, id_low) = self.id.as_uuid().as_u64_pair();
        let [a, b, c, d] = self.from.account.to_le_bytes();
        let [e, f, g, h] = self.to.account.to_le_bytes();
        let [from, to] = [&self.from, &self.to].map(|side| {
            let Side { balance, entry, previous, skip, .. } = side;
            [balance.0.to_le_bytes(), entry.to_le_bytes(), previous.to_le_bytes(), skip.to_le_bytes()]
        });
        let [from_balance, from_entry, from_previous, from_skip] = from;
        let [to_balance, to_entry, to_previous, to_skip] = to;
        [
            id_high.to_be_bytes(),
            id_low.to_be_bytes(),
            self.at.unix_ms().to_le_bytes(),
            self.amount.0.to_le_bytes(),
            [a, b, c, d, e, f, g, h],
            from_balance,
            from_entry,
            from_previous,
            from_skip,
            to_balance,
            to_entry,
            to_previous,
            to_skip,
        ]
    }

    fn decode(kind: u8, rest: &mut Bytes<'_>) -> Option<Posted> {
        let kind = transaction_kind_of(kind)?;
        let id = TransactionId::from_bytes(rest.array()?)?;
        let at = Timestamp::from_unix_ms(rest.i64()?);
        let amount = Minor(rest.i64()?);
        let (from, to) = (rest.u32()?, rest.u32()?);
        let mut side = |account| {
            let balance = Minor(rest.i64()?);
            Some(Side { account, balance, entry: rest.u64()?, previous: rest.u64()?, skip: rest.u64()? })
        };
        let (from, to) = (side(from)?, side(to)?);
        let memo = match std::mem::take(&mut rest.0) {
            [] => None,
            memo => Some(std::str::from_utf8(memo).ok()?.parse().ok()?),
        };
        Some(Posted { id, kind, at, amount, from, to, memo })
    }
}
