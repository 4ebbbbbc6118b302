//! A relay of datagrams that can fall silent: what a pulled plug looks like on QUIC.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// Carries datagrams between one client and a server.
pub struct Relay {
    pub address: String,
    /// How many datagrams still pass.
    left: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Relay {
    /// Lets `datagrams` pass to `server` or back, and no more.
    pub async fn to(server: &str, datagrams: usize) -> Relay {
        let front = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let back = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        back.connect(server).await.unwrap();
        let address = front.local_addr().unwrap().to_string();
        let left = Arc::new(AtomicUsize::new(datagrams));
        let task = tokio::spawn(carry(front, back, Arc::clone(&left)));
        Relay { address, left, task }
    }

    /// Lets nothing pass any more, and informs nobody.
    pub fn fall_silent(&self) {
        self.left.store(0, Ordering::SeqCst);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(front: UdpSocket, back: UdpSocket, left: Arc<AtomicUsize>) {
    let (mut there, mut here) = ([0; 2048], [0; 2048]);
    let mut client = None;
    loop {
        let (to_server, received) = tokio::select! {
            received = front.recv_from(&mut there) => {
                let Ok((length, from)) = received else { continue };
                client = Some(from);
                (true, length)
            }
            received = back.recv(&mut here) => {
                let Ok(length) = received else { continue };
                (false, length)
            }
        };
        if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err() {
            continue;
        }
        // A datagram that does not arrive is lost, as datagrams are.
        let _ = match client {
            _ if to_server => back.send(&there[..received]).await,
            Some(client) => front.send_to(&here[..received], client).await,
            None => Ok(0),
        };
    }
}
