//! What every handshake must be: TLS 1.3, ALPN `bank/1`, nothing resumed, nothing early.

use std::sync::Arc;

use bank_engine_tls::Trust;
use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, Error, HandshakeKind, ProtocolVersion, ServerConnection};

use crate::support::{attempt, fresh, handshake, talk};

#[test]
fn it_is_tls_1_3_with_the_banks_protocol() {
    let (_directory, identity) = fresh();
    let trust = Trust::pinned(identity.fingerprint());
    let mut pair =
        attempt(&bank_engine_tls::expert::attempt(&trust, "localhost:1").unwrap(), &identity).ok().unwrap();
    assert_eq!(pair.client.protocol_version(), Some(ProtocolVersion::TLSv1_3));
    for chosen in [pair.client.alpn_protocol(), pair.server.alpn_protocol()] {
        assert_eq!(chosen, Some(&b"bank/1"[..]));
    }
    talk(&mut pair);
}

#[test]
fn another_protocol_is_refused_in_the_handshake() {
    let (_directory, identity) = fresh();
    let mut config = ClientConfig::clone(
        &bank_engine_tls::expert::attempt(&Trust::pinned(identity.fingerprint()), "a:1").unwrap().config(),
    );
    config.alpn_protocols = vec![b"h2".to_vec(), b"bank/2".to_vec()];
    let (_, server) =
        handshake(Arc::new(config), bank_engine_tls::expert::server_config(&identity).unwrap(), "localhost")
            .err()
            .unwrap();
    assert_eq!(server, Some(Error::NoApplicationProtocol));
}

#[test]
fn nothing_is_resumed_and_nothing_early_even_for_a_client_that_would() {
    let (_directory, identity) = fresh();
    let mut config = ClientConfig::clone(
        &bank_engine_tls::expert::attempt(&Trust::pinned(identity.fingerprint()), "a:1").unwrap().config(),
    );
    assert!(!config.enable_early_data, "a client of ours would send early");
    config.enable_early_data = true;
    config.resumption = Resumption::in_memory_sessions(8);
    let (config, server) = (Arc::new(config), bank_engine_tls::expert::server_config(&identity).unwrap());
    assert_eq!(server.max_early_data_size, 0);
    for _ in 0..3 {
        let mut pair = handshake(Arc::clone(&config), server.clone(), "localhost").ok().unwrap();
        talk(&mut pair);
        assert_eq!(pair.client.handshake_kind(), Some(HandshakeKind::Full));
        assert!(!pair.client.is_early_data_accepted());
        assert!(pair.client.early_data().is_none());
        assert_eq!(pair.client.tls13_tickets_received(), 0);
    }
}

/// The first message of a client that knows no TLS 1.3 (RFC 5246, section 7.4.1.2): the version in
/// the message is 1.2, and nothing says that it can do more.
const HELLO_OF_TLS_1_2: &[u8] = &[
    0x16, 0x03, 0x01, 0, 65, // handshake record
    0x01, 0, 0, 61, 0x03, 0x03, // client hello, TLS 1.2
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
    29, 30, 31, 32, 0, // random, no session
    0, 4, 0xc0, 0x2b, 0xc0, 0x2f, 1, 0, // ECDHE with AES-128-GCM, no compression
    0, 16, // extensions
    0, 10, 0, 4, 0, 2, 0, 0x17, // group: P-256
    0, 13, 0, 4, 0, 2, 4, 3, // signature: ECDSA on P-256 with SHA-256
];

#[test]
fn a_client_of_tls_1_2_is_refused() {
    let (_directory, identity) = fresh();
    let config = Arc::new(bank_engine_tls::expert::server_config(&identity).unwrap());
    let mut server = ServerConnection::new(config).unwrap();
    server.read_tls(&mut &*HELLO_OF_TLS_1_2).unwrap();
    let refused = server.process_new_packets();
    assert!(matches!(refused, Err(Error::PeerIncompatible(_))), "{refused:?}");
    let mut answer = Vec::new();
    server.write_tls(&mut answer).unwrap();
    assert_eq!(answer[5..], [2, 70], "not a fatal alert protocol_version (RFC 8446, section 6.2)");
}

/// The extension supported_versions (RFC 8446, section 4.2.1) with TLS 1.3 and nothing else.
const ONLY_TLS_1_3: &[u8] = &[0, 0x2b, 0, 3, 2, 3, 4];

#[test]
fn a_client_offers_tls_1_3_alone() {
    let (_directory, identity) = fresh();
    let trust = Trust::pinned(identity.fingerprint());
    let name = ServerName::try_from("localhost").unwrap();
    let mut client = ClientConnection::new(
        bank_engine_tls::expert::attempt(&trust, "localhost:1").unwrap().config(),
        name,
    )
    .unwrap();
    let mut hello = Vec::new();
    client.write_tls(&mut hello).unwrap();
    assert!(hello.windows(ONLY_TLS_1_3.len()).any(|part| part == ONLY_TLS_1_3), "{hello:02x?}");
}
