//! The wire: JSON-RPC 2.0, one message a frame. docs/protocol.md is the contract.
//!
//! This module turns frames into values and back; what the values mean is for [`crate::server`]
//! and [`crate::client`]. Customers and their terminals ask a [`Request`], the bank's operators an
//! [`AdminRequest`] on a channel of their own.

mod admin;
mod code;
mod customer;
mod declines;
#[cfg(feature = "schema")]
mod error_groups;
mod hold;
mod message;
mod methods;
#[cfg(feature = "schema")]
mod openrpc;
mod request_ids;
mod rpc_error;
#[cfg(feature = "schema")]
mod schema;
mod strict;

use serde::{Deserialize, Serialize};

use crate::account::AccountId;

pub use admin::{
    AccountBalanceParams, AccountParams, AccountStatementParams, AddAccountParams, AddAccountResult,
    AddTerminalParams, AdjustParams, AdminRequest, BatchTransfer, ChangeAccountParams, ChangeKeyParams,
    CloseDayParams, CountCashParams, CurrencyTotals, FreezeParams, FreezeResult, HoldResolution,
    ListAccountsParams, ListHoldsParams, ListTerminalsParams, LoadCashParams, ResetSecretParams,
    ResolveHoldParams, ReverseParams, SetLimitsParams, TerminalParams, ThawParams, TransferBatchPartParams,
    TransferBatchPartResult, TrialBalanceResult, UnloadCashParams,
};
pub(crate) use admin::{admin_methods, params, results};
pub use code::Code;
pub use customer::{
    BalanceParams, ChangeSecretParams, DepositParams, LoginParams, LoginResult, REQUEST_TRANSFERS_MAX,
    Request, StatementParams, TransferBatchParams, TransferBatchResult, TransferParams, WithdrawParams,
};
pub use hold::{
    AuthoriseCashParams, AuthoriseParams, CaptureParams, HoldParams, ReportDispenseParams,
    TerminalLoginParams, TerminalLoginResult,
};
pub use message::{
    Answer, DecodeError, REQUEST_ID_CHARS_MAX, RequestId, decode_admin_request, decode_answer,
    decode_request, encode_admin_request, encode_notification, encode_refusal, encode_request, encode_result,
};
pub use rpc_error::RpcError;

#[cfg(feature = "schema")]
pub use openrpc::{OPENRPC_VERSION, errors_of, openrpc};

/// The versions of the protocol that this library speaks, lowest and highest.
pub const VERSIONS: [u32; 2] = [1, 1];

/// What ALPN calls the protocol on TLS and QUIC (RFC 7301).
pub const ALPN: &str = "bank/1";

/// The longest client name in characters.
pub const CLIENT_NAME_CHARS_MAX: usize = 64;

/// Parameters of `hello`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HelloParams {
    /// The lowest and the highest version that the client speaks.
    pub versions: [u32; 2],
    /// The client's name, for the operator's eyes; 1 to 64 characters, no control characters.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = CLIENT_NAME_CHARS_MAX)))]
    pub client: String,
    /// Whether the client takes [notifications](Notification); not where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notifications: Option<bool>,
}

/// What a server says unasked to a client that takes notifications: a JSON-RPC notification.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notification {
    /// `session_ended`: the session was idle or open for too long, and its account is free. The next
    /// request of the session is answered with 1106 all the same.
    SessionEnded {
        /// The account.
        account: AccountId,
    },
}

/// Result of `hello`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HelloResult {
    /// The version that is spoken from now on.
    pub version: u32,
    /// The server's name.
    pub server: String,
}

/// Parameters of methods that have none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NoParams {}

/// Result of methods that have no other result: an object without members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EmptyResult {}
