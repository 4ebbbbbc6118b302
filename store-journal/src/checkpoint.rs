//! A checkpoint: the state before a segment, so that opening need not replay all before it.
//!
//! ```text
//! title 8 | format u32 | segment u32 | journal 16 | position u64 | sequence u64 | time i64 | hash 32
//! accounts u64 | account … | check 32
//!
//! account: kind u8 | flags u8 | tries u8 | name length u8 | currency 3 | decimals u8 | balance i64
//!          entries u64 | last u64 | marks 3 × u64 | secret 56, where flag 1 is set | name
//! ```
//!
//! Flag 2 is set on frozen accounts. The check is BLAKE3 of all before it. It is made from the
//! segments and can be made again.

use bank_core::account::{Account, AccountId};
use bank_core::auth::SecretHash;
use bank_core::books::Books;
use bank_core::money::Minor;
use bank_core::time::Timestamp;

use crate::bytes::{Bytes, offset};
use crate::disk::{self, Disk, TEMPORARY};
use crate::error::{DERIVED, JournalError, failed};
use crate::layout::{JournalId, VERSION, checkpoint_name};
use crate::record::{account_kind, currency, kind_of};
use crate::segment::Chain;
use crate::state::State;
use crate::trail::Trail;

const TITLE: [u8; 8] = *b"bankbook";
const HAS_SECRET: u8 = 1;
const FROZEN: u8 = 2;

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
            put(account, trail, &mut bytes);
            if bytes.len() >= CHUNK_BYTES {
                hasher.update(&bytes);
                file.write_at(&bytes, at)?;
                at += offset(bytes.len());
                bytes.clear();
            }
        }
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
/// nothing, and no file.
pub(crate) fn read(
    disk: &dyn Disk,
    id: JournalId,
    segment: u32,
) -> Result<(State, Chain, u64), JournalError> {
    if segment == 0 {
        return Ok((State::default(), Chain::start(id), 0));
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
    if content.starts_with(&TITLE) && version > VERSION {
        return Err(JournalError::NewerFormat { path: disk.path(&name), version });
    }
    if blake3::hash(content).as_bytes() != check {
        return Err(damaged());
    }
    let (state, chain) = parse(content, id, segment).ok_or_else(damaged)?;
    Ok((state, chain, offset(bytes.len())))
}

fn header(id: JournalId, segment: u32, chain: &Chain, accounts: usize) -> Vec<u8> {
    let mut bytes = TITLE.to_vec();
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&segment.to_le_bytes());
    bytes.extend_from_slice(&id.0.to_le_bytes());
    bytes.extend_from_slice(&chain.position.to_le_bytes());
    bytes.extend_from_slice(&chain.sequence.to_le_bytes());
    bytes.extend_from_slice(&chain.time.unix_ms().to_le_bytes());
    bytes.extend_from_slice(&chain.hash);
    bytes.extend_from_slice(&offset(accounts).to_le_bytes());
    bytes
}

fn put(account: &Account, trail: &Trail, out: &mut Vec<u8>) {
    let secret = if account.secret.is_some() { HAS_SECRET } else { 0 };
    let frozen = if account.frozen { FROZEN } else { 0 };
    let name = account.id.as_str();
    let length = u8::try_from(name.len()).unwrap_or_default();
    // A kind without a number is refused when its account is opened.
    let kind = account_kind(account.kind).unwrap_or_default();
    out.extend_from_slice(&[kind, secret | frozen, account.tries, length]);
    out.extend_from_slice(account.currency.code().as_bytes());
    out.push(account.currency.exponent());
    out.extend_from_slice(&account.balance.0.to_le_bytes());
    for number in [account.entries, trail.last].into_iter().chain(trail.marks) {
        out.extend_from_slice(&number.to_le_bytes());
    }
    if let Some(secret) = &account.secret {
        out.extend_from_slice(&secret.to_bytes());
    }
    out.extend_from_slice(name.as_bytes());
}

fn parse(content: &[u8], id: JournalId, segment: u32) -> Option<(State, Chain)> {
    let mut rest = Bytes(content);
    if (rest.array()?, rest.u32()?, rest.u32()?) != (TITLE, VERSION, segment) {
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
    let books = Books::restore(accounts).ok()?;
    rest.0.is_empty().then_some((State { books, trails, ..State::default() }, chain))
}

fn account(rest: &mut Bytes<'_>) -> Option<(Account, Trail)> {
    let [kind, flags, tries, length] = rest.array()?;
    let (kind, currency) = (kind_of(kind)?, currency(rest)?);
    let (balance, entries) = (Minor(rest.i64()?), rest.u64()?);
    let trail = Trail { last: rest.u64()?, marks: [rest.u64()?, rest.u64()?, rest.u64()?] };
    let secret = match flags & HAS_SECRET {
        0 => None,
        _ => Some(SecretHash::from_bytes(&rest.array()?)?),
    };
    let name = rest.slice(usize::from(length))?;
    let id = AccountId::from_recorded(std::str::from_utf8(name).ok()?)?;
    let new = Account::new(id, kind, currency, secret);
    Some((Account { tries, frozen: flags & FROZEN != 0, balance, entries, ..new }, trail))
}
