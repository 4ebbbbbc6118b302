//! Any byte stream as a channel: one frame a line.

use std::io::{self, BufRead};

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{CLOSE_TIME_MAX, Channel, FRAME_BYTES_MAX, TransportError, check_frame};

/// The read buffer's first size: most frames fit, and an idle channel costs little.
const READ_BYTES_FIRST: usize = 4_096;

/// The read buffer's last size: the longest frame and its line feed.
const READ_BYTES_MAX: usize = FRAME_BYTES_MAX + 1;

/// How much unread input [`Channel::close`] throws away while it waits for the peer's end.
const CLOSE_DISCARD_BYTES_MAX: usize = 1 << 20;

/// A [`Channel`] over a byte stream's two halves; a line feed ends each frame.
///
/// The writer gets each frame with its line feed in one `write_all`, then a `flush`; the reader is
/// read as far as it goes, many frames at a time. Neither needs a buffer of its own. A stream that
/// ends within a frame, or fails in any way, is [`TransportError::Lost`].
///
/// [`close`](Channel::close) shuts the writer down, then reads and discards until the peer ends
/// too, for at most a second: a socket closed with unread input would take back what it had sent.
///
/// ```
/// use bank_engine_core::transport::{Channel, Framed};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), bank_engine_core::transport::TransportError> {
/// let (near, far) = tokio::io::duplex(1_024);
/// let (reader, writer) = tokio::io::split(near);
/// let mut near = Framed::new(reader, writer);
/// let (reader, writer) = tokio::io::split(far);
/// let mut far = Framed::new(reader, writer);
///
/// near.send(b"one line").await?;
/// assert_eq!(far.receive().await?.as_deref(), Some(&b"one line"[..]));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Framed<R, W> {
    reader: R,
    writer: W,
    input: Vec<u8>,
    /// Where in `input` the frame being received starts.
    start: usize,
    /// Up to where `input` is known to hold no line feed from `start` on; each byte is looked at once.
    scanned: usize,
    receiving: Receiving,
    output: Vec<u8>,
    sending: Sending,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Receiving {
    Open,
    Ended,
    TooLong,
    Lost,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sending {
    Open,
    /// A frame may be half out, whether a `send` was dropped or failed.
    Broken,
    /// A `close` began and may have been dropped.
    Closing,
    Closed,
}

impl<R, W> Framed<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin,
{
    /// A channel that receives from `reader` and sends to `writer`, both secured already.
    pub fn new(reader: R, writer: W) -> Self {
        Framed {
            reader,
            writer,
            input: Vec::new(),
            start: 0,
            scanned: 0,
            receiving: Receiving::Open,
            output: Vec::new(),
            sending: Sending::Open,
        }
    }

    /// The next whole frame that is in `input` already.
    fn take_frame(&mut self) -> Result<Option<Vec<u8>>, TransportError> {
        let unscanned = self.input.get(self.scanned..).unwrap_or_default();
        let Some(offset) = line_feed(unscanned) else {
            self.scanned = self.input.len();
            if self.scanned - self.start > FRAME_BYTES_MAX {
                return Err(self.too_long());
            }
            return Ok(None);
        };
        let end = self.scanned + offset;
        if end - self.start > FRAME_BYTES_MAX {
            return Err(self.too_long());
        }
        let frame = self.input.get(self.start..end).unwrap_or_default().to_vec();
        self.start = end + 1;
        if self.start == self.input.len() {
            self.input.clear();
            self.start = 0;
        }
        self.scanned = self.start;
        Ok(Some(frame))
    }

    /// Makes `input` able to take more, by moving the frame's beginning to its front while that
    /// leaves half of it free, and by growing it otherwise.
    fn make_room(&mut self) {
        if self.input.len() < self.input.capacity() {
            return;
        }
        self.input.drain(..self.start);
        self.scanned -= self.start;
        self.start = 0;
        let (length, capacity) = (self.input.len(), self.input.capacity());
        if length * 2 >= capacity {
            let wanted = (capacity * 2).clamp(READ_BYTES_FIRST, READ_BYTES_MAX);
            self.input.reserve_exact(wanted.saturating_sub(length));
        }
    }

    fn too_long(&mut self) -> TransportError {
        self.receiving = Receiving::TooLong;
        self.input = Vec::new();
        (self.start, self.scanned) = (0, 0);
        TransportError::FrameTooLong
    }

    fn lost(&mut self, source: io::Error) -> TransportError {
        self.receiving = Receiving::Lost;
        TransportError::Lost(Some(source))
    }

    async fn discard_until_end(&mut self) {
        self.input = Vec::with_capacity(READ_BYTES_FIRST);
        let mut discarded = 0;
        while discarded < CLOSE_DISCARD_BYTES_MAX {
            self.input.clear();
            match self.reader.read_buf(&mut self.input).await {
                Ok(0) | Err(_) => return,
                Ok(count) => discarded += count,
            }
        }
    }
}

#[async_trait]
impl<R, W> Channel for Framed<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin,
{
    async fn send(&mut self, frame: &[u8]) -> Result<(), TransportError> {
        check_frame(frame)?;
        match self.sending {
            Sending::Open => {}
            Sending::Broken => return Err(TransportError::Lost(None)),
            Sending::Closing | Sending::Closed => return Err(TransportError::Closed),
        }
        self.output.clear();
        self.output.reserve(frame.len() + 1);
        self.output.extend_from_slice(frame);
        self.output.push(b'\n');
        // Stays so if this future is dropped or fails.
        self.sending = Sending::Broken;
        self.writer.write_all(&self.output).await.map_err(|source| TransportError::Lost(Some(source)))?;
        self.writer.flush().await.map_err(|source| TransportError::Lost(Some(source)))?;
        self.sending = Sending::Open;
        Ok(())
    }

    async fn receive(&mut self) -> Result<Option<Vec<u8>>, TransportError> {
        if matches!(self.sending, Sending::Closing | Sending::Closed) {
            return Err(TransportError::Closed);
        }
        loop {
            match self.receiving {
                Receiving::Open => {}
                Receiving::Ended => return Ok(None),
                Receiving::TooLong => return Err(TransportError::FrameTooLong),
                Receiving::Lost => return Err(TransportError::Lost(None)),
            }
            if let Some(frame) = self.take_frame()? {
                return Ok(Some(frame));
            }
            self.make_room();
            match self.reader.read_buf(&mut self.input).await {
                Ok(0) if self.start == self.input.len() => self.receiving = Receiving::Ended,
                Ok(0) => {
                    let source =
                        io::Error::new(io::ErrorKind::UnexpectedEof, "the stream ended within a frame");
                    return Err(self.lost(source));
                }
                Ok(_) => {}
                Err(source) => return Err(self.lost(source)),
            }
        }
    }

    async fn close(&mut self) {
        if self.sending == Sending::Closed {
            return;
        }
        self.sending = Sending::Closing;
        let end = async {
            // `shutdown` flushes; a failure here leaves nothing to do but to read on.
            let _ = self.writer.shutdown().await;
            if matches!(self.receiving, Receiving::Open | Receiving::TooLong) {
                self.discard_until_end().await;
            }
        };
        let _ = tokio::time::timeout(CLOSE_TIME_MAX, end).await;
        self.sending = Sending::Closed;
        (self.input, self.output) = (Vec::new(), Vec::new());
    }
}

/// Where the first line feed is. `skip_until` runs at the speed of the system's `memchr`, which
/// std does not offer by that name.
fn line_feed(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    let skipped = rest.skip_until(b'\n').ok()?;
    let last = skipped.checked_sub(1)?;
    (bytes.get(last) == Some(&b'\n')).then_some(last)
}

#[cfg(test)]
mod tests;
