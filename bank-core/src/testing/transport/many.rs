//! Cases with many channels at once: frames are not mixed, and none waits for another.

use std::sync::Arc;

use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::TransportFixture;
use super::line::{Echo, expect_echo, random_bytes, within};
use crate::testing::Random;
use crate::transport::{Channel, Connection};

/// A hundred channels work at the same time, on as few connections as carry them.
pub async fn hundred_channels_at_once(fixture: &dyn TransportFixture) {
    const CHANNELS: usize = 100;
    let echo = Echo::start(fixture).await;
    let mut random = Random::from_environment();
    let (mut connections, mut channels) = (Vec::new(), JoinSet::new());
    let together = Arc::new(Barrier::new(CHANNELS));
    for number in 0..CHANNELS {
        if number % fixture.channels_a_connection() == 0 {
            connections.push(dial(fixture, &echo).await);
        }
        let connection = connections.last().expect("the first was just made");
        let channel = within("open", connection.open()).await.expect("the client opens a channel");
        let random = Random::new(random.number());
        channels.spawn(talk(channel, number, random, Arc::clone(&together)));
    }
    within("a hundred channels", async {
        while let Some(talked) = channels.join_next().await {
            talked.unwrap_or_else(|error| panic!("{error}"));
        }
    })
    .await;
}

async fn talk(mut channel: Box<dyn Channel>, number: usize, mut random: Random, together: Arc<Barrier>) {
    for round in 0..20 {
        if round == 1 {
            // All are open and have spoken.
            together.wait().await;
        }
        let mut frame = format!("channel {number}, round {round} ").into_bytes();
        let size = random.below(2_000);
        frame.extend(random_bytes(&mut random, size));
        expect_echo(&mut *channel, &frame).await;
    }
    channel.close().await;
}

/// Connections that arrive in a crowd are all served.
pub async fn crowd_of_connections_is_served(fixture: &dyn TransportFixture) {
    const CONNECTIONS: usize = 40;
    let echo = Echo::start(fixture).await;
    let dials: Vec<_> = (0..CONNECTIONS).map(|_| Box::pin(visit(fixture, &echo))).collect();
    within("a crowd", all(dials)).await;
}

async fn visit(fixture: &dyn TransportFixture, echo: &Echo) {
    let connection = dial(fixture, echo).await;
    let mut channel = within("open", connection.open()).await.expect("the client opens a channel");
    expect_echo(&mut *channel, b"one of many").await;
    channel.close().await;
}

async fn dial(fixture: &dyn TransportFixture, echo: &Echo) -> Box<dyn Connection> {
    within("connect", fixture.client().connect(echo.address())).await.expect("the client connects")
}

/// Drives all of them on this task, since they borrow the fixture.
async fn all<F: Future<Output = ()> + Unpin>(mut futures: Vec<F>) {
    std::future::poll_fn(|context| {
        futures.retain_mut(|future| std::pin::Pin::new(future).poll(context).is_pending());
        if futures.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}
