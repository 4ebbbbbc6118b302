//! `bankd`, the bank server. All logic is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    match bank_server::run(std::env::args_os()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", bank_engine::explain::explain(&error));
            ExitCode::FAILURE
        }
    }
}
