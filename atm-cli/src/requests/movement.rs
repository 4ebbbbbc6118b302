//! The requests of customers as data, and the calls that make them.

use std::time::Duration;

use bank_engine::ledger::{Memo, TransactionId};
use bank_engine::money::Amount;
use bank_engine::notes::{NoteCount, write_notes};

use crate::connection::BankClient;
use crate::failure::Failure;
use crate::in_flight::{OutcomeUnknown, Remedy};
use crate::requests::answer::Answer;
use crate::requests::transfer_file::Transfers;

/// A movement of money that a customer wants and that can be asked for again: all but drawing cash,
/// which is a [withdrawal](crate::requests::withdrawal).
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
    TransferBatch {
        /// To whom, and the file that names them.
        transfers: Transfers,
        /// Whether To report only what would happen.
        dry_run: bool,
    },
}

impl Movement {
    /// Asks the bank to move the money of `account` under `id`; of a capture and a void, the hold's.
    /// A failure says whether it is known that none moved; until then, and while this runs, the
    /// movement is under way.
    pub async fn ask(
        &self,
        line: &mut BankClient,
        account: &str,
        id: TransactionId,
    ) -> Result<Answer, Failure> {
        let remedy = Remedy::Ask(self.command(&line.options, account, id));
        let unclear = OutcomeUnknown { transaction: id, remedy };
        let moves = !matches!(self, Movement::TransferBatch { dry_run: true, .. });
        if moves {
            line.in_flight.begin(unclear.clone());
        }
        let client = &mut line.client;
        let answer = match self {
            Movement::Deposit { amount, notes } => {
                client.deposit_notes(id, *amount, notes.clone()).await.map(Answer::receipt)
            }
            Movement::Transfer { to, amount, memo } => {
                let paid = client.transfer(id, to, *amount, memo.clone()).await;
                paid.map(|receipt| Answer::Receipt { receipt, to: Some(to.clone()) })
            }
            Movement::Authorise { to, amount, memo, lasts } => {
                client.authorise(id, to, *amount, memo.clone(), *lasts).await.map(Answer::Authorised)
            }
            Movement::Capture { amount } => client.capture(id, *amount).await.map(Answer::Settled),
            Movement::Void => client.void(id).await.map(Answer::Settled),
            Movement::TransferBatch { transfers, dry_run } => {
                let made = client.transfer_batch(transfers.under(id), *dry_run).await;
                made.map(|receipts| Answer::TransferBatch {
                    receipts,
                    to: transfers.payees(),
                    dry_run: *dry_run,
                })
            }
        };
        match answer.map_err(Failure::from) {
            Err(failure) if moves && failure.leaves_open() => Err(failure.unclear(unclear)),
            answer => {
                line.in_flight.end();
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
            Movement::TransferBatch { transfers, dry_run } => {
                words.extend(["transfer-batch".to_owned(), transfers.path().display().to_string()]);
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
