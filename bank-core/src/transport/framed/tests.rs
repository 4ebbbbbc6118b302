use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{DuplexStream, ReadBuf, ReadHalf, WriteHalf};
use tokio::time::timeout;

use super::*;

type Stream = Framed<ReadHalf<DuplexStream>, WriteHalf<DuplexStream>>;

/// A channel and the bare stream at its other end.
fn framed(bytes: usize) -> (Stream, DuplexStream) {
    let (near, far) = tokio::io::duplex(bytes);
    let (reader, writer) = tokio::io::split(near);
    (Framed::new(reader, writer), far)
}

/// Answers each read with the next chunk, then with the end or, if set so, a failure.
struct Chunks {
    chunks: std::vec::IntoIter<Vec<u8>>,
    fails: bool,
}

impl AsyncRead for Chunks {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, b: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.chunks.next() {
            Some(chunk) => b.put_slice(&chunk),
            None if self.fails => return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            None => {}
        }
        Poll::Ready(Ok(()))
    }
}

fn reads(chunks: &[&[u8]], fails: bool) -> Framed<Chunks, tokio::io::Sink> {
    let chunks: Vec<_> = chunks.iter().map(|chunk| chunk.to_vec()).collect();
    Framed::new(Chunks { chunks: chunks.into_iter(), fails }, tokio::io::sink())
}

/// Counts writes and flushes.
#[derive(Clone, Default)]
struct Counts {
    writes: Arc<AtomicUsize>,
    flushes: Arc<AtomicUsize>,
}

