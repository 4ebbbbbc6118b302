//! Random amounts and notes, and commands about a terminal's cash.

use super::Commands;
use crate::account::TerminalId;
use crate::ledger::{Cash, Command};
use crate::money::{Amount, Currency};
use crate::notes::NoteCount;
use crate::testing::commands::words::{instruction, operator, reason};

const FACES: [i64; 4] = [10, 20, 50, 100];

impl Commands {
    /// Mostly what notes can make in any currency, 10 to 200; else anything, no amount too.
    pub(super) fn amount(&mut self) -> Amount {
        let decimals = u8::try_from(self.random.below(4)).expect("a small number");
        match self.random.below(100) {
            0 => written(-5, decimals),
            1 => written(0, decimals),
            2 if self.one_in(20) => written(i64::MAX, decimals),
            2..24 => written(small(self.random.below(5000)), decimals),
            _ => self.tens(20),
        }
    }

    /// 10 to ten times `most`.
    pub(super) fn tens(&mut self, most: usize) -> Amount {
        written(10 * small(1 + self.random.below(most)), 0)
    }

    /// Some notes and what they are worth. Now and then they are none.
    pub(super) fn notes(&mut self) -> (Amount, Vec<NoteCount>) {
        let denominations = 1 + self.random.below(FACES.len());
        let mut sum = 0;
        let mut notes = Vec::new();
        for denomination in FACES.into_iter().take(denominations) {
            let count = self.random.below(4);
            sum += denomination * small(count);
            notes.push(NoteCount {
                denomination: written(denomination, 0),
                count: u32::try_from(count).expect("a small number"),
            });
        }
        match self.random.below(60) {
            0 => notes.push(NoteCount { denomination: written(10, 0), count: 1 }),
            1 => notes.push(NoteCount { denomination: written(7, 4), count: 1 }),
            2 => notes.push(NoteCount { denomination: written(-10, 0), count: 1 }),
            3 => notes.extend(
                (1..9).map(|denomination| NoteCount { denomination: written(denomination, 0), count: 1 }),
            ),
            4 => notes.clear(),
            _ => {}
        }
        (written(sum, 0), notes)
    }

    /// What a terminal begins with: a key and notes, if it is to count them, or an amount.
    pub(super) fn stocked(&mut self, terminal: TerminalId) -> Vec<Command> {
        let (currency, transaction) = (Currency::USD, self.transaction());
        if !counts_notes(terminal) {
            let cash = Cash::of(currency, self.tens(100));
            let load = Command::Load { terminal, cash, transaction, instruction: None };
            let (key, instruction) = (None, None);
            let added = Command::AddTerminal { terminal, currency, key, instruction };
            let is_vault = terminal == TerminalId::vault();
            return if is_vault { vec![load] } else { vec![added, load] };
        }
        let key = self.secrets[0];
        let cash = Cash::in_notes(currency, vec![NoteCount { denomination: written(20, 0), count: 40 }]);
        let added = Command::AddTerminal { terminal, currency, key: Some(key), instruction: None };
        vec![added, Command::Load { terminal, cash, transaction, instruction: None }]
    }

    /// A load, unload or count, at some terminals mostly in notes.
    pub(super) fn cash(&mut self) -> Command {
        let (terminal, transaction) = (self.terminal(), self.transaction());
        let currency = if self.one_in(3) { self.currency() } else { Currency::USD };
        let in_notes = counts_notes(terminal) != self.one_in(10);
        let (sum, notes) = self.notes();
        let reject_bin =
            if in_notes && self.one_in(2) { notes.iter().take(1).cloned().collect() } else { Vec::new() };
        let cash = if in_notes {
            let amount = self.one_in(4).then_some(sum);
            Cash { amount, ..Cash::in_notes(currency, notes) }
        } else {
            Cash::of(currency, self.amount())
        };
        match self.random.below(10) {
            0..5 => {
                Command::Load { terminal, cash, transaction, instruction: self.one_in(2).then(instruction) }
            }
            5..7 => {
                let (operator, reason) = (operator(), reason());
                Command::Unload { terminal, cash, transaction, operator, reason }
            }
            _ => {
                let close = (!self.one_in(3)).then(|| (transaction, instruction()));
                Command::Count { terminal, counted: cash, reject_bin, close }
            }
        }
    }
}

fn counts_notes(terminal: TerminalId) -> bool {
    !matches!(terminal.as_str(), "vault" | "lobby")
}

fn written(digits: i64, decimals: u8) -> Amount {
    Amount::new(digits, decimals).expect("an amount")
}

fn small(number: usize) -> i64 {
    i64::try_from(number).expect("a small number")
}
