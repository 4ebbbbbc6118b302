//! A bank served over each transport, for tests.

use std::sync::Arc;
use std::time::Duration;

use bank_engine::account::TerminalId;
use bank_engine::auth::HashCost;
use bank_engine::bank::Bank;
use bank_engine::clock::ManualClock;
use bank_engine::endpoint::{Endpoint, PlainTcp};
use bank_engine::policy::Policy;
use bank_engine::server::{Limits, serve};
use bank_engine::store::MemoryStore;
use bank_engine::time::Timestamp;
use bank_engine::tls::{Identity, Trust};
use bank_engine::transport::{Channel, Connection, Listener, MemoryTransport, Transport};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The transports that every script and every claim is tried on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    Memory,
    Tcp,
    Tls,
    Quic,
}

/// A bank that is being served on loopback, on a clock that stands still.
pub struct Served {
    pub bank: Bank,
    pub clock: Arc<ManualClock>,
    pub address: String,
    pub transport: Box<dyn Transport>,
    stop: CancellationToken,
    server: JoinHandle<()>,
}

/// Hashes at the least cost, so that tests spend their time elsewhere.
pub fn quick_policy() -> Policy {
    Policy { hash_cost: HashCost::LEAST, ..Policy::default() }
}

impl Served {
    pub async fn on(wire: Wire) -> Served {
        Served::at(wire, TerminalId::vault(), Limits::default()).await
    }

    pub async fn at(wire: Wire, terminal: TerminalId, limits: Limits) -> Served {
        let clock = Arc::new(ManualClock::at(Timestamp::from_unix_ms(1_769_860_800_000)));
        let store = MemoryStore::with_clock(quick_policy(), Arc::clone(&clock) as Arc<_>);
        let bank = Bank::on(Arc::new(store)).at(terminal);
        let (listener, transport) = listener(wire).await;
        let address = listener.address();
        let stop = CancellationToken::new();
        let server = tokio::spawn(serve(bank.clone(), vec![listener], limits, stop.clone()));
        Served { bank, clock, address, transport, stop, server }
    }

    pub async fn open(&self, account: &str, secret: &str, balance: &str, currency: &str) {
        let secret = self.bank.hash(secret.into()).await.unwrap();
        let (account, currency) = (account.parse().unwrap(), currency.parse().unwrap());
        self.bank.open_account(account, currency, secret, balance.parse().unwrap()).await.unwrap();
    }

    pub async fn connect(&self) -> Line {
        let connection = self.transport.connect(&self.address).await.unwrap();
        let channel = connection.open().await.unwrap();
        Line { channel, connection }
    }

    /// Stops the server and returns when it has.
    pub async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(Duration::from_secs(30), self.server).await.unwrap().unwrap();
    }
}

/// A channel with the connection that carries it.
pub struct Line {
    pub channel: Box<dyn Channel>,
    pub connection: Box<dyn Connection>,
}

impl Line {
    /// Sends a frame and waits for the answer.
    pub async fn ask(&mut self, frame: &str) -> String {
        self.channel.send(frame.as_bytes()).await.unwrap();
        let answer = tokio::time::timeout(Duration::from_secs(30), self.channel.receive()).await;
        let answer = answer.unwrap_or_else(|_| panic!("no answer to {frame}"));
        String::from_utf8(answer.unwrap().unwrap_or_else(|| panic!("closed after {frame}"))).unwrap()
    }

    /// Closes the channel; when it returns, the server has closed its end too.
    pub async fn close(mut self) {
        self.channel.close().await;
        self.connection.close().await;
    }
}

async fn listener(wire: Wire) -> (Box<dyn Listener>, Box<dyn Transport>) {
    let url = match wire {
        Wire::Memory => {
            let transport = MemoryTransport::new();
            return (transport.listen("bank").await.unwrap(), Box::new(transport));
        }
        Wire::Tcp => "tcp://127.0.0.1:0",
        Wire::Tls => "tls://127.0.0.1:0",
        Wire::Quic => "quic://127.0.0.1:0",
    };
    let endpoint: Endpoint = url.parse().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let identity = Identity::load_or_create(directory.path(), &[]).unwrap();
    let listener = endpoint.listener(Some(&identity), PlainTcp::LoopbackOnly).await.unwrap();
    let trust = Trust::pinned(identity.fingerprint());
    (listener, endpoint.dialer(&trust, PlainTcp::LoopbackOnly))
}
