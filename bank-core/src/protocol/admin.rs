//! What the bank's operators ask, and what they are answered.

mod accounts;
mod terminals;

use serde::{Deserialize, Serialize};

use super::methods::methods;
use super::strict::{notes_or_none, objects, word, word_or_none};
use super::{HelloParams, NoParams};
#[cfg(feature = "schema")]
use crate::account::AccountId;
use crate::account::TerminalId;
use crate::ledger::{HoldState, Memo, Receipt, TransactionId, UndispensedNotes};
#[cfg(feature = "schema")]
use crate::money::Amount;
use crate::money::Currency;
use crate::notes::NoteCount;
use crate::time::Timestamp;

pub use accounts::{
    AddAccountParams, AddAccountResult, ChangeAccountParams, FreezeParams, FreezeResult, ResetSecretParams,
    SetLimitsParams, ThawParams,
};
pub use terminals::{
    AddTerminalParams, ChangeKeyParams, CloseDayParams, CountCashParams, ListTerminalsParams, LoadCashParams,
    TerminalParams, UnloadCashParams,
};

methods! {
    /// What an operator asks. Who it is the server knows by the channel.
    AdminRequest {
        /// Who speaks, and in which versions. Always first.
        Hello(HelloParams) = "hello",
        /// Whether anybody is there.
        Ping(NoParams) = "ping",
        /// To open an account.
        AddAccount(AddAccountParams) = "admin.account.add",
        /// All about an account but its secret.
        ShowAccount(AccountParams) = "admin.account.show",
        /// Accounts in the order in which they were opened.
        ListAccounts(ListAccountsParams) = "admin.account.list",
        /// To forbid movements of an account.
        Freeze(FreezeParams) = "admin.account.freeze",
        /// To take freezes off an account.
        Thaw(ThawParams) = "admin.account.thaw",
        /// To close an account.
        Close(ChangeAccountParams) = "admin.account.close",
        /// To open a closed account again.
        Reopen(ChangeAccountParams) = "admin.account.reopen",
        /// To change some limits of an account.
        SetLimits(SetLimitsParams) = "admin.account.set_limits",
        /// To give an account a secret that its owner has to change.
        ResetSecret(ResetSecretParams) = "admin.account.reset_secret",
        /// To forget the tries charged to an account.
        Unlock(ChangeAccountParams) = "admin.account.unlock",
        /// A page of an account's entries.
        Statement(AccountStatementParams) = "admin.account.statement",
        /// What an account stands at, or stood at.
        Balance(AccountBalanceParams) = "admin.account.balance",
        /// The accounts that are in use.
        ListSessions(ListAccountsParams) = "admin.session.list",
        /// To end the session that holds an account.
        EndSession(ChangeAccountParams) = "admin.session.end",
        /// To make a terminal known by its key.
        AddTerminal(AddTerminalParams) = "admin.terminal.add",
        /// To give a terminal another key.
        ChangeKey(ChangeKeyParams) = "admin.terminal.change_key",
        /// To let customers move cash at a terminal again.
        EnableTerminal(TerminalParams) = "admin.terminal.enable",
        /// To take a terminal out of service.
        DisableTerminal(TerminalParams) = "admin.terminal.disable",
        /// The terminals.
        ListTerminals(ListTerminalsParams) = "admin.terminal.list",
        /// To put cash into a terminal.
        Load(LoadCashParams) = "admin.terminal.load",
        /// To take cash out of a terminal.
        Unload(UnloadCashParams) = "admin.terminal.unload",
        /// To compare the cash in a terminal with the books.
        Count(CountCashParams) = "admin.terminal.count",
        /// The same, and to make the books agree.
        CloseDay(CloseDayParams) = "admin.terminal.close_day",
        /// The open holds.
        ListHolds(ListHoldsParams) = "admin.hold.list",
        /// To settle a hold for the bank.
        ResolveHold(ResolveHoldParams) = "admin.hold.resolve",
        /// To take back a transaction.
        Reverse(ReverseParams) = "admin.reverse",
        /// To give to an account or take from it, at the bank's cost.
        Adjust(AdjustParams) = "admin.adjust",
        /// To make transfers between any customers, all of them or none.
        TransferBatch(TransferBatchPartParams) = "admin.transfer_batch",
        /// The trial balance.
        TrialBalance(NoParams) = "admin.trial_balance",
    }
}

/// Parameters of methods that name an account and no more.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccountParams {
    /// The account's name.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub account: String,
}

/// Parameters of methods that list accounts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ListAccountsParams {
    /// The number of the first one asked for, as in `next`; 0 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<u32>,
    /// How many at most, held to 1 to 40; 40 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Parameters of `admin.account.statement`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccountStatementParams {
    /// The account's name.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub account: String,
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

