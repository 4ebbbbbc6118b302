//! The machine's errors about files: what was tried, on which one.

use std::io;
use std::path::{Path, PathBuf};

/// The machine refused an operation on a file, a directory or a socket.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}", path.display())]
pub struct FileError {
    /// What was tried.
    pub action: &'static str,
    /// On what.
    pub path: PathBuf,
    /// What the machine said.
    pub source: io::Error,
}

impl FileError {
    /// Makes an error of the machine's one, for `map_err`.
    pub(crate) fn on(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FileError {
        let path = path.to_owned();
        move |source| FileError { action, path, source }
    }
}
