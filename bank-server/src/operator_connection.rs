//! Connects an operator's command to the bank: to the server that serves it, or to the journal itself.
//!
//! Where a server runs they go to it over its socket. Otherwise the bank is opened here and served to
//! this program alone, in memory: the same conversation, and so the same answers.

mod error;
pub mod socket;
pub mod users;

use std::time::Duration;

use bank_engine::OpenError;
use bank_engine::bank::Bank;
use bank_engine::client::{Admin, ClientError};
use bank_engine::error_chain::error_chain;
use bank_engine::journal::JournalError;
use bank_engine::protocol::Code;
use bank_engine::server::{self, Limits};
use bank_engine::transport::{Channel, Connection, MemoryTransport, Transport, TransportError};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::data::{DataDir, DataError};
use crate::error::CommandError;
use crate::operator_connection::socket::{SOCKET, SocketError};

pub use error::OperatorConnectionError;

/// How long to wait for a server that is starting or ending, and for another command to be done.
pub const OPERATOR_WAIT_MAX: Duration = Duration::from_secs(5);

pub(crate) const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(25);

const PROGRAM: &str = concat!("bankd/", env!("CARGO_PKG_VERSION"));

/// Does `work` as an operator of the bank in `dir`, and disconnects. The journal, where nobody serves it, is
/// open until then, and made where there is none.
pub async fn with_admin<T>(
    dir: &DataDir,
    work: impl AsyncFnOnce(&mut Admin) -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    let mut client = OperatorClient::reach(dir).await?;
    let done = work(&mut client.admin).await;
    client.leave().await;
    done
}

struct OperatorClient {
    admin: Admin,
    own: Option<OwnServer>,
}

impl OperatorClient {
    async fn reach(dir: &DataDir) -> Result<OperatorClient, OperatorConnectionError> {
        dir.check_owner()?;
        let deadline = Instant::now() + OPERATOR_WAIT_MAX;
        loop {
            if let Some(channel) = reach_server(dir, SOCKET).await? {
                match Admin::handshake(channel, PROGRAM).await {
                    Ok(admin) => return Ok(OperatorClient { admin, own: None }),
                    Err(error) if is_going(&error) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            match dir.open_as_served().await {
                Ok(bank) => return OperatorClient::open(bank).await,
                Err(error) => match holder(&error) {
                    None => return Err(error.into()),
                    Some(holder) if Instant::now() >= deadline => {
                        return Err(OperatorConnectionError::Busy { holder, data: dir.path().to_owned() });
                    }
                    Some(_) => {}
                },
            }
            tokio::time::sleep(LOOK_AGAIN_AFTER).await;
        }
    }

    async fn open(bank: Bank) -> Result<OperatorClient, OperatorConnectionError> {
        let (own, channel) = OwnServer::start(bank).await?;
        let admin = Admin::handshake(channel, PROGRAM).await?;
        Ok(OperatorClient { admin, own: Some(own) })
    }

    async fn leave(self) {
        self.admin.close().await;
        if let Some(own) = self.own {
            own.stop().await;
        }
    }
}

#[cfg(unix)]
pub(crate) async fn reach_server(
    dir: &DataDir,
    socket: &str,
) -> Result<Option<Box<dyn Channel>>, SocketError> {
    socket::connect(&dir.path().join(socket)).await
}

/// Elsewhere there are no sockets that only a file's owner can use.
#[cfg(not(unix))]
pub(crate) async fn reach_server(
    _dir: &DataDir,
    _socket: &str,
) -> Result<Option<Box<dyn Channel>>, SocketError> {
    Ok(None)
}

/// Whether a server that was reached is about to end, so that somebody else has the bank next.
fn is_going(error: &ClientError) -> bool {
    match error {
        ClientError::Transport(TransportError::Lost(_)) => true,
        ClientError::Refused(refusal) => refusal.known_code() == Some(Code::ShuttingDown),
        _ => false,
    }
}

/// Who has the journal, where that is why it can't be opened.
pub(crate) fn holder(error: &DataError) -> Option<String> {
    match error {
        DataError::Journal(JournalError::InUse { holder, .. })
        | DataError::Open(OpenError::Journal(JournalError::InUse { holder, .. })) => Some(holder.clone()),
        _ => None,
    }
}

/// The bank, served to this program alone.
struct OwnServer {
    /// Dropped, it would end its channel.
    line: Box<dyn Connection>,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl OwnServer {
    async fn start(bank: Bank) -> Result<(OwnServer, Box<dyn Channel>), TransportError> {
        let network = MemoryTransport::new();
        let listeners = vec![network.listen("operators").await?];
        let (stop, operator) = (CancellationToken::new(), users::own());
        let serving = server::serve_operators(
            bank,
            listeners,
            move |_| operator.clone(),
            Limits::default(),
            stop.clone(),
        );
        let serving = tokio::spawn(serving);
        let line = network.connect("operators").await?;
        let channel = line.open().await?;
        Ok((OwnServer { line, stop, serving }, channel))
    }

    async fn stop(self) {
        self.line.close().await;
        self.stop.cancel();
        if let Err(error) = self.serving.await {
            tracing::warn!("the bank was not closed in order: {}", error_chain(&error));
        }
    }
}
