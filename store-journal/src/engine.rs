//! The deciding thread: it owns the state and decides every command in order.
//!
//! While a batch is being written and synced, the next one is decided; a command that comes meanwhile
//! becomes part of it. An answer waits until all that was decided before it is on disk.

pub(crate) mod preallocation;
pub(crate) mod prefetch;
pub(crate) mod queue;
pub(crate) mod sizes;
pub(crate) mod view;
pub(crate) mod writer;

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bank_engine_core::clock::{self, Clock};
use bank_engine_core::dates::{ClockStatus, Dated, Dates};
use bank_engine_core::ledger::{self, Command, Fact, decide, elapsed};
use bank_engine_core::policy::Policy;
use bank_engine_core::store::StoreError;
use bank_engine_core::time::Timestamp;

use crate::engine::preallocation::Preallocation;
use crate::engine::queue::{Answer, Ask, Job, Next, Queue, Reply, Request, Waiting};
use crate::engine::sizes::{ELAPSED_BYTES_MAX, bytes_max, weight};
use crate::engine::view::JournalView;
use crate::error::JournalError;
use crate::format::batch::{self, FRAME_BYTES, HEADER_BYTES};
use crate::format::bytes::offset;
use crate::format::record::released;
use crate::format::segment::{Chain, NoSpace};
use crate::index::history::{History, SealedSegments};
use crate::index::ids::Ids;
use crate::state::{ApplyError, State};

/// The number of commands at which a batch stops growing and waits for the one before it.
const BATCH_COMMANDS: usize = 8190;

/// The number of commands at which a batch does not wait for more.
const GATHERED_COMMANDS: usize = 1024;

/// The most expired holds that are ended before a request is executed; others wait for the next one.
const ELAPSED_MAX: usize = 256;

/// The most names of accounts in one answer.
const NAMES_AT_ONCE: usize = 65_536;

/// The state and the queues of the deciding thread.
pub(crate) struct Engine {
    pub(crate) policy: Policy,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) sealed_segments: Arc<SealedSegments>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) state: State,
    pub(crate) ids: Ids,
    pub(crate) preallocation: Preallocation,
    /// Whether the last reservation failed for want of space.
    pub(crate) is_full: bool,
    /// The end of the chain, after the last batch that was handed to the writing thread.
    pub(crate) chain: Chain,
    pub(crate) now: Timestamp,
    pub(crate) dates: Dates,
    pub(crate) clock_status: Arc<Mutex<ClockStatus>>,
    /// The status that was written there last.
    pub(crate) clock_reported: ClockStatus,
    pub(crate) pending: Pending,
    /// The number of requests that were answered together last.
    pub(crate) expected: usize,
    /// The batch that is being written, with its position.
    pub(crate) writing: (u64, Arc<Vec<u8>>),
}

/// The batch that is being decided.
#[derive(Default)]
pub(crate) struct Pending {
    /// Space for the header, then the records; empty while there are none.
    bytes: Vec<u8>,
    records: u32,
    commands: usize,
    replies: Vec<Reply>,
}

/// Why a request was not executed.
enum EngineError {
    /// The disk is full; nothing was decided.
    Full(io::Error),
    /// The journal can't go on.
    Failed(StoreError),
}

impl From<JournalError> for EngineError {
    fn from(error: JournalError) -> Self {
        EngineError::Failed(StoreError::Io(io::Error::other(error)))
    }
}

impl Engine {
    /// Runs until the queue is closed.
    pub(crate) fn run(mut self) {
        let mut waiting = VecDeque::new();
        loop {
            while self.pending.commands < BATCH_COMMANDS
                && let Some(request) = waiting.pop_front()
            {
                self.take(request);
            }
            match self.queue.next(&self.waiting()) {
                Next::Requests(requests) => waiting = requests,
                Next::HandOver => self.hand_over(),
                Next::Closed => return,
            }
        }
    }

