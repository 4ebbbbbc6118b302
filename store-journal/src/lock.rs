//! The lock that lets one process use a journal.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use crate::disk::{Disk, Files};
use crate::error::{JournalError, failed};
use crate::format::layout::LOCK;
use crate::recovery::check_ours;

/// The right to write to a journal, until dropped.
pub(crate) struct Lock(#[expect(dead_code, reason = "what is locked is the open file")] File);

impl Lock {
    /// Takes the directory at `path`, made where missing, if it is a journal or empty.
    pub(crate) fn directory(path: &Path) -> Result<(Files, Lock), JournalError> {
        let files = Files::create(path).map_err(|source| JournalError::Io {
            action: "create",
            path: path.to_owned(),
            source,
        })?;
        // Not even the lock's file goes into a directory that is not ours.
        check_ours(&files)?;
        let wrong = |action| failed(&files, action, LOCK);
        let mut options = files.options();
        let mut file = options.create(true).open(files.path(LOCK)).map_err(wrong("open"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(JournalError::InUse { path: path.to_owned(), holder: holder(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(wrong("lock")(source)),
        }
        let named = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
        // The name helps people; the lock holds without it, on a full disk too.
        if let Err(error) = named {
            tracing::debug!("the lock's file does not name this process: {error}");
        }
        Ok((files, Lock(file)))
    }
}

/// The process that a lock's file names.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read: io::Result<usize> = file.rewind().and_then(|()| file.take(32).read_to_string(&mut text));
    match read.ok().and_then(|_| text.trim().parse::<u32>().ok()) {
        Some(pid) => format!("process {pid}"),
        None => "another process".to_owned(),
    }
}
