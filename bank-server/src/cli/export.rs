//! What `bankd export` takes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::common::DataArgs;

pub(super) const EXPORT_HELP: &str = "\
The whole journal is read again and checked, as bankd verify does, and every movement is written in
the order in which it was decided. A server may run meanwhile; what it decides after the last batch
that was read is not in the export. Memory holds the accounts and one segment of the journal.

csv        RFC 4180 with a header: a line a transaction, with both accounts and their balances afterwards
           afterwards. The memo may begin with =, + or @: take it as text into a spreadsheet
jsonl      the same as a JSON object a line; amounts are text, and a memo that is not there is null
audit      what operators did, money moved or not, as a JSON object a line: each has what, by, at, and
           the reason where one was given
hledger    a journal in which each posting asserts the balance after it; for hledger 1.25 and above,
           which wants a UTF-8 locale. Kind and memo are payee and note, the id is the code
beancount  a file that asserts every balance at its end, to the minor unit; for bean-check of
           Beancount 2.3 and above. Kind and memo are payee and narration, id and time are metadata

Signs: in csv and jsonl an account has the sign of the bank's own books, from the customer's side:
what the bank owes is positive, its cash is negative. Plain-text accounting looks from the bank's
side, so hledger and beancount get every posting and balance with the other sign: cash is an asset
above zero, customers are liabilities below zero. Cash is Assets:Cash:TERMINAL:CURRENCY, the bank's
own funds are Equity:Capital:CURRENCY, a customer is Liabilities:Customers:NAME.

Names: a first small letter becomes a capital (cedar-100 is Cedar-100), X-- is put before one that
begins with a capital or a sign, and -- with two hexadecimal digits is put for a sign other than a
dash (a.b is A--2eb). No two accounts become one, and the name itself is kept beside each.

Dates are those of UTC. The file of --to is for its owner alone, and is there whole or not at all.

Examples:
  bankd export --format csv --to ledger.csv
  bankd export --format jsonl | jq 'select(.kind == \"transfer\")'
  bankd export --format hledger --to ledger.journal && hledger -f ledger.journal balance
  bankd export --format beancount --to ledger.beancount && bean-check ledger.beancount";

/// `bankd export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Which form
    #[arg(long, value_enum)]
    pub format: ExportFormat,
    /// A new file to write; otherwise standard output
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
    /// Where the journal is.
    #[command(flatten)]
    pub data: DataArgs,
}

/// Forms of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum ExportFormat {
    /// RFC 4180, a line a transaction
    Csv,
    /// JSON, an object a line
    Jsonl,
    /// What operators did, with who, when and why: JSON, an object a line
    Audit,
    /// An hledger journal
    Hledger,
    /// A Beancount file
    Beancount,
}
