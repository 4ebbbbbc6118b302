//! What a customer can ask for, and doing it.

use std::time::Duration;

use bank_engine::ledger::{
    Authorisation, Balance, Memo, Page, Receipt, STATEMENT_ENTRIES_MAX, Settlement, TransactionId,
};
use bank_engine::money::{Amount, Currency};
use bank_engine::notes::{NoteCount, write_notes};
use bank_engine::protocol::Statement;
use bank_engine::time::Timestamp;
use serde::Serialize;

use crate::args::Output;
use crate::connect::Line;
use crate::failure::Failure;
use crate::render;
use crate::transfers::Transfers;
use crate::underway::{Remedy, Unclear};
use crate::withdrawal::Withdrawn;

/// A movement of money that a customer wants and that can be asked for again: all but drawing cash,
/// which is a [withdrawal](crate::withdrawal).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Movement {
    /// Cash in.
    Deposit {
        /// How much.
        amount: Amount,
        /// Which notes, where the terminal counts them.
        notes: Vec<NoteCount>,
    },
    /// To another customer.
    Transfer {
        /// Whose account.
        to: String,
        /// How much.
        amount: Amount,
        /// A word to them.
        memo: Option<Memo>,
    },
    /// Set aside for another customer to capture.
    Authorise {
        /// Whose account.
        to: String,
        /// How much.
        amount: Amount,
        /// A word to them.
        memo: Option<Memo>,
        /// How long they have.
        lasts: Duration,
    },
    /// What another customer set aside for this one.
    Capture {
        /// How much; all where `None`.
        amount: Option<Amount>,
    },
    /// Gives back what another customer set aside for this one.
    Void,
    /// To other customers, all or none.
    Group {
        /// To whom, and the file that names them.
        transfers: Transfers,
        /// Whether to tell only what would happen.
        dry_run: bool,
    },
}

impl Movement {
    /// Asks the bank to move the money of `account` under `id`; of a capture and a void, the hold's.
    /// A failure says whether it is known that none moved; until then, and while this runs, the
    /// movement is under way.
    pub async fn ask(&self, line: &mut Line, account: &str, id: TransactionId) -> Result<Shown, Failure> {
        let remedy = Remedy::Ask(self.command(&line.options, account, id));
        let unclear = Unclear { transaction: id, remedy };
        let moves = !matches!(self, Movement::Group { dry_run: true, .. });
        if moves {
            line.underway.begin(unclear.clone());
        }
        let client = &mut line.client;
        let answer = match self {
            Movement::Deposit { amount, notes } => {
                client.deposit_notes(id, *amount, notes.clone()).await.map(Shown::receipt)
            }
            Movement::Transfer { to, amount, memo } => {
                let paid = client.transfer(id, to, *amount, memo.clone()).await;
                paid.map(|receipt| Shown::Receipt { receipt, to: Some(to.clone()) })
            }
            Movement::Authorise { to, amount, memo, lasts } => {
                client.authorise(id, to, *amount, memo.clone(), *lasts).await.map(Shown::Authorised)
            }
            Movement::Capture { amount } => client.capture(id, *amount).await.map(Shown::Settled),
            Movement::Void => client.void(id).await.map(Shown::Settled),
            Movement::Group { transfers, dry_run } => {
                let made = client.group(transfers.under(id), *dry_run).await;
                made.map(|receipts| Shown::Group { receipts, to: transfers.payees(), dry_run: *dry_run })
            }
        };
        match answer.map_err(Failure::from) {
            Err(failure) if moves && failure.leaves_open() => Err(failure.unclear(unclear)),
            answer => {
                line.underway.end();
                answer
            }
        }
    }

