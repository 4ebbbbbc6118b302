//! Accounts as lines of JSON.

use bank_engine::account::AccountId;
use bank_engine::auth::SecretHash;
use bank_engine::money::{Amount, Currency, Minor};
use serde::{Deserialize, Serialize};

use crate::accounts::{Accounts, NotAdded, OpeningAccount};

/// The longest line in bytes, several times what an account takes.
pub const LINE_BYTES_MAX: usize = 4096;

/// A line as it stands in the file. The hash is text here, so that no error of the parser's
/// repeats it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    account: AccountId,
    currency: Currency,
    secret: String,
    balance: Amount,
}

/// The file's text: an account a line, each with a line feed at its end.
pub(super) fn encode(accounts: &Accounts) -> String {
    let mut text = String::new();
    for account in accounts.iter() {
        let line = Line {
            account: account.account,
            currency: account.currency,
            secret: account.secret.to_string(),
            balance: account.balance.in_currency(account.currency),
        };
        // Nothing in a line can fail to be written as JSON.
        text.push_str(&serde_json::to_string(&line).unwrap_or_default());
        text.push('\n');
    }
    text
}

/// Reads what [`encode`] wrote; an error comes with its line, from 1.
pub(super) fn decode(bytes: &[u8]) -> Result<Accounts, (usize, Damage)> {
    let mut accounts = Accounts::default();
    for (number, line) in (1..).zip(bytes.split_inclusive(|byte| *byte == b'\n')) {
        let account = line.strip_suffix(b"\n").ok_or(Damage::CutOff).and_then(account);
        let added = account.and_then(|account| accounts.insert(account).map_err(Damage::from));
        added.map_err(|damage| (number, damage))?;
    }
    Ok(accounts)
}

fn account(line: &[u8]) -> Result<OpeningAccount, Damage> {
    if line.len() > LINE_BYTES_MAX {
        return Err(Damage::TooLong);
    }
    let line: Line = serde_json::from_slice(line).map_err(|error| Damage::Json { column: error.column() })?;
    let secret: SecretHash = line.secret.parse().map_err(|_| Damage::Secret)?;
    let balance = line.balance.minor_units(line.currency).filter(|balance| *balance >= Minor::ZERO);
    let balance = balance.ok_or(Damage::Balance)?;
    Ok(OpeningAccount { account: line.account, currency: line.currency, secret, balance })
}

/// What is wrong with a line of `accounts.jsonl`. Nothing of the line is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// No line feed at its end.
    #[error("the line is cut off")]
    CutOff,
    /// Longer than [`LINE_BYTES_MAX`].
    #[error("the line is longer than {LINE_BYTES_MAX} bytes")]
    TooLong,
    /// No JSON object of the members account, currency, secret and balance.
    #[error("not an account (column {column}): it has the members account, currency, secret and balance")]
    Json {
        /// Where it stops making sense.
        column: usize,
    },
    /// The secret is no hash.
    #[error("the secret is not a hash as the bank writes it")]
    Secret,
    /// The balance is below zero or finer than its currency.
    #[error("the balance is below zero, too large or finer than its currency")]
    Balance,
    /// The name or the sum does not fit the lines before.
    #[error(transparent)]
    NotAdded(#[from] NotAdded),
}
