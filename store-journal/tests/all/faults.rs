//! A disk that fails, or has no room left.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bank_engine_core::ledger::{Actor, Command, Decline, HoldAction, HoldsQuery, Outcome, PurposeRequest};
use bank_engine_core::store::{Position, Store, StoreError};
use bank_engine_core::testing::Random;

use crate::crashes::on_a_thread;
use crate::helpers::{self, ask_one, deposit, name, receipt, session, transfer};
use crate::simulated::{Attempt, Simulated};
use crate::workload::{Day, PAYERS, Workload, balanced};

/// What was attempted from the one that failed on.
type Attempts = Arc<Mutex<Vec<Attempt>>>;

/// Lets the attempt numbered `failing` of all that `counts` fail, and no other.
fn fail_once(
    disk: &Simulated,
    failing: usize,
    error: fn() -> io::Error,
    counts: fn(&Attempt) -> bool,
) -> Attempts {
    let attempts = Attempts::default();
    let (mut seen, list) = (0, Arc::clone(&attempts));
    disk.set_fault(Box::new(move |attempt| {
        let mut list = list.lock().unwrap();
        if !list.is_empty() {
            list.push(attempt.clone());
            return None;
        }
        if !counts(attempt) {
            return None;
        }
        seen += 1;
        (seen > failing).then(|| {
            list.push(attempt.clone());
            error()
        })
    }));
    attempts
}

fn input_output() -> io::Error {
    io::Error::from_raw_os_error(5)
}

fn no_room() -> io::Error {
    io::ErrorKind::StorageFull.into()
}

async fn short_day(day: &Arc<Day>, random: &mut Random) -> Result<(), StoreError> {
    day.open_accounts().await?;
    day.alone(random, 25, 100).await?;
    day.together(random, 4, 300).await;
    day.alone(random, 10, 500).await
}

/// The balance and the statement are answered to the session that holds the account.
async fn assert_readable(day: &Day) {
    let account = name(PAYERS[0]);
    let balance = ask_one(&day.store, helpers::balance(account)).await;
    assert!(matches!(balance, Ok(Ok(Outcome::Balance(_)))), "{balance:?}");
    let statement = ask_one(&day.store, helpers::statement(account, 50, None)).await;
    assert!(matches!(statement, Ok(Ok(Outcome::Statement(_)))), "{statement:?}");
    balanced(&day.store).await;
}

/// Everything is refused.
async fn assert_failed(day: &Day) {
    let (account, session) = (name(PAYERS[0]), session());
    for command in
        [helpers::balance(account), deposit(PAYERS[0], 1, 900_000), Command::LogOut { account, session }]
    {
        let answer = ask_one(&day.store, command).await;
        assert!(matches!(answer, Err(StoreError::Failed)), "{answer:?}");
    }
    assert!(matches!(day.store.trial_balance().await, Err(StoreError::Failed)));
    assert!(matches!(day.store.events(Position::START, 1).await, Err(StoreError::Failed)));
}

#[test]
fn after_one_failed_operation_there_are_no_receipts_and_a_reopen_has_all_that_was_acknowledged() {
    let mut random = Random::from_environment();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let (mut stopped, mut went_on, mut not_opened) = (0, 0, 0);
    for failing in 0.. {
        let disk = Simulated::new();
        let attempts = fail_once(&disk, failing, input_output, |_| true);
        let Ok(day) = Day::begin(&disk) else {
            assert!(!attempts.lock().unwrap().is_empty(), "it failed for no reason");
            not_opened += 1;
            disk.set_fault(Box::new(|_| None));
            drop(Day::begin(&disk).expect("it opens once the disk works"));
            continue;
        };
        let day = Arc::new(day);
        let worked = runtime.block_on(short_day(&day, &mut random));
        let failed = attempts.lock().unwrap().first().cloned();
        let Some(failed) = failed else {
            worked.unwrap();
            break;
        };
        if failed.thread == "journal-seal" {
            // It makes only what can be made again.
            worked.unwrap_or_else(|error| panic!("{failed:?} stopped the bank: {error}"));
            went_on += 1;
        } else {
            runtime.block_on(assert_failed(&day));
            let notes = day.notes.lock().unwrap();
            assert!(!notes.errors.is_empty(), "{failed:?} was reported to nobody");
            stopped += 1;
        }
        let story = Workload::of(day);
        if failed.thread != "journal-seal" {
            let after = attempts.lock().unwrap();
            let of_the_bank = |a: &&Attempt| ["journal-write", "journal-decide"].contains(&&*a.thread);
            // What never got its name may be taken away.
            let wrong = after.iter().skip(1).filter(of_the_bank).find(|attempt| attempt.kind != "remove");
            assert_eq!(wrong, None, "after {failed:?}");
        }
        check_after_failure(&disk, &story, &mut random);
    }
    println!("{stopped} failures stopped the bank, {went_on} its indexing, {not_opened} its opening");
    assert!(stopped > 60 && went_on > 5 && not_opened > 5);
}

