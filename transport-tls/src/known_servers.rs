//! The servers that a client met before: a file with a line `HOST:PORT sha256:…` each.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::{Fingerprint, TlsError, files};

/// How long to wait for other processes that add to the list.
const LOCK_TIME_MAX: Duration = Duration::from_secs(2);
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// A list of known servers, in the order in which they were met. Blank lines and those that begin
/// with `#` are kept and mean nothing.
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
        self.find(&self.read()?, server, presented)
    }

    /// Adds a server, unless somebody else did in the meantime; `Ok(true)` where it was new.
    ///
    /// The list is replaced whole, so that neither a crash nor a reader sees half a line; a lock
    /// on a file beside it, since the list itself is replaced, keeps writers apart.
    pub(crate) fn add(&self, server: &str, presented: Fingerprint) -> Result<bool, TlsError> {
        let write = || TlsError::file("write", &self.path);
        files::make_directory(files::directory_of(&self.path)).map_err(write())?;
        // A list that is kept elsewhere by a link stays there.
        let target = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let lock = files::open_lock(&target.with_added_extension("lock")).map_err(write())?;
        wait_for(&lock).map_err(write())?;
        let mut list = self.read()?;
        if self.find(&list, server, presented)? {
            return Ok(false);
        }
        if !list.is_empty() && !list.ends_with('\n') {
            list.push('\n');
        }
        list.push_str(&format!("{server} {presented}\n"));
        if u64::try_from(list.len()).is_ok_and(|length| length > files::FILE_BYTES_MAX) {
            let reason = "is too long to add a server; remove lines of servers that you no longer use";
            return Err(TlsError::content(&self.path, reason));
        }
        files::replace(&target, &list).map_err(write())?;
        Ok(true)
    }

    fn read(&self) -> Result<String, TlsError> {
        match files::read(&self.path) {
            Ok(list) => String::from_utf8(list).map_err(|_| TlsError::content(&self.path, "is not text")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            Err(error) => Err(TlsError::file("read", &self.path)(error)),
        }
    }

    fn find(&self, list: &str, server: &str, presented: Fingerprint) -> Result<bool, TlsError> {
        for (line, content) in (1..).zip(list.lines()) {
            let content = content.trim();
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let damaged = || {
                let reason = format!("line {line} does not read HOST:PORT sha256:…; mend or remove it");
                TlsError::content(&self.path, reason)
            };
            let (name, known) = content.split_once(' ').ok_or_else(damaged)?;
            let known: Fingerprint = known.trim().parse().map_err(|_| damaged())?;
            if name == server {
                let (server, path) = (server.to_owned(), self.path.clone());
                let changed = TlsError::KeyChanged { server, known, presented, path, line };
                return if known == presented { Ok(true) } else { Err(changed) };
            }
        }
        Ok(false)
    }
}

fn wait_for(lock: &fs::File) -> io::Result<()> {
    let start = Instant::now();
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(()),
            Err(fs::TryLockError::Error(error)) => return Err(error),
            Err(fs::TryLockError::WouldBlock) if start.elapsed() > LOCK_TIME_MAX => {
                let reason = "another process holds the lock beside it";
                return Err(io::Error::new(io::ErrorKind::TimedOut, reason));
            }
            Err(fs::TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
        }
    }
}

#[cfg(test)]
mod tests {
    use bank_engine_core::error_chain::error_chain;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn fingerprint(digit: char) -> Fingerprint {
        format!("sha256:{}", digit.to_string().repeat(64)).parse().unwrap()
    }

    fn list() -> (tempfile::TempDir, KnownServers) {
        let directory = tempfile::tempdir().unwrap();
        let known = KnownServers::at(&directory.path().join("new/known_servers"));
        (directory, known)
    }

    #[test]
    fn servers_are_kept_in_the_order_met_for_their_owner_alone() {
        let (_directory, known) = list();
        assert!(!known.check("b:1", fingerprint('1')).unwrap());
        assert!(known.add("b:1", fingerprint('1')).unwrap());
        assert!(known.add("a:1", fingerprint('2')).unwrap());
        assert!(!known.add("b:1", fingerprint('1')).unwrap());
        assert!(known.check("b:1", fingerprint('1')).unwrap());
        let expected = format!("b:1 {}\na:1 {}\n", fingerprint('1'), fingerprint('2'));
        assert_eq!(fs::read_to_string(&known.path).unwrap(), expected);
        assert_eq!(fs::metadata(&known.path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_changed_key_is_refused_and_kept_as_it_was() {
        let (_directory, known) = list();
        known.add("other:1", fingerprint('0')).unwrap();
        known.add("bank:1", fingerprint('1')).unwrap();
        for changed in [
            known.check("bank:1", fingerprint('2')).unwrap_err(),
            known.add("bank:1", fingerprint('2')).unwrap_err(),
        ] {
            assert!(matches!(changed, TlsError::KeyChanged { line: 2, .. }), "{changed:?}");
        }
        assert!(known.check("bank:1", fingerprint('1')).unwrap());
    }

    #[test]
    fn what_people_wrote_by_hand_is_kept() {
        let (_directory, known) = list();
        known.add("a:1", fingerprint('1')).unwrap();
        let by_hand = format!("# the branch in town\n\n a:1  {} ", fingerprint('1'));
        fs::write(&known.path, &by_hand).unwrap();
        assert!(known.check("a:1", fingerprint('1')).unwrap());
        known.add("b:1", fingerprint('2')).unwrap();
        let expected = format!("{by_hand}\nb:1 {}\n", fingerprint('2'));
        assert_eq!(fs::read_to_string(&known.path).unwrap(), expected);
    }

    #[test]
    fn a_damaged_list_trusts_nobody_and_names_the_line() {
        let (_directory, known) = list();
        known.add("a:1", fingerprint('1')).unwrap();
        for damage in ["b:1", "b:1 sha256:12", "b:1 x"] {
            fs::write(&known.path, format!("a:1 {}\n{damage}\n", fingerprint('1'))).unwrap();
            let error = known.check("b:1", fingerprint('2')).unwrap_err().to_string();
            assert!(error.contains("line 2"), "{error}");
            known.add("b:1", fingerprint('2')).unwrap_err();
        }
        fs::write(&known.path, "#".repeat((1 << 20) + 1)).unwrap();
        known.check("a:1", fingerprint('1')).unwrap_err();
    }

    #[test]
    fn racing_writers_lose_nothing_and_one_is_the_first() {
        const WRITERS: usize = 16;
        let (_directory, known) = list();
        let news: usize = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|number| {
                    let known = &known;
                    scope.spawn(move || {
                        known.add(&format!("own-{number}:1"), fingerprint('1')).unwrap();
                        usize::from(known.add("shared:1", fingerprint('2')).unwrap())
                    })
                })
                .collect();
            writers.into_iter().map(|writer| writer.join().unwrap()).sum()
        });
        assert_eq!(news, 1);
        let list = fs::read_to_string(&known.path).unwrap();
        assert_eq!(list.lines().count(), WRITERS + 1, "{list}");
    }

    #[test]
    fn a_held_lock_is_not_waited_for_for_ever() {
        let (_directory, known) = list();
        known.add("a:1", fingerprint('1')).unwrap();
        let lock = files::open_lock(&known.path.with_added_extension("lock")).unwrap();
        lock.lock().unwrap();
        let error = known.add("b:1", fingerprint('2')).unwrap_err();
        assert!(error_chain(&error).contains("another process"), "{}", error_chain(&error));
        assert!(known.check("a:1", fingerprint('1')).unwrap(), "readers wait for nobody");
    }
}
