//! The operators' methods: their table, parameters and results.

mod accounts;
mod terminals;

use serde::{Deserialize, Serialize};

#[cfg(feature = "schema")]
use super::HelloResult;
use super::methods::methods;
use super::strict::{notes_or_none, objects, word, word_or_none};
use super::{EmptyResult, HelloParams, NoParams};
#[cfg(feature = "schema")]
use crate::account::AccountId;
use crate::account::TerminalId;
use crate::ledger::{
    AccountDetails, AccountPage, Balance, CashCount, HoldPage, Settlement, Statement, TerminalPage,
};
use crate::ledger::{HoldState, Memo, Receipt, TransactionId, UndispensedNotes};
#[cfg(feature = "schema")]
use crate::money::Amount;
use crate::money::CurrencyCode;
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

/// Passes the table of operators' methods to another macro.
macro_rules! admin_methods {
    ($macro:ident) => {
$macro! {
    /// A request of an operator. The server knows by the channel which operator it is.
    AdminRequest {
        /// Says which client connects and which versions it speaks. Always the first request.
        Hello(HelloParams) -> HelloResult = "hello",
            [&[UnsupportedVersion]];
        /// Checks that the server answers.
        Ping(NoParams) -> EmptyResult = "ping",
            [AFTER_HELLO];
        /// Opens an account.
        AddAccount(AddAccountParams) -> AddAccountResult = "admin.account.add" as add_account,
            [AFTER_HELLO, &[WeakSecret, IdReused, BadAmount, LimitPassed, AccountExists, BadLimits, NoSuchCurrency, ReasonNeeded], CHECKS_SECRET, WRITES];
        /// Returns all about an account but its secret. The bank's own accounts can be shown too.
        ShowAccount(AccountParams) -> AccountDetails = "admin.account.show" as show_account,
            [AFTER_HELLO, &[NoSuchAccount], READS];
        /// Returns a page of accounts, in the order in which they were opened.
        ListAccounts(ListAccountsParams) -> AccountPage = "admin.account.list" as list_accounts,
            [AFTER_HELLO, READS];
        /// Forbids movements of an account, beside those that are forbidden already.
        Freeze(FreezeParams) -> FreezeResult = "admin.account.freeze" as freeze,
            [AFTER_HELLO, &[NoSuchAccount, ReasonNeeded, TooManyFreezes], WRITES];
        /// Takes one freeze off an account, or all.
        Thaw(ThawParams) -> EmptyResult = "admin.account.thaw" as thaw,
            [AFTER_HELLO, &[NoSuchAccount, ReasonNeeded, NoSuchFreeze], WRITES];
        /// Closes an account whose balance is zero and that has no holds.
        Close(ChangeAccountParams) -> EmptyResult = "admin.account.close" as close_account,
            [AFTER_HELLO, &[NoSuchAccount, AccountNotEmpty, AccountHasHolds, ReasonNeeded], WRITES];
        /// Opens a closed account again.
        Reopen(ChangeAccountParams) -> EmptyResult = "admin.account.reopen" as reopen_account,
            [AFTER_HELLO, &[NoSuchAccount, ReasonNeeded], WRITES];
        /// Changes some limits of an account; the others stay.
        SetLimits(SetLimitsParams) -> EmptyResult = "admin.account.set_limits" as set_limits,
            [AFTER_HELLO, &[NoSuchAccount, BadLimits, ReasonNeeded], WRITES];
        /// Gives an account a secret that its owner has to change, and unlocks it.
        ResetSecret(ResetSecretParams) -> EmptyResult = "admin.account.reset_secret" as reset_secret,
            [AFTER_HELLO, &[WeakSecret, NoSuchAccount, ReasonNeeded], CHECKS_SECRET, WRITES];
        /// Resets the PIN tries charged to an account.
        Unlock(ChangeAccountParams) -> EmptyResult = "admin.account.unlock" as unlock,
            [AFTER_HELLO, &[NoSuchAccount, ReasonNeeded], WRITES];
        /// Returns a page of an account's entries, newest first.
        Statement(AccountStatementParams) -> Statement = "admin.account.statement" as statement,
            [AFTER_HELLO, &[NoSuchAccount], READS];
        /// Returns an account's balance, now or at an earlier instant.
        Balance(AccountBalanceParams) -> Balance = "admin.account.balance" as balance,
            [AFTER_HELLO, &[NoSuchAccount], READS];
        /// Returns a page of the accounts in use; it may be empty and not the last.
        ListSessions(ListAccountsParams) -> AccountPage = "admin.session.list" as list_sessions,
            [AFTER_HELLO, READS];
        /// Ends the session that holds an account.
        EndSession(ChangeAccountParams) -> EmptyResult = "admin.session.end" as end_session,
            [AFTER_HELLO, &[NoSuchAccount, ReasonNeeded], WRITES];
        /// Adds a terminal with its key.
        AddTerminal(AddTerminalParams) -> EmptyResult = "admin.terminal.add" as add_terminal,
            [AFTER_HELLO, &[WeakSecret, TerminalExists, NoSuchCurrency, WeakKey, ReasonNeeded], CHECKS_SECRET, WRITES];
        /// Gives a terminal another key; the old one is refused from then on.
        ChangeKey(ChangeKeyParams) -> EmptyResult = "admin.terminal.change_key" as change_key,
            [AFTER_HELLO, &[WeakSecret, NoSuchTerminal, WeakKey, ReasonNeeded], CHECKS_SECRET, WRITES];
        /// Lets customers move cash at a terminal again.
        EnableTerminal(TerminalParams) -> EmptyResult = "admin.terminal.enable" as enable_terminal,
            [AFTER_HELLO, &[NoSuchTerminal, ReasonNeeded], WRITES];
        /// Takes a terminal out of service.
        DisableTerminal(TerminalParams) -> EmptyResult = "admin.terminal.disable" as disable_terminal,
            [AFTER_HELLO, &[NoSuchTerminal, ReasonNeeded], WRITES];
        /// Returns a page of the terminals, by name.
        ListTerminals(ListTerminalsParams) -> TerminalPage = "admin.terminal.list" as list_terminals,
            [AFTER_HELLO, READS];
        /// Puts cash of the bank's own into a terminal.
        Load(LoadCashParams) -> Receipt = "admin.terminal.load" as load,
            [AFTER_HELLO, &[IdReused, BadAmount, BadNotes, LimitPassed, NotesUnsuited, CashNotCounted, NoSuchTerminal, NoSuchCurrency], WRITES];
        /// Takes cash out of a terminal for the bank.
        Unload(UnloadCashParams) -> Receipt = "admin.terminal.unload" as unload,
            [AFTER_HELLO, &[IdReused, BadAmount, InsufficientFunds, OutOfCash, BadNotes, LimitPassed], &[NotesNotThere, CashNotCounted, NoSuchTerminal, NoSuchCurrency, ReasonNeeded], WRITES];
        /// Compares the cash counted in a terminal with the books, and changes nothing.
        Count(CountCashParams) -> CashCount = "admin.terminal.count" as count,
            [AFTER_HELLO, &[BadAmount, BadNotes, LimitPassed, NoSuchTerminal, NoSuchCurrency, DispenseUnderway], READS];
        /// Compares the cash counted in a terminal with the books, and posts the difference.
        CloseDay(CloseDayParams) -> CashCount = "admin.terminal.close_day" as close_day,
            [AFTER_HELLO, &[IdReused, BadAmount, BadNotes, LimitPassed, NoSuchTerminal, NoSuchCurrency, DispenseUnderway, ReasonNeeded], WRITES];
        /// Returns a page of the open holds, oldest first.
        ListHolds(ListHoldsParams) -> HoldPage = "admin.hold.list" as list_holds,
            [AFTER_HELLO, &[NoSuchAccount, NoSuchTerminal], READS];
        /// Settles a hold for the bank.
        ResolveHold(ResolveHoldParams) -> Settlement = "admin.hold.resolve" as resolve_hold,
            [AFTER_HELLO, &[BadAmount, Frozen, BadNotes, LimitPassed, NoSuchHold], OVER, &[HoldExceeded, DispenseOrdered, DispenseNotOrdered, DispenseSuspect, WrongStep], &[ReasonNeeded, InsufficientFunds, Closed, AlreadyReversed], WRITES];
        /// Reverses a transaction, once, whole or in part.
        Reverse(ReverseParams) -> Receipt = "admin.reverse" as reverse,
            [AFTER_HELLO, &[IdReused, BadAmount, Frozen, Closed, InsufficientFunds, OutOfCash, LimitPassed], &[NoSuchTransaction, AlreadyReversed, NotReversible, ReversalExceeds, ReasonNeeded], WRITES];
        /// Pays to an account or takes from it, at the bank's cost.
        Adjust(AdjustParams) -> Receipt = "admin.adjust" as adjust,
            [AFTER_HELLO, &[IdReused, BadAmount, Closed, InsufficientFunds, LimitPassed, NoSuchAccount, ReasonNeeded], WRITES];
        /// Makes transfers between any customers, all of them or none.
        TransferBatch(TransferBatchPartParams) -> TransferBatchPartResult = "admin.transfer_batch" as transfer_batch,
            [AFTER_HELLO, &[BadTransferBatch, BatchIncomplete, IdTwice], TRANSFER, &[LimitPassed, NoSuchAccount], WRITES];
        /// Returns the trial balance, a line a currency.
        TrialBalance(NoParams) -> TrialBalanceResult = "admin.trial_balance",
            [AFTER_HELLO, READS];
    }
}
    };
}

macro_rules! types {
    ($(#[$about:meta])* $name:ident { $(
        #[doc = $summary:literal]
        $variant:ident($params:ident) -> $result:ident = $method:literal $(as $verb:ident)?, $errors:tt;
    )+ }) => {
        /// The parameters of the methods whose verbs the client generates.
        pub(crate) mod params {
            $($(#[doc = stringify!($verb)] pub(crate) type $variant = super::$params;)?)+
        }

        /// Their results.
        pub(crate) mod results {
            $($(#[doc = stringify!($verb)] pub(crate) type $variant = super::$result;)?)+
        }
    };
}

admin_methods!(methods);
admin_methods!(types);
pub(crate) use admin_methods;

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
    pub currency: CurrencyCode,
    /// How many accounts count in it, the bank's own included.
    pub accounts: u64,
    /// What the bank has, over all accounts, as decimal text.
    #[cfg_attr(feature = "schema", schemars(with = "Amount"))]
    pub debits: String,
    /// What the bank owes, over all accounts. It is the same where the books are right.
    #[cfg_attr(feature = "schema", schemars(with = "Amount"))]
    pub credits: String,
}
