//! The ATM in a terminal window; all that it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    bank_engine_atm::run(std::env::args_os())
}
