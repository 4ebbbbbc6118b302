//! A checkpoint: the state before a segment, so that opening need not replay all before it.
//!
//! ```text
//! title 8 | format u32 | segment u32 | journal 16 | position u64 | sequence u64 | time i64 | hash 32
//! accounts u64 | account … | holds u64 | hold … | terminals u64 | terminal … | reversed u64 | id 16 …
//! disputes u64 | dispute …
//! check 32
//!
//! account:  kind u8 | flags u8 | tries u8 | status u8 | currency 3 | decimals u8 | balance i64
//!           entries u64 | last u64 | marks 3 × u64 | day i32 | taken out u32 | amount i64 | name
//!           secret 56, where flag 1 is set | opening minimum i64, where flag 32 is
//!           limits, where flag 4 is
//!           latest freeze u32 | freezes u8 | freeze … | changes u8 | change …, where flag 8 is
//! freeze:   number u32 | direction u8 | note
//! change:   number u8 | what goes with it | note
//! terminal: name | currency 3 | decimals u8 | key 56 | flags u8 | cassettes | reject bin
//!           counted i64, where flag 2 is set
//! dispute:  dispute | resolved u8 | what was found, where 1 is set
//! ```
//!
//! Flag 2 of an account says that its secret has to be changed, flag 16 that it was opened without one,
//! flag 1 of a terminal that it counts
//! notes, flag 4 that it has no key (its bytes are zero), flag 8 that it is out of service. Names, holds, disputes, notes and limits are written as in records. Holds and ids are in the order of
//! the ids. The check is BLAKE3 of all before it. It is made from the segments and can be made again.

use std::io::ErrorKind;

use bank_engine_core::account::{
    Account, AccountChange, AccountId, Changed, Freeze, Limits, Status, TerminalId, Usage,
};
use bank_engine_core::auth::{HASH_BYTES, SecretHash};
use bank_engine_core::books::Books;
use bank_engine_core::day::Day;
use bank_engine_core::hold::Dispute;
use bank_engine_core::money::Minor;
use bank_engine_core::terminal::Terminal;
use bank_engine_core::time::Timestamp;

use crate::disk::{self, Disk, TEMPORARY};
use crate::error::{DERIVED, JournalError, failed};
use crate::format::bytes::{Bytes, offset};
use crate::format::layout::{JournalId, checkpoint_name};
use crate::format::record::{
    self, account_change, account_change_of, account_kind, currency, direction, direction_of, hold, kind_of,
    limits, note, notes, put_currency, put_dispute, put_finding, put_hold, put_limits, put_note, put_notes,
    put_text, secret, status, status_of, text, time,
};
use crate::format::segment::Chain;
use crate::index::entries::EntryIndex;
use crate::state::State;

const TITLE: [u8; 8] = *b"bankbook";

/// The format of checkpoints. One of an earlier format is passed over, and made anew from the segments.
const FORMAT: u32 = 4;

/// An account's flags.
const HAS_SECRET: u8 = 1;
const MUST_CHANGE: u8 = 2;
const HAS_LIMITS: u8 = 4;
const HAS_CHANGES: u8 = 8;
const OPENED_WITHOUT_SECRET: u8 = 16;
const HAS_OPENING_MINIMUM: u8 = 32;

/// An account's status.
const OPEN: u8 = 1;
const CLOSED: u8 = 2;

/// Changes of an account that have no number among the others.
const LIMITS: u8 = 128;
const STATUS: u8 = 129;

/// A terminal's flags.
const COUNTS_NOTES: u8 = 1;
const WAS_COUNTED: u8 = 2;
const KEYLESS: u8 = 4;
const DISABLED: u8 = 8;

/// Bytes that are written at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// Writes the state before segment `segment` and answers how many bytes that took.
pub(crate) fn write(
    disk: &dyn Disk,
    id: JournalId,
    segment: u32,
    state: &State,
    chain: &Chain,
) -> Result<u64, JournalError> {
    let name = checkpoint_name(segment);
    let temporary = format!("{name}{TEMPORARY}");
    let write = || {
        let file = disk.create(&temporary)?;
        let (mut at, mut hasher) = (0, blake3::Hasher::new());
        let mut bytes = header(id, segment, chain, state.books.accounts().len());
        for (account, trail) in state.books.accounts().iter().zip(&state.trails) {
            put(account, trail, &mut bytes).ok_or(ErrorKind::Unsupported)?;
            if bytes.len() >= CHUNK_BYTES {
                hasher.update(&bytes);
                file.write_at(&bytes, at)?;
                at += offset(bytes.len());
                bytes.clear();
            }
        }
        put_others(&state.books, &mut bytes).ok_or(ErrorKind::Unsupported)?;
        let check = hasher.update(&bytes).finalize();
        bytes.extend_from_slice(check.as_bytes());
        file.write_at(&bytes, at)?;
        file.sync()?;
        disk.rename(&temporary, &name)?;
        disk.sync_names()?;
        Ok(at + offset(bytes.len()))
    };
    write().map_err(failed(disk, "write", &name))
}

