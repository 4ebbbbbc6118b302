//! A batch: what is written and synced as one.
//!
//! ```text
//! magic u32 | length u32 | records u32 | crc u32 | sequence u64 | time i64 | hash 32 | records | end u8
//! ```
//!
//! The length counts the records and the end mark. The hash is BLAKE3 over the hash of the batch
//! before, this header without its CRC and hash, and what follows it, so each batch vouches for
//! all before it. The CRC-32 covers the header alone: a header can be known as one where the batch
//! is not whole. The first and the last byte are not zero, nor is any record all zeros, so a sector
//! of zeros in a batch is one that was never written. Those two bytes say nothing else, and are taken
//! as written where they are zero: of a sector that holds nothing but one of them nothing is missing.

use bank_engine_core::time::Timestamp;

use crate::format::bytes::Bytes;

const MAGIC: u32 = u32::from_le_bytes(*b"\xB5bat");
const END: u8 = 0xE5;

/// The magic's first byte.
const FIRST: u32 = 0xB5;

pub(crate) const HEADER_BYTES: usize = 64;

/// What a batch takes besides its records.
pub(crate) const FRAME_BYTES: usize = HEADER_BYTES + 1;

/// The hash of a batch and all batches before it.
pub(crate) type Hash = [u8; 32];

/// What a batch says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// Bytes after the header.
    pub(crate) length: u32,
    pub(crate) records: u32,
    /// The number of the batch, from 1.
    pub(crate) sequence: u64,
    /// When it was decided.
    pub(crate) time: Timestamp,
    pub(crate) hash: Hash,
}

impl Header {
    /// The header at the start of `bytes`; `None` where there is none that is as it was written.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Header> {
        let bytes: &[u8; HEADER_BYTES] = bytes.first_chunk()?;
        let mut rest = Bytes(bytes);
        if !matches!(rest.u32()? ^ MAGIC, 0 | FIRST) {
            return None;
        }
        let (length, records, crc) = (rest.u32()?, rest.u32()?, rest.u32()?);
        let (sequence, time, hash) = (rest.u64()?, rest.i64()?, rest.array()?);
        let header = Header { length, records, sequence, time: Timestamp::from_unix_ms(time), hash };
        (header.crc() == crc).then_some(header)
    }

    /// The whole batch's length.
    pub(crate) fn batch_bytes(&self) -> usize {
        HEADER_BYTES.saturating_add(usize::try_from(self.length).unwrap_or(usize::MAX))
    }

    fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        let [first, second] = self.fields();
        let crc = self.crc().to_le_bytes();
        let all = first.iter().chain(&crc).chain(&second).chain(&self.hash);
        for (place, byte) in bytes.iter_mut().zip(all) {
            *place = *byte;
        }
        bytes
    }

    fn fields(&self) -> [Vec<u8>; 2] {
        let first = [MAGIC, self.length, self.records].map(u32::to_le_bytes).concat();
        let second = [self.sequence.to_le_bytes(), self.time.unix_ms().to_le_bytes()].concat();
        [first, second]
    }

    fn crc(&self) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        for part in self.fields().iter().map(Vec::as_slice).chain([&self.hash[..]]) {
            hasher.update(part);
        }
        hasher.finalize()
    }

    /// The hash that belongs into this header, before which `previous` came and after which
    /// `records` come.
    pub(crate) fn chained(&self, previous: &Hash, records: &[u8]) -> Hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(previous);
        for part in self.fields() {
            hasher.update(&part);
        }
        *hasher.update(records).update(&[END]).finalize().as_bytes()
    }
}

/// Makes a whole batch of `bytes`, which has room for the header before its records.
pub(crate) fn seal(
    bytes: &mut Vec<u8>,
    records: u32,
    sequence: u64,
    time: Timestamp,
    previous: &Hash,
) -> Option<Hash> {
    let (head, body) = bytes.split_first_chunk_mut::<HEADER_BYTES>()?;
    let length = u32::try_from(body.len() + 1).ok()?;
    let mut header = Header { length, records, sequence, time, hash: [0; 32] };
    header.hash = header.chained(previous, body);
    *head = header.encode();
    bytes.push(END);
    Some(header.hash)
}

/// The records of a whole batch's body.
pub(crate) fn records(body: &[u8]) -> Option<&[u8]> {
    body.strip_suffix(&[END]).or_else(|| body.strip_suffix(&[0]))
}
