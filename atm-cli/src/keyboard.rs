//! Where lines and hidden PINs are typed.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bank_engine::auth::Secret;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::failure::{Failure, INTERRUPTED};

/// The longest line taken, in bytes.
const LINE_BYTES_MAX: usize = 4096;

/// Someone who types. `None` is the end of input.
#[async_trait]
pub trait Keyboard: Send {
    /// The next line, after showing `prompt`.
    async fn line(&mut self, prompt: &str) -> Result<Option<String>, Failure>;

    /// The next line, unseen, after showing `prompt`.
    async fn hidden(&mut self, prompt: &str) -> Result<Option<Secret>, Failure>;
}

/// Standard input, and the terminal behind it for what must not be seen.
#[derive(Clone)]
pub struct Terminal {
    asking: Asking,
    /// The terminal and its settings while a PIN is typed.
    unhidden: Arc<Mutex<Option<(File, Termios)>>>,
}

/// Whom the prompts are for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asking {
    /// Somebody at the ATM: prompts belong to its screen.
    Customer,
    /// Whoever runs a command: its standard output holds answers alone.
    Caller,
}

impl Terminal {
    /// For the ATM: prompts stand on standard output, among the answers.
    #[must_use]
    pub fn at_the_screen() -> Terminal {
        Terminal { asking: Asking::Customer, unhidden: Arc::default() }
    }

    /// For commands: prompts stand on standard error.
    #[must_use]
    pub fn beside_the_output() -> Terminal {
        Terminal { asking: Asking::Caller, unhidden: Arc::default() }
    }

    /// To be called when interrupted: what is typed is seen again, and a new line begins.
    pub fn restore(&self) {
        if let Some((terminal, settings)) = self.unhidden().take() {
            let _ = tcsetattr(terminal, OptionalActions::Now, &settings);
        }
        if io::stdin().is_terminal() {
            let _ = writeln!(io::stderr());
        }
    }

    fn prompt(&self, prompt: &str) -> io::Result<()> {
        let mut screen: Box<dyn Write> = match self.asking {
            Asking::Customer => Box::new(io::stdout()),
            Asking::Caller => Box::new(io::stderr()),
        };
        screen.write_all(prompt.as_bytes()).and_then(|()| screen.flush())
    }

    fn unhidden(&self) -> std::sync::MutexGuard<'_, Option<(File, Termios)>> {
        self.unhidden.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Keyboard for Terminal {
    async fn line(&mut self, prompt: &str) -> Result<Option<String>, Failure> {
        loop {
            if !prompt.is_empty() {
                self.prompt(prompt).map_err(|error| Failure::local(format!("cannot write: {error}")))?;
            }
            let read = off_the_async_threads(read_line).await?;
            match read {
                Err(error)
                    if error.kind() == io::ErrorKind::InvalidData && self.asking == Asking::Customer =>
                {
                    let _ = self.prompt("That is not text in UTF-8; type it again.\n");
                }
                read => {
                    return read.map_err(|error| Failure::usage(format!("cannot read the input: {error}")));
                }
            }
        }
    }

    async fn hidden(&mut self, prompt: &str) -> Result<Option<Secret>, Failure> {
        let prompt = prompt.to_owned();
        *self.unhidden() = settings();
        let typed = off_the_async_threads(move || rpassword::prompt_password(prompt)).await?;
        *self.unhidden() = None;
        match typed {
            Ok(typed) => Ok(Some(Secret::new(typed))),
            // Ctrl-D, which leaves the cursor behind the prompt.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                let _ = self.prompt("\n");
                Ok(None)
            }
            // Ctrl-C comes as a signal too; whichever is noticed first says the same.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                Err(Failure::interrupted(INTERRUPTED, None))
            }
            Err(error) => Err(Failure::usage(format!(
                "cannot ask for the PIN: {error}; without a terminal, give --pin-stdin or --pin-file"
            ))),
        }
    }
}

/// The terminal that PINs are typed at, and how it is set.
fn settings() -> Option<(File, Termios)> {
    let terminal = File::open("/dev/tty").ok()?;
    let settings = tcgetattr(&terminal).ok()?;
    Some((terminal, settings))
}

async fn off_the_async_threads<T: Send + 'static>(
    read: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(read).await.map_err(|_| Failure::interrupted(INTERRUPTED, None))
}

/// A line of standard input without its end; `None` at the end of input.
fn read_line() -> io::Result<Option<String>> {
    line_of(&mut io::stdin().lock())
}

fn line_of(input: &mut dyn io::BufRead) -> io::Result<Option<String>> {
    use io::{BufRead, Read};
    let mut line = Vec::new();
    let limit = u64::try_from(LINE_BYTES_MAX).unwrap_or(u64::MAX);
    let read = input.take(limit + 1).read_until(b'\n', &mut line)?;
    if read > LINE_BYTES_MAX {
        let told = format!("a line is longer than {LINE_BYTES_MAX} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, told));
    }
    let mut line = String::from_utf8(line)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "a line is not text in UTF-8"))?;
    let length = line.trim_end_matches(['\n', '\r']).len();
    line.truncate(length);
    Ok((read > 0).then_some(line))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn lines_lose_their_ends() {
        let mut input: &[u8] = b"one\r\n\ntwo";
        for line in [Some("one"), Some(""), Some("two"), None] {
            assert_eq!(line_of(&mut input).unwrap().as_deref(), line);
        }
    }

    #[test]
    fn lines_are_short_text() {
        let kind = |bytes: &[u8]| line_of(&mut &bytes[..]).map_err(|error| error.kind());
        assert_eq!(kind(b"M\xfcller\n"), Err(io::ErrorKind::InvalidData));
        assert_eq!(kind(&[b'x'; LINE_BYTES_MAX]).unwrap().unwrap().len(), LINE_BYTES_MAX);
        assert_eq!(kind(&[b'x'; LINE_BYTES_MAX + 1]), Err(io::ErrorKind::InvalidInput));
    }
}
