//! An embeddable bank engine: a double-entry ledger, PIN authentication and exclusive account sessions
//! in one library, called directly or served over any transport.
//!
//! # Five minutes
//!
//! A program that embeds the bank acts for it: it logs in nowhere and sees every account.
//!
//! ```
//! use bank_engine::{Bank, NewAccount, TransactionId, Transfer, TransferBatch};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), bank_engine::Error> {
//!     let bank = Bank::in_memory(); // bank_engine::open("wallet-data").await? keeps it
//!     bank.open_account(NewAccount::new("card-processor", "USD").without_minimum()).await?;
//!     bank.open_account(NewAccount::new("anna", "USD")).await?; // nobody can log in to it
//!     bank.open_account(NewAccount::new("shop", "USD")).await?;
//!     bank.open_account(NewAccount::new("fees", "USD")).await?;
//!
//!     let id = TransactionId::generate(); // keep it: asking again moves nothing twice
//!     bank.transfer(Transfer::new(id, "50.00").from("card-processor").to("anna")).await?;
//!
//!     let sale = TransferBatch::new() // all or none
//!         .transfer(Transfer::new(TransactionId::generate(), "9.50").from("anna").to("shop"))
//!         .transfer(Transfer::new(TransactionId::generate(), "0.50").from("anna").to("fees"));
//!     match bank.transfer_batch(sale).await {
//!         Ok(receipts) => println!("{} transfers were made", receipts.len()),
//!         Err(error) if error.is_declined() => println!("{error} (code {})", error.code()),
//!         Err(error) => return Err(error),
//!     }
//!     println!("{}", bank.balance("anna").await?); // 40.00 USD
//!     Ok(())
//! }
//! ```
//!
//! **Accounts** have a name and a currency, and stay at or above their minimum balance, which is zero
//! unless set otherwise. Money only moves: what one account loses another one gains, so over all
//! accounts the balances sum to zero, and whatever comes from outside comes from an account that may go
//! below zero, as `card-processor` here. [`NewAccount`] says what an account may be.
//!
//! **Amounts** are exact decimals, as text (`"9.50"`) or as an [`Amount`], never rounded: one with more
//! decimals than its currency has is an error. So is any other value that is none, and the error names
//! the field.
//!
//! **Ids** make retries safe. Every movement has an id that the caller makes and keeps before it asks.
//! Asked again with the same id and content, the bank answers the first receipt, marked `replayed`; with
//! other content it declines.
//!
//! **Errors** say what to do: [`Error::Declined`] (show it; it has a numeric code),
//! [`Error::Invalid`] (fix the program), [`Error::Busy`] (ask again after a while),
//! [`Error::OutcomeUnknown`] (ask again with the same ids, which it has), [`Error::Failed`] (stop).
//!
//! **Holds** set money aside: [`Bank::authorise`], then [`Bank::capture`] all of it or a part, or
//! [`Bank::void`]. **Corrections** are movements of their own: [`Bank::reverse`], [`Bank::adjust`].
//! Nothing that was recorded is ever changed.
//!
//! **Durability.** What [`open`] keeps is written and synced before it is answered. [`Bank::events`]
//! follows the record, for a table of your own that has to stay in step.
//!
//! # The other ways in
//!
//! - A customer logs in with a PIN: [`Bank::login`] gives a [`Session`] with the same verbs, on one
//!   account, which nobody else gets into meanwhile.
#![cfg_attr(
    all(feature = "client", any(feature = "tcp", feature = "quic")),
    doc = "- A program elsewhere connects: [`Client`] has the verbs of a [`Session`], over TCP, TLS or QUIC, from a"
)]
#![cfg_attr(all(feature = "client", any(feature = "tcp", feature = "quic")), doc = "  [`Server`].")]
//! - A program without an async runtime uses [`blocking`].
//! - A [terminal](Bank::for_terminal) has cash, and pays it out in steps.
//!
//! # Features
//!
//! All are on by default: `journal` (banks that are kept), `tcp`, `quic`, `server`, `client`, `zones` (the
//! IANA time zones, for business days that begin at a local time), and the cryptography provider `ring`;
//! `aws-lc-rs` is the other one. Without any, this is the pure engine with banks in memory.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub use bank_engine_core::{
    account, auth, bank, books, client, clock, dates, day, error, error_chain, hold, ledger, memo, money,
    notes, operator, policy, protocol, server, session, store, terminal, time, transport,
};

#[cfg(feature = "journal")]
pub use bank_engine_journal as journal;

pub use bank_engine_core::account::AccountId;
pub use bank_engine_core::auth::Secret;
pub use bank_engine_core::bank::{
    Adjustment, Bank, By, Capture, Deposit, DispenseReport, NewAccount, NewHold, Opened, Reversal, Session,
    Transfer, TransferBatch, Withdrawal,
};
pub use bank_engine_core::error::Error;
pub use bank_engine_core::ledger::{
    Authorisation, Balance, Cash, Decline, HoldsQuery, Receipt, Settlement, Statement, StatementQuery,
    TransactionId,
};
pub use bank_engine_core::money::{Amount, Currency};
#[cfg(any(feature = "tcp", feature = "quic"))]
pub use bank_engine_tls::{Fingerprint, Identity, Trust};

pub mod blocking;
mod builder;
pub use builder::Builder;

#[cfg(feature = "journal")]
mod open;
#[cfg(feature = "journal")]
pub use open::{OpenError, open, open_with};

#[cfg(any(feature = "tcp", feature = "quic"))]
pub mod endpoint;
#[cfg(any(feature = "tcp", feature = "quic"))]
pub mod expert;

#[cfg(all(feature = "client", any(feature = "tcp", feature = "quic")))]
mod remote;
#[cfg(all(feature = "client", any(feature = "tcp", feature = "quic")))]
pub use remote::Client;

#[cfg(all(feature = "server", any(feature = "tcp", feature = "quic")))]
mod serving;
#[cfg(all(feature = "server", any(feature = "tcp", feature = "quic")))]
pub use serving::{BoundServer, Server};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
