//! One channel's conversation: a request in, an answer out.

use serde::Serialize;

use crate::bank::{Bank, BankError, Session};
use crate::ledger::{Decline, STATEMENT_ENTRIES_DEFAULT};
use crate::money::Amount;
use crate::protocol::{
    CLIENT_NAME_CHARS_MAX, Code, Hello, LoggedIn, Login, Movement, Nothing, Refusal, Request, RequestId,
    Statement, Transfer, Undecodable, VERSIONS, Welcome, decode_request, encode_refusal, encode_result,
};

const SERVER_NAME: &str = concat!("bank-engine/", env!("CARGO_PKG_VERSION"));

/// What one client has said so far: nothing, hello, or the name of an account and its secret.
pub(super) struct Conversation {
    bank: Bank,
    greeted: bool,
    session: Option<Session>,
}

impl Conversation {
    pub(super) fn new(bank: Bank) -> Conversation {
        Conversation { bank, greeted: false, session: None }
    }

    /// The answer to a frame. Whatever the frame holds, there is one.
    pub(super) async fn answer(&mut self, frame: &[u8]) -> Vec<u8> {
        match decode_request(frame) {
            Ok((id, request)) => match self.carry_out(&id, request).await {
                Ok(result) => result,
                Err(refusal) => encode_refusal(Some(&id), &refusal),
            },
            Err(Undecodable { id, refusal }) => encode_refusal(id.as_ref(), &refusal),
        }
    }

    /// What to tell a client that said nothing for too long.
    pub(super) fn silence(&self) -> Refusal {
        let code = if self.greeted { Code::SessionExpired } else { Code::HelloRequired };
        Refusal::because(code, "nothing was said for too long; connect again")
    }

    /// Frees the account.
    pub(super) async fn end(&mut self) {
        if let Some(session) = self.session.take() {
            // On a failed store the session's own drop and its idle time are what is left.
            let _ = session.log_out().await;
        }
    }

    async fn carry_out(&mut self, id: &RequestId, request: Request) -> Result<Vec<u8>, Refusal> {
        if let Request::Hello(hello) = request {
            return self.hello(&hello).map(|welcome| encode_result(id, &welcome));
        }
        if !self.greeted {
            return Err(Refusal::new(Code::HelloRequired));
        }
        match request {
            Request::Ping => Ok(encode_result(id, &Nothing {})),
            Request::Login(login) => self.log_in(login).await.map(|logged_in| encode_result(id, &logged_in)),
            Request::Logout => {
                let session = self.session.take().ok_or(Refusal::new(Code::NotLoggedIn))?;
                session.log_out().await.map_err(|error| Refusal::from(&error))?;
                Ok(encode_result(id, &Nothing {}))
            }
            request => {
                let session = self.session.as_ref().ok_or(Refusal::new(Code::NotLoggedIn))?;
                in_session(session, id, request).await.map_err(|error| {
                    if ends_session(&error) {
                        self.session = None;
                    }
                    Refusal::from(&error)
                })
            }
        }
    }

    fn hello(&mut self, hello: &Hello) -> Result<Welcome, Refusal> {
        let [lowest, highest] = hello.versions;
        let named = (1..=CLIENT_NAME_CHARS_MAX).contains(&hello.client.chars().count());
        if self.greeted {
            return Err(Refusal::because(Code::NotARequest, "hello was said before"));
        }
        if lowest > highest || !named || hello.client.chars().any(char::is_control) {
            let form = "bad params: versions are [lowest, highest], client is a name of 1 to 64 characters";
            return Err(Refusal::because(Code::BadParameters, form));
        }
        let version = highest.min(VERSIONS[1]);
        if version < lowest.max(VERSIONS[0]) {
            let data = Some(serde_json::json!({ "versions": VERSIONS }));
            return Err(Refusal { data, ..Refusal::new(Code::UnsupportedVersion) });
        }
        self.greeted = true;
        Ok(Welcome { version, server: SERVER_NAME.to_owned() })
    }

    async fn log_in(&mut self, login: Login) -> Result<LoggedIn, Refusal> {
        if let Some(session) = &self.session {
            // A session that is over without the client having noticed bars nobody.
            match session.balance().await {
                Err(error) if ends_session(&error) => self.session = None,
                _ => return Err(Refusal::new(Code::AlreadyLoggedIn)),
            }
        }
        let session =
            self.bank.login(&login.account, login.secret).await.map_err(|error| Refusal::from(&error))?;
        let policy = self.bank.policy();
        let logged_in = LoggedIn {
            account: *session.account(),
            currency: session.currency(),
            idle_seconds_max: policy.session_idle_max.as_secs(),
            session_seconds_max: policy.session_time_max.as_secs(),
        };
        self.session = Some(session);
        Ok(logged_in)
    }
}

/// Whether the session that met `error` is over.
fn ends_session(error: &BankError) -> bool {
    matches!(error, BankError::Declined(Decline::SessionExpired | Decline::Locked))
}

async fn in_session(session: &Session, id: &RequestId, request: Request) -> Result<Vec<u8>, BankError> {
    fn encoded<T: Serialize>(id: &RequestId, result: Result<T, BankError>) -> Result<Vec<u8>, BankError> {
        result.map(|result| encode_result(id, &result))
    }

    match request {
        Request::Balance => encoded(id, session.balance().await),
        Request::Deposit(Movement { transaction, amount }) => {
            encoded(id, session.deposit(transaction, read(&amount)?).await)
        }
        Request::Withdraw(Movement { transaction, amount }) => {
            encoded(id, session.withdraw(transaction, read(&amount)?).await)
        }
        Request::Transfer(Transfer { transaction, to, amount, memo }) => {
            encoded(id, session.transfer(transaction, &to, read(&amount)?, memo).await)
        }
        Request::Statement(Statement { limit, before }) => {
            let limit =
                limit.map_or(STATEMENT_ENTRIES_DEFAULT, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
            encoded(id, session.statement(limit, before).await)
        }
        Request::ChangeSecret(change) => {
            encoded(id, session.change_secret(change.old, change.new).await.map(|()| Nothing {}))
        }
        Request::Hello(_) | Request::Login(_) | Request::Ping | Request::Logout => {
            unreachable!("carried out without a session")
        }
    }
}

fn read(amount: &str) -> Result<Amount, Decline> {
    amount.parse().map_err(|_| Decline::BadAmount)
}
