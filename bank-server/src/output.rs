//! Answers on standard output.

use bank_engine_cli_support::stdout::{self, Written};
use serde::Serialize;

use crate::cli::Output;
use crate::error::CommandError;

/// Writes an answer in one piece, as `text` or as `value` in JSON. A reader that left early, as
/// `head` does, is no error.
pub fn answer(output: Output, value: &impl Serialize, text: &str) -> Result<(), CommandError> {
    form(output, value, text).and_then(|text| write(&text))
}

/// The same for a command that changed something: that its answer reached nobody is shown by the exit
/// code at least.
pub fn confirm(output: Output, value: &impl Serialize, text: &str) -> Result<(), CommandError> {
    let text = form(output, value, text)?;
    match stdout::write(&text) {
        Ok(Written::Whole) => Ok(()),
        Ok(Written::ToNobody) => Err(CommandError::AnswerLost(None)),
        Err(error) => Err(CommandError::AnswerLost(Some(error))),
    }
}

fn form(output: Output, value: &impl Serialize, text: &str) -> Result<String, CommandError> {
    match output {
        Output::Human => Ok(text.to_owned()),
        Output::Json => {
            let json = serde_json::to_string(value).map_err(|error| CommandError::Output(error.into()))?;
            Ok(json + "\n")
        }
    }
}

/// Writes `text` on standard output and flushes it.
pub fn write(text: &str) -> Result<(), CommandError> {
    stdout::write(text).map(drop).map_err(CommandError::Output)
}
