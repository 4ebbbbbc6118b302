//! A segment: a file of batches, and how it is read from its start.
//!
//! ```text
//! title 8 | format u32 | number u32 | journal 16 | base u64 | sequence u64 | previous 32 | crc u32 | batches
//! ```
//!
//! A position counts the bytes of all batches before it, over all segments. Base is the position
//! of the segment's first batch, sequence the number of the batch before that, previous its hash.
//! The newest segment is longer than its batches: the rest is reserved space, all zeros.

use std::io;

use bank_engine_core::time::Timestamp;

use crate::disk::{self, Disk, DiskFile};
use crate::error::{FROM_COPY, JournalError, failed};
use crate::format::batch::{self, Hash, Header};
use crate::format::bytes::{Bytes, offset, place};
use crate::format::layout::{JournalId, VERSION, segment_name};

const TITLE: [u8; 8] = *b"segment\n";

pub(crate) const SEGMENT_HEADER_BYTES: usize = 84;

/// What a disk writes whole or not at all.
const SECTOR_BYTES: usize = 512;

/// The end of a run of batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chain {
    /// Where the next batch begins.
    pub(crate) position: u64,
    /// The number of the last batch; 0 before the first.
    pub(crate) sequence: u64,
    /// The last batch's hash.
    pub(crate) hash: Hash,
    /// The last batch's time.
    pub(crate) time: Timestamp,
}

impl Chain {
    /// Before the first batch.
    pub(crate) fn start(id: JournalId) -> Chain {
        Chain { position: 0, sequence: 0, hash: id.genesis(), time: Timestamp::from_unix_ms(i64::MIN) }
    }

    /// After a batch.
    pub(crate) fn then(&self, header: &Header) -> Chain {
        Chain {
            position: self.position + offset(header.batch_bytes()),
            sequence: header.sequence,
            hash: header.hash,
            time: header.time,
        }
    }
}

/// The first bytes of the segment that goes on after `chain`.
pub(crate) fn header(id: JournalId, number: u32, chain: &Chain) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(SEGMENT_HEADER_BYTES);
    bytes.extend_from_slice(&TITLE);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&number.to_le_bytes());
    bytes.extend_from_slice(&id.0.to_le_bytes());
    bytes.extend_from_slice(&chain.position.to_le_bytes());
    bytes.extend_from_slice(&chain.sequence.to_le_bytes());
    bytes.extend_from_slice(&chain.hash);
    let crc = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&crc.to_le_bytes());
    bytes
}

/// Why there is no space for more batches.
#[derive(Debug)]
pub(crate) enum NoSpace {
    /// The disk is full; nothing has changed.
    Full(io::Error),
    /// Writing failed.
    Failed(io::Error),
}

impl NoSpace {
    /// Why bytes that nothing depends on yet could not be written.
    pub(crate) fn of(error: io::Error) -> NoSpace {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => NoSpace::Full(error),
            _ => NoSpace::Failed(error),
        }
    }

    pub(crate) fn into_inner(self) -> io::Error {
        match self {
            NoSpace::Full(error) | NoSpace::Failed(error) => error,
        }
    }
}

/// An open segment.
pub(crate) struct Segment {
    pub(crate) number: u32,
    /// The position of its first batch.
    pub(crate) base: u64,
    /// The number of the batch before it.
    pub(crate) sequence: u64,
    /// That batch's hash.
    pub(crate) previous: Hash,
    pub(crate) file: Box<dyn DiskFile>,
}

