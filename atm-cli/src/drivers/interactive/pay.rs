//! The menus for payments to other customers, and from them.

use std::path::Path;
use std::time::Duration;

use bank_engine::ledger::{Memo, TransactionId};

use crate::args::AUTHORISED_SECONDS;
use crate::drivers::interactive::{Atm, Customer};
use crate::failure::Failure;
use crate::in_flight::{OutcomeUnknown, Remedy};
use crate::requests::movement::Movement;
use crate::requests::transfer_file::Transfers;

impl Atm<'_> {
    pub(super) async fn transfer(&mut self, customer: &Customer) -> Result<(), Failure> {
        let Some(to) = self.ask("To which account (empty to cancel): ").await? else { return Ok(()) };
        let Some(amount) = self.amount().await? else { return Ok(()) };
        let Some(memo) = self.memo().await? else { return Ok(()) };
        self.movement(customer, Movement::Transfer { to, amount, memo }).await
    }

    /// Sets money aside for a payee.
    pub(super) async fn authorise(&mut self, customer: &Customer) -> Result<(), Failure> {
        let Some(to) = self.ask("For which account (empty to cancel): ").await? else { return Ok(()) };
        let Some(amount) = self.amount().await? else { return Ok(()) };
        let Some(memo) = self.memo().await? else { return Ok(()) };
        let lasts = Duration::from_secs(AUTHORISED_SECONDS.into());
        self.movement(customer, Movement::Authorise { to, amount, memo, lasts }).await
    }

    /// Takes what a payer set aside.
    pub(super) async fn capture(&mut self, customer: &Customer) -> Result<(), Failure> {
        let Some(hold) = self.hold().await? else { return Ok(()) };
        let amount = match self.ask("Amount (empty for all): ").await? {
            None => None,
            Some(text) => match text.parse() {
                Ok(amount) => Some(amount),
                Err(error) => return self.say(&format!("That is {error}.\n")),
            },
        };
        self.movement_under(customer, Movement::Capture { amount }, hold).await
    }

    /// Gives back what a payer set aside.
    pub(super) async fn void(&mut self, customer: &Customer) -> Result<(), Failure> {
        let Some(hold) = self.hold().await? else { return Ok(()) };
        self.movement_under(customer, Movement::Void, hold).await
    }

    /// Makes the transfers of a file, once the customer saw what would happen.
    pub(super) async fn transfer_batch(&mut self, customer: &Customer) -> Result<(), Failure> {
        let prompt = "A file with TO AMOUNT [MEMO] on each line (empty to cancel): ";
        let Some(file) = self.ask(prompt).await? else { return Ok(()) };
        let transfers = match Transfers::read(Path::new(&file)) {
            Ok(transfers) => transfers,
            Err(failure) => return self.explain(&failure),
        };
        let tried = Movement::TransferBatch { transfers: transfers.clone(), dry_run: true };
        self.movement(customer, tried).await?;
        let prompt = "Enter to make them, anything else to cancel: ";
        if self.keyboard.line(prompt).await?.is_none_or(|answer| !answer.trim().is_empty()) {
            return Ok(());
        }
        self.movement(customer, Movement::TransferBatch { transfers, dry_run: false }).await
    }

    /// The id of a hold; `None` where the customer cancels or means none.
    async fn hold(&mut self) -> Result<Option<TransactionId>, Failure> {
        let Some(text) = self.ask("The payment's id (empty to cancel): ").await? else { return Ok(None) };
        match text.parse() {
            Ok(hold) => Ok(Some(hold)),
            Err(error) => self.say(&format!("That is {error}.\n")).map(|()| None),
        }
    }

    /// A word to the payee, `Some(None)` for none; `None` for what can't be one.
    async fn memo(&mut self) -> Result<Option<Option<Memo>>, Failure> {
        let Some(text) = self.ask("A word to them (empty for none): ").await? else { return Ok(Some(None)) };
        match text.parse() {
            Ok(memo) => Ok(Some(Some(memo))),
            Err(error) => self.say(&format!("That is {error}. Nothing was moved.\n")).map(|()| None),
        }
    }

    pub(super) async fn movement(&mut self, customer: &Customer, movement: Movement) -> Result<(), Failure> {
        self.movement_under(customer, movement, TransactionId::generate()).await
    }

    /// Moves money. Where the line is lost before the receipt came, it connects anew and asks again
    /// with the same id, until there is a receipt, a refusal, or the customer gives up.
    async fn movement_under(
        &mut self,
        customer: &Customer,
        movement: Movement,
        id: TransactionId,
    ) -> Result<(), Failure> {
        let mut open: Option<OutcomeUnknown> = None;
        loop {
            let asked = match self.line().await {
                Ok(line) => movement.ask(line, &customer.account, id).await,
                Err(failure) => Err(failure),
            };
            let failure = match asked {
                Ok(shown) => return self.show(&shown, customer),
                Err(failure) => failure,
            };
            let Some(unclear) = failure.open_movement().cloned() else {
                if let Some(unclear) = open.filter(|_| !failure.settles()) {
                    self.still_unknown(&unclear)?;
                }
                return Err(failure);
            };
            open = Some(unclear.clone());
            self.explain(&failure)?;
            self.say("It is not known whether the money moved. Log in again, and the bank is asked again\nwith the same id: the money moves once at most.\n")?;
            if !self.log_in_again(customer).await? {
                self.bank.in_flight().end();
                return self.still_unknown(&unclear);
            }
        }
    }

    fn still_unknown(&mut self, unclear: &OutcomeUnknown) -> Result<(), Failure> {
        let Remedy::Ask(command) = &unclear.remedy else { return Ok(()) };
        self.say(&format!(
            "What became of it is still unknown. Look at a statement later, or ask again with\n  {command}\n"
        ))
    }

    /// Whether the customer is back on a new line.
    async fn log_in_again(&mut self, customer: &Customer) -> Result<bool, Failure> {
        loop {
            self.hang_up().await;
            if self.log_in(customer.account.clone()).await?.is_some() {
                return Ok(true);
            }
            let prompt = "Enter to try again, or anything else to give up: ";
            if self.keyboard.line(prompt).await?.is_none_or(|answer| !answer.trim().is_empty()) {
                return Ok(false);
            }
        }
    }
}
