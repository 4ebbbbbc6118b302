//! Journals of each format version stay readable.
//!
//! `tests/fixtures/v1` is a journal as the first version writes it: three segments or more, the
//! newest without its reserved room, an index, a checkpoint, and beside it as text what is in it.
//! It was made by this test with `UPDATE_FIXTURES=1`; do so only while no released version wrote
//! that format. `UPDATE_EXPECTED=1` writes the text alone, where its words changed.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bank_core::account::{AccountId, Status, TerminalId};
use bank_core::clock::ManualClock;
use bank_core::ledger::{AskedLimits, AskedPurpose, By, Cash, Command, Item, Outcome, Rest, Step, Way};
use bank_core::money::{Amount, Currency};
use bank_core::notes::NoteCount;
use bank_core::store::{Position, Store};
use bank_core::time::Timestamp;
use bank_store_journal::{JournalStore, verify};

use crate::crashes::on_a_thread;
use crate::simulated::Simulated;
use crate::teller::{
    self, START_MS, ask, ask_one, cents, deposit, enter, id, moves, name, open_account, receipt, session,
    transfer, withdraw,
};

const ACCOUNTS: [&str; 5] = ["a", "b", "DE89370400440532013000", "yen", "empty"];

/// One that holds of every kind are in.
const CHECKPOINT: &str = "checkpoint-00000004";

/// What is beside the journal's own files.
const EXPECTED: &str = "expected.txt";

fn fixture(version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/v{version}"))
}

fn openings() -> Vec<Command> {
    let mut commands: Vec<_> = (1..)
        .zip(["a", "b", "DE89370400440532013000"])
        .map(|(number, account)| open_account(account, 100_000, number))
        .collect();
    let secret = teller::secrets()[1];
    commands.push(Command::Open {
        account: name("yen"),
        currency: "JPY".parse().unwrap(),
        secret,
        must_change: false,
        balance: "5000".parse().unwrap(),
        transaction: id(4),
    });
    commands.push(Command::Open {
        account: name("empty"),
        currency: Currency::USD,
        secret,
        must_change: false,
        balance: cents(0),
        transaction: id(5),
    });
    commands
}

/// Movements that are made after the accounts were opened and `a` and `b` are held.
fn movements() -> Vec<Command> {
    let lobby: TerminalId = "lobby".parse().unwrap();
    vec![
        Command::Load { terminal: lobby, cash: Cash::of(Currency::USD, cents(50_000)), transaction: id(10) },
        moves("a", 2_000, 11, Way::Withdraw { terminal: lobby }),
        deposit("b", 1_250, 12),
        withdraw("b", 50, 13),
        transfer("a", "b", 1, 14, Some("für Käse, 2 × 3 €")),
        transfer("b", "DE89370400440532013000", 99_999, 15, Some(&"x".repeat(140))),
    ]
}

fn many_movements() -> Vec<Command> {
    (20..54).map(|number| transfer("a", "b", 7, number, None)).collect()
}

fn notes(count: u32) -> Vec<NoteCount> {
    vec![NoteCount { note: Amount::new(20, 0).unwrap(), count }]
}

/// Cash that is counted note by note, holds that end in every way and one that does not, groups
/// and corrections.
fn promises() -> Vec<Command> {
    let terminal: TerminalId = "machine".parse().unwrap();
    let (account, session) = (name("a"), session());
    let (by, reason) = (|| "an operator".parse().unwrap(), || "what came of it".parse().unwrap());
    let pays = |number| teller::authorise("a", "b", 500, number, Some("für später"));
    let dispense = |number| Command::Authorise {
        account,
        session,
        hold: id(number),
        amount: cents(4_000),
        purpose: AskedPurpose::Dispense { terminal, follow_ups: [id(number + 1), id(number + 2)] },
    };
    let told = |amount, notes| Step::Dispensed { amount: Some(cents(amount)), notes, rest: Rest::default() };
    let item = |number, from, to| Item {
        transaction: id(number),
        from: name(from),
        to: name(to),
        amount: cents(9),
        memo: Some("one of two".parse().unwrap()),
    };
    let counted = Cash::in_notes(Currency::USD, notes(8));
    vec![
        teller::key("machine", true),
        Command::Load { terminal, cash: Cash::in_notes(Currency::USD, notes(10)), transaction: id(70) },
        pays(71),
        pays(72),
        pays(73),
        teller::proceed(id(71), Step::Capture { amount: Some(cents(450)) }),
        teller::proceed(id(72), Step::Void),
        dispense(80),
        teller::proceed(id(80), Step::Order),
        teller::proceed(id(80), told(2_000, notes(1))),
        dispense(84),
        teller::proceed(id(84), Step::Order),
        teller::proceed(id(84), Step::Dispensed { amount: None, notes: Vec::new(), rest: Rest::default() }),
        teller::proceed(id(84), told(0, Vec::new())),
        dispense(88),
        teller::proceed(id(88), Step::Order),
        teller::proceed(id(88), Step::Dispensed { amount: None, notes: Vec::new(), rest: Rest::default() }),
        Command::Group { by: By::Bank, items: vec![item(92, "a", "b"), item(93, "b", "a")], dry_run: false },
        Command::Reverse { original: id(14), amount: None, transaction: id(94), by: by(), reason: reason() },
        Command::Adjust { account, amount: cents(-3), transaction: id(95), by: by(), reason: reason() },
        Command::Count { terminal, counted, bin: notes(1), close: Some((id(96), by())) },
        Command::SetLimits {
            account,
            limits: AskedLimits {
                floor: Some(cents(-5_000)),
                transaction: Some(cents(20_000)),
                day_amount: None,
                day_count: Some(99),
            },
            by: by(),
            reason: reason(),
        },
        // The last of those is still ordered when the bank stops, and one is authorised.
        dispense(100),
        dispense(104),
        teller::proceed(id(100), Step::Order),
        Command::SetSecret { account: name("empty"), secret: teller::secrets()[1] },
    ]
}

