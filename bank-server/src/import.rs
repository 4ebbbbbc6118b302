//! Imports accounts from other systems' files: all lines, or none.
//!
//! Pure over bytes. No error repeats what a field holds: in a file whose columns are mixed up it
//! might be somebody's PIN.

mod format;
mod lines;
pub mod opening;
pub mod totals;

use std::collections::HashMap;
use std::fmt;

use bank_engine::account::{AccountId, TerminalId};
use bank_engine::auth::{PIN_DIGITS, Secret};
use bank_engine::books::Books;
use bank_engine::money::{Amount, AmountError, Currency, Minor};
use bank_engine_cli_support::csv::{self, NotCsv};
use bank_engine_cli_support::text::{self, NotText};

use crate::import::lines::{is_skipped, lines};

pub use format::{Format, FormatError, Kind, choose};

/// The largest file in bytes: about a million accounts.
pub const FILE_BYTES_MAX: usize = 64 << 20;

/// The longest line in bytes, without its end.
pub const LINE_BYTES_MAX: usize = 1024;

/// Bad lines that are reported one by one; the others are counted.
pub const BAD_LINES_TOLD_MAX: usize = 20;

/// A good line of a file.
#[derive(Debug, Clone)]
pub struct Row {
    /// The account's name.
    pub account: AccountId,
    /// What is to open it; `None` where nobody is to log in.
    pub secret: Option<Secret>,
    /// What it starts with, zero or more, in minor units of the file's currency.
    pub balance: Minor,
}

/// What a file says.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// The accounts that the bank does not have, in the order of the file.
    pub new: Vec<Row>,
    /// How many others the bank has already.
    pub known: usize,
}

/// What becomes of an account of the file that the bank has already, in the same currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// It stays as it is, whatever its line says.
    Stays,
    /// The file is refused.
    IsRefused,
}

/// Reads a whole file of accounts in `currency` for a bank that has `books`.
///
/// Lines end with LF or CRLF; a byte order mark, empty lines and lines that begin with `#` are
/// skipped. The answer counts every account of the file, at least one; an error for every
/// fault.
///
/// - [`Format::Csv`]: `account, PIN, balance`; fields may be quoted (RFC 4180), spaces
///   around them don't count; the PIN is 4 to 12 digits, or `none` where nobody is to log in, the
///   balance a decimal number.
/// - [`Format::Tsv`]: `name<TAB>secret<TAB>balance`; the secret is a PIN, a password or
///   `none`, the balance a whole number that counts units of ten to the minus `scale`.
///
/// Amounts are exact or refused, never rounded.
pub fn read(
    bytes: &[u8],
    format: Format,
    currency: Currency,
    books: &Books,
    known: Known,
) -> Result<Rows, BadFile> {
    let bytes = text::without_mark(bytes).map_err(|_| BadFile { is_utf16: true, ..BadFile::default() })?;
    let mut vault = cash_in_vault(books, currency);
    let mut first_lines: HashMap<AccountId, usize> = HashMap::new();
    let mut rows = Rows::default();
    let mut bad = BadFile::default();
    let mut is_first = true;
    for (number, line) in lines(bytes) {
        let may_be_header = is_first;
        is_first &= is_skipped(line);
        let row = row(line, format, currency, may_be_header).and_then(|row| {
            let Some(row) = row else { return Ok(()) };
            let account = row.account;
            if let Some(first) = first_lines.get(&account) {
                return Err(Fault::Repeated { first: *first });
            }
            first_lines.insert(account, number);
            match books.account(&account) {
                None => {
                    vault = vault.checked_add(row.balance).ok_or(Fault::SumTooLarge)?;
                    rows.new.push(row);
                }
                Some(found) if found.currency != currency => {
                    return Err(Fault::OtherCurrency { account, currency: found.currency });
                }
                Some(_) if known == Known::IsRefused => return Err(Fault::Known { account }),
                Some(_) => rows.known += 1,
            }
            Ok(())
        });
        if let Err(fault) = row {
            bad.add(number, fault);
        }
    }
    if bad.lines.is_empty() && rows.new.is_empty() && rows.known == 0 {
        return Err(BadFile { empty: true, ..bad });
    }
    if bad.lines.is_empty() { Ok(rows) } else { Err(bad) }
}

