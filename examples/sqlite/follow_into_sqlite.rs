//! A table of your own, in step with the bank over restarts: each event is counted exactly once.
//!
//! ```sh
//! cargo run -p bank-engine-sqlite-example --example follow_into_sqlite -- some-directory   # again and again
//! ```

use std::error::Error;
use std::path::PathBuf;

use bank_engine::{NewAccount, TransactionId, Transfer, blocking};
use bank_engine_sqlite_example::Table;

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args().nth(1).ok_or("name a directory for the bank and the table")?;
    let directory = PathBuf::from(directory);
    let bank = blocking::open(directory.join("bank"))?;
    bank.open_account(NewAccount::new("source", "USD").without_minimum())?;
    bank.open_account(NewAccount::new("anna", "USD"))?;
    for _ in 0..3 {
        bank.transfer(Transfer::new(TransactionId::generate(), "1.00").from("source").to("anna"))?;
    }

    let mut table = Table::open(&directory.join("totals.sqlite"))?;
    let after = table.position()?;
    println!("going on after {after}");
    let (mut events, mut count) = (bank.events(after), 0);
    while let Some(event) = events.try_next()? {
        table.apply(&event)?;
        count += 1;
    }
    println!("{count} events were new");
    let (balance, cents) = (bank.balance("anna")?.balance, table.total("anna")?);
    println!("anna has {balance} in the bank and {cents} cents in the table");
    Ok(())
}