impl AsyncWrite for Counts {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(Ok(bytes.len()))
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.flushes.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn many_frames_in_one_read_come_one_by_one() {
    let mut channel = reads(&[b"a\n\nbc\nd", b"ef\n"], false);
    for frame in ["a", "", "bc", "def"] {
        assert_eq!(channel.receive().await.unwrap().unwrap(), frame.as_bytes());
    }
    assert!(channel.receive().await.unwrap().is_none());
    assert!(channel.receive().await.unwrap().is_none());
}

#[tokio::test]
async fn frames_of_every_size_near_the_buffers_sizes_arrive() {
    let sizes = [4_094, 4_095, 4_096, 4_097, 1, 8_191, 0, 32_768, 65_534, 65_535, 65_536, 3, 65_536];
    for buffer in [7, 4_096, 1 << 20] {
        let (mut channel, mut far) = framed(buffer);
        let writer = tokio::spawn(async move {
            for (index, size) in sizes.into_iter().enumerate() {
                let mut frame = vec![b'a' + u8::try_from(index).unwrap(); size];
                frame.push(b'\n');
                far.write_all(&frame).await.unwrap();
            }
        });
        for (index, size) in sizes.into_iter().enumerate() {
            let frame = channel.receive().await.unwrap().unwrap();
            assert_eq!(frame.len(), size);
            assert!(frame.iter().all(|byte| *byte == b'a' + u8::try_from(index).unwrap()));
        }
        assert!(channel.receive().await.unwrap().is_none());
        assert!(channel.input.capacity() <= READ_BYTES_MAX);
        writer.await.unwrap();
    }
}

#[tokio::test]
async fn small_frames_do_not_grow_the_buffer() {
    let (mut channel, mut far) = framed(1 << 16);
    for _ in 0..500 {
        far.write_all(&[&[b'x'; 99][..], b"\n"].concat().repeat(20)).await.unwrap();
        for _ in 0..20 {
            assert_eq!(channel.receive().await.unwrap().unwrap().len(), 99);
        }
    }
    assert_eq!(channel.input.capacity(), READ_BYTES_FIRST);
}

#[tokio::test]
async fn an_oversize_frame_is_seen_before_it_ends_and_ends_receiving_only() {
    let (mut channel, mut far) = framed(1 << 17);
    far.write_all(b"good\n").await.unwrap();
    far.write_all(&[b'x'; FRAME_BYTES_MAX]).await.unwrap();
    assert_eq!(channel.receive().await.unwrap().unwrap(), b"good");
    let more = timeout(Duration::from_millis(50), channel.receive()).await;
    assert!(more.is_err(), "a frame of the largest size is not too long");
    far.write_all(b"x").await.unwrap();
    assert!(matches!(channel.receive().await, Err(TransportError::FrameTooLong)));
    far.write_all(b"\nnext\n").await.unwrap();
    assert!(matches!(channel.receive().await, Err(TransportError::FrameTooLong)));
    channel.send(b"sorry").await.unwrap();
    let mut text = String::new();
    let (_, read) = tokio::join!(channel.close(), async {
        let read = far.read_to_string(&mut text).await;
        drop(far);
        read
    });
    read.unwrap();
    assert_eq!(text, "sorry\n");
}

#[tokio::test]
async fn an_oversize_frame_that_came_whole_is_refused() {
    let long = [&[b'x'; FRAME_BYTES_MAX + 1][..], b"\n"].concat();
    let (mut channel, mut far) = framed(1 << 17);
    far.write_all(&long).await.unwrap();
    assert!(matches!(channel.receive().await, Err(TransportError::FrameTooLong)));
}

#[tokio::test]
async fn an_end_or_a_failure_within_a_frame_is_a_loss() {
    let mut channel = reads(&[b"whole\nha", b"lf"], false);
    assert_eq!(channel.receive().await.unwrap().unwrap(), b"whole");
    let lost = channel.receive().await;
    assert!(
        matches!(lost, Err(TransportError::Lost(Some(error))) if error.kind() == io::ErrorKind::UnexpectedEof)
    );
    assert!(matches!(channel.receive().await, Err(TransportError::Lost(None))));

    let mut channel = reads(&[b"whole\n"], true);
    assert_eq!(channel.receive().await.unwrap().unwrap(), b"whole");
    let lost = channel.receive().await;
    assert!(
        matches!(lost, Err(TransportError::Lost(Some(error))) if error.kind() == io::ErrorKind::ConnectionReset)
    );
}

#[tokio::test]
async fn a_cancelled_receive_loses_no_byte() {
    let (mut channel, mut far) = framed(16);
    for byte in b"one frame\n" {
        assert!(timeout(Duration::from_millis(1), channel.receive()).await.is_err());
        far.write_all(&[*byte]).await.unwrap();
    }
    let whole = timeout(Duration::from_secs(10), channel.receive()).await.expect("all bytes came");
    assert_eq!(whole.unwrap().unwrap(), b"one frame");
}

#[tokio::test]
async fn a_frame_is_one_write_and_one_flush() {
    let counts = Counts::default();
    let mut channel = Framed::new(tokio::io::empty(), counts.clone());
    channel.send(b"").await.unwrap();
    channel.send(&[b'x'; FRAME_BYTES_MAX]).await.unwrap();
    assert!(matches!(channel.send(b"a\nb").await, Err(TransportError::LineFeedInFrame)));
    let long = [b'x'; FRAME_BYTES_MAX + 1];
    assert!(matches!(channel.send(&long).await, Err(TransportError::FrameTooLong)));
    channel.send(b"unharmed").await.unwrap();
    assert_eq!(counts.writes.load(Ordering::Relaxed), 3);
    assert_eq!(counts.flushes.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_dropped_send_is_the_last_one() {
    let (mut channel, mut far) = framed(8);
    assert!(timeout(Duration::from_millis(10), channel.send(b"longer than the pipe")).await.is_err());
    assert!(matches!(channel.send(b"x").await, Err(TransportError::Lost(None))));
    let mut bytes = [0; 8];
    far.read_exact(&mut bytes).await.unwrap();
    assert!(matches!(channel.send(b"x").await, Err(TransportError::Lost(None))));
}

#[tokio::test]
async fn a_peer_that_is_gone_is_a_loss() {
    let (mut channel, far) = framed(8);
    drop(far);
    let sent = channel.send(b"x").await;
    assert!(
        matches!(sent, Err(TransportError::Lost(Some(error))) if error.kind() == io::ErrorKind::BrokenPipe)
    );
    assert!(matches!(channel.send(b"x").await, Err(TransportError::Lost(None))));
}

#[tokio::test(start_paused = true)]
async fn close_waits_for_the_peers_end_for_a_bounded_time() {
    let (mut channel, mut far) = framed(64);
    channel.send(b"last words").await.unwrap();
    let start = tokio::time::Instant::now();
    channel.close().await;
    assert_eq!(start.elapsed(), CLOSE_TIME_MAX);
    assert!(matches!(channel.send(b"x").await, Err(TransportError::Closed)));
    assert!(matches!(channel.receive().await, Err(TransportError::Closed)));
    channel.close().await;
    assert_eq!(start.elapsed(), CLOSE_TIME_MAX, "a second close does nothing");
    let mut text = String::new();
    far.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "last words\n");
}

#[tokio::test(start_paused = true)]
async fn close_discards_what_still_comes_but_not_for_ever() {
    let (mut channel, far) = framed(1 << 16);
    let (mut reader, mut writer) = tokio::io::split(far);
    let flood = tokio::spawn(async move {
        let mut sent = 0;
        while writer.write_all(&[b'x'; 1_024]).await.is_ok() {
            sent += 1_024;
        }
        sent
    });
    let start = tokio::time::Instant::now();
    channel.close().await;
    assert!(start.elapsed() < CLOSE_TIME_MAX);
    drop(channel);
    let sent = flood.await.unwrap();
    assert!((CLOSE_DISCARD_BYTES_MAX..2 * CLOSE_DISCARD_BYTES_MAX).contains(&sent), "{sent}");
    assert_eq!(reader.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_close_can_be_taken_up_again() {
    let (mut channel, far) = framed(64);
    assert!(timeout(Duration::from_millis(10), channel.close()).await.is_err());
    assert!(matches!(channel.send(b"x").await, Err(TransportError::Closed)));
    drop(far);
    let start = tokio::time::Instant::now();
    channel.close().await;
    assert_eq!(start.elapsed(), Duration::ZERO);
}
