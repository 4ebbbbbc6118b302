//! Files and directories for their owner alone, where the system knows owners.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

#[cfg(unix)]
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};

/// Creates a directory, and those above it, for its owner alone.
pub(super) fn create_dir(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    builder.mode(0o700);
    builder.create(path)
}

/// Creates a file anew for its owner alone; one that was left there goes.
pub(super) fn create_file(path: &Path) -> io::Result<File> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    options().write(true).create_new(true).open(path)
}

/// Opens the lock file, created where missing. It is not emptied: it names who holds it.
pub(super) fn open_lock(path: &Path) -> io::Result<File> {
    options().read(true).write(true).create(true).truncate(false).open(path)
}

/// Makes what was created or renamed in a directory outlive a loss of power.
pub(super) fn sync_dir(path: &Path) -> io::Result<()> {
    // Elsewhere a directory can't be opened, and renaming is as durable as it gets.
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

/// Whether group or others may write.
pub(super) fn others_can_write(path: &Path) -> io::Result<bool> {
    Ok(mode(&std::fs::metadata(path)?) & 0o022 != 0)
}

/// Whether group or others may read or write.
pub(crate) fn others_can_read(file: &File) -> io::Result<bool> {
    Ok(mode(&file.metadata()?) & 0o066 != 0)
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    options.mode(0o600);
    options
}

#[cfg(unix)]
fn mode(metadata: &std::fs::Metadata) -> u32 {
    metadata.permissions().mode()
}

#[cfg(not(unix))]
fn mode(_metadata: &std::fs::Metadata) -> u32 {
    0
}
