//! The customers' methods: their table, parameters and results.

use serde::{Deserialize, Serialize};

use super::methods::methods;
use super::strict::{notes, objects};
use super::{
    AuthoriseCashParams, AuthoriseParams, CaptureParams, HelloParams, HoldParams, NoParams,
    ReportDispenseParams, TerminalLoginParams,
};
#[cfg(feature = "schema")]
use super::{EmptyResult, HelloResult, TerminalLoginResult};
use crate::account::AccountId;
use crate::auth::Secret;
#[cfg(feature = "schema")]
use crate::ledger::{Authorisation, Balance, Settlement, Statement};
use crate::ledger::{Memo, Receipt, TransactionId};
#[cfg(feature = "schema")]
use crate::money::Amount;
use crate::money::CurrencyCode;
use crate::notes::NoteCount;
use crate::time::Timestamp;

/// Transfers of a transfer batch in one request: the receipts of so many fit a frame.
pub const REQUEST_TRANSFERS_MAX: usize = 256;

methods! {
    /// A request of a customer or a terminal.
    Request {
        /// Says which client connects and which versions it speaks. Always the first request.
        Hello(HelloParams) -> HelloResult = "hello",
            [&[UnsupportedVersion]];
        /// Proves with its key which terminal this channel is from.
        TerminalLogin(TerminalLoginParams) -> TerminalLoginResult = "terminal.login",
            [AFTER_HELLO, &[AlreadyLoggedIn, BadTerminal], CHECKS_SECRET, READS];
        /// Logs in to an account, which is in this channel's hands until it logs out.
        Login(LoginParams) -> LoginResult = "login",
            [AFTER_HELLO, &[AlreadyLoggedIn, BadTerminal, BadCredentials, Locked, AccountInUse, Closed], CHECKS_SECRET, WRITES];
        /// Returns the account's balance, now or at an earlier instant.
        Balance(BalanceParams) -> Balance = "balance",
            [IN_SESSION, READS];
        /// Pays cash in.
        Deposit(DepositParams) -> Receipt = "deposit",
            [IN_SESSION, &[IdReused, BadAmount, TerminalDisabled, Frozen, Closed, BadNotes, LimitPassed, NotesUnsuited, NoSuchCurrency], WRITES];
        /// Pays cash out.
        Withdraw(WithdrawParams) -> Receipt = "withdraw",
            [IN_SESSION, CASH_OUT, &[NotesCounted], WRITES];
        /// Transfers money to another customer.
        Transfer(TransferParams) -> Receipt = "transfer",
            [IN_SESSION, TRANSFER, &[LimitPassed], WRITES];
        /// Makes transfers to other customers, all of them or none.
        TransferBatch(TransferBatchParams) -> TransferBatchResult = "transfer_batch",
            [IN_SESSION, &[BadTransferBatch, IdTwice], TRANSFER, &[LimitPassed], WRITES];
        /// Puts money on hold for a payment, which the payee may capture.
        Authorise(AuthoriseParams) -> Authorisation = "authorise",
            [IN_SESSION, TRANSFER, &[LimitPassed], OVER, &[TooManyHolds], WRITES];
        /// Takes a payment that was authorised, whole or in part.
        Capture(CaptureParams) -> Settlement = "capture",
            [IN_SESSION, &[BadAmount, Frozen, LimitPassed, NoSuchHold], OVER, &[HoldExceeded, DispenseSuspect, WrongStep], WRITES];
        /// Gives up a hold.
        Void(HoldParams) -> Settlement = "void",
            [IN_SESSION, &[NoSuchHold, HoldCaptured, HoldExpired, DispenseOrdered, DispenseSuspect], WRITES];
        /// Puts money on hold for cash to be dispensed.
        AuthoriseCash(AuthoriseCashParams) -> Authorisation = "authorise_cash",
            [IN_SESSION, CASH_OUT, &[NotesUnavailable, LimitPassed], OVER, &[TooManyHolds], WRITES];
        /// Reports that the cash is about to be dispensed.
        OrderDispense(HoldParams) -> Settlement = "order_dispense",
            [IN_SESSION, &[NoSuchHold], OVER, &[TerminalDisabled, Frozen, DispenseSuspect, WrongStep], WRITES];
        /// Reports how much cash was dispensed.
        ReportDispense(ReportDispenseParams) -> Settlement = "report_dispense",
            [IN_SESSION, &[BadAmount, BadNotes, LimitPassed, NoSuchHold], OVER, &[HoldExceeded, DispenseNotOrdered, DispenseSuspect, WrongStep], WRITES];
        /// Returns a page of the account's entries, newest first.
        Statement(StatementParams) -> Statement = "statement",
            [IN_SESSION, READS];
        /// Replaces the PIN or password.
        ChangeSecret(ChangeSecretParams) -> EmptyResult = "change_secret",
            [AFTER_HELLO, &[NotLoggedIn, BadTerminal, WeakSecret, SessionExpired, Locked, BadCredentials], CHECKS_SECRET, WRITES];
        /// Checks that the server answers.
        Ping(NoParams) -> EmptyResult = "ping",
            [AFTER_HELLO];
        /// Logs out, which frees the account.
        Logout(NoParams) -> EmptyResult = "logout",
            [AFTER_HELLO, &[NotLoggedIn], READS];
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
    /// The account that is logged in.
    pub account: AccountId,
    /// What it counts in.
    pub currency: CurrencyCode,
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
