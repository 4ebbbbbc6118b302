//! A bank inside a program: no server, no sockets.
//!
//! Opens two accounts and does with them what can be done, refusals included.
//!
//! ```sh
//! cargo run --example embedded
//! ```

use bank_engine::bank::{Bank, Deposit, Transfer, Withdrawal};
use bank_engine::error::Error;
use bank_engine::ledger::{StatementQuery, TransactionId};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bank = Bank::builder()
        .account("cedar-100", "2580", "1250.00")
        .account("birch-200", "0147", "89.95")
        .build()
        .await?;

    // Who knows the PIN holds the account, alone.
    let atm = bank.login("cedar-100", "2580").await?;
    println!("logged in to {}", atm.account());
    result("a second log-in", bank.login("cedar-100", "2580").await.err())?;

    // Every movement has an id that the caller makes and keeps.
    let id = TransactionId::generate();
    println!("{}", atm.deposit(Deposit::new(id, "50.00")).await?);
    println!("{}", atm.withdraw(Withdrawal::new(TransactionId::generate(), "20.00")).await?);
    println!(
        "{}",
        atm.transfer(Transfer::new(TransactionId::generate(), "400.00").to("birch-200").memo("rent for May"))
            .await?
    );

    // Nothing is overdrawn and nothing is rounded.
    result("an overdraft", atm.withdraw(Withdrawal::new(TransactionId::generate(), "99999.00")).await.err())?;
    result("a third decimal", atm.deposit(Deposit::new(TransactionId::generate(), "12.345")).await.err())?;

    // The answer got lost? Ask again with the same id: the money moves once. Never for something else.
    println!("{}", atm.deposit(Deposit::new(id, "50.00")).await?);
    result("the same id for another amount", atm.deposit(Deposit::new(id, "60.00")).await.err())?;

    println!("\nstatement of {}, newest first", atm.account());
    for entry in atm.statement(StatementQuery::default()).await?.entries {
        let (amount, balance) = (entry.amount.to_string(), entry.balance.to_string());
        println!("{:>3}  {:10} {amount:>9} {balance:>9}", entry.number, entry.kind);
    }

    // After log-out, or a drop, the account is free for the next one.
    atm.log_out().await?;
    let atm = bank.login("cedar-100", "2580").await?;
    println!("\nlogged in again, balance {}", atm.balance().await?.balance);
    for line in bank.trial_balance().await? {
        println!("all {} accounts sum to {}", line.currency, line.sum());
    }
    Ok(())
}

/// Prints what the bank said to something that it must refuse.
fn result(what: &str, refusal: Option<Error>) -> Result<(), String> {
    let refusal = refusal.ok_or_else(|| format!("{what} was not refused"))?;
    println!("{what}: refused, {refusal} (code {})", refusal.code());
    Ok(())
}
