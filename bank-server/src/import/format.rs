//! Recognises the format of an import file.

use std::fmt;
use std::path::Path;

use bank_engine::money::Currency;
use bank_engine_cli_support::text::{NotText, without_mark};

use crate::import::lines::{is_skipped, lines};

/// How a file is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// `account, PIN, balance`.
    Csv,
    /// `name<TAB>secret<TAB>balance`.
    Tsv {
        /// Decimals that are not written: 0 where balances count whole units, 2 where they count
        /// hundredths.
        scale: u8,
    },
}

impl Format {
    /// What its fields are.
    #[must_use]
    pub fn columns(self) -> &'static str {
        match self {
            Format::Csv => "account, PIN, balance",
            Format::Tsv { .. } => "name, secret and balance, with tabs between",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Csv => "CSV",
            Format::Tsv { .. } => "TSV",
        })
    }
}

/// The formats by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[non_exhaustive]
pub enum Kind {
    /// account, PIN, balance
    Csv,
    /// `name<TAB>secret<TAB>whole balance`
    Tsv,
}

/// Settles the format of a file: what was `asked` for, or what the path's extension says, or what
/// the first line that is no comment looks like. A TSV's scale is never guessed.
pub fn choose(
    requested: Option<Kind>,
    scale: Option<u8>,
    currency: Currency,
    path: &Path,
    bytes: &[u8],
) -> Result<Format, FormatError> {
    without_mark(bytes)?;
    let kind =
        requested.or_else(|| by_extension(path)).or_else(|| by_look(bytes)).ok_or(FormatError::Unclear)?;
    match (kind, scale) {
        (Kind::Csv, None) => Ok(Format::Csv),
        (Kind::Csv, Some(_)) => Err(FormatError::ScaleOfCsv),
        (Kind::Tsv, None) => Err(FormatError::NoScale),
        (Kind::Tsv, Some(scale)) if scale > currency.exponent() => {
            Err(FormatError::Scale { scale, currency })
        }
        (Kind::Tsv, Some(scale)) => Ok(Format::Tsv { scale }),
    }
}

fn by_extension(path: &Path) -> Option<Kind> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "csv" => Some(Kind::Csv),
        "tsv" => Some(Kind::Tsv),
        _ => None,
    }
}

/// Only a line that fits one format and not the other decides.
fn by_look(bytes: &[u8]) -> Option<Kind> {
    let bytes = without_mark(bytes).unwrap_or(bytes);
    let (_, line) = lines(bytes).find(|(_, line)| !is_skipped(line))?;
    let count = |separator: u8| line.iter().filter(|byte| **byte == separator).count();
    match (count(b','), count(b'\t')) {
        (2, 2) | (0, 0) => None,
        (2, _) | (_, 0) => Some(Kind::Csv),
        (_, 2) | (0, _) => Some(Kind::Tsv),
        _ => None,
    }
}

/// Why a file's format could not be settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// No text that this program reads.
    #[error(transparent)]
    NotText(#[from] NotText),
    /// Neither a flag nor the name nor the look says.
    #[error("cannot decide whether the file is CSV or TSV; say it with --format csv or --format tsv")]
    Unclear,
    /// A TSV without its scale.
    #[error(
        "the file is TSV, and whole numbers don't say what they count; \
         add --tsv-scale 0 if 1104 is 1104 units, --tsv-scale 2 if it is 11.04"
    )]
    NoScale,
    /// A scale for a file that needs none.
    #[error(
        "the file is CSV, whose balances have a decimal point; leave --tsv-scale out or add --format tsv"
    )]
    ScaleOfCsv,
    /// A scale finer than the currency.
    #[error("--tsv-scale {scale} is finer than {currency}, which has {} decimals", currency.exponent())]
    Scale {
        /// As given.
        scale: u8,
        /// The file's currency.
        currency: Currency,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(path: &str, text: &str) -> Result<Format, FormatError> {
        let scale = by_extension(path.as_ref()).or_else(|| by_look(text.as_bytes()));
        let scale = (scale == Some(Kind::Tsv)).then_some(0);
        choose(None, scale, Currency::USD, path.as_ref(), text.as_bytes())
    }

    #[test]
    fn the_flag_goes_before_the_name_and_the_name_before_the_look() {
        let (csv, tsv) = (b"a, 1234, 1.00", b"a\t1234\t1");
        let choose = |requested, scale, path: &str, bytes| {
            choose(requested, scale, Currency::USD, path.as_ref(), bytes)
        };
        assert_eq!(choose(Some(Kind::Csv), None, "a.tsv", tsv), Ok(Format::Csv));
        assert_eq!(choose(Some(Kind::Tsv), Some(2), "a.csv", csv), Ok(Format::Tsv { scale: 2 }));
        assert_eq!(choose(None, Some(0), "a.TSV", csv), Ok(Format::Tsv { scale: 0 }));
        assert_eq!(choose(None, None, "a.csv", tsv), Ok(Format::Csv));
    }

    #[test]
    fn other_names_go_by_the_first_line_that_counts() {
        assert_eq!(chosen("accounts.txt", "# a\tcomment\n\n a-1, 1234, 1.00\n"), Ok(Format::Csv));
        assert_eq!(chosen("accounts", "\u{feff}a-1,1234"), Ok(Format::Csv));
        assert_eq!(chosen("users.txt", "a-1\tpass,word1\t5\n"), Ok(Format::Tsv { scale: 0 }));
        assert_eq!(chosen("users.txt", "a-1\tpa,ss,word\t5\n"), Err(FormatError::Unclear));
        assert_eq!(chosen("users.txt", "a-1 1234 5\n"), Err(FormatError::Unclear));
        assert_eq!(chosen("users.txt", "# nothing\n"), Err(FormatError::Unclear));
    }

    #[test]
    fn a_scale_is_named_for_tsv_and_for_nothing_else() {
        let choose = |kind, scale, currency: &str| {
            choose(Some(kind), scale, currency.parse().unwrap(), Path::new("f"), b"")
        };
        assert_eq!(choose(Kind::Tsv, None, "USD"), Err(FormatError::NoScale));
        assert_eq!(choose(Kind::Csv, Some(2), "USD"), Err(FormatError::ScaleOfCsv));
        assert_eq!(choose(Kind::Tsv, Some(3), "KWD"), Ok(Format::Tsv { scale: 3 }));
        let error = choose(Kind::Tsv, Some(1), "JPY").unwrap_err();
        assert_eq!(error.to_string(), "--tsv-scale 1 is finer than JPY, which has 0 decimals");
    }
}