    fn waiting(&self) -> Waiting {
        let Pending { commands, ref replies, .. } = self.pending;
        // As many as were answered last are likely to send again soon. A large batch need not wait for them.
        let expected = if commands < GATHERED_COMMANDS { self.expected } else { 0 };
        Waiting { replies: replies.len(), grows: commands < BATCH_COMMANDS, expected }
    }

    fn take(&mut self, Request { ask, place }: Request) {
        if self.queue.has_failed() {
            return ask.refuse(StoreError::Failed);
        }
        let answer = match ask {
            Ask::TrialBalance(reply) => Answer::TrialBalance(reply, self.state.books.trial_balance()),
            Ask::Names(first, reply) => {
                let accounts = self.state.books.accounts().iter().skip(first).take(NAMES_AT_ONCE);
                Answer::Names(reply, accounts.map(|account| (account.id, account.currency)).collect())
            }
            Ask::Execute(commands, reply) => match self.execute(&commands) {
                Ok(answers) => {
                    self.pending.commands += commands.iter().map(weight).sum::<usize>();
                    Answer::Commands(reply, answers)
                }
                Err(EngineError::Full(error)) => {
                    if !std::mem::replace(&mut self.is_full, true) {
                        tracing::warn!("the disk is full, commands are refused: {error}");
                    }
                    return Ask::Execute(commands, reply).refuse(StoreError::Full);
                }
                Err(EngineError::Failed(error)) => {
                    tracing::error!(
                        "the journal stops: {}",
                        bank_engine_core::error_chain::error_chain(&error)
                    );
                    self.queue.fail();
                    return Ask::Execute(commands, reply).refuse(error);
                }
            },
        };
        self.pending.replies.push(Reply { answer, place });
    }

    fn execute(&mut self, commands: &[Command]) -> Result<Vec<ledger::Answer>, EngineError> {
        let now = self.date();
        let due = self.reserve_space(commands, now)?;
        self.ids.refresh();
        let since = std::mem::replace(&mut self.now, now);
        for _ in 0..due {
            let facts = elapsed(&self.view(), since, now)?;
            if facts.is_empty() {
                break;
            }
            for fact in &facts {
                self.record(fact)?;
            }
        }
        let mut answers = Vec::with_capacity(commands.len());
        let mut prefetched = prefetch::Prefetch::default();
        for (number, command) in commands.iter().enumerate() {
            if number.is_multiple_of(prefetch::COMMANDS) {
                prefetched =
                    prefetch::fetch(&self.state, &self.ids, commands.get(number..).unwrap_or_default());
            }
            self.state.prefetched = prefetched.get(number % prefetch::COMMANDS).copied().unwrap_or_default();
            let decision = decide(&self.view(), command, now)?;
            // They end here, where their memory came from: another thread would have to wait for
            // this one to give it back.
            for fact in &decision.facts {
                self.record(fact)?;
            }
            answers.push(decision.outcome);
        }
        Ok(answers)
    }

    /// The date for decisions made now.
    fn date(&mut self) -> Timestamp {
        let wall = self.clock.now();
        let Dated { date, change, .. } = self.dates.date(wall, self.clock.elapsed());
        if let Some(change) = change {
            clock::log(change);
        }
        let status = self.dates.status(wall);
        if status != self.clock_reported {
            self.clock_reported = status;
            *self.clock_status.lock().unwrap_or_else(PoisonError::into_inner) = status;
        }
        date
    }

