//! Handles one channel: reads a request, has it answered, and writes the answer.

use super::customer::Customer;
use super::operator::OperatorHandler;
use crate::bank::Bank;
use crate::operator::Operator;
use crate::protocol::{
    AdminRequest, CLIENT_NAME_CHARS_MAX, Code, DecodeError, EmptyResult, HelloParams, HelloResult,
    Notification, Request, RequestId, RpcError, VERSIONS, decode_admin_request, decode_request,
    encode_notification, encode_refusal, encode_result,
};

const SERVER_NAME: &str = concat!("bank-engine/", env!("CARGO_PKG_VERSION"));

/// Who is at the other end, as far as the listener knows: it settles which methods there are.
#[derive(Debug, Clone)]
pub(super) enum Role {
    /// Customers, and the terminals that they use.
    Customer,
    /// Somebody who acts for the bank.
    Operator(Operator),
}

/// What one client has said so far: nothing, hello, or more than that.
pub(super) struct ChannelHandler {
    handshake_done: bool,
    /// Whether the client takes notifications.
    takes_notifications: bool,
    speaker: Peer,
}

enum Peer {
    Customer(Customer),
    Operator(OperatorHandler),
}

impl ChannelHandler {
    pub(super) fn new(bank: Bank, role: Role) -> ChannelHandler {
        let speaker = match role {
            Role::Customer => Peer::Customer(Customer::new(bank)),
            Role::Operator(operator) => Peer::Operator(OperatorHandler::new(bank, operator)),
        };
        ChannelHandler { handshake_done: false, takes_notifications: false, speaker }
    }

    /// The answer to a frame. Whatever the frame holds, there is one.
    pub(super) async fn answer(&mut self, frame: &[u8]) -> Vec<u8> {
        let decoded = match &self.speaker {
            Peer::Customer(_) => {
                decode_request(frame).map(|(id, request)| (id, IncomingRequest::Customer(request)))
            }
            Peer::Operator(..) => {
                decode_admin_request(frame).map(|(id, request)| (id, IncomingRequest::Operator(request)))
            }
        };
        match decoded {
            Ok((id, incoming)) => match self.handle(&id, incoming).await {
                Ok(result) => result,
                Err(error) => encode_refusal(Some(&id), &error),
            },
            Err(DecodeError { id, error }) => {
                if let Peer::Operator(operator) = &mut self.speaker {
                    operator.drop_parts();
                }
                encode_refusal(id.as_ref(), &error)
            }
        }
    }

    /// The error for a client that said nothing for too long.
    pub(super) fn silence(&self) -> RpcError {
        match self.handshake_done {
            true => RpcError::because(
                Code::SessionExpired,
                "the session is over: nothing was said for too long; connect again",
            ),
            false => RpcError::because(
                Code::HelloRequired,
                "hello must come first, and did not come in time; connect again",
            ),
        }
    }

    /// What is to be said to the client unasked. Waits until there is something, and drops what the
    /// client does not take. Cancel-safe.
    pub(super) async fn notification(&mut self) -> Vec<u8> {
        let Peer::Customer(customer) = &mut self.speaker else { return std::future::pending().await };
        loop {
            let account = customer.timed_out().await;
            if self.takes_notifications {
                return encode_notification(&Notification::SessionEnded { account });
            }
        }
    }

    /// Frees the account.
    pub(super) async fn end(&mut self) {
        if let Peer::Customer(customer) = &mut self.speaker {
            customer.end().await;
        }
    }

    async fn handle(&mut self, id: &RequestId, incoming: IncomingRequest) -> Result<Vec<u8>, RpcError> {
        let said = match &incoming {
            IncomingRequest::Customer(Request::Hello(hello))
            | IncomingRequest::Operator(AdminRequest::Hello(hello)) => Some(hello),
            _ => None,
        };
        if let Some(hello) = said {
            return self.hello(hello).map(|welcome| encode_result(id, &welcome));
        }
        if !self.handshake_done {
            return Err(RpcError::new(Code::HelloRequired));
        }
        match (&mut self.speaker, incoming) {
            (
                _,
                IncomingRequest::Customer(Request::Ping(_))
                | IncomingRequest::Operator(AdminRequest::Ping(_)),
            ) => Ok(encode_result(id, &EmptyResult {})),
            (Peer::Customer(customer), IncomingRequest::Customer(request)) => {
                customer.handle(id, request).await
            }
            (Peer::Operator(operator), IncomingRequest::Operator(request)) => {
                operator.handle(id, request).await
            }
            _ => Err(RpcError::new(Code::NoSuchMethod)),
        }
    }

    fn hello(&mut self, hello: &HelloParams) -> Result<HelloResult, RpcError> {
        let [lowest, highest] = hello.versions;
        let named = (1..=CLIENT_NAME_CHARS_MAX).contains(&hello.client.chars().count());
        if self.handshake_done {
            return Err(RpcError::because(Code::NotARequest, "hello was said before"));
        }
        if lowest > highest || !named || hello.client.chars().any(char::is_control) {
            let form = "bad params: versions are [lowest, highest], client is a name of 1 to 64 characters";
            return Err(RpcError::because(Code::BadParameters, form));
        }
        let version = highest.min(VERSIONS[1]);
        if version < lowest.max(VERSIONS[0]) {
            return Err(RpcError::new(Code::UnsupportedVersion).with("versions", VERSIONS.to_vec()));
        }
        self.handshake_done = true;
        self.takes_notifications = hello.notifications == Some(true);
        Ok(HelloResult { version, server: SERVER_NAME.to_owned() })
    }
}

enum IncomingRequest {
    Customer(Request),
    Operator(AdminRequest),
}

#[cfg(test)]
mod tests;
