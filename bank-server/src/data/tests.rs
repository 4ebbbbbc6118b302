use bank_engine::auth::{HashCost, SecretHash};
use bank_engine::money::Minor;
use tempfile::TempDir;

use super::*;
use crate::accounts::{NotAdded, OpeningAccount};

fn accounts() -> Accounts {
    let mut accounts = Accounts::default();
    for (name, currency, balance) in [("ac-1", "USD", 102_432), ("ac-2", "JPY", 5), ("ac-3", "KWD", 0)] {
        let secret = SecretHash::new(&"0123".into(), [3; 16], HashCost::LEAST).unwrap();
        let (account, currency) = (name.parse().unwrap(), currency.parse().unwrap());
        accounts.insert(OpeningAccount { account, currency, secret, balance: Minor(balance) }).unwrap();
    }
    accounts
}

fn data_dir() -> (TempDir, DataDir) {
    let parent = tempfile::tempdir().unwrap();
    let dir = DataDir::create(&parent.path().join("deep/data")).unwrap();
    (parent, dir)
}

fn damage(text: &str) -> String {
    let (_parent, dir) = data_dir();
    dir.lock().unwrap().replace_accounts(&accounts()).unwrap();
    std::fs::write(dir.accounts_path(), text).unwrap();
    let told = dir.accounts().unwrap_err().to_string();
    told.replace(&dir.path().display().to_string(), "DIR")
}

#[test]
fn accounts_come_back_as_they_were_kept() {
    let (_parent, dir) = data_dir();
    assert_eq!(dir.accounts().unwrap(), Accounts::default());
    let lock = dir.lock().unwrap();
    lock.replace_accounts(&accounts()).unwrap();
    assert_eq!(dir.accounts().unwrap(), accounts());
    let mut more = accounts();
    let account = OpeningAccount { account: "ac-4".parse().unwrap(), ..more.iter().next().unwrap().clone() };
    more.insert(account).unwrap();
    lock.replace_accounts(&more).unwrap();
    assert_eq!(dir.accounts().unwrap(), more);
    let mut names: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["accounts.jsonl", "lock"]);
}

#[test]
fn a_line_is_an_object_of_four_members() {
    let text = jsonl::encode(&accounts());
    let first = text.lines().next().unwrap();
    let start = r#"{"account":"ac-1","currency":"USD","secret":"$argon2id$v=19$m=8,t=1,p=1$"#;
    assert!(first.starts_with(start) && first.ends_with(r#"","balance":"1024.32"}"#), "{first}");
    assert!(!text.contains("0123\""), "{text}");
}

#[test]
fn damage_is_told_with_file_and_line() {
    let text = jsonl::encode(&accounts());
    let lines: Vec<_> = text.lines().collect();
    let told = |damage: &str| format!("DIR/accounts.jsonl, line {damage}; restore the file from a copy");
    let members = "it has the members account, currency, secret and balance";
    assert_eq!(damage(text.trim_end()), told("3: the line is cut off"));
    assert_eq!(
        damage(&text.replacen("ac-2", "ac 2", 1)),
        told(&format!("2: not an account (column 17): {members}"))
    );
    assert_eq!(
        damage(&text.replacen("\"USD\"", "\"US\"", 1)),
        told(&format!("1: not an account (column 33): {members}"))
    );
    assert_eq!(
        damage(&text.replacen("$m=8", "$m=7", 1)),
        told("1: the secret is not a hash as the bank writes it")
    );
    let balance = "the balance is below zero, too large or finer than its currency";
    assert_eq!(damage(&text.replacen("1024.32", "-1024.32", 1)), told(&format!("1: {balance}")));
    assert_eq!(damage(&text.replacen("\"5\"", "\"5.0\"", 1)), told(&format!("2: {balance}")));
    assert_eq!(damage(&format!("{text}{}\n", lines[1])), told(&format!("4: {}", NotAdded::Known)));
    assert_eq!(damage("\n"), told(&format!("1: not an account (column 0): {members}")));
    assert_eq!(
        damage(&format!("{}\n", " ".repeat(LINE_BYTES_MAX + 1))),
        told("1: the line is longer than 4096 bytes")
    );
    let extra = text.replacen("}\n", ",\"pin\":\"4711\"}\n", 1);
    assert!(!damage(&extra).contains("4711") && damage(&extra).contains("line 1"));
    let bare = text.replacen("\"secret\":\"", "\"secret\":4711,\"x\":\"", 1);
    assert!(!damage(&bare).contains("4711") && damage(&bare).contains("line 1"));
}

#[test]
fn one_process_at_a_time() {
    let (_parent, dir) = data_dir();
    let lock = dir.lock().unwrap();
    let told = dir.lock().unwrap_err().to_string();
    assert!(told.contains(&format!("is in use by process {}; stop it first", std::process::id())), "{told}");
    drop(lock);
    std::fs::write(dir.path().join("lock"), "4000000000 and more than a number").unwrap();
    let lock = dir.lock().unwrap();
    let pid = std::fs::read_to_string(dir.path().join("lock")).unwrap();
    assert_eq!(pid, format!("{}\n", std::process::id()));
    drop(lock);
}

#[test]
fn what_a_crash_left_does_not_stand_in_the_way() {
    let (_parent, dir) = data_dir();
    std::fs::write(dir.path().join("accounts.jsonl.new"), "half a line").unwrap();
    dir.lock().unwrap().replace_accounts(&accounts()).unwrap();
    assert_eq!(dir.accounts().unwrap(), accounts());
}

#[cfg(unix)]
#[test]
fn all_is_for_its_owner_alone() {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;

    let (_parent, dir) = data_dir();
    dir.lock().unwrap().replace_accounts(&accounts()).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(dir.path()), 0o700);
    assert_eq!(mode(&dir.accounts_path()), 0o600);
    assert_eq!(mode(&dir.path().join("lock")), 0o600);

    set_permissions(dir.accounts_path(), Permissions::from_mode(0o640)).unwrap();
    let told = dir.accounts().unwrap_err().to_string();
    assert!(told.contains("run: chmod 600 ") && told.ends_with("accounts.jsonl"), "{told}");
    set_permissions(dir.path(), Permissions::from_mode(0o770)).unwrap();
    assert!(matches!(DataDir::open(dir.path()), Err(DataError::Exposed { remedy: "chmod go-w", .. })));
    set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
    assert!(DataDir::open(dir.path()).is_ok());
}

#[test]
fn a_missing_directory_is_told_how_to_make() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("none");
    let told = DataDir::open(&path).unwrap_err().to_string();
    assert!(told.contains("make one with bankd import"), "{told}");
    assert!(!path.exists());
    std::fs::write(&path, "a file").unwrap();
    assert!(matches!(DataDir::create(&path), Err(DataError::Io { action: "create", .. })));
}
