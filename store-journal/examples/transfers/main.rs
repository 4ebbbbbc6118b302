//! How many transfers a second the journal keeps, beside a bare append and sync of as many bytes.
//!
//! ```sh
//! cargo run --release -p bank-engine-journal --example transfers -- --directory DIR
//! ```
//!
//! Fills a journal with transfers between random accounts, each with a random id, and prints the
//! curve; then measures batches and concurrent callers, looks up old ids and statements, and opens
//! the journal again. Everything in a second counts as kept: it was answered after its sync.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod load;
mod measure;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bank_engine_core::store::Store;
use clap::Parser;

use load::Load;

const MILLION: u64 = 1_000_000;

#[derive(Parser)]
struct Arguments {
    /// Where the journal goes: a new or empty directory on the disk to be measured
    #[arg(long)]
    directory: PathBuf,
    /// Accounts
    #[arg(long, default_value_t = 100_000)]
    accounts: u32,
    /// Millions of transfers before anything but the curve is measured
    #[arg(long, default_value_t = 10)]
    millions: u64,
    /// Millions more afterwards, for the rest of the curve
    #[arg(long, default_value_t = 0)]
    then: u64,
    /// Pairs of measurements, bare and journal in turn, for each row
    #[arg(long, default_value_t = 5)]
    pairs: usize,
    /// Seconds for each measurement
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
}

fn main() {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(run(&arguments));
}

async fn run(arguments: &Arguments) {
    let journal = arguments.directory.join("journal");
    let started = Instant::now();
    let store = Arc::new(load::open(&journal));
    let mut load = Load::start(Arc::clone(&store), arguments.accounts).await;
    println!(
        "{} accounts opened and logged in, {:.1} s",
        arguments.accounts,
        started.elapsed().as_secs_f64()
    );
    let empty = size(&journal);
    let memory = rss_bytes();

    println!("\ntransfers a second at batch 8,190, two callers, by the length of the history in millions");
    curve(&mut load, 1..=arguments.millions).await;
    if let (Some(before), Some(after)) = (memory, rss_bytes()) {
        let more = after.saturating_sub(before);
        println!("memory {} MiB, {} MiB of it since the accounts were opened", after >> 20, more >> 20);
    }

    let seconds = Duration::from_secs_f64(arguments.seconds);
    measure::batches(&load, &arguments.directory, arguments.pairs, seconds).await;
    measure::callers(&load, &arguments.directory, arguments.pairs, seconds).await;
    measure::lookups(&load).await;
    if arguments.then > 0 {
        println!("\nthe curve goes on");
        curve(&mut load, arguments.millions + 1..=arguments.millions + arguments.then).await;
        measure::lookups(&load).await;
    }

    let transfers = load.transfers();
    drop(load);
    let started = Instant::now();
    drop(Arc::into_inner(store).expect("nobody else has the store"));
    println!("\nclosed in {:.2} s", started.elapsed().as_secs_f64());
    for _ in 0..3 {
        let started = Instant::now();
        let store = load::open(&journal);
        let opened = started.elapsed();
        let sums = store.trial_balance().await.unwrap();
        assert!(sums.iter().all(|line| line.sum() == 0), "{sums:?}");
        println!("opened in {:.2} s, the sum is zero", opened.as_secs_f64());
    }
    // Opening has removed what was in the making.
    let grown = size(&journal).saturating_sub(empty);
    println!("{transfers} transfers, {:.1} bytes on disk each, indices included", per(grown, transfers));
}

async fn curve(load: &mut Load, millions: std::ops::RangeInclusive<u64>) {
    for million in millions {
        let started = Instant::now();
        load.fill(MILLION).await;
        let rate = 1e6 / started.elapsed().as_secs_f64();
        println!("{million:>4} {rate:>12.0}");
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn per(whole: u64, parts: u64) -> f64 {
    whole as f64 / parts as f64
}

fn size(directory: &Path) -> u64 {
    let files = std::fs::read_dir(directory).unwrap();
    files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
}

fn rss_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib << 10)
}
