//! A customer's program far from the bank: the verbs of a session, over any transport.

use std::fmt::Display;
use std::time::Duration;

use bank_engine_core::account::AccountId;
use bank_engine_core::auth::Secret;
use bank_engine_core::bank::{
    Capture, Deposit, DispenseReport, NewHold, Transfer, TransferBatch, Withdrawal,
};
use bank_engine_core::client;
use bank_engine_core::error::{Cause, Error, Invalid};
use bank_engine_core::ledger::{
    Authorisation, Balance, Receipt, Settlement, Statement, StatementQuery, TransactionId,
};
use bank_engine_core::protocol::{
    BalanceParams, ChangeSecretParams, EmptyResult, HoldParams, LoginParams, LoginResult, NoParams, Request,
    StatementParams, TerminalLoginParams, TerminalLoginResult, TransferBatchResult,
};
use bank_engine_core::time::Timestamp;
use bank_engine_core::transport::Connection;
use bank_engine_tls::Trust;
use serde::de::DeserializeOwned;

use crate::endpoint::{Endpoint, PlainTcp};

/// The name that a client says hello with.
const NAME: &str = concat!("bank-engine ", env!("CARGO_PKG_VERSION"));

/// A conversation with a bank over a network: one account at a time, one request at a time.
///
/// The verbs are those of [`Session`](crate::Session), with the same requests, receipts and errors. No
/// call is cancel-safe: after a dropped one the conversation is broken, every later call
/// [fails](Error::Failed), and what the bank did is learned by asking again, with the same ids, on a new
/// connection. Dropping the client frees the account.
///
/// ```no_run
/// # async fn example() -> Result<(), bank_engine::Error> {
/// use bank_engine::{Client, Deposit, TransactionId, Trust};
///
/// let mut client = Client::connect("quic://bank.example:7879", Trust::on_first_use("known".as_ref())).await?;
/// client.login("anna", "2580").await?;
/// let id = TransactionId::generate(); // keep it: asking again moves nothing twice
/// println!("{}", client.deposit(Deposit::new(id, "50.00")).await?);
/// client.log_out().await?;
/// # Ok(())
/// # }
/// ```
pub struct Client {
    line: client::Client,
    account: Option<AccountId>,
    /// Kept open as long as the conversation.
    _connection: Box<dyn Connection>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("account", &self.account).finish_non_exhaustive()
    }
}

impl Client {
    /// Connects to `tcp://HOST:PORT` (plain, and only to loopback), `tls://HOST:PORT` or
    /// `quic://HOST:PORT`, and says hello. `trust` says which servers are believed; it is not asked
    /// where nothing is encrypted.
    ///
    /// Errors: [`Failed`](Error::Failed) with [`Cause::Setup`] for a URL that is none,
    /// [`Cause::Connection`] where nobody is reached or believed, [`Cause::Protocol`] where no bank
    /// answers; [`Busy`](Error::Busy) where the bank takes no more clients.
    pub async fn connect(url: &str, trust: Trust) -> Result<Client, Error> {
        let endpoint: Endpoint = url.parse().map_err(|error| Error::failed(Cause::Setup, error))?;
        let transport = endpoint.dialer(&trust, PlainTcp::LoopbackOnly);
        let failed = |error| Error::failed(Cause::Connection, error);
        let connection = transport.connect(&endpoint.address).await.map_err(failed)?;
        let channel = connection.open().await.map_err(failed)?;
        let line = client::Client::handshake(channel, NAME).await;
        let line = line.map_err(|error| error.into_error(None))?;
        Ok(Client { line, account: None, _connection: connection })
    }

    /// Waits at most `limit` for each answer, instead of 30 s.
    #[must_use]
    pub fn answer_time_max(self, limit: Duration) -> Client {
        Client { line: self.line.answer_time_max(limit), ..self }
    }

    /// The account that is logged in.
    #[must_use]
    pub fn account(&self) -> Option<&AccountId> {
        self.account.as_ref()
    }

    /// Speaks for a terminal from here on, which proves itself with its key. Not with an account in hand.
    pub async fn enter_terminal(&mut self, terminal: &str, key: impl Into<Secret>) -> Result<(), Error> {
        let login = TerminalLoginParams { terminal: terminal.to_owned(), key: key.into() };
        let _: TerminalLoginResult = self.ask(Request::TerminalLogin(login)).await?;
        Ok(())
    }

    /// Takes hold of an account. Where the answer says `must_change`, only
    /// [`change_secret`](Client::change_secret) and [`log_out`](Client::log_out) come next.
    pub async fn login(&mut self, account: &str, secret: impl Into<Secret>) -> Result<LoginResult, Error> {
        let login = LoginParams { account: account.to_owned(), secret: secret.into() };
        let login: LoginResult = self.ask(Request::Login(login)).await?;
        self.account = Some(login.account);
        Ok(login)
    }

