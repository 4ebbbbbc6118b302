//! A run: the transaction ids of some segments, sorted, in a file.
//!
//! ```text
//! title 8 | format u32 | 0 u32 | journal 16 | from u64 | to u64 | count u64
//! block 4096 …          170 times (id 16, position u64), crc u32 at the end, zeros between
//! fence 16 …            the first id of each block
//! filter                see the filter
//! check 32              BLAKE3 of all but the blocks
//! ```
//!
//! It is made from the segments and can be made again.

use std::sync::Arc;

use crate::disk::{Disk, DiskFile, TEMPORARY};
use crate::error::{DERIVED, JournalError, failed};
use crate::format::bytes::{Bytes, offset, place};
use crate::format::layout::{JournalId, VERSION, ids_name};
use crate::index::ids::filter::{Filter, Hashed, Hasher};

const TITLE: [u8; 8] = *b"bank-ids";
const HEADER_BYTES: usize = 56;
const BLOCK_BYTES: usize = 4096;
const ENTRY_BYTES: usize = 24;
const ENTRIES_A_BLOCK: usize = (BLOCK_BYTES - 4) / ENTRY_BYTES;
/// Blocks that are read or written at a time.
const BLOCKS_AT_ONCE: usize = 64;

/// An id, as a number so that it compares fast, and where its posting is.
pub(crate) type Entry = (u128, u64);

/// An open run.
pub(crate) struct Run {
    /// The first and the last segment.
    pub(crate) span: (u32, u32),
    /// Positions from here on, and up to there, are covered.
    pub(crate) range: (u64, u64),
    count: usize,
    bytes: u64,
    fences: Vec<u128>,
    filter: Filter,
    file: Box<dyn DiskFile>,
}

impl Run {
    pub(crate) fn open(disk: &dyn Disk, id: JournalId, span: (u32, u32)) -> Result<Run, JournalError> {
        let name = ids_name(span.0, span.1);
        let file = disk.open(&name).map_err(failed(disk, "open", &name))?;
        let damaged = || damaged(disk, &name, 0);
        let mut header = [0; HEADER_BYTES];
        file.read_at(&mut header, 0).map_err(failed(disk, "read", &name))?;
        let mut rest = Bytes(&header);
        let mut parse = || {
            let (title, version, _) = (rest.array()?, rest.u32()?, rest.u32()?);
            let owner = JournalId(u128::from_le_bytes(rest.array()?));
            Some((title, version, owner, (rest.u64()?, rest.u64()?), rest.u64()?))
        };
        let (title, version, owner, range, count) = parse().ok_or_else(damaged)?;
        if title == TITLE && version > VERSION {
            return Err(JournalError::NewerFormat { path: disk.path(&name), version, known: VERSION });
        }
        let count = place(count);
        let blocks = count.div_ceil(ENTRIES_A_BLOCK);
        let tail_at = blocks.checked_mul(BLOCK_BYTES).and_then(|bytes| bytes.checked_add(HEADER_BYTES));
        let length = place(file.length().map_err(failed(disk, "read", &name))?);
        let tail_at = tail_at.filter(|at| *at < length).ok_or_else(damaged)?;
        let tail = crate::disk::read_from(&*file, offset(tail_at)).map_err(failed(disk, "read", &name))?;
        let (content, check) = tail.split_last_chunk::<32>().ok_or_else(damaged)?;
        let sum = blake3::Hasher::new().update(&header).update(content).finalize();
        if (title, owner) != (TITLE, id) || sum.as_bytes() != check {
            return Err(damaged());
        }
        let (fences, filter) = content.split_at_checked(blocks * 16).ok_or_else(damaged)?;
        let filter = Filter::from_bytes(filter).ok_or_else(damaged)?;
        let fences = fences.as_chunks().0.iter().map(|fence| u128::from_be_bytes(*fence)).collect();
        Ok(Run { span, range, count, bytes: offset(length), fences, filter, file })
    }

    /// The file's length.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many ids it holds.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    pub(crate) fn may_hold(&self, id: Hashed) -> bool {
        self.filter.may_hold(id)
    }

    /// Where the record of an id is.
    pub(crate) fn find(&self, disk: &dyn Disk, id: u128) -> Result<Option<u64>, JournalError> {
        let Some(block) = self.fences.partition_point(|fence| *fence <= id).checked_sub(1) else {
            return Ok(None);
        };
        let entries = self.entries(disk, block, 1)?;
        Ok(entries
            .binary_search_by_key(&id, |entry| entry.0)
            .ok()
            .and_then(|at| entries.get(at))
            .map(|e| e.1))
    }

    /// The entries of `count` blocks from `first` on.
    fn entries(&self, disk: &dyn Disk, first: usize, count: usize) -> Result<Vec<Entry>, JournalError> {
        let count = count.min(self.fences.len().saturating_sub(first));
        let name = ids_name(self.span.0, self.span.1);
        let at = offset(HEADER_BYTES + first * BLOCK_BYTES);
        let mut bytes = vec![0; count * BLOCK_BYTES];
        let read = self.file.read_at(&mut bytes, at).map_err(failed(disk, "read", &name))?;
        if read != bytes.len() {
            return Err(damaged(disk, &name, at));
        }
        let mut entries = Vec::with_capacity(count * ENTRIES_A_BLOCK);
        for (number, block) in bytes.as_chunks::<BLOCK_BYTES>().0.iter().enumerate() {
            let here = || damaged(disk, &name, at + offset(number * BLOCK_BYTES));
            let (content, crc) = block.split_last_chunk().ok_or_else(here)?;
            if crc32fast::hash(content) != u32::from_le_bytes(*crc) {
                return Err(here());
            }
            let left = self.count - (first + number) * ENTRIES_A_BLOCK;
            for entry in content.as_chunks::<ENTRY_BYTES>().0.iter().take(left) {
                let mut rest = Bytes(entry);
                let entry = (|| Some((u128::from_be_bytes(rest.array()?), rest.u64()?)))();
                entries.push(entry.ok_or_else(here)?);
            }
        }
        Ok(entries)
    }

    /// All entries, in order.
    pub(crate) fn all(self: &Arc<Self>, disk: &Arc<dyn Disk>) -> Cursor {
        Cursor { run: Arc::clone(self), disk: Arc::clone(disk), block: 0, entries: Vec::new().into_iter() }
    }
}

