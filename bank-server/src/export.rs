//! `bankd export`: the whole ledger as a file that other programs read.
//!
//! Each format is a `Form` over transactions as they come, so memory holds the accounts and one
//! segment of the journal, however long the ledger is.

mod audit;
mod beancount;
mod csv;
mod form;
mod hledger;
mod jsonl;
mod names;
mod plain_text_accounting;

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use bank_engine::books::Books;
use bank_engine::journal::{self, JournalError, Progress};
use bank_engine::ledger::Fact;

pub(crate) use audit::terminal_change;

use crate::cli::{ExportArgs, ExportFormat};
use crate::data::{DataDir, DataError};
use crate::export::form::Form;
use crate::progress::Bar;

/// `bankd export`.
pub fn export(args: &ExportArgs) -> Result<(), ExportError> {
    let journal = DataDir::open(&args.data.data)?.journal()?;
    let Some(to) = &args.to else {
        let mut out = BufWriter::with_capacity(BUFFER_BYTES, io::stdout().lock());
        return match write(&journal, args.format, &mut out, &mut |_, _| {}) {
            // A reader that left early, as `head` does, is no error.
            Err(ExportError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
                let _ = out.into_parts();
                Ok(())
            }
            done => done,
        };
    };
    to_file(to, |out| {
        let mut bar = Bar::new("exporting");
        write(&journal, args.format, out, &mut |done, all| bar.show(done, all))
    })
}

const BUFFER_BYTES: usize = 256 << 10;

fn write(
    journal: &Path,
    format: ExportFormat,
    out: &mut dyn Write,
    progress: Progress<'_>,
) -> Result<(), ExportError> {
    let mut form: Box<dyn Form> = match format {
        ExportFormat::Csv => Box::new(csv::Csv),
        ExportFormat::Audit => Box::new(audit::Audit),
        ExportFormat::Jsonl => Box::new(jsonl::JsonLines),
        ExportFormat::Hledger => Box::new(hledger::Hledger::default()),
        ExportFormat::Beancount => Box::new(beancount::Beancount::default()),
    };
    form.begin(out).map_err(ExportError::Output)?;
    let visit = |fact: &Fact, books: &Books| {
        let written = match fact {
            Fact::Posted(transaction) => form.transaction(transaction, out),
            fact => form.operation(fact, books, out),
        };
        written.map_err(ExportError::Output)
    };
    let books = journal::facts(journal, visit, progress)?;
    form.end(&books, out).and_then(|()| out.flush()).map_err(ExportError::Output)
}

/// Puts a file at `path`, for its owner alone: whole, or not at all.
fn to_file(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    let failed = |source| ExportError::File { path: path.to_owned(), source };
    match fs::symlink_metadata(path) {
        Ok(_) => return Err(ExportError::Exists { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = tempfile::Builder::new().prefix(".bankd-export-").tempfile_in(folder).map_err(failed)?;
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, file);
    write(&mut out).map_err(|error| match error {
        ExportError::Output(source) => failed(source),
        error => error,
    })?;
    let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist_noclobber(path).map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists => ExportError::Exists { path: path.to_owned() },
        _ => failed(error.error),
    })?;
    Ok(())
}

/// Why the ledger was not exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The data directory.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Standard output.
    #[error("cannot write the export; what was written of it is not whole")]
    Output(#[source] io::Error),
    /// Something has the name already.
    #[error("{} is there already, and is left as it is; name another file with --to", path.display())]
    Exists {
        /// The name.
        path: PathBuf,
    },
    /// The file could not be written, and is not there.
    #[error(
        "cannot write {}; nothing is left there: make room or name another file with --to, and export again",
        path.display()
    )]
    File {
        /// Where it was to be.
        path: PathBuf,
        /// What the machine said.
        #[source]
        source: io::Error,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("ledger");
        let names = || fs::read_dir(place.path()).unwrap().count();
        let broken = to_file(&path, |out| {
            out.write_all(b"half").map_err(ExportError::Output)?;
            Err(ExportError::Output(io::Error::other("no more")))
        });
        assert!(matches!(broken, Err(ExportError::File { .. })), "{broken:?}");
        assert_eq!(names(), 0);
        to_file(&path, |out| out.write_all(b"whole").map_err(ExportError::Output)).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(names(), 1);
    }

    #[test]
    fn nothing_is_written_over_even_if_it_came_late() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("ledger");
        let late = to_file(&path, |_| {
            fs::write(&path, "another's").unwrap();
            Ok(())
        });
        assert!(matches!(late, Err(ExportError::Exists { .. })), "{late:?}");
        let there = to_file(&path, |_| panic!("this must not be asked for"));
        assert!(matches!(there, Err(ExportError::Exists { .. })), "{there:?}");
        assert_eq!(fs::read(&path).unwrap(), b"another's");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;

        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("ledger");
        to_file(&path, |_| Ok(())).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