/// The cash that opening balances add to.
fn cash_in_vault(books: &Books, currency: Currency) -> Minor {
    let vault = books.account(&AccountId::cash(&TerminalId::vault(), currency));
    // Cash is below zero in the books, and each balance has the opposite sign.
    Minor(vault.map_or(0, |vault| vault.balance.0.saturating_neg()))
}

fn row(line: &[u8], format: Format, currency: Currency, may_be_header: bool) -> Result<Option<Row>, Fault> {
    if line.len() > LINE_BYTES_MAX {
        return Err(Fault::LineTooLong);
    }
    if is_skipped(line) {
        return Ok(None);
    }
    let line = std::str::from_utf8(line).map_err(|_| Fault::NotUtf8)?;
    let fields: Vec<String> = match format {
        Format::Csv => csv::fields(line)?.iter().map(|field| field.trim_ascii().to_owned()).collect(),
        Format::Tsv { .. } => line.split('\t').map(str::to_owned).collect(),
    };
    if may_be_header && csv::is_header(&fields) {
        return Err(Fault::Header { format });
    }
    let [account, secret, balance] = &fields[..] else {
        return Err(Fault::FieldCount { found: fields.len(), format });
    };
    if csv::is_rounded(account) || csv::is_rounded(secret) || csv::is_rounded(balance) {
        return Err(Fault::Rounded);
    }
    let parsed = match format {
        Format::Csv => Row {
            account: account.parse().map_err(|_| Fault::Account)?,
            secret: unless_no_login(secret, pin)?,
            balance: decimal(balance, currency)?,
        },
        Format::Tsv { scale } => Row {
            account: account.parse().map_err(|_| Fault::Account)?,
            secret: unless_no_login(secret, pin_or_password)?,
            balance: whole(balance, scale, currency)?,
        },
    };
    Ok(Some(parsed))
}

/// The text in place of a secret that says that nobody can log in.
const NO_LOGIN: &str = "none";

fn unless_no_login(
    text: &str,
    read: impl FnOnce(&str) -> Result<Secret, Fault>,
) -> Result<Option<Secret>, Fault> {
    if text == NO_LOGIN { Ok(None) } else { read(text).map(Some) }
}

fn pin(text: &str) -> Result<Secret, Fault> {
    let is_pin = PIN_DIGITS.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_pin { Ok(text.into()) } else { Err(Fault::Pin) }
}

fn pin_or_password(text: &str) -> Result<Secret, Fault> {
    let secret = Secret::from(text);
    secret.check_strength().map(|()| secret).map_err(|_| Fault::Secret)
}

fn decimal(text: &str, currency: Currency) -> Result<Minor, Fault> {
    if text.starts_with('-') {
        return Err(Fault::Negative);
    }
    let amount: Amount = text.parse().map_err(|error| match error {
        AmountError::TooLong => Fault::BalanceTooLarge,
        _ => Fault::Balance,
    })?;
    let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    if decimals > usize::from(currency.exponent()) {
        return Err(Fault::Decimals { currency });
    }
    amount.minor_units(currency).ok_or(Fault::BalanceTooLarge)
}

