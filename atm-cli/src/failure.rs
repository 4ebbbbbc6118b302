//! The ATM's errors, and the exit code of each.

use std::fmt::{self, Write};

use bank_engine::client::ClientError;
use bank_engine::error_chain::error_chain;
use bank_engine::protocol::{Code, RpcError};
use bank_engine::transport::TransportError;
use bank_engine_cli_support::exit::{self, HUNG_UP, INTERRUPTED, NO_LINE, TERMINATED, USAGE};

use crate::in_flight::{OutcomeUnknown, Remedy};

/// Why something did not work, in words for the customer.
#[derive(Debug)]
pub struct Failure {
    exit_code: u8,
    message: String,
    error: Option<RpcError>,
    /// Whether the conversation with the bank goes on though it is not known what came of this.
    goes_on: bool,
    unclear: Option<Box<OutcomeUnknown>>,
}

impl Failure {
    /// A failure with words of its own.
    pub fn new(exit_code: u8, message: impl Into<String>) -> Failure {
        Failure { exit_code, message: message.into(), error: None, goes_on: false, unclear: None }
    }

    /// Wrong arguments or input.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure::new(USAGE, message)
    }

    /// This machine can't do it.
    pub fn local(message: impl Into<String>) -> Failure {
        Failure::new(NO_LINE, message)
    }

    /// It is known that it is not known what came of it, and the bank knows as much.
    pub(crate) fn unknown(message: impl Into<String>) -> Failure {
        Failure { goes_on: true, ..Failure::new(NO_LINE, message) }
    }

    /// Ended from outside; what has no answer yet goes with it.
    pub fn interrupted(exit_code: u8, unclear: Option<OutcomeUnknown>) -> Failure {
        let message = match unclear {
            Some(_) => "interrupted before the bank had answered",
            None => "interrupted; no account is held any more",
        };
        Failure { unclear: unclear.map(Box::new), ..Failure::new(exit_code, message) }
    }

    /// What `atm` ends with.
    pub fn exit_code(&self) -> u8 {
        self.exit_code
    }

    /// What the bank said, if it was the bank that refused.
    pub fn error(&self) -> Option<&RpcError> {
        self.error.as_ref()
    }

    /// Whether somebody ended it from outside.
    pub fn is_interruption(&self) -> bool {
        matches!(self.exit_code, HUNG_UP | INTERRUPTED | TERMINATED)
    }

    /// Whether the conversation with the bank is over.
    pub fn lost_line(&self) -> bool {
        self.code() == Some(Code::ShuttingDown) || self.is_silence()
    }

    /// Whether a request that ended so may have been carried out.
    pub(crate) fn leaves_open(&self) -> bool {
        self.code() == Some(Code::StorageFailed) || self.is_silence()
    }

    /// Whether asking again in a moment may end otherwise.
    pub(crate) fn may_pass(&self) -> bool {
        let passing = [Code::StorageFull, Code::Overloaded, Code::RateLimited, Code::ShuttingDown];
        self.leaves_open() || self.code().is_some_and(|code| passing.contains(&code))
    }

    /// Whether the bank says that a hold is over, or is none.
    pub(crate) fn is_over(&self) -> bool {
        let over = [Code::NoSuchHold, Code::HoldCaptured, Code::HoldVoided, Code::HoldExpired];
        self.code().is_some_and(|code| over.contains(&code))
    }

    /// Whether there was no answer.
    fn is_silence(&self) -> bool {
        self.error.is_none() && self.exit_code == NO_LINE && !self.goes_on
    }

    /// The code of the bank's refusal.
    pub(crate) fn code(&self) -> Option<Code> {
        self.error.as_ref().and_then(RpcError::known_code)
    }

    /// The same failure, of a movement that may have been made.
    pub(crate) fn unclear(self, unclear: OutcomeUnknown) -> Failure {
        Failure { unclear: Some(Box::new(unclear)), ..self }
    }

    /// The movement that may have been made.
    pub fn open_movement(&self) -> Option<&OutcomeUnknown> {
        self.unclear.as_deref()
    }

    /// Whether a movement that was asked for again under the same id is known not to have been made:
    /// the bank answers a known id before it asks any rule, so a rule's refusal settles it, and so does
    /// what it says of a hold.
    pub fn settles(&self) -> bool {
        self.error
            .as_ref()
            .is_some_and(|error| (1200..1400).contains(&error.code) || (1600..1700).contains(&error.code))
    }

    /// Whether the session is over and the customer must log in again.
    pub fn ends_session(&self) -> bool {
        matches!(self.code(), Some(Code::SessionExpired | Code::NotLoggedIn | Code::Locked))
    }

    /// The same failure with more to say.
    #[must_use]
    pub fn and(mut self, more: impl fmt::Display) -> Failure {
        self.message = format!("{}; {more}", self.message);
        self
    }

    /// The failure with how to find out what became of the movement, where that is unknown.
    pub fn in_full(&self) -> String {
        match self.unclear.as_deref() {
            None => self.to_string(),
            Some(OutcomeUnknown { remedy: Remedy::Wait(explanation), .. }) => {
                format!("{self}; {explanation}")
            }
            Some(OutcomeUnknown { remedy: Remedy::Ask(command), .. }) => format!(
                "{self}; it is not known whether the money moved. Ask again with the same id, and it moves \
                 once at most: {command}"
            ),
        }
    }

    /// The failure for programs: `{"error":{"code":…,"message":…,"data":…}}`, the code `null`
    /// where it was not the bank that refused. Where it is not known whether money moved, the data
    /// is `{"transaction":…}`: the id to ask again with.
    pub fn json(&self) -> serde_json::Value {
        let error = self.error.as_ref();
        let data = match &self.unclear {
            Some(unclear) => Some(serde_json::json!({ "transaction": unclear.transaction })),
            None => error.and_then(|error| error.data.clone()),
        };
        exit::error_json(error.map(|error| error.code), &self.in_full(), data)
    }
}

