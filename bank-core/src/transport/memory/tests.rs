use std::time::Duration;
use tokio::time::Instant;

use super::*;
use crate::transport::HANDSHAKE_TIME_MAX;

const BRIEF: Duration = Duration::from_millis(50);

type Ends = (Box<dyn Connection>, Box<dyn Connection>);

/// The client's end and the server's.
async fn connected(network: &MemoryTransport) -> Ends {
    let mut listener = network.listen("").await.unwrap();
    let address = listener.address();
    let (client, server) =
        tokio::join!(network.connect(&address), async { listener.accept().await.unwrap().accept().await });
    (client.unwrap(), server.unwrap())
}

async fn channels((client, server): &Ends) -> (Box<dyn Channel>, Box<dyn Channel>) {
    (client.open().await.unwrap(), server.accept().await.unwrap())
}

fn is_lost<T>(result: &Result<T, TransportError>) -> bool {
    matches!(result, Err(TransportError::Lost(_)))
}

#[tokio::test(start_paused = true)]
async fn every_frame_and_the_end_take_the_wires_delay() {
    let delay = Duration::from_millis(70);
    let network = MemoryTransport::with_wire(MemoryWire { delay, ..MemoryWire::default() });
    let start = Instant::now();
    let ends = connected(&network).await;
    assert_eq!(start.elapsed(), 2 * delay);
    let (mut near, mut far) = channels(&ends).await;

    let start = Instant::now();
    near.send(b"one").await.unwrap();
    near.send(b"two").await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
    // A receiver that gives up meanwhile finds the frame later.
    assert!(timeout(delay / 2, far.receive()).await.is_err());
    assert_eq!(far.receive().await.unwrap().unwrap(), b"one");
    assert_eq!(far.receive().await.unwrap().unwrap(), b"two");
    assert_eq!(start.elapsed(), delay);

    let start = Instant::now();
    let (_, end) = tokio::join!(near.close(), far.receive());
    assert!(end.unwrap().is_none());
    assert_eq!(start.elapsed(), delay);
}

#[tokio::test]
async fn a_cut_breaks_all_present_connections_and_no_later_one() {
    let network = MemoryTransport::new();
    let (first, second) = (connected(&network).await, connected(&network).await);
    let (mut near, mut far) = channels(&first).await;
    let (mut other, _other_far) = channels(&second).await;
    near.send(b"on its way").await.unwrap();
    let (waited, ()) = tokio::join!(other.receive(), async { network.cut() });
    assert!(is_lost(&waited));
    assert!(is_lost(&far.receive().await), "a frame on its way is lost");
    assert!(is_lost(&far.send(b"x").await));
    assert!(is_lost(&near.receive().await));
    assert!(is_lost(&first.0.open().await));
    assert!(first.1.accept().await.is_none());

    let third = connected(&network).await;
    let (mut near, mut far) = channels(&third).await;
    near.send(b"hello").await.unwrap();
    assert_eq!(far.receive().await.unwrap().unwrap(), b"hello");
}

#[tokio::test]
async fn a_cut_after_one_frame_loses_the_answer() {
    let network = MemoryTransport::new();
    network.cut_next_after(1);
    let ends = connected(&network).await;
    let (mut near, mut far) = channels(&ends).await;
    near.send(b"request").await.unwrap();
    assert_eq!(far.receive().await.unwrap().unwrap(), b"request");
    assert!(is_lost(&far.send(b"answer").await));
    assert!(is_lost(&near.receive().await));

    let ends = connected(&network).await;
    let (mut near, mut far) = channels(&ends).await;
    for _ in 0..3 {
        near.send(b"request").await.unwrap();
        assert_eq!(far.receive().await.unwrap().unwrap(), b"request");
    }
}

