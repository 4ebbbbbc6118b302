//! The options of a TCP stream, and the errors of its handshakes.

use std::io;
use std::time::Duration;

use bank_engine_core::transport::TransportError;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio_rustls::rustls;

/// A silent peer is asked for a sign of life after this long, and this often.
pub(crate) const KEEP_ALIVE_IDLE: Duration = Duration::from_secs(10);

pub(crate) const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(5);

/// So many unanswered ones mean that the line is cut.
pub(crate) const KEEP_ALIVE_PROBES: u32 = 3;

/// What was sent and is not acknowledged this long means the same: while something is under way
/// the kernel sends no keep-alive, and would try again for a quarter of an hour. It cuts off a
/// living peer that reads nothing this long, too.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) const UNACKNOWLEDGED_TIME_MAX: Duration = Duration::from_secs(30);

/// Sends small frames at once, and notices a cut line.
pub(crate) fn prepare(stream: &TcpStream) -> Result<(), TransportError> {
    let keep_alive = TcpKeepalive::new()
        .with_time(KEEP_ALIVE_IDLE)
        .with_interval(KEEP_ALIVE_INTERVAL)
        .with_retries(KEEP_ALIVE_PROBES);
    let prepare = || {
        stream.set_nodelay(true)?;
        #[cfg(any(target_os = "linux", target_os = "android"))]
        SockRef::from(stream).set_tcp_user_timeout(Some(UNACKNOWLEDGED_TIME_MAX))?;
        SockRef::from(stream).set_tcp_keepalive(&keep_alive)
    };
    prepare().map_err(|error| TransportError::Lost(Some(error)))
}

pub(crate) fn speaks_bank(negotiated: Option<&[u8]>) -> bool {
    negotiated == Some(bank_engine_core::protocol::ALPN.as_bytes())
}

/// A failed handshake: bad TLS, or a lost line.
pub(crate) fn no_handshake(error: io::Error) -> TransportError {
    let is_tls = error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>());
    if is_tls {
        let reason =
            format!("no secure connection came about ({error}); check that the server speaks TLS here");
        TransportError::Untrusted { reason }
    } else {
        TransportError::Lost(Some(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sockets_are_prompt_and_notice_a_cut_line() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        prepare(&stream).unwrap();
        let socket = SockRef::from(&stream);
        assert!(socket.tcp_nodelay().unwrap());
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), KEEP_ALIVE_IDLE);
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), KEEP_ALIVE_INTERVAL);
        assert_eq!(socket.tcp_keepalive_retries().unwrap(), KEEP_ALIVE_PROBES);
        #[cfg(any(target_os = "linux", target_os = "android"))]
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(UNACKNOWLEDGED_TIME_MAX));
    }
}
