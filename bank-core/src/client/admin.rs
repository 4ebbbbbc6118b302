//! The operators' verbs.

use std::time::Duration;

use serde::de::DeserializeOwned;

use super::{ClientError, RpcClient};
use crate::ledger::{
    AccountDetails, AccountPage, Balance, CashCount, HoldPage, Page, Receipt, Settlement, TerminalPage,
};
use crate::protocol::{
    AccountBalanceParams, AccountParams, AccountStatementParams, AddAccountParams, AddAccountResult,
    AddTerminalParams, AdjustParams, AdminRequest, ChangeAccountParams, ChangeKeyParams, CloseDayParams,
    CountCashParams, EmptyResult, FreezeParams, FreezeResult, HelloParams, HelloResult, ListAccountsParams,
    ListHoldsParams, ListTerminalsParams, LoadCashParams, NoParams, ResetSecretParams, ResolveHoldParams,
    ReverseParams, SetLimitsParams, TerminalParams, ThawParams, TransferBatchPartParams,
    TransferBatchPartResult, TrialBalanceResult, UnloadCashParams, VERSIONS, encode_admin_request,
};
use crate::transport::Channel;

/// One operator's conversation with a bank, over a channel that
/// [`serve_operators`](crate::server::serve_operators) serves. What holds for a
/// [`Client`](super::Client) holds for it too.
pub struct Admin {
    line: RpcClient,
    welcome: HelloResult,
}

impl Admin {
    /// Says hello as `name` (1 to 64 characters, the program's, not the operator's) on a fresh
    /// channel.
    pub async fn handshake(channel: Box<dyn Channel>, name: &str) -> Result<Admin, ClientError> {
        let mut line = RpcClient::new(channel);
        let hello = AdminRequest::Hello(HelloParams {
            versions: VERSIONS,
            client: name.to_owned(),
            notifications: None,
        });
        let welcome = line.ask(|id| encode_admin_request(id, &hello)).await?;
        Ok(Admin { line, welcome })
    }

    /// Waits at most `limit` for each answer instead of
    /// [`ANSWER_TIME_MAX`](super::ANSWER_TIME_MAX).
    #[must_use]
    pub fn answer_time_max(mut self, limit: Duration) -> Admin {
        self.line.answer_time_max = limit;
        self
    }

    /// Who the server says it is, and the version spoken.
    #[must_use]
    pub fn welcome(&self) -> &HelloResult {
        &self.welcome
    }

    /// The trial balance, a line a currency.
    pub async fn trial_balance(&mut self) -> Result<TrialBalanceResult, ClientError> {
        self.ask(AdminRequest::TrialBalance(NoParams {})).await
    }

    /// Asks whether anybody is there.
    pub async fn ping(&mut self) -> Result<(), ClientError> {
        self.ask(AdminRequest::Ping(NoParams {})).await.map(|EmptyResult {}| ())
    }

    /// Closes the channel.
    pub async fn close(self) {
        self.line.close().await;
    }

    async fn ask<T: DeserializeOwned>(&mut self, request: AdminRequest) -> Result<T, ClientError> {
        self.line.ask(|id| encode_admin_request(id, &request)).await
    }
}

macro_rules! verbs {
    ($($(#[$doc:meta])* $verb:ident($params:ident) -> $result:ident = $variant:ident;)+) => {
        impl Admin {
            $($(#[$doc])*
            pub async fn $verb(&mut self, asked: $params) -> Result<$result, ClientError> {
                self.ask(AdminRequest::$variant(asked)).await
            })+
        }
    };
}

verbs! {
    /// Opens an account.
    add_account(AddAccountParams) -> AddAccountResult = AddAccount;
    /// All about an account but its secret. The bank's own accounts can be shown too.
    show_account(AccountParams) -> AccountDetails = ShowAccount;
    /// Accounts in the order in which they were opened; go on with `next`.
    list_accounts(ListAccountsParams) -> AccountPage = ListAccounts;
    /// Forbids movements of an account, beside those that are forbidden already.
    freeze(FreezeParams) -> FreezeResult = Freeze;
    /// Takes one freeze off an account, or all.
    thaw(ThawParams) -> EmptyResult = Thaw;
    /// Closes an account that is at zero and has no holds.
    close_account(ChangeAccountParams) -> EmptyResult = Close;
    /// Opens a closed account again.
    reopen_account(ChangeAccountParams) -> EmptyResult = Reopen;
    /// Gives an account limits in place of those that it has.
    set_limits(SetLimitsParams) -> EmptyResult = SetLimits;
    /// Gives an account a secret that its owner has to change first of all, and unlocks it.
    reset_secret(ResetSecretParams) -> EmptyResult = ResetSecret;
    /// Forgets the tries charged to an account.
    unlock(ChangeAccountParams) -> EmptyResult = Unlock;
    /// A page of an account's entries, newest first.
    statement(AccountStatementParams) -> Page = Statement;
    /// What an account stands at, or stood at.
    balance(AccountBalanceParams) -> Balance = Balance;
    /// Accounts that are in use. A page may be empty and not the last: go on while there is a `next`.
    list_sessions(ListAccountsParams) -> AccountPage = ListSessions;
    /// Ends the session that holds an account.
    end_session(ChangeAccountParams) -> EmptyResult = EndSession;
    /// Makes a terminal known by its key.
    add_terminal(AddTerminalParams) -> EmptyResult = AddTerminal;
    /// Gives a terminal another key; the old one is worth nothing from then on.
    change_key(ChangeKeyParams) -> EmptyResult = ChangeKey;
    /// Lets customers move cash at a terminal again.
    enable_terminal(TerminalParams) -> EmptyResult = EnableTerminal;
    /// Takes a terminal out of service.
    disable_terminal(TerminalParams) -> EmptyResult = DisableTerminal;
    /// The terminals, by name; go on with `next`.
    list_terminals(ListTerminalsParams) -> TerminalPage = ListTerminals;
    /// Puts cash of the bank's own into a terminal.
    load(LoadCashParams) -> Receipt = Load;
    /// Takes cash out of a terminal for the bank.
    unload(UnloadCashParams) -> Receipt = Unload;
    /// Compares the cash counted in a terminal with the books, and changes nothing.
    count(CountCashParams) -> CashCount = Count;
    /// Compares the cash counted in a terminal with the books, and posts the difference.
    close_day(CloseDayParams) -> CashCount = CloseDay;
    /// The open holds, oldest first.
    list_holds(ListHoldsParams) -> HoldPage = ListHolds;
    /// Settles a hold for the bank.
    resolve_hold(ResolveHoldParams) -> Settlement = ResolveHold;
    /// Takes back a transaction, once, whole or in part.
    reverse(ReverseParams) -> Receipt = Reverse;
    /// Gives to an account or takes from it, at the bank's own cost.
    adjust(AdjustParams) -> Receipt = Adjust;
    /// Makes transfers between any customers, all of them or none.
    transfer_batch(TransferBatchPartParams) -> TransferBatchPartResult = TransferBatch;
}
