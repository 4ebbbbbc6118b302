//! A connection that is one channel over one byte stream.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Channel, Connection, Framed, Peer, TransportError};

/// A [`Connection`] that is one [`Framed`] channel over a secured byte stream: what a transport of
/// streams (TCP, TLS, a Unix socket, a pipe) gives back from `connect` and `accept`.
///
/// Who dialled opens the channel, who accepted accepts it, each once; a further `open` answers
/// [`TransportError::NoMoreChannels`], a further `accept` `None`. The stream is dropped as soon as
/// the channel or the connection is, or the connection is closed.
pub struct StreamConnection<S> {
    stream: Arc<Shared<S>>,
    dialled: bool,
    taken: Mutex<bool>,
    peer: Peer,
}

impl<S> StreamConnection<S>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    /// The client's end.
    pub fn dialled(stream: S, peer: Peer) -> Self {
        Self::new(stream, peer, true)
    }

    /// The server's end.
    pub fn accepted(stream: S, peer: Peer) -> Self {
        Self::new(stream, peer, false)
    }

    fn new(stream: S, peer: Peer, dialled: bool) -> Self {
        StreamConnection { stream: Arc::new(Shared::new(stream)), dialled, taken: Mutex::new(false), peer }
    }

    fn take_channel(&self) -> Option<Box<dyn Channel>> {
        if std::mem::replace(&mut *lock(&self.taken), true) || lock(&self.stream.state).stream.is_none() {
            return None;
        }
        let half = || Half(Arc::clone(&self.stream));
        Some(Box::new(Framed::new(half(), half())))
    }
}

#[async_trait]
impl<S> Connection for StreamConnection<S>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    async fn open(&self) -> Result<Box<dyn Channel>, TransportError> {
        let channel = if self.dialled { self.take_channel() } else { None };
        channel.ok_or(TransportError::NoMoreChannels)
    }

    async fn accept(&self) -> Option<Box<dyn Channel>> {
        if self.dialled { None } else { self.take_channel() }
    }

    fn peer(&self) -> Peer {
        self.peer.clone()
    }

    async fn close(&self) {
        self.stream.end();
    }
}

impl<S> Drop for StreamConnection<S> {
    fn drop(&mut self) {
        self.stream.end();
    }
}

impl<S> fmt::Debug for StreamConnection<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamConnection").field("peer", &self.peer).finish_non_exhaustive()
    }
}

/// The stream, where both the channel and the connection can end it.
struct Shared<S> {
    state: Mutex<State<S>>,
}

struct State<S> {
    stream: Option<S>,
    /// A task that waits for a stream that another drops would wait for ever.
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl<S> Shared<S> {
    fn new(stream: S) -> Self {
        Shared { state: Mutex::new(State { stream: Some(stream), reader: None, writer: None }) }
    }

    fn end(&self) {
        let mut state = lock(&self.state);
        let (stream, reader, writer) = (state.stream.take(), state.reader.take(), state.writer.take());
        drop(state);
        drop(stream);
        for waker in [reader, writer].into_iter().flatten() {
            waker.wake();
        }
    }
}

/// The reading or the writing half. The lock is held for one poll, and both halves belong to one
/// channel, so nobody waits for it.
struct Half<S>(Arc<Shared<S>>);

impl<S> Drop for Half<S> {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl<S: Unpin> Half<S> {
    fn poll_write_side<T>(
        &self,
        context: &mut Context<'_>,
        poll: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let State { stream, writer, .. } = &mut *lock(&self.0.state);
        poll_stream(stream, writer, context, poll)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Half<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let State { stream, reader, .. } = &mut *lock(&self.0.state);
        poll_stream(stream, reader, context, |stream, context| stream.poll_read(context, into))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Half<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_side(context, |stream, context| stream.poll_write(context, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_write_side(context, |stream, context| stream.poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_write_side(context, |stream, context| stream.poll_shutdown(context))
    }
}

fn poll_stream<S: Unpin, T>(
    stream: &mut Option<S>,
    waiting: &mut Option<Waker>,
    context: &mut Context<'_>,
    poll: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<T>>,
) -> Poll<io::Result<T>> {
    let Some(stream) = stream else {
        let ended =
            io::Error::new(io::ErrorKind::ConnectionAborted, "this end of the connection was dropped");
        return Poll::Ready(Err(ended));
    };
    let polled = poll(Pin::new(stream), context);
    if polled.is_pending() {
        match waiting {
            Some(waker) => waker.clone_from(context.waker()),
            None => *waiting = Some(context.waker().clone()),
        }
    }
    polled
}

/// A stream that panicked within a poll is as lost as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
