//! `bank-bench`; all that it does is in the library.

use std::process::ExitCode;

use bank_engine::error_chain::error_chain;
use bank_engine_bench::BenchArgs;
use bank_engine_cli_support::exit::DECLINED;
use bank_engine_cli_support::stdout;
use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    match bank_engine_bench::bench(&BenchArgs::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            stdout::notify(&format!("error: {}", error_chain(&error)));
            ExitCode::from(DECLINED)
        }
    }
}
