//! Cases about closing: a clean end loses nothing, and a peer learns of any other in time.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::TransportFixture;
use super::line::{
    Line, PATIENCE, expect_end, expect_end_or_loss, expect_frame, numbered_frame, random_bytes, send, within,
    within_limit,
};
use crate::testing::Random;
use crate::transport::{CLOSE_TIME_MAX, Channel, Connection, TransportError};

/// A clean close delivers what was sent and then the end, also to a peer that reads late and slowly.
pub async fn close_delivers_then_ends(fixture: &dyn TransportFixture) {
    let Line { client, server, client_connection, server_connection, listener: _listener } =
        Line::new(fixture).await;
    closes(client, client_connection, server).await;
    drop(server_connection);
}

/// The same from the bank to the terminal: the last receipt must arrive.
pub async fn close_of_the_server_delivers_then_ends(fixture: &dyn TransportFixture) {
    let Line { client, server, client_connection, server_connection, listener: _listener } =
        Line::new(fixture).await;
    closes(server, server_connection, client).await;
    drop(client_connection);
}

async fn closes(mut from: Box<dyn Channel>, connection: Box<dyn Connection>, mut to: Box<dyn Channel>) {
    const FRAMES: usize = 60;
    let mut random = Random::from_environment();
    let mut same = random.clone();
    let sends = async move {
        for _ in 0..FRAMES {
            let size = random.below(8_000);
            send(&mut *from, &random_bytes(&mut random, size)).await;
        }
        within("close", from.close()).await;
        drop(from);
        within("close the connection", connection.close()).await;
    };
    let receives = async {
        sleep(Duration::from_millis(100)).await;
        for number in 0..FRAMES {
            let size = same.below(8_000);
            expect_frame(&mut *to, &random_bytes(&mut same, size)).await;
            if number % 10 == 0 {
                sleep(Duration::from_millis(5)).await;
            }
        }
        expect_end(&mut *to).await;
        expect_end(&mut *to).await;
        to.close().await;
    };
    tokio::join!(sends, receives);
}

/// What a close delivered can still be read after the closer and its connection are gone.
pub async fn close_delivers_to_a_late_reader(fixture: &dyn TransportFixture) {
    let Line { mut client, mut server, client_connection, server_connection, listener: _listener } =
        Line::new(fixture).await;
    for number in 0..20_u8 {
        send(&mut *client, &[b'a' + number; 50]).await;
    }
    within("close", client.close()).await;
    drop(client);
    within("close the connection", client_connection.close()).await;
    drop(client_connection);
    sleep(Duration::from_millis(100)).await;
    for number in 0..20_u8 {
        expect_frame(&mut *server, &[b'a' + number; 50]).await;
    }
    expect_end(&mut *server).await;
    drop(server_connection);
}

/// Input that the closer never read doesn't take back what it sent: a TCP socket closed with
/// unread input resets the connection, and drops what it had not yet handed over.
pub async fn close_delivers_despite_unread_input(fixture: &dyn TransportFixture) {
    // More than the reader's side takes in unasked, so that the close finds some of it at home.
    const FRAMES: usize = 24;
    let Line { mut client, mut server, client_connection, server_connection, listener: _listener } =
        Line::new(fixture).await;
    for _ in 0..10 {
        send(&mut *server, &[b'u'; 300]).await;
    }
    let closes = async move {
        for number in 0..FRAMES {
            send(&mut *client, &numbered_frame(number)).await;
        }
        within("close", client.close()).await;
        drop(client);
        drop(client_connection);
    };
    let receives = async {
        sleep(Duration::from_millis(200)).await;
        for number in 0..FRAMES {
            expect_frame(&mut *server, &numbered_frame(number)).await;
            sleep(Duration::from_millis(2)).await;
        }
        expect_end(&mut *server).await;
        drop(server);
    };
    tokio::join!(closes, receives);
    drop(server_connection);
}

/// `close` comes back though the peer does nothing; afterwards all but another `close`, which
/// does nothing, answers [`TransportError::Closed`].
pub async fn close_is_bounded_and_final(fixture: &dyn TransportFixture) {
    let mut line = Line::new(fixture).await;
    within_limit("close", CLOSE_TIME_MAX, line.client.close()).await;
    let sent = within("send after close", line.client.send(b"x")).await;
    assert!(matches!(sent, Err(TransportError::Closed)), "{sent:?}");
    let received = within("receive after close", line.client.receive()).await;
    assert!(matches!(received, Err(TransportError::Closed)), "{received:?}");
    let start = Instant::now();
    for _ in 0..20 {
        within("close again", line.client.close()).await;
    }
    assert!(start.elapsed() < PATIENCE, "a second close waits again");
    expect_end(&mut *line.server).await;
}

/// A channel dropped without a close ends the peer's `receive`, on either side, though the
/// connection is still held.
pub async fn dropped_channel_ends_the_peer(fixture: &dyn TransportFixture) {
    let mut line = Line::new(fixture).await;
    drop(line.client);
    expect_end_or_loss(&mut *line.server).await;

    let line = Line::new(fixture).await;
    let waits = waits_for_the_end(line.client);
    sleep(A_MOMENT).await;
    drop(line.server);
    join(waits).await;
}

/// A connection dropped without a close ends its channels at both ends, though they are still
/// held, and the peer's wait for further channels.
pub async fn dropped_connection_ends_the_peer(fixture: &dyn TransportFixture) {
    let mut line = Line::new(fixture).await;
    drop(line.client_connection);
    expect_end_or_loss(&mut *line.server).await;
    expect_no_channel(&*line.server_connection).await;
    expect_end_or_loss(&mut *line.client).await;

    let line = Line::new(fixture).await;
    let (near, far) = (waits_for_the_end(line.client), waits_for_the_end(line.server));
    let channels = tokio::spawn(async move {
        expect_no_channel(&*line.client_connection).await;
        line.client_connection
    });
    sleep(A_MOMENT).await;
    drop(line.server_connection);
    // All are held until all have ended, lest one's drop wake another.
    let _held = (join(near).await, join(far).await, join(channels).await);
}

/// Long enough for a task to begin its wait.
const A_MOMENT: Duration = Duration::from_millis(50);

/// Waits in a task of its own, which nothing wakes but the end.
fn waits_for_the_end(mut channel: Box<dyn Channel>) -> JoinHandle<Box<dyn Channel>> {
    tokio::spawn(async move {
        expect_end_or_loss(&mut *channel).await;
        channel
    })
}

async fn join<T>(task: JoinHandle<T>) -> T {
    task.await.unwrap_or_else(|error| panic!("{error}"))
}

/// A closed connection opens no channel and ends those it had, at both ends.
pub async fn closed_connection_ends_both_sides(fixture: &dyn TransportFixture) {
    let mut line = Line::new(fixture).await;
    let waits = async {
        expect_end_or_loss(&mut *line.server).await;
        expect_no_channel(&*line.server_connection).await;
    };
    tokio::join!(waits, within("close the connection", line.client_connection.close()));
    expect_end_or_loss(&mut *line.client).await;
    let opened = within("open on a closed connection", line.client_connection.open()).await;
    assert!(opened.is_err(), "a closed connection opens a channel");
    within("close the connection again", line.client_connection.close()).await;
}

async fn expect_no_channel(connection: &dyn Connection) {
    let accepted = within("accept on an ended connection", connection.accept()).await;
    assert!(accepted.is_none(), "an ended connection has a channel");
}
