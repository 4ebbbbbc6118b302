//! The `Store` trait over the journal.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

use async_trait::async_trait;
use bank_engine_core::account::Account;
use bank_engine_core::books::TrialBalance;
use bank_engine_core::clock::{Clock, SystemClock};
use bank_engine_core::dates::{CLOCK_JUMP_MAX, ClockStatus, Dates};
use bank_engine_core::ledger::{Answer, Command};
use bank_engine_core::policy::Policy;
use bank_engine_core::store::{Event, Position, Store, StoreError};
use bank_engine_core::time::Timestamp;
use tokio::sync::{Semaphore, oneshot};

use crate::disk::Disk;
use crate::engine::preallocation::Preallocation;
use crate::engine::queue::{Ask, NoEngine, NoWriter, Queue, Request};
use crate::engine::sizes::weight;
use crate::engine::writer;
use crate::engine::{Engine, Pending};
use crate::error::{JournalError, failed};
use crate::events::Events;
use crate::index::ids::{Ids, Sealed};
use crate::lock::Lock;
use crate::recovery::indexer::Indexer;
use crate::recovery::replay::Replayed;
use crate::recovery::{identify, recover};

/// Commands that may be in one batch, and that may wait in all; callers beyond wait for a place.
pub const COMMANDS_MAX: usize = 65_536;

/// Bytes of batches from which on the next one begins a new segment, unless set otherwise.
pub const SEGMENT_BYTES: u64 = 64 << 20;

/// How a journal is opened.
#[derive(Clone)]
pub struct Options {
    /// The settings that commands are decided with.
    pub policy: Policy,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// The size of a segment in bytes; at least one batch goes into each.
    pub segment_bytes: u64,
    /// Whether to open a journal whose last record is dated ahead of the clock by more than
    /// [`CLOCK_JUMP_MAX`], which is refused otherwise: dates then go on from that record by elapsed
    /// time, until the clock has passed them. A clock that measures no elapsed time is accepted always.
    pub accept_clock: bool,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("policy", &self.policy)
            .field("segment_bytes", &self.segment_bytes)
            .field("accept_clock", &self.accept_clock)
            .finish_non_exhaustive()
    }
}

impl Default for Options {
    fn default() -> Self {
        let (policy, clock) = (Policy::default(), Arc::new(SystemClock));
        Options { policy, clock, segment_bytes: SEGMENT_BYTES, accept_clock: false }
    }
}

/// A store that keeps everything in a directory: see the [crate's](crate) description.
///
/// When [`execute`](Store::execute) answers, every durable fact of the batch outlives a crash of
/// the process, of the machine and a loss of power, as far as the disk keeps what it says it has
/// synced. After a failed write or sync it refuses everything until it is opened anew.
///
/// Dropping it waits until what was asked is written, and lets go of the directory.
pub struct JournalStore {
    policy: Policy,
    queue: Arc<Queue>,
    events: Arc<Events>,
    places: Arc<Semaphore>,
    stop: Arc<AtomicBool>,
    sealed: Arc<Sealed>,
    clock_status: Arc<Mutex<ClockStatus>>,
    threads: Vec<JoinHandle<()>>,
    _lock: Option<Lock>,
}

