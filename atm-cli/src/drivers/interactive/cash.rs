//! The menus for paying in and paying out cash.

use bank_engine::money::Amount;
use bank_engine::notes::{NoteCount, Notes, parse_notes};
use bank_engine::protocol::Code;

use crate::args::Output;
use crate::drivers::interactive::{Atm, Customer};
use crate::failure::Failure;
use crate::requests::answer::Answer;
use crate::requests::movement::Movement;
use crate::requests::withdrawal::{WithdrawalRequest, withdraw};

impl Atm<'_> {
    /// Pays cash in: an amount, or notes where the machine counts them.
    pub(super) async fn deposit(&mut self, customer: &Customer) -> Result<(), Failure> {
        let Some(text) = self.ask("Amount, or notes like 3x20.00 (empty to cancel): ").await? else {
            return Ok(());
        };
        let (amount, notes) = match (text.parse::<Amount>(), self.notes(&text, customer)) {
            (Ok(amount), _) => (amount, Vec::new()),
            (Err(_), Some(deposit)) => deposit,
            (Err(error), None) => return self.say(&format!("That is {error}.\n")),
        };
        let is_counted = !notes.is_empty();
        match self.movement(customer, Movement::Deposit { amount, notes }).await {
            Err(failure) if failure.code() == Some(Code::BadNotes) && !is_counted => {}
            done => return done,
        }
        self.say("This machine counts its notes.\n")?;
        let Some(text) = self.ask("Which notes, like 3x20.00 (empty to cancel): ").await? else {
            return Ok(());
        };
        let Some((amount, notes)) = self.notes(&text, customer) else {
            return self.say("Those are not notes; write how many of each, like 3x20.00,1x50.00.\n");
        };
        self.movement(customer, Movement::Deposit { amount, notes }).await
    }

    /// Notes and what they are worth, if that is what was typed.
    fn notes(&self, text: &str, customer: &Customer) -> Option<(Amount, Vec<NoteCount>)> {
        let counts = parse_notes(text).ok()?;
        let amount = Notes::read(&counts, customer.currency)?.total().in_currency(customer.currency);
        Some((amount, counts))
    }

    /// Draws cash. Where the notes can't make the amount, those are offered that they can make.
    pub(super) async fn withdraw(&mut self, customer: &Customer) -> Result<(), Failure> {
        let Some(mut amount) = self.amount().await? else { return Ok(()) };
        loop {
            self.line().await?;
            let Some(line) = self.line.as_mut() else { return Ok(()) };
            let output = Output::Human;
            let wanted = WithdrawalRequest { amount, currency: customer.currency, transaction: None, output };
            let failure = match withdraw(self.bank, line, wanted, self.screen).await {
                Ok(withdrawn) => return self.show(&Answer::Withdrawn(withdrawn), customer),
                Err(failure) => failure,
            };
            // The customer reads, here and now, what is still open.
            self.bank.in_flight().end();
            let offered = nearest(&failure);
            if offered.is_empty() {
                return Err(failure);
            }
            self.explain(&failure)?;
            let named = offered.iter().zip(1..).map(|(amount, number)| format!("{number} for {amount}"));
            let prompt = format!("{} (empty to cancel): ", named.collect::<Vec<_>>().join(", "));
            let Some(choice) = self.ask(&prompt).await? else { return Ok(()) };
            let chosen = choice.parse::<usize>().ok().and_then(|number| offered.get(number.checked_sub(1)?));
            match chosen.copied().or_else(|| choice.parse().ok().filter(|typed| offered.contains(typed))) {
                Some(chosen) => amount = chosen,
                None => return self.say("That was not offered. No cash comes out.\n"),
            }
        }
    }

    /// An amount; `None` where the customer cancels or means none.
    pub(super) async fn amount(&mut self) -> Result<Option<Amount>, Failure> {
        let Some(text) = self.ask("Amount (empty to cancel): ").await? else { return Ok(None) };
        match text.parse() {
            Ok(amount) => Ok(Some(amount)),
            Err(error) => self.say(&format!("That is {error}.\n")).map(|()| None),
        }
    }
}

/// The amounts that the bank offers instead.
fn nearest(failure: &Failure) -> Vec<Amount> {
    let data = failure.error().filter(|_| failure.code() == Some(Code::NotesUnavailable));
    let data = data.and_then(|error| error.data.as_ref());
    let offered = |name| data?.get(name)?.as_str()?.parse::<Amount>().ok();
    ["lower", "higher"].into_iter().filter_map(offered).collect()
}
