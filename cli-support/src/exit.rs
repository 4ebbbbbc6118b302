//! What exit codes mean, and errors for programs. The table is in docs/command-line.md.

use std::ffi::OsString;
use std::io::{self, Write};

use bank_engine_core::protocol::Code;
use serde_json::{Value, json};

/// The bank refused, or what was asked failed.
pub const DECLINED: u8 = 1;
/// The arguments or the input make no sense.
pub const USAGE: u8 = 2;
/// The bank could not be reached, is not trusted, the line was lost, or the outcome is unknown.
pub const NO_LINE: u8 = 3;
/// The account or PIN is wrong, the account is locked, or its PIN is to be changed first.
pub const NO_ACCESS: u8 = 4;
/// The account or the data directory is in use, or the bank is busy or shutting down: try again
/// later.
pub const BUSY: u8 = 5;
/// It was done, and the answer could not be written.
pub const ANSWER_LOST: u8 = 6;
/// Ended by SIGHUP: the window was closed.
pub const HUNG_UP: u8 = 129;
/// Ended by SIGINT, which is Ctrl-C.
pub const INTERRUPTED: u8 = 130;
/// Ended by SIGTERM.
pub const TERMINATED: u8 = 143;

/// What a refusal with this code ends a program with.
#[must_use]
pub fn of_refusal(code: Option<Code>) -> u8 {
    match code {
        Some(Code::BadCredentials | Code::Locked | Code::MustChangeSecret | Code::BadTerminal) => NO_ACCESS,
        Some(
            Code::AccountInUse
            | Code::RateLimited
            | Code::ShuttingDown
            | Code::Overloaded
            | Code::StorageFull
            | Code::Internal,
        ) => BUSY,
        Some(Code::StorageFailed) => NO_LINE,
        _ => DECLINED,
    }
}

/// An error for programs: `{"error":{"code":…,"message":…,"data":…}}`; the code is `null` where it was
/// not the bank that refused, and there may be no data.
#[must_use]
pub fn error_json(code: Option<i32>, message: &str, data: Option<Value>) -> Value {
    let mut error = json!({ "code": code, "message": message });
    if let (Some(data), Some(members)) = (data, error.as_object_mut()) {
        members.insert("data".to_owned(), data);
    }
    json!({ "error": error })
}

/// Reports what is wrong with the arguments, or what was asked about them, and what that ends the
/// program with. `words` are the arguments: what can't be understood as a whole may still say whom
/// the answer is for.
#[must_use]
pub fn report_usage(error: &clap::Error, words: &[OsString]) -> u8 {
    if !error.use_stderr() {
        let _ = error.print();
        return 0;
    }
    let pairs = words.iter().zip(words.iter().skip(1));
    let for_programs = words.iter().any(|word| word == "--output=json")
        || pairs.into_iter().any(|(option, value)| option == "--output" && value == "json");
    if for_programs {
        let text = error.to_string();
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let message = lines.join(" ");
        let error = error_json(None, message.trim_start_matches("error: "), None);
        let _ = writeln!(io::stdout(), "{error}");
    } else {
        let _ = error.print();
    }
    USAGE
}