/// A reopened journal holds what it must, and so it does if the machine crashes before or after.
fn check_after_failure(disk: &Simulated, story: &Workload, random: &mut Random) {
    let done = disk.operations();
    on_a_thread(story.check(disk.recording().image_after(done, random), done, false));
    on_a_thread(story.check(disk.image(), done, false));
    disk.set_fault(Box::new(|_| None));
    let store = helpers::open(disk).expect("it opens once the disk works");
    let kept = "what was there when it was opened is there after a crash";
    let work = async {
        let held = helpers::see(&store, name(PAYERS[0])).await.unwrap();
        if held.is_some() {
            receipt(ask_one(&store, deposit(PAYERS[0], 1, 800_000)).await.unwrap());
        }
    };
    on_a_thread(work);
    let entries = on_a_thread(crate::workload::see_all_after(&store));
    drop(store);
    let recording = disk.recording();
    let image = recording.image_after(recording.log.len(), random);
    let store = helpers::open(&Simulated::holding(image)).expect(kept);
    let again = on_a_thread(crate::workload::see_all(&store));
    for (account, seen) in entries {
        assert_eq!(again[&account].entries, seen.entries, "{kept}: {account}");
    }
}

#[test]
fn a_full_disk_refuses_records_and_nothing_else() {
    let mut random = Random::from_environment();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    for free in (0..24).map(|step| step * 700) {
        let disk = Simulated::new();
        let day = Arc::new(Day::begin(&disk).unwrap());
        runtime.block_on(async {
            day.open_accounts().await.unwrap();
            disk.set_capacity(disk.used() + free);
            let pay = |number| transfer("a", "b", 1, number, (number % 3 == 0).then_some("full"));
            let mut number = 1_000;
            while day.ask(vec![pay(number)]).await.is_ok() {
                number += 1;
                assert!(number < 2_000, "the disk is never full");
            }
            for _ in 0..3 {
                assert_full(&day, vec![pay(number)]).await;
                assert_full(&day, vec![pay(number + 1), deposit("c", 1, number + 50_000)]).await;
                assert_readable(&day).await;
            }
            let (account, session) = (name("f"), session());
            ask_one(&day.store, Command::LogOut { account, session }).await.unwrap().unwrap();
            disk.set_capacity(usize::MAX);
            for number in number..number + 60 {
                let answer = day.ask(vec![pay(number)]).await.expect("there is room").remove(0);
                assert!(!receipt(answer).replayed, "it was refused, and recorded");
            }
        });
        let story = Workload::of(day);
        let done = disk.operations();
        on_a_thread(story.check(disk.image(), done, true));
        on_a_thread(story.check(disk.recording().image_after(done, &mut random), done, true));
    }
}

async fn assert_full(day: &Day, commands: Vec<Command>) {
    let answer = day.ask(commands).await;
    assert!(matches!(answer, Err(StoreError::Full)), "{answer:?}");
}