    /// The command line that asks for this movement under `id`.
    fn command(&self, options: &[String], account: &str, id: TransactionId) -> String {
        let mut words = vec!["atm".to_owned()];
        let mut names_hold = false;
        match self {
            Movement::Deposit { amount, notes } => {
                words.extend(["deposit".to_owned(), amount.to_string()]);
                let written = write_notes(notes).replace(' ', "");
                words.extend((!notes.is_empty()).then(|| format!("--notes={written}")));
            }
            Movement::Transfer { to, amount, memo } => {
                words.extend(["transfer".to_owned(), to.clone(), amount.to_string()]);
                words.extend(memo.iter().map(|memo| format!("--memo={memo}")));
            }
            Movement::Authorise { to, amount, memo, lasts } => {
                words.extend(["authorise".to_owned(), to.clone(), amount.to_string()]);
                words.extend(memo.iter().map(|memo| format!("--memo={memo}")));
                words.push(format!("--seconds={}", lasts.as_secs()));
            }
            Movement::Capture { amount } => {
                words.extend(["capture".to_owned(), id.to_string()]);
                words.extend(amount.iter().map(Amount::to_string));
                names_hold = true;
            }
            Movement::Void => {
                words.extend(["void".to_owned(), id.to_string()]);
                names_hold = true;
            }
            Movement::Group { transfers, dry_run } => {
                words.extend(["group".to_owned(), transfers.path().display().to_string()]);
                words.extend(dry_run.then(|| "--dry-run".to_owned()));
            }
        }
        words.extend(options.iter().cloned());
        words.push(format!("--account={account}"));
        words.extend((!names_hold).then(|| format!("--transaction={id}")));
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

/// Entries that a customer wants to see.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wished {
    /// How many; all of them where `None`.
    pub limit: Option<u32>,
    /// Only entries with lower numbers.
    pub before: Option<u64>,
    /// Only entries made then or later.
    pub from: Option<Timestamp>,
    /// Only entries made then or earlier.
    pub to: Option<Timestamp>,
}

/// A page of the entries that were wished for, and the wish for the next, older page.
pub async fn page(line: &mut Line, wished: Wished) -> Result<(Shown, Option<Wished>), Failure> {
    let most = u32::try_from(STATEMENT_ENTRIES_MAX).unwrap_or(u32::MAX);
    let Wished { limit, before, from, to } = wished;
    let asked = Statement { limit: Some(limit.unwrap_or(most)), before, from, to };
    let page = line.client.page(asked).await?;
    let next = page.next.map(|next| Wished { before: Some(next), ..wished });
    let parts = Parts { closing: before.is_none(), opening: limit.is_some() || next.is_none() };
    Ok((Shown::Statement { page, parts }, next))
}

/// Which of its balances a page shows to people: of many pages, the first the last balance and
/// the last the first.
#[derive(Debug, Clone, Copy)]
pub struct Parts {
    /// What the account stood at after the newest entry.
    pub closing: bool,
    /// What it stood at before the oldest one.
    pub opening: bool,
}

/// Something to show.
#[derive(Debug, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Shown {
    /// A receipt.
    Receipt {
        /// The bank's word.
        #[serde(flatten)]
        receipt: Receipt,
        /// The payee, where there is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        to: Option<String>,
    },
    /// Cash that came out.
    Withdrawn(Withdrawn),
    /// Money that was set aside.
    Authorised(Authorisation),
    /// A hold that got further.
    Settled(Settlement),
    /// Transfers that were made together, or would be.
    Group {
        /// The bank's word, one a transfer.
        receipts: Vec<Receipt>,
        /// The payees.
        #[serde(skip)]
        to: Vec<String>,
        /// Whether nothing was made.
        dry_run: bool,
    },
    /// What an account stands at.
    Balance(Balance),
    /// A page of entries.
    Statement {
        /// The page.
        #[serde(flatten)]
        page: Page,
        /// What of it is shown.
        #[serde(skip)]
        parts: Parts,
    },
    /// That it is done.
    Done {},
}

impl Shown {
    /// A receipt that names no payee.
    #[must_use]
    pub fn receipt(receipt: Receipt) -> Shown {
        Shown::Receipt { receipt, to: None }
    }

    /// As people or programs want it; each ends its line.
    #[must_use]
    pub fn text(&self, output: Output, currency: Currency) -> String {
        match (output, self) {
            // Our own types have text keys and no fallible parts.
            (Output::Json, shown) => serde_json::to_string(shown).unwrap_or_default() + "\n",
            (Output::Human, Shown::Receipt { receipt, to }) => {
                render::receipt(receipt, to.as_deref(), currency)
            }
            (Output::Human, Shown::Withdrawn(withdrawn)) => render::withdrawn(withdrawn, currency),
            (Output::Human, Shown::Authorised(authorised)) => render::authorised(authorised, currency),
            (Output::Human, Shown::Settled(settlement)) => render::settlement(settlement, currency),
            (Output::Human, Shown::Group { receipts, to, dry_run }) => {
                render::group(receipts, to, *dry_run, currency)
            }
            (Output::Human, Shown::Balance(balance)) => render::balance(balance),
            (Output::Human, Shown::Statement { page, parts }) => render::statement(page, *parts, currency),
            (Output::Human, Shown::Done {}) => "done\n".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    fn command(movement: &Movement, options: &[String]) -> String {
        movement.command(options, "anna", ID.parse().unwrap())
    }

    #[test]
    fn the_command_that_asks_again_is_whole() {
        let options = ["--server=quic://[::1]:7879".to_owned()];
        let memo = Some("Anna's soup".parse().unwrap());
        let transfer = Movement::Transfer { to: "bert".to_owned(), amount: "7.50".parse().unwrap(), memo };
        assert_eq!(
            command(&transfer, &options),
            "atm transfer bert 7.50 '--memo=Anna'\\''s soup' '--server=quic://[::1]:7879' --account=anna \
             --transaction=01890a5d-ac96-774b-bcce-b302099a8057"
        );
    }

    #[test]
    fn every_movement_can_be_asked_for_again() {
        use clap::Parser;

        let amount: Amount = "60.00".parse().unwrap();
        let notes = bank_engine::notes::parse_notes("3x20").unwrap();
        let lasts = Duration::from_secs(60);
        let to = "bert".to_owned();
        let all = [
            (Movement::Deposit { amount, notes }, "deposit 60.00 --notes=3x20"),
            (Movement::Authorise { to, amount, memo: None, lasts }, "authorise bert 60.00 --seconds=60"),
            (
                Movement::Capture { amount: Some(amount) },
                "capture 01890a5d-ac96-774b-bcce-b302099a8057 60.00",
            ),
            (Movement::Void, "void 01890a5d-ac96-774b-bcce-b302099a8057"),
        ];
        for (movement, begins) in all {
            let command = command(&movement, &[]);
            assert!(command.starts_with(&format!("atm {begins} --account=anna")), "{command}");
            assert!(command.contains(ID), "{command}");
            crate::args::Args::try_parse_from(command.split(' ')).unwrap();
        }
    }
}
