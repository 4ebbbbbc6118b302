//! The trait of an export's format: writes the beginning, each record and the end.

use std::io::{self, Write};

use bank_engine::books::Books;
use bank_engine::ledger::{Fact, Transaction};

/// What is written before, for and after the transactions.
pub(super) trait Form {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()>;
    fn transaction(&mut self, transaction: &Transaction, out: &mut dyn Write) -> io::Result<()>;
    /// Anything else that was recorded; `books` is the state before it.
    fn operation(&mut self, _fact: &Fact, _books: &Books, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
    /// `books` is what the transactions led to.
    fn end(&mut self, books: &Books, out: &mut dyn Write) -> io::Result<()>;
}
