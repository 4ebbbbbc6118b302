//! The bank as programs call it: log in, get a [`Session`], move money.
//!
//! ```
//! use bank_engine_core::bank::{Bank, BankError};
//! use bank_engine_core::ledger::{Decline, TransactionId};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let bank = Bank::in_memory().account("ac-12345", "1324", "1024.32").build().await?;
//! let atm = bank.login("ac-12345", "1324").await?;
//! let id = TransactionId::generate(); // keep it: asking again with it can't move money twice
//! println!("{}", atm.deposit(id, "50.00".parse()?).await?); // a receipt
//! assert!(matches!(
//!     bank.login("ac-12345", "1324").await,
//!     Err(BankError::Declined(Decline::AccountInUse))
//! ));
//! # Ok(())
//! # }
//! ```

mod builder;
mod checks;
mod error;
mod follow;
mod handle;
mod ids;
mod operations;
mod queue;
mod session;
mod timer;

pub use builder::{BankBuilder, BuildError};
pub use checks::CHECKS_WAITING_MAX;
pub use error::BankError;
pub use follow::{FOLLOWED_WITHIN, Follower};
pub use handle::Bank;
pub use queue::LOGINS_WAITING_MAX;
pub use session::Session;
pub use timer::TIME_OUT_DELAY_MAX;
