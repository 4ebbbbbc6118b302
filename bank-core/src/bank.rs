//! The bank as programs call it: log in, get a [`Session`], move money.
//!
//! ```
//! use bank_engine_core::bank::{Bank, Deposit};
//! use bank_engine_core::error::Error;
//! use bank_engine_core::ledger::{Decline, TransactionId};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let bank = Bank::builder().account("ac-12345", "1324", "1024.32").build().await?;
//! let atm = bank.login("ac-12345", "1324").await?;
//! let id = TransactionId::generate(); // keep it: asking again with it can't move money twice
//! println!("{}", atm.deposit(Deposit::new(id, "50.00")).await?); // a receipt
//! assert!(matches!(
//!     bank.login("ac-12345", "1324").await,
//!     Err(Error::Declined(Decline::AccountInUse))
//! ));
//! # Ok(())
//! # }
//! ```

mod builder;
mod checks;
mod follow;
mod handle;
mod ids;
mod operations;
mod queue;
mod requests;
mod session;
mod timer;
mod verbs;

pub use builder::BankBuilder;
pub use checks::CHECKS_WAITING_MAX;
pub use follow::{Events, FOLLOWED_WITHIN};
pub use handle::Bank;
pub use queue::LOGINS_WAITING_MAX;
pub use requests::{
    Adjustment, By, Capture, Deposit, DispenseReport, NewAccount, NewHold, Reversal, Transfer, TransferBatch,
    Withdrawal,
};
pub use session::Session;
pub use timer::TIME_OUT_DELAY_MAX;
pub use verbs::Opened;

use requests::given;
