//! The terminal's own part: its name and key, its journal, and the device that dispenses cash.

pub mod dispenser;
pub mod journal;

use std::path::Path;

use bank_engine::account::TerminalId;
use bank_engine::auth::Secret;
use bank_engine::client::{Client, ClientError};
use bank_engine::ledger::{HoldState, UndispensedNotes};
use bank_engine::notes::write_notes;
use bank_engine::protocol::Code;

use crate::args::Args;
use crate::failpoint::Failpoint;
use crate::failure::Failure;
use crate::machine::dispenser::{Dispenser, Simulated};
use crate::machine::journal::{CashOut, Journal, JournalStep, OpenDispense};
use crate::secret;

/// A terminal that the bank knows, and what proves it.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Its name.
    pub terminal: TerminalId,
    /// Its key.
    pub key: Secret,
}

/// What hands out cash, and the terminal's journal where it has one.
pub struct Machine {
    pub(crate) dispenser: Box<dyn Dispenser>,
    pub(crate) journal: Option<Journal>,
    pub(crate) failpoint: Failpoint,
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Machine").finish_non_exhaustive()
    }
}

impl Machine {
    /// A machine that the bank doesn't know, with a mechanism of your choice.
    #[must_use]
    pub fn anonymous(dispenser: Box<dyn Dispenser>) -> Machine {
        Machine { dispenser, journal: None, failpoint: Failpoint::default() }
    }

    /// The same machine with a journal.
    #[must_use]
    pub fn with_journal(self, journal: Journal) -> Machine {
        Machine { journal: Some(journal), ..self }
    }

    /// The machine that the arguments describe, and who it is.
    pub fn new(args: &Args) -> Result<(Machine, Option<Identity>), Failure> {
        let (dispenser, failpoint) = (Simulated::new(&args.simulation)?, args.simulation.failpoint());
        let machine = Machine { dispenser: Box::new(dispenser), journal: None, failpoint };
        let (Some(terminal), Some(key_file)) = (args.terminal, &args.key_file) else {
            return Ok((machine, None));
        };
        let key = secret::from_file(key_file)?;
        let path = args.journal.clone().or_else(|| journal::default_path(&terminal)).ok_or_else(|| {
            Failure::usage("there is no home directory to keep the terminal's journal in; give --journal")
        })?;
        let journal = Journal::open(&path, terminal)?;
        Ok((machine.with_journal(journal), Some(Identity { terminal, key })))
    }

    /// Writes a step where there is a journal.
    pub(crate) fn record(&mut self, step: JournalStep) -> Result<(), Failure> {
        self.journal.as_mut().map_or(Ok(()), |journal| journal.record(step))
    }

    /// Refuses where no cash may be paid out.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        self.journal.as_ref().map_or(Ok(()), Journal::check)
    }

    /// Reports to the bank all that the journal knows and it may not, and answers what was reported, in
    /// words. Fails where the bank can't be reached now; then nobody is to be served.
    pub(crate) async fn catch_up(&mut self, client: &mut Client) -> Result<Vec<String>, Failure> {
        let Some(journal) = &mut self.journal else { return Ok(Vec::new()) };
        let mut notices = Vec::new();
        for open in journal.unsettled().to_vec() {
            let (words, is_settled) = report(client, &open).await?;
            if is_settled {
                journal.record(JournalStep::Settled { hold: open.hold })?;
                notices.push(words);
            } else {
                notices.push(format!("{words}; it stays in {}", shown(journal.path())));
            }
        }
        Ok(notices)
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Reports to the bank about one dispense: what was reported, and whether that settles it.
async fn report(client: &mut Client, open: &OpenDispense) -> Result<(String, bool), Failure> {
    let hold = open.hold;
    let (knew, answer) = match &open.out {
        CashOut::Nothing { .. } => (
            "nothing came out".to_owned(),
            client.report_dispense(hold, Some(nothing()), Vec::new(), UndispensedNotes::Cassettes).await,
        ),
        CashOut::Unknown { .. } => (
            "it is not known what came out".to_owned(),
            client.report_dispense(hold, None, Vec::new(), UndispensedNotes::RejectBin).await,
        ),
        CashOut::Cash { amount, notes } => {
            let knew = match (amount.is_zero(), notes.is_empty()) {
                (true, _) => "nothing came out".to_owned(),
                (false, true) => format!("{amount} came out"),
                (false, false) => format!("{amount} came out ({})", write_notes(notes)),
            };
            let notes = if *amount == open.amount { Vec::new() } else { notes.clone() };
            (knew, client.report_dispense(hold, Some(*amount), notes, UndispensedNotes::RejectBin).await)
        }
    };
    let about = format!("an earlier dispense of {}, {hold}: {knew}", open.amount);
    let error = match answer {
        Ok(settlement) => {
            let became = match settlement.state {
                HoldState::Suspect => "the bank was informed and will find out",
                HoldState::Voided => "the bank was informed and the money is free again",
                _ => "the bank was informed",
            };
            return Ok((format!("{about}; {became}"), true));
        }
        Err(ClientError::Refused(error)) => error,
        Err(error) => return Err(error.into()),
    };
    match error.known_code() {
        Some(Code::HoldCaptured | Code::HoldVoided | Code::HoldExpired) => {
            Ok((format!("{about}; the bank was informed, and says: {}", error.message), true))
        }
        // Cash comes out after the bank agreed: one that doesn't know of it is not the one that did.
        Some(Code::NoSuchHold) if matches!(open.out, CashOut::Nothing { .. }) => {
            Ok((format!("{about}; the bank had not heard of it"), true))
        }
        Some(
            Code::StorageFailed
            | Code::StorageFull
            | Code::ShuttingDown
            | Code::Overloaded
            | Code::RateLimited
            | Code::NotLoggedIn,
        ) => Err(ClientError::Refused(error).into()),
        _ => Ok((format!("{about}; the bank refused to hear it: {}", error.message), false)),
    }
}

pub(crate) fn nothing() -> bank_engine::money::Amount {
    bank_engine::money::Minor::ZERO.in_currency(bank_engine::money::Currency::USD)
}
