//! Files that their owner alone may read, written whole or not at all.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

const OWNER_ONLY: u32 = 0o600;

/// No file of this crate's is longer, in bytes: a list of some ten thousand servers, or a bundle
/// of a few hundred authorities.
pub(crate) const FILE_BYTES_MAX: u64 = 1 << 20;

/// Makes a directory, and those above it, for its owner alone where it is new.
pub(crate) fn make_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// The directory that a file is in.
pub(crate) fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Opens a file to lock, made for its owner alone where it is new.
pub(crate) fn open_lock(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).mode(OWNER_ONLY).open(path)
}

/// What is in a file of at most [`FILE_BYTES_MAX`].
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    read_open(File::open(path)?)
}

/// What is in a file, and whether anybody but its owner may read or write it.
pub(crate) fn read_secret(path: &Path) -> io::Result<(Vec<u8>, bool)> {
    let file = File::open(path)?;
    let is_exposed = file.metadata()?.permissions().mode() & 0o077 != 0;
    Ok((read_open(file)?, is_exposed))
}

fn read_open(file: File) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let length = file.take(FILE_BYTES_MAX + 1).read_to_end(&mut content)?;
    if u64::try_from(length).is_ok_and(|length| length > FILE_BYTES_MAX) {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("longer than {FILE_BYTES_MAX} bytes"),
        ));
    }
    Ok(content)
}

/// Puts `content` at `path`, replacing what is there.
pub(crate) fn replace(path: &Path, content: &str) -> io::Result<()> {
    let temporary = Temporary::write(path, content)?;
    fs::rename(&temporary.0, path)?;
    sync_directory(path)
}

/// Puts `content` at `path` unless something is there; answers whether it did.
pub(crate) fn place(path: &Path, content: &str) -> io::Result<bool> {
    let temporary = Temporary::write(path, content)?;
    match fs::hard_link(&temporary.0, path) {
        Ok(()) => sync_directory(path).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// A file beside another, gone when dropped unless renamed.
struct Temporary(PathBuf);

impl Temporary {
    fn write(path: &Path, content: &str) -> io::Result<Temporary> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = path.with_added_extension(format!("{}-{number}.tmp", std::process::id()));
        // Left by a process of the same number that was killed.
        let _ = fs::remove_file(&path);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(&path)?;
        let temporary = Temporary(path);
        file.write_all(content.as_bytes())?;
        file.sync_all()?;
        Ok(temporary)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(directory_of(path))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_to_place_a_file_wins_and_leaves_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key.pem");
        assert!(place(&path, "first").unwrap());
        assert!(!place(&path, "second").unwrap());
        assert_eq!(read_secret(&path).unwrap(), (b"first".to_vec(), false));
        replace(&path, "third").unwrap();
        assert_eq!(read_secret(&path).unwrap(), (b"third".to_vec(), false));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