/// The state before segment `segment`, and the checkpoint's size. Before the first segment there is
/// nothing, and no file. `None` where the checkpoint has an earlier format, which lacks what is in
/// the segments.
pub(crate) fn read(
    disk: &dyn Disk,
    id: JournalId,
    segment: u32,
) -> Result<Option<(State, Chain, u64)>, JournalError> {
    if segment == 0 {
        return Ok(Some((State::default(), Chain::start(id), 0)));
    }
    let name = checkpoint_name(segment);
    let file = disk.open(&name).map_err(failed(disk, "open", &name))?;
    let bytes = disk::read_from(&*file, 0).map_err(failed(disk, "read", &name))?;
    let damaged = || JournalError::Damaged {
        path: disk.path(&name),
        offset: 0,
        what: "the checkpoint is not as it was written",
        remedy: DERIVED,
    };
    let (content, check) = bytes.split_last_chunk::<32>().ok_or_else(damaged)?;
    let version = Bytes(content.get(8..).unwrap_or_default()).u32().unwrap_or_default();
    if content.starts_with(&TITLE) && version > FORMAT {
        return Err(JournalError::NewerFormat { path: disk.path(&name), version, known: FORMAT });
    }
    if blake3::hash(content).as_bytes() != check {
        return Err(damaged());
    }
    if content.starts_with(&TITLE) && version < FORMAT {
        return Ok(None);
    }
    let (state, chain) = parse(content, id, segment).ok_or_else(damaged)?;
    Ok(Some((state, chain, offset(bytes.len()))))
}

fn header(id: JournalId, segment: u32, chain: &Chain, accounts: usize) -> Vec<u8> {
    let mut bytes = TITLE.to_vec();
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    bytes.extend_from_slice(&segment.to_le_bytes());
    bytes.extend_from_slice(&id.0.to_le_bytes());
    bytes.extend_from_slice(&chain.position.to_le_bytes());
    bytes.extend_from_slice(&chain.sequence.to_le_bytes());
    bytes.extend_from_slice(&chain.time.unix_ms().to_le_bytes());
    bytes.extend_from_slice(&chain.hash);
    bytes.extend_from_slice(&offset(accounts).to_le_bytes());
    bytes
}

/// Appends an account; `None` where a part of it has no bytes in this format, which would have been
/// refused when it was recorded.
fn put(account: &Account, trail: &EntryIndex, out: &mut Vec<u8>) -> Option<()> {
    let limits = account.limits();
    let has_limits = limits != Limits::default();
    let flags = flag(HAS_SECRET, account.secret.is_some())
        | flag(MUST_CHANGE, account.must_change)
        | flag(HAS_LIMITS, has_limits)
        | flag(HAS_CHANGES, account.latest_freeze() > 0 || !account.changes().is_empty())
        | flag(OPENED_WITHOUT_SECRET, account.opened_without_secret)
        | flag(HAS_OPENING_MINIMUM, account.opening_minimum() != Minor::ZERO);
    let (kind, status) =
        (account_kind(account.kind)?, if account.status == Status::Closed { CLOSED } else { OPEN });
    out.extend_from_slice(&[kind, flags, account.tries, status]);
    put_currency(account.currency, out)?;
    out.extend_from_slice(&account.balance.0.to_le_bytes());
    for number in [account.entries, trail.last].into_iter().chain(trail.marks) {
        out.extend_from_slice(&number.to_le_bytes());
    }
    let Usage { day, count, amount } = account.usage;
    out.extend_from_slice(&day.number().to_le_bytes());
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&amount.0.to_le_bytes());
    put_text(account.id.as_str(), out)?;
    if let Some(secret) = &account.secret {
        out.extend_from_slice(&secret.to_bytes());
    }
    if flags & HAS_OPENING_MINIMUM != 0 {
        out.extend_from_slice(&account.opening_minimum().0.to_le_bytes());
    }
    if has_limits {
        put_limits(&limits, out);
    }
    if flags & HAS_CHANGES == 0 {
        return Some(());
    }
    out.extend_from_slice(&account.latest_freeze().to_le_bytes());
    out.push(u8::try_from(account.freezes().len()).ok()?);
    for freeze in account.freezes() {
        out.extend_from_slice(&freeze.number.to_le_bytes());
        out.push(direction(freeze.direction)?);
        put_note(&freeze.note, out)?;
    }
    out.push(u8::try_from(account.changes().len()).ok()?);
    account.changes().iter().try_for_each(|changed| put_changed(changed, out))
}