/// What to do about a refusal, where the bank's words leave it open.
fn advice(code: Code) -> Option<&'static str> {
    match code {
        Code::BadCredentials => Some("check both and try again"),
        Code::NoSuchPayee => Some("check how it is written"),
        Code::SameAccount => Some("name another account"),
        Code::OtherCurrency => Some("ask the bank"),
        Code::LimitPassed => Some("move a smaller amount"),
        Code::MustChangeSecret => Some("run: atm pin change"),
        Code::BadTerminal => Some("check --terminal and --key-file"),
        Code::NoSuchHold => Some("check how it is written, and whose it is"),
        _ => None,
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Words from the network must not steer the terminal.
        self.message.chars().try_for_each(|c| f.write_char(if c.is_control() { ' ' } else { c }))
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Refused(error) => {
                let exit_code = exit::of_refusal(error.known_code());
                let mut message = format!("{} (code {})", error.message, error.code);
                if let Some(advice) = error.known_code().and_then(advice) {
                    message = format!("{message}; {advice}");
                }
                Failure { error: Some(error), ..Failure::new(exit_code, message) }
            }
            error => Failure::new(NO_LINE, error_chain(&error)),
        }
    }
}

impl From<TransportError> for Failure {
    fn from(error: TransportError) -> Self {
        Failure::new(NO_LINE, error_chain(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_rules_refusal_settles_a_movement_asked_for_again() {
        let refused = |code| Failure::from(ClientError::Refused(RpcError::new(code)));
        for settling in
            [Code::InsufficientFunds, Code::Frozen, Code::OutOfCash, Code::IdReused, Code::NoSuchHold]
        {
            assert!(refused(settling).settles(), "{settling:?}");
        }
        let open = [
            Code::SessionExpired,
            Code::NotLoggedIn,
            Code::ShuttingDown,
            Code::Overloaded,
            Code::StorageFailed,
            Code::StorageFull,
        ];
        for code in open {
            assert!(!refused(code).settles(), "{code:?}");
        }
        assert!(!Failure::from(ClientError::Broken).settles());
    }
}
