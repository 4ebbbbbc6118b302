//! Cash out: set aside, ordered, paid out, reported. What is about to be done is in the terminal's
//! journal first, and nothing is paid out before the bank agreed to that very dispense.

use std::io::{self, Write};
use std::time::Duration;

use bank_engine::ledger::{HoldState, Receipt, Settlement, TransactionId, UndispensedNotes};
use bank_engine::money::{Amount, Currency};
use bank_engine::notes::{NoteCount, write_notes};
use bank_engine_cli_support::exit::DECLINED;
use serde::Serialize;

use crate::args::Output;
use crate::connection::{BankClient, BankConnection};
use crate::failpoint::FailAt;
use crate::failure::Failure;
use crate::in_flight::{OutcomeUnknown, Remedy};
use crate::machine::dispenser::{Bundle, PaidOut};
use crate::machine::journal::JournalStep;
use crate::machine::{Machine, nothing};
use crate::screen_writer::{note, show};

/// How often a step of a dispense is tried.
const TRIES_MAX: u32 = 5;

/// The wait before the second try; each is that much longer than the one before.
const PAUSE: Duration = Duration::from_millis(200);

/// Cash that a customer wants.
#[derive(Debug, Clone, Copy)]
pub struct WithdrawalRequest {
    /// How much.
    pub amount: Amount,
    /// What the account counts in.
    pub currency: Currency,
    /// The id that the withdrawal will have, where it is not a new one.
    pub transaction: Option<TransactionId>,
    /// Whom the screen is for.
    pub output: Output,
}

/// Cash that came out.
#[derive(Debug, Serialize)]
pub struct Withdrawn {
    /// The withdrawal's id.
    pub transaction: TransactionId,
    /// How much was asked for; more came out never, less when the mechanism jammed.
    pub asked: Amount,
    /// How much came out.
    pub amount: Amount,
    /// Which notes, where they are counted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<NoteCount>,
    /// The bank's word, where it has one for the customer: none after it had been in doubt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
}

/// Withdraws cash from the account that is logged in on `line`. The cash is shown when it comes out.
///
/// At a machine that the bank knows, a lost line is dialled anew, and the dispense brought to its
/// end; the session is over then.
pub async fn withdraw(
    bank: &BankConnection,
    line: &mut BankClient,
    wanted: WithdrawalRequest,
    screen: &mut (dyn Write + Send),
) -> Result<Withdrawn, Failure> {
    let mut machine = bank.machine().await;
    for notice in machine.catch_up(&mut line.client).await? {
        match wanted.output {
            Output::Human => note(screen, &notice),
            Output::Json => note(&mut io::stderr(), &notice),
        }
    }
    machine.check()?;
    let hold = wanted.transaction.unwrap_or_else(TransactionId::generate);
    let mut dispense = Dispense { bank, line, machine: &mut machine, hold, wanted };
    let authorised = dispense.authorise().await?;
    // An interruption waits from here on.
    let _paying = bank.in_flight().paying();
    dispense.order().await?;
    let paid = dispense.pay(authorised, screen).await?;
    let settlement = dispense.report(&paid).await?;
    bank.in_flight().end();
    withdrawn(&settlement, paid, wanted)
}

struct Dispense<'a> {
    bank: &'a BankConnection,
    line: &'a mut BankClient,
    machine: &'a mut Machine,
    hold: TransactionId,
    wanted: WithdrawalRequest,
}