impl Segment {
    /// The segment of this number.
    pub(crate) fn open(disk: &dyn Disk, id: JournalId, number: u32) -> Result<Segment, JournalError> {
        let name = segment_name(number);
        let file = disk.open(&name).map_err(failed(disk, "open", &name))?;
        let mut bytes = [0; SEGMENT_HEADER_BYTES];
        let read = file.read_at(&mut bytes, 0).map_err(failed(disk, "read", &name))?;
        let damaged =
            |what| JournalError::Damaged { path: disk.path(&name), offset: 0, what, remedy: FROM_COPY };
        let (fields, crc) = bytes.split_last_chunk().ok_or(damaged("the segment is too short"))?;
        let mut rest = Bytes(fields);
        let mut parse = || {
            let (title, version, stated) = (rest.array::<8>()?, rest.u32()?, rest.u32()?);
            let owner = JournalId(u128::from_le_bytes(rest.array()?));
            Some((title, version, stated, owner, rest.u64()?, rest.u64()?, rest.array()?))
        };
        let parsed = parse().filter(|_| read == SEGMENT_HEADER_BYTES);
        let (title, version, stated, owner, base, sequence, previous) =
            parsed.ok_or(damaged("the segment is too short"))?;
        if title != TITLE || crc32fast::hash(fields) != u32::from_le_bytes(*crc) {
            return Err(damaged("the segment's header is not as it was written"));
        }
        if version > VERSION {
            return Err(JournalError::NewerFormat { path: disk.path(&name), version, known: VERSION });
        }
        if owner != id {
            return Err(damaged("the segment is another journal's"));
        }
        if stated != number {
            return Err(damaged("the segment has another one's name"));
        }
        Ok(Segment { number, base, sequence, previous, file })
    }

    /// Puts a new segment in its place, with room for `room` bytes of batches. A failure for want
    /// of room leaves everything as it was.
    pub(crate) fn create(
        disk: &dyn Disk,
        id: JournalId,
        number: u32,
        chain: &Chain,
        room: u64,
    ) -> Result<Segment, NoSpace> {
        let name = segment_name(number);
        let temporary = format!("{name}{}", disk::TEMPORARY);
        let prepare = || {
            let file = disk.create(&temporary)?;
            file.reserve(offset(SEGMENT_HEADER_BYTES) + room)?;
            file.write_at(&header(id, number, chain), 0)?;
            file.sync()?;
            Ok(file)
        };
        let file = prepare().map_err(|error| {
            // What is left behind is removed at the next opening at the latest.
            let _ = disk.remove(&temporary);
            NoSpace::of(error)
        })?;
        disk.rename(&temporary, &name).and_then(|()| disk.sync_names()).map_err(NoSpace::Failed)?;
        let Chain { position: base, sequence, hash: previous, .. } = *chain;
        Ok(Segment { number, base, sequence, previous, file })
    }

    /// Where a position is in the file.
    pub(crate) fn offset(&self, position: u64) -> u64 {
        offset(SEGMENT_HEADER_BYTES) + position.saturating_sub(self.base)
    }

    /// The file's length.
    pub(crate) fn length(&self, disk: &dyn Disk) -> Result<u64, JournalError> {
        self.file.length().map_err(failed(disk, "read", &segment_name(self.number)))
    }

    /// All its bytes.
    pub(crate) fn load(&self, disk: &dyn Disk) -> Result<Vec<u8>, JournalError> {
        disk::read_from(&*self.file, 0).map_err(failed(disk, "read", &segment_name(self.number)))
    }

    /// The journal before it; of the time nothing is known.
    pub(crate) fn chain_before(&self) -> Chain {
        let Segment { base: position, sequence, previous: hash, .. } = *self;
        Chain { position, sequence, hash, time: Timestamp::from_unix_ms(i64::MIN) }
    }
}

/// Reads a segment's batches one after another, none before the chain up to it is checked.
pub(crate) struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    /// What was read so far.
    pub(crate) chain: Chain,
}

/// A whole batch.
pub(crate) struct Batch<'a> {
    pub(crate) header: Header,
    pub(crate) records: &'a [u8],
    /// Where the first record is.
    pub(crate) position: u64,
}

