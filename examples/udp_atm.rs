//! A gateway for old terminals: embeds the bank and speaks a classroom protocol over UDP.
//!
//! ```sh
//! cargo run --example udp_atm                                    # plays a scene and ends
//! cargo run --example udp_atm -- samples/users.tsv 127.0.0.1:7880  # serves terminals
//! ```
//!
//! A datagram is a JSON object of one pair; amounts are whole units.
//!
//! | datagram | means | answer |
//! |---|---|---|
//! | `{"NAME": "PASSWORD"}` | log in, always first | `1` or `No Access` |
//! | `{"1": 0}` | balance | `Current Balance: N` |
//! | `{"2": "AMOUNT"}` | deposit | `CurrentBalance: N` |
//! | `{"3": "AMOUNT"}` | withdraw | `CurrentBalance: N`, or `Refused: …` |
//! | `{"4": 0}` | end | none |
//!
//! The session belongs to the sender's address. The protocol has no transaction ids and UDP repeats
//! nothing, so a terminal that got no answer to a deposit can't know whether it was made, nor ask
//! again safely: the reason to leave it for `bank_engine::client`. Names and passwords travel in
//! clear, so the gateway keeps to loopback.

use std::collections::HashMap;
use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use bank_engine::bank::{Bank, Deposit, Session, Withdrawal};
use bank_engine::ledger::{Decline, TransactionId};
use bank_engine::money::Amount;
use serde_json::{Map, Value};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Terminals at once; further ones get `No Access`.
const TERMINALS_MAX: usize = 1024;

/// Datagrams of one terminal that wait for their turn; further ones are dropped, as UDP does.
const WAITING_MAX: usize = 8;

/// The longest datagram that can make sense.
const DATAGRAM_BYTES_MAX: usize = 512;

/// How long to wait after a failed receive, so that a broken socket keeps no core busy.
const RECEIVE_PAUSE: Duration = Duration::from_millis(20);

/// One pair of the old protocol.
type Pair = (String, Value);

/// Serves the terminals that send to `socket`, for ever.
async fn serve(bank: Bank, socket: Arc<UdpSocket>) {
    let mut terminals: HashMap<SocketAddr, mpsc::Sender<Option<Pair>>> = HashMap::new();
    let mut datagram = [0; DATAGRAM_BYTES_MAX + 1]; // a byte more, to report what is too long
    loop {
        let Ok((length, address)) = socket.recv_from(&mut datagram).await else {
            tokio::time::sleep(RECEIVE_PAUSE).await;
            continue;
        };
        let pair = datagram.get(..length).and_then(read);
        if let Some(mailbox) = terminals.get(&address).filter(|mailbox| !mailbox.is_closed()) {
            let _ = mailbox.try_send(pair);
            continue;
        }
        terminals.retain(|_, mailbox| !mailbox.is_closed());
        if pair.is_none() || terminals.len() >= TERMINALS_MAX {
            let _ = socket.try_send_to(b"No Access", address);
            continue;
        }
        // A task for each terminal: a terminal that waits for a slow check of a password waits alone.
        let (mailbox, letters) = mpsc::channel(WAITING_MAX);
        let _ = mailbox.try_send(pair);
        terminals.insert(address, mailbox);
        let terminal = Terminal { bank: bank.clone(), session: None };
        tokio::spawn(terminal.run(letters, Arc::clone(&socket), address));
    }
}

/// The one pair that a datagram may hold.
fn read(datagram: &[u8]) -> Option<Pair> {
    if datagram.len() > DATAGRAM_BYTES_MAX {
        return None;
    }
    let pairs: Map<String, Value> = serde_json::from_slice(datagram).ok()?;
    let only = pairs.len() == 1;
    pairs.into_iter().next().filter(|_| only)
}

/// A terminal, known by its address, and the session that it may have.
struct Terminal {
    bank: Bank,
    session: Option<Session>,
}

impl Terminal {
    async fn run(
        mut self,
        mut letters: mpsc::Receiver<Option<Pair>>,
        socket: Arc<UdpSocket>,
        address: SocketAddr,
    ) {
        while let Some(pair) = self.next(&mut letters).await {
            if let Some(answer) = self.answer(pair).await {
                let _ = socket.send_to(answer.as_bytes(), address).await;
            }
        }
    }

    /// The next datagram; none after idling for too long, or at once where nobody is logged in.
    async fn next(&self, letters: &mut mpsc::Receiver<Option<Pair>>) -> Option<Option<Pair>> {
        if self.session.is_none() {
            return letters.try_recv().ok();
        }
        timeout(self.bank.policy().session_idle_max, letters.recv()).await.ok().flatten()
    }

    async fn answer(&mut self, pair: Option<Pair>) -> Option<String> {
        let Some(session) = &self.session else {
            return Some(self.log_in(pair).await);
        };
        let Some((command, value)) = pair else {
            return Some("Not Understood".to_owned());
        };
        let id = TransactionId::generate();
        let done = match (command.as_str(), units(&value)) {
            ("1", _) => session.balance().await.map(|it| format!("Current Balance: {}", whole(it.balance))),
            ("2", Some(amount)) => session.deposit(Deposit::new(id, amount)).await.map(standing),
            ("3", Some(amount)) => session.withdraw(Withdrawal::new(id, amount)).await.map(standing),
            ("2" | "3", None) => Err(Decline::BadAmount.into()),
            ("4", _) => {
                self.session = None; // dropped, it frees the account
                return None;
            }
            _ => Ok("Not Understood".to_owned()),
        };
        match done {
            Ok(answer) => Some(answer),
            Err(bank_engine::error::Error::Declined(Decline::SessionExpired)) => {
                self.session = None;
                Some("No Access".to_owned())
            }
            Err(bank_engine::error::Error::Declined(Decline::InsufficientFunds { available })) => {
                Some(format!("Refused: not enough money; {} is available", whole(available)))
            }
            Err(refusal) => Some(format!("Refused: {refusal}")),
        }
    }