/// In a checkpoint limits and what replaces the status are written with the other changes.
fn put_changed(changed: &Changed, out: &mut Vec<u8>) -> Option<()> {
    match changed.change {
        AccountChange::Limits(limits) => {
            out.push(LIMITS);
            put_limits(&limits, out);
        }
        AccountChange::StatusReplaced { closed, frozen } => {
            out.extend_from_slice(&[STATUS, status(closed, frozen)?]);
        }
        change => {
            out.push(account_change(change)?);
            if let AccountChange::Frozen { freeze, .. } | AccountChange::Thawed { freeze: Some(freeze) } =
                change
            {
                out.extend_from_slice(&freeze.to_le_bytes());
            }
        }
    }
    put_note(&changed.note, out)
}

fn changed(rest: &mut Bytes<'_>) -> Option<Changed> {
    let change = match rest.u8()? {
        LIMITS => AccountChange::Limits(limits(rest)?),
        STATUS => {
            let (closed, frozen) = status_of(rest.u8()?)?;
            AccountChange::StatusReplaced { closed, frozen }
        }
        number => account_change_of(number, || rest.u32())?,
    };
    Some(Changed { change, note: note(rest)? })
}

fn freeze(rest: &mut Bytes<'_>) -> Option<Freeze> {
    let (number, direction) = (rest.u32()?, direction_of(rest.u8()?)?);
    Some(Freeze { number, direction, note: note(rest)? })
}

fn flag(flag: u8, is_set: bool) -> u8 {
    if is_set { flag } else { 0 }
}

/// Appends the state beside the accounts.
fn put_others(books: &Books, out: &mut Vec<u8>) -> Option<()> {
    let mut holds: Vec<_> = books.holds().collect();
    holds.sort_unstable_by_key(|hold| hold.id);
    out.extend_from_slice(&offset(holds.len()).to_le_bytes());
    for hold in holds {
        put_hold(hold, out)?;
    }
    out.extend_from_slice(&offset(books.terminals().count()).to_le_bytes());
    for terminal in books.terminals() {
        put_terminal(terminal, out)?;
    }
    let mut reversed: Vec<_> = books.reversed().collect();
    reversed.sort_unstable();
    out.extend_from_slice(&offset(reversed.len()).to_le_bytes());
    out.extend(reversed.iter().flat_map(|id| id.to_bytes()));
    out.extend_from_slice(&offset(books.disputes().count()).to_le_bytes());
    for dispute in books.disputes() {
        put_dispute(dispute, out)?;
        out.push(u8::from(dispute.finding.is_some()));
        if let Some(finding) = dispute.finding {
            put_finding(finding, out);
        }
    }
    Some(())
}

fn put_terminal(terminal: &Terminal, out: &mut Vec<u8>) -> Option<()> {
    let Terminal { id, currency, key, is_enabled, cassettes, reject_bin, counts_notes, counted } = terminal;
    put_text(id.as_str(), out)?;
    put_currency(*currency, out)?;
    let (key, keyless) = (key.map(|key| key.to_bytes()), key.is_none());
    out.extend_from_slice(&key.unwrap_or([0; HASH_BYTES]));
    out.push(
        flag(COUNTS_NOTES, *counts_notes)
            | flag(WAS_COUNTED, counted.is_some())
            | flag(KEYLESS, keyless)
            | flag(DISABLED, !*is_enabled),
    );
    put_notes(cassettes, out)?;
    put_notes(reject_bin, out)?;
    out.extend(counted.iter().flat_map(|at| at.unix_ms().to_le_bytes()));
    Some(())
}

