//! Writing to the customer's screen.

use std::io::{self, Write};

use bank_engine_cli_support::exit::ANSWER_LOST;

use crate::failure::Failure;

/// Writes to the screen. A reader that went away (a closed pipe) is no failure.
pub(crate) fn show(screen: &mut (dyn Write + Send), text: &str) -> Result<(), Failure> {
    match screen.write_all(text.as_bytes()).and_then(|()| screen.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::local(format!("cannot write the answer: {error}")))
        }
        _ => Ok(()),
    }
}

/// The same for something that was done: that its answer could not be written is shown by the exit
/// code at least.
pub(crate) fn show_made(screen: &mut (dyn Write + Send), text: &str) -> Result<(), Failure> {
    screen.write_all(text.as_bytes()).and_then(|()| screen.flush()).map_err(|error| {
        Failure::new(ANSWER_LOST, format!("it was done, but the answer could not be written: {error}"))
    })
}

/// Writes a notice beside the answers. A failed write is ignored: there is nobody to report it to.
pub(crate) fn note(screen: &mut (dyn Write + Send), text: &str) {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let _ = writeln!(screen, "note: {text}").and_then(|()| screen.flush());
}
