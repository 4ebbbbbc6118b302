//! An embeddable bank engine: a double-entry ledger, PIN authentication and exclusive account
//! sessions in one library, served over any transport.
//!
//! This crate is the front door. It re-exports the core, the transports and the [`journal`], picks a
//! transport at run time from an [`endpoint::Endpoint`]'s URL, and opens a bank on a journal with
//! [`OpenBank`].

pub use bank_engine_core::*;
pub use bank_engine_journal as journal;
pub use bank_engine_quic as quic;
pub use bank_engine_tcp as tcp;
pub use bank_engine_tls as tls;

pub mod endpoint;
mod open;

pub use open::{OpenBank, OpenError};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
