//! Writes a fact as a record, and reads it back.
//!
//! ```text
//! length u16 | kind u8 | detail u8 | body | crc u32
//! ```
//!
//! The length counts the whole record; the CRC-32 is over all before it. A record whose id is to be
//! found again, a posting or a hold's release, has it first in its body.

mod frame;
mod numbers;
mod parts;

use crate::format::record::frame::{PREFIX_BYTES, seal};

mod posted;
#[cfg(test)]
mod tests;

use bank_engine_core::account::{AccountChange, AccountId, TerminalId};
use bank_engine_core::books::Books;
use bank_engine_core::ledger::Fact;
use bank_engine_core::money::Minor;
use bank_engine_core::operator::OPERATOR_BYTES_MAX;

use crate::format::bytes::Bytes;
use crate::format::record::frame::POSTED;

pub(crate) use frame::{AROUND_BYTES, EncodeError, Nameless, Names};
pub(crate) use numbers::{
    account_change, account_change_of, account_kind, direction, direction_of, kind_of, status, status_of,
};
pub(crate) use parts::{
    CURRENCY_BYTES_MAX, HOLD_BYTES_MAX, MEMO_BYTES_MAX, NOTES_BYTES_MAX, TEXT_BYTES, currency, dispute,
    finding, hold, id, limits, note, notes, put_currency, put_dispute, put_finding, put_hold, put_limits,
    put_note, put_notes, put_text, secret, text, time,
};
pub(crate) use posted::{
    ORIGIN_BYTES_MAX, POSTED_BYTES, Posted, RESERVE_BYTES, StoredPosting, put as put_posted,
};

/// The content of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Record {
    /// Money moved: the one fact that leads back to others.
    Posted(Posted),
    /// Any other.
    Fact(Fact),
}

/// The longest record: a posting with all that one may have.
pub(crate) const RECORD_BYTES_MAX: usize = POSTED_BYTES
    + RESERVE_BYTES
    + ORIGIN_BYTES_MAX
    + 2 * NOTES_BYTES_MAX
    + TEXT_BYTES
    + OPERATOR_BYTES_MAX
    + MEMO_BYTES_MAX;

const OPENED: u8 = 1;

const TRY_CHARGED: u8 = 3;
const TRIES_CLEARED: u8 = 4;
const SECRET_CHANGED: u8 = 5;
const STATUS_CHANGED: u8 = 6;
const LIMITS_CHANGED: u8 = 7;
const HOLD_PLACED: u8 = 8;
const HOLD_ORDERED: u8 = 9;
const HOLD_RELEASED: u8 = 10;
const TERMINAL_KEYED: u8 = 11;
const NOTES_CHANGED: u8 = 12;
const TERMINAL_COUNTED: u8 = 13;
const TERMINAL_CHANGED: u8 = 14;
const ACCOUNT_CHANGED: u8 = 15;
const HOLD_RESOLVED: u8 = 16;
const DISPUTED: u8 = 17;
const DISPUTE_RESOLVED: u8 = 18;

/// The detail of a terminal that was added without a key.
const KEYLESS: u8 = 1;

/// Set in an opened account's flags where it has a secret.
const HAS_SECRET: u8 = 1;
/// Set there where the secret has to be changed.
const MUST_CHANGE: u8 = 2;
/// Set there where the minimum balance is not zero.
const HAS_MINIMUM: u8 = 4;

/// Appends the record of a fact that moves no money; the books know its accounts.
pub(crate) fn put(fact: &Fact, books: &Books, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let start = out.len();
    out.extend_from_slice(&[0; PREFIX_BYTES]);
    let (kind, detail) = put_body(fact, books, out).ok_or(EncodeError)?;
    seal(out, start, kind, detail).ok_or(EncodeError)
}

