//! Totals of accounts in SQLite, and the place in the bank's record up to which they hold. Both change in
//! one transaction of SQLite, so no crash comes between them.

use std::path::Path;

use bank_engine::ledger::Fact;
use bank_engine::store::{Event, NotAPosition, Position};
use rusqlite::{Connection, OptionalExtension, params};

const TABLES: &str = "
    create table if not exists place (position text not null) strict;
    create table if not exists totals (account text primary key, cents integer not null) strict;";

/// The table, and its place.
#[derive(Debug)]
pub struct Table(Connection);

impl Table {
    /// Opens the file at `path`, made where there is none.
    pub fn open(path: &Path) -> rusqlite::Result<Table> {
        let connection = Connection::open(path)?;
        connection.execute_batch(TABLES)?;
        Ok(Table(connection))
    }

    /// The place after the last event that was applied.
    pub fn position(&self) -> Result<Position, Box<dyn std::error::Error>> {
        let text: Option<String> =
            self.0.query_row("select position from place", [], |row| row.get(0)).optional()?;
        Ok(text.map_or(Ok::<_, NotAPosition>(Position::START), |text| text.parse())?)
    }

    /// Does what the event asks for and keeps the place after it: both, or neither.
    pub fn apply(&mut self, event: &Event) -> rusqlite::Result<()> {
        let both = self.0.transaction()?;
        if let Fact::Posted(made) = &event.fact {
            let add = "insert into totals values (?1, ?2) on conflict do update set cents = cents + ?2";
            both.execute(add, params![made.from.account.as_str(), -made.amount.0])?;
            both.execute(add, params![made.to.account.as_str(), made.amount.0])?;
        }
        both.execute("delete from place", [])?;
        both.execute("insert into place values (?1)", [event.position.to_string()])?;
        both.commit()
    }

    /// An account's total in minor units, zero where nothing moved.
    pub fn total(&self, account: &str) -> rusqlite::Result<i64> {
        let total =
            self.0.query_row("select cents from totals where account = ?1", [account], |row| row.get(0));
        Ok(total.optional()?.unwrap_or(0))
    }
}
