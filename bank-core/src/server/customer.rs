//! Answers the requests of customers and terminals.

use std::time::Duration;

use crate::account::{AccountId, TerminalId};
use crate::bank::{Bank, Deposit, NewHold, Session, Transfer, Withdrawal};
use crate::error::Error;
use crate::ledger::{
    Actor, Decline, HoldAction, STATEMENT_ENTRIES_DEFAULT, Settlement, StatementQuery, TransactionId,
    TransferOrder,
};
use crate::money::Amount;
use crate::protocol::{
    AuthoriseCashParams, AuthoriseParams, BalanceParams, CaptureParams, Code, DepositParams, EmptyResult,
    HoldParams, LoginParams, LoginResult, ReportDispenseParams, Request, RequestId, RpcError,
    StatementParams, TerminalLoginParams, TerminalLoginResult, TransferBatchParams, TransferBatchResult,
    TransferParams, WithdrawParams, encode_result,
};
use crate::server::parameters::{encoded, read, read_some, read_transfers, receipts, size};

/// A customer's channel: its terminal, if it has one, and its session, if it has one.
pub(super) struct Customer {
    /// Whether the session's holder heard that its time was over.
    end_reported: bool,
    bank: Bank,
    /// The terminal that proved with its key that it is at the other end.
    terminal: Option<TerminalId>,
    session: Option<Session>,
}

impl Customer {
    pub(super) fn new(bank: Bank) -> Customer {
        Customer { end_reported: false, bank, terminal: None, session: None }
    }

    /// The account whose session is over because of the time, once for each session. Waits until
    /// there is one. Cancel-safe.
    pub(super) async fn timed_out(&mut self) -> AccountId {
        match &self.session {
            Some(session) if !self.end_reported => {
                session.timed_out().await;
                self.end_reported = true;
                *session.account()
            }
            _ => std::future::pending().await,
        }
    }

    /// Frees the account.
    pub(super) async fn end(&mut self) {
        if let Some(session) = self.session.take() {
            // On a failed store the session's own drop and its idle time are what is left.
            let _ = session.log_out().await;
        }
    }

    pub(super) async fn handle(&mut self, id: &RequestId, request: Request) -> Result<Vec<u8>, RpcError> {
        match request {
            Request::TerminalLogin(login) => {
                self.enter(login).await.map(|entered| encode_result(id, &entered))
            }
            Request::Login(login) => self.log_in(login).await.map(|logged_in| encode_result(id, &logged_in)),
            Request::Logout(_) => {
                let session = self.session.take().ok_or(RpcError::new(Code::NotLoggedIn))?;
                session.log_out().await.map_err(|error| RpcError::from(&error))?;
                Ok(encode_result(id, &EmptyResult {}))
            }
            Request::OrderDispense(HoldParams { hold }) => self.settle(id, hold, HoldAction::Order).await,
            Request::Void(HoldParams { hold }) => self.settle(id, hold, HoldAction::Void).await,
            Request::ReportDispense(ReportDispenseParams { hold, amount, notes, undispensed_notes }) => {
                let amount = self.amount(amount.as_ref()).await?;
                self.settle(
                    id,
                    hold,
                    HoldAction::Dispensed {
                        amount,
                        notes,
                        undispensed_notes: undispensed_notes.unwrap_or_default(),
                    },
                )
                .await
            }
            request => {
                let session = self.session.as_ref().ok_or(RpcError::new(Code::NotLoggedIn))?;
                let result = in_session(session, id, request).await;
                self.noticing(result)
            }
        }
    }

    /// Passes a result on, and lets go of a session that is over.
    fn noticing<T>(&mut self, result: Result<T, Error>) -> Result<T, RpcError> {
        result.map_err(|error| {
            if ends_session(&error) {
                self.session = None;
            }
            if matches!(error, Error::Declined(Decline::BadTerminal)) {
                // The terminal has another key since, which this channel did not prove itself with.
                self.session = None;
            }
            RpcError::from(&error)
        })
    }

