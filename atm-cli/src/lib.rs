//! The ATM's logic; `atm` is its thin main. The server decides; the ATM asks, shows and explains.
//!
//! - [`args`], [`time`]: the command line.
//! - [`connection`], [`secret`]: reaching the bank, and where PINs come from.
//! - [`machine`]: the machine that a customer uses, with its dispenser and its journal.
//! - [`requests`]: each request that a customer can make, as data and as calls to the bank.
//! - [`screens`], [`screen_writer`], [`keyboard`]: what is shown and what is typed.
//! - [`drivers`]: one command, a script of requests, or menus.
//! - [`failure`], [`in_flight`]: what went wrong, what has no answer yet, and the exit codes.
//! - [`failpoint`]: crashing on purpose.
//!
//! A file uses those above it in this list of layers: `failure` and `args`; `machine` and `connect`;
//! `requests`; `screens`; `drivers`.

pub mod args;
pub mod connection;
pub mod drivers;
pub mod failpoint;
pub mod failure;
pub mod in_flight;
pub mod keyboard;
pub mod machine;
pub mod requests;
pub mod screen_writer;
pub mod screens;
pub mod secret;
pub mod time;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use bank_engine_cli_support::environment::without_empty_variables;
use bank_engine_cli_support::exit::{self, HUNG_UP, INTERRUPTED, TERMINATED};
use clap::{CommandFactory, FromArgMatches};
use tokio::signal::unix::{Signal, SignalKind, signal};

use args::{Args, Output};
use connection::BankConnection;
use drivers::{interactive, one_shot, script};
use failure::Failure;
use in_flight::InFlight;
use keyboard::Terminal;
use secret::Secrets;

/// Time for the word that an interrupted channel is over to leave the machine.
const FAREWELL: Duration = Duration::from_millis(50);

/// Time for a dispense that began to come to its end when somebody interrupts.
const PAYING_TIME_MAX: Duration = Duration::from_secs(20);

/// Runs `atm` with its arguments, the first of which is its name, and answers its exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let words: Vec<OsString> = args.into_iter().collect();
    let commands = without_empty_variables(Args::command());
    let parsed = commands.try_get_matches_from(&words).and_then(|matches| Args::from_arg_matches(&matches));
    let args = match parsed {
        Ok(args) => args,
        Err(error) => return ExitCode::from(exit::report_usage(&error, &words)),
    };
    let is_atm = args.command.is_none() && io::stdin().is_terminal() && !args.pin_stdin;
    let terminal = if is_atm { Terminal::at_the_screen() } else { Terminal::beside_the_output() };
    let in_flight = InFlight::default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report_failure(args.output, &Failure::local(format!("cannot start: {error}"))),
    };
    let done = runtime.block_on(async {
        // Installed before anything else: an account may be logged in at any time after.
        let mut signals = Signals::listen()
            .map_err(|error| Failure::local(format!("cannot listen for signals: {error}")))?;
        let mut work = pin!(carry_out(&args, is_atm, terminal.clone(), in_flight.clone()));
        let exit_code = tokio::select! {
            biased;
            done = &mut work => return done,
            exit_code = signals.next() => exit_code,
        };
        // Cash that is on its way out is neither left lying nor left unreported.
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = in_flight.paid_out() => {}
            () = tokio::time::sleep(PAYING_TIME_MAX) => {}
        }
        Err(Failure::interrupted(exit_code, None))
    });
    let done = done.map_err(|failure| {
        if !failure.is_interruption() {
            return failure;
        }
        terminal.restore();
        std::thread::sleep(FAREWELL);
        Failure::interrupted(failure.exit_code(), in_flight.unclear())
    });
    // A thread that still waits for the keyboard is not waited for.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => report_failure(args.output, &failure),
    }
}

/// What ends the program from outside.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    fn listen() -> io::Result<Signals> {
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// The exit code of the next one.
    async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => INTERRUPTED,
            _ = self.terminate.recv() => TERMINATED,
            _ = self.hang_up.recv() => HUNG_UP,
        }
    }
}

async fn carry_out(
    args: &Args,
    is_atm: bool,
    mut keyboard: Terminal,
    in_flight: InFlight,
) -> Result<(), Failure> {
    let bank = BankConnection::new(args, in_flight)?;
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

/// Reports why it did not work: on standard output for programs, on standard error for people.
fn report_failure(output: Output, failure: &Failure) -> ExitCode {
    let _ = match output {
        Output::Json => writeln!(io::stdout(), "{}", failure.json()),
        Output::Human => writeln!(io::stderr(), "error: {}", failure.in_full()),
    };
    ExitCode::from(failure.exit_code())
}
