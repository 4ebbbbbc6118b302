//! The bank engine's embedded store: a journal that loses nothing.
//!
//! A journal is a directory. Facts go to its end in batches, each written once and synced once;
//! whoever asks while one batch is being synced becomes part of the next. A batch carries the
//! BLAKE3 hash of itself and of the batch before, so that torn writes, rot and tampering show. The
//! accounts are in memory; their history stays on disk and is read back by position. The bytes,
//! the invariants and the rules of recovery are in `docs/journal.md`.
//!
//! ```
//! use std::sync::Arc;
//!
//! use bank_engine_core::bank::Bank;
//! use bank_engine_journal::{JournalStore, Options};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path();
//! let bank = Bank::on(Arc::new(JournalStore::open(path, Options::default())?));
//! # drop(bank);
//! # Ok(())
//! # }
//! ```

mod ahead;
mod backup;
mod batch;
mod bytes;
mod checkpoint;
mod disk;
mod engine;
mod error;
mod events;
mod history;
mod ids;
mod inspect;
mod layout;
mod lock;
mod queue;
mod record;
mod recovery;
mod replay;
mod room;
mod sealer;
mod segment;
mod sizes;
mod state;
mod store;
mod trail;
mod view;
mod writer;

pub use backup::{back_up, restore};
pub use disk::{Disk, DiskFile, Files};
pub use error::JournalError;
pub use inspect::{Head, Progress, Verified, books, facts, find, head, transactions, verify};
pub use layout::VERSION;
pub use store::{COMMANDS_MAX, JournalStore, Options, SEGMENT_BYTES};
