//! A terminal's own record of its dispenses, so that a crash leaves nothing unreported.
//!
//! A step a line, written and synced before the next action: `{"step":{…},"crc":"…"}`, where the
//! crc is the CRC-32 (as in IEEE 802.3) of the step's text, in eight hexadecimal digits. The first
//! line names the terminal. A last line that is not whole was never acted upon, and is dropped;
//! anywhere else such a line is damage, and the journal is not used.

mod file;
mod line;
mod step;

use std::path::{Path, PathBuf};

use bank_engine::account::TerminalId;
use bank_engine::ledger::TransactionId;
use bank_engine::money::Amount;
use bank_engine::notes::NoteCount;
use file::JournalFile;
use line::{Line, read_lines};

use crate::failure::Failure;

pub use step::JournalStep;

/// Dispenses that may be open at once: the bank refused to hear of them, which somebody has to
/// look into before there are more.
pub const OPEN_MAX: usize = 100;

/// From this length on, in bytes, a journal is written anew with what is open.
const COMPACTED_FROM: u64 = 64 * 1024;

/// A dispense that the bank may not have heard the end of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenDispense {
    /// Which one.
    pub hold: TransactionId,
    /// How much was asked for.
    pub amount: Amount,
    /// What came out.
    pub out: CashOut,
}

/// What came out, as far as the journal knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CashOut {
    /// Nothing: the mechanism was not ordered to pay out.
    Nothing {
        /// Whether the bank was about to be asked to order the dispense.
        ordering: bool,
    },
    /// The mechanism was ordered to pay out, and nobody knows what it did.
    Unknown {
        /// What it was to pay out with.
        notes: Vec<NoteCount>,
    },
    /// This much.
    Cash {
        /// How much; zero for nothing.
        amount: Amount,
        /// Which notes, where they are counted.
        notes: Vec<NoteCount>,
    },
}

/// The record of one terminal, in the hands of this process alone.
pub struct Journal {
    kept: JournalFile,
    terminal: TerminalId,
    open: Vec<OpenDispense>,
    /// Whether a write failed, so that what the file ends with is unknown.
    is_broken: bool,
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal").field("terminal", &self.terminal).finish_non_exhaustive()
    }
}

impl Journal {
    /// Opens the journal of `terminal`, made if there is none. Refuses one that another process
    /// uses, that is damaged, or that is another terminal's.
    pub fn open(path: &Path, terminal: TerminalId) -> Result<Journal, Failure> {
        let (kept, text) = JournalFile::open(path)?;
        let shown = path.display();
        let (lines, torn) = read_lines(&text).map_err(|bad| {
            Failure::local(format!(
                "the journal {shown} is damaged at line {bad}; settle its dispenses with the bank by hand, \
                 move it away and start again"
            ))
        })?;
        let mut journal = Journal { kept, terminal, open: Vec::new(), is_broken: false };
        let mut is_compact = !torn && !lines.is_empty();
        for (line, number) in lines.into_iter().zip(1_usize..) {
            match line {
                Line::Terminal { terminal: other } if number == 1 && other == terminal => {}
                Line::Terminal { terminal: other } if number == 1 => {
                    return Err(Failure::usage(format!(
                        "the journal {shown} is that of terminal {other}; name another with --journal"
                    )));
                }
                Line::JournalStep(step) if number > 1 && journal.apply(&step) => {
                    is_compact &= !matches!(step, JournalStep::Settled { .. });
                }
                _ => {
                    return Err(Failure::local(format!(
                        "line {number} of the journal {shown} does not follow from those before it; settle \
                         its dispenses with the bank by hand, move it away and start again"
                    )));
                }
            }
        }
        if !is_compact {
            journal.compact()?;
        }
        Ok(journal)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.kept.path()
    }

    /// The dispenses that the bank may not have heard the end of, oldest first.
    #[must_use]
    pub fn unsettled(&self) -> &[OpenDispense] {
        &self.open
    }