#[test]
fn what_is_due_waits_for_room() {
    let disk = Simulated::new();
    let day = Arc::new(Day::begin(&disk).unwrap());
    let open = async || {
        let listed = ask_one(&day.store, Command::Holds(HoldsQuery::default())).await;
        let Ok(Ok(Outcome::Holds(listed))) = listed else { panic!("no holds: {listed:?}") };
        let open = listed.holds;
        open.len()
    };
    on_a_thread(async {
        day.open_accounts().await.unwrap();
        // More than are dealt with at once.
        let purpose = || PurposeRequest::Payment {
            to: name("b"),
            memo: Some("x".repeat(140).parse().unwrap()),
            lasts: Duration::from_secs(1),
        };
        let (account, session) = (name("a"), session());
        let authorise = |number| Command::Authorise {
            account,
            actor: Actor::Holder(account, session),
            hold: helpers::id(number),
            amount: helpers::cents(1),
            purpose: purpose(),
        };
        for answer in day.ask((1_000..1_300).map(authorise).collect()).await.unwrap() {
            answer.unwrap();
        }
        disk.set_capacity(disk.used());
        let mut number = 2_000;
        while day.ask(vec![transfer("b", "c", 1, number, None)]).await.is_ok() {
            number += 1;
            assert!(number < 5_000, "the disk is never full");
        }
        day.clock.advance(Duration::from_secs(5));
        for _ in 0..3 {
            assert_readable(&day).await;
            assert_eq!(open().await, 40, "as many as are listed at once");
            let late = ask_one(&day.store, helpers::act_on_hold(helpers::id(1_000), HoldAction::Void)).await;
            assert!(matches!(late, Err(StoreError::Full)), "{late:?}");
        }
        disk.set_capacity(usize::MAX);
        let late =
            ask_one(&day.store, helpers::act_on_hold(helpers::id(1_000), HoldAction::Void)).await.unwrap();
        assert!(matches!(late, Err(Decline::HoldExpired)), "{late:?}");
        assert_eq!(open().await, 0);
        let freed = ask_one(&day.store, helpers::balance(account)).await.unwrap();
        let Ok(Outcome::Balance(freed)) = freed else { panic!("{freed:?}") };
        assert_eq!(freed.available, freed.balance);
    });
    drop(day);
    drop(helpers::open(&disk).unwrap());
}

#[test]
fn any_request_for_room_may_be_refused() {
    let mut random = Random::from_environment();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let for_room = |attempt: &Attempt| {
        let kinds = ["reserve", "create"];
        attempt.thread == "journal-decide" && kinds.contains(&attempt.kind)
    };
    let mut refused = 0;
    for failing in 0.. {
        let disk = Simulated::new();
        let day = Arc::new(Day::begin(&disk).unwrap());
        let attempts = fail_once(&disk, failing, no_room, for_room);
        // The accounts are to be there: so a caller that is refused there asks again.
        let full = runtime.block_on(async {
            let mut full = 0;
            for number in 1_000..1_120 {
                let command = match number {
                    1_000..1_006 => helpers::open_account(PAYERS[number - 1_000], 500, offset(number)),
                    1_006..1_018 => helpers::enter(name(PAYERS[(number - 1_006) / 2]), 0).remove(number % 2),
                    _ => transfer("a", "b", 1, offset(number), None),
                };
                while let Err(error) = day.ask(vec![command.clone()]).await {
                    assert!(matches!(error, StoreError::Full), "{error}");
                    full += 1;
                    assert_eq!(full, 1, "there is room again");
                }
            }
            full
        });
        let hit = !attempts.lock().unwrap().is_empty();
        assert_eq!(full == 1, hit, "a refusal is answered to its caller");
        let story = Workload::of(day);
        assert!(story.notes.receipts() == 102, "{} receipts", story.notes.receipts());
        let done = disk.operations();
        on_a_thread(story.check(disk.image(), done, false));
        on_a_thread(story.check(disk.recording().image_after(done, &mut random), done, false));
        if !hit {
            break;
        }
        refused += 1;
    }
    assert!(refused > 10, "only {refused} requests for room");
}

fn offset(number: usize) -> u64 {
    u64::try_from(number).unwrap()
}