/// Why a scan ended before the end.
#[derive(Debug)]
pub(crate) struct Broken {
    /// Where in the file.
    pub(crate) offset: u64,
    pub(crate) what: &'static str,
    /// Whether this is how a batch looks whose writing was cut short by a crash.
    pub(crate) torn: bool,
}

impl<'a> Scan<'a> {
    /// Reads the segment in `bytes`, which goes on after `chain`.
    pub(crate) fn new(bytes: &'a [u8], chain: Chain) -> Scan<'a> {
        Scan { bytes, at: SEGMENT_HEADER_BYTES, chain }
    }

    /// Goes on after `chain`, which ends within the segment that begins at `base`.
    pub(crate) fn resume(bytes: &'a [u8], base: u64, chain: Chain) -> Scan<'a> {
        let at = SEGMENT_HEADER_BYTES.saturating_add(place(chain.position.saturating_sub(base)));
        Scan { bytes, at, chain }
    }

    /// Where in the file the next batch begins.
    pub(crate) fn offset(&self) -> u64 {
        offset(self.at)
    }

    /// Whether the file ends here, with no reserved room behind.
    pub(crate) fn at_end_of_file(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// The next batch; `None` where there are only zeros, or nothing.
    pub(crate) fn next(&mut self) -> Result<Option<Batch<'a>>, Broken> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if self.at > self.bytes.len() {
            return Err(Broken {
                offset: offset(self.bytes.len()),
                what: "the file is cut off",
                torn: false,
            });
        }
        if rest.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let broken = |what, torn| Broken { offset: offset(self.at), what, torn };
        let Some(header) = Header::decode(rest) else {
            let torn = self.is_unwritten(batch::HEADER_BYTES) && !self.is_followed(rest);
            return Err(broken("a batch's header is not as it was written", torn));
        };
        if header.sequence != self.chain.sequence + 1 {
            return Err(broken("a batch is missing here", false));
        }
        let whole = rest.get(batch::HEADER_BYTES..header.batch_bytes());
        let records = whole.and_then(batch::records);
        let records = records.filter(|records| header.chained(&self.chain.hash, records) == header.hash);
        let Some(records) = records else {
            let later = rest.get(header.batch_bytes()..).unwrap_or_default();
            let torn = self.is_unwritten(header.batch_bytes()) && !self.is_followed(later);
            return Err(broken("a batch is not as it was written", torn));
        };
        if header.time < self.chain.time {
            return Err(broken("time runs backwards", false));
        }
        let position = self.chain.position + offset(batch::HEADER_BYTES);
        self.at += header.batch_bytes();
        self.chain = self.chain.then(&header);
        Ok(Some(Batch { header, records, position }))
    }

    /// Whether a sector that the next `length` bytes reach into was never written, or the file ends
    /// in them.
    fn is_unwritten(&self, length: usize) -> bool {
        let end = self.at.saturating_add(length);
        if end > self.bytes.len() {
            return true;
        }
        let mut from = self.at;
        while from < end {
            // To the sector's end, as nothing comes after a batch that was not written whole: of
            // the part before it a byte may be zero by chance.
            let to = (from / SECTOR_BYTES * SECTOR_BYTES + SECTOR_BYTES).min(self.bytes.len());
            if self.bytes.get(from..to).is_some_and(|part| part.iter().all(|byte| *byte == 0)) {
                return true;
            }
            from = to;
        }
        false
    }

    /// Whether a later batch is anywhere in `bytes`: batches are written one after another, so
    /// what is before it was written whole once. Only one whose number may be there counts, for
    /// what callers have recorded may be made to look like a batch.
    fn is_followed(&self, bytes: &[u8]) -> bool {
        let most = offset(bytes.len() / batch::FRAME_BYTES + 1);
        (0..bytes.len()).any(|start| {
            let later = bytes.get(start..).and_then(Header::decode);
            later
                .and_then(|header| header.sequence.checked_sub(self.chain.sequence))
                .is_some_and(|ahead| (1..=most).contains(&ahead))
        })
    }
}
