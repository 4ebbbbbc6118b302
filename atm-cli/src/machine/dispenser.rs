//! The device that dispenses cash, and a simulated one.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use bank_engine::money::{Amount, Currency};
use bank_engine::notes::{NoteCount, Notes, Stack};

use crate::args::SimulationArgs;
use crate::failpoint::{FailAt, Failpoint};
use crate::failure::Failure;

/// Cash to be paid out, or that was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// How much.
    pub amount: Amount,
    /// Its currency.
    pub currency: Currency,
    /// Which notes; empty where the bank doesn't count them at this terminal.
    pub notes: Vec<NoteCount>,
}

impl Bundle {
    /// Nothing at all.
    #[must_use]
    pub fn nothing(currency: Currency) -> Bundle {
        let amount = Notes::default().total().in_currency(currency);
        Bundle { amount, currency, notes: Vec::new() }
    }
}

/// What a mechanism did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PaidOut {
    /// The customer has this: all, a part or nothing of what was asked for, note by note where it
    /// was asked so.
    Cash(Bundle),
    /// The mechanism does not know.
    Unknown,
}

/// A mechanism that hands out cash.
#[async_trait]
pub trait Dispenser: Send {
    /// Pays `bundle` out. Called once a dispense, after the bank agreed and the journal says so.
    /// Once called, cash may come out, whatever becomes of the future; what it answers is final.
    async fn pay_out(&mut self, bundle: &Bundle) -> PaidOut;
}

/// A mechanism in name only: its notes come out on the screen.
#[derive(Debug, Default)]
pub struct Simulated {
    /// Whether it jams, after so many notes.
    jam_after: Option<u32>,
    /// How long each note takes.
    note_time: Duration,
    /// Where it notes each note that came out, for tests.
    record: Option<File>,
    failpoint: Failpoint,
}

impl Simulated {
    /// One that goes wrong as the arguments say.
    pub fn new(args: &SimulationArgs) -> Result<Simulated, Failure> {
        let open = |path: &PathBuf| {
            File::options().create(true).append(true).open(path).map_err(|error| {
                Failure::usage(format!("cannot write the notes to {}: {error}", path.display()))
            })
        };
        let record = args.notes_to.as_ref().map(open).transpose()?;
        let (jam_after, failpoint) = (args.jam_after, args.failpoint());
        let note_time = Duration::from_millis(args.note_ms.into());
        Ok(Simulated { jam_after, note_time, record, failpoint })
    }

    async fn hand_out(&mut self, denomination: Amount) {
        if !self.note_time.is_zero() {
            tokio::time::sleep(self.note_time).await;
        }
        if let Some(record) = &mut self.record {
            let _ = record.write_all(format!("{denomination}\n").as_bytes());
        }
        self.failpoint.passes(FailAt::Paying);
    }
}

#[async_trait]
impl Dispenser for Simulated {
    async fn pay_out(&mut self, bundle: &Bundle) -> PaidOut {
        let Some(notes) = Notes::read(&bundle.notes, bundle.currency).filter(|notes| !notes.is_empty())
        else {
            // Not counted note by note, so it comes out in one piece.
            if self.jam_after == Some(0) {
                return PaidOut::Cash(Bundle::nothing(bundle.currency));
            }
            self.hand_out(bundle.amount).await;
            return PaidOut::Cash(bundle.clone());
        };
        let mut left = self.jam_after.unwrap_or(u32::MAX);
        let mut out = Vec::new();
        for stack in notes.stacks() {
            let count = stack.count.min(left);
            left -= count;
            for _ in 0..count {
                self.hand_out(stack.denomination.in_currency(bundle.currency)).await;
            }
            out.push(Stack { denomination: stack.denomination, count });
        }
        let out = Notes::new(out).unwrap_or_default();
        let (amount, currency) = (out.total().in_currency(bundle.currency), bundle.currency);
        PaidOut::Cash(Bundle { amount, currency, notes: out.written(currency) })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use bank_engine::notes::parse_notes;

    use super::*;

    async fn paid(jam_after: Option<u32>, notes: &str) -> (String, String) {
        let file = tempfile::NamedTempFile::new().unwrap();
        let notes_to = Some(file.path().to_owned());
        let args = SimulationArgs { jam_after, notes_to, ..SimulationArgs::default() };
        let mut mechanism = Simulated::new(&args).unwrap();
        let notes = if notes.is_empty() { Vec::new() } else { parse_notes(notes).unwrap() };
        let bundle = Bundle { amount: "120.00".parse().unwrap(), currency: Currency::USD, notes };
        let PaidOut::Cash(out) = mechanism.pay_out(&bundle).await else { return Default::default() };
        (out.amount.to_string(), std::fs::read_to_string(file.path()).unwrap().replace('\n', " "))
    }

    #[tokio::test]
    async fn a_jam_leaves_the_rest_inside() {
        let pair = |amount: &str, notes: &str| (amount.to_owned(), notes.to_owned());
        assert_eq!(paid(None, "2x50.00,1x20.00").await, pair("120.00", "50.00 50.00 20.00 "));
        assert_eq!(paid(Some(2), "2x50.00,1x20.00").await, pair("100.00", "50.00 50.00 "));
        assert_eq!(paid(Some(1), "2x50.00,1x20.00").await, pair("50.00", "50.00 "));
        assert_eq!(paid(Some(0), "2x50.00,1x20.00").await, pair("0.00", ""));
        assert_eq!(paid(None, "").await, pair("120.00", "120.00 "));
        assert_eq!(paid(Some(0), "").await, pair("0.00", ""));
    }
}
