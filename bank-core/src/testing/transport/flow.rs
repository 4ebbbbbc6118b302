//! Cases about back-pressure from a peer that does not read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::TransportFixture;
use super::line::{
    Line, connect, expect_alive, expect_end_or_loss, expect_same, numbered_frame, open, send, within,
};
use crate::transport::{Channel, TransportError};

/// A sender that has not moved for so long is taken to wait.
const STANDSTILL: Duration = Duration::from_millis(300);

/// What no transport may hold for a peer that doesn't read: 256 MiB of frames.
const FRAMES_HELD_MAX: usize = 4_096;

/// `send` waits while the peer doesn't read, and goes on when it does; nothing is lost.
pub async fn send_waits_while_the_peer_does_not_read(fixture: &dyn TransportFixture) {
    let Line { mut client, mut server, client_connection, server_connection, listener: _listener } =
        Line::new(fixture).await;
    let (sent, enough) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let sender = tokio::spawn({
        let (sent, enough) = (Arc::clone(&sent), Arc::clone(&enough));
        async move {
            while !enough.load(Ordering::SeqCst) {
                let number = sent.load(Ordering::SeqCst);
                assert!(number < FRAMES_HELD_MAX, "send never waits: {number} frames that nobody read");
                client.send(&numbered_frame(number)).await.expect("send works");
                sent.fetch_add(1, Ordering::SeqCst);
            }
            send(&mut *client, b"done").await;
            client
        }
    });
    within("a sender that waits", async {
        let mut before = usize::MAX;
        while before != sent.load(Ordering::SeqCst) && !sender.is_finished() {
            before = sent.load(Ordering::SeqCst);
            sleep(STANDSTILL).await;
        }
    })
    .await;
    enough.store(true, Ordering::SeqCst);
    let mut number = 0;
    if !sender.is_finished() {
        loop {
            let frame =
                within("receive", server.receive()).await.expect("receive works").expect("a frame comes");
            if frame == b"done" {
                break;
            }
            expect_same(&frame, &numbered_frame(number));
            number += 1;
        }
    }
    let mut client = within("a released sender", sender).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(number, sent.load(Ordering::SeqCst));
    expect_alive(&mut *client, &mut *server).await;
    drop((client_connection, server_connection));
}

/// Sends until a `send` waits, and drops that one. How many frames were taken before.
async fn fill(channel: &mut dyn Channel) -> usize {
    for number in 0..FRAMES_HELD_MAX {
        match timeout(STANDSTILL, channel.send(&numbered_frame(number))).await {
            Ok(sent) => sent.expect("send works"),
            Err(_) => return number,
        }
    }
    panic!("send never waits: {FRAMES_HELD_MAX} frames that nobody read");
}

/// After a dropped `send` the channel sends no more, so half a frame is never taken for a whole one.
pub async fn dropped_send_is_the_last_one(fixture: &dyn TransportFixture) {
    let mut line = Line::new(fixture).await;
    let taken = fill(&mut *line.client).await;
    for _ in 0..2 {
        let refused = within("send after a dropped one", line.client.send(b"more")).await;
        assert!(matches!(refused, Err(TransportError::Lost(_))), "{refused:?}");
    }
    let reads = tokio::spawn(async move {
        let mut number = 0;
        while let Ok(Some(frame)) = line.server.receive().await {
            expect_same(&frame, &numbered_frame(number));
            number += 1;
        }
        number
    });
    // What was taken is read first, for a drop may lose it.
    sleep(STANDSTILL).await;
    drop((line.client, line.client_connection));
    let read = within("the end at the peer", reads).await.unwrap_or_else(|error| panic!("{error}"));
    assert!(read <= taken + 1, "{read} frames come of {taken}");
}

/// A peer that doesn't read one channel holds up no other, on the same connection where it
/// carries several.
pub async fn stalled_channel_holds_up_no_other(fixture: &dyn TransportFixture) {
    let mut line = Line::new(fixture).await;
    fill(&mut *line.client).await;
    if fixture.channels_a_connection() > 1 {
        let (mut near, mut far) = open(&*line.client_connection, &*line.server_connection).await;
        expect_alive(&mut *near, &mut *far).await;
    }
    let (client, server) = connect(fixture, &mut *line.listener).await;
    let (mut near, mut far) = open(&*client, &*server).await;
    expect_alive(&mut *near, &mut *far).await;
}

/// A `send` that waits for a peer ends with [`TransportError::Lost`] when the peer goes.
pub async fn waiting_send_ends_with_the_peer(fixture: &dyn TransportFixture) {
    let Line { client: mut waiting, server, client_connection, server_connection, .. } =
        Line::new(fixture).await;
    let sender = tokio::spawn(async move {
        for number in 0..FRAMES_HELD_MAX {
            if let Err(error) = waiting.send(&numbered_frame(number)).await {
                return (error, waiting);
            }
        }
        panic!("send neither waits nor fails");
    });
    sleep(STANDSTILL).await;
    drop((server, server_connection));
    let (error, mut waiting) =
        within("send to a peer that goes", sender).await.unwrap_or_else(|error| panic!("{error}"));
    assert!(matches!(error, TransportError::Lost(_)), "{error:?}");
    expect_end_or_loss(&mut *waiting).await;
    drop(client_connection);
}
