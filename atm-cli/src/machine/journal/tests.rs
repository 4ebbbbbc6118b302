#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;

use super::*;

const HOLD: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const OTHER: &str = "01890a5d-ac96-774b-bcce-b302099a8058";

fn id(text: &str) -> TransactionId {
    text.parse().unwrap()
}

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

fn notes() -> Vec<NoteCount> {
    bank_engine::notes::parse_notes("2x50.00,1x20.00").unwrap()
}

fn intended(hold: &str) -> JournalStep {
    JournalStep::Intended { hold: id(hold), amount: amount("120.00") }
}

struct JournalFolder {
    folder: tempfile::TempDir,
}

impl JournalFolder {
    fn new() -> JournalFolder {
        JournalFolder { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("deep/er/journal")
    }

    fn try_open(&self) -> Result<Journal, Failure> {
        Journal::open(&self.path(), "atm-1".parse().unwrap())
    }

    fn open(&self) -> Journal {
        self.try_open().unwrap_or_else(|failure| panic!("{failure}"))
    }

    /// A journal that went through these steps, and its bytes.
    fn after(&self, steps: &[JournalStep]) -> Vec<u8> {
        let mut journal = self.open();
        for step in steps {
            journal.record(step.clone()).unwrap();
        }
        drop(journal);
        fs::read(self.path()).unwrap()
    }
}

fn all_steps() -> Vec<JournalStep> {
    let hold = id(HOLD);
    vec![
        intended(HOLD),
        JournalStep::Ordering { hold },
        JournalStep::Dispensing { hold, notes: notes() },
        JournalStep::Dispensed { hold, amount: amount("50.00"), notes: Vec::new() },
        JournalStep::Settled { hold },
    ]
}

/// What is open after so many of [`all_steps`].
fn known(steps: usize) -> Option<CashOut> {
    match steps {
        1 => Some(CashOut::Nothing { ordering: false }),
        2 => Some(CashOut::Nothing { ordering: true }),
        3 => Some(CashOut::Unknown { notes: notes() }),
        4 => Some(CashOut::Cash { amount: amount("50.00"), notes: Vec::new() }),
        _ => None,
    }
}

#[test]
fn what_was_recorded_is_known_at_the_next_start() {
    for count in 0..=5 {
        let folder = JournalFolder::new();
        folder.after(&all_steps()[..count]);
        // The second time it is read from a journal that was written anew.
        for _ in 0..2 {
            let journal = folder.open();
            let open: Vec<_> = journal.unsettled().iter().map(|open| open.out.clone()).collect();
            assert_eq!(open, Vec::from_iter(known(count)), "after {count} steps");
        }
    }
}

/// A crash may leave any part of the last line, and a file that is longer than what was written.
#[test]
fn a_torn_last_line_is_dropped_wherever_it_is_torn() {
    for count in 1..=5 {
        let whole = JournalFolder::new().after(&all_steps()[..count]);
        let before = JournalFolder::new().after(&all_steps()[..count - 1]).len();
        for end in before..whole.len() {
            for zeros in [0, 7] {
                let folder = JournalFolder::new();
                folder.after(&[]);
                let mut torn = whole[..end].to_vec();
                torn.extend(vec![0; zeros]);
                fs::write(folder.path(), torn).unwrap();
                let mut journal = folder.open();
                let open: Vec<_> = journal.unsettled().iter().map(|open| open.out.clone()).collect();
                assert_eq!(open, Vec::from_iter(known(count - 1)), "step {count} cut at {end}");
                // What is written next does not stick to what was torn.
                journal.record(intended(OTHER)).unwrap();
                drop(journal);
                assert!(folder.open().unsettled().iter().any(|open| open.hold == id(OTHER)));
            }
        }
    }
}

#[test]
fn a_changed_line_that_is_not_the_last_is_reported() {
    let folder = JournalFolder::new();
    let whole = folder.after(&all_steps()[..4]);
    let lines = whole.iter().filter(|byte| **byte == b'\n').count();
    let last = whole.len() - whole.split_inclusive(|byte| *byte == b'\n').next_back().unwrap().len();
    for place in 0..last {
        let mut changed = whole.clone();
        changed[place] ^= 1;
        fs::write(folder.path(), &changed).unwrap();
        let output = folder.try_open().err().unwrap_or_else(|| panic!("a change at {place} was not seen"));
        let number = 1 + whole[..place].iter().filter(|byte| **byte == b'\n').count();
        assert!(number < lines);
        assert!(output.to_string().contains(&format!("damaged at line {number};")), "{place}: {output}");
        assert_eq!(fs::read(folder.path()).unwrap(), changed, "a damaged journal is left as it is");
    }
}

#[test]
fn lines_that_do_not_follow_are_reported() {
    let hold = id(HOLD);
    let strays = [
        vec![JournalStep::Ordering { hold }],
        vec![JournalStep::Settled { hold }],
        vec![intended(HOLD), intended(HOLD)],
        vec![
            intended(HOLD),
            JournalStep::Dispensed { hold: id(OTHER), amount: amount("1"), notes: Vec::new() },
        ],
    ];
    for steps in strays {
        let folder = JournalFolder::new();
        folder.after(&steps);
        let output = folder.try_open().err().unwrap_or_else(|| panic!("{steps:?} was taken"));
        assert!(output.to_string().contains("does not follow"), "{output}");
    }
}

#[test]
fn one_process_has_it_at_a_time() {
    let folder = JournalFolder::new();
    let journal = folder.open();
    let output = folder.try_open().err().unwrap();
    assert_eq!(output.exit_code(), bank_engine_cli_support::exit::BUSY);
    assert!(output.to_string().contains("another process is at the journal"), "{output}");
    drop(journal);
    folder.open();
}

#[test]
fn another_terminals_journal_is_refused() {
    let folder = JournalFolder::new();
    folder.after(&[]);
    let output = Journal::open(&folder.path(), "atm-2".parse().unwrap()).err().unwrap();
    assert!(output.to_string().contains("is that of terminal atm-1"), "{output}");
}

#[test]
fn what_is_settled_takes_no_room() {
    let folder = JournalFolder::new();
    let empty = folder.after(&[]).len();
    assert!(folder.after(&all_steps()).len() > empty);
    drop(folder.open());
    assert_eq!(fs::read(folder.path()).unwrap().len(), empty);
    // While it runs, too; what is open stays.
    let mut journal = folder.open();
    journal.record(intended(OTHER)).unwrap();
    for _ in 0..300 {
        all_steps().into_iter().for_each(|step| journal.record(step).unwrap());
    }
    assert!(fs::metadata(folder.path()).unwrap().len() <= COMPACTED_FROM);
    assert_eq!(journal.unsettled().len(), 1);
    drop(journal);
    assert_eq!(folder.open().unsettled()[0].hold, id(OTHER));
}

#[test]
fn after_a_failed_write_nothing_more_is_written() {
    let folder = JournalFolder::new();
    let mut journal = folder.open();
    journal.fail_after(0);
    assert!(journal.record(intended(HOLD)).is_err());
    assert!(journal.unsettled().is_empty(), "what is not on the disk is not known");
    let output = journal.check().unwrap_err();
    assert!(output.to_string().contains("no cash is paid out"), "{output}");
    assert!(journal.record(intended(OTHER)).is_err());
}

#[test]
fn there_are_not_too_many_open() {
    let mut journal = JournalFolder::new().open();
    for number in 0..OPEN_MAX {
        journal.check().unwrap();
        let hold = TransactionId::generate();
        journal.record(JournalStep::Intended { hold, amount: amount("1") }).unwrap();
        assert_eq!(journal.unsettled().len(), number + 1);
    }
    assert!(journal.check().is_err());
}
