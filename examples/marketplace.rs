//! Money of buyers and sellers in a program of your own: reserved, paid, split and taken back.
//!
//! Nobody logs in: the program acts for the bank. A second part of it follows what is recorded and
//! keeps a table of its own.
//!
//! ```sh
//! cargo run --example marketplace
//! ```

use std::time::Duration;

use bank_engine::bank::{Bank, BankError};
use bank_engine::ledger::{Actor, Fact, HoldAction, TransactionId, Transfer};
use bank_engine::store::Position;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bank = Bank::in_memory()
        .account("buyer", "2580", "100.00")
        .account("seller", "0147", "0")
        .account("fees", "3691", "0")
        .account("tax", "1472", "0")
        .build()
        .await?;

    // The buyer orders: the money is set aside, and not paid before the goods are sent.
    let order = TransactionId::generate();
    let buyer = bank.login("buyer", "2580").await?;
    let memo = "a lamp".parse()?;
    let held =
        buyer.authorise(order, "seller", "60.00".parse()?, Some(memo), Duration::from_secs(3600)).await?;
    println!("ordered: {} on hold, {} of {} can be spent", held.amount, held.available, held.balance);
    buyer.log_out().await?;

    // One lamp is out of stock: a part is taken, once, and the rest is free again.
    let taken =
        bank.act_on_hold(order, Actor::Bank, HoldAction::Capture { amount: Some("45.00".parse()?) }).await?;
    println!("sent: {} captured", taken.amount);

    // The seller pays a fee and a tax on it: both or none. A dry run answers first.
    let pays = |to: &str, amount: &str| -> Result<Transfer, Box<dyn std::error::Error>> {
        let (from, to) = ("seller".parse()?, to.parse()?);
        Ok(Transfer { transaction: TransactionId::generate(), from, to, amount: amount.parse()?, memo: None })
    };
    let split = vec![pays("fees", "4.50")?, pays("tax", "8.10")?];
    let would = bank.transfer_batch(split.clone(), true, None).await?;
    println!("would be left to the seller: {}", would.last().ok_or("no receipt")?.balance);
    bank.transfer_batch(split, false, None).await?;
    let too_much = vec![pays("fees", "1.00")?, pays("tax", "99.00")?];
    match bank.transfer_batch(too_much, false, None).await {
        Err(BankError::Declined(decline)) => println!("refused: {decline} (code {})", decline.code()),
        other => return Err(format!("not refused: {other:?}").into()),
    }

    // It arrives broken: a part goes back, linked to the sale. Nothing is ever edited.
    let (operator, reason) = ("support".parse()?, "broken".parse()?);
    let back =
        bank.reverse(order, Some("15.00".parse()?), TransactionId::generate(), operator, reason).await?;
    println!("taken back: {}", back.amount);

    // A reader of the record meets each fact once, in order, and may go on from any position.
    let (mut follower, mut last) = (bank.events(Position::START), Position::START);
    while let Some(event) = follower.try_next().await? {
        if let Fact::Posted(made) = &event.fact {
            let amount = made.amount.in_currency(made.currency);
            println!("{:>10} {amount:>7} {} -> {}", made.kind, made.from.account, made.to.account);
        }
        last = event.position;
    }
    println!("followed to {last}");
    for line in bank.trial_balance().await? {
        println!("all {} accounts sum to {}", line.currency, line.sum());
    }
    Ok(())
}
