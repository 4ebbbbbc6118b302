//! The smallest service over any transport: shouts back every text that it hears, ten texts a
//! connection, many clients at once.
//!
//! Over plain `tcp://` it serves clients of before there were frames, too, which send a text without a
//! line end and wait for the answer. It shouts back what arrived, line end or not, and nothing that did
//! not: each line by itself, and what has no line end once nothing has followed it for a twentieth of a
//! second. On the other transports a text is a frame, and a frame is a whole line.
//!
//! ```sh
//! cargo run --example shout                           # with clients of its own
//! cargo run --example shout -- tcp://127.0.0.1:7881   # then: nc 127.0.0.1 7881
//! cargo run --example shout -- quic://127.0.0.1:7881
//! ```

use std::error::Error;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use bank_engine::endpoint::{Endpoint, PlainTcp};
use bank_engine::transport::{Channel, Incoming, Listener, Transport, TransportError};
use bank_engine::{Identity, Trust};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Clients at once; further ones are turned away.
const CLIENTS_MAX: usize = 1000;

/// Lines that a connection may say.
const LINES_MAX: usize = 10;

/// How long a client may take to say a line and to hear it back.
const LINE_TIME_MAX: Duration = Duration::from_secs(60);

/// How long to wait after a failed accept, so that a machine out of descriptors is not kept busy.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// The longest text that is waited for, in bytes.
const TEXT_BYTES_MAX: usize = 64 * 1024;

/// How long nothing may follow before a text without a line end is taken for whole.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves plain TCP until the program ends.
async fn serve_plain(listener: TcpListener) {
    let places = Arc::new(Semaphore::new(CLIENTS_MAX));
    loop {
        let Ok((client, _)) = listener.accept().await else {
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        // A client too many is dropped, which closes its connection.
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        tokio::spawn(async move {
            let _ = converse_plainly(client).await;
            drop(place);
        });
    }
}

async fn converse_plainly(mut client: TcpStream) -> io::Result<()> {
    let mut heard = Vec::new();
    for _ in 0..LINES_MAX {
        let Ok(text) = timeout(LINE_TIME_MAX, text(&mut client, &mut heard)).await else { break };
        let text = text?;
        if text.is_empty() {
            break;
        }
        let shouted = String::from_utf8_lossy(&text).to_uppercase();
        match timeout(LINE_TIME_MAX, client.write_all(shouted.as_bytes())).await {
            Ok(written) => written?,
            Err(_) => break,
        }
    }
    client.shutdown().await?;
    // What is still on its way is taken in, so that the last answer is not lost to a reset.
    while client.read_buf(&mut heard).await? > 0 {
        heard.clear();
    }
    Ok(())
}

/// The next text: up to a line end, or up to a pause or the end of the connection. What came after it
/// stays in `heard`. Empty where no more will come.
async fn text(client: &mut TcpStream, heard: &mut Vec<u8>) -> io::Result<Vec<u8>> {
    loop {
        if let Some(end) = heard.iter().position(|byte| *byte == b'\n') {
            return Ok(heard.drain(..=end).collect());
        }
        let came = match heard.is_empty() {
            true => client.read_buf(heard).await?,
            // Something is there: either more follows soon, or it was all.
            false => timeout(PAUSE, client.read_buf(heard)).await.unwrap_or(Ok(0))?,
        };
        if came == 0 || heard.len() > TEXT_BYTES_MAX {
            return Ok(std::mem::take(heard));
        }
    }
}

/// Serves until the listener is closed.
async fn serve(mut listener: Box<dyn Listener>) {
    let places = Arc::new(Semaphore::new(CLIENTS_MAX));
    loop {
        let client = match listener.accept().await {
            Ok(client) => client,
            Err(TransportError::Closed) => return,
            Err(_) => {
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            client.refuse();
            continue;
        };
        tokio::spawn(async move {
            let _ = converse(client).await; // a client that breaks off is its own trouble
            drop(place);
        });
    }
}

async fn converse(client: Box<dyn Incoming>) -> Result<(), TransportError> {
    let connection = client.accept().await?;
    if let Ok(Some(mut channel)) = timeout(LINE_TIME_MAX, connection.accept()).await {
        for _ in 0..LINES_MAX {
            if !matches!(timeout(LINE_TIME_MAX, shout(&mut *channel)).await, Ok(Ok(true))) {
                break;
            }
        }
        channel.close().await;
    }
    connection.close().await;
    Ok(())
}

/// Shouts one line; `false` where no more will come.
async fn shout(channel: &mut dyn Channel) -> Result<bool, TransportError> {
    let Some(line) = channel.receive().await? else { return Ok(false) };
    channel.send(String::from_utf8_lossy(&line).to_uppercase().as_bytes()).await?;
    Ok(true)
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("shout: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let identity = Identity::load_or_create(folder.path(), &[])?;
    if let Some(url) = std::env::args().nth(1) {
        let endpoint: Endpoint = url.parse()?;
        if !endpoint.needs_identity(PlainTcp::LoopbackOnly) {
            let listener = TcpListener::bind(&endpoint.address).await?;
            println!("listening at {}://{}", endpoint.scheme, listener.local_addr()?);
            serve_plain(listener).await;
        }
        let listener = endpoint.listener(Some(&identity), PlainTcp::LoopbackOnly).await?;
        println!("listening at {}://{}", endpoint.scheme, listener.address());
        serve(listener).await;
        return Ok(());
    }
    for url in ["tcp://127.0.0.1:0", "tls://127.0.0.1:0", "quic://127.0.0.1:0"] {
        let mut endpoint: Endpoint = url.parse()?;
        let listener = endpoint.listener(Some(&identity), PlainTcp::LoopbackOnly).await?;
        endpoint.address = listener.address();
        let server = tokio::spawn(serve(listener));
        let transport = endpoint.dialer(&Trust::pinned(identity.fingerprint()), PlainTcp::LoopbackOnly);
        clients(&endpoint, transport.into()).await?;
        server.abort();
    }
    Ok(())
}

/// Twenty clients at once; each talks until it hears no more.
async fn clients(endpoint: &Endpoint, transport: Arc<dyn Transport>) -> Result<(), Box<dyn Error>> {
    let mut clients = JoinSet::new();
    for number in 1..=20 {
        let (transport, address) = (Arc::clone(&transport), endpoint.address.clone());
        clients.spawn(async move {
            let connection = transport.connect(&address).await?;
            let mut channel = connection.open().await?;
            let mut heard = Vec::new();
            loop {
                // The line after the tenth finds the door closed.
                let said = format!("grüße from client {number}, line {}", heard.len() + 1);
                let _ = channel.send(said.as_bytes()).await;
                let Ok(Some(answer)) = channel.receive().await else {
                    return Ok::<_, TransportError>(heard);
                };
                heard.push((said, String::from_utf8_lossy(&answer).into_owned()));
            }
        });
    }
    let mut last = None;
    while let Some(client) = clients.join_next().await {
        let heard = client??;
        let all_loud = heard.iter().all(|(said, answer)| *answer == said.to_uppercase());
        if heard.len() != LINES_MAX || !all_loud {
            return Err(format!("a client at {endpoint} heard {heard:?}").into());
        }
        last = heard.into_iter().last();
    }
    let (said, answer) = last.ok_or("there were no clients")?;
    println!("{endpoint}: 20 clients heard {LINES_MAX} lines each and then the end, such as");
    println!("  {said}\n  {answer}");
    Ok(())
}
