//! A client of the protocol over any channel, for ATMs and other programs of customers.

mod admin;
mod error;
mod hold;
mod rpc_client;

use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::auth::Secret;
use crate::ledger::{Balance, Memo, Receipt, Statement, TransactionId};
use crate::money::Amount;
use crate::notes::NoteCount;
use crate::protocol::{
    BalanceParams, ChangeSecretParams, DepositParams, EmptyResult, HelloParams, HelloResult, LoginParams,
    LoginResult, NoParams, Request, StatementParams, TerminalLoginParams, TerminalLoginResult,
    TransferBatchParams, TransferBatchResult, TransferParams, VERSIONS, WithdrawParams, encode_request,
};
use crate::time::Timestamp;
use crate::transport::Channel;

pub use admin::Admin;
pub use error::{ANSWER_TIME_MAX, ClientError};

use rpc_client::RpcClient;

/// One terminal's conversation with a bank.
///
/// Answers come in the order of the questions, so there is one question at a time. No call is
/// cancel-safe: after a dropped or timed-out one it is unknown whether the bank acted, and every
/// later call answers [`ClientError::Broken`]. Connect anew and ask again with the same
/// transaction id.
pub struct Client {
    line: RpcClient,
    welcome: HelloResult,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("welcome", &self.welcome).finish_non_exhaustive()
    }
}

impl Client {
    /// Says hello as `name` (1 to 64 characters) on a fresh channel.
    pub async fn handshake(channel: Box<dyn Channel>, name: &str) -> Result<Client, ClientError> {
        let mut line = RpcClient::new(channel);
        let hello =
            Request::Hello(HelloParams { versions: VERSIONS, client: name.to_owned(), notifications: None });
        let welcome = line.ask(|id| encode_request(id, &hello)).await?;
        Ok(Client { line, welcome })
    }

    /// Waits at most `limit` for each answer instead of [`ANSWER_TIME_MAX`].
    #[must_use]
    pub fn answer_time_max(mut self, limit: Duration) -> Client {
        self.line.answer_time_max = limit;
        self
    }

    /// Who the server says it is, and the version spoken.
    #[must_use]
    pub fn welcome(&self) -> &HelloResult {
        &self.welcome
    }

    /// Logs the channel in as a terminal, with the terminal's key. Not with an account in
    /// hand.
    pub async fn enter_terminal(
        &mut self,
        terminal: &str,
        key: impl Into<Secret>,
    ) -> Result<TerminalLoginResult, ClientError> {
        let login = TerminalLoginParams { terminal: terminal.to_owned(), key: key.into() };
        self.ask(Request::TerminalLogin(login)).await
    }

    /// Takes hold of an account. Where the answer says `must_change`, only
    /// [`change_secret`](Client::change_secret) and [`log_out`](Client::log_out) come next.
    pub async fn login(
        &mut self,
        account: &str,
        secret: impl Into<Secret>,
    ) -> Result<LoginResult, ClientError> {
        self.ask(Request::Login(LoginParams { account: account.to_owned(), secret: secret.into() })).await
    }

    /// The account's balance.
    pub async fn balance(&mut self) -> Result<Balance, ClientError> {
        self.ask(Request::Balance(BalanceParams::default())).await
    }

    /// The account's balance after all that was posted at `at` or earlier.
    pub async fn balance_at(&mut self, at: Timestamp) -> Result<Balance, ClientError> {
        self.ask(Request::Balance(BalanceParams { at: Some(at) })).await
    }

    /// Pays cash in. Keep `transaction` before calling: it makes asking again safe.
    pub async fn deposit(
        &mut self,
        transaction: TransactionId,
        amount: Amount,
    ) -> Result<Receipt, ClientError> {
        self.deposit_notes(transaction, amount, Vec::new()).await
    }

    /// Pays these notes in, whose sum is `amount`, where the terminal counts them. Keep
    /// `transaction` before calling: it makes asking again safe.
    pub async fn deposit_notes(
        &mut self,
        transaction: TransactionId,
        amount: Amount,
        notes: Vec<NoteCount>,
    ) -> Result<Receipt, ClientError> {
        self.ask(Request::Deposit(DepositParams { transaction, amount: amount.to_string(), notes })).await
    }

    /// Draws cash. Keep `transaction` before calling: it makes asking again safe.
    pub async fn withdraw(
        &mut self,
        transaction: TransactionId,
        amount: Amount,
    ) -> Result<Receipt, ClientError> {
        self.ask(Request::Withdraw(WithdrawParams { transaction, amount: amount.to_string() })).await
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
        self.ask(Request::Transfer(TransferParams { transaction, to, amount, memo })).await
    }

    /// Makes transfers, all of them or none, in order; 1 to
    /// [`REQUEST_TRANSFERS_MAX`](crate::protocol::REQUEST_TRANSFERS_MAX). With `dry_run` nothing is made,
    /// and the answer is what would happen. Keep their ids before calling.
    pub async fn transfer_batch(
        &mut self,
        transfers: Vec<TransferParams>,
        dry_run: bool,
    ) -> Result<Vec<Receipt>, ClientError> {
        let transfer_batch = TransferBatchParams { transfers, dry_run: dry_run.then_some(true) };
        self.ask(Request::TransferBatch(transfer_batch))
            .await
            .map(|TransferBatchResult { receipts }| receipts)
    }

    /// A page of entries, newest first; see [`Session::statement`](crate::bank::Session::statement).
    pub async fn statement(
        &mut self,
        limit: Option<u32>,
        before: Option<u64>,
    ) -> Result<Statement, ClientError> {
        self.page(StatementParams { limit, before, ..StatementParams::default() }).await
    }

    /// The same with all that can be asked for.
    pub async fn page(&mut self, params: StatementParams) -> Result<Statement, ClientError> {
        self.ask(Request::Statement(params)).await
    }

    /// Replaces the secret.
    pub async fn change_secret(
        &mut self,
        old: impl Into<Secret>,
        new: impl Into<Secret>,
    ) -> Result<(), ClientError> {
        let change = ChangeSecretParams { old: old.into(), new: new.into() };
        self.ask(Request::ChangeSecret(change)).await.map(|EmptyResult {}| ())
    }

    /// Asks whether anybody is there.
    pub async fn ping(&mut self) -> Result<(), ClientError> {
        self.ask(Request::Ping(NoParams {})).await.map(|EmptyResult {}| ())
    }

    /// Frees the account; another may be logged in to on the same channel.
    pub async fn log_out(&mut self) -> Result<(), ClientError> {
        self.ask(Request::Logout(NoParams {})).await.map(|EmptyResult {}| ())
    }

    /// Closes the channel, which frees the account too.
    pub async fn close(self) {
        self.line.close().await;
    }

    /// Asks what was put together elsewhere. `T` is the result of its method.
    pub async fn request<T: DeserializeOwned>(&mut self, request: Request) -> Result<T, ClientError> {
        self.ask(request).await
    }

    async fn ask<T: DeserializeOwned>(&mut self, request: Request) -> Result<T, ClientError> {
        self.line.ask(|id| encode_request(id, &request)).await
    }
}

#[cfg(test)]
mod tests;
