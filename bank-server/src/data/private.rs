//! Directories for their owner alone, where the system knows owners.

use std::fs::{DirBuilder, File};
use std::io;
use std::path::Path;

#[cfg(unix)]
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};

/// Creates a directory, and those above it, for its owner alone.
pub(super) fn create_dir(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    builder.mode(0o700);
    builder.create(path)
}

/// Makes what was created or renamed in a directory outlive a loss of power.
pub(super) fn sync_dir(path: &Path) -> io::Result<()> {
    // Elsewhere a directory can't be opened, and renaming is as durable as it gets.
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

/// Whether group or others may do anything with a directory.
pub(super) fn others_have_access(path: &Path) -> io::Result<bool> {
    Ok(mode(&std::fs::metadata(path)?) & 0o077 != 0)
}

/// Whether group or others may write.
pub(super) fn others_can_write(path: &Path) -> io::Result<bool> {
    Ok(mode(&std::fs::metadata(path)?) & 0o022 != 0)
}

/// Whether group or others may read or write.
pub(crate) fn others_can_read(file: &File) -> io::Result<bool> {
    Ok(mode(&file.metadata()?) & 0o066 != 0)
}

#[cfg(unix)]
fn mode(metadata: &std::fs::Metadata) -> u32 {
    metadata.permissions().mode()
}

#[cfg(not(unix))]
fn mode(_metadata: &std::fs::Metadata) -> u32 {
    0
}