/// What guards the accounts in the end.
fn guarding() -> Vec<Command> {
    let charge = |account| Command::ChargeTry { account: name(account) };
    let (account, session) = (name("a"), session());
    let (proof, secret) = (Some(teller::proofs()[0]), teller::secrets()[1]);
    vec![
        Command::ChangeSecret { account, session, proof, secret },
        Command::LogOut { account, session },
        Command::LogOut { account: name("b"), session },
        charge("b"),
        charge("yen"),
        charge("yen"),
        teller::set_status("DE89370400440532013000", Status::Frozen),
        teller::set_status("empty", Status::DebitsFrozen),
        teller::set_status("empty", Status::Open),
    ]
}

async fn make(disk: &Simulated) {
    let clock = teller::start_clock();
    let store = JournalStore::open_on(Arc::new(disk.clone()), teller::options(clock.clone())).unwrap();
    let hold = [enter(name("a"), 0), enter(name("b"), 0)].concat();
    for command in [openings(), hold, movements(), promises(), many_movements(), guarding()].concat() {
        clock.advance(Duration::from_millis(1_500));
        ask_one(&store, command).await.unwrap().unwrap();
    }
    let has_checkpoint = || disk.image().keys().any(|name| name == CHECKPOINT);
    for _ in 0..2_000 {
        if has_checkpoint() {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(has_checkpoint(), "there is only {:?}", disk.image().keys());
    drop(store);
    drop(teller::open(disk).unwrap());
}

/// Everything that can be read, a line each.
async fn told(store: &JournalStore) -> String {
    let mut text = String::new();
    for line in store.trial_balance().await.unwrap() {
        assert_eq!(line.sum(), 0);
        writeln!(text, "{}: {} accounts, {}", line.currency.code(), line.accounts, line.credits).unwrap();
    }
    for account in ACCOUNTS {
        let listed = ask_one(store, Command::Account { account: name(account) }).await.unwrap();
        let Ok(Outcome::Accounts(listed)) = listed else { panic!("{account}: {listed:?}") };
        writeln!(text, "{:?}", listed.accounts[0]).unwrap();
        let seen = teller::see(store, name(account)).await.unwrap().unwrap();
        let teller::Guarded { tries, pin, status, limit } = seen.guarded;
        let guarded = format!("{tries} tries, secret {pin}, {status:?}, limit {limit:?}");
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
    for command in [Command::Holds { account: None, terminal: None, after: None }, Command::Terminals] {
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

fn update(path: &Path) {
    let disk = Simulated::new();
    on_a_thread(make(&disk));
    let image = disk.image();
    let last = image.keys().rfind(|name| name.starts_with("segment-")).unwrap().clone();
    let _ = std::fs::remove_dir_all(path);
    std::fs::create_dir_all(path).unwrap();
    for (name, mut content) in image {
        if name == last {
            let used = content.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            content.truncate(used);
        }
        std::fs::write(path.join(name), content).unwrap();
    }
    let store = teller::open(&disk).unwrap();
    let text = on_a_thread(async { facts(&store).await + &told(&store).await });
    std::fs::write(path.join(EXPECTED), text).unwrap();
}

#[test]
fn a_journal_of_version_1_is_read() {
    let path = fixture(1);
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        update(&path);
    }
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
    let store = JournalStore::open(copy.path(), teller::options(Arc::new(later))).unwrap();
    on_a_thread(async {
        let text = facts(&store).await + &told(&store).await;
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
