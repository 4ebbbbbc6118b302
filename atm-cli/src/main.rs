//! The ATM in a terminal window; all that it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    atm_cli::run(std::env::args_os())
}
