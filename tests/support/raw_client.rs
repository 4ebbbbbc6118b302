//! Terminals below the framing: they send bytes, and end in different ways.

use std::io;
use std::net::{Ipv4Addr, TcpStream as StdTcpStream};
use std::sync::Arc;
use std::time::Duration;

use bank_engine::transport::{Channel, Connection};
use bank_engine_core::testing::transport::RawStream;
use quinn::crypto::rustls::QuicClientConfig;
use socket2::SockRef;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::{Served, Wire, within};

/// How long a write must make no progress before the other side counts as not reading.
const STUCK: Duration = Duration::from_millis(300);

/// How often a terminal that does nothing shows that it is there, where the wire asks for that.
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);

/// Requests that clog a line are this long, so that few of them fill every buffer on the way.
const CLOGGING_BYTES: usize = 30_000;

/// A terminal's receive buffer, small for the same reason.
const RECEIVE_BYTES: u32 = 16 * 1024;

/// How a terminal goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// Its process ends: the system closes what it had open.
    Dropped,
    /// Its host resets the connection (RST on TCP).
    Reset,
}

/// A channel without manners. In memory there are no bytes, and whole lines go as frames.
pub struct Rough {
    line: Line,
    /// Keeps a hand on the socket, to choose how it ends.
    socket: Option<StdTcpStream>,
}

enum Line {
    Bytes(BufReader<Box<dyn RawStream>>),
    Frames { channel: Box<dyn Channel>, _connection: Box<dyn Connection>, begun: Vec<u8> },
}