#[tokio::test]
async fn a_channel_holds_the_wires_number_of_frames() {
    let network = MemoryTransport::with_wire(MemoryWire { frames_max: 3, ..MemoryWire::default() });
    let ends = connected(&network).await;
    let (mut near, mut far) = channels(&ends).await;
    for _ in 0..3 {
        near.send(b"x").await.unwrap();
    }
    let (sent, received) = tokio::join!(timeout(BRIEF, near.send(b"y")), async {
        sleep(BRIEF / 2).await;
        far.receive().await
    });
    sent.expect("released by the receive").unwrap();
    assert_eq!(received.unwrap().unwrap(), b"x");
    assert!(timeout(BRIEF, near.send(b"z")).await.is_err());
}

#[tokio::test]
async fn open_waits_for_a_place_and_takes_it_when_both_ends_let_go() {
    let network = MemoryTransport::with_wire(MemoryWire { channels_max: 2, ..MemoryWire::default() });
    let ends = connected(&network).await;
    let _first = channels(&ends).await;
    let (near, far) = channels(&ends).await;
    drop(near);
    assert!(timeout(BRIEF, ends.0.open()).await.is_err());
    drop(far);
    timeout(BRIEF, ends.0.open()).await.expect("there is a place").unwrap();
}

#[tokio::test]
async fn a_name_is_taken_once_and_free_again_after_the_listener() {
    let network = MemoryTransport::new();
    let mut listener = network.listen("bank").await.unwrap();
    assert!(matches!(
        network.listen("bank").await.err(),
        Some(TransportError::Io { source, .. }) if source.kind() == io::ErrorKind::AddrInUse
    ));
    let (one, two) = (network.listen("").await.unwrap(), network.listen("0").await.unwrap());
    assert_ne!(one.address(), two.address());
    listener.close().await;
    let again = network.listen("bank").await.unwrap();
    drop(listener);
    assert!(
        network.listen("bank").await.is_err(),
        "the old listener's drop does not free the new one's name"
    );
    drop(again);
    assert!(matches!(network.connect("bank").await, Err(TransportError::Refused { .. })));
    assert!(matches!(
        MemoryTransport::new().connect(&one.address()).await,
        Err(TransportError::Refused { .. })
    ));
}

#[tokio::test(start_paused = true)]
async fn a_full_backlog_keeps_clients_out_until_their_time_is_over() {
    let network = MemoryTransport::with_wire(MemoryWire { backlog_max: 1, ..MemoryWire::default() });
    let mut listener = network.listen("bank").await.unwrap();
    let _first = network.stall("bank").await.unwrap();
    let start = Instant::now();
    assert!(matches!(network.stall("bank").await, Err(TransportError::TimedOut { .. })));
    assert_eq!(start.elapsed(), HANDSHAKE_TIME_MAX);
    let waiting = network.clone();
    let waiting = tokio::spawn(async move { waiting.connect("bank").await.err() });
    sleep(BRIEF).await;
    listener.close().await;
    assert!(matches!(waiting.await.unwrap(), Some(TransportError::Refused { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_stalled_client_costs_its_accept_the_time_limit() {
    let network = MemoryTransport::new();
    let mut listener = network.listen("bank").await.unwrap();
    let stall = network.stall("bank").await.unwrap();
    let start = Instant::now();
    let accepted = listener.accept().await.unwrap().accept().await;
    assert!(matches!(accepted, Err(TransportError::TimedOut { .. })));
    assert_eq!(start.elapsed(), HANDSHAKE_TIME_MAX);
    drop(stall);

    let stall = network.stall("bank").await.unwrap();
    let incoming = listener.accept().await.unwrap();
    let (accepted, ()) = tokio::join!(incoming.accept(), async { drop(stall) });
    assert!(is_lost(&accepted));
}

#[tokio::test]
async fn a_server_knows_its_clients_by_their_host() {
    let network = MemoryTransport::new();
    let (client, server) = connected(&network).await;
    assert_eq!(server.peer().host, "memory");
    assert!(client.peer().host.starts_with("memory-"), "{}", client.peer());
    let (_client, server) = connected(&network.from_host("kiosk-7")).await;
    assert_eq!(server.peer().to_string(), "kiosk-7");
}