    /// Refuses where no other dispense may be begun.
    pub fn check(&self) -> Result<(), Failure> {
        if self.is_broken {
            return Err(self.broken("an earlier write failed"));
        }
        if self.open.len() >= OPEN_MAX {
            return Err(Failure::local(format!(
                "{OPEN_MAX} dispenses of the journal {} are open; settle them with the bank first",
                self.path().display()
            )));
        }
        Ok(())
    }

    /// Writes a step. When this answers `Ok`, the step outlives a crash and a loss of power. After
    /// a failure nothing more can be written before the journal was opened anew.
    pub fn record(&mut self, step: JournalStep) -> Result<(), Failure> {
        if self.is_broken {
            return Err(self.broken("an earlier write failed"));
        }
        let line = Line::JournalStep(step);
        if let Err(error) = self.kept.append(&line.written()) {
            self.is_broken = true;
            return Err(self.broken(&error.to_string()));
        }
        if let Line::JournalStep(step) = &line {
            self.apply(step);
        }
        if self.kept.len() > COMPACTED_FROM { self.compact() } else { Ok(()) }
    }

    fn broken(&self, why: &str) -> Failure {
        Failure::local(format!(
            "cannot write the journal {}: {why}; no cash is paid out until that is mended and this terminal \
             started again",
            self.path().display()
        ))
    }

    /// Whether the step follows from those before.
    fn apply(&mut self, step: &JournalStep) -> bool {
        match step {
            JournalStep::Intended { hold, amount } => {
                let is_new = self.find(*hold).is_none();
                let out = CashOut::Nothing { ordering: false };
                if is_new {
                    self.open.push(OpenDispense { hold: *hold, amount: *amount, out });
                }
                is_new
            }
            JournalStep::Ordering { hold } => self.set(*hold, CashOut::Nothing { ordering: true }),
            JournalStep::Dispensing { hold, notes } => {
                self.set(*hold, CashOut::Unknown { notes: notes.clone() })
            }
            JournalStep::Dispensed { hold, amount, notes } => {
                self.set(*hold, CashOut::Cash { amount: *amount, notes: notes.clone() })
            }
            JournalStep::Settled { hold } => {
                let before = self.open.len();
                self.open.retain(|open| open.hold != *hold);
                self.open.len() < before
            }
        }
    }

    fn set(&mut self, hold: TransactionId, out: CashOut) -> bool {
        self.find(hold).map(|open| open.out = out).is_some()
    }

    fn find(&mut self, hold: TransactionId) -> Option<&mut OpenDispense> {
        self.open.iter_mut().find(|open| open.hold == hold)
    }

    /// Writes the journal anew with what is open.
    fn compact(&mut self) -> Result<(), Failure> {
        let mut text = Line::of(self.terminal).written();
        for open in &self.open {
            let hold = open.hold;
            let mut steps = vec![JournalStep::Intended { hold, amount: open.amount }];
            match &open.out {
                CashOut::Nothing { ordering } => {
                    steps.extend(ordering.then_some(JournalStep::Ordering { hold }))
                }
                CashOut::Unknown { notes } => {
                    steps.push(JournalStep::Dispensing { hold, notes: notes.clone() })
                }
                CashOut::Cash { amount, notes } => {
                    steps.push(JournalStep::Dispensed { hold, amount: *amount, notes: notes.clone() });
                }
            }
            text.extend(steps.into_iter().map(|step| Line::JournalStep(step).written()));
        }
        let replaced = self.kept.replace(&text);
        replaced.map_err(|error| {
            self.is_broken = true;
            self.broken(&error.to_string())
        })
    }
}

#[cfg(test)]
impl Journal {
    /// After so many more steps none can be written.
    pub(crate) fn fail_after(&mut self, steps: u32) {
        self.kept.fail_after(steps);
    }
}

/// Where a terminal's journal is unless named (XDG Base Directory Specification).
#[must_use]
pub fn default_path(terminal: &TerminalId) -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = set("XDG_STATE_HOME").or_else(|| set("HOME").map(|home| home.join(".local/state")))?;
    let name = terminal.as_str().replace('/', "%2F");
    Some(state.join("bank-engine").join(format!("terminal-{name}.journal")))
}

#[cfg(test)]
mod tests;
