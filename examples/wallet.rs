//! A wallet of dollars and points: topped up, spent, refunded, and shown.
//!
//! ```sh
//! cargo run --example wallet -- wallet-data   # without a directory nothing is kept
//! ```

use bank_engine::{
    Bank, Builder, By, Error, NewAccount, Reversal, StatementQuery, TransactionId, Transfer, TransferBatch,
};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let builder = Builder::new().unit("POINTS", 0);
    let bank = match std::env::args().nth(1) {
        Some(directory) => builder.open(directory).await?,
        None => builder.in_memory()?,
    };
    open_accounts(&bank).await?;

    let transfer = |amount: &str| Transfer::new(TransactionId::generate(), amount);
    bank.transfer(transfer("50.00").from("card-processor").to("anna")).await?;

    // A purchase: she pays, and gets a point for each whole dollar, or neither happens.
    let purchase = TransactionId::generate(); // kept with the order: asking again moves nothing twice
    let sale = TransferBatch::new()
        .transfer(Transfer::new(purchase, "12.50").from("anna").to("sales"))
        .transfer(transfer("12").from("points-issued").to("anna-points"));
    bank.transfer_batch(sale).await?;

    match bank.transfer(transfer("99.00").from("anna").to("sales")).await {
        Err(error) if error.is_declined() => println!("declined: {error} (code {})", error.code()),
        other => println!("{}", other?),
    }

    let by = By::program("wallet").because("returned");
    let refund = bank.reverse(Reversal::new(TransactionId::generate(), by).original(purchase).amount("2.50"));
    println!("refunded {}", refund.await?.amount);

    for account in ["anna", "anna-points"] {
        println!("{account}: {}", bank.balance(account).await?);
        for entry in bank.statement(account, StatementQuery::default()).await?.entries {
            println!("  {} {:>10} {:>8}", entry.at, entry.kind, entry.amount.to_string());
        }
    }
    Ok(())
}

/// The same at every start: an account that is there stays as it is.
async fn open_accounts(bank: &Bank) -> Result<(), Error> {
    for (source, currency) in [("card-processor", "USD"), ("points-issued", "POINTS")] {
        bank.open_account(NewAccount::new(source, currency).without_minimum()).await?;
    }
    for (account, currency) in [("anna", "USD"), ("sales", "USD"), ("anna-points", "POINTS")] {
        bank.open_account(NewAccount::new(account, currency)).await?;
    }
    Ok(())
}
