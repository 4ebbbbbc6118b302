//! The servers that a client met before: a file with a line `HOST:PORT sha256:…` each.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::{Fingerprint, TlsError, files};

/// The longest list read, in bytes: some ten thousand servers.
const LIST_BYTES_MAX: u64 = 1 << 20;

/// A list of known servers.
#[derive(Debug, Clone)]
pub(crate) struct KnownServers {
    path: PathBuf,
}

impl KnownServers {
    pub(crate) fn at(path: &Path) -> KnownServers {
        KnownServers { path: path.to_owned() }
    }

    /// Checks the key that `server` came with against the list; `Ok(false)` where it is new.
    pub(crate) fn check(&self, server: &str, presented: Fingerprint) -> Result<bool, TlsError> {
        match fs::File::open(&self.path) {
            Ok(file) => self.find(file, server, presented),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(TlsError::file("read", &self.path)(error)),
        }
    }

    /// Adds a server, unless somebody else did in the meantime; `Ok(true)` where it was new.
    pub(crate) fn add(&self, server: &str, presented: Fingerprint) -> Result<bool, TlsError> {
        let write = || TlsError::file("write", &self.path);
        if let Some(directory) = self.path.parent() {
            files::make_directory(directory).map_err(write())?;
        }
        let mut file = files::open_private(&self.path).map_err(write())?;
        file.lock().map_err(write())?;
        let reader = file.try_clone().map_err(write())?;
        if self.find(reader, server, presented)? {
            return Ok(false);
        }
        file.write_all(format!("{server} {presented}\n").as_bytes()).map_err(write())?;
        file.sync_all().map_err(write())?;
        Ok(true)
    }

    fn find(&self, file: fs::File, server: &str, presented: Fingerprint) -> Result<bool, TlsError> {
        let mut list = String::new();
        let read = file.take(LIST_BYTES_MAX + 1).read_to_string(&mut list);
        let length = read.map_err(TlsError::file("read", &self.path))?;
        if u64::try_from(length).is_ok_and(|length| length > LIST_BYTES_MAX) {
            return Err(TlsError::content(&self.path, "is too long for a list of known servers"));
        }
        for (index, line) in list.lines().enumerate() {
            let damaged = || {
                TlsError::content(&self.path, format!("line {} does not read HOST:PORT sha256:…", index + 1))
            };
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, known) = line.split_once(' ').ok_or_else(damaged)?;
            let known: Fingerprint = known.trim().parse().map_err(|_| damaged())?;
            if name == server {
                let (server, path) = (server.to_owned(), self.path.clone());
                let changed = TlsError::KeyChanged { server, known, presented, path };
                return if known == presented { Ok(true) } else { Err(changed) };
            }
        }
        Ok(false)
    }
}