    /// An amount that came out, once it is known that the caller may report it.
    async fn amount(&mut self, text: Option<&String>) -> Result<Option<Amount>, RpcError> {
        let amount = read_some(text);
        if let (Err(_), None) = (&amount, &self.terminal) {
            let session = self.session.as_ref().ok_or(RpcError::new(Code::NotLoggedIn))?;
            let balance = session.balance().await;
            self.noticing(balance)?;
        }
        amount.map_err(|decline| RpcError::from(&decline))
    }

    /// A step of a hold: the terminal's if it is a dispense of this terminal, or the session's.
    async fn settle(
        &mut self,
        id: &RequestId,
        hold: TransactionId,
        step: HoldAction,
    ) -> Result<Vec<u8>, RpcError> {
        if self.terminal.is_none() && self.session.is_none() {
            return Err(RpcError::new(Code::NotLoggedIn));
        }
        let settled = self.act_on_hold(hold, step).await;
        self.noticing(settled).map(|settled| encode_result(id, &settled))
    }

    async fn act_on_hold(&self, hold: TransactionId, step: HoldAction) -> Result<Settlement, Error> {
        let Some(terminal) = self.terminal else {
            let session = self.session.as_ref().ok_or(Decline::SessionExpired)?;
            return session.act_on_hold(hold, step).await;
        };
        match (self.bank.act_on_hold(hold, Actor::Terminal(terminal), step.clone()).await, &self.session) {
            // A payment is no terminal's business; the customer at the terminal may be its payee.
            (Err(Error::Declined(Decline::NoSuchHold)), Some(session))
                if matches!(step, HoldAction::Void) =>
            {
                session.act_on_hold(hold, step).await
            }
            (settled, _) => settled,
        }
    }

    async fn enter(&mut self, login: TerminalLoginParams) -> Result<TerminalLoginResult, RpcError> {
        self.without_session().await?;
        let entered = self.bank.enter_terminal(&login.terminal, login.key).await;
        let bank = entered.map_err(|error| RpcError::from(&error))?;
        let terminal: TerminalId = login.terminal.parse().map_err(|_| RpcError::new(Code::BadTerminal))?;
        (self.bank, self.terminal) = (bank, Some(terminal));
        let dispense_seconds_max = self.bank.policy().dispense_time_max.as_secs();
        Ok(TerminalLoginResult { terminal, dispense_seconds_max })
    }

    async fn log_in(&mut self, login: LoginParams) -> Result<LoginResult, RpcError> {
        self.without_session().await?;
        let session =
            self.bank.login(&login.account, login.secret).await.map_err(|error| RpcError::from(&error))?;
        let policy = self.bank.policy();
        let logged_in = LoginResult {
            account: *session.account(),
            currency: session.currency().into(),
            idle_seconds_max: policy.session_idle_max.as_secs(),
            session_seconds_max: policy.session_time_max.as_secs(),
            must_change: session.must_change_secret(),
        };
        (self.session, self.end_reported) = (Some(session), false);
        Ok(logged_in)
    }

    /// Refuses while there is a session. A session that is over without the client having
    /// noticed bars nobody.
    async fn without_session(&mut self) -> Result<(), RpcError> {
        if let Some(session) = &self.session {
            match session.balance().await {
                Err(error) if ends_session(&error) => self.session = None,
                _ => return Err(RpcError::new(Code::AlreadyLoggedIn)),
            }
        }
        Ok(())
    }
}

/// Whether the session that met `error` is over.
fn ends_session(error: &Error) -> bool {
    matches!(error, Error::Declined(Decline::SessionExpired | Decline::Locked))
}

