//! The operators' verbs.

use std::time::Duration;

use serde::de::DeserializeOwned;

use super::{ClientError, Line};
use crate::ledger::{
    AccountDetails, Balance, CashCount, ListedAccounts, ListedHolds, ListedTerminals, Page, Receipt,
    Settlement,
};
use crate::protocol::{
    AccountAdded, AddAccount, AddTerminal, Adjust, AdminRequest, ChangeAccount, ChangeKey, ChangeTerminal,
    CloseDay, CountCash, FreezeAccount, FreezeMade, GroupMade, Hello, ListAccounts, ListHolds, ListTerminals,
    LoadCash, NamedAccount, NoParameters, Nothing, ResetSecret, ResolveHold, Reverse, SetLimits, StandingOf,
    StatementOf, Sums, ThawAccount, TransferGroup, UnloadCash, VERSIONS, Welcome, encode_admin_request,
};
use crate::transport::Channel;

/// One operator's conversation with a bank, over a channel that
/// [`serve_operators`](crate::server::serve_operators) serves. What holds for a
/// [`Client`](super::Client) holds for it too.
pub struct Admin {
    line: Line,
    welcome: Welcome,
}

impl Admin {
    /// Says hello as `name` (1 to 64 characters, the program's, not the operator's) on a fresh
    /// channel.
    pub async fn greet(channel: Box<dyn Channel>, name: &str) -> Result<Admin, ClientError> {
        let mut line = Line::new(channel);
        let hello =
            AdminRequest::Hello(Hello { versions: VERSIONS, client: name.to_owned(), notifications: None });
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
    pub fn welcome(&self) -> &Welcome {
        &self.welcome
    }

    /// The trial balance, a line a currency.
    pub async fn sums(&mut self) -> Result<Sums, ClientError> {
        self.ask(AdminRequest::Sums(NoParameters {})).await
    }

    /// Asks whether anybody is there.
    pub async fn ping(&mut self) -> Result<(), ClientError> {
        self.ask(AdminRequest::Ping(NoParameters {})).await.map(|Nothing {}| ())
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
    add_account(AddAccount) -> AccountAdded = AddAccount;
    /// All about an account but its secret. The bank's own accounts can be shown too.
    show_account(NamedAccount) -> AccountDetails = ShowAccount;
    /// Accounts in the order in which they were opened; go on with `next`.
    list_accounts(ListAccounts) -> ListedAccounts = ListAccounts;
    /// Forbids movements of an account, beside those that are forbidden already.
    freeze(FreezeAccount) -> FreezeMade = Freeze;
    /// Takes one freeze off an account, or all.
    thaw(ThawAccount) -> Nothing = Thaw;
    /// Closes an account that is at zero and has no holds.
    close_account(ChangeAccount) -> Nothing = Close;
    /// Opens a closed account again.
    reopen_account(ChangeAccount) -> Nothing = Reopen;
    /// Gives an account limits in place of those that it has.
    set_limits(SetLimits) -> Nothing = SetLimits;
    /// Gives an account a secret that its owner has to change first of all, and unlocks it.
    reset_secret(ResetSecret) -> Nothing = ResetSecret;
    /// Forgets the tries charged to an account.
    unlock(ChangeAccount) -> Nothing = Unlock;
    /// A page of an account's entries, newest first.
    statement(StatementOf) -> Page = Statement;
    /// What an account stands at, or stood at.
    balance(StandingOf) -> Balance = Balance;
    /// Accounts that are in use. A page may be empty and not the last: go on while there is a `next`.
    list_sessions(ListAccounts) -> ListedAccounts = ListSessions;
    /// Throws out whoever holds an account.
    end_session(ChangeAccount) -> Nothing = EndSession;
    /// Makes a terminal known by its key.
    add_terminal(AddTerminal) -> Nothing = AddTerminal;
    /// Gives a terminal another key; the old one is worth nothing from then on.
    change_key(ChangeKey) -> Nothing = ChangeKey;
    /// Lets customers move cash at a terminal again.
    enable_terminal(ChangeTerminal) -> Nothing = EnableTerminal;
    /// Takes a terminal out of service.
    disable_terminal(ChangeTerminal) -> Nothing = DisableTerminal;
    /// The terminals, by name; go on with `next`.
    list_terminals(ListTerminals) -> ListedTerminals = ListTerminals;
    /// Puts cash of the bank's own into a terminal.
    load(LoadCash) -> Receipt = Load;
    /// Takes cash out of a terminal for the bank.
    unload(UnloadCash) -> Receipt = Unload;
    /// Compares the cash counted in a terminal with the books, and changes nothing.
    count(CountCash) -> CashCount = Count;
    /// Compares the cash counted in a terminal with the books, and posts the difference.
    close_day(CloseDay) -> CashCount = CloseDay;
    /// The open holds, oldest first.
    list_holds(ListHolds) -> ListedHolds = ListHolds;
    /// Settles a hold for the bank.
    resolve_hold(ResolveHold) -> Settlement = ResolveHold;
    /// Takes back a transaction, once, whole or in part.
    reverse(Reverse) -> Receipt = Reverse;
    /// Gives to an account or takes from it, at the bank's own cost.
    adjust(Adjust) -> Receipt = Adjust;
    /// Makes transfers between any customers, all of them or none.
    transfer_group(TransferGroup) -> GroupMade = TransferGroup;
}