impl Dispense<'_> {
    /// Has the bank set the money aside, and answers the notes to pay out.
    async fn authorise(&mut self) -> Result<Vec<NoteCount>, Failure> {
        let (hold, amount) = (self.hold, self.wanted.amount);
        let is_new = self.wanted.transaction.is_none();
        if is_new {
            self.machine.record(JournalStep::Intended { hold, amount })?;
        }
        self.machine.failpoint.passes(FailAt::Intended);
        let unclear =
            self.begin("nothing came out, and what may have been set aside for it is free again soon");
        let authorised = match self.line.client.authorise_cash(hold, amount).await.map_err(Failure::from) {
            Ok(authorised) => authorised,
            Err(failure) if failure.leaves_open() => return Err(failure.unclear(unclear)),
            Err(failure) => {
                self.bank.in_flight().end();
                if is_new {
                    self.machine.record(JournalStep::Settled { hold })?;
                }
                return Err(failure);
            }
        };
        if !is_new {
            if authorised.replayed {
                self.bank.in_flight().end();
                return Err(Failure::new(
                    DECLINED,
                    "this withdrawal was begun before and is not over; no cash is paid out for it twice",
                ));
            }
            self.machine.record(JournalStep::Intended { hold, amount })?;
        }
        self.machine.failpoint.passes(FailAt::Authorised);
        Ok(authorised.notes)
    }

    /// Has the bank agree to the cash being paid out.
    async fn order(&mut self) -> Result<(), Failure> {
        let hold = self.hold;
        if let Err(failure) = self.machine.record(JournalStep::Ordering { hold }) {
            return Err(self.give_up(failure).await);
        }
        self.machine.failpoint.passes(FailAt::Ordering);
        let unclear = self.begin(match self.bank.knows_the_machine() {
            true => "nothing came out, and this terminal reports that to the bank before it serves anybody",
            false => "nothing came out; where the bank can't know that, it will find out",
        });
        let mut tries = 1;
        loop {
            let Err(failure) = self.line.client.order_dispense(hold).await.map_err(Failure::from) else {
                break;
            };
            if !failure.may_pass() {
                return Err(self.give_up(failure).await);
            }
            if tries == TRIES_MAX || !self.again(tries, &failure).await {
                return Err(failure.unclear(unclear));
            }
            tries += 1;
        }
        self.machine.failpoint.passes(FailAt::Ordered);
        Ok(())
    }

    /// Has the mechanism pay out, and answers what came out.
    async fn pay(
        &mut self,
        notes: Vec<NoteCount>,
        screen: &mut (dyn Write + Send),
    ) -> Result<PaidOut, Failure> {
        let hold = self.hold;
        if let Err(failure) = self.machine.record(JournalStep::Dispensing { hold, notes: notes.clone() }) {
            return Err(self.give_up(failure).await);
        }
        self.machine.failpoint.passes(FailAt::Dispensing);
        self.begin("what came out is yours, and the bank will find out how much that was");
        let bundle = Bundle { amount: self.wanted.amount, currency: self.wanted.currency, notes };
        let paid = self.machine.dispenser.pay_out(&bundle).await;
        self.machine.failpoint.passes(FailAt::Paid);
        if let PaidOut::Cash(Bundle { amount, notes, .. }) = &paid {
            if self.wanted.output == Output::Human {
                // The cash is out: whether that can be shown changes nothing.
                let _ = show(screen, &take_your_cash(*amount, notes, self.wanted.currency));
            }
            // Where the journal can't be written the bank is shown all the same, and the next
            // dispense is refused.
            let _ =
                self.machine.record(JournalStep::Dispensed { hold, amount: *amount, notes: notes.clone() });
        }
        self.machine.failpoint.passes(FailAt::Dispensed);
        Ok(paid)
    }

    /// Reports to the bank what came out.
    async fn report(&mut self, paid: &PaidOut) -> Result<Settlement, Failure> {
        let hold = self.hold;
        let (amount, notes) = match paid {
            PaidOut::Cash(Bundle { amount, .. }) if *amount == self.wanted.amount => {
                (Some(*amount), Vec::new())
            }
            PaidOut::Cash(Bundle { amount, notes, .. }) => (Some(*amount), notes.clone()),
            PaidOut::Unknown => (None, Vec::new()),
        };
        let unclear = self.begin(match self.bank.knows_the_machine() {
            true => "what came out is yours, and the bank is informed before this terminal serves anybody",
            false => "what came out is yours, and the bank will find out how much that was",
        });
        let mut tries = 1;
        let settlement = loop {
            let answer = self
                .line
                .client
                .report_dispense(hold, amount, notes.clone(), UndispensedNotes::RejectBin)
                .await;
            let answer = answer.map_err(Failure::from);
            let failure = match answer {
                Ok(settlement) => break settlement,
                Err(failure) => failure,
            };
            if tries == TRIES_MAX || !failure.may_pass() || !self.again(tries, &failure).await {
                return Err(failure.unclear(unclear));
            }
            tries += 1;
        };
        self.machine.failpoint.passes(FailAt::Confirmed);
        // What can't be written is reported again at the next start, which changes nothing.
        let _ = self.machine.record(JournalStep::Settled { hold });
        self.machine.failpoint.passes(FailAt::Settled);
        Ok(settlement)
    }

    /// Nothing came out and nothing will: reports that to the bank, where it can be reached, and answers why.
    async fn give_up(&mut self, failure: Failure) -> Failure {
        let hold = self.hold;
        let answer = self
            .line
            .client
            .report_dispense(hold, Some(nothing()), Vec::new(), UndispensedNotes::Cassettes)
            .await;
        let answer = answer.map_err(Failure::from);
        if answer.is_ok() || answer.is_err_and(|failure| failure.is_over()) {
            let _ = self.machine.record(JournalStep::Settled { hold });
        }
        self.bank.in_flight().end();
        failure.and("nothing came out")
    }

    /// Waits, and sees to a line where it was lost. `false` where there can't be one: without an
    /// identity of its own, a machine can't go on with what was begun on another line.
    async fn again(&mut self, tries: u32, failure: &Failure) -> bool {
        if failure.lost_line() && !self.bank.knows_the_machine() {
            return false;
        }
        tokio::time::sleep(PAUSE * tries).await;
        if failure.lost_line()
            && let Ok(line) = self.bank.dial().await
        {
            *self.line = line;
        }
        true
    }

    /// From here on until something else is begun or all is reported, this is what to say to a customer
    /// who hears no more.
    fn begin(&self, explanation: &'static str) -> OutcomeUnknown {
        let unclear = OutcomeUnknown { transaction: self.hold, remedy: Remedy::Wait(explanation) };
        self.bank.in_flight().begin(unclear.clone());
        unclear
    }
}

/// What the customer sees when cash comes out.
fn take_your_cash(amount: Amount, notes: &[NoteCount], currency: Currency) -> String {
    match (amount.is_zero(), notes.is_empty()) {
        (true, _) => String::new(),
        (false, true) => format!("Please take your cash: {amount} {currency}\n"),
        (false, false) => format!("Please take your cash: {}\n", write_notes(notes)),
    }
}

fn withdrawn(
    settlement: &Settlement,
    paid: PaidOut,
    wanted: WithdrawalRequest,
) -> Result<Withdrawn, Failure> {
    let PaidOut::Cash(Bundle { amount, notes, .. }) = paid else {
        return Err(Failure::unknown(format!(
            "the machine can't report what came out; the money is set apart until the bank knows, under {}",
            settlement.hold
        )));
    };
    if settlement.state == HoldState::Voided {
        return Err(Failure::new(DECLINED, "the machine jammed and nothing came out; no money was taken"));
    }
    let (transaction, receipt) = (settlement.hold, settlement.receipt.clone());
    Ok(Withdrawn { transaction, asked: wanted.amount, amount, notes, receipt })
}

#[cfg(test)]
mod tests;