fn parse(content: &[u8], id: JournalId, segment: u32) -> Option<(State, Chain)> {
    let mut rest = Bytes(content);
    if (rest.array()?, rest.u32()?, rest.u32()?) != (TITLE, FORMAT, segment) {
        return None;
    }
    if JournalId(u128::from_le_bytes(rest.array()?)) != id {
        return None;
    }
    let (position, sequence) = (rest.u64()?, rest.u64()?);
    let time = Timestamp::from_unix_ms(rest.i64()?);
    let chain = Chain { position, sequence, hash: rest.array()?, time };
    let count = rest.u64()?;
    let (mut accounts, mut trails) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let (account, trail) = account(&mut rest)?;
        accounts.push(account);
        trails.push(trail);
    }
    let (holds, terminals) = (all(&mut rest, hold)?, all(&mut rest, terminal)?);
    let (reversed, disputes) = (all(&mut rest, record::id)?, all(&mut rest, dispute)?);
    let books =
        Books::restore(accounts).and_then(|books| books.with(holds, terminals, reversed, disputes)).ok()?;
    rest.0.is_empty().then_some((State { books, trails, ..State::default() }, chain))
}

/// As many as the number before them says.
fn all<T>(rest: &mut Bytes<'_>, one: impl Fn(&mut Bytes<'_>) -> Option<T>) -> Option<Vec<T>> {
    (0..rest.u64()?).map(|_| one(rest)).collect()
}

fn account(rest: &mut Bytes<'_>) -> Option<(Account, EntryIndex)> {
    let [kind, flags, tries, status] = rest.array()?;
    let (kind, currency) = (kind_of(kind)?, currency(rest)?);
    let status = match status {
        OPEN => Status::Open,
        CLOSED => Status::Closed,
        _ => return None,
    };
    let (balance, entries) = (Minor(rest.i64()?), rest.u64()?);
    let trail = EntryIndex { last: rest.u64()?, marks: [rest.u64()?, rest.u64()?, rest.u64()?] };
    let day = Day::from_number(i32::from_le_bytes(rest.array()?));
    let usage = Usage { day, count: rest.u32()?, amount: Minor(rest.i64()?) };
    let id = AccountId::from_recorded(text(rest)?)?;
    let has = |flag| flags & flag != 0;
    let secret = if has(HAS_SECRET) { Some(secret(rest)?) } else { None };
    let minimum = if has(HAS_OPENING_MINIMUM) { Minor(rest.i64()?) } else { Minor::ZERO };
    let limits = if has(HAS_LIMITS) { limits(rest)? } else { Limits::default() };
    let (mut latest, mut freezes, mut changes) = (0, Vec::new(), Vec::new());
    if has(HAS_CHANGES) {
        latest = rest.u32()?;
        freezes = (0..rest.u8()?).map(|_| freeze(rest)).collect::<Option<_>>()?;
        changes = (0..rest.u8()?).map(|_| changed(rest)).collect::<Option<_>>()?;
    }
    let account = Account::new(id, kind, currency, secret).opened_with_minimum(minimum);
    let mut account = account.with(limits, (freezes, latest), changes);
    (account.tries, account.status, account.must_change) = (tries, status, has(MUST_CHANGE));
    account.opened_without_secret = has(OPENED_WITHOUT_SECRET);
    (account.balance, account.entries, account.usage) = (balance, entries, usage);
    Some((account, trail))
}

fn dispute(rest: &mut Bytes<'_>) -> Option<Dispute> {
    let dispute = record::dispute(rest)?;
    let finding = match rest.u8()? {
        0 => None,
        1 => Some(record::finding(rest)?),
        _ => return None,
    };
    Some(Dispute { finding, ..dispute })
}

fn terminal(rest: &mut Bytes<'_>) -> Option<Terminal> {
    let id: TerminalId = text(rest)?.parse().ok()?;
    let (currency, key, flags) = (currency(rest)?, rest.array::<HASH_BYTES>()?, rest.u8()?);
    let has = |flag| flags & flag != 0;
    let key = if has(KEYLESS) { None } else { Some(SecretHash::from_bytes(&key)?) };
    let (cassettes, reject_bin) = (notes(rest)?, notes(rest)?);
    let counted = if has(WAS_COUNTED) { Some(time(rest)?) } else { None };
    let (counts_notes, is_enabled) = (has(COUNTS_NOTES), !has(DISABLED));
    Some(Terminal {
        is_enabled,
        cassettes,
        reject_bin,
        counts_notes,
        counted,
        ..Terminal::new(id, currency, key)
    })
}
