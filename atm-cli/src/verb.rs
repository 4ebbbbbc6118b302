//! What a customer can ask for, and doing it.

use bank_engine::ledger::{Balance, Memo, Page, Receipt, TransactionId};
use bank_engine::money::{Amount, Currency};
use serde::Serialize;

use crate::args::Output;
use crate::connect::Line;
use crate::failure::Failure;
use crate::render;
use crate::underway::Unclear;

/// A movement of money that a customer wants.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Movement {
    /// Cash in.
    Deposit(Amount),
    /// Cash out.
    Withdraw(Amount),
    /// To another customer.
    Transfer {
        /// Whose account.
        to: String,
        /// How much.
        amount: Amount,
        /// A word to them.
        memo: Option<Memo>,
    },
}

impl Movement {
    /// Asks the bank to move the money of `account` under `id`. A failure says whether it is known
    /// that none moved; until then, and while this runs, the movement is under way.
    pub async fn ask(&self, line: &mut Line, account: &str, id: TransactionId) -> Result<Receipt, Failure> {
        let unclear = Unclear { transaction: id, command: self.command(&line.options, account, id) };
        line.underway.begin(unclear.clone());
        let client = &mut line.client;
        let answer = match self {
            Movement::Deposit(amount) => client.deposit(id, *amount).await,
            Movement::Withdraw(amount) => client.withdraw(id, *amount).await,
            Movement::Transfer { to, amount, memo } => client.transfer(id, to, *amount, memo.clone()).await,
        };
        match answer.map_err(Failure::from) {
            Err(failure) if failure.leaves_open() => Err(failure.unclear(unclear)),
            answer => {
                line.underway.end();
                answer
            }
        }
    }

    /// The command line that asks for this movement under `id`.
    fn command(&self, options: &[String], account: &str, id: TransactionId) -> String {
        let mut words = vec!["atm".to_owned()];
        match self {
            Movement::Deposit(amount) => words.extend(["deposit".to_owned(), amount.to_string()]),
            Movement::Withdraw(amount) => words.extend(["withdraw".to_owned(), amount.to_string()]),
            Movement::Transfer { to, amount, memo } => {
                words.extend(["transfer".to_owned(), to.clone(), amount.to_string()]);
                words.extend(memo.iter().map(|memo| format!("--memo={memo}")));
            }
        }
        words.extend(options.iter().cloned());
        words.extend([format!("--account={account}"), format!("--transaction={id}")]);
        words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
    }
}

/// A word as a POSIX shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@+=,".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// Something to show.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Shown {
    /// A receipt.
    Receipt(Receipt),
    /// What an account stands at.
    Balance(Balance),
    /// A page of entries.
    Statement(Page),
    /// That it is done.
    Done {},
}

impl Shown {
    /// As people or programs want it; each ends its line.
    #[must_use]
    pub fn text(&self, output: Output, currency: Currency) -> String {
        match (output, self) {
            // Our own types have text keys and no fallible parts.
            (Output::Json, shown) => serde_json::to_string(shown).unwrap_or_default() + "\n",
            (Output::Human, Shown::Receipt(receipt)) => render::receipt(receipt, currency),
            (Output::Human, Shown::Balance(balance)) => render::balance(balance),
            (Output::Human, Shown::Statement(page)) => render::statement(page, currency),
            (Output::Human, Shown::Done {}) => "done\n".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_command_that_asks_again_is_whole() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        let options = ["--server=quic://[::1]:7879".to_owned()];
        let memo = Some("Anna's soup".parse().unwrap());
        let transfer = Movement::Transfer { to: "bert".to_owned(), amount: "7.50".parse().unwrap(), memo };
        assert_eq!(
            transfer.command(&options, "anna", id),
            "atm transfer bert 7.50 '--memo=Anna'\\''s soup' '--server=quic://[::1]:7879' --account=anna \
             --transaction=01890a5d-ac96-774b-bcce-b302099a8057"
        );
    }
}