fn damaged(disk: &dyn Disk, name: &str, offset: u64) -> JournalError {
    let what = "the index of transaction ids is not as it was written";
    JournalError::Damaged { path: disk.path(name), offset, what, remedy: DERIVED }
}

/// Reads a run from its start to its end.
pub(crate) struct Cursor {
    run: Arc<Run>,
    disk: Arc<dyn Disk>,
    block: usize,
    entries: std::vec::IntoIter<Entry>,
}

impl Cursor {
    pub(crate) fn next(&mut self) -> Result<Option<Entry>, JournalError> {
        if self.entries.len() == 0 {
            self.entries = self.run.entries(&*self.disk, self.block, BLOCKS_AT_ONCE)?.into_iter();
            self.block += BLOCKS_AT_ONCE;
        }
        Ok(self.entries.next())
    }
}

/// Writes a run.
pub(crate) struct Writer {
    disk: Arc<dyn Disk>,
    name: String,
    file: Box<dyn DiskFile>,
    hasher: Hasher,
    header: Vec<u8>,
    at: u64,
    blocks: Vec<u8>,
    in_block: usize,
    fences: Vec<u8>,
    filter: Filter,
}

impl Writer {
    /// Starts a run of `count` ids.
    pub(crate) fn new(
        disk: &Arc<dyn Disk>,
        id: JournalId,
        span: (u32, u32),
        range: (u64, u64),
        count: usize,
    ) -> Result<Writer, JournalError> {
        let disk = Arc::clone(disk);
        let name = ids_name(span.0, span.1);
        let temporary = format!("{name}{TEMPORARY}");
        let file = disk.create(&temporary).map_err(failed(&*disk, "create", &temporary))?;
        let mut header = TITLE.to_vec();
        header.extend_from_slice(&VERSION.to_le_bytes());
        header.extend_from_slice(&[0; 4]);
        header.extend_from_slice(&id.0.to_le_bytes());
        for number in [range.0, range.1, offset(count)] {
            header.extend_from_slice(&number.to_le_bytes());
        }
        let hasher = Hasher::new(id.filter_key());
        let (blocks, fences) = (Vec::with_capacity(BLOCKS_AT_ONCE * BLOCK_BYTES), Vec::new());
        let (filter, at) = (Filter::new(count), offset(HEADER_BYTES));
        Ok(Writer { disk, name, file, hasher, header, at, blocks, in_block: 0, fences, filter })
    }

    /// Adds the next id in order.
    pub(crate) fn push(&mut self, (id, position): Entry) -> Result<(), JournalError> {
        if self.in_block == 0 {
            self.fences.extend_from_slice(&id.to_be_bytes());
        }
        self.filter.insert(self.hasher.hash(id));
        self.blocks.extend_from_slice(&id.to_be_bytes());
        self.blocks.extend_from_slice(&position.to_le_bytes());
        self.in_block += 1;
        if self.in_block == ENTRIES_A_BLOCK {
            self.end_block();
            if self.blocks.len() >= BLOCKS_AT_ONCE * BLOCK_BYTES {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn end_block(&mut self) {
        let start = self.blocks.len() - self.in_block * ENTRY_BYTES;
        self.blocks.resize(start + BLOCK_BYTES - 4, 0);
        let crc = crc32fast::hash(self.blocks.get(start..).unwrap_or_default());
        self.blocks.extend_from_slice(&crc.to_le_bytes());
        self.in_block = 0;
    }

    fn flush(&mut self) -> Result<(), JournalError> {
        self.file.write_at(&self.blocks, self.at).map_err(failed(&*self.disk, "write", &self.name))?;
        self.at += offset(self.blocks.len());
        self.blocks.clear();
        Ok(())
    }

    /// Puts the run in its place.
    pub(crate) fn finish(mut self) -> Result<(), JournalError> {
        if self.in_block > 0 {
            self.end_block();
        }
        self.flush()?;
        let filter = self.filter.to_bytes();
        let check =
            blake3::Hasher::new().update(&self.header).update(&self.fences).update(&filter).finalize();
        let temporary = format!("{}{TEMPORARY}", self.name);
        let write = || {
            self.file.write_at(&self.header, 0)?;
            let mut at = self.at;
            for part in [&self.fences[..], &filter, check.as_bytes()] {
                self.file.write_at(part, at)?;
                at += offset(part.len());
            }
            self.file.sync()?;
            self.disk.rename(&temporary, &self.name)?;
            self.disk.sync_names()
        };
        write().map_err(failed(&*self.disk, "write", &self.name))
    }
}