impl std::fmt::Debug for JournalStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JournalStore").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl JournalStore {
    /// Opens the journal in the directory at `path`, which is made where missing. Blocks until
    /// what was written since the last checkpoint is replayed.
    ///
    /// A batch at the end that a crash cut short is dropped, with a warning in the log; any other
    /// damage is refused, and then nothing has been written. So is a directory that is in use,
    /// holds other things, or is of a newer format.
    pub fn open(path: &Path, options: Options) -> Result<JournalStore, JournalError> {
        let (disk, lock) = Lock::directory(path)?;
        JournalStore::start(Arc::new(disk), options, Some(lock))
    }

    /// Opens the journal on a disk of your own, which nobody else may have open.
    pub fn open_on(disk: Arc<dyn Disk>, options: Options) -> Result<JournalStore, JournalError> {
        JournalStore::start(disk, options, None)
    }

    fn start(
        disk: Arc<dyn Disk>,
        options: Options,
        lock: Option<Lock>,
    ) -> Result<JournalStore, JournalError> {
        let id = identify(&*disk)?;
        let recovered = recover(Arc::clone(&disk), id)?;
        let Options { policy, clock, segment_bytes, accept_clock } = options;
        let sealed_segments = Arc::new(recovered.sealed_segments);
        let (queue, stop) = (Arc::<Queue>::default(), Arc::<AtomicBool>::default());
        let sealed = Arc::new(Sealed::new(recovered.runs));
        let (sealer, inbox) = mpsc::channel();
        let Replayed { state, chain, checkpoint, checkpoint_bytes, .. } = recovered.replayed;
        if !accept_clock && clock.elapsed().is_some() {
            check_clock(chain.time, clock.now())?;
        }
        check_units(&policy, state.books.accounts())?;
        let clock_status = Arc::<Mutex<ClockStatus>>::default();
        let engine = Engine {
            policy: policy.clone(),
            clock,
            sealed_segments: Arc::clone(&sealed_segments),
            queue: Arc::clone(&queue),
            state,
            ids: Ids::new(id, recovered.table, Arc::clone(&sealed), sealer),
            preallocation: Preallocation::new(id, segment_bytes, chain.position),
            is_full: false,
            chain,
            now: chain.time,
            dates: Dates::after(chain.time),
            clock_status: Arc::clone(&clock_status),
            clock_reported: ClockStatus::default(),
            pending: Pending::default(),
            expected: 0,
            writing: (u64::MAX, Arc::default()),
        };
        let sealing = Indexer {
            id,
            sealed_segments: Arc::clone(&sealed_segments),
            sealed: Arc::clone(&sealed),
            stop: Arc::clone(&stop),
            segment_bytes,
            checkpoint,
            checkpoint_bytes,
        };
        let writing = Arc::clone(&queue);
        let mut store = JournalStore {
            policy,
            queue,
            events: Arc::new(Events::new(Arc::clone(&sealed_segments))),
            places: Arc::new(Semaphore::new(COMMANDS_MAX)),
            stop,
            sealed,
            clock_status,
            threads: Vec::new(),
            _lock: lock,
        };
        let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
            let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work);
            thread.map_err(failed(&*disk, "start a thread for", ""))
        };
        store.threads.push(spawn("journal-seal", Box::new(move || sealing.run(&inbox)))?);
        let (no_writer, no_engine) = (NoWriter(Arc::clone(&store.queue)), NoEngine(Arc::clone(&store.queue)));
        let write = move || {
            writer::run(&writing, &sealed_segments);
            drop(no_writer);
        };
        let decide = move || {
            engine.run();
            drop(no_engine);
        };
        store.threads.push(spawn("journal-write", Box::new(write))?);
        store.threads.push(spawn("journal-decide", Box::new(decide))?);
        Ok(store)
    }

    async fn ask<T>(
        &self,
        places: usize,
        ask: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Ask,
    ) -> Result<T, StoreError> {
        let places = u32::try_from(places).ok().filter(|_| places <= COMMANDS_MAX);
        let places = places.ok_or(StoreError::TooMany { commands_max: COMMANDS_MAX })?;
        let place = Arc::clone(&self.places).acquire_many_owned(places.max(1)).await;
        let place = place.map_err(|_| StoreError::Failed)?;
        let (reply, answer) = oneshot::channel();
        self.queue.ask(Request { ask: ask(reply), place });
        answer.await.map_err(|_| StoreError::Failed)?
    }
}

#[async_trait]
impl Store for JournalStore {
    fn policy(&self) -> &Policy {
        &self.policy
    }

    fn clock(&self) -> ClockStatus {
        *self.clock_status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn execute(&self, commands: Vec<Command>) -> Result<Vec<Answer>, StoreError> {
        self.ask(commands.iter().map(weight).sum(), |reply| Ask::Execute(commands, reply)).await
    }

    async fn trial_balance(&self) -> Result<Vec<TrialBalance>, StoreError> {
        self.ask(1, Ask::TrialBalance).await
    }

    async fn events(&self, after: Position, facts_max: usize) -> Result<Vec<Event>, StoreError> {
        loop {
            if self.queue.has_failed() {
                return Err(StoreError::Failed);
            }
            // Counted before reading: other readers may add names between a read that lacks one and
            // the next line, and then there are no more to ask for.
            let first = self.events.named();
            if let Some(events) = self.events.after(after, facts_max).await? {
                return Ok(events);
            }
            let more = self.ask(1, |reply| Ask::Names(first, reply)).await?;
            if more.is_empty() {
                let what = "the journal names an account that was never opened";
                return Err(StoreError::Io(std::io::Error::new(std::io::ErrorKind::InvalidData, what)));
            }
            self.events.learn(first, more);
        }
    }
}

/// A unit keeps the decimals that its first account recorded.
fn check_units(policy: &Policy, accounts: &[Account]) -> Result<(), JournalError> {
    if policy.units.is_empty() {
        return Ok(());
    }
    for Account { currency, .. } in accounts {
        let declared = policy.units.iter().find(|unit| unit.code() == currency.code());
        if let Some(declared) = declared.filter(|declared| *declared != currency) {
            let (unit, recorded) = (currency.code().to_owned(), currency.exponent());
            return Err(JournalError::OtherUnit { unit, recorded, declared: declared.exponent() });
        }
    }
    Ok(())
}

/// Refuses a last record that is dated far ahead of the clock.
pub(crate) fn check_clock(last: Timestamp, wall: Timestamp) -> Result<(), JournalError> {
    if last > wall.after(CLOCK_JUMP_MAX) { Err(JournalError::ClockBehind { last, wall }) } else { Ok(()) }
}

impl Drop for JournalStore {
    fn drop(&mut self) {
        self.queue.close();
        self.stop.store(true, Ordering::SeqCst);
        self.sealed.stop();
        for thread in self.threads.drain(..).rev() {
            // A thread that panicked has printed that already.
            let _ = thread.join();
        }
    }
}
