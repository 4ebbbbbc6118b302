//! The names in a journal's directory, and the file that says whose it is.
//!
//! ```text
//! journal               which format this is, and the journal's own id
//! segment-00000000      batches, the first ones; segment-00000001 those after them, and so on
//! ids-00000000-00000007 where each transaction id of these segments is, with a filter
//! checkpoint-00000008   the state before this segment
//! lock                  held by the one process that has the journal open; names it
//! *.new                 not in its place yet; removed at the next opening
//! ```

use crate::disk::{self, Disk};
use crate::error::{FROM_COPY, JournalError, failed};

/// The format that this program writes.
pub const VERSION: u32 = 1;

/// The file that marks a directory as a journal.
pub(crate) const MARK: &str = "journal";

pub(crate) const LOCK: &str = "lock";

const TITLE: &str = "bank-engine journal";

/// What distinguishes one journal from all others: 128 random bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JournalId(pub(crate) u128);

impl JournalId {
    /// The journal in a directory that must hold one.
    pub(crate) fn of(disk: &dyn Disk) -> Result<JournalId, JournalError> {
        match read_mark(disk) {
            Ok(Some(id)) => Ok(id),
            Ok(None) => Err(JournalError::Missing { path: disk.path("") }),
            Err(JournalError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                Err(JournalError::Missing { path: disk.path("") })
            }
            Err(error) => Err(error),
        }
    }

    pub(crate) fn random() -> std::io::Result<JournalId> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(JournalId(u128::from_le_bytes(bytes)))
    }

    /// What the first batch is chained to.
    pub(crate) fn genesis(self) -> [u8; 32] {
        blake3::derive_key("bank-engine journal, before the first batch", &self.0.to_le_bytes())
    }

    /// What ids are hashed with, so that nobody outside can make them fall together.
    pub(crate) fn filter_key(self) -> [u8; 32] {
        blake3::derive_key("bank-engine journal, filter of transaction ids", &self.0.to_le_bytes())
    }
}

/// The mark's text: the last line guards the others.
pub(crate) fn mark(id: JournalId) -> String {
    let text = format!("{TITLE}\nformat {VERSION}\nid {:032x}\n", id.0);
    let check = blake3::hash(text.as_bytes()).to_hex();
    format!("{text}check {check}\n")
}

/// Whose journal this is; `None` where the directory has no mark.
pub(crate) fn read_mark(disk: &dyn Disk) -> Result<Option<JournalId>, JournalError> {
    let names = disk.list().map_err(failed(disk, "list", ""))?;
    if !names.iter().any(|name| name == MARK) {
        return Ok(None);
    }
    let file = disk.open(MARK).map_err(failed(disk, "open", MARK))?;
    let mut bytes = vec![0; 1024];
    let length = file.read_at(&mut bytes, 0).map_err(failed(disk, "read", MARK))?;
    bytes.truncate(length);
    let text = String::from_utf8_lossy(&bytes);
    let damaged = || JournalError::Damaged {
        path: disk.path(MARK),
        offset: 0,
        what: "this is not the mark of a journal",
        remedy: FROM_COPY,
    };
    let mut lines = text.lines();
    if lines.next() != Some(TITLE) {
        return Err(damaged());
    }
    let field = |line: Option<&str>, name| line?.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned);
    let version: u32 =
        field(lines.next(), "format").and_then(|text| text.parse().ok()).ok_or_else(damaged)?;
    // What else a later format has in its mark is for its own program to read.
    if version > VERSION {
        return Err(JournalError::NewerFormat { path: disk.path(MARK), version, known: VERSION });
    }
    let id = field(lines.next(), "id").and_then(|text| u128::from_str_radix(&text, 16).ok());
    let id = JournalId(id.ok_or_else(damaged)?);
    if text == mark(id) { Ok(Some(id)) } else { Err(damaged()) }
}

/// Makes the directory a journal. The first segment must be there already.
pub(crate) fn put_mark(disk: &dyn Disk, id: JournalId) -> Result<(), JournalError> {
    disk::put(disk, MARK, &[mark(id).as_bytes()]).map_err(failed(disk, "write", MARK))
}

pub(crate) fn segment_name(number: u32) -> String {
    format!("segment-{number:08}")
}

pub(crate) fn checkpoint_name(segment: u32) -> String {
    format!("checkpoint-{segment:08}")
}

pub(crate) fn ids_name(first: u32, last: u32) -> String {
    format!("ids-{first:08}-{last:08}")
}

/// The numbers of a name such as these, in the order of the files.
pub(crate) fn numbers<const N: usize>(names: &[String], prefix: &str) -> Vec<[u32; N]> {
    let mut found: Vec<[u32; N]> = names.iter().filter_map(|name| number(name, prefix)).collect();
    found.sort_unstable();
    found
}

fn number<const N: usize>(name: &str, prefix: &str) -> Option<[u32; N]> {
    let parts = name.strip_prefix(prefix)?.strip_prefix('-')?.split('-');
    let eight = |part: &str| part.len() == 8 && part.bytes().all(|b| b.is_ascii_digit());
    let numbers: Option<Vec<u32>> = parts.map(|part| part.parse().ok().filter(|_| eight(part))).collect();
    numbers?.try_into().ok()
}
