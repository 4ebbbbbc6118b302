//! The bank beside a bare echo over the same transport, in the same run; in memory, and durable.
//!
//! For each transport and number of channels a bank and an echo are served and as many channels
//! opened to each. Then they are measured in pairs, one after the other, the first of a pair now
//! the one and now the other, so that what else the machine does falls on both. An echo answers
//! each frame with one of the size that the bank's answer has; so the ratio is what the bank
//! itself costs: JSON on both sides, the ledger, its history, its ids.

mod args;
mod echo;
mod error;
mod load;
mod machine;
mod report;
mod rig;

use bank_engine_cli_support::stdout;
use bank_engine_server::cli::Output;
use bank_engine_server::serve::rlimit;

use machine::Machine;
use report::{Cell, Report};
use rig::Rig;

pub use args::{BenchArgs, StoreKind, Wire};
pub use error::BenchError;

/// Measures everything that was asked for and answers a table of it.
pub async fn bench(args: &BenchArgs) -> Result<(), BenchError> {
    rlimit::raise();
    let mut cells = Vec::new();
    for kept in &args.store {
        for wire in &args.transport {
            for channels in &args.channels {
                stdout::notify(&format!("measuring {}, {}, {channels} at once", kept.name(), wire.name()));
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

async fn cell(args: &BenchArgs, kept: StoreKind, wire: Wire, channels: usize) -> Result<Cell, BenchError> {
    let directory = args.directory.as_deref().filter(|_| kept == StoreKind::Journal);
    let scratch = match (kept, directory) {
        (StoreKind::Memory, _) => None,
        (StoreKind::Journal, None) => Some(tempfile::tempdir().map_err(BenchError::Directory)?),
        (StoreKind::Journal, Some(disk)) => Some(tempfile::tempdir_in(disk).map_err(BenchError::Directory)?),
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
