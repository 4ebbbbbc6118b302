//! A real disk that fails and one that is full, as far as the machine lets a test make them.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::{Command as Process, Output};

use bank_engine_core::ledger::{Command, Outcome};
use bank_engine_core::store::StoreError;
use bank_engine_journal::{JournalError, JournalStore, Options, verify};

use crate::crashes::on_a_thread;
use crate::helpers::{self, ask, ask_one, enter, name, open_account, receipt, transfer};

/// Where the process that `strace` runs has its journal.
const CHILD_VARIABLE: &str = "BANK_TEST_JOURNAL_OF_CHILD";

const TRANSFERS: u64 = 40;

fn open(path: &Path) -> Result<JournalStore, JournalError> {
    let options = Options { segment_bytes: 16_384, ..helpers::options(helpers::start_clock()) };
    JournalStore::open(path, options)
}

/// Runs a program; an error that says why where the machine can't.
fn run(process: &mut Process) -> Result<Output, String> {
    let name = process.get_program().to_string_lossy().into_owned();
    let output = process.output().map_err(|error| format!("{name}: {error}"))?;
    Ok(output)
}

async fn two_accounts(store: &JournalStore) {
    for (account, number) in [("a", 1), ("b", 2)] {
        ask_one(store, open_account(account, 1_000_000, number)).await.unwrap().unwrap();
    }
    hold(store).await;
}

async fn hold(store: &JournalStore) {
    for answer in ask(store, enter(name("a"), 0)).await.unwrap() {
        answer.unwrap();
    }
}

fn pay(number: u64) -> Command {
    transfer("a", "b", 1, number, None)
}

/// A file system of its own, gone with the value.
struct Mounted(PathBuf);

impl Mounted {
    fn tmpfs(path: &Path, size: &str) -> Result<Mounted, String> {
        let options = format!("size={size}");
        let output = run(Process::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(path))?;
        match output.status.success() {
            true => Ok(Mounted(path.to_owned())),
            false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        }
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = run(Process::new("umount").arg(&self.0));
    }
}

/// Says why a test did nothing; where none may be skipped, that is a failure.
fn skip(why: &str) {
    assert!(std::env::var_os("BANK_TESTS_SKIP_NONE").is_none(), "a test can't be skipped here: {why}");
    println!("skipped, {why}");
}

#[test]
fn a_real_disk_may_be_full_for_a_while() {
    let directory = tempfile::tempdir().unwrap();
    let mounted = match Mounted::tmpfs(directory.path(), "512k") {
        Ok(mounted) => mounted,
        Err(why) => return skip(&format!("a small file system can't be mounted here: {why}")),
    };
    let path = directory.path().join("journal");
    let ballast = directory.path().join("ballast");
    std::fs::write(&ballast, vec![1; 200 << 10]).unwrap();
    let store = open(&path).unwrap();
    let (full_at, done) = on_a_thread(async {
        two_accounts(&store).await;
        let mut number = 100;
        loop {
            match ask_one(&store, pay(number)).await {
                Ok(answer) => drop(receipt(answer)),
                Err(StoreError::Full) => break,
                Err(other) => panic!("{other}"),
            }
            number += 1;
            assert!(number < 10_000, "the disk is never full");
        }
        let full_at = number;
        for _ in 0..3 {
            assert!(matches!(ask_one(&store, pay(number)).await, Err(StoreError::Full)));
            let account = name("a");
            let balance = ask_one(&store, helpers::balance(account)).await;
            assert!(matches!(balance, Ok(Ok(Outcome::Balance(_)))), "{balance:?}");
        }
        std::fs::remove_file(&ballast).unwrap();
        for number in full_at..full_at + 300 {
            assert!(!receipt(ask_one(&store, pay(number)).await.expect("there is room")).replayed);
        }
        (full_at, full_at + 300)
    });
    drop(store);
    let verified = verify(&path, &mut |_, _| {}).unwrap();
    assert_eq!(verified.transactions, done - 100 + 2);
    let store = open(&path).unwrap();
    on_a_thread(async {
        hold(&store).await;
        for number in 100..done {
            assert!(receipt(ask_one(&store, pay(number)).await.unwrap()).replayed);
        }
    });
    println!("full after {} transfers, {} in the end", full_at - 100, done - 100);
    drop(store);
    drop(mounted);
}

