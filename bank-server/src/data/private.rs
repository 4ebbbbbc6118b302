//! Directories for their owner alone, where the system knows owners.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

#[cfg(unix)]
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};

use bank_engine::operator::Operator;

use crate::operator_connection::users;

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

/// At most so many bytes of a file.
pub(super) fn read(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(bytes_max).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Puts a file for the owner alone in another one's place, in one step.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    options.mode(0o600);
    let mut file = options.open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    path.parent().map_or(Ok(()), sync_dir)
}

/// Whose a file is, if not of the user who runs this program.
#[cfg(unix)]
pub(super) fn stranger(path: &Path) -> io::Result<Option<Operator>> {
    let owner = std::fs::metadata(path)?.uid();
    Ok((owner != users::own_uid()).then(|| users::operator(owner)))
}

#[cfg(not(unix))]
pub(super) fn stranger(_path: &Path) -> io::Result<Option<Operator>> {
    Ok(None)
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
