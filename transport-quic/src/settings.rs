//! Every setting of QUIC that bounds or reports something, on purpose: the library's
//! defaults are open-handed. Loss recovery, congestion control (CUBIC) and path MTU discovery are
//! left as the library has them.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use bank_engine_core::transport::HANDSHAKE_TIME_MAX;
use quinn::crypto::rustls::QuicServerConfig;
use quinn::{EndpointConfig, IdleTimeout, ServerConfig, TransportConfig, ValidationTokenConfig, VarInt};
use socket2::{Domain, Socket, Type};

/// Bytes of one channel that may be under way unread: a few of the longest frames.
const CHANNEL_WINDOW_BYTES: u32 = 256 * 1024;

/// Bytes of all channels of a connection that may be under way unread, each way.
const CONNECTION_WINDOW_BYTES: u32 = 16 * 1024 * 1024;

/// Clients that wait to be accepted, and what they may send meanwhile, each and in all.
const INCOMING_MAX: usize = 1024;
const INCOMING_BYTES_MAX: u64 = 64 * 1024;
const INCOMING_BYTES_IN_ALL_MAX: u64 = 16 * 1024 * 1024;

/// A client shows a sign of life at least this often, for the server and for routers that forget
/// silent flows; and so many times within its own idle limit.
const KEEP_ALIVE_INTERVAL_MAX: Duration = Duration::from_secs(3);
const KEEP_ALIVES_A_LIMIT: u32 = 3;

/// QUIC version 1 (RFC 9000); the library would take the drafts before it, too.
const QUIC_VERSIONS: [u32; 1] = [1];

/// Asked of the kernel for each socket: bursts of many channels must fit. It may give less.
const SOCKET_BUFFER_BYTES: usize = 4 * 1024 * 1024;

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) handshake_time_max: Duration,
    pub(crate) idle_time_max: Duration,
    pub(crate) channels_max: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            handshake_time_max: HANDSHAKE_TIME_MAX,
            idle_time_max: Duration::from_secs(10),
            channels_max: 1024,
        }
    }
}

impl Settings {
    /// A client opens channels and accepts none; it shows signs of life.
    pub(crate) fn client(&self) -> TransportConfig {
        let mut config = self.common();
        config.max_concurrent_bidi_streams(VarInt::from_u32(0));
        let interval = (self.idle_time_max / KEEP_ALIVES_A_LIMIT).min(KEEP_ALIVE_INTERVAL_MAX);
        config.keep_alive_interval(Some(interval));
        config
    }

    /// A server accepts channels, and clients that change their address.
    pub(crate) fn server(&self, crypto: Arc<QuicServerConfig>) -> ServerConfig {
        let mut transport = self.common();
        transport.max_concurrent_bidi_streams(VarInt::from_u32(places(self.channels_max)));
        let mut config = ServerConfig::with_crypto(crypto);
        config.transport_config(Arc::new(transport));
        config.migration(true);
        // No tokens of one connection for the next: they would let observers link a client's visits.
        config.validation_token_config(no_tokens());
        config.max_incoming(INCOMING_MAX);
        config.incoming_buffer_size(INCOMING_BYTES_MAX);
        config.incoming_buffer_size_total(INCOMING_BYTES_IN_ALL_MAX);
        config
    }

    fn common(&self) -> TransportConfig {
        let mut config = TransportConfig::default();
        let idle_ms = u32::try_from(self.idle_time_max.as_millis()).unwrap_or(u32::MAX);
        config.max_idle_timeout(Some(IdleTimeout::from(VarInt::from_u32(idle_ms))));
        config.max_concurrent_uni_streams(VarInt::from_u32(0));
        config.stream_receive_window(VarInt::from_u32(CHANNEL_WINDOW_BYTES));
        config.receive_window(VarInt::from_u32(CONNECTION_WINDOW_BYTES));
        config.send_window(u64::from(CONNECTION_WINDOW_BYTES));
        config.datagram_receive_buffer_size(None);
        config.datagram_send_buffer_size(0);
        // The spin bit would show the round-trip time to observers (RFC 9312).
        config.allow_spin(false);
        config
    }
}

/// How many streams to grant so that `channels` can always be open: the library informs the peer of
/// freed places only when more than an eighth of them are, so up to an eighth lies fallow.
fn places(channels: u32) -> u32 {
    channels.saturating_add(channels / 7).saturating_add(1)
}

pub(crate) fn endpoint() -> EndpointConfig {
    let mut config = EndpointConfig::default();
    config.supported_versions(QUIC_VERSIONS.to_vec());
    config
}

fn no_tokens() -> ValidationTokenConfig {
    let mut config = ValidationTokenConfig::default();
    config.sent(0);
    config
}

/// A UDP socket with large buffers.
pub(crate) fn udp_socket(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, None)?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    // Best effort: an unprivileged process gets what net.core.rmem_max and wmem_max allow.
    let _ = socket.set_recv_buffer_size(SOCKET_BUFFER_BYTES);
    let _ = socket.set_send_buffer_size(SOCKET_BUFFER_BYTES);
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_place_for_every_channel_while_an_eighth_lies_fallow() {
        for channels in (1..3_000).chain([u32::MAX / 2, u32::MAX]) {
            let granted = places(channels);
            assert!(granted - granted / 8 >= channels || granted == u32::MAX, "{channels}");
            assert!(granted <= channels.saturating_add(channels / 7 + 1), "{channels}");
        }
    }
}