/// What the process does whose syncs fail: it prints each receipt and each error.
fn work_and_report(path: &Path) {
    let store = match open(path) {
        Ok(store) => store,
        Err(error) => return println!("printed: not opened: {error}"),
    };
    on_a_thread(async {
        for (account, number) in [("a", 1), ("b", 2)] {
            if let Err(error) = ask_one(&store, open_account(account, 1_000_000, number)).await {
                return println!("printed: error: {error}");
            }
        }
        if let Err(error) = ask(&store, enter(name("a"), 0)).await {
            return println!("printed: error: {error}");
        }
        for number in 100..100 + TRANSFERS {
            match ask_one(&store, pay(number)).await {
                Ok(answer) => println!("printed: receipt {number} {}", receipt(answer).transaction),
                Err(StoreError::Failed) => println!("printed: refused"),
                Err(error) => println!("printed: error: {error}"),
            }
        }
    });
}

#[test]
fn a_sync_that_fails_is_the_last() {
    if let Ok(path) = std::env::var(CHILD_VARIABLE) {
        return work_and_report(Path::new(&path));
    }
    if let Err(why) = run(Process::new("strace").args(["-qq", "-o", "/dev/null", "true"])).and_then(can_trace)
    {
        return skip(&format!("system calls can't be made to fail here: {why}"));
    }
    let mut failed_at_work = 0;
    for when in [1, 2, 3, 5, 9, 20, 30, 200] {
        let directory = tempfile::tempdir().unwrap();
        let (path, trace) = (directory.path().join("journal"), directory.path().join("trace"));
        let inject = format!("inject=fdatasync:error=EIO:when={when}");
        let mut child = Process::new("strace");
        child.args(["-f", "-qq", "-e", "trace=fdatasync", "-e", &inject, "-o"]).arg(&trace);
        child.arg(std::env::current_exe().unwrap());
        child.args(["machine::a_sync_that_fails_is_the_last", "--exact", "--nocapture"]);
        let output = run(child.env(CHILD_VARIABLE, &path)).unwrap();
        let result = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{result}\n{}", String::from_utf8_lossy(&output.stderr));
        let trace = std::fs::read_to_string(&trace).unwrap();
        let mut receipts = 0;
        let mut stopped = false;
        for line in result.lines().filter_map(|line| line.split_once("printed: ").map(|(_, result)| result)) {
            match line.split(' ').next().unwrap() {
                "receipt" => {
                    assert!(!stopped, "a receipt after a failed sync: {result}");
                    receipts += 1;
                }
                _ => stopped = true,
            }
        }
        assert_eq!(stopped, trace.contains("INJECTED"), "{result}\n{trace}");
        if let Some((_, after)) = trace.split_once("(INJECTED)") {
            assert!(!after.contains("fdatasync("), "a sync after one that failed:\n{trace}");
        }
        failed_at_work += usize::from(stopped && receipts > 0);
        let store = open(&path).unwrap();
        on_a_thread(async {
            // Where even the accounts are not there, nothing was acknowledged.
            let held = helpers::see(&store, name("a")).await.unwrap().is_some();
            assert!(held || receipts == 0, "the account is lost");
            for number in 100..100 + receipts {
                assert!(receipt(ask_one(&store, pay(number)).await.unwrap()).replayed, "{number} is lost");
            }
        });
        println!("the sync numbered {when} of each thread failed: {receipts} receipts before, all there");
    }
    assert!(failed_at_work >= 3);
}

fn can_trace(output: Output) -> Result<(), String> {
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    }
}
