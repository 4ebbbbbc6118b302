//! Reads lines and hidden PINs.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bank_engine::auth::Secret;
use bank_engine_cli_support::exit::INTERRUPTED;
use bank_engine_cli_support::{prompt, text};

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

/// Standard input, and the terminal behind it for what must not be seen.
#[derive(Debug, Clone)]
pub struct Terminal {
    asking: Asking,
    /// Whether a line was read already.
    has_read: Arc<AtomicBool>,
}

/// Whom the prompts are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asking {
    /// Somebody at the ATM: prompts belong to its screen.
    Customer,
    /// The shell that runs a command: its standard output holds answers alone.
    Caller,
}

impl Terminal {
    /// For the ATM: prompts are written to standard output, among the answers.
    #[must_use]
    pub fn at_the_screen() -> Terminal {
        Terminal { asking: Asking::Customer, has_read: Arc::default() }
    }

    /// For commands: prompts are written to standard error.
    #[must_use]
    pub fn beside_the_output() -> Terminal {
        Terminal { asking: Asking::Caller, has_read: Arc::default() }
    }

    /// To be called when interrupted: what is typed is seen again, and a new line begins.
    pub fn restore(&self) {
        prompt::restore();
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
}

#[async_trait]
impl Keyboard for Terminal {
    async fn line(&mut self, prompt: &str) -> Result<Option<String>, Failure> {
        loop {
            if !prompt.is_empty() {
                self.prompt(prompt).map_err(|error| Failure::local(format!("cannot write: {error}")))?;
            }
            let is_first = !self.has_read.swap(true, Ordering::Relaxed);
            let read = move || text::line(&mut io::stdin().lock(), LINE_BYTES_MAX, is_first);
            let read = off_the_async_threads(read).await?;
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
        let typed = off_the_async_threads(move || prompt::hidden(&prompt)).await?;
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

async fn off_the_async_threads<T: Send + 'static>(
    read: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(read).await.map_err(|_| Failure::interrupted(INTERRUPTED, None))
}