/// Parameters of `admin.account.balance`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccountBalanceParams {
    /// The account's name.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub account: String,
    /// The instant asked about; now unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// Parameters of `admin.hold.list`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ListHoldsParams {
    /// Of one account only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub account: Option<String>,
    /// For one terminal only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminal: Option<TerminalId>,
    /// In this state only: `authorised`, `ordered` or `suspect`.
    #[serde(default, deserialize_with = "word_or_none", skip_serializing_if = "Option::is_none")]
    pub state: Option<HoldState>,
    /// Only those that were authorised earlier than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Timestamp>,
    /// Only those with higher ids: the `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<TransactionId>,
    /// How many at most, held to 1 to 40; 40 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Parameters of `admin.hold.resolve`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ResolveHoldParams {
    /// The id of the hold.
    pub hold: TransactionId,
    /// What is known, or wanted.
    #[serde(deserialize_with = "word")]
    pub resolution: HoldResolution,
    /// How much was captured or dispensed. Not with `void`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Amount>"))]
    pub amount: Option<String>,
    /// `true` for all of it, in place of an amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all: Option<bool>,
    /// `true` where it is not known what came out, in place of an amount. With `dispensed` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<bool>,
    /// Which notes came out, where it was a part. With `dispensed` only.
    #[serde(default, deserialize_with = "notes_or_none", skip_serializing_if = "Option::is_none")]
    pub notes: Option<Vec<NoteCount>>,
    /// Where the notes are that did not come out; in the reject bin unless given. With `dispensed`
    /// only.
    #[serde(default, deserialize_with = "word_or_none", skip_serializing_if = "Option::is_none")]
    pub undispensed_notes: Option<UndispensedNotes>,
    /// Why.
    pub reason: Memo,
}

/// How an operator settles a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum HoldResolution {
    /// The payment is made.
    Capture,
    /// The cash came out, all of it, a part or none.
    Dispensed,
    /// It is given up.
    Void,
}

/// Parameters of `admin.reverse`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReverseParams {
    /// The transaction to take back.
    pub original: TransactionId,
    /// How much of it; all unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Amount>"))]
    pub amount: Option<String>,
    /// The id of the reversal.
    pub transaction: TransactionId,
    /// Why.
    pub reason: Memo,
}

/// Parameters of `admin.adjust`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AdjustParams {
    /// The account's name.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub account: String,
    /// How much it gets, as decimal text; below zero is taken from it.
    #[cfg_attr(feature = "schema", schemars(with = "Amount"))]
    pub amount: String,
    /// The id of the adjustment.
    pub transaction: TransactionId,
    /// Why.
    pub reason: Memo,
}

/// Parameters of `admin.transfer_batch`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TransferBatchPartParams {
    /// The transfers, in the order in which they are made; 1 to 256.
    #[serde(deserialize_with = "objects")]
    pub transfers: Vec<BatchTransfer>,
    /// An id of the whole batch, where it comes in parts, one right after another on this channel.
    /// Nothing is made until the last part has come; any refusal and any other request but a ping
    /// drops the parts that have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<TransactionId>,
    /// The number of this part, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<u32>,
    /// How many transfers all the parts have together; the last of them makes the batch whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u32>,
    /// Whether To report only what would happen; `false` unless given. Each part says the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
}

/// Result of `admin.transfer_batch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TransferBatchPartResult {
    /// How many transfers the transfer batch has so far, those of earlier requests among them.
    pub transfers: u32,
    /// How many of them were made before.
    pub replayed: u32,
    /// A receipt for each transfer of the last part, in their order; none before it.
    pub receipts: Vec<Receipt>,
}

/// One transfer of `admin.transfer_batch`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BatchTransfer {
    /// The client's id for the movement.
    pub transaction: TransactionId,
    /// The payer's account.
    #[cfg_attr(feature = "schema", schemars(with = "AccountId"))]
    pub from: String,
    /// The payee's account.
    #[cfg_attr(feature = "schema", schemars(with = "AccountId"))]
    pub to: String,
    /// How much, as decimal text.
    #[cfg_attr(feature = "schema", schemars(with = "Amount"))]
    pub amount: String,
    /// A word to both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memo: Option<Memo>,
}

/// Result of `admin.trial_balance`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TrialBalanceResult {
    /// A line a currency.
    pub trial_balances: Vec<CurrencyTotals>,
    /// How often the machine's clock has jumped since the bank was opened, if it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_jumps: Option<u64>,
    /// While the bank's dates go by elapsed time, since the clock has jumped: how many seconds they
    /// are ahead of it, below zero where they are behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_ahead_seconds: Option<i64>,
}

/// The trial balance of one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CurrencyTotals {
    /// Which currency.
    pub currency: Currency,
    /// How many accounts count in it, the bank's own included.
    pub accounts: u64,
    /// What the bank has, over all accounts, as decimal text.
    #[cfg_attr(feature = "schema", schemars(with = "Amount"))]
    pub debits: String,
    /// What the bank owes, over all accounts. It is the same where the books are right.
    #[cfg_attr(feature = "schema", schemars(with = "Amount"))]
    pub credits: String,
}
