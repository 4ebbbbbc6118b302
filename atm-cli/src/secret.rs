//! Where PINs come from: a hidden prompt, standard input or a private file. Never arguments, which
//! every user of the machine can read.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use bank_engine::auth::Secret;
use bank_engine_cli_support::text;

use crate::args::Args;
use crate::failure::Failure;
use crate::keyboard::Keyboard;

/// The most that is read of a PIN's file, in bytes.
const FILE_BYTES_MAX: u64 = 1024;

/// Where the PIN comes from.
#[derive(Debug)]
pub struct Secrets {
    from_stdin: bool,
    file: Option<PathBuf>,
}

impl Secrets {
    /// As the arguments say.
    #[must_use]
    pub fn new(args: &Args) -> Secrets {
        // At a terminal the PIN is typed unseen all the same.
        let from_stdin = args.pin_stdin && !io::stdin().is_terminal();
        Secrets { from_stdin, file: args.pin_file.clone() }
    }

    /// The PIN that a file holds, where one was named.
    pub fn from_file(&self) -> Result<Option<Secret>, Failure> {
        self.file.as_deref().map(from_file).transpose()
    }

    /// The PIN of an account.
    pub async fn pin(&mut self, keyboard: &mut dyn Keyboard) -> Result<Secret, Failure> {
        if let Some(pin) = self.from_file()? {
            return Ok(pin);
        }
        let typed = match self.from_stdin {
            true => keyboard.line("").await?.map(Secret::new),
            false => keyboard.hidden("PIN: ").await?,
        };
        typed.ok_or_else(|| Failure::usage("there was no PIN in the input"))
    }

    /// The PIN to replace it.
    pub async fn new_pin(
        &mut self,
        file: Option<&Path>,
        keyboard: &mut dyn Keyboard,
    ) -> Result<Secret, Failure> {
        match file {
            Some(file) => from_file(file),
            None if self.from_stdin => {
                let line = keyboard.line("").await?;
                line.map(Secret::new).ok_or_else(|| {
                    Failure::usage("the new PIN is the second line of the input, and there is none")
                })
            }
            None => chosen(keyboard)
                .await?
                .ok_or_else(|| Failure::usage("the two PINs differ; nothing was changed")),
        }
    }
}

/// A new PIN, typed twice; `None` where the two differ.
pub async fn chosen(keyboard: &mut dyn Keyboard) -> Result<Option<Secret>, Failure> {
    let ended = || Failure::usage("there was no PIN in the input");
    let first = keyboard.hidden("New PIN: ").await?.ok_or_else(ended)?;
    let second = keyboard.hidden("New PIN again: ").await?.ok_or_else(ended)?;
    Ok((first.expose() == second.expose()).then_some(first))
}

/// What the first line of a private file holds.
pub(crate) fn from_file(path: &Path) -> Result<Secret, Failure> {
    let shown = path.display();
    let unreadable = |error: io::Error| Failure::usage(format!("cannot read {shown}: {error}"));
    let file = File::open(path).map_err(unreadable)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.metadata().map_err(unreadable)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(Failure::usage(format!("{shown} can be read by others; run: chmod 600 {shown}")));
        }
    }
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(unreadable)?;
    let text = text::decode(&bytes).map_err(|error| unreadable(error.into()))?;
    let line = text.lines().next().filter(|line| !line.is_empty());
    line.map(Secret::from).ok_or_else(|| Failure::usage(format!("{shown} holds nothing in its first line")))
}
