//! Customers at ATMs, one or a crowd.

use std::sync::Arc;

use bank_engine::account::AccountId;
use bank_engine::bank::NewAccount;
use bank_engine::client::{Client, ClientError};
use bank_engine::ledger::TransactionId;
use bank_engine::protocol::LoginResult;
use bank_engine::transport::{Connection, Transport};
use tokio::task::JoinSet;

use super::{Served, Wire, within};

/// What opens every account of a crowd.
const PIN: &str = "1324";

/// How many may be dialling at one time: more would only wait at the door.
const DIALLING_MAX: usize = 64;

/// A terminal that has said hello.
pub struct Atm {
    pub client: Client,
    /// Kept, since a dropped connection ends its channels.
    _connection: Arc<dyn Connection>,
}

impl Atm {
    pub async fn on(connection: Arc<dyn Connection>) -> Atm {
        let channel = within("open", connection.open()).await.unwrap();
        let client = within("hello", Client::handshake(channel, "crowd")).await.unwrap();
        Atm::with(client, connection)
    }

    pub fn with(client: Client, connection: Arc<dyn Connection>) -> Atm {
        Atm { client, _connection: connection }
    }

    pub async fn login(&mut self, account: &str) -> Result<LoginResult, ClientError> {
        self.client.login(account, PIN).await
    }
}

impl Served {
    pub async fn dial(&self) -> Arc<dyn Connection> {
        dial(Arc::clone(&self.transport), self.address.clone()).await
    }

    pub async fn atm(&self) -> Atm {
        Atm::on(self.dial().await).await
    }

    /// `count` terminals on `connections` connections, or as many as the wire needs for them.
    pub async fn atms(&self, count: usize, connections: usize) -> Vec<Atm> {
        let a_connection = if matches!(self.ends.wire, Wire::Quic) { count.div_ceil(connections) } else { 1 };
        let mut dialling = JoinSet::new();
        let mut atms = Vec::with_capacity(count);
        for first in (0..count).step_by(a_connection) {
            if dialling.len() >= DIALLING_MAX {
                atms.extend(dialling.join_next().await.unwrap().unwrap());
            }
            let (transport, address) = (Arc::clone(&self.transport), self.address.clone());
            dialling.spawn(async move {
                let connection = dial(transport, address).await;
                let mut atms = Vec::new();
                for _ in first..count.min(first + a_connection) {
                    atms.push(Atm::on(Arc::clone(&connection)).await);
                }
                atms
            });
        }
        atms.extend(dialling.join_all().await.into_iter().flatten());
        atms
    }

    /// Opens an account with the crowd's PIN.
    pub async fn open_usual(&self, account: &str, balance: &str) {
        self.open(account, PIN, balance, "USD").await;
    }

    /// Opens `count` accounts and names them.
    pub async fn open_many(&self, count: usize, balance: &str) -> Vec<String> {
        let secret = self.bank.hash(PIN.into()).await.unwrap();
        let names: Vec<String> = (0..count).map(|number| format!("ac-{number}")).collect();
        for name in &names {
            let id: AccountId = name.parse().unwrap();
            let currency = self.bank.policy().currency;
            self.bank
                .open_account(
                    NewAccount::new(id, currency)
                        .secret_hash(secret)
                        .opening_balance(TransactionId::generate(), balance),
                )
                .await
                .unwrap();
        }
        names
    }
}

async fn dial(transport: Arc<dyn Transport>, address: String) -> Arc<dyn Connection> {
    Arc::from(within("connect", transport.connect(&address)).await.unwrap())
}

/// The code of a refusal, `None` for what was done.
pub fn code<T>(result: Result<T, ClientError>) -> Option<i32> {
    match result {
        Ok(_) => None,
        Err(ClientError::Refused(refusal)) => Some(refusal.code),
        Err(error) => panic!("neither done nor refused: {error:?}"),
    }
}

/// The code of what must be a refusal.
pub fn refused<T>(result: Result<T, ClientError>) -> i32 {
    code(result).expect("a refusal")
}