    fn view(&self) -> JournalView<'_> {
        let recent = [(self.chain.position, &self.pending.bytes[..]), (self.writing.0, &self.writing.1[..])];
        let history = History { sealed_segments: &self.sealed_segments, recent };
        JournalView {
            policy: &self.policy,
            clock: self.clock_reported,
            state: &self.state,
            ids: &self.ids,
            history,
        }
    }

    fn record(&mut self, fact: &Fact) -> Result<(), EngineError> {
        let Pending { bytes, records, .. } = &mut self.pending;
        if fact.is_durable() {
            if bytes.is_empty() {
                bytes.resize(HEADER_BYTES, 0);
            }
            *records += 1;
        }
        let position = self.chain.position + offset(bytes.len());
        self.state.record(fact, position, bytes).map_err(|refused| match refused {
            ApplyError::Inconsistent(inconsistent) => EngineError::Failed(inconsistent.into()),
            ApplyError::Unknown => {
                let what = "this journal's format has no record for a fact of this bank";
                EngineError::Failed(StoreError::Io(io::Error::new(io::ErrorKind::Unsupported, what)))
            }
        })?;
        let id = match fact {
            Fact::Posted(transaction) => Some(transaction.id),
            other => released(other),
        };
        if let Some(id) = id {
            self.ids.insert(id.as_uuid().as_u128(), position);
        }
        Ok(())
    }

    /// Reserves disk space for all that `commands` may record, before any is decided. Returns the number
    /// of holds expired at `now` for which there is space too.
    fn reserve_space(&mut self, commands: &[Command], now: Timestamp) -> Result<usize, EngineError> {
        let needed: u64 = commands.iter().map(bytes_max).sum();
        let due = self.state.books.due(now).take(ELAPSED_MAX).count();
        if due > 0 {
            match self.reserve_bytes(needed + offset(due * ELAPSED_BYTES_MAX)) {
                Ok(()) => return Ok(due),
                // The commands may do with less; what is due waits.
                Err(EngineError::Full(_)) => {}
                Err(failed) => return Err(failed),
            }
        }
        self.reserve_bytes(needed)?;
        Ok(0)
    }

    fn reserve_bytes(&mut self, needed: u64) -> Result<(), EngineError> {
        if needed == 0 {
            return Ok(());
        }
        let end = self.chain.position + offset(self.pending.bytes.len() + FRAME_BYTES) + needed;
        if self.preallocation.reaches(end) {
            return Ok(());
        }
        // The pending batch is written first: a segment ends with a batch.
        self.hand_over();
        self.queue.settle();
        if self.queue.has_failed() {
            return Err(EngineError::Failed(StoreError::Failed));
        }
        let made = self.preallocation.make(&self.sealed_segments, &self.chain, offset(FRAME_BYTES) + needed);
        match made {
            Ok(sealed) => {
                self.is_full = false;
                if let Some(segment) = sealed {
                    self.ids.seal(segment, self.chain.position);
                }
                Ok(())
            }
            Err(NoSpace::Full(error)) => Err(EngineError::Full(error)),
            Err(NoSpace::Failed(error)) => Err(EngineError::Failed(StoreError::Io(error))),
        }
    }

    /// Hands the pending batch to the writing thread, or answers at once if there is nothing to write
    /// and nothing being written.
    fn hand_over(&mut self) {
        self.queue.settle();
        let Pending { mut bytes, records, replies, .. } = std::mem::take(&mut self.pending);
        self.expected = replies.len();
        if self.queue.has_failed() {
            return replies.into_iter().for_each(|reply| reply.refuse(StoreError::Failed));
        }
        if bytes.is_empty() {
            return replies.into_iter().for_each(Reply::release);
        }
        let sequence = self.chain.sequence + 1;
        let Some(hash) = batch::seal(&mut bytes, records, sequence, self.now, &self.chain.hash) else {
            // Four gigabytes in one batch: no caller may ask for as much.
            self.queue.fail();
            return replies.into_iter().for_each(|reply| reply.refuse(StoreError::Failed));
        };
        let position = self.chain.position;
        self.chain = Chain { position: position + offset(bytes.len()), sequence, hash, time: self.now };
        let bytes = Arc::new(bytes);
        self.writing = (position, Arc::clone(&bytes));
        self.queue.hand_over(Job { position, bytes, replies });
    }
}
