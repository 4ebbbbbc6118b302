//! A channel of the network inside the process: a queue of frames each way.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::{Instant, sleep_until};

use crate::transport::memory::line::{Line, bound};
use crate::transport::{CLOSE_TIME_MAX, Channel, TransportError, check_frame};

/// A frame on its way, and when it arrives.
#[derive(Debug)]
struct Flight {
    frame: Vec<u8>,
    at: Instant,
}

/// How one direction ended, once its sender is gone.
#[derive(Debug, Clone, Copy)]
struct End {
    clean: bool,
    at: Instant,
}

#[derive(Debug)]
pub(super) struct MemoryChannel {
    line: Arc<Line>,
    sender: Option<mpsc::Sender<Flight>>,
    /// Set by this end before it lets go of `sender`.
    our_end: Arc<OnceLock<End>>,
    receiver: mpsc::Receiver<Flight>,
    their_end: Arc<OnceLock<End>>,
    /// Taken from the queue but not there yet; kept here so that a dropped `receive` keeps it.
    arriving: Option<Flight>,
    /// A `send` was dropped.
    broken: bool,
    /// Free again when both ends are dropped.
    _place: Arc<OwnedSemaphorePermit>,
}

impl MemoryChannel {
    pub(super) fn pair(line: &Arc<Line>, place: OwnedSemaphorePermit) -> (Self, Self) {
        let place = Arc::new(place);
        let (there, from_here) = mpsc::channel(bound(line.wire.frames_max));
        let (here, from_there) = mpsc::channel(bound(line.wire.frames_max));
        let (end_here, end_there) = (Arc::new(OnceLock::new()), Arc::new(OnceLock::new()));
        let end = |sender, receiver, our_end: &Arc<_>, their_end: &Arc<_>| MemoryChannel {
            line: Arc::clone(line),
            sender: Some(sender),
            our_end: Arc::clone(our_end),
            receiver,
            their_end: Arc::clone(their_end),
            arriving: None,
            broken: false,
            _place: Arc::clone(&place),
        };
        (end(there, from_there, &end_here, &end_there), end(here, from_here, &end_there, &end_here))
    }

    fn arrival_time(&self) -> Instant {
        Instant::now() + self.line.wire.delay
    }

    /// The next frame in the queue, or `None` once there will be none.
    async fn next_flight(&mut self) -> Option<Flight> {
        tokio::select! {
            biased;
            flight = self.receiver.recv() => flight,
            () = self.line.ended.cancelled() => self.receiver.try_recv().ok(),
        }
    }

    async fn next_frame(&mut self) -> Result<Option<Vec<u8>>, TransportError> {
        if self.arriving.is_none() {
            self.arriving = self.next_flight().await;
        }
        let at = match (&self.arriving, self.their_end.get()) {
            (Some(flight), _) => flight.at,
            (None, Some(end)) if end.clean => end.at,
            (None, _) => return Err(TransportError::Lost(None)),
        };
        if at > Instant::now() {
            sleep_until(at).await;
        }
        Ok(self.arriving.take().map(|flight| flight.frame))
    }
}

#[async_trait]
impl Channel for MemoryChannel {
    async fn send(&mut self, frame: &[u8]) -> Result<(), TransportError> {
        check_frame(frame)?;
        let Some(sender) = &self.sender else { return Err(TransportError::Closed) };
        if self.broken || !self.line.admits_frame() {
            return Err(TransportError::Lost(None));
        }
        // A stream would have sent half of it; a caller that relies on less is wrong on every other transport.
        self.broken = true;
        let permit = tokio::select! {
            biased;
            () = self.line.cut.cancelled() => return Err(TransportError::Lost(None)),
            () = self.line.ended.cancelled() => return Err(TransportError::Lost(None)),
            permit = sender.reserve() => permit.map_err(|_| TransportError::Lost(None))?,
        };
        permit.send(Flight { frame: frame.to_vec(), at: self.arrival_time() });
        self.broken = false;
        Ok(())
    }

    async fn receive(&mut self) -> Result<Option<Vec<u8>>, TransportError> {
        if self.sender.is_none() {
            return Err(TransportError::Closed);
        }
        let cut = self.line.cut.clone();
        tokio::select! {
            biased;
            () = cut.cancelled() => Err(TransportError::Lost(None)),
            frame = self.next_frame() => frame,
        }
    }

    async fn close(&mut self) {
        let end = End { clean: !self.broken, at: self.arrival_time() };
        if self.sender.is_none() {
            return;
        }
        let _ = self.our_end.set(end);
        self.sender = None;
        self.receiver.close();
        while self.receiver.try_recv().is_ok() {}
        let arrived = end.at.min(Instant::now() + CLOSE_TIME_MAX);
        if arrived > Instant::now() {
            sleep_until(arrived).await;
        }
    }
}

impl Drop for MemoryChannel {
    fn drop(&mut self) {
        if self.sender.is_some() {
            let _ = self.our_end.set(End { clean: false, at: Instant::now() });
        }
    }
}
