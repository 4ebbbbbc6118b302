//! `bankd`, the bank server. All logic is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    bank_engine_server::run(std::env::args_os())
}
