//! The bank engine's embedded store: a journal that loses nothing.
//!
//! A journal is a directory. Facts go to its end in batches, each written once and synced once;
//! commands that come while one batch is being synced become part of the next. A batch carries the
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
//! let bank = Bank::with_store(Arc::new(JournalStore::open(path, Options::default())?));
//! # drop(bank);
//! # Ok(())
//! # }
//! ```

mod disk;
mod engine;
mod error;
mod events;
mod format;
mod index;
mod lock;
mod maintenance;
mod recovery;
mod state;
mod store;

pub use disk::{Disk, DiskFile, Files};
pub use error::JournalError;
pub use format::layout::VERSION;
pub use maintenance::backup::{back_up, restore};
pub use maintenance::head::Head;
pub use maintenance::inspect::{books, facts, find, head, transactions};
pub use maintenance::progress::Progress;
pub use maintenance::verify::{Verified, verify};
pub use store::{COMMANDS_MAX, JournalStore, Options, SEGMENT_BYTES};