    /// The account's balance.
    pub async fn balance(&mut self) -> Result<Balance, Error> {
        self.ask(Request::Balance(BalanceParams::default())).await
    }

    /// The account's balance after all that was posted at `at` or earlier.
    pub async fn balance_at(
        &mut self,
        at: impl TryInto<Timestamp, Error: Display>,
    ) -> Result<Balance, Error> {
        let at = at.try_into().map_err(|why| Invalid::new("at", why.to_string()))?;
        self.ask(Request::Balance(BalanceParams { at: Some(at) })).await
    }

    /// Pays cash in.
    pub async fn deposit(&mut self, deposit: Deposit) -> Result<Receipt, Error> {
        self.ask(deposit.request(self.account)?).await
    }

    /// Draws cash, as one step.
    pub async fn withdraw(&mut self, withdrawal: Withdrawal) -> Result<Receipt, Error> {
        self.ask(withdrawal.request(self.account)?).await
    }

    /// Pays another customer.
    pub async fn transfer(&mut self, transfer: Transfer) -> Result<Receipt, Error> {
        self.ask(transfer.request(self.account)?).await
    }

    /// Makes transfers out of the account, all of them or none, in order; 1 to
    /// [`REQUEST_TRANSFERS_MAX`](crate::protocol::REQUEST_TRANSFERS_MAX).
    pub async fn transfer_batch(&mut self, batch: TransferBatch) -> Result<Vec<Receipt>, Error> {
        let TransferBatchResult { receipts } = self.ask(batch.request(self.account, false)?).await?;
        Ok(receipts)
    }

    /// Answers what [`transfer_batch`](Client::transfer_batch) would answer now, and makes nothing.
    pub async fn dry_run(&mut self, batch: TransferBatch) -> Result<Vec<Receipt>, Error> {
        let TransferBatchResult { receipts } = self.ask(batch.request(self.account, true)?).await?;
        Ok(receipts)
    }

    /// Sets money aside for a payment that the payee will [`capture`](Client::capture).
    pub async fn authorise(&mut self, hold: NewHold) -> Result<Authorisation, Error> {
        self.ask(hold.request(self.account)?).await
    }

    /// Sets money aside for cash to be paid out here.
    pub async fn authorise_cash(&mut self, withdrawal: Withdrawal) -> Result<Authorisation, Error> {
        self.ask(withdrawal.cash_request(self.account)?).await
    }

    /// Takes a payment that was authorised for the account out of its hold.
    pub async fn capture(&mut self, capture: Capture) -> Result<Settlement, Error> {
        self.ask(capture.request()?).await
    }

    /// Gives a hold up: a payment as its payee, or cash before it was ordered.
    pub async fn void(
        &mut self,
        hold: impl TryInto<TransactionId, Error: Display>,
    ) -> Result<Settlement, Error> {
        self.ask(Request::Void(HoldParams { hold: named(hold)? })).await
    }

    /// Says that cash is about to be paid out. Pay out only once this is answered.
    pub async fn order_dispense(
        &mut self,
        hold: impl TryInto<TransactionId, Error: Display>,
    ) -> Result<Settlement, Error> {
        self.ask(Request::OrderDispense(HoldParams { hold: named(hold)? })).await
    }

    /// Reports what came out.
    pub async fn report_dispense(&mut self, report: DispenseReport) -> Result<Settlement, Error> {
        self.ask(report.request()?).await
    }

    /// A page of entries, newest first.
    pub async fn statement(&mut self, query: StatementQuery) -> Result<Statement, Error> {
        let StatementQuery { limit, before, from, to } = query;
        let limit = Some(u32::try_from(limit).unwrap_or(u32::MAX));
        self.ask(Request::Statement(StatementParams { limit, before, from, to })).await
    }

    /// Replaces the secret.
    pub async fn change_secret(
        &mut self,
        old: impl Into<Secret>,
        new: impl Into<Secret>,
    ) -> Result<(), Error> {
        let change = ChangeSecretParams { old: old.into(), new: new.into() };
        let EmptyResult {} = self.ask(Request::ChangeSecret(change)).await?;
        Ok(())
    }

    /// Frees the account; another may be logged in to.
    pub async fn log_out(&mut self) -> Result<(), Error> {
        let EmptyResult {} = self.ask(Request::Logout(NoParams {})).await?;
        self.account = None;
        Ok(())
    }

    /// Closes the conversation, which frees the account too.
    pub async fn close(self) {
        self.line.close().await;
    }

    async fn ask<T: DeserializeOwned>(&mut self, request: Request) -> Result<T, Error> {
        let changes = request.changes();
        self.line.request(request).await.map_err(|error| error.into_error(changes))
    }
}

fn named(hold: impl TryInto<TransactionId, Error: Display>) -> Result<TransactionId, Invalid> {
    hold.try_into().map_err(|why| Invalid::new("hold", why.to_string()))
}
