//! The contract of [`crate::transport`] as tests: one named test a case, on real time.
//!
//! A transport passes when every case of [`transport_conformance!`](crate::transport_conformance)
//! does. Write a [`TransportFixture`] and one line, in a crate that has the feature `testing` of
//! `bank-core` among its dev-dependencies:
//!
//! ```no_run
//! use std::any::Any;
//! use std::time::Duration;
//!
//! use async_trait::async_trait;
//! use bank_engine_core::testing::transport::TransportFixture;
//! use bank_engine_core::transport::{MemoryTransport, MemoryWire, Transport};
//!
//! const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(1);
//!
//! struct Memory(MemoryTransport);
//!
//! impl Memory {
//!     fn new() -> Self {
//!         let wire = MemoryWire { handshake_time_max: HANDSHAKE_TIME_MAX, ..MemoryWire::default() };
//!         Memory(MemoryTransport::with_wire(wire))
//!     }
//! }
//!
//! #[async_trait]
//! impl TransportFixture for Memory {
//!     fn server(&self) -> &dyn Transport {
//!         &self.0
//!     }
//!     fn client(&self) -> &dyn Transport {
//!         &self.0
//!     }
//!     fn listen_address(&self) -> String {
//!         "0".to_owned()
//!     }
//!     fn handshake_time_max(&self) -> Duration {
//!         HANDSHAKE_TIME_MAX
//!     }
//!     fn channels_a_connection(&self) -> usize {
//!         256
//!     }
//!     async fn stall(&self, address: &str) -> Box<dyn Any + Send> {
//!         Box::new(self.0.stall(address).await.expect("somebody listens"))
//!     }
//! }
//!
//! bank_engine_core::transport_conformance!(Memory::new());
//! ```
//!
//! A transport made of byte streams adds a [`StreamFixture`] and the line
//! [`stream_conformance!`](crate::stream_conformance), for what a peer may do to the bytes. Cases
//! that use random numbers print their seed; [`SEED_VARIABLE`](super::SEED_VARIABLE) replays it.

pub mod closing;
pub mod connecting;
pub mod flow;
pub mod frames;
mod line;
pub mod listening;
pub mod many;
pub mod raw;

use std::any::Any;
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::transport::{HANDSHAKE_TIME_MAX, Transport};

/// What the suite needs to know of a transport, made anew for every case.
#[async_trait]
pub trait TransportFixture: Send + Sync {
    /// The transport as the bank uses it.
    fn server(&self) -> &dyn Transport;

    /// The transport as a terminal uses it; the same object where both sides are alike.
    fn client(&self) -> &dyn Transport;

    /// Where to listen, such that cases at the same time don't meet: `127.0.0.1:0` on networks.
    fn listen_address(&self) -> String;

    /// The limit that both transports were made with; make it about a second, since some cases
    /// wait for it.
    fn handshake_time_max(&self) -> Duration {
        HANDSHAKE_TIME_MAX
    }

    /// How many channels a client may have open at once on a connection; 1 where a connection is
    /// a channel.
    fn channels_a_connection(&self) -> usize;

    /// Whether `connect` may succeed though the server has not accepted the client, as on plain
    /// TCP, where the kernel answers. Only right where there is no handshake.
    fn connects_before_accept(&self) -> bool {
        false
    }

    /// A client that reaches `address` and then neither does its part of a handshake nor sends
    /// anything, until the answer is dropped.
    async fn stall(&self, address: &str) -> Box<dyn Any + Send>;
}

/// A fixture that can also speak to the bank byte by byte, for transports made of streams.
#[async_trait]
pub trait StreamFixture: TransportFixture {
    /// A client that connects to `address`, secures the connection as it must, opens a channel,
    /// and is then the bare stream that carries the frames: in both directions, without framing.
    async fn raw(&self, address: &str) -> Box<dyn RawStream>;
}

/// The bare stream below a channel.
pub trait RawStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> RawStream for S {}

/// Makes one `#[test]` of each case. The argument is an expression for a [`TransportFixture`],
/// evaluated once a case inside an async block, so it may `.await`.
#[macro_export]
macro_rules! transport_conformance {
    ($fixture:expr) => {
        $crate::conformance_tests! { transport, $fixture;
            frames: frames_arrive_whole_and_in_order;
            frames: requests_and_answers_alternate;
            frames: largest_and_empty_frames_arrive;
            frames: every_byte_but_the_line_feed_arrives;
            frames: oversize_frame_is_refused_and_harms_nothing;
            frames: line_feed_is_refused_and_harms_nothing;
            frames: cancelled_receive_loses_nothing;
            flow: send_waits_while_the_peer_does_not_read;
            flow: dropped_send_is_the_last_one;
            flow: stalled_channel_holds_up_no_other;
            flow: waiting_send_ends_with_the_peer;
            closing: close_delivers_then_ends;
            closing: close_of_the_server_delivers_then_ends;
            closing: close_delivers_to_a_late_reader;
            closing: close_delivers_despite_unread_input;
            closing: close_is_bounded_and_final;
            closing: dropped_channel_ends_the_peer;
            closing: dropped_connection_ends_the_peer;
            closing: closed_connection_ends_both_sides;
            connecting: refused_where_nobody_listens;
            connecting: malformed_address_is_reported;
            connecting: connect_is_bounded;
            connecting: dropped_connect_gives_up;
            connecting: peers_are_reported;
            connecting: idle_channel_outlives_the_handshake_limit;
            connecting: channels_are_as_many_as_set;
            listening: stalled_handshakes_hold_up_nobody;
            listening: stalled_handshake_ends_in_time;
            listening: accept_is_cancel_safe;
            listening: early_clients_are_served_in_order;
            listening: refused_client_learns_of_it;
            listening: address_in_use_is_refused;
            listening: close_frees_the_address_and_spares_the_accepted;
            many: hundred_channels_at_once;
            many: crowd_of_connections_is_served;
        }
    };
}

/// Makes one `#[test]` of each further case for transports made of streams, for a [`StreamFixture`].
#[macro_export]
macro_rules! stream_conformance {
    ($fixture:expr) => {
        $crate::conformance_tests! { transport, $fixture;
            raw: frames_may_share_or_split_packets;
            raw: oversize_frame_from_the_peer_ends_receiving_only;
            raw: end_within_a_frame_is_a_loss;
            raw: half_a_frame_holds_up_nobody;
        }
    };
}

#[cfg(test)]
mod tests;
