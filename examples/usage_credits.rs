//! Prepaid credits of an API: reserved before a request, used in part after it, given back by time.
//!
//! ```sh
//! cargo run --example usage_credits
//! ```

use std::sync::Arc;
use std::time::Duration;

use bank_engine::clock::ManualClock;
use bank_engine::{Bank, Builder, Capture, Error, HoldsQuery, NewAccount, NewHold, TransactionId, Transfer};

#[tokio::main]
async fn main() -> Result<(), Error> {
    // A clock that the example moves; a program leaves it out.
    let clock = Arc::new(ManualClock::default());
    let bank = Builder::new().clock(clock.clone()).unit("CREDITS", 2).in_memory()?;
    bank.open_account(NewAccount::new("sold", "CREDITS").without_minimum()).await?;
    bank.open_account(NewAccount::new("used", "CREDITS")).await?;
    bank.open_account(NewAccount::new("team-7", "CREDITS")).await?;
    let bought = Transfer::new(TransactionId::generate(), "100").from("sold").to("team-7");
    bank.transfer(bought).await?;

    // What a request may cost at most is set aside while it runs, for five minutes.
    let request = TransactionId::generate();
    reserve(&bank, request, "8.00").await?;
    println!("while it runs: {}", bank.balance("team-7").await?);

    // It took less: that is taken, once, and the rest is free again.
    bank.capture(Capture::part(request, "3.25")).await?;
    println!("after it: {}", bank.balance("team-7").await?);

    // More than there is can't be promised, however many ask at the same time.
    match reserve(&bank, TransactionId::generate(), "500").await {
        Err(error) if error.is_declined() => println!("declined: {error} (code {})", error.code()),
        other => other?,
    }

    // A worker that crashed reports nothing. Its reservation expires.
    reserve(&bank, TransactionId::generate(), "20.00").await?;
    println!("a worker has crashed: {}", bank.balance("team-7").await?);
    clock.advance(Duration::from_secs(301));
    println!("five minutes later: {}", bank.balance("team-7").await?);
    println!("{} reservations are open", bank.holds(HoldsQuery::default()).await?.holds.len());
    Ok(())
}

async fn reserve(bank: &Bank, request: TransactionId, credits: &str) -> Result<(), Error> {
    let hold = NewHold::new(request, credits).from("team-7").to("used");
    bank.authorise(hold.lasts(Duration::from_secs(300))).await.map(drop)
}
