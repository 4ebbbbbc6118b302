//! What is measured: a bank and an echo, served over one transport, and channels to each.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bank_engine::account::AccountId;
use bank_engine::auth::HashCost;
use bank_engine::bank::{Bank, NewAccount};
use bank_engine::client::Client;
use bank_engine::endpoint::{Endpoint, PlainTcp, Scheme};
use bank_engine::error::Error;
use bank_engine::journal::{JournalStore, Options};
use bank_engine::ledger::TransactionId;
use bank_engine::money::{Amount, Currency, Minor};
use bank_engine::policy::Policy;
use bank_engine::server::{self, Limits};
use bank_engine::store::MemoryStore;
use bank_engine::transport::{Channel, Connection, Listener, MemoryTransport, MemoryWire, Transport};
use bank_engine::{Identity, Trust};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::args::{CHANNELS_MAX, Wire};
use super::echo::{self, Frames};
use super::error::BenchError;
use super::load::Worker;

/// Longer than any run: nothing is to end of itself while the other half of a pair is measured.
const LONG: Duration = Duration::from_secs(24 * 3600);

const PIN: &str = "4826";

/// A bank and an echo at work, and the workers of each.
pub(super) struct Rig {
    pub(super) bank: Vec<Worker>,
    pub(super) echo: Vec<Worker>,
    /// How many connections carry the channels to each.
    pub(super) connections: usize,
    open: Vec<Box<dyn Connection>>,
    stop: CancellationToken,
    servers: TaskTracker,
}

impl Rig {
    /// Serves both on free addresses and opens `channels` to each, on one connection where the
    /// transport carries several and `connections_each` does not say otherwise.
    pub(super) async fn set_up(
        wire: Wire,
        channels: usize,
        connections_each: bool,
        journal: Option<&Path>,
    ) -> Result<Rig, BenchError> {
        let amount = Minor(100).in_currency(Currency::USD);
        let line = Line::new(wire)?;
        let (stop, servers) = (CancellationToken::new(), TaskTracker::new());

        let bank = open_bank(channels, journal).await?;
        let listener = line.listen().await?;
        let bank_address = listener.address();
        servers.spawn(server::serve(bank, vec![listener], limits(channels), stop.clone()));

        let listener = line.listen().await?;
        let echo_address = listener.address();
        let frames = Frames::sample(account(0)?, amount);
        servers.spawn(echo::serve(listener, frames.clone(), stop.clone()));
        servers.close();

        let shared = matches!(wire, Wire::Memory | Wire::Quic) && !connections_each;
        let mut open = Vec::new();
        let mut bank = Vec::new();
        for (number, channel) in
            line.channels(&bank_address, channels, shared, &mut open).await?.into_iter().enumerate()
        {
            let mut client = Client::handshake(channel, "bench").await?;
            client.login(account(number)?.as_str(), PIN).await?;
            bank.push(Worker::Bank { client, amount });
        }
        let connections = open.len();
        let echo = line.channels(&echo_address, channels, shared, &mut open).await?;
        let echo = echo.into_iter().map(|channel| Worker::Echo { channel, frames: frames.clone() }).collect();
        Ok(Rig { bank, echo, connections, open, stop, servers })
    }

    /// Ends all of it, so that the next one finds the machine as this one did.
    pub(super) async fn tear_down(self) {
        for worker in self.bank.into_iter().chain(self.echo) {
            worker.end().await;
        }
        for connection in self.open {
            connection.close().await;
        }
        self.stop.cancel();
        self.servers.wait().await;
    }
}

/// A way to listen and to connect.
struct Line {
    transport: Box<dyn Transport>,
    /// `None` in memory.
    endpoint: Option<(Endpoint, Option<Identity>)>,
}

impl Line {
    fn new(wire: Wire) -> Result<Line, BenchError> {
        let scheme = match wire {
            Wire::Memory => {
                let wire = MemoryWire { channels_max: CHANNELS_MAX, ..MemoryWire::default() };
                return Ok(Line { transport: Box::new(MemoryTransport::with_wire(wire)), endpoint: None });
            }
            Wire::Tcp => Scheme::Tcp,
            Wire::Tls => Scheme::Tls,
            Wire::Quic => Scheme::Quic,
        };
        let endpoint = Endpoint { scheme, address: "127.0.0.1:0".to_owned() };
        let scratch = tempfile::tempdir().map_err(BenchError::Directory)?;
        let identity = Identity::load_or_create(scratch.path(), &["127.0.0.1".to_owned()])?;
        let trust = Trust::pinned(identity.fingerprint());
        let transport = endpoint.dialer(&trust, PlainTcp::LoopbackOnly);
        Ok(Line { transport, endpoint: Some((endpoint, Some(identity))) })
    }

    async fn listen(&self) -> Result<Box<dyn Listener>, BenchError> {
        match &self.endpoint {
            Some((endpoint, identity)) => {
                Ok(endpoint.listener(identity.as_ref(), PlainTcp::LoopbackOnly).await?)
            }
            None => Ok(self.transport.listen("").await?),
        }
    }

    async fn channels(
        &self,
        address: &str,
        count: usize,
        shared: bool,
        open: &mut Vec<Box<dyn Connection>>,
    ) -> Result<Vec<Box<dyn Channel>>, BenchError> {
        let mut channels = Vec::with_capacity(count);
        let mut connection = self.transport.connect(address).await?;
        for number in 0..count {
            if number > 0 && !shared {
                open.push(std::mem::replace(&mut connection, self.transport.connect(address).await?));
            }
            channels.push(connection.open().await?);
        }
        open.push(connection);
        Ok(channels)
    }
}

/// A bank with an account a channel, all of one PIN at the least cost: log-ins are not measured.
async fn open_bank(accounts: usize, journal: Option<&Path>) -> Result<Bank, BenchError> {
    let policy = Policy {
        hash_cost: HashCost::LEAST,
        session_idle_max: LONG,
        session_time_max: LONG,
        ..Policy::default()
    };
    let bank = match journal {
        None => Bank::with_store(Arc::new(MemoryStore::new(policy))),
        Some(path) => {
            Bank::with_store(Arc::new(JournalStore::open(path, Options { policy, ..Options::default() })?))
        }
    };
    let secret = bank.hash(PIN.into()).await?;
    let balance: Amount = Minor(100_000).in_currency(Currency::USD);
    for number in 0..accounts {
        bank.open_account(
            NewAccount::new(account(number)?, Currency::USD)
                .secret_hash(secret)
                .opening_balance(TransactionId::generate(), balance),
        )
        .await?;
    }
    Ok(bank)
}

fn account(number: usize) -> Result<AccountId, Error> {
    let name = format!("ac-{number:05}");
    name.parse().map_err(|_| Error::Declined(bank_engine::ledger::Decline::NoSuchAccount))
}

fn limits(channels: usize) -> Limits {
    let room = channels + 16;
    Limits {
        connections_max: room,
        connections_a_peer_max: room,
        channels_max: room,
        channels_a_connection_max: room,
        first_message_time_max: LONG,
        idle_time_max: LONG,
        ..Limits::default()
    }
}
