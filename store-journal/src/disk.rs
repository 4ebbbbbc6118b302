//! The trait through which the journal uses a disk, so that tests can use one that fails.

mod files;

use std::io;
use std::path::PathBuf;

pub use files::Files;

/// One directory of files.
///
/// What is written counts as kept only after [`DiskFile::sync`], a new or changed name only after
/// [`Disk::sync_names`]: until then a crash may keep any of it, in any order, or none.
pub trait Disk: Send + Sync + 'static {
    /// Where a file is, for messages.
    fn path(&self, name: &str) -> PathBuf;

    /// The names of all files, in no order.
    fn list(&self) -> io::Result<Vec<String>>;

    /// A file that is there.
    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;

    /// A new, empty file; one of this name that was there is replaced.
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;

    /// Gives a file another name; one of that name that was there is replaced, in one step.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Takes a file away.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Keeps the names.
    fn sync_names(&self) -> io::Result<()>;
}

/// One file.
pub trait DiskFile: Send + Sync {
    /// Its length in bytes, reserved space included.
    fn length(&self) -> io::Result<u64>;

    /// Reads from `offset` until `buffer` is full or the file ends, and answers how many bytes.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all of `bytes` at `offset`.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Makes the file at least `length` bytes long, the new ones zeros with room on the disk, as
    /// far as the disk can promise room. Fails with [`io::ErrorKind::StorageFull`] where there is
    /// none; the file may have grown by zeros then, and holds what it held.
    fn reserve(&self, length: u64) -> io::Result<()>;

    /// Cuts the file off after `length` bytes.
    fn truncate(&self, length: u64) -> io::Result<()>;

    /// Keeps what was written, reserved and cut off. After a failure nothing is known about any
    /// of it, and asking again would hide that.
    fn sync(&self) -> io::Result<()>;
}

/// All of a file from `offset` on.
pub(crate) fn read_from(file: &dyn DiskFile, offset: u64) -> io::Result<Vec<u8>> {
    let length = file.length()?.saturating_sub(offset);
    let mut bytes = vec![0; usize::try_from(length).map_err(|_| io::ErrorKind::OutOfMemory)?];
    let read = file.read_at(&mut bytes, offset)?;
    bytes.truncate(read);
    Ok(bytes)
}

/// Puts a file with this content in its place so that a crash leaves the whole of it, or what was
/// there before.
pub(crate) fn put(disk: &dyn Disk, name: &str, parts: &[&[u8]]) -> io::Result<()> {
    let temporary = format!("{name}{TEMPORARY}");
    let file = disk.create(&temporary)?;
    let mut offset = 0;
    for part in parts {
        file.write_at(part, offset)?;
        offset += crate::format::bytes::offset(part.len());
    }
    file.sync()?;
    disk.rename(&temporary, name)?;
    disk.sync_names()
}

/// What names of files end with that are not in their place yet.
pub(crate) const TEMPORARY: &str = ".new";
