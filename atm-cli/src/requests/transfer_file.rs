//! A file of transfers that are made together.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bank_engine::ledger::{Memo, TransactionId};
use bank_engine::money::Amount;
use bank_engine::protocol::{REQUEST_TRANSFERS_MAX, TransferParams};
use bank_engine_cli_support::text;

use crate::failure::Failure;

/// The most that is read of the file, in bytes.
const BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Transfers as a file lists them: `TO AMOUNT [MEMO]` a line; empty lines and those that begin with
/// # are left out.
#[derive(Debug, Clone)]
pub struct Transfers {
    path: PathBuf,
    listed: Vec<(String, Amount, Option<Memo>)>,
}

impl Transfers {
    /// Reads the file. A failure names the line.
    pub fn read(path: &Path) -> Result<Transfers, Failure> {
        let shown = path.display();
        let unreadable = |error: io::Error| Failure::usage(format!("cannot read {shown}: {error}"));
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(unreadable)?;
        let read = file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        let text = text::decode(&bytes).map_err(|error| unreadable(error.into()))?;
        let mut listed = Vec::new();
        for (line, number) in text.lines().zip(1_usize..) {
            if line.trim().is_empty() || line.trim_start().starts_with('#') {
                continue;
            }
            let wrong = |what: String| Failure::usage(format!("line {number} of {shown}: {what}"));
            listed.push(transfer(line).map_err(wrong)?);
        }
        if u64::try_from(read).unwrap_or(u64::MAX) > BYTES_MAX || listed.len() > REQUEST_TRANSFERS_MAX {
            return Err(Failure::usage(format!(
                "{shown} is too long; a transfer batch has at most {REQUEST_TRANSFERS_MAX} transfers"
            )));
        }
        Ok(Transfers { path: path.to_owned(), listed })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Who is paid, in order.
    #[must_use]
    pub fn payees(&self) -> Vec<String> {
        self.listed.iter().map(|(to, ..)| to.clone()).collect()
    }

    /// The transfers with their ids. The first has `id`, and each has the same one whenever the
    /// same file is read under the same `id`, so that asking again moves the money once.
    pub(crate) fn under(&self, id: TransactionId) -> Vec<TransferParams> {
        let numbered = self.listed.iter().zip(0_u128..);
        let transfers = numbered.map(|((to, amount, memo), number)| {
            let bytes = (u128::from_be_bytes(id.to_bytes()) ^ number).to_be_bytes();
            let transaction = TransactionId::from_bytes(bytes).unwrap_or(id);
            TransferParams { transaction, to: to.clone(), amount: amount.to_string(), memo: memo.clone() }
        });
        transfers.collect()
    }
}

fn transfer(line: &str) -> Result<(String, Amount, Option<Memo>), String> {
    let mut words = line.split_whitespace();
    let (Some(to), Some(amount)) = (words.next(), words.next()) else {
        return Err("write TO AMOUNT [MEMO]".to_owned());
    };
    let amount = amount.parse().map_err(|error: bank_engine::money::AmountError| error.to_string())?;
    let memo = words.collect::<Vec<_>>().join(" ");
    let memo = (!memo.is_empty()).then(|| memo.parse::<Memo>()).transpose();
    Ok((to.to_owned(), amount, memo.map_err(|error| error.to_string())?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    fn read(text: &str) -> Result<Transfers, Failure> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Transfers::read(file.path())
    }

    #[test]
    fn each_line_is_a_transfer_with_an_id_of_its_own() {
        let transfers = read("\u{feff}# wages\nbert 10\n\n  carl 5.50 for  the soup\n").unwrap();
        assert_eq!(transfers.payees(), ["bert", "carl"]);
        let id: TransactionId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        let made = transfers.under(id);
        assert_eq!((made[0].transaction, made[0].memo.as_ref()), (id, None));
        assert_eq!(made[1].transaction.to_string(), "01890a5d-ac96-774b-bcce-b302099a8056");
        assert_eq!(made[1].memo.as_ref().unwrap().as_str(), "for the soup");
    }

    #[test]
    fn a_bad_line_is_named() {
        for (text, output) in [("bert", "line 1"), ("bert 1\ncarl ten", "line 2"), ("\n#\nbert 1x", "line 3")]
        {
            let failure = read(text).err().unwrap().to_string();
            assert!(failure.contains(output), "{failure}");
        }
        assert!(read(&"bert 1\n".repeat(REQUEST_TRANSFERS_MAX)).is_ok());
        assert!(read(&"bert 1\n".repeat(REQUEST_TRANSFERS_MAX + 1)).is_err());
    }
}
