//! Where lines and hidden PINs are typed.

use std::io::{self, Write};

use async_trait::async_trait;
use bank_engine::auth::Secret;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::failure::Failure;

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

/// The terminal window, or what stands in for it on standard input.
pub struct Terminal {
    settings: Option<Termios>,
}

impl Default for Terminal {
    fn default() -> Self {
        Terminal::new()
    }
}

impl Terminal {
    /// Standard input and the terminal behind it.
    #[must_use]
    pub fn new() -> Terminal {
        Terminal { settings: None }
    }

    /// The same, knowing how the terminal was set.
    #[must_use]
    pub fn remember_settings() -> Terminal {
        Terminal { settings: tcgetattr(io::stdin()).ok() }
    }

    /// Sets the terminal as it was: a hidden prompt that was interrupted shows nothing typed.
    pub fn restore_settings(&self) {
        if let Some(settings) = &self.settings {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, settings);
            println!();
        }
    }
}

#[async_trait]
impl Keyboard for Terminal {
    async fn line(&mut self, prompt: &str) -> Result<Option<String>, Failure> {
        if !prompt.is_empty() {
            let mut screen = io::stdout();
            let shown = write!(screen, "{prompt}").and_then(|()| screen.flush());
            shown.map_err(|error| Failure::local(format!("cannot write: {error}")))?;
        }
        off_the_async_threads(read_line).await
    }

    async fn hidden(&mut self, prompt: &str) -> Result<Option<Secret>, Failure> {
        let prompt = prompt.to_owned();
        let typed = off_the_async_threads(move || rpassword::prompt_password(prompt).map(Some)).await;
        match typed {
            Ok(typed) => Ok(typed.map(Secret::new)),
            Err(error) => {
                Err(error.and("a PIN is typed at a terminal; give --pin-stdin or --pin-file instead"))
            }
        }
    }
}

async fn off_the_async_threads<T: Send + 'static>(
    read: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Failure> {
    let read = tokio::task::spawn_blocking(read).await;
    read.map_err(|_| Failure::local("interrupted"))?
        .map_err(|error| Failure::usage(format!("cannot read the input: {error}")))
}

/// A line of standard input without its end; `None` at the end of input.
pub(crate) fn read_line() -> io::Result<Option<String>> {
    use io::{BufRead, Read};
    let mut line = String::new();
    let limit = u64::try_from(LINE_BYTES_MAX).unwrap_or(u64::MAX);
    let read = io::stdin().lock().take(limit).read_line(&mut line)?;
    if read == LINE_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is too long"));
    }
    let length = line.trim_end_matches(['\n', '\r']).len();
    line.truncate(length);
    Ok((read > 0).then_some(line))
}
