//! What customers ask, and what they are answered.

use serde::{Deserialize, Serialize};

use super::methods::methods;
use super::strict::{notes, objects};
use super::{
    AuthoriseCashParams, AuthoriseParams, CaptureParams, HelloParams, HoldParams, NoParams,
    ReportDispenseParams, TerminalLoginParams,
};
use crate::account::AccountId;
use crate::auth::Secret;
use crate::ledger::{Memo, Receipt, TransactionId};
#[cfg(feature = "schema")]
use crate::money::Amount;
use crate::money::Currency;
use crate::notes::NoteCount;
use crate::time::Timestamp;

/// Transfers of a transfer batch in one request: the receipts of so many fit a frame.
pub const REQUEST_TRANSFERS_MAX: usize = 256;

methods! {
    /// What a customer or a terminal asks.
    Request {
        /// Who speaks, and in which versions. Always first.
        Hello(HelloParams) = "hello",
        /// To stand at a terminal, which proves who it is.
        TerminalLogin(TerminalLoginParams) = "terminal.login",
        /// To take hold of an account.
        Login(LoginParams) = "login",
        /// What the account stands at, or stood at.
        Balance(BalanceParams) = "balance",
        /// To pay cash in.
        Deposit(DepositParams) = "deposit",
        /// To draw cash.
        Withdraw(WithdrawParams) = "withdraw",
        /// To pay another customer.
        Transfer(TransferParams) = "transfer",
        /// To make transfers, all of them or none.
        TransferBatch(TransferBatchParams) = "transfer_batch",
        /// To set money aside for a payment.
        Authorise(AuthoriseParams) = "authorise",
        /// To take a payment that was authorised.
        Capture(CaptureParams) = "capture",
        /// To give up a hold.
        Void(HoldParams) = "void",
        /// To set money aside for cash to be paid out.
        AuthoriseCash(AuthoriseCashParams) = "authorise_cash",
        /// To report that the cash is about to be paid out.
        OrderDispense(HoldParams) = "order_dispense",
        /// To report what came out.
        ReportDispense(ReportDispenseParams) = "report_dispense",
        /// A page of entries.
        Statement(StatementParams) = "statement",
        /// To replace the secret.
        ChangeSecret(ChangeSecretParams) = "change_secret",
        /// Whether anybody is there.
        Ping(NoParams) = "ping",
        /// To free the account.
        Logout(NoParams) = "logout",
    }
}

/// Parameters of `login`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LoginParams {
    /// The account's name.
    #[cfg_attr(feature = "schema", schemars(with = "AccountId"))]
    pub account: String,
    /// Its PIN or password.
    pub secret: Secret,
}

/// Result of `login`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LoginResult {
    /// The account in hand.
    pub account: AccountId,
    /// What it counts in.
    pub currency: Currency,
    /// Seconds without a request after which the session is over.
    pub idle_seconds_max: u64,
    /// Seconds after which it is over in any case.
    pub session_seconds_max: u64,
    /// Whether the secret is to be changed before anything else; left out where not.
    #[serde(default, skip_serializing_if = "is_false")]
    pub must_change: bool,
}

// serde asks with a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_false(value: &bool) -> bool {
    !value
}

/// Parameters of `balance`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BalanceParams {
    /// The instant asked about; now unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// Parameters of `deposit`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DepositParams {
    /// The client's id for the movement.
    pub transaction: TransactionId,
    /// How much, as decimal text.
    #[cfg_attr(feature = "schema", schemars(with = "Amount"))]
    pub amount: String,
    /// Which notes; needed where the terminal counts them.
    #[serde(default, deserialize_with = "notes", skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<NoteCount>,
}

/// Parameters of `withdraw`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WithdrawParams {
    /// The client's id for the movement.
    pub transaction: TransactionId,
    /// How much, as decimal text.
    #[cfg_attr(feature = "schema", schemars(with = "Amount"))]
    pub amount: String,
}

/// Parameters of `transfer`, and one of those of `transfer_batch`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TransferParams {
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

/// Parameters of `transfer_batch`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TransferBatchParams {
    /// The transfers, in the order in which they are made; 1 to 256.
    #[serde(deserialize_with = "objects")]
    pub transfers: Vec<TransferParams>,
    /// Whether To report only what would happen; `false` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
}

/// Result of `transfer_batch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TransferBatchResult {
    /// A receipt for each transfer, in their order.
    pub receipts: Vec<Receipt>,
}

/// Parameters of `statement`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StatementParams {
    /// Entries at most, held to 1 to 50; 10 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Only entries with lower numbers: the `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// Only entries made then or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Only entries made then or earlier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
}

/// Parameters of `change_secret`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChangeSecretParams {
    /// The present PIN or password.
    pub old: Secret,
    /// The one to replace it.
    pub new: Secret,
}
