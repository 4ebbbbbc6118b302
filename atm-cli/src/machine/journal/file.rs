//! The file of a journal: appended to, replaced as a whole, and locked.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use bank_engine_cli_support::exit::BUSY;

use crate::failure::Failure;

/// The most that is read of a journal, in bytes; far above what one grows to.
const BYTES_MAX: u64 = 16 * 1024 * 1024;

/// A file that this process alone writes.
pub(super) struct JournalFile {
    path: PathBuf,
    file: File,
    len: u64,
    #[expect(dead_code, reason = "what is locked is the open file")]
    lock: File,
    #[cfg(test)]
    writes_left: Option<u32>,
}

impl JournalFile {
    /// Locks `path`, and reads what is there; nothing where there is no such file yet.
    pub(super) fn open(path: &Path) -> Result<(JournalFile, Vec<u8>), Failure> {
        let failed =
            |error: io::Error| Failure::local(format!("cannot open the journal {}: {error}", path.display()));
        fs::create_dir_all(folder(path)).map_err(failed)?;
        let lock = private().append(true).open(beside(path, ".lock")).map_err(failed)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => {
                let message = format!("another process is at the journal {}; end it first", path.display());
                Failure::new(BUSY, message)
            }
            TryLockError::Error(error) => failed(error),
        })?;
        let file = private().read(true).append(true).open(path).map_err(failed)?;
        // What a crash may have left of a file that was to replace this one.
        let _ = fs::remove_file(beside(path, ".new"));
        let mut bytes = Vec::new();
        (&file).take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
        let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if len > BYTES_MAX {
            return Err(failed(io::Error::new(
                io::ErrorKind::FileTooLarge,
                "it is no journal of a terminal",
            )));
        }
        let kept = JournalFile {
            path: path.to_owned(),
            file,
            len,
            lock,
            #[cfg(test)]
            writes_left: None,
        };
        Ok((kept, bytes))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Adds `text` at the end; it is on the disk when this returns.
    pub(super) fn append(&mut self, text: &str) -> io::Result<()> {
        #[cfg(test)]
        self.spend()?;
        self.file.write_all(text.as_bytes())?;
        self.file.sync_data()?;
        self.len += u64::try_from(text.len()).unwrap_or(u64::MAX);
        Ok(())
    }

    /// Puts `text` in place of all that is there: after a crash the one or the other is there.
    pub(super) fn replace(&mut self, text: &str) -> io::Result<()> {
        let new = beside(&self.path, ".new");
        let mut file = private().append(true).open(&new)?;
        file.set_len(0)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        File::open(folder(&self.path))?.sync_all()?;
        self.file = file;
        self.len = u64::try_from(text.len()).unwrap_or(u64::MAX);
        Ok(())
    }
}

#[cfg(test)]
impl JournalFile {
    /// After so many more writes every other fails.
    pub(super) fn fail_after(&mut self, writes: u32) {
        self.writes_left = Some(writes);
    }

    fn spend(&mut self) -> io::Result<()> {
        let full = || io::Error::new(io::ErrorKind::StorageFull, "no room is left");
        if let Some(left) = &mut self.writes_left {
            *left = left.checked_sub(1).ok_or_else(full)?;
        }
        Ok(())
    }
}

/// Files that are made for their owner's eyes alone.
fn private() -> OpenOptions {
    let mut options = File::options();
    options.create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
