//! Where an operator's PIN comes from: a prompt, standard input or a file; never an argument,
//! which every user of the machine can read.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};

use bank_engine::account::AccountId;
use bank_engine::auth::Secret;
use bank_engine_cli_support::{prompt, text};

use crate::data::others_can_read;

/// The longest line that is read as a secret, in bytes; a password of 64 characters fits.
const SECRET_BYTES_MAX: usize = 1024;

/// The first line of standard input; where that is a terminal, typed there unseen.
pub fn from_stdin(account: &AccountId) -> Result<Secret, SecretError> {
    if io::stdin().is_terminal() {
        return from_prompt(account);
    }
    first_line(io::stdin().lock())
        .map_err(|source| SecretError::Read { from: "standard input".into(), source })
}

/// The first line of a file that only its owner can read.
pub fn from_file(path: &Path) -> Result<Secret, SecretError> {
    let read = |source| SecretError::Read { from: path.display().to_string(), source };
    let file = File::open(path).map_err(read)?;
    if others_can_read(&file).map_err(read)? {
        return Err(SecretError::Exposed { path: path.to_owned() });
    }
    first_line(BufReader::new(file)).map_err(read)
}

/// Typed twice at the terminal, unseen.
pub fn from_prompt(account: &AccountId) -> Result<Secret, SecretError> {
    prompt::end_on_signals().map_err(SecretError::Prompt)?;
    let ask = |prompt: String| {
        // Other threads go on with their work meanwhile: one of them waits for signals.
        let typed = tokio::task::block_in_place(|| prompt::hidden(&prompt));
        typed.map(Secret::new).map_err(SecretError::Prompt)
    };
    let secret = ask(format!("PIN or password for {account}: "))?;
    let again = ask("the same again: ".to_owned())?;
    if secret.expose() == again.expose() { Ok(secret) } else { Err(SecretError::Differ) }
}

fn first_line(mut input: impl BufRead) -> io::Result<Secret> {
    Ok(Secret::new(text::line(&mut input, SECRET_BYTES_MAX, true)?.unwrap_or_default()))
}

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// Nothing to read it from.
    #[error("cannot read the PIN from {from}")]
    Read {
        /// Standard input or a file.
        from: String,
        /// What the machine said.
        #[source]
        source: io::Error,
    },
    /// The file shows it to others.
    #[error("others than its owner can read {path}; run: chmod 600 {path}", path = path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// No terminal to ask at.
    #[error("cannot ask for the PIN here; give it with --pin-stdin or --pin-file FILE")]
    Prompt(#[source] io::Error),
    /// Typed twice, and not the same.
    #[error("the two entries differ; start again")]
    Differ,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_the_secret() {
        let read = |text: &str| first_line(text.as_bytes()).unwrap().expose().to_owned();
        assert_eq!(read("0123\n4567\n"), "0123");
        assert_eq!(read("pass word 1 \r\n"), "pass word 1 ");
        assert_eq!(read("0123"), "0123");
        assert_eq!(read(""), "");
        assert_eq!(read("\u{feff}0123\n"), "0123");
        assert!(first_line("1".repeat(5000).as_bytes()).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_refused() {
        use std::fs::{Permissions, set_permissions};
        use std::os::unix::fs::PermissionsExt;

        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pin");
        std::fs::write(&path, "4711\n").unwrap();
        set_permissions(&path, Permissions::from_mode(0o604)).unwrap();
        let output = from_file(&path).unwrap_err().to_string();
        assert!(output.contains("run: chmod 600 ") && !output.contains("4711"), "{output}");
        set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert_eq!(from_file(&path).unwrap().expose(), "4711");
    }
}
