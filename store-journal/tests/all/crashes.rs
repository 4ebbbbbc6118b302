//! A crash after every single thing that was done to the disk.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bank_engine_core::ledger::Outcome;
use bank_engine_core::store::{Position, Store};
use bank_engine_core::testing::Random;

use crate::helpers;
use crate::recording::Recording;
use crate::simulated::{Operation, Simulated};
use crate::workload::{Day, Workload};

/// The environment variable that says how many times as many crashes are to be tried.
const TIMES_VARIABLE: &str = "BANK_TEST_TIMES";

/// Images that are tried after each operation.
const IMAGES: usize = 2;

/// Threads that try them.
const WORKERS: usize = 2;

pub fn times() -> usize {
    std::env::var(TIMES_VARIABLE).map_or(1, |text| text.parse().expect("a number"))
}

pub fn on_a_thread<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

/// A day's work, and all that was done to the disk meanwhile.
async fn story(random: &mut Random) -> Workload {
    let disk = Simulated::new();
    disk.set_sync_time(Duration::from_micros(300));
    let day = Arc::new(Day::begin(&disk).unwrap());
    day.work(random).await.unwrap();
    // The sealing thread may be behind, and is to have done all that a crash may come between.
    for _ in 0..2_000 {
        if missing(&disk.recording()).is_none() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut story = Workload::of(day);
    story.take_as_truth(&disk).await;
    story
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_half_there_whenever_it_crashes() {
    let mut random = Random::from_environment();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let story = runtime.block_on(story(&mut random));
    drop(runtime);
    assert_eq!(missing(&story.recording), None, "the script is to make more of these");
    let operations = story.recording.log.len();
    let (first, in_recovery) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let seed = random.number();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let (story, first, in_recovery) = (&story, &first, &in_recovery);
                scope.spawn(move || {
                    let mut play = story.recording.play();
                    for done in (worker..=operations).step_by(WORKERS) {
                        play.go_to(done);
                        for image in 0..IMAGES * times() {
                            let mut random = Random::new(seed ^ number(done * 1_000 + image));
                            let crashed = play.crash(&mut random);
                            first.fetch_add(1, Ordering::Relaxed);
                            let opening = result(story, done, "", || {
                                on_a_thread(story.check(crashed, done, random.below(8) == 0))
                            });
                            // And a crash while that crash is got over.
                            if random.below(3) == 0 {
                                let at = random.below(opening.log.len() + 1);
                                let again = opening.image_after(at, &mut random);
                                in_recovery.fetch_add(1, Ordering::Relaxed);
                                result(story, done, " and in recovery", || {
                                    on_a_thread(story.check(again, done, false))
                                });
                            }
                        }
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.join().unwrap();
        }
    });
    println!(
        "{} receipts, {operations} operations on the disk, {} crashes and {} more in recovery",
        story.notes.receipts(),
        first.into_inner(),
        in_recovery.into_inner()
    );
}

/// Prints after which operation a check failed.
fn result<T>(story: &Workload, done: usize, also: &str, check: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(check)).unwrap_or_else(|cause| {
        let log = &story.recording.log;
        eprintln!("a crash after {done} of {} operations{also}; the last of them:", log.len());
        for operation in &log[done.saturating_sub(5)..done] {
            match operation {
                Operation::Write { file, bytes, offset } => {
                    eprintln!("  write {} bytes at {offset} of file {file}", bytes.len());
                }
                other => eprintln!("  {other:?}"),
            }
        }
        std::panic::resume_unwind(cause)
    })
}

fn number(place: usize) -> u64 {
    u64::try_from(place).unwrap()
}

/// Of which files there were too few for a crash to come between.
fn missing(recording: &Recording) -> Option<&'static str> {
    let names = names(recording);
    let least = [("segment-", 11), ("ids-", 11), ("checkpoint-", 2), ("ids-00000000-00000007", 1)];
    let made = |kind: &str| names.iter().filter(|name| name.starts_with(kind)).count();
    least.into_iter().find(|(kind, least)| made(kind) < *least).map(|(kind, _)| kind)
}

/// All names that files ever had in their places.
fn names(recording: &Recording) -> Vec<String> {
    let renamed = recording.log.iter().filter_map(|operation| match operation {
        Operation::Rename { to, .. } => Some(to.clone()),
        _ => None,
    });
    renamed.collect()
}

#[test]
fn what_a_reader_received_outlives_a_crash_at_that_instant() {
    let mut random = Random::from_environment();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let disk = Simulated::new();
    let day = Arc::new(Day::begin(&disk).unwrap());
    let result = runtime.block_on(async {
        day.open_accounts().await.unwrap();
        disk.set_sync_time(Duration::from_millis(50));
        let writer = Arc::clone(&day);
        let written = tokio::spawn(async move { writer.ask(vec![helpers::deposit("a", 1, 100)]).await });
        tokio::time::sleep(Duration::from_millis(15)).await;
        let statement = helpers::statement(helpers::name("a"), 1, None);
        let answer = helpers::ask_one(&day.store, statement).await.unwrap();
        let done = disk.operations();
        written.await.unwrap().unwrap();
        let Ok(Outcome::Statement(page)) = answer else { panic!("{answer:?}") };
        (done, page.entries[0].number)
    });
    let (done, entry) = result;
    let recording = disk.recording();
    for _ in 0..40 {
        let store = helpers::open(&Simulated::holding(recording.image_after(done, &mut random))).unwrap();
        let seen = on_a_thread(helpers::see(&store, helpers::name("a"))).unwrap().unwrap();
        assert!(
            seen.entries.iter().any(|kept| kept.number == entry),
            "entry {entry} was reported and is lost"
        );
    }
}

#[test]
fn what_a_follower_received_outlives_a_crash_at_that_instant() {
    let mut random = Random::from_environment();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let disk = Simulated::new();
    let day = Arc::new(Day::begin(&disk).unwrap());
    let events = async |day: &Day| day.store.events(Position::START, usize::MAX).await.unwrap();
    let (before, meanwhile, done) = runtime.block_on(async {
        day.open_accounts().await.unwrap();
        let before = events(&day).await;
        disk.set_sync_time(Duration::from_millis(80));
        let writer = Arc::clone(&day);
        let written = tokio::spawn(async move { writer.ask(vec![helpers::deposit("a", 1, 100)]).await });
        tokio::time::sleep(Duration::from_millis(15)).await;
        let meanwhile = events(&day).await;
        let done = disk.operations();
        written.await.unwrap().unwrap();
        let after = events(&day).await;
        assert!(after.starts_with(&before) && after.len() > before.len(), "what is synced is reported");
        (before, meanwhile, done)
    });
    assert!(meanwhile.starts_with(&before));
    let recording = disk.recording();
    for _ in 0..40 {
        let store = helpers::open(&Simulated::holding(recording.image_after(done, &mut random))).unwrap();
        let kept = on_a_thread(store.events(Position::START, usize::MAX)).unwrap();
        assert!(kept.starts_with(&meanwhile), "{} facts are kept of {}", kept.len(), meanwhile.len());
    }
}
