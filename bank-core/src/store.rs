//! The `Store` trait: executes commands in batches and makes their facts durable.

mod event;
mod memory;

use async_trait::async_trait;

use crate::books::{Inconsistent, TrialBalance};
use crate::dates::ClockStatus;
use crate::ledger::{Answer, Command};
use crate::policy::Policy;

pub use event::{Event, NotAPosition, Position};
pub use memory::MemoryStore;

/// Decides commands and keeps their facts.
///
/// - **Atomic and ordered.** A batch is decided command by command, each on the state that the
///   ones before it left; between two commands of a batch no other command is decided.
/// - **Durable, then answered.** When `execute` answers, every durable fact of the batch outlives
///   a crash, as far as the store promises to outlive one (the memory store does not).
/// - **Safe to share.** Any number of callers and [`crate::bank::Bank`]s may use one store at once;
///   callers are merged into one commit where that is faster.
/// - **Cancellation.** Dropping the future does not say whether the batch was executed; ask again
///   with the same transaction ids.
/// - **Time.** The store decides with its own clock, whose [dates](crate::dates::Dates) never run
///   backwards from one decision to the next.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The settings that commands are decided with.
    fn policy(&self) -> &Policy;

    /// Decides `commands` in order, records the facts, and gives one answer each, of the kind that the
    /// command has. On an error none of them was answered, and those whose effect matters are to be asked again with the same ids.
    async fn execute(&self, commands: Vec<Command>) -> Result<Vec<Answer>, StoreError>;

    /// Debits against credits over all accounts at one instant, a line a currency.
    async fn trial_balance(&self) -> Result<Vec<TrialBalance>, StoreError>;

    /// How far the dates of records are from the machine's clock.
    fn clock(&self) -> ClockStatus {
        ClockStatus::default()
    }

    /// The durable facts recorded after `after`, in order, each once: at most `facts_max`, and at
    /// least one where there is any. Only what is durable is reported, so nobody had read it in
    /// vain. A position that this store never gave is an error.
    async fn events(&self, after: Position, facts_max: usize) -> Result<Vec<Event>, StoreError>;
}

/// Why a store could not decide.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The record contradicts itself. The store refuses all further work.
    #[error("the books are inconsistent; stop and have them examined")]
    Inconsistent(#[from] Inconsistent),
    /// The store failed earlier and refuses all work until it is opened anew.
    #[error("the store failed earlier and must be opened anew")]
    Failed,
    /// The disk is full. Nothing of the batch was recorded, and the store works on: commands that
    /// record nothing are decided, others as soon as there is room again.
    #[error("the disk is full; make room, nothing was recorded")]
    Full,
    /// More commands than one batch may hold. Nothing was decided, and the store works on.
    #[error("too many commands in one batch; ask at most {commands_max} at a time")]
    TooMany {
        /// How many it may hold.
        commands_max: usize,
    },
    /// A position among the facts that this store never gave. The store works on.
    #[error("no fact ends at this position; begin again from the start")]
    NoSuchPosition,
    /// Reading or writing failed. The store refuses all further work.
    #[error("the storage failed")]
    Io(#[from] std::io::Error),
}
