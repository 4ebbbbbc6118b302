//! What happens at the bank when nobody sits at the keyboard. Each line is checked as it is printed.

use std::error::Error;

use bank_engine::bank::Bank;
use bank_engine::client::{Client, ClientError};
use bank_engine::ledger::{Receipt, TransactionId};
use bank_engine::money::Minor;
use bank_engine::transport::{Connection, Transport};

type Checked = Result<(), Box<dyn Error>>;

/// What the bank should answer: a text, or a refusal with this code.
type Expected = Result<&'static str, i32>;

const WELCOME: Expected = Ok("welcome");

/// Two terminals want one account.
pub async fn contention(wire: &str, transport: &dyn Transport, address: &str) -> Checked {
    println!("\nTwo terminals and one account, over {wire}.\n");
    let mut first = Terminal::at(transport, address, "first").await?;
    let mut second = Terminal::at(transport, address, "second").await?;

    first.logs_in("cedar-100", "2580", WELCOME).await?;
    first.asks_for_the_balance(Ok("balance 1250.00")).await?;
    second.logs_in("cedar-100", "2580", Err(1103)).await?;
    first.leaves().await;

    second.logs_in("cedar-100", "2580", WELCOME).await?;
    second.deposits("50.00", Ok("balance 1300.00")).await?;
    second.withdraws("20.00", Ok("balance 1280.00")).await?;
    second.withdraws("1280.01", Err(1202)).await?;
    second.withdraws("30.00", Ok("balance 1250.00")).await?;
    second.leaves().await;
    Ok(())
}

/// Somebody guesses.
pub async fn lockout(transport: &dyn Transport, address: &str) -> Checked {
    println!("\nSomebody guesses a PIN.\n");
    let mut thief = Terminal::at(transport, address, "first").await?;
    thief.logs_in("birch-200", "0000", Err(1101)).await?;
    thief.logs_in("birch-200", "1234", Err(1101)).await?;
    thief.logs_in("birch-200", "1111", Err(1102)).await?;
    let mut owner = Terminal::at(transport, address, "second").await?;
    owner.logs_in("birch-200", "0147", Err(1102)).await?;
    thief.leaves().await;
    owner.leaves().await;
    Ok(())
}

/// The bank's own accounts among them, all balances sum to zero.
pub async fn trial_balance(bank: &Bank) -> Checked {
    println!("\nWhat was taken anywhere was given somewhere.\n");
    for line in bank.trial_balance().await? {
        let amount = |minor| i64::try_from(minor).map(|minor| Minor(minor).in_currency(line.currency));
        let (debits, credits) = (amount(line.debits)?, amount(line.credits)?);
        println!("  {} accounts: debits {debits}, credits {credits} {}", line.accounts, line.currency);
        if line.sum() != 0 || line.credits == 0 {
            return Err("the books don't balance".into());
        }
    }
    println!("  All balances sum to zero.");
    Ok(())
}

/// A terminal on a connection of its own.
struct Terminal {
    name: &'static str,
    atm: Client,
    connection: Box<dyn Connection>,
}

impl Terminal {
    async fn at(
        transport: &dyn Transport,
        address: &str,
        name: &'static str,
    ) -> Result<Self, Box<dyn Error>> {
        let connection = transport.connect(address).await?;
        let atm = Client::handshake(connection.open().await?, "demo").await?;
        Ok(Terminal { name, atm, connection })
    }

    async fn logs_in(&mut self, account: &str, pin: &str, expected: Expected) -> Checked {
        let answer = self.atm.login(account, pin).await.map(|_| "welcome".to_owned());
        self.prints(&format!("logs in to {account} with PIN {pin}"), answer, expected)
    }

    async fn asks_for_the_balance(&mut self, expected: Expected) -> Checked {
        let answer = self.atm.balance().await.map(|standing| format!("balance {}", standing.balance));
        self.prints("asks for the balance", answer, expected)
    }

    async fn deposits(&mut self, amount: &str, expected: Expected) -> Checked {
        let answer = self.atm.deposit(TransactionId::generate(), amount.parse()?).await;
        self.prints(&format!("deposits {amount}"), answer.map(balance), expected)
    }

    async fn withdraws(&mut self, amount: &str, expected: Expected) -> Checked {
        let answer = self.atm.withdraw(TransactionId::generate(), amount.parse()?).await;
        self.prints(&format!("withdraws {amount}"), answer.map(balance), expected)
    }

    async fn leaves(self) {
        self.atm.close().await;
        self.connection.close().await;
        println!("  {:7} leaves", self.name);
    }

    /// Prints an act and its answer. The scene ends where that is not the one expected.
    fn prints(&self, act: &str, answer: Result<String, ClientError>, expected: Expected) -> Checked {
        let answer = match answer {
            Ok(answer) => Ok(answer),
            Err(ClientError::Refused(refusal)) => Err(refusal),
            Err(error) => return Err(error.into()),
        };
        let result = match &answer {
            Ok(answer) => answer.clone(),
            Err(refusal) => format!("refused, {}: {}", refusal.code, refusal.message),
        };
        println!("  {:7} {act:36} {result}", self.name);
        let as_expected = match (&answer, expected) {
            (Ok(answer), Ok(expected)) => answer == expected,
            (Err(refusal), Err(expected)) => refusal.code == expected,
            _ => false,
        };
        if as_expected { Ok(()) } else { Err(format!("{expected:?} was to come").into()) }
    }
}

fn balance(receipt: Receipt) -> String {
    format!("balance {}", receipt.balance)
}
