//! The bank server's logic; `bankd` is its thin main.
//!
//! - [`cli`]: the command line, a file for each noun.
//! - [`commands`]: the commands, a file for each noun; [`serve`] and [`mod@export`] have folders of
//!   their own.
//! - [`operator_connection`]: how a command reaches the bank, whether a server runs or not.
//! - [`import`]: accounts from other systems' files, pure over bytes.
//! - [`data`]: the data directory, which holds the bank between runs.
//! - `event_json`: a recorded fact as a line of JSON, for `bankd events` and exports.

pub mod cli;
pub mod commands;
pub mod data;
pub mod error;
mod event_json;
pub mod export;
pub mod file_error;
pub mod import;
pub mod operator_connection;
pub mod output;
pub mod progress;
pub mod secret;
pub mod serve;

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::process::ExitCode;

use bank_engine::error_chain::error_chain;
use bank_engine_cli_support::environment::without_empty_variables;
use bank_engine_cli_support::{exit, stdout};
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

pub use error::CommandError;

use cli::{Cli, Command, Output};

/// Runs `bankd` with its arguments, the first of which is its name.
///
/// What went wrong is reported: on standard output for programs, on standard error for people. The exit
/// codes are those of [`exit`].
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let words: Vec<OsString> = args.into_iter().collect();
    let commands = without_empty_variables(Cli::command());
    let parsed = commands.try_get_matches_from(&words).and_then(|matches| {
        let output = output_of(&matches);
        Cli::from_arg_matches(&matches).map(|cli| (cli, output))
    });
    let (cli, output) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return ExitCode::from(exit::report_usage(&error, &words)),
    };
    match started(cli) {
        Ok(code) => code,
        Err(error) => {
            match output {
                Output::Json => drop(stdout::write(&format!("{}\n", error.json()))),
                Output::Human => stdout::notify(&format!("error: {}", error_chain(&error))),
            }
            ExitCode::from(error.exit_code())
        }
    }
}

/// The form that the command was asked to answer in.
fn output_of(matches: &ArgMatches) -> Output {
    let mut innermost = matches;
    while let Some((_, matches)) = innermost.subcommand() {
        innermost = matches;
    }
    innermost.try_get_one("output").ok().flatten().copied().unwrap_or_default()
}

fn started(cli: Cli) -> Result<ExitCode, CommandError> {
    log(cli.log, matches!(cli.command, Command::Serve(_)));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(CommandError::Start)?;
    let done = runtime.block_on(execute(cli.command));
    // What a second signal cut short is not waited for.
    runtime.shutdown_background();
    done
}

async fn execute(command: Command) -> Result<ExitCode, CommandError> {
    match command {
        Command::Serve(args) => return serve::serve(&args).await,
        Command::Import(args) => commands::import(&args).await?,
        Command::Account(command) => commands::account(&command).await?,
        Command::Session(command) => commands::session(&command).await?,
        Command::Terminal(command) => commands::terminal(&command).await?,
        Command::Hold(command) => commands::hold(&command).await?,
        Command::Reverse(args) => commands::reverse(&args).await?,
        Command::TransferBatch(args) => commands::transfer_batch(&args).await?,
        Command::TrialBalance(args) => commands::trial_balance(&args).await?,
        Command::Events(args) => commands::events::events(&args).await?,
        Command::Verify(args) => commands::maintenance::verify(&args)?,
        Command::Backup(args) => commands::maintenance::back_up(&args)?,
        Command::Restore(args) => commands::maintenance::restore(&args)?,
        Command::Head(args) => commands::maintenance::head(&args)?,
        Command::Export(args) => export::export(&args)?,
        Command::Cert(command) => commands::cert::cert(&command)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Logs on standard error what the bank does. Of other libraries only faults are logged, whatever
/// the level: what they trace is not ours to vouch for.
fn log(level: LevelFilter, is_server: bool) {
    let others = level.min(LevelFilter::WARN);
    let targets = Targets::new().with_default(others).with_target("bank", level);
    // A command that opens the bank itself serves it to nobody else, which is no news to its user.
    let is_news = is_server || level != LevelFilter::INFO;
    let targets = if is_news { targets } else { targets.with_target("bank_engine_core::server", others) };
    let lines =
        tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    // Where standard error can't be written to, nothing can be informed of that.
    let lines = lines.log_internal_errors(false);
    // Only a second call in one process finds one set already.
    let _ = tracing_subscriber::registry().with(targets).with(lines).try_init();
}
