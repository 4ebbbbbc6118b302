use super::*;
use crate::file_error::FileError;

fn data_dir() -> (tempfile::TempDir, DataDir) {
    let parent = tempfile::tempdir().unwrap();
    let dir = DataDir::create(&parent.path().join("deep/data")).unwrap();
    (parent, dir)
}

#[tokio::test]
async fn a_journal_is_made_once_and_distinguished_from_none() {
    let (_parent, dir) = data_dir();
    let output = dir.books().unwrap_err().to_string();
    assert!(output.contains("holds no journal yet; make one with bankd import"), "{output}");
    let place = dir.place_for_journal().unwrap();
    drop(dir.open_bank(Options::default()).await.unwrap());
    assert!(dir.books().unwrap().accounts().is_empty());
    assert_eq!(dir.journal().unwrap(), place);
    assert!(matches!(dir.place_for_journal(), Err(DataError::HasJournal { .. })));
}

#[tokio::test]
async fn one_process_at_a_time_and_readers_beside_it() {
    let (_parent, dir) = data_dir();
    let bank = dir.open_bank(Options::default()).await.unwrap();
    let output = dir.open_bank(Options::default()).await.err().unwrap().to_string();
    assert!(
        output.contains(&format!("is in use by process {}; stop it first", std::process::id())),
        "{output}"
    );
    assert!(dir.books().unwrap().accounts().is_empty());
    drop(bank);
    dir.open_bank(Options::default()).await.unwrap();
}

#[tokio::test]
async fn what_an_earlier_version_left_is_refused_untouched() {
    let (_parent, dir) = data_dir();
    std::fs::write(dir.path().join("accounts.jsonl"), "{}\n").unwrap();
    let all = [
        dir.open_bank(Options::default()).await.err().unwrap(),
        dir.books().unwrap_err(),
        dir.place_for_journal().unwrap_err(),
    ];
    for output in all.map(|error| error.to_string()) {
        assert!(output.contains("was made by an earlier development version"), "{output}");
        assert!(output.ends_with("import the accounts again"), "{output}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[tokio::test]
async fn all_is_for_its_owner_alone() {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;

    let (_parent, dir) = data_dir();
    drop(dir.open_bank(Options::default()).await.unwrap());
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let journal = dir.journal().unwrap();
    assert_eq!((mode(dir.path()), mode(&journal)), (0o700, 0o700));
    for file in std::fs::read_dir(&journal).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }

    set_permissions(&journal, Permissions::from_mode(0o750)).unwrap();
    let output = dir.books().unwrap_err().to_string();
    assert!(output.contains("run: chmod go-rwx ") && output.ends_with("journal"), "{output}");
    set_permissions(dir.path(), Permissions::from_mode(0o770)).unwrap();
    assert!(matches!(DataDir::open(dir.path()), Err(DataError::Exposed { remedy: "chmod go-w", .. })));
    set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
    assert!(DataDir::open(dir.path()).is_ok());
}

#[test]
fn a_missing_directory_is_reported_with_how_to_make_it() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("none");
    let output = DataDir::open(&path).unwrap_err().to_string();
    assert!(output.contains("make one with bankd import"), "{output}");
    assert!(!path.exists());
    std::fs::write(&path, "a file").unwrap();
    assert!(matches!(DataDir::create(&path), Err(DataError::Io(FileError { action: "create", .. }))));
}
