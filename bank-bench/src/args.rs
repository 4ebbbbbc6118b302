//! The command line of `bank-bench`.

use std::path::PathBuf;
use std::time::Duration;

use bank_engine_server::cli::{OutputArgs, duration};
use clap::{Parser, ValueEnum};

/// The most channels that one run opens.
pub(super) const CHANNELS_MAX: usize = 10_000;

const EXAMPLES: &str = "\
Each channel asks for a balance, deposits and withdraws on an account of its own, one request at a
time; of a durable bank every answer comes after its sync. Latencies are of one request; all figures are medians of the repeats.
A thousand channels on tcp and tls take 4,000 file descriptors: see ulimit -Hn.

Examples:
  bank-bench
  bank-bench --transport tcp,quic --channels 64 --seconds 5s --repeats 5
  bank-bench --store journal --directory /mnt/disk --transport tcp
  bank-bench --transport quic --channels 1000 --connections-each --output json";

/// Measures requests a second beside a bare echo, client and server in this process.
#[derive(Debug, Parser)]
#[command(name = "bank-bench", version, after_long_help = EXAMPLES)]
pub struct BenchArgs {
    /// Over which transports
    #[arg(
        long, value_enum, value_delimiter = ',', value_name = "NAME",
        default_values_t = [Wire::Memory, Wire::Tcp, Wire::Tls, Wire::Quic]
    )]
    pub transport: Vec<Wire>,
    /// The store that the bank is kept in
    #[arg(long, value_enum, value_delimiter = ',', value_name = "NAME", default_values_t = [StoreKind::Memory, StoreKind::Journal])]
    pub store: Vec<StoreKind>,
    /// On which disk a journal is made, in a directory of its own that is gone afterwards; otherwise the
    /// system's for temporary files
    #[arg(long, value_name = "DIR")]
    pub directory: Option<PathBuf>,
    /// How many channels at once
    #[arg(long, value_delimiter = ',', value_name = "N", default_values_t = [1, 64, 1000], value_parser = channels)]
    pub channels: Vec<usize>,
    /// How long each is measured
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = duration)]
    pub seconds: Duration,
    /// How long each runs before it is measured
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = duration)]
    pub warm_up: Duration,
    /// How many pairs are measured
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=100))]
    pub repeats: u8,
    /// On quic and in memory, a connection for each channel instead of one for all
    #[arg(long)]
    pub connections_each: bool,
    /// How to answer.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What is measured over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum Wire {
    /// Queues in this process
    Memory,
    /// Plain TCP on loopback
    Tcp,
    /// TLS 1.3 over TCP
    Tls,
    /// QUIC
    Quic,
}

/// The store that the bank is kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum StoreKind {
    /// In memory
    Memory,
    /// In a journal, each answer after its sync
    Journal,
}

impl StoreKind {
    /// The store's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            StoreKind::Memory => "memory",
            StoreKind::Journal => "journal",
        }
    }
}

impl Wire {
    /// The transport's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Wire::Memory => "memory",
            Wire::Tcp => "tcp",
            Wire::Tls => "tls",
            Wire::Quic => "quic",
        }
    }
}

fn channels(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| (1..=CHANNELS_MAX).contains(count));
    count.ok_or_else(|| format!("use a number from 1 to {CHANNELS_MAX}"))
}
