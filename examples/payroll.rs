//! Ten thousand wages in one transfer batch: all are paid, or none.
//!
//! ```sh
//! cargo run --release --example payroll
//! ```

use std::time::Instant;

use bank_engine::{Bank, Error, NewAccount, TransactionId, Transfer, TransferBatch};

const PEOPLE: usize = 10_000;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let bank = Bank::in_memory();
    bank.open_account(NewAccount::new("funding", "EUR").without_minimum()).await?;
    bank.open_account(NewAccount::new("payroll", "EUR")).await?;
    for number in 0..PEOPLE {
        bank.open_account(NewAccount::new(person(number), "EUR")).await?;
    }

    // The ids are made once and kept with the run: whatever happens, asking again pays nobody twice.
    let wages: TransferBatch = (0..PEOPLE)
        .map(|number| {
            let wage = format!("{}.50", 2_000 + number % 700);
            Transfer::new(TransactionId::generate(), wage).from("payroll").to(person(number)).memo("November")
        })
        .collect();

    // A dry run says what would happen, and how much is missing.
    match bank.dry_run(wages.clone()).await {
        Err(error) if error.is_declined() => println!("not yet: {error} (code {})", error.code()),
        other => drop(other?),
    }
    bank.transfer(Transfer::new(TransactionId::generate(), "25000000").from("funding").to("payroll")).await?;
    println!("the dry run pays {} people", bank.dry_run(wages.clone()).await?.len());

    let start = Instant::now();
    let receipts = bank.transfer_batch(wages.clone()).await?;
    println!("paid {} people in {:.0?}", receipts.len(), start.elapsed());
    println!("left for the next run: {}", bank.balance("payroll").await?);

    // The connection broke, and nobody knows? Ask again.
    let again = bank.transfer_batch(wages).await?;
    let replayed = again.iter().filter(|receipt| receipt.replayed).count();
    println!("asked again: {replayed} of {} receipts are the first ones", again.len());
    Ok(())
}

fn person(number: usize) -> String {
    format!("person-{number:05}")
}
