//! A kiosk where people load prepaid cards with cash and take it out again: PINs, a terminal, cassettes.
//!
//! ```sh
//! cargo run --example prepaid_kiosk -- PIN    # the card's holder chooses it
//! ```

use bank_engine::ledger::TransactionId;
use bank_engine::notes::parse_notes;
use bank_engine::operator::{Instruction, Operator};
use bank_engine::{Bank, Cash, Currency, Deposit, DispenseReport, Error, NewAccount, Session, Withdrawal};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pin = std::env::args().nth(1).ok_or("choose a PIN for the card: prepaid_kiosk PIN")?;
    let bank = Bank::in_memory();
    bank.add_terminal("kiosk-1", "EUR", None, None).await?;
    let kiosk = bank.for_terminal("kiosk-1".parse()?);
    let notes = |text| parse_notes(text).map(|notes| Cash::in_notes(Currency::EUR, notes));
    kiosk.load(TransactionId::generate(), notes("20x10,10x20")?, None).await?;
    bank.open_account(NewAccount::new("card-0042", "EUR").secret(pin.as_str())).await?;

    let card = kiosk.login("card-0042", pin.as_str()).await?;
    let paid_in = Deposit::new(TransactionId::generate(), "120").notes(parse_notes("50x2,20x1")?);
    println!("{}", card.deposit(paid_in).await?);
    // The card is in use: nobody else gets in meanwhile, not even with the PIN.
    if let Err(error) = bank.login("card-0042", pin).await {
        println!("at a second kiosk: {error} (code {})", error.code());
    }
    pay_out(&card, "60").await?;
    pay_out(&card, "45").await?;
    println!("on the card: {}", card.balance().await?);
    card.log_out().await?;

    // In the evening somebody counts what is in the machine.
    let evening = Instruction::because(Operator::program("kiosk")?, "evening".parse()?);
    let counted = notes("50x2,20x8,10x20")?;
    let close = Some((TransactionId::generate(), evening));
    let count = kiosk.count(counted, Vec::new(), close).await?;
    println!("counted {}, expected {}", count.counted, count.expected);
    Ok(())
}

/// Cash leaves in steps, so that nothing is lost wherever the kiosk crashes in between.
async fn pay_out(card: &Session, amount: &str) -> Result<(), Error> {
    let id = TransactionId::generate(); // written down before asking
    let authorised = match card.authorise_cash(Withdrawal::new(id, amount)).await {
        Err(error) if error.is_declined() => {
            println!("{amount}: {error} (code {})", error.code());
            return Ok(());
        }
        authorised => authorised?,
    };
    card.order_dispense(id).await?;
    for pile in &authorised.notes {
        println!("  out come {} of {}", pile.count, pile.denomination);
    }
    card.report_dispense(DispenseReport::amount(id, amount)).await.map(drop)
}
