//! The wire: JSON-RPC 2.0, one message a frame. docs/protocol.md is the contract.
//!
//! This module turns frames into values and back; what the values mean is for [`crate::server`]
//! and [`crate::client`].

mod code;
mod message;
#[cfg(feature = "schema")]
mod openrpc;
#[cfg(feature = "schema")]
mod schema;

use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::auth::Secret;
use crate::ledger::{Memo, TransactionId};
#[cfg(feature = "schema")]
use crate::money::Amount;
use crate::money::Currency;

pub use code::Code;
pub use message::{
    Answer, REQUEST_ID_CHARS_MAX, Refusal, RequestId, Undecodable, decode_answer, decode_request,
    encode_refusal, encode_request, encode_result,
};

#[cfg(feature = "schema")]
pub use openrpc::{OPENRPC_VERSION, errors_of, openrpc};

/// The versions of the protocol that this library speaks, lowest and highest.
pub const VERSIONS: [u32; 2] = [1, 1];

/// What ALPN calls the protocol on TLS and QUIC (RFC 7301).
pub const ALPN: &str = "bank/1";

/// The longest client name in characters.
pub const CLIENT_NAME_CHARS_MAX: usize = 64;

/// What a client asks.
#[derive(Debug, Clone)]
pub enum Request {
    /// Who speaks, and in which versions. Always first.
    Hello(Hello),
    /// To take hold of an account.
    Login(Login),
    /// What the account stands at.
    Balance,
    /// To pay cash in.
    Deposit(Movement),
    /// To draw cash.
    Withdraw(Movement),
    /// To pay another customer.
    Transfer(Transfer),
    /// A page of entries.
    Statement(Statement),
    /// To replace the secret.
    ChangeSecret(ChangeSecret),
    /// Whether anybody is there.
    Ping,
    /// To free the account.
    Logout,
}

/// Parameters of `hello`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Hello {
    /// The lowest and the highest version that the client speaks.
    pub versions: [u32; 2],
    /// The client's name, for the operator's eyes; 1 to 64 characters, no control characters.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = CLIENT_NAME_CHARS_MAX)))]
    pub client: String,
}

/// Result of `hello`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Welcome {
    /// The version that is spoken from now on.
    pub version: u32,
    /// The server's name.
    pub server: String,
}

/// Parameters of `login`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Login {
    /// The account's name.
    #[cfg_attr(feature = "schema", schemars(with = "AccountId"))]
    pub account: String,
    /// Its PIN or password.
    pub secret: Secret,
}

/// Result of `login`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LoggedIn {
    /// The account in hand.
    pub account: AccountId,
    /// What it counts in.
    pub currency: Currency,
    /// Seconds without a request after which the session is over.
    pub idle_seconds_max: u64,
    /// Seconds after which it is over in any case.
    pub session_seconds_max: u64,
}

/// Parameters of `deposit` and `withdraw`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Movement {
    /// The client's id for the movement.
    pub transaction: TransactionId,
    /// How much, as decimal text.
    #[cfg_attr(feature = "schema", schemars(with = "Amount"))]
    pub amount: String,
}

/// Parameters of `transfer`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Transfer {
    /// The client's id for the movement.
    pub transaction: TransactionId,
    /// The payee's account.
    #[cfg_attr(feature = "schema", schemars(with = "AccountId"))]
    pub to: String,
    /// How much, as decimal text.
    #[cfg_attr(feature = "schema", schemars(with = "Amount"))]
    pub amount: String,
    /// A word to the payee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memo: Option<Memo>,
}

/// Parameters of `statement`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Statement {
    /// Entries at most, held to 1 to 50; 10 unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Only entries with lower numbers: the `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
}

/// Parameters of `change_secret`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChangeSecret {
    /// The present PIN or password.
    pub old: Secret,
    /// The one to replace it.
    pub new: Secret,
}

/// Result of `ping`, `change_secret` and `logout`: an object without members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Nothing {}
