//! The ATM's logic; `atm` is its thin main. The server decides; the ATM asks, shows and explains.
//!
//! - [`args`]: the command line.
//! - [`connect`], [`secret`]: reaching the bank, and where PINs come from.
//! - [`verb`]: what a customer can ask for, and doing it.
//! - [`one_shot`], [`script`], [`interactive`]: the three ways to use it.
//! - [`render`], [`failure`]: what is shown, and what the exit codes mean.
//! - [`keyboard`], [`underway`]: what is typed, and what has no answer when somebody interrupts.

pub mod args;
pub mod connect;
pub mod failure;
pub mod interactive;
pub mod keyboard;
pub mod one_shot;
pub mod render;
pub mod script;
pub mod secret;
pub mod underway;
pub mod verb;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use args::{Args, Output};
use connect::Bank;
use failure::{Failure, INTERRUPTED, USAGE};
use keyboard::Terminal;
use secret::Secrets;
use underway::Underway;

/// Time for the word that an interrupted channel is over to leave the machine.
const FAREWELL: Duration = Duration::from_millis(50);

/// Runs `atm` with its arguments, the first of which is its name, and answers its exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(told) => {
            let _ = told.print();
            return if told.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
        }
    };
    let is_atm = args.command.is_none() && io::stdin().is_terminal() && !args.pin_stdin;
    let terminal = if is_atm { Terminal::at_the_screen() } else { Terminal::beside_the_output() };
    let underway = Underway::default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return told(&args, &Failure::local(format!("cannot start: {error}"))),
    };
    let done = runtime.block_on(async {
        // Listened for before anything is begun: an account may be in hand at any time after.
        let mut interrupt = signal(SignalKind::interrupt())
            .map_err(|error| Failure::local(format!("cannot listen for Ctrl-C: {error}")))?;
        tokio::select! {
            biased;
            done = carry_out(&args, is_atm, terminal.clone(), underway.clone()) => done,
            _ = interrupt.recv() => Err(Failure::interrupted(None)),
        }
    });
    let done = done.map_err(|failure| {
        if failure.exit_code() != INTERRUPTED {
            return failure;
        }
        terminal.restore();
        std::thread::sleep(FAREWELL);
        Failure::interrupted(underway.unclear())
    });
    // A thread that still waits for the keyboard is not waited for.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => told(&args, &failure),
    }
}

async fn carry_out(
    args: &Args,
    is_atm: bool,
    mut keyboard: Terminal,
    underway: Underway,
) -> Result<(), Failure> {
    let bank = Bank::new(args, underway)?;
    let mut stdout = io::stdout();
    let mut secrets = Secrets::new(args);
    match &args.command {
        Some(command) => one_shot::run(&bank, args, command, &mut secrets, &mut keyboard, &mut stdout).await,
        None if is_atm => {
            let pin = secrets.from_file()?;
            interactive::run(&bank, args.account.as_deref(), pin, &mut keyboard, &mut stdout).await
        }
        None => script::run(&bank, args, &mut secrets, &mut keyboard, &mut stdout).await,
    }
}

/// Tells why it did not work: on standard output for programs, on standard error for people.
fn told(args: &Args, failure: &Failure) -> ExitCode {
    let _ = match args.output {
        Output::Json => writeln!(io::stdout(), "{}", failure.json()),
        Output::Human => writeln!(io::stderr(), "error: {}", failure.in_full()),
    };
    ExitCode::from(failure.exit_code())
}
