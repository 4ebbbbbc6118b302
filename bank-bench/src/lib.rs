//! The bank beside a bare echo over the same transport, in the same run; in memory, and durable.
//!
//! For each transport and number of channels a bank and an echo are served and as many channels
//! opened to each. Then they are measured in pairs, one after the other, the first of a pair now
//! the one and now the other, so that what else the machine does falls on both. An echo answers
//! each frame with one of the size that the bank's answer has; so the ratio is what the bank
//! itself costs: JSON on both sides, the ledger, its history, its ids.

mod echo;
mod load;
mod machine;
mod report;
mod rig;

use std::path::PathBuf;
use std::time::Duration;

use bank_engine::bank::BankError;
use bank_engine::client::ClientError;
use bank_engine::endpoint::EndpointError;
use bank_engine::journal::JournalError;
use bank_engine::tls::TlsError;
use bank_engine::transport::TransportError;
use bank_engine_cli_support::stdout;
use bank_engine_server::cli::{Output, OutputArgs, duration};
use bank_engine_server::descriptors;
use clap::{Parser, ValueEnum};

use machine::Machine;
use report::{Cell, Report};
use rig::Rig;

/// The most channels that one run opens.
const CHANNELS_MAX: usize = 10_000;

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
    /// Where the bank keeps what it is told
    #[arg(long, value_enum, value_delimiter = ',', value_name = "NAME", default_values_t = [Kept::Memory, Kept::Journal])]
    pub store: Vec<Kept>,
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

/// Where the bank keeps what it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum Kept {
    /// In memory
    Memory,
    /// In a journal, each answer after its sync
    Journal,
}

impl Kept {
    /// The store's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kept::Memory => "memory",
            Kept::Journal => "journal",
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

/// Measures everything that was asked for and answers a table of it.
pub async fn bench(args: &BenchArgs) -> Result<(), BenchError> {
    descriptors::raise();
    let mut cells = Vec::new();
    for kept in &args.store {
        for wire in &args.transport {
            for channels in &args.channels {
                stdout::tell(&format!("measuring {}, {}, {channels} at once", kept.name(), wire.name()));
                cells.push(cell(args, *kept, *wire, *channels).await?);
            }
        }
    }
    let report = Report { machine: Machine::read(), cells };
    let text = match args.output.output {
        Output::Human => report.to_string(),
        Output::Json => {
            let json = serde_json::to_string(&report).map_err(|error| BenchError::Output(error.into()))?;
            json + "\n"
        }
    };
    stdout::write(&text).map(drop).map_err(BenchError::Output)
}

async fn cell(args: &BenchArgs, kept: Kept, wire: Wire, channels: usize) -> Result<Cell, BenchError> {
    let directory = args.directory.as_deref().filter(|_| kept == Kept::Journal);
    let scratch = match (kept, directory) {
        (Kept::Memory, _) => None,
        (Kept::Journal, None) => Some(tempfile::tempdir().map_err(BenchError::Directory)?),
        (Kept::Journal, Some(disk)) => Some(tempfile::tempdir_in(disk).map_err(BenchError::Directory)?),
    };
    let journal = scratch.as_ref().map(|scratch| scratch.path().join("journal"));
    let mut rig = Rig::set_up(wire, channels, args.connections_each, journal.as_deref()).await?;
    let (mut echo, mut bank) = (Vec::new(), Vec::new());
    load::run(&mut rig.echo, args.warm_up).await?;
    load::run(&mut rig.bank, args.warm_up).await?;
    for pair in 0..args.repeats {
        if pair % 2 == 0 {
            echo.push(load::run(&mut rig.echo, args.seconds).await?);
        }
        bank.push(load::run(&mut rig.bank, args.seconds).await?);
        if pair % 2 == 1 {
            echo.push(load::run(&mut rig.echo, args.seconds).await?);
        }
    }
    let cell = Cell::of((wire.name(), kept.name()), channels, rig.connections, &echo, &bank);
    rig.tear_down().await;
    Ok(cell)
}

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// The bank to measure could not be opened.
    #[error("cannot open the bank to measure")]
    Bank(#[from] BankError),
    /// The journal to measure could not be opened.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The figures could not be written.
    #[error("cannot write the figures")]
    Output(#[source] std::io::Error),
    /// No certificate for the encrypted transports.
    #[error("cannot make a certificate to measure with")]
    Identity(#[from] TlsError),
    /// No place for that certificate.
    #[error("cannot use a temporary directory")]
    Directory(#[source] std::io::Error),
    /// Nowhere to listen.
    #[error("cannot listen on loopback")]
    Endpoint(#[from] EndpointError),
    /// A connection failed.
    #[error("a connection failed; are there enough file descriptors (ulimit -Hn)?")]
    Transport(#[from] TransportError),
    /// A request failed.
    #[error("a request failed")]
    Client(#[from] ClientError),
    /// The echo ended.
    #[error("the echo ended early")]
    EchoEnded,
    /// A task of the load ended early.
    #[error("a task of the load ended early")]
    Task(#[from] tokio::task::JoinError),
}