fn whole(text: &str, scale: u8, currency: Currency) -> Result<Minor, Fault> {
    if text.starts_with('-') {
        return Err(Fault::Negative);
    }
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::NotWhole);
    }
    let digits: i64 = text.parse().map_err(|_| Fault::BalanceTooLarge)?;
    if scale > currency.exponent() {
        return Err(Fault::Decimals { currency });
    }
    Amount::new(digits, scale).and_then(|amount| amount.minor_units(currency)).ok_or(Fault::BalanceTooLarge)
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Longer than [`LINE_BYTES_MAX`].
    #[error("the line is longer than {LINE_BYTES_MAX} bytes; is this a file of accounts?")]
    LineTooLong,
    /// Not UTF-8.
    #[error("the line is not UTF-8; save the file as UTF-8")]
    NotUtf8,
    /// Not CSV at all.
    #[error(transparent)]
    NotCsv(#[from] NotCsv),
    /// The names of columns.
    #[error("this seems to be a header row; remove it, or put # before it: {}", format.columns())]
    Header {
        /// What was expected.
        format: Format,
    },
    /// A number that a spreadsheet has rounded.
    #[error(
        "a number like 1.23457E+15 was rounded by a spreadsheet; have the column as text there, and save the \
         file again from what it was made of"
    )]
    Rounded,
    /// Not three fields.
    #[error("{found} field{} where {format} has three: {}", if *found == 1 { "" } else { "s" }, format.columns())]
    FieldCount {
        /// How many there are.
        found: usize,
        /// What was expected.
        format: Format,
    },
    /// The first field is no account's name.
    #[error("the first field is not an account name; use 1 to 34 letters, digits and -_.:@+/")]
    Account,
    /// The second field of a CSV is no PIN.
    #[error("the second field is not a PIN of 4 to 12 digits")]
    Pin,
    /// The second field of a TSV is neither PIN nor password.
    #[error("the second field is neither a PIN of 4 to 12 digits nor a password of 8 to 64 characters")]
    Secret,
    /// The third field of a CSV is no decimal number.
    #[error("the third field is not a balance; write it like 20 or 20.00")]
    Balance,
    /// The third field of a TSV is no whole number.
    #[error("the third field is not a whole number; write it with digits alone")]
    NotWhole,
    /// The balance is below zero.
    #[error("the balance is below zero; an account starts with zero or more")]
    Negative,
    /// The balance has more decimals than the currency.
    #[error("the balance has more decimals than {currency} ({}); it is not rounded", currency.exponent())]
    Decimals {
        /// The file's currency.
        currency: Currency,
    },
    /// The balance passes 2⁶³ − 1 minor units.
    #[error("the balance passes the largest one that the bank can hold")]
    BalanceTooLarge,
    /// All balances together pass 2⁶³ − 1 minor units.
    #[error("with this line, all balances together pass the largest sum that the bank can hold")]
    SumTooLarge,
    /// The account is in the file twice.
    #[error("the account is on line {first} already; remove one of the two")]
    Repeated {
        /// The other line.
        first: usize,
    },
    /// The bank has the account.
    #[error("the bank has account {account} already; remove the line, or leave --all-new out")]
    Known {
        /// Its name, which the bank knew before.
        account: AccountId,
    },
    /// The bank has an account of this name that counts in something else.
    #[error("the bank has an account {account} in {currency}; choose another name")]
    OtherCurrency {
        /// Its name, which the bank knew before.
        account: AccountId,
        /// What that one counts in.
        currency: Currency,
    },
}

/// Every fault of a file, a line each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BadFile {
    lines: Vec<(usize, Fault)>,
    more: usize,
    empty: bool,
    is_utf16: bool,
}

impl BadFile {
    /// The bad lines by number, the first [`BAD_LINES_TOLD_MAX`] of them.
    #[must_use]
    pub fn lines(&self) -> &[(usize, Fault)] {
        &self.lines
    }

    fn add(&mut self, line: usize, fault: Fault) {
        if self.lines.len() < BAD_LINES_TOLD_MAX {
            self.lines.push((line, fault));
        } else {
            self.more += 1;
        }
    }
}

impl fmt::Display for BadFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_utf16 {
            return NotText::Utf16.fmt(f);
        }
        if self.empty {
            return f.write_str("the file holds no account");
        }
        f.write_str("nothing was taken from the file; correct these lines and import it again")?;
        for (line, fault) in &self.lines {
            write!(f, "\n  line {line}: {fault}")?;
        }
        match self.more {
            0 => Ok(()),
            1 => f.write_str("\n  and 1 more bad line"),
            more => write!(f, "\n  and {more} more bad lines"),
        }
    }
}

impl std::error::Error for BadFile {}

#[cfg(test)]
mod tests;
