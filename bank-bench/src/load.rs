//! The load: a task a channel, one request at a time on each.

use std::time::{Duration, Instant};

use bank_engine::client::Client;
use bank_engine::ledger::TransactionId;
use bank_engine::money::Amount;
use bank_engine::transport::Channel;
use hdrhistogram::Histogram;
use tokio::task::JoinSet;

use super::echo::Frames;
use super::error::BenchError;

/// One channel and how to use it.
pub(super) enum Worker {
    /// A customer of the bank, at his own account.
    Bank { client: Client, amount: Amount },
    /// The same requests as bare frames.
    Echo { channel: Box<dyn Channel>, frames: Frames },
}

impl Worker {
    async fn ask(&mut self, turn: usize) -> Result<(), BenchError> {
        match self {
            Worker::Bank { client, amount } => match turn % 3 {
                0 => _ = client.balance().await?,
                1 => _ = client.deposit(TransactionId::generate(), *amount).await?,
                _ => _ = client.withdraw(TransactionId::generate(), *amount).await?,
            },
            Worker::Echo { channel, frames } => {
                channel.send(frames.request(turn)).await?;
                channel.receive().await?.ok_or(BenchError::EchoEnded)?;
            }
        }
        Ok(())
    }

    /// Three more requests at a time, so that every run begins and ends at the same balance.
    async fn work(&mut self, until: Instant) -> Result<Vec<u32>, BenchError> {
        let mut latencies_ns = Vec::new();
        let mut turn = 0;
        while turn % 3 != 0 || Instant::now() < until {
            let asked = Instant::now();
            self.ask(turn).await?;
            // Four seconds and more count as four.
            latencies_ns.push(u32::try_from(asked.elapsed().as_nanos()).unwrap_or(u32::MAX));
            turn += 1;
        }
        Ok(latencies_ns)
    }

    pub(super) async fn end(self) {
        match self {
            Worker::Bank { client, .. } => client.close().await,
            Worker::Echo { mut channel, .. } => channel.close().await,
        }
    }
}

/// What one run came to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured {
    pub(super) requests_a_second: f64,
    pub(super) p50_us: f64,
    pub(super) p99_us: f64,
}

/// Keeps all workers busy for `time`.
pub(super) async fn run(workers: &mut Vec<Worker>, time: Duration) -> Result<Measured, BenchError> {
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for mut worker in workers.drain(..) {
        tasks.spawn(async move { worker.work(started + time).await.map(|latencies| (worker, latencies)) });
    }
    let mut done = Vec::new();
    while let Some(task) = tasks.join_next().await {
        done.push(task??);
    }
    let seconds = started.elapsed().as_secs_f64();
    // Three digits are finer than one run is like the next; five seconds are beyond any latency kept.
    let bounds = Histogram::<u64>::new_with_bounds(1, 5_000_000_000, 3);
    let mut histogram = bounds.map_err(|_| BenchError::EchoEnded)?;
    for (worker, latencies_ns) in done {
        workers.push(worker);
        for latency in latencies_ns {
            histogram.saturating_record(u64::from(latency));
        }
    }
    Ok(Measured {
        requests_a_second: histogram.len() as f64 / seconds,
        p50_us: histogram.value_at_quantile(0.5) as f64 / 1000.0,
        p99_us: histogram.value_at_quantile(0.99) as f64 / 1000.0,
    })
}
