//! Money of buyers and sellers in a program of your own: reserved, paid, split and taken back.
//!
//! Nobody logs in: the program acts for the bank.
//!
//! ```sh
//! cargo run --example marketplace
//! ```

use bank_engine::bank::{Bank, By, Capture, NewAccount, NewHold, Reversal, Transfer, TransferBatch};
use bank_engine::error::Error;
use bank_engine::ledger::TransactionId;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let bank = Bank::in_memory();
    bank.open_account(NewAccount::new("card-processor", "USD").without_minimum()).await?;
    for account in ["buyer", "seller", "fees", "tax"] {
        bank.open_account(NewAccount::new(account, "USD")).await?;
    }
    let top_up = Transfer::new(TransactionId::generate(), "100.00").from("card-processor").to("buyer");
    bank.transfer(top_up).await?;

    // The buyer orders: the money is set aside, and not paid before the goods are sent.
    let order = TransactionId::generate();
    let held =
        bank.authorise(NewHold::new(order, "60.00").from("buyer").to("seller").memo("two lamps")).await?;
    println!("ordered: {} on hold, {} of {} can be spent", held.amount, held.available, held.balance);

    // One lamp is out of stock: a part is taken, once, and the rest is free again.
    let taken = bank.capture(Capture::part(order, "45.00")).await?;
    println!("sent: {} captured", taken.amount);

    // The seller pays a fee and a tax on it: both or none. A dry run answers first.
    let pays = |to, amount| Transfer::new(TransactionId::generate(), amount).from("seller").to(to);
    let split = TransferBatch::new().transfer(pays("fees", "4.50")).transfer(pays("tax", "8.10"));
    if let Some(last) = bank.dry_run(split.clone()).await?.last() {
        println!("would be left to the seller: {}", last.balance);
    }
    bank.transfer_batch(split).await?;
    let too_much = TransferBatch::new().transfer(pays("fees", "1.00")).transfer(pays("tax", "99.00"));
    match bank.transfer_batch(too_much).await {
        Err(error) if error.is_declined() => println!("refused: {error} (code {})", error.code()),
        other => println!("not refused: {other:?}"),
    }

    // It arrives broken: a part goes back, linked to the sale. Nothing is ever edited.
    let by = By::program("shop").because("one arrived broken");
    let back =
        bank.reverse(Reversal::new(TransactionId::generate(), by).original(order).amount("15.00")).await?;
    println!("taken back: {}", back.amount);
    for line in bank.trial_balance().await? {
        println!("all {} accounts sum to {}", line.currency, line.sum());
    }
    Ok(())
}
