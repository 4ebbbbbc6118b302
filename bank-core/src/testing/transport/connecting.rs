//! Cases about connecting: to whom, and within which time.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::TransportFixture;
use super::line::{Echo, Line, connect, expect_alive, expect_echo, listen, open, within, within_limit};
use crate::transport::TransportError;

/// Where nobody listens, `connect` says so in time.
pub async fn refused_where_nobody_listens(fixture: &dyn TransportFixture) {
    let mut listener = listen(fixture).await;
    let address = listener.address();
    within("close the listener", listener.close()).await;
    drop(listener);
    let limit = fixture.handshake_time_max();
    let refused =
        within_limit("connect where nobody listens", limit, fixture.client().connect(&address)).await;
    let error = refused.err().expect("nobody listens, yet connect succeeds");
    assert!(matches!(error, TransportError::Refused { .. } | TransportError::TimedOut { .. }), "{error:?}");
}

/// An address that means nothing is refused as such, and at once.
pub async fn malformed_address_is_reported(fixture: &dyn TransportFixture) {
    let error = within("connect to no address", fixture.client().connect("")).await.err();
    assert!(matches!(error, Some(TransportError::Address { .. })), "{error:?}");
}

/// A server that never accepts costs a client no more than the time limit.
pub async fn connect_is_bounded(fixture: &dyn TransportFixture) {
    let listener = listen(fixture).await;
    let (address, limit) = (listener.address(), fixture.handshake_time_max());
    let connected =
        within_limit("connect to a silent server", limit, fixture.client().connect(&address)).await;
    match connected {
        Ok(_) => assert!(fixture.connects_before_accept(), "connect succeeds without the server"),
        Err(error) => assert!(matches!(error, TransportError::TimedOut { .. }), "{error:?}"),
    }
}

/// A client that gives up while it connects harms nobody, at whatever point it does.
pub async fn dropped_connect_gives_up(fixture: &dyn TransportFixture) {
    let echo = Echo::start(fixture).await;
    for pause_us in [0, 50, 200, 500, 1_000, 2_000, 5_000, 10_000] {
        let attempt = fixture.client().connect(echo.address());
        drop(timeout(Duration::from_micros(pause_us), attempt).await);
    }
    let connection =
        within("connect", fixture.client().connect(echo.address())).await.expect("the client connects");
    let mut channel = within("open", connection.open()).await.expect("the client opens a channel");
    expect_echo(&mut *channel, b"still there").await;
}

/// Both sides know who the other is, and the server knows it before the handshake.
pub async fn peers_are_reported(fixture: &dyn TransportFixture) {
    let mut listener = listen(fixture).await;
    let address = listener.address();
    let (client, (before, server)) = within("connect and accept", async {
        tokio::join!(fixture.client().connect(&address), async {
            let incoming = listener.accept().await.expect("a client comes");
            (incoming.peer(), incoming.accept().await.expect("the server accepts"))
        })
    })
    .await;
    let client = client.expect("the client connects");
    assert_eq!(before, server.peer());
    assert!(!server.peer().host.is_empty(), "the server doesn't know its client");
    assert!(!client.peer().host.is_empty(), "the client doesn't know its server");
    assert!(!before.host.contains(char::is_whitespace), "{before:?}");
}

/// A time limit for the handshake is not one for what follows.
pub async fn idle_channel_outlives_the_handshake_limit(fixture: &dyn TransportFixture) {
    let mut line = Line::new(fixture).await;
    sleep(fixture.handshake_time_max() + Duration::from_millis(500)).await;
    expect_alive(&mut *line.client, &mut *line.server).await;
}

/// A connection carries as many channels as the fixture says (up to 100 are tried): where it is
/// one, a second is refused with [`TransportError::NoMoreChannels`] and the server notices at
/// once that none will come.
pub async fn channels_are_as_many_as_set(fixture: &dyn TransportFixture) {
    let mut line = Line::new(fixture).await;
    let most = fixture.channels_a_connection();
    if most <= 1 {
        let second = within("open a second channel", line.client_connection.open()).await;
        assert!(matches!(second.err(), Some(TransportError::NoMoreChannels)));
        let second = within("accept a second channel", line.server_connection.accept()).await;
        assert!(second.is_none(), "a second channel comes");
    } else {
        let mut channels = Vec::new();
        for _ in 1..most.min(100) {
            channels.push(open(&*line.client_connection, &*line.server_connection).await);
        }
        for (near, far) in &mut channels {
            expect_alive(&mut **near, &mut **far).await;
        }
        drop(channels);
        // A wait for the peer's channels, which may not come, is no reason not to open one's own.
        let waits = async {
            let _ = line.client_connection.accept().await;
            std::future::pending::<()>().await;
        };
        let (mut near, mut far) = tokio::select! {
            biased;
            () = waits => return,
            ends = open(&*line.client_connection, &*line.server_connection) => ends,
        };
        expect_alive(&mut *near, &mut *far).await;
    }
    expect_alive(&mut *line.client, &mut *line.server).await;
    let (client, server) = connect(fixture, &mut *line.listener).await;
    let (mut near, mut far) = open(&*client, &*server).await;
    expect_alive(&mut *near, &mut *far).await;
}
