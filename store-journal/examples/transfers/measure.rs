//! Rows of the tables.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bank_engine_core::ledger::Command;
use bank_engine_core::store::Store;

use crate::load::Load;

/// Bytes of a transfer in the journal, and of a batch around its transfers.
const RECORD_BYTES: usize = 112;
const FRAME_BYTES: usize = 65;

/// Transfers a second that a bare append and sync of the same bytes would keep.
fn bare(directory: &Path, batch: usize, time: Duration) -> f64 {
    let path = directory.join("bare");
    let mut file = File::create(&path).unwrap();
    let bytes = vec![0xB5; batch * RECORD_BYTES + FRAME_BYTES];
    let (started, mut batches) = (Instant::now(), 0_u32);
    while started.elapsed() < time {
        file.write_all(&bytes).unwrap();
        file.sync_data().unwrap();
        batches += 1;
    }
    let rate =
        f64::from(batches) * f64::from(u32::try_from(batch).unwrap()) / started.elapsed().as_secs_f64();
    drop(file);
    std::fs::remove_file(path).unwrap();
    rate
}

/// Transfers a second of callers that each ask for a batch at a time.
async fn journal(load: &Load, callers: u64, batch: usize, time: Duration) -> f64 {
    let before = load.transfers();
    let started = Instant::now();
    let callers: Vec<_> = (0..callers)
        .map(|seed| {
            let (store, transfers) = (Arc::clone(&load.store), Arc::clone(&load.transfers));
            let mut maker = load.maker(seed + 10);
            tokio::spawn(async move {
                while started.elapsed() < time {
                    Load::execute(&store, &transfers, maker.batch(batch)).await;
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    f64::from(u32::try_from(load.transfers() - before).unwrap()) / started.elapsed().as_secs_f64()
}

pub(crate) async fn batches(load: &Load, directory: &Path, pairs: usize, time: Duration) {
    println!("\n| batch | callers | bare append and sync | journal | ratio |\n|---|---|---|---|---|");
    for (batch, callers) in
        [(1, 1), (16, 1), (16, 2), (128, 1), (128, 2), (1024, 1), (1024, 2), (8190, 1), (8190, 2)]
    {
        row(load, directory, pairs, time, callers, batch, batch).await;
    }
}

pub(crate) async fn callers(load: &Load, directory: &Path, pairs: usize, time: Duration) {
    println!("\nsingle commands; the bare append takes as many at a time as there are callers");
    println!("| batch | callers | bare append and sync | journal | ratio |\n|---|---|---|---|---|");
    for callers in [1, 64, 1000] {
        let together = usize::try_from(callers).unwrap();
        row(load, directory, pairs, time, callers, 1, together).await;
    }
}

async fn row(
    load: &Load,
    directory: &Path,
    pairs: usize,
    time: Duration,
    callers: u64,
    batch: usize,
    together: usize,
) {
    let (mut bares, mut journals, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..pairs {
        let bare = bare(directory, together, time);
        let journal = journal(load, callers, batch, time).await;
        bares.push(bare);
        journals.push(journal);
        ratios.push(journal / bare);
    }
    let [bare, journal, ratio] = [bares, journals, ratios].map(median);
    println!("| {batch} | {callers} | {bare:.0} | {journal:.0} | {ratio:.2} |");
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// What it costs to find an old id, to refuse an unknown one, and to read ten lines.
pub(crate) async fn lookups(load: &Load) {
    const COUNT: usize = 8000;
    let mut maker = load.maker(999);
    // Every transfer that the first filler made began with the same seed.
    let old = old_transfers(load, COUNT);
    let before = load.transfers.load(Ordering::Relaxed);
    let known = each(load, old).await;
    assert_eq!(load.transfers.load(Ordering::Relaxed), before, "an old id moved money again");
    let statement = each(load, (0..COUNT).map(|_| maker.statement()).collect()).await;
    println!("\nan old transfer asked for again {known:.1} us, ten lines of a statement {statement:.1} us");
}

/// The transfers that were made first.
fn old_transfers(load: &Load, count: usize) -> Vec<Command> {
    let mut first = Load {
        store: Arc::clone(&load.store),
        accounts: Arc::clone(&load.accounts),
        transfers: Arc::default(),
    }
    .maker(1);
    first.batch(count)
}

async fn each(load: &Load, commands: Vec<Command>) -> f64 {
    let count = commands.len();
    let started = Instant::now();
    let decisions = load.store.execute(commands).await.unwrap();
    let elapsed = started.elapsed();
    for decision in decisions {
        decision.unwrap();
    }
    elapsed.as_secs_f64() * 1e6 / f64::from(u32::try_from(count).unwrap())
}
