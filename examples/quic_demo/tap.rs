//! Somebody on the line: passes everything on, and takes notes.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;

/// Clients that a tap serves; it is deaf to further ones.
const CLIENTS_MAX: usize = 16;

/// What a tap keeps, in bytes; it passes on the rest unread.
const KEPT_BYTES_MAX: usize = 1 << 20;

/// What is read at a time; no UDP datagram is larger.
const READ_BYTES_MAX: usize = 1 << 16;

/// Bytes on a line of an excerpt, and its lines.
const EXCERPT: (usize, usize) = (16, 6);

/// A relay on loopback that keeps what passes. It ends when dropped.
pub(crate) struct Tap {
    address: String,
    notes: Notes,
    _relay: JoinSet<io::Result<()>>,
}

impl Tap {
    /// Between TCP clients and a server.
    pub(crate) async fn on_tcp(server: &str) -> io::Result<Tap> {
        let (front, server) = (TcpListener::bind("127.0.0.1:0").await?, server.to_owned());
        Ok(Tap::spawn(front.local_addr()?, |notes| relay_tcp(front, server, notes)))
    }

    /// Between UDP clients and a server. Each client address gets one towards the server, so the
    /// server sees as many as there are.
    pub(crate) async fn on_udp(server: &str) -> io::Result<Tap> {
        let (front, server) = (UdpSocket::bind("127.0.0.1:0").await?, server.to_owned());
        Ok(Tap::spawn(front.local_addr()?, |notes| relay_udp(front, server, notes)))
    }

    fn spawn<F>(address: SocketAddr, relay: impl FnOnce(Notes) -> F) -> Tap
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let (notes, mut tasks) = (Notes::default(), JoinSet::new());
        tasks.spawn(relay(notes.clone()));
        Tap { address: address.to_string(), notes, _relay: tasks }
    }

    /// Where clients connect.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The addresses that clients spoke from, in order of appearance.
    pub(crate) fn clients(&self) -> Vec<String> {
        self.notes.kept().clients.iter().map(SocketAddr::to_string).collect()
    }

    /// How much was kept.
    pub(crate) fn bytes(&self) -> usize {
        self.notes.kept().bytes.len()
    }

    /// The place of `text` in the recorded bytes.
    pub(crate) fn find(&self, text: &str) -> Option<usize> {
        self.notes.kept().bytes.windows(text.len()).position(|window| window == text.as_bytes())
    }

    /// Some lines of what was kept, in hexadecimal and as text.
    pub(crate) fn excerpt(&self, start: usize) -> String {
        let (width, lines) = EXCERPT;
        let mut text = String::new();
        for line in self.notes.kept().bytes.get(start..).unwrap_or_default().chunks(width).take(lines) {
            let hex: String = line.iter().map(|byte| format!("{byte:02x} ")).collect();
            let printable = |byte: &u8| if (b' '..=b'~').contains(byte) { char::from(*byte) } else { '.' };
            let plain: String = line.iter().map(printable).collect();
            text.push_str(&format!("     {hex:width$} {plain}\n", width = 3 * width));
        }
        text
    }
}

/// What a tap keeps.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    clients: Vec<SocketAddr>,
}

impl Notes {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, bytes: &[u8]) {
        let mut kept = self.kept();
        let room = KEPT_BYTES_MAX.saturating_sub(kept.bytes.len());
        kept.bytes.extend(bytes.iter().take(room));
    }
}

async fn relay_tcp(front: TcpListener, server: String, notes: Notes) -> io::Result<()> {
    let mut pipes = JoinSet::new();
    for _ in 0..CLIENTS_MAX {
        let (client, address) = front.accept().await?;
        notes.kept().clients.push(address);
        let (client_in, client_out) = client.into_split();
        let (server_in, server_out) = TcpStream::connect(&server).await?.into_split();
        pipes.spawn(pipe(client_in, server_out, notes.clone()));
        pipes.spawn(pipe(server_in, client_out, notes.clone()));
    }
    while pipes.join_next().await.is_some() {}
    Ok(())
}

async fn pipe(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    notes: Notes,
) -> io::Result<()> {
    let mut bytes = vec![0; READ_BYTES_MAX];
    loop {
        let length = from.read(&mut bytes).await?;
        let read = bytes.get(..length).unwrap_or_default();
        if read.is_empty() {
            return to.shutdown().await;
        }
        notes.keep(read);
        to.write_all(read).await?;
    }
}

async fn relay_udp(front: UdpSocket, server: String, notes: Notes) -> io::Result<()> {
    let front = Arc::new(front);
    let mut backs: HashMap<SocketAddr, Arc<UdpSocket>> = HashMap::new();
    let mut ways_back = JoinSet::new();
    let mut datagram = vec![0; READ_BYTES_MAX];
    loop {
        let (length, client) = front.recv_from(&mut datagram).await?;
        let datagram = datagram.get(..length).unwrap_or_default();
        if !backs.contains_key(&client) && backs.len() < CLIENTS_MAX {
            notes.kept().clients.push(client);
            let back = Arc::new(UdpSocket::bind("127.0.0.1:0").await?);
            back.connect(&server).await?;
            ways_back.spawn(pass_back(Arc::clone(&back), Arc::clone(&front), client, notes.clone()));
            backs.insert(client, back);
        }
        if let Some(back) = backs.get(&client) {
            notes.keep(datagram);
            let _ = back.send(datagram).await; // datagrams may be lost
        }
    }
}

async fn pass_back(
    back: Arc<UdpSocket>,
    front: Arc<UdpSocket>,
    client: SocketAddr,
    notes: Notes,
) -> io::Result<()> {
    let mut datagram = vec![0; READ_BYTES_MAX];
    loop {
        let length = back.recv(&mut datagram).await?;
        let datagram = datagram.get(..length).unwrap_or_default();
        notes.keep(datagram);
        let _ = front.send_to(datagram, client).await;
    }
}
