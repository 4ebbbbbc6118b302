//! The queues between callers, the deciding thread and the writing thread.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bank_engine_core::books::TrialBalance;
use bank_engine_core::ledger::{self, Command};
use bank_engine_core::store::StoreError;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::events::Name;

/// The caller that waits for decisions.
pub(crate) type Answers = oneshot::Sender<Result<Vec<ledger::Answer>, StoreError>>;

/// The caller that waits for a trial balance.
pub(crate) type TrialBalances = oneshot::Sender<Result<Vec<TrialBalance>, StoreError>>;

/// The caller that waits for the names of accounts.
pub(crate) type NamesOf = oneshot::Sender<Result<Vec<Name>, StoreError>>;

/// What somebody asks.
pub(crate) enum Ask {
    Execute(Vec<Command>, Answers),
    TrialBalance(TrialBalances),
    /// What the accounts from this number on are called.
    Names(usize, NamesOf),
}

/// What somebody asks, with the place in the queue that it takes until it is answered.
pub(crate) struct Request {
    pub(crate) ask: Ask,
    pub(crate) place: OwnedSemaphorePermit,
}

/// An answer that waits to be durable.
pub(crate) struct Reply {
    pub(crate) answer: Answer,
    pub(crate) place: OwnedSemaphorePermit,
}

pub(crate) enum Answer {
    Commands(Answers, Vec<ledger::Answer>),
    TrialBalance(TrialBalances, Vec<TrialBalance>),
    Names(NamesOf, Vec<Name>),
}

impl Ask {
    /// Nobody waiting any more is no failure.
    pub(crate) fn refuse(self, error: StoreError) {
        match self {
            Ask::Execute(_, reply) => drop(reply.send(Err(error))),
            Ask::TrialBalance(reply) => drop(reply.send(Err(error))),
            Ask::Names(_, reply) => drop(reply.send(Err(error))),
        }
    }
}

impl Reply {
    pub(crate) fn release(self) {
        match self.answer {
            Answer::Commands(reply, answers) => drop(reply.send(Ok(answers))),
            Answer::TrialBalance(reply, lines) => drop(reply.send(Ok(lines))),
            Answer::Names(reply, names) => drop(reply.send(Ok(names))),
        }
        drop(self.place);
    }

    pub(crate) fn refuse(self, error: StoreError) {
        match self.answer {
            Answer::Commands(reply, _) => drop(reply.send(Err(error))),
            Answer::TrialBalance(reply, _) => drop(reply.send(Err(error))),
            Answer::Names(reply, _) => drop(reply.send(Err(error))),
        }
    }
}

/// A batch to be written, and whom to answer then.
pub(crate) struct Job {
    /// Where it begins.
    pub(crate) position: u64,
    /// The whole batch.
    pub(crate) bytes: Arc<Vec<u8>>,
    pub(crate) replies: Vec<Reply>,
}

/// What the deciding thread does next.
pub(crate) enum Next {
    /// Decide these.
    Requests(VecDeque<Request>),
    /// Nothing is being written: hand over what is pending.
    HandOver,
    /// Nobody will ask any more, and everything is written.
    Closed,
}

/// What waits to be handed over.
pub(crate) struct Waiting {
    pub(crate) replies: usize,
    /// Whether it may take more.
    pub(crate) grows: bool,
    /// How many are expected to ask soon.
    pub(crate) expected: usize,
}

/// How long a batch that nothing holds up waits for those who were answered together last: many
/// callers would otherwise fall into one small batch and one large one in turn.
const GATHER_TIME: Duration = Duration::from_micros(150);

#[derive(Default)]
pub(crate) struct Queue {
    inner: Mutex<Inner>,
    deciding: Condvar,
    writing: Condvar,
    failed: AtomicBool,
}

#[derive(Default)]
struct Inner {
    requests: VecDeque<Request>,
    /// How many requests the deciding thread waits for.
    wanted: usize,
    job: Option<Job>,
    /// Whether a batch was handed over and is not on disk yet.
    busy: bool,
    /// Since when not.
    free_since: Option<Instant>,
    /// Nobody will ask any more.
    closed: bool,
    /// Nothing will be handed over any more.
    done: bool,
}

impl Queue {
    pub(crate) fn ask(&self, request: Request) {
        let mut inner = self.lock();
        if inner.done {
            return request.ask.refuse(StoreError::Failed);
        }
        inner.requests.push_back(request);
        if inner.requests.len() < inner.wanted {
            return;
        }
        drop(inner);
        self.deciding.notify_one();
    }

    /// Nobody will ask any more.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.deciding.notify_one();
    }

    /// From now on everything is refused.
    pub(crate) fn fail(&self) {
        self.failed.store(true, Ordering::SeqCst);
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::SeqCst)
    }

    /// Waits for something to do.
    pub(crate) fn next(&self, pending: &Waiting) -> Next {
        let mut inner = self.lock();
        loop {
            let ready = pending.replies > 0 && !inner.busy;
            if pending.grows && !inner.requests.is_empty() {
                return Next::Requests(std::mem::take(&mut inner.requests));
            }
            let gathers = ready && pending.expected > pending.replies;
            let reusable_timeout = inner
                .free_since
                .filter(|_| gathers)
                .map(|since| (since + GATHER_TIME).saturating_duration_since(Instant::now()));
            let reusable_timeout = reusable_timeout.filter(|left| !left.is_zero());
            if ready && reusable_timeout.is_none() {
                return Next::HandOver;
            }
            if inner.closed && pending.replies == 0 && !inner.busy {
                return Next::Closed;
            }
            inner.wanted = 1;
            inner = match reusable_timeout {
                Some(left) => {
                    inner.wanted = pending.expected - pending.replies;
                    let waited = self.deciding.wait_timeout(inner, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.deciding.wait(inner).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// Hands a batch to the writing thread, which must not be busy.
    pub(crate) fn hand_over(&self, job: Job) {
        let mut inner = self.lock();
        inner.busy = true;
        inner.job = Some(job);
        drop(inner);
        self.writing.notify_one();
    }

    /// Waits until nothing is being written.
    pub(crate) fn settle(&self) {
        let mut inner = self.lock();
        while inner.busy {
            inner = self.deciding.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The next batch to write; `None` when there will be none.
    pub(crate) fn job(&self) -> Option<Job> {
        let mut inner = self.lock();
        loop {
            if let Some(job) = inner.job.take() {
                return Some(job);
            }
            if inner.done {
                return None;
            }
            inner = self.writing.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The batch that was taken is on disk, or never will be.
    pub(crate) fn written(&self) {
        let mut inner = self.lock();
        inner.busy = false;
        inner.free_since = Some(Instant::now());
        drop(inner);
        self.deciding.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Dropped when there is no deciding thread any more, however it ended: nobody waits for it then.
pub(crate) struct NoEngine(pub(crate) Arc<Queue>);

impl Drop for NoEngine {
    fn drop(&mut self) {
        let mut inner = self.0.lock();
        inner.done = true;
        let left = std::mem::take(&mut inner.requests);
        drop(inner);
        left.into_iter().for_each(|request| request.ask.refuse(StoreError::Failed));
        self.0.writing.notify_one();
    }
}

/// Dropped when there is no writing thread any more, however it ended.
pub(crate) struct NoWriter(pub(crate) Arc<Queue>);

impl Drop for NoWriter {
    fn drop(&mut self) {
        self.0.fail();
        self.0.written();
    }
}
