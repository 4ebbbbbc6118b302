//! The transfers of a file: CSV or JSON lines.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bank_engine::account::AccountId;
use bank_engine::ledger::TRANSFER_BATCH_MAX;
use bank_engine::money::Amount;
use bank_engine::protocol::BatchTransfer;
use bank_engine_cli_support::csv::{self, NotCsv};
use bank_engine_cli_support::text::{self, NotText};

/// The largest file in bytes, far more than a transfer batch's longest lines take.
const FILE_BYTES_MAX: u64 = 1 << 23;

/// The first line of a CSV, if it names its columns.
const COLUMNS: &str = "transaction,from,to,amount";

pub(super) fn read(path: &Path) -> Result<Vec<BatchTransfer>, TransferFileError> {
    let unreadable = |source| TransferFileError::Read { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(FILE_BYTES_MAX.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > FILE_BYTES_MAX {
        return Err(TransferFileError::TooMany { path: path.to_owned() });
    }
    let not_text = |source| TransferFileError::NotText { path: path.to_owned(), source };
    parse(text::decode(&bytes).map_err(not_text)?).map_err(|bad| match bad {
        Bad::Line(line, fault) => TransferFileError::Line { path: path.to_owned(), line, fault },
        Bad::TooMany => TransferFileError::TooMany { path: path.to_owned() },
        Bad::Empty => TransferFileError::Empty { path: path.to_owned() },
    })
}

#[derive(Debug, PartialEq)]
enum Bad {
    Line(usize, Fault),
    TooMany,
    Empty,
}

/// The transfers of a CSV or of JSON lines, whichever it is.
fn parse(text: &str) -> Result<Vec<BatchTransfer>, Bad> {
    let mut transfers = Vec::new();
    let mut lines = HashMap::new();
    let mut columns_may_come = true;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let names = std::mem::take(&mut columns_may_come) && line.replace(' ', "").starts_with(COLUMNS);
        if names {
            continue;
        }
        if transfers.len() == TRANSFER_BATCH_MAX {
            return Err(Bad::TooMany);
        }
        let transfer = if line.starts_with('{') { json(line) } else { from_csv(line) };
        let transfer = transfer.map_err(|fault| Bad::Line(number, fault))?;
        if let Some(first) = lines.insert(transfer.transaction, number) {
            return Err(Bad::Line(number, Fault::IdTwice { first }));
        }
        transfers.push(transfer);
    }
    if transfers.is_empty() { Err(Bad::Empty) } else { Ok(transfers) }
}

fn json(line: &str) -> Result<BatchTransfer, Fault> {
    let payment: BatchTransfer = serde_json::from_str(line).map_err(|_| Fault::Json)?;
    checked(payment)
}

fn from_csv(line: &str) -> Result<BatchTransfer, Fault> {
    let fields = csv::fields(line)?;
    let [transaction, from, to, amount, memo @ ..] = &fields[..] else {
        return Err(Fault::Fields);
    };
    let [transaction, from, to, amount] = [transaction, from, to, amount].map(|field| field.trim_ascii());
    if csv::is_rounded(transaction) || csv::is_rounded(amount) {
        return Err(Fault::Rounded);
    }
    // A memo is the last field: commas in it need no quotes.
    let memo = memo.join(",");
    let memo = Some(memo.trim_ascii()).filter(|memo| !memo.is_empty());
    checked(BatchTransfer {
        transaction: transaction.parse().map_err(|_| Fault::Transaction)?,
        from: from.to_owned(),
        to: to.to_owned(),
        amount: amount.to_owned(),
        memo: memo.map(|memo| memo.parse().map_err(|_| Fault::Memo)).transpose()?,
    })
}

fn checked(payment: BatchTransfer) -> Result<BatchTransfer, Fault> {
    let is_account = |text: &str| text.parse::<AccountId>().is_ok();
    if !is_account(&payment.from) || !is_account(&payment.to) {
        return Err(Fault::Account);
    }
    payment.amount.parse::<Amount>().map(|_| payment).map_err(|_| Fault::Amount)
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Too few fields.
    #[error("a line has four fields and perhaps a memo: transaction,from,to,amount,memo")]
    Fields,
    /// Not CSV at all.
    #[error(transparent)]
    NotCsv(#[from] NotCsv),
    /// A number that a spreadsheet has rounded.
    #[error("a number like 1.23457E+15 was rounded by a spreadsheet; have the column as text there")]
    Rounded,
    /// Not a transfer in JSON.
    #[error("not an object with transaction, from, to, amount and perhaps memo, all of them text")]
    Json,
    /// Not an id.
    #[error("the first field is not a transaction id; use a UUID of its own for each line")]
    Transaction,
    /// An earlier line has the id.
    #[error("line {first} has the same transaction id; use a UUID of its own for each line")]
    IdTwice {
        /// The earlier line.
        first: usize,
    },
    /// Not an account.
    #[error("payer or payee is not an account name; use 1 to 34 letters, digits and -_.:@+/")]
    Account,
    /// Not an amount.
    #[error("not an amount; write it like 20 or 20.00")]
    Amount,
    /// Not a memo.
    #[error("not a memo; use 1 to 140 characters without control characters")]
    Memo,
}

/// Why nothing was made of a file of transfers.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferFileError {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the machine said.
        #[source]
        source: io::Error,
    },
    /// Not UTF-8.
    #[error("{}: {source}", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        source: NotText,
    },
    /// More than one step can make.
    #[error(
        "{} has more than {TRANSFER_BATCH_MAX} transfers; split it, each part is made in a step of its own",
        path.display()
    )]
    TooMany {
        /// The file.
        path: PathBuf,
    },
    /// None.
    #[error("{} has no transfers", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A bad line.
    #[error("{}, line {line}: {fault}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Its number, from 1.
        line: usize,
        /// What is wrong.
        fault: Fault,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    #[test]
    fn both_forms_say_the_same() {
        let csv = format!("transaction, from, to, amount, memo\r\n# pay\r\n\r\n{ID}, a, b, 5.00, x, y\r\n");
        let json = format!(
            "{{\"transaction\":\"{ID}\",\"from\":\"a\",\"to\":\"b\",\"amount\":\"5.00\",\"memo\":\"x, y\"}}\n"
        );
        let [one, other] = [csv, json].map(|text| format!("{:?}", parse(&text).unwrap()));
        assert_eq!(one, other);
        assert!(one.contains("x, y"));
    }

    #[test]
    fn quotes_do_not_land_in_memos_and_other_files_are_named() {
        let made = parse(&format!("{ID},\"a\",b,\"5.00\",\"say \"\"so\"\", please\"\n")).unwrap();
        assert_eq!(made[0].memo.as_ref().unwrap().as_str(), "say \"so\", please");
        for (line, fault) in [
            (format!("{ID};a;b;5,00;x"), Fault::NotCsv(NotCsv::Semicolons)),
            (format!("{ID},a,b,5.00,\"x"), Fault::NotCsv(NotCsv::OpenQuote)),
            (format!("{ID},a,b,1.23457E+15"), Fault::Rounded),
        ] {
            assert_eq!(parse(&line).unwrap_err(), Bad::Line(1, fault), "{line}");
        }
    }

    #[test]
    fn bad_lines_are_named() {
        for (line, fault) in [
            ("a,b,5.00", Fault::Fields),
            ("x,a,b,5.00", Fault::Transaction),
            (&format!("{ID},a b,c,5.00"), Fault::Account),
            (&format!("{ID},a,$c,5.00"), Fault::Account),
            (&format!("{ID},a,b,five"), Fault::Amount),
            (&format!("{ID},a,b,5,\u{7}"), Fault::Memo),
            ("{\"from\":\"a\"}", Fault::Json),
        ] {
            assert_eq!(parse(&format!("# one\n{line}\n")).unwrap_err(), Bad::Line(2, fault), "{line}");
        }
        assert_eq!(parse("# nothing\n").unwrap_err(), Bad::Empty);
        let line = |number: usize| format!("01890a5d-ac96-774b-bcce-{number:012x},a,b,1\n");
        let most: String = (0..TRANSFER_BATCH_MAX).map(line).collect();
        assert_eq!(parse(&most).unwrap().len(), TRANSFER_BATCH_MAX);
        assert_eq!(parse(&format!("{most}{ID},a,b,1\n")).unwrap_err(), Bad::TooMany);
    }

    #[test]
    fn an_id_that_stands_twice_is_refused_with_both_lines() {
        let twice = format!("# pay\n{ID},a,b,1\n\n{ID},a,b,1\n");
        assert_eq!(parse(&twice).unwrap_err(), Bad::Line(4, Fault::IdTwice { first: 2 }));
    }
}