/// Appends the body and answers the kind and the detail.
fn put_body(fact: &Fact, books: &Books, out: &mut Vec<u8>) -> Option<(u8, u8)> {
    let put_account = |account: &AccountId, out: &mut Vec<u8>| {
        out.extend_from_slice(&books.number(account)?.to_le_bytes());
        Some(())
    };
    Some(match fact {
        Fact::Opened { account, kind, currency, secret, minimum_balance, must_change } => {
            put_currency(*currency, out)?;
            let has_minimum = *minimum_balance != Minor::ZERO;
            let flag = |flag, is_set| if is_set { flag } else { 0 };
            let secret_flags = flag(HAS_SECRET, secret.is_some()) | flag(MUST_CHANGE, *must_change);
            out.push(secret_flags | flag(HAS_MINIMUM, has_minimum));
            if let Some(secret) = secret {
                out.extend_from_slice(&secret.to_bytes());
            }
            if has_minimum {
                out.extend_from_slice(&minimum_balance.0.to_le_bytes());
            }
            out.extend_from_slice(account.as_str().as_bytes());
            (OPENED, account_kind(*kind)?)
        }
        Fact::TryCharged { account } => {
            put_account(account, out)?;
            (TRY_CHARGED, 0)
        }
        Fact::TriesCleared { account } => {
            put_account(account, out)?;
            (TRIES_CLEARED, 0)
        }
        Fact::SecretChanged { account, secret, must_change } => {
            put_account(account, out)?;
            out.extend_from_slice(&secret.to_bytes());
            (SECRET_CHANGED, u8::from(*must_change))
        }
        Fact::AccountChanged { account, change, note } => {
            put_account(account, out)?;
            let kind = match change {
                AccountChange::StatusReplaced { closed, frozen } => {
                    put_note(note, out)?;
                    return Some((STATUS_CHANGED, status(*closed, *frozen)?));
                }
                AccountChange::Limits(limits) => {
                    put_limits(limits, out);
                    (LIMITS_CHANGED, 0)
                }
                change => {
                    if let AccountChange::Frozen { freeze, .. }
                    | AccountChange::Thawed { freeze: Some(freeze) } = change
                    {
                        out.extend_from_slice(&freeze.to_le_bytes());
                    }
                    (ACCOUNT_CHANGED, account_change(*change)?)
                }
            };
            put_note(note, out)?;
            kind
        }
        Fact::HoldPlaced(hold) => {
            put_hold(hold, out)?;
            (HOLD_PLACED, 0)
        }
        Fact::HoldOrdered { hold, expires } => {
            out.extend_from_slice(&hold.to_bytes());
            out.extend_from_slice(&expires.unix_ms().to_le_bytes());
            (HOLD_ORDERED, 0)
        }
        Fact::HoldReleased { hold, how, at } => {
            put_hold(hold, out)?;
            out.extend_from_slice(&at.unix_ms().to_le_bytes());
            (HOLD_RELEASED, numbers::release(*how)?)
        }
        Fact::HoldResolved { hold, note } => {
            out.extend_from_slice(&hold.to_bytes());
            put_note(note, out)?;
            (HOLD_RESOLVED, 0)
        }
        Fact::Disputed(dispute) => {
            put_dispute(dispute, out)?;
            (DISPUTED, 0)
        }
        Fact::DisputeResolved { hold, currency, finding, note } => {
            out.extend_from_slice(&hold.to_bytes());
            put_currency(*currency, out)?;
            put_finding(*finding, out);
            put_note(note, out)?;
            (DISPUTE_RESOLVED, 0)
        }
        Fact::TerminalKeyed { terminal, currency, key } => {
            put_currency(*currency, out)?;
            out.extend(key.iter().flat_map(|key| key.to_bytes()));
            out.extend_from_slice(terminal.as_str().as_bytes());
            (TERMINAL_KEYED, if key.is_some() { 0 } else { KEYLESS })
        }
        Fact::TerminalChanged { terminal, change, note } => {
            put_note(note, out)?;
            out.extend_from_slice(terminal.as_str().as_bytes());
            (TERMINAL_CHANGED, numbers::terminal_change(*change)?)
        }
        Fact::NotesChanged { terminal, cassettes, reject_bin } => {
            put_notes(cassettes, out)?;
            put_notes(reject_bin, out)?;
            out.extend_from_slice(terminal.as_str().as_bytes());
            (NOTES_CHANGED, 0)
        }
        Fact::TerminalCounted { terminal, currency, at } => {
            put_currency(*currency, out)?;
            out.extend_from_slice(&at.unix_ms().to_le_bytes());
            out.extend_from_slice(terminal.as_str().as_bytes());
            (TERMINAL_COUNTED, 0)
        }
        _ => return None,
    })
}

impl Record {
    /// The record at the start of `bytes`, and its length; `None` where there is no whole one, its
    /// bytes are not as they were written, or it is about an account that has no name.
    pub(crate) fn decode(bytes: &[u8], names: &impl Names) -> Option<(Record, usize)> {
        let length = usize::from(Bytes(bytes).u16()?);
        let (content, crc) = bytes.get(..length)?.split_last_chunk()?;
        if crc32fast::hash(content) != u32::from_le_bytes(*crc) {
            return None;
        }
        let mut rest = Bytes(content);
        let [_, _, kind, detail] = rest.array()?;
        let record = match kind {
            POSTED => Record::Posted(Posted::decode(detail, &mut rest)?),
            kind => Record::Fact(fact(kind, detail, &mut rest, names)?),
        };
        rest.0.is_empty().then_some((record, length))
    }

    /// The id that it is found by.
    pub(crate) fn id(&self) -> Option<u128> {
        let id = match self {
            Record::Posted(posted) => posted.id,
            Record::Fact(fact) => released(fact)?,
        };
        Some(id.as_uuid().as_u128())
    }
}

/// The id of the hold that a fact frees: where the hold is found from then on.
pub(crate) fn released(fact: &Fact) -> Option<bank_engine_core::ledger::TransactionId> {
    match fact {
        Fact::HoldReleased { hold, .. } => Some(hold.id),
        _ => None,
    }
}

