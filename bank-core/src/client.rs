//! The bank's verbs over any channel: what an ATM speaks through.

use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::auth::Secret;
use crate::ledger::{Balance, Memo, Page, Receipt, TransactionId};
use crate::money::Amount;
use crate::patience::{Patience, RanOut};
use crate::protocol::{
    ChangeSecret, Hello, LoggedIn, Login, Movement, Nothing, Refusal, Request, RequestId, Statement,
    Transfer, VERSIONS, Welcome, decode_answer, encode_request,
};
use crate::transport::{Channel, TransportError};

/// How long an answer may take unless told otherwise: more than the longest queue for a check.
pub const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);

/// One terminal's conversation with a bank.
///
/// Answers come in the order of the questions, so there is one question at a time. No call is
/// cancel-safe: after a dropped or timed-out one it is unknown whether the bank acted, and every
/// later call answers [`ClientError::Broken`]. Connect anew and ask again with the same
/// transaction id.
pub struct Client {
    channel: Box<dyn Channel>,
    welcome: Welcome,
    last_id: i64,
    answer_time_max: Duration,
    patience: Patience,
    broken: bool,
}

impl Client {
    /// Says hello as `name` (1 to 64 characters) on a fresh channel.
    pub async fn greet(channel: Box<dyn Channel>, name: &str) -> Result<Client, ClientError> {
        let welcome = Welcome { version: 0, server: String::new() };
        let mut client = Client {
            channel,
            welcome,
            last_id: 0,
            answer_time_max: ANSWER_TIME_MAX,
            patience: Patience::new(),
            broken: false,
        };
        let hello = Hello { versions: VERSIONS, client: name.to_owned() };
        client.welcome = client.ask(Request::Hello(hello)).await?;
        Ok(client)
    }

    /// Waits at most `limit` for each answer instead of [`ANSWER_TIME_MAX`].
    #[must_use]
    pub fn answer_time_max(mut self, limit: Duration) -> Client {
        self.answer_time_max = limit;
        self
    }

    /// Who the server says it is, and the version spoken.
    #[must_use]
    pub fn welcome(&self) -> &Welcome {
        &self.welcome
    }

    /// Takes hold of an account.
    pub async fn login(&mut self, account: &str, secret: impl Into<Secret>) -> Result<LoggedIn, ClientError> {
        self.ask(Request::Login(Login { account: account.to_owned(), secret: secret.into() })).await
    }

    /// What the account stands at.
    pub async fn balance(&mut self) -> Result<Balance, ClientError> {
        self.ask(Request::Balance).await
    }

    /// Pays cash in. Keep `transaction` before calling: it makes asking again safe.
    pub async fn deposit(
        &mut self,
        transaction: TransactionId,
        amount: Amount,
    ) -> Result<Receipt, ClientError> {
        self.ask(Request::Deposit(Movement { transaction, amount: amount.to_string() })).await
    }

    /// Draws cash. Keep `transaction` before calling: it makes asking again safe.
    pub async fn withdraw(
        &mut self,
        transaction: TransactionId,
        amount: Amount,
    ) -> Result<Receipt, ClientError> {
        self.ask(Request::Withdraw(Movement { transaction, amount: amount.to_string() })).await
    }

    /// Pays another customer. Keep `transaction` before calling: it makes asking again safe.
    pub async fn transfer(
        &mut self,
        transaction: TransactionId,
        to: &str,
        amount: Amount,
        memo: Option<Memo>,
    ) -> Result<Receipt, ClientError> {
        let (to, amount) = (to.to_owned(), amount.to_string());
        self.ask(Request::Transfer(Transfer { transaction, to, amount, memo })).await
    }

    /// A page of entries, newest first; see [`Session::statement`](crate::bank::Session::statement).
    pub async fn statement(&mut self, limit: Option<u32>, before: Option<u64>) -> Result<Page, ClientError> {
        self.ask(Request::Statement(Statement { limit, before })).await
    }

    /// Replaces the secret.
    pub async fn change_secret(
        &mut self,
        old: impl Into<Secret>,
        new: impl Into<Secret>,
    ) -> Result<(), ClientError> {
        let change = ChangeSecret { old: old.into(), new: new.into() };
        self.ask(Request::ChangeSecret(change)).await.map(|Nothing {}| ())
    }

    /// Asks whether anybody is there.
    pub async fn ping(&mut self) -> Result<(), ClientError> {
        self.ask(Request::Ping).await.map(|Nothing {}| ())
    }

    /// Frees the account; another may be logged in to on the same channel.
    pub async fn log_out(&mut self) -> Result<(), ClientError> {
        self.ask(Request::Logout).await.map(|Nothing {}| ())
    }

    /// Closes the channel, which frees the account too.
    pub async fn close(mut self) {
        self.channel.close().await;
    }

    async fn ask<T: DeserializeOwned>(&mut self, request: Request) -> Result<T, ClientError> {
        if self.broken {
            return Err(ClientError::Broken);
        }
        self.broken = true;
        self.last_id += 1;
        let asked = self.patience.within(self.answer_time_max, async {
            // A server that turns a client away says so and closes, perhaps before it was asked.
            let sent = self.channel.send(&encode_request(self.last_id, &request)).await;
            match self.channel.receive().await {
                Ok(Some(frame)) => Ok(frame),
                Ok(None) => Err(TransportError::Lost(None)),
                Err(error) => Err(sent.err().unwrap_or(error)),
            }
        });
        let frame = asked.await.map_err(|RanOut| ClientError::TimedOut { limit: self.answer_time_max })??;
        let answer = decode_answer(&frame).map_err(ClientError::Garbled)?;
        // An answer without an id is the server's last word on this channel.
        self.broken = answer.id != Some(RequestId::Number(self.last_id));
        match answer.result {
            Ok(_) if self.broken => Err(ClientError::Broken),
            Ok(result) => Ok(result),
            Err(refusal) => Err(ClientError::Refused(refusal)),
        }
    }
}

/// Why a call did not succeed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The bank refused; the conversation goes on.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The line failed.
    #[error("the line to the bank failed")]
    Transport(#[from] TransportError),
    /// No answer in time.
    #[error("the bank did not answer within {} s", limit.as_secs_f32())]
    TimedOut {
        /// The limit that ran out.
        limit: Duration,
    },
    /// The other side does not speak the protocol.
    #[error("the other side does not speak the bank's protocol")]
    Garbled(#[source] serde_json::Error),
    /// An earlier call failed midway.
    #[error("the conversation broke off earlier; connect again")]
    Broken,
}
