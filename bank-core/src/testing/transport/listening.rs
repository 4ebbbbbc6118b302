//! Cases about listening: the order of arrivals, and that none delays another.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::TransportFixture;
use super::line::{
    Echo, Line, PATIENCE, connect, expect_alive, expect_echo, expect_end_or_loss, listen, open, within,
    within_limit,
};
use crate::transport::TransportError;

/// Clients that stall before or in the handshake hold up nobody who comes after them.
pub async fn stalled_handshakes_hold_up_nobody(fixture: &dyn TransportFixture) {
    // Enough of them that handshakes one after the other take far longer than the wait below.
    const STALLED: u32 = 8;
    let echo = Echo::start(fixture).await;
    let mut stalled = Vec::new();
    for _ in 0..STALLED {
        stalled.push(within("arrive and stall", fixture.stall(echo.address())).await);
    }
    let start = Instant::now();
    let connection =
        within("connect", fixture.client().connect(echo.address())).await.expect("the client connects");
    let mut channel = within("open", connection.open()).await.expect("the client opens a channel");
    expect_echo(&mut *channel, b"here").await;
    let most = fixture.handshake_time_max() * STALLED / 2;
    assert!(start.elapsed() < most, "waits {:?} behind the stalled ones", start.elapsed());
}

/// A client that stalls in the handshake costs the server no more than the time limit.
pub async fn stalled_handshake_ends_in_time(fixture: &dyn TransportFixture) {
    let mut listener = listen(fixture).await;
    let _stalled = within("arrive and stall", fixture.stall(&listener.address())).await;
    let limit = fixture.handshake_time_max();
    // Where the first packet must be right, such a client doesn't show at all.
    let Ok(incoming) = timeout(Duration::from_secs(1), listener.accept()).await else { return };
    let incoming = incoming.expect("a client comes");
    let accepted = within_limit("accept a stalled client", limit, incoming.accept()).await;
    if accepted.is_ok() {
        assert!(fixture.connects_before_accept(), "the server accepts a client that said nothing");
    }
}

/// A `Listener::accept` dropped at any moment loses no client.
pub async fn accept_is_cancel_safe(fixture: &dyn TransportFixture) {
    const CLIENTS: usize = 10;
    let mut listener = listen(fixture).await;
    let address = listener.address();
    let server = async {
        let (mut connections, mut cancelled) = (Vec::new(), 0_u32);
        while connections.len() < CLIENTS {
            let incoming = tokio::select! {
                biased;
                incoming = listener.accept() => incoming.expect("a client comes"),
                () = tokio::task::yield_now() => {
                    cancelled += 1;
                    continue;
                }
            };
            connections.push(incoming.accept().await.expect("the server accepts"));
        }
        assert!(cancelled > 0, "no accept was cancelled, so the case shows nothing");
        connections
    };
    let clients = async {
        let mut connections = Vec::new();
        for _ in 0..CLIENTS {
            sleep(Duration::from_millis(2)).await;
            connections.push(fixture.client().connect(&address).await.expect("the client connects"));
        }
        connections
    };
    let (servers, clients) = within("connect and accept", async { tokio::join!(server, clients) }).await;
    for (client, server) in clients.iter().zip(&servers) {
        let (mut near, mut far) = open(&**client, &**server).await;
        expect_alive(&mut *near, &mut *far).await;
    }
}

/// Clients that came before the first `accept` are served, in order of arrival.
pub async fn early_clients_are_served_in_order(fixture: &dyn TransportFixture) {
    let mut listener = listen(fixture).await;
    let address = listener.address();
    let client = async |number: u8| {
        // Apart enough to arrive in order, close enough for the time limit.
        sleep(Duration::from_millis(50) * u32::from(number)).await;
        let connection = fixture.client().connect(&address).await.expect("the client connects");
        let mut channel = connection.open().await.expect("the client opens a channel");
        channel.send(&[b'0' + number]).await.expect("the client sends");
        channel.close().await;
    };
    let server = async {
        sleep(Duration::from_millis(200)).await;
        let mut order = Vec::new();
        for _ in 0..3 {
            let incoming = listener.accept().await.expect("a client comes");
            let connection = incoming.accept().await.expect("the server accepts");
            let mut channel = connection.accept().await.expect("the server gets the channel");
            order.extend(channel.receive().await.expect("receive works").expect("a frame comes"));
        }
        order
    };
    let clients = async { tokio::join!(client(0), client(1), client(2)) };
    let (_, order) = within("early clients", async { tokio::join!(clients, server) }).await;
    assert_eq!(order, b"012");
}

/// A client that was turned away learns of it in time, and the next one is served.
pub async fn refused_client_learns_of_it(fixture: &dyn TransportFixture) {
    let mut listener = listen(fixture).await;
    let (address, limit) = (listener.address(), fixture.handshake_time_max());
    let client = async {
        let Ok(connection) = fixture.client().connect(&address).await else { return };
        assert!(fixture.connects_before_accept(), "connect succeeds though refused");
        let Ok(mut channel) = connection.open().await else { return };
        if channel.send(b"hello").await.is_ok() {
            expect_end_or_loss(&mut *channel).await;
        }
    };
    let refuses = async { listener.accept().await.expect("a client comes").refuse() };
    within_limit("learn of a refusal", limit, async { tokio::join!(client, refuses) }).await;
    let (client, server) = connect(fixture, &mut *listener).await;
    let (mut near, mut far) = open(&*client, &*server).await;
    expect_alive(&mut *near, &mut *far).await;
}

/// Where one listener is, a second is refused with an error of the machine.
pub async fn address_in_use_is_refused(fixture: &dyn TransportFixture) {
    let listener = listen(fixture).await;
    let second = within("listen", fixture.server().listen(&listener.address())).await.err();
    assert!(matches!(second, Some(TransportError::Io { .. })), "{second:?}");
}

/// A closed listener takes nobody, spares whom it took, and leaves its address to the next one
/// once the last of them is gone.
pub async fn close_frees_the_address_and_spares_the_accepted(fixture: &dyn TransportFixture) {
    let mut line = Line::new(fixture).await;
    let address = line.listener.address();
    within("close the listener", line.listener.close()).await;
    let accepted = within("accept after close", line.listener.accept()).await;
    assert!(matches!(accepted.err(), Some(TransportError::Closed)), "a closed listener goes on");
    within("close the listener again", line.listener.close()).await;

    expect_alive(&mut *line.client, &mut *line.server).await;
    let limit = fixture.handshake_time_max();
    let late = within_limit("connect to a closed listener", limit, fixture.client().connect(&address)).await;
    assert!(late.is_err(), "a closed listener takes a client");
    expect_alive(&mut *line.client, &mut *line.server).await;

    let Line { mut client, mut server, client_connection, server_connection, listener } = line;
    tokio::join!(client.close(), server.close());
    drop((client, server));
    tokio::join!(client_connection.close(), server_connection.close());
    drop((client_connection, server_connection, listener));
    let again = within("listen at an address that was freed", async {
        loop {
            match fixture.server().listen(&address).await {
                Ok(listener) => break listener,
                Err(_) => sleep(PATIENCE / 100).await,
            }
        }
    })
    .await;
    let echo = Echo::on(again);
    assert_eq!(echo.address(), address);
    let connection =
        within("connect", fixture.client().connect(&address)).await.expect("the client connects");
    let mut channel = within("open", connection.open()).await.expect("the client opens a channel");
    expect_echo(&mut *channel, b"again").await;
}
