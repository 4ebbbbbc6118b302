//! Journals of each format version stay readable.
//!
//! `tests/fixtures/v1` is a journal as the first version wrote it: three segments or more, the newest
//! without its reserved room, an index, a checkpoint, and beside it as text what is in it. Its bytes
//! never change: they hold what today's rules refuse too, such as cash in a terminal that was never
//! added. `UPDATE_EXPECTED=1` writes the text anew, where its words changed. The bytes of records that
//! came later are in `tests/fixtures/records.txt`.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bank_engine_core::account::{AccountId, TerminalId};
use bank_engine_core::clock::ManualClock;
use bank_engine_core::ledger::{Cash, Command, HoldsQuery, MovementKind, Outcome};
use bank_engine_core::money::Currency;
use bank_engine_core::store::{Position, Store};
use bank_engine_core::time::Timestamp;
use bank_engine_journal::{JournalStore, verify};

use crate::crashes::on_a_thread;
use crate::helpers::{
    self, START_MS, ask, ask_one, cents, deposit, id, moves, name, receipt, transfer, withdraw,
};

const ACCOUNTS: [&str; 5] = ["a", "b", "DE89370400440532013000", "yen", "empty"];

/// One that holds of every kind are in.
const CHECKPOINT: &str = "checkpoint-00000004";

/// What is beside the journal's own files.
const EXPECTED: &str = "expected.txt";

fn fixture(version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/v{version}"))
}

/// Some of the movements that are in it.
fn movements() -> Vec<Command> {
    let lobby: TerminalId = "lobby".parse().unwrap();
    vec![
        Command::Load {
            terminal: lobby,
            cash: Cash::of(Currency::USD, cents(50_000)),
            transaction: id(10),
            instruction: None,
        },
        moves("a", 2_000, 11, MovementKind::Withdraw { terminal: lobby }),
        deposit("b", 1_250, 12),
        withdraw("b", 50, 13),
        transfer("a", "b", 1, 14, Some("für Käse, 2 × 3 €")),
        transfer("b", "DE89370400440532013000", 99_999, 15, Some(&"x".repeat(140))),
    ]
}

fn many_movements() -> Vec<Command> {
    (20..54).map(|number| transfer("a", "b", 7, number, None)).collect()
}

/// Everything that can be read, a line each.
async fn result(store: &JournalStore) -> String {
    let mut text = String::new();
    for line in store.trial_balance().await.unwrap() {
        assert_eq!(line.sum(), 0);
        writeln!(text, "{}: {} accounts, {}", line.currency.code(), line.accounts, line.credits).unwrap();
    }
    for account in ACCOUNTS {
        let listed = ask_one(store, Command::Account { account: name(account) }).await.unwrap();
        let Ok(Outcome::Account(listed)) = listed else { panic!("{account}: {listed:?}") };
        writeln!(text, "{listed:?}").unwrap();
        let seen = helpers::see(store, name(account)).await.unwrap().unwrap();
        let helpers::Guarded { tries, pin, frozen, limit } = seen.guarded;
        let guarded = format!("{tries} tries, secret {pin}, frozen {frozen:?}, limit {limit:?}");
        writeln!(text, "{account}: {}, {guarded}", seen.balance).unwrap();
        for entry in seen.entries {
            let with = entry.counterparty.as_ref().map_or("", AccountId::as_str);
            let memo = entry.memo.as_ref().map_or("", |memo| memo.as_str());
            let (number, at) = (entry.number, entry.at.unix_ms());
            let (transaction, kind) = (entry.transaction, entry.kind);
            writeln!(
                text,
                "  {number} {at} {transaction} {kind} {} {} {with} {memo}",
                entry.amount, entry.balance
            )
            .unwrap();
        }
    }
    for command in [Command::Holds(HoldsQuery::default()), Command::Terminals { after: None, limit: 40 }] {
        writeln!(text, "{:?}", ask_one(store, command).await.unwrap().unwrap()).unwrap();
    }
    text
}

/// Every fact of the journal's own files, a line each.
async fn facts(store: &JournalStore) -> String {
    let mut text = String::new();
    for event in store.events(Position::START, usize::MAX).await.unwrap() {
        writeln!(text, "{} {} {:?}", event.position, event.at, event.fact).unwrap();
    }
    text
}

#[test]
fn a_journal_of_version_1_is_read() {
    let path = fixture(1);
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(&path).unwrap() {
        let name = entry.unwrap().file_name();
        if name != EXPECTED {
            std::fs::copy(path.join(&name), copy.path().join(&name)).unwrap();
        }
    }
    for kind in ["segment-00000002", "ids-00000000-00000000", CHECKPOINT] {
        assert!(copy.path().join(kind).exists(), "the fixture has no {kind}");
    }
    verify(copy.path(), &mut |_, _| {}).unwrap();
    let later = ManualClock::at(Timestamp::from_unix_ms(START_MS + 10_000_000));
    let store = JournalStore::open(copy.path(), helpers::options(Arc::new(later))).unwrap();
    on_a_thread(async {
        let text = facts(&store).await + &result(&store).await;
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            std::fs::write(path.join(EXPECTED), &text).unwrap();
        }
        assert_eq!(text, std::fs::read_to_string(path.join(EXPECTED)).unwrap());
        for answer in ask(&store, [movements(), many_movements()].concat()).await.unwrap() {
            assert!(receipt(answer).replayed, "an id is not known");
        }
        assert!(!receipt(ask_one(&store, deposit("a", 1, 1_000)).await.unwrap()).replayed);
    });
}
