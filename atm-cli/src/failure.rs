//! Why something did not work, and what the exit code says about it.

use std::fmt;

use bank_engine::client::ClientError;
use bank_engine::explain::explain;
use bank_engine::protocol::{Code, Refusal};
use bank_engine::transport::TransportError;

/// The bank refused.
pub const DECLINED: u8 = 1;
/// The arguments or the input make no sense.
pub const USAGE: u8 = 2;
/// The bank could not be reached, is not trusted, or the line was lost.
pub const NO_LINE: u8 = 3;
/// The account or PIN is wrong, or the account is locked.
pub const NO_ACCESS: u8 = 4;
/// The account is in use, or the bank is busy or shutting down: try again later.
pub const BUSY: u8 = 5;
/// Ended by Ctrl-C.
pub const INTERRUPTED: u8 = 130;

/// Why something did not work, in words for the customer.
#[derive(Debug)]
pub struct Failure {
    exit_code: u8,
    message: String,
    refusal: Option<Refusal>,
}

impl Failure {
    /// A failure with words of its own.
    pub fn new(exit_code: u8, message: impl Into<String>) -> Failure {
        Failure { exit_code, message: message.into(), refusal: None }
    }

    /// Wrong arguments or input.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure::new(USAGE, message)
    }

    /// This machine can't do it.
    pub fn local(message: impl Into<String>) -> Failure {
        Failure::new(NO_LINE, message)
    }

    /// What `atm` ends with.
    pub fn exit_code(&self) -> u8 {
        self.exit_code
    }

    /// What the bank said, if it was the bank that refused.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    /// Whether the conversation with the bank is over.
    pub fn lost_line(&self) -> bool {
        let last_word = self.refusal.as_ref().and_then(Refusal::known_code) == Some(Code::ShuttingDown);
        last_word || (self.refusal.is_none() && self.exit_code == NO_LINE)
    }

    /// Whether it is unknown if the bank did as asked.
    pub fn is_unclear(&self) -> bool {
        let storage = self.refusal.as_ref().and_then(Refusal::known_code) == Some(Code::StorageFailed);
        storage || (self.refusal.is_none() && self.exit_code == NO_LINE)
    }

    /// Whether the session is over and the customer must log in again.
    pub fn ends_session(&self) -> bool {
        let code = self.refusal.as_ref().and_then(Refusal::known_code);
        matches!(code, Some(Code::SessionExpired | Code::NotLoggedIn | Code::Locked))
    }

    /// The same failure with more to say.
    #[must_use]
    pub fn and(mut self, more: impl fmt::Display) -> Failure {
        self.message = format!("{}; {more}", self.message);
        self
    }

    /// The failure for programs: `{"error":{"code":…,"message":…,"data":…}}`, the code `null`
    /// where it was not the bank that refused.
    pub fn json(&self) -> serde_json::Value {
        let refusal = self.refusal.as_ref();
        let mut error =
            serde_json::json!({ "code": refusal.map(|refusal| refusal.code), "message": self.message });
        if let (Some(data), Some(members)) =
            (refusal.and_then(|refusal| refusal.data.clone()), error.as_object_mut())
        {
            members.insert("data".to_owned(), data);
        }
        serde_json::json!({ "error": error })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Refused(refusal) => {
                let exit_code = match refusal.known_code() {
                    Some(Code::BadCredentials | Code::Locked) => NO_ACCESS,
                    Some(Code::AccountInUse | Code::RateLimited | Code::ShuttingDown | Code::Overloaded) => {
                        BUSY
                    }
                    _ => DECLINED,
                };
                let message = format!("{} (code {})", refusal.message, refusal.code);
                Failure { exit_code, message, refusal: Some(refusal) }
            }
            error => Failure::new(NO_LINE, explain(&error)),
        }
    }
}

impl From<TransportError> for Failure {
    fn from(error: TransportError) -> Self {
        Failure::new(NO_LINE, explain(&error))
    }
}