impl Served {
    pub async fn rough(&self) -> Rough {
        let (line, socket) = match self.ends.wire {
            Wire::Memory => {
                let connection = self.transport.connect(&self.address).await.unwrap();
                let channel = connection.open().await.unwrap();
                (Line::Frames { channel, _connection: connection, begun: Vec::new() }, None)
            }
            Wire::Tcp => {
                let (stream, socket) = tcp(&self.address).await;
                (bytes(stream), Some(socket))
            }
            Wire::Tls => {
                let (stream, socket) = tcp(&self.address).await;
                let config = bank_engine::expert::tls::expert::attempt(&self.ends.trust(), &self.address)
                    .unwrap()
                    .config();
                let name = ServerName::try_from("127.0.0.1").unwrap();
                let stream = within("handshake", TlsConnector::from(config).connect(name, stream)).await;
                (bytes(stream.unwrap()), Some(socket))
            }
            Wire::Quic => {
                let config = bank_engine::expert::tls::expert::attempt(&self.ends.trust(), &self.address)
                    .unwrap()
                    .config();
                let crypto = QuicClientConfig::try_from(config).unwrap();
                let endpoint = quinn::Endpoint::client((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
                let mut config = quinn::ClientConfig::new(Arc::new(crypto));
                let mut alive = quinn::TransportConfig::default();
                alive.keep_alive_interval(Some(SIGN_OF_LIFE));
                config.transport_config(Arc::new(alive));
                let address = self.address.parse().unwrap();
                let connecting = endpoint.connect_with(config, address, "127.0.0.1").unwrap();
                let connection = within("handshake", connecting).await.unwrap();
                let (sender, receiver) = within("open", connection.open_bi()).await.unwrap();
                (bytes(tokio::io::join(receiver, sender)), None)
            }
        };
        Rough { line, socket }
    }
}

fn bytes(stream: impl RawStream + 'static) -> Line {
    Line::Bytes(BufReader::new(Box::new(stream)))
}

async fn tcp(address: &str) -> (TcpStream, StdTcpStream) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(RECEIVE_BYTES).unwrap();
    let stream = within("connect", socket.connect(address.parse().unwrap())).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let stream = stream.into_std().unwrap();
    let socket = stream.try_clone().unwrap();
    (TcpStream::from_std(stream).unwrap(), socket)
}

impl Rough {
    /// Writes bytes as they are; an error shows that the bank has closed.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        within("write", async {
            match &mut self.line {
                Line::Bytes(stream) => {
                    stream.write_all(bytes).await?;
                    stream.flush().await
                }
                Line::Frames { channel, begun, .. } => {
                    begun.extend_from_slice(bytes);
                    while let Some(end) = begun.iter().position(|byte| *byte == b'\n') {
                        let frame: Vec<u8> = begun.drain(..=end).collect();
                        channel.send(&frame[..end]).await.map_err(io::Error::other)?;
                    }
                    Ok(())
                }
            }
        })
        .await
    }

    /// The next answer without its line feed; `None` once the bank has closed, however it did.
    pub async fn line(&mut self) -> Option<String> {
        within("an answer or the end", async {
            match &mut self.line {
                Line::Bytes(stream) => {
                    let mut line = Vec::new();
                    stream.read_until(b'\n', &mut line).await.ok()?;
                    let line = line.strip_suffix(b"\n")?.to_vec();
                    Some(String::from_utf8(line).unwrap())
                }
                Line::Frames { channel, .. } => {
                    channel.receive().await.ok()?.map(|frame| String::from_utf8(frame).unwrap())
                }
            }
        })
        .await
    }

    /// Sends a line and reads its answer.
    pub async fn ask(&mut self, request: &str) -> String {
        self.write(format!("{request}\n").as_bytes()).await.unwrap();
        self.line().await.unwrap_or_else(|| panic!("closed after {request}"))
    }

    /// Sends `request(1)`, `request(2)` and so on, and reads no answer, until the bank is held up
    /// by that. Answers how many requests were sent, and what of the last one could not be.
    pub async fn clog(&mut self, request: impl Fn(u64) -> String) -> (u64, Vec<u8>) {
        const FRAMES_BEYOND_EVERY_QUEUE: u64 = 100;
        for number in 1..=10_000 {
            let request = format!("{:CLOGGING_BYTES$}\n", request(number)).into_bytes();
            let Line::Bytes(stream) = &mut self.line else {
                self.write(&request).await.unwrap();
                if number == FRAMES_BEYOND_EVERY_QUEUE {
                    tokio::time::sleep(STUCK).await;
                    return (number, Vec::new());
                }
                continue;
            };
            let mut rest = &request[..];
            while !rest.is_empty() {
                match tokio::time::timeout(STUCK, stream.write(rest)).await {
                    Ok(written) => rest = &rest[written.unwrap()..],
                    Err(_) => return (number, rest.to_vec()),
                }
            }
            if let Ok(flushed) = tokio::time::timeout(STUCK, stream.flush()).await {
                flushed.unwrap();
            } else {
                return (number, Vec::new());
            }
        }
        panic!("the bank takes ten thousand requests of a client that reads no answer");
    }

    /// Reads `count` answers while it sends what `clog` could not, and hands them to `check`.
    pub async fn unclog(&mut self, count: u64, rest: &[u8], mut check: impl FnMut(u64, &str)) {
        match &mut self.line {
            Line::Bytes(stream) => {
                let (reader, mut writer) = tokio::io::split(stream);
                let mut lines = BufReader::new(reader).lines();
                let writes = async {
                    writer.write_all(rest).await.unwrap();
                    writer.flush().await.unwrap();
                };
                let reads = async {
                    for number in 1..=count {
                        check(number, &lines.next_line().await.unwrap().expect("an answer"));
                    }
                };
                within("the answers", async { tokio::join!(writes, reads) }).await;
            }
            Line::Frames { .. } => {
                for number in 1..=count {
                    check(number, &self.line().await.expect("an answer"));
                }
            }
        }
    }

    /// Ends without a word.
    pub fn die(self, death: Death) {
        if let (Death::Reset, Some(socket)) = (death, &self.socket) {
            SockRef::from(socket).set_linger(Some(Duration::ZERO)).unwrap();
        }
    }
}
