//! Answers on standard output.

use std::io::{self, Write};

use serde::Serialize;

use crate::cli::Output;
use crate::error::CommandError;

/// Writes an answer in one piece, as `text` or as `value` in JSON. A reader that left early, as
/// `head` does, is no error.
pub fn answer(output: Output, value: &impl Serialize, text: &str) -> Result<(), CommandError> {
    match output {
        Output::Human => write(text),
        Output::Json => {
            let json = serde_json::to_string(value).map_err(|error| CommandError::Output(error.into()))?;
            write(&format!("{json}\n"))
        }
    }
}

/// Writes `text` on standard output and flushes it.
pub fn write(text: &str) -> Result<(), CommandError> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CommandError::Output(error)),
        _ => Ok(()),
    }
}