    async fn log_in(&mut self, pair: Option<Pair>) -> String {
        if let Some((name, Value::String(password))) = pair {
            self.session = self.bank.login(&name, password).await.ok();
        }
        if self.session.is_some() { "1".to_owned() } else { "No Access".to_owned() }
    }
}

fn standing(receipt: bank_engine::ledger::Receipt) -> String {
    format!("CurrentBalance: {}", whole(receipt.balance))
}

/// Whole units, as text or, as some terminals send them, as a number.
fn units(value: &Value) -> Option<Amount> {
    let units = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())?;
    Amount::new(units, 0)
}

/// Without its decimals where they are zero; never rounded.
fn whole(amount: Amount) -> String {
    let text = amount.to_string();
    text.strip_suffix(".00").unwrap_or(&text).to_owned()
}

/// A bank with the accounts of `users`: name, password and whole units, with tabs between.
async fn bank(users: &str) -> Result<Bank, Box<dyn Error>> {
    let mut bank = Bank::builder();
    for (line, number) in users.lines().zip(1..) {
        let mut fields = line.split('\t');
        let (Some(name), Some(password), Some(balance), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(
                format!("line {number}: write it as name, password, balance with tabs between").into()
            );
        };
        bank = bank.account(name, password, balance);
    }
    Ok(bank.build().await?)
}

// One thread is enough: the bank checks passwords on others.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.as_slice() {
        [] => scene::play().await,
        [users, address] => gateway(users, address).await,
        _ => Err("give a file of users and an address to listen at, or nothing".into()),
    };
    let Err(error) = done else { return ExitCode::SUCCESS };
    eprintln!("udp_atm: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}

async fn gateway(users: &str, address: &str) -> Result<(), Box<dyn Error>> {
    let users = std::fs::read_to_string(users).map_err(|error| format!("cannot read {users}: {error}"))?;
    let address: SocketAddr = address.parse().map_err(|_| "write the address like 127.0.0.1:7880")?;
    if !address.ip().is_loopback() {
        return Err("passwords travel in clear; listen at a loopback address".into());
    }
    let socket = UdpSocket::bind(address).await?;
    let bank = bank(&users).await?;
    println!("listening at {}", socket.local_addr()?);
    serve(bank, Arc::new(socket)).await;
    Ok(())
}

mod scene {
    use super::*;

    const USERS: &str = "ivo\twinter-lane7\t250\nmarta\t4826\t1300";

    /// Two old terminals at one gateway.
    pub(super) async fn play() -> Result<(), Box<dyn Error>> {
        let gateway = Arc::new(UdpSocket::bind("127.0.0.1:0").await?);
        let address = gateway.local_addr()?;
        let serving = tokio::spawn(serve(bank(USERS).await?, gateway));
        let (first, second) = (Player::new("first", address).await?, Player::new("second", address).await?);

        first.says(r#"{"ivo": "wrong-lane7"}"#, "No Access").await?;
        first.says(r#"{"ivo": "winter-lane7"}"#, "1").await?;
        first.says(r#"{"1": 0}"#, "Current Balance: 250").await?;
        second.says(r#"{"ivo": "winter-lane7"}"#, "No Access").await?; // in use at the first one
        second.says(r#"{"marta": "4826"}"#, "1").await?;
        first.says(r#"{"2": "50"}"#, "CurrentBalance: 300").await?;
        second.says(r#"{"3": "1000"}"#, "CurrentBalance: 300").await?;
        first.says(r#"{"3": "301"}"#, "Refused: not enough money; 300 is available").await?;
        first.says("rubbish", "Not Understood").await?;
        first.says(r#"{"1": 0}"#, "Current Balance: 300").await?;
        first.ends().await?;
        second.ends().await?;
        second.says(r#"{"ivo": "winter-lane7"}"#, "1").await?;
        second.says(r#"{"1": 0}"#, "Current Balance: 300").await?;
        serving.abort();
        Ok(())
    }

    struct Player {
        name: &'static str,
        socket: UdpSocket,
    }

    impl Player {
        async fn new(name: &'static str, gateway: SocketAddr) -> Result<Player, Box<dyn Error>> {
            let socket = UdpSocket::bind("127.0.0.1:0").await?;
            socket.connect(gateway).await?;
            Ok(Player { name, socket })
        }

        async fn says(&self, datagram: &str, expected: &str) -> Result<(), Box<dyn Error>> {
            self.socket.send(datagram.as_bytes()).await?;
            let mut answer = [0; 1024];
            let length = timeout(Duration::from_secs(10), self.socket.recv(&mut answer)).await??;
            let answer = String::from_utf8_lossy(answer.get(..length).unwrap_or_default());
            println!("{:6}  {datagram:26}  {answer}", self.name);
            if answer == expected { Ok(()) } else { Err(format!("{expected:?} was to come").into()) }
        }

        async fn ends(&self) -> Result<(), Box<dyn Error>> {
            let datagram = r#"{"4": 0}"#;
            println!("{:6}  {datagram}", self.name);
            Ok(self.socket.send(datagram.as_bytes()).await.map(drop)?)
        }
    }
}
