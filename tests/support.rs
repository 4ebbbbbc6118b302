//! A bank served over each transport, for tests.

mod atm;
mod endpoints;
mod non_reading_client;
mod raw_client;
mod relay;
mod spy_store;
mod stall;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bank_engine::account::TerminalId;
use bank_engine::auth::HashCost;
use bank_engine::bank::{Bank, NewAccount};
use bank_engine::clock::ManualClock;
use bank_engine::journal::{JournalStore, Options};
use bank_engine::ledger::TransactionId;
use bank_engine::policy::Policy;
use bank_engine::server::{Limits, serve, serve_operators};
use bank_engine::store::MemoryStore;
use bank_engine::time::Timestamp;
use bank_engine::transport::{Channel, Connection, MemoryTransport, Peer, Transport};
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use atm::{Atm, code, refused};
pub use endpoints::Ends;
pub use non_reading_client::Deaf;
pub use raw_client::{Death, Rough};
pub use relay::Relay;
pub use spy_store::Watched;
pub use stall::Stall;

/// The transports that every script and every claim is tried on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    Memory,
    Tcp,
    Tls,
    Quic,
}

/// The stores that every script is tried on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    Memory,
    Journal,
}

/// Makes of each claim a test over each transport.
macro_rules! over_every_wire {
    ($($claim:ident)+) => {
        over_every_wire! { @wire memory Memory $($claim)+ }
        over_every_wire! { @wire tcp Tcp $($claim)+ }
        over_every_wire! { @wire tls Tls $($claim)+ }
        over_every_wire! { @wire quic Quic $($claim)+ }
    };
    (@wire $module:ident $wire:ident $($claim:ident)+) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $claim() {
                    super::$claim(crate::support::Wire::$wire).await;
                }
            )+
        }
    };
}
pub(crate) use over_every_wire;

/// How long a step may take on a slow machine before it counts as hung.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Held by tests that need a thousand connections, since the system may not have more at a time.
pub async fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::const_new(());
    ALONE.lock().await
}

/// Allows this process as many descriptors as the system does; most give it 1,024 at first.
#[cfg(unix)]
fn raise_descriptors() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    /// What macOS allows at most, though it names no limit.
    const DESCRIPTORS: u64 = 10_240;

    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let highest = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    if highest.is_err() {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(DESCRIPTORS), maximum });
    }
}

#[cfg(not(unix))]
fn raise_descriptors() {}

/// The future's output; panics where it hangs.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .unwrap_or_else(|_| panic!("{what}: not done in {PATIENCE:?}"))
}

/// A bank that is being served on loopback, on a clock that does not advance.
pub struct Served {
    pub bank: Bank,
    pub clock: Arc<ManualClock>,
    pub address: String,
    pub transport: Arc<dyn Transport>,
    pub store: Arc<Watched>,
    pub ends: Ends,
    stop: CancellationToken,
    server: JoinHandle<()>,
    operator_transport: MemoryTransport,
    /// Gone after the store in it.
    _directory: TempDir,
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
        Served::over(Ends::of(wire), terminal, limits).await
    }

    pub async fn over(ends: Ends, terminal: TerminalId, limits: Limits) -> Served {
        Served::keeping(Keep::Memory, ends, terminal, limits).await
    }

    pub async fn keeping(keep: Keep, ends: Ends, terminal: TerminalId, limits: Limits) -> Served {
        raise_descriptors();
        let clock = Arc::new(ManualClock::at(Timestamp::from_unix_ms(1_769_860_800_000)));
        let directory = tempfile::tempdir().unwrap();
        let store = match keep {
            Keep::Memory => {
                Watched::new(MemoryStore::with_clock(quick_policy(), Arc::clone(&clock) as Arc<_>))
            }
            Keep::Journal => {
                // A small segment, so that what a script asks for is in sealed ones too.
                let (policy, clock) = (quick_policy(), Arc::clone(&clock) as Arc<_>);
                let options = Options { policy, clock, segment_bytes: 4096, accept_clock: false };
                Watched::new(JournalStore::open(directory.path(), options).unwrap())
            }
        };
        let bank = Bank::with_store(Arc::clone(&store) as Arc<_>).for_terminal(terminal);
        let (listener, transport) = ends.listen().await;
        let address = listener.address();
        let stop = CancellationToken::new();
        let operator_transport = MemoryTransport::new();
        let operators = operator_transport.listen("operators").await.unwrap();
        let customers = serve(bank.clone(), vec![listener], limits, stop.clone());
        let named = |_: &Peer| "olga".parse().unwrap();
        let operators =
            serve_operators(bank.clone(), vec![operators], named, Limits::default(), stop.clone());
        let server = tokio::spawn(async {
            tokio::join!(customers, operators);
        });
        let transport = Arc::from(transport);
        Served {
            bank,
            clock,
            address,
            transport,
            store,
            ends,
            stop,
            server,
            operator_transport,
            _directory: directory,
        }
    }

    /// A line to the operators' side that has said hello.
    pub async fn operators(&self) -> Line {
        let connection = self.operator_transport.connect("operators").await.unwrap();
        let mut line = Line { channel: connection.open().await.unwrap(), connection };
        line.ask(
            r#"{"jsonrpc":"2.0","id":0,"method":"hello","params":{"versions":[1,1],"client":"operator"}}"#,
        )
        .await;
        line
    }

    pub async fn open(&self, account: &str, secret: &str, balance: &str, currency: &str) {
        let secret = self.bank.hash(secret.into()).await.unwrap();
        self.bank
            .open_account(
                NewAccount::new(account, currency)
                    .secret_hash(secret)
                    .opening_balance(TransactionId::generate(), balance),
            )
            .await
            .unwrap();
    }

    pub async fn connect(&self) -> Line {
        let connection = self.transport.connect(&self.address).await.unwrap();
        let channel = connection.open().await.unwrap();
        Line { channel, connection }
    }

    /// Reports to the server to stop.
    pub fn begin_to_stop(&self) {
        self.stop.cancel();
    }

    /// Gives up on the server.
    pub fn abort(&self) {
        self.server.abort();
    }

    /// Returns when the server has stopped.
    pub async fn stopped(&mut self) {
        within("stop", &mut self.server).await.unwrap();
    }

    /// Stops the server and returns when it has.
    pub async fn stop(mut self) {
        self.begin_to_stop();
        self.stopped().await;
    }

    /// The sum over all accounts, and what customers have, in the only currency.
    pub async fn sum_and_credits(&self) -> (i128, i128) {
        let lines = self.bank.trial_balance().await.unwrap();
        assert_eq!(lines.len(), 1);
        (lines[0].sum(), lines[0].credits)
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