fn fact(kind: u8, detail: u8, rest: &mut Bytes<'_>, names: &impl Names) -> Option<Fact> {
    let account = |rest: &mut Bytes<'_>| names.name(rest.u32()?).map(|(name, _)| name);
    let plain = || (detail == 0).then_some(());
    Some(match kind {
        OPENED => {
            let (kind, currency, flags) = (kind_of(detail)?, currency(rest)?, rest.u8()?);
            let has = |flag| flags & flag != 0;
            let secret = if has(HAS_SECRET) { Some(secret(rest)?) } else { None };
            let minimum_balance = if has(HAS_MINIMUM) { Minor(rest.i64()?) } else { Minor::ZERO };
            if flags & !(HAS_SECRET | MUST_CHANGE | HAS_MINIMUM) != 0 {
                return None;
            }
            let account = AccountId::from_recorded(last_text(rest)?)?;
            Fact::Opened { account, kind, currency, secret, minimum_balance, must_change: has(MUST_CHANGE) }
        }
        TRY_CHARGED => {
            plain()?;
            Fact::TryCharged { account: account(rest)? }
        }
        TRIES_CLEARED => {
            plain()?;
            Fact::TriesCleared { account: account(rest)? }
        }
        SECRET_CHANGED => {
            let (account, secret) = (account(rest)?, secret(rest)?);
            let must_change = match detail {
                0 => false,
                1 => true,
                _ => return None,
            };
            Fact::SecretChanged { account, secret, must_change }
        }
        STATUS_CHANGED => {
            let (closed, frozen) = status_of(detail)?;
            let change = AccountChange::StatusReplaced { closed, frozen };
            Fact::AccountChanged { account: account(rest)?, change, note: note(rest)? }
        }
        LIMITS_CHANGED => {
            plain()?;
            let (account, limits) = (account(rest)?, limits(rest)?);
            Fact::AccountChanged { account, change: AccountChange::Limits(limits), note: note(rest)? }
        }
        ACCOUNT_CHANGED => {
            let account = account(rest)?;
            let change = account_change_of(detail, || rest.u32())?;
            Fact::AccountChanged { account, change, note: note(rest)? }
        }
        HOLD_PLACED => {
            plain()?;
            Fact::HoldPlaced(hold(rest)?)
        }
        HOLD_ORDERED => {
            plain()?;
            Fact::HoldOrdered { hold: id(rest)?, expires: time(rest)? }
        }
        HOLD_RELEASED => {
            Fact::HoldReleased { hold: hold(rest)?, how: numbers::release_of(detail)?, at: time(rest)? }
        }
        HOLD_RESOLVED => {
            plain()?;
            Fact::HoldResolved { hold: id(rest)?, note: note(rest)? }
        }
        DISPUTED => {
            plain()?;
            Fact::Disputed(dispute(rest)?)
        }
        DISPUTE_RESOLVED => {
            plain()?;
            let (hold, currency) = (id(rest)?, currency(rest)?);
            Fact::DisputeResolved { hold, currency, finding: finding(rest)?, note: note(rest)? }
        }
        TERMINAL_KEYED => {
            let currency = currency(rest)?;
            let key = match detail {
                0 => Some(secret(rest)?),
                KEYLESS => None,
                _ => return None,
            };
            Fact::TerminalKeyed { terminal: last_terminal(rest)?, currency, key }
        }
        TERMINAL_CHANGED => {
            let (change, note) = (numbers::terminal_change_of(detail)?, note(rest)?);
            Fact::TerminalChanged { terminal: last_terminal(rest)?, change, note }
        }
        NOTES_CHANGED => {
            plain()?;
            let (cassettes, reject_bin) = (notes(rest)?, notes(rest)?);
            Fact::NotesChanged { terminal: last_terminal(rest)?, cassettes, reject_bin }
        }
        TERMINAL_COUNTED => {
            plain()?;
            let (currency, at) = (currency(rest)?, time(rest)?);
            Fact::TerminalCounted { terminal: last_terminal(rest)?, currency, at }
        }
        _ => return None,
    })
}

/// All that is left, as text.
fn last_text<'a>(rest: &mut Bytes<'a>) -> Option<&'a str> {
    std::str::from_utf8(std::mem::take(&mut rest.0)).ok()
}

fn last_terminal(rest: &mut Bytes<'_>) -> Option<TerminalId> {
    last_text(rest)?.parse().ok()
}

/// Which id the record at the start of `bytes` is found by, if by one, and the record's length. The
/// batch must have been checked.
pub(crate) fn indexed_id(bytes: &[u8]) -> Option<(Option<u128>, usize)> {
    let length = usize::from(Bytes(bytes).u16()?);
    let mut rest = Bytes(bytes.get(..length)?);
    let [_, _, kind, _] = rest.array::<PREFIX_BYTES>()?;
    let is_found = matches!(kind, POSTED | HOLD_RELEASED);
    let id = if is_found { Some(u128::from_be_bytes(rest.array()?)) } else { None };
    Some((id, length))
}