async fn in_session(session: &Session, id: &RequestId, request: Request) -> Result<Vec<u8>, Error> {
    match request {
        Request::Balance(BalanceParams { at: None }) => encoded(id, session.balance().await),
        Request::Balance(BalanceParams { at: Some(at) }) => encoded(id, session.balance_at(at).await),
        Request::Deposit(DepositParams { transaction, amount, notes }) => {
            let amount = amount_of(session, &amount).await?;
            encoded(id, session.deposit(Deposit::new(transaction, amount).notes(notes)).await)
        }
        Request::Withdraw(WithdrawParams { transaction, amount }) => {
            let amount = amount_of(session, &amount).await?;
            encoded(id, session.withdraw(Withdrawal::new(transaction, amount)).await)
        }
        Request::Transfer(TransferParams { transaction, to, amount, memo }) => {
            let (amount, to) = (amount_of(session, &amount).await?, payee(session, &to).await?);
            let from = *session.account();
            encoded(id, session.transfer(TransferOrder { transaction, from, to, amount, memo }.into()).await)
        }
        Request::TransferBatch(params) => encoded(id, transfer_batch(session, params).await),
        Request::Authorise(AuthoriseParams { hold, to, amount, memo, duration_seconds }) => {
            let (amount, to) = (amount_of(session, &amount).await?, payee(session, &to).await?);
            let new = NewHold::new(hold, amount).to(to).lasts(Duration::from_secs(duration_seconds.into()));
            let new = memo.into_iter().fold(new, NewHold::memo);
            encoded(id, session.authorise(new).await)
        }
        Request::AuthoriseCash(AuthoriseCashParams { hold, amount }) => {
            let amount = amount_of(session, &amount).await?;
            encoded(id, session.authorise_cash(Withdrawal::new(hold, amount)).await)
        }
        Request::Capture(CaptureParams { hold, amount }) => {
            let amount = match amount {
                Some(amount) => Some(amount_of(session, &amount).await?),
                None => None,
            };
            encoded(id, session.act_on_hold(hold, HoldAction::Capture { amount }).await)
        }
        Request::Statement(StatementParams { limit, before, from, to }) => {
            let limit = size(limit, STATEMENT_ENTRIES_DEFAULT);
            encoded(id, session.statement(StatementQuery { limit, before, from, to }).await)
        }
        Request::ChangeSecret(change) => {
            encoded(id, session.change_secret(change.old, change.new).await.map(|()| EmptyResult {}))
        }
        Request::Hello(_)
        | Request::TerminalLogin(_)
        | Request::Login(_)
        | Request::OrderDispense(_)
        | Request::Void(_)
        | Request::ReportDispense(_)
        | Request::Ping(_)
        | Request::Logout(_) => unreachable!("carried out without a session"),
    }
}

/// An amount. A session that is over gets that answer before what it asked is looked at.
async fn amount_of(session: &Session, text: &str) -> Result<Amount, Error> {
    match read(text) {
        Ok(amount) => Ok(amount),
        Err(decline) => session.balance().await.and(Err(decline.into())),
    }
}

/// The payee of this name, with the same order of answers.
async fn payee(session: &Session, name: &str) -> Result<AccountId, Error> {
    match name.parse() {
        Ok(payee) => Ok(payee),
        Err(_) => session.balance().await.and(Err(Decline::NoSuchPayee.into())),
    }
}

async fn transfer_batch(
    session: &Session,
    params: TransferBatchParams,
) -> Result<TransferBatchResult, Error> {
    let payer = session.account();
    let transfers = read_transfers(params.transfers, |TransferParams { transaction, to, amount, memo }| {
        let to = to.parse().map_err(|_| Decline::NoSuchPayee)?;
        Ok(TransferOrder { transaction, from: *payer, to, amount: read(&amount)?, memo })
    });
    match transfers {
        Ok(transfers) => {
            let batch = transfers.into_iter().map(Into::<Transfer>::into).collect();
            let is_dry_run = params.dry_run.unwrap_or(false);
            receipts(if is_dry_run {
                session.dry_run(batch).await
            } else {
                session.transfer_batch(batch).await
            })
        }
        Err(decline) => {
            // What is refused before the ledger is asked is a request of the session all the same.
            session.balance().await?;
            Err(decline.into())
        }
    }
}
