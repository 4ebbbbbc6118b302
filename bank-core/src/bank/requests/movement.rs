//! Requests that move money: deposits, withdrawals, transfers and batches of them.

use std::fmt::Display;

use super::By;
use super::value::{Given, given, needed, optional};
use crate::account::{AccountId, TerminalId};
use crate::error::Invalid;
use crate::ledger::{self, Actor, Command, Memo, MovementKind, TransactionId};
use crate::money::Amount;
use crate::notes::NoteCount;
use crate::protocol::{
    AuthoriseCashParams, DepositParams, Request, TransferBatchParams, TransferParams, WithdrawParams,
};

/// Cash to be paid into an account.
#[derive(Debug, Clone)]
pub struct Deposit {
    id: Given<TransactionId>,
    amount: Given<Amount>,
    to: Option<Given<AccountId>>,
    notes: Vec<NoteCount>,
}

impl Deposit {
    /// `amount`, above zero, in the account's currency. Keep `id`: asking again with it moves nothing
    /// twice.
    pub fn new(
        id: impl TryInto<TransactionId, Error: Display>,
        amount: impl TryInto<Amount, Error: Display>,
    ) -> Deposit {
        Deposit { id: given("id", id), amount: given("amount", amount), to: None, notes: Vec::new() }
    }

    /// The account; a session's own unless given.
    #[must_use]
    pub fn to(mut self, account: impl TryInto<AccountId, Error: Display>) -> Deposit {
        self.to = Some(given("to", account));
        self
    }

    /// The notes, whose sum is the amount, where the terminal counts them.
    #[must_use]
    pub fn notes(mut self, notes: Vec<NoteCount>) -> Deposit {
        self.notes = notes;
        self
    }

    /// What a client asks of the bank that it is connected to, logged in to `own` where it is.
    pub fn request(self, own: Option<AccountId>) -> Result<Request, Invalid> {
        is_own("to", self.to, own)?;
        let (transaction, amount) = (self.id?, self.amount?.to_string());
        Ok(Request::Deposit(DepositParams { transaction, amount, notes: self.notes }))
    }

    pub(in crate::bank) fn command(self, party: Party, terminal: TerminalId) -> Result<Command, Invalid> {
        let account = party.own("to", self.to)?;
        let way = MovementKind::Deposit { terminal, notes: self.notes };
        let (transaction, amount) = (self.id?, self.amount?);
        Ok(Command::Move { account, actor: party.actor, transaction, amount, way })
    }
}

/// Cash to be drawn from an account.
#[derive(Debug, Clone)]
pub struct Withdrawal {
    id: Given<TransactionId>,
    amount: Given<Amount>,
    from: Option<Given<AccountId>>,
}

impl Withdrawal {
    /// `amount`, above zero, in the account's currency. Keep `id`: asking again with it moves nothing
    /// twice.
    pub fn new(
        id: impl TryInto<TransactionId, Error: Display>,
        amount: impl TryInto<Amount, Error: Display>,
    ) -> Withdrawal {
        Withdrawal { id: given("id", id), amount: given("amount", amount), from: None }
    }

    /// The account; a session's own unless given.
    #[must_use]
    pub fn from(mut self, account: impl TryInto<AccountId, Error: Display>) -> Withdrawal {
        self.from = Some(given("from", account));
        self
    }

    /// What a client asks of the bank that it is connected to, logged in to `own` where it is.
    pub fn request(self, own: Option<AccountId>) -> Result<Request, Invalid> {
        is_own("from", self.from, own)?;
        let (transaction, amount) = (self.id?, self.amount?.to_string());
        Ok(Request::Withdraw(WithdrawParams { transaction, amount }))
    }

    /// The same as cash to be dispensed in steps.
    pub fn cash_request(self, own: Option<AccountId>) -> Result<Request, Invalid> {
        is_own("from", self.from, own)?;
        let (hold, amount) = (self.id?, self.amount?.to_string());
        Ok(Request::AuthoriseCash(AuthoriseCashParams { hold, amount }))
    }

    pub(in crate::bank) fn command(self, party: Party, terminal: TerminalId) -> Result<Command, Invalid> {
        let (account, transaction, amount) = self.parts(party)?;
        let way = MovementKind::Withdraw { terminal };
        Ok(Command::Move { account, actor: party.actor, transaction, amount, way })
    }

    /// The same as cash to be dispensed in steps.
    pub(in crate::bank) fn hold_command(
        self,
        party: Party,
        terminal: TerminalId,
        follow_ups: [TransactionId; 2],
    ) -> Result<Command, Invalid> {
        let (account, hold, amount) = self.parts(party)?;
        let purpose = ledger::PurposeRequest::Dispense { terminal, follow_ups };
        Ok(Command::Authorise { account, actor: party.actor, hold, amount, purpose })
    }

    fn parts(self, party: Party) -> Result<(AccountId, TransactionId, Amount), Invalid> {
        Ok((party.own("from", self.from)?, self.id?, self.amount?))
    }
}

/// Money to be moved from one account to another.
#[derive(Debug, Clone)]
pub struct Transfer {
    id: Given<TransactionId>,
    amount: Given<Amount>,
    from: Option<Given<AccountId>>,
    to: Option<Given<AccountId>>,
    memo: Option<Given<Memo>>,
}

impl Transfer {
    /// `amount`, above zero, in the accounts' currency. Keep `id`: asking again with it moves nothing
    /// twice.
    pub fn new(
        id: impl TryInto<TransactionId, Error: Display>,
        amount: impl TryInto<Amount, Error: Display>,
    ) -> Transfer {
        let (from, to, memo) = (None, None, None);
        Transfer { id: given("id", id), amount: given("amount", amount), from, to, memo }
    }

    /// Who pays; a session's own account unless given.
    #[must_use]
    pub fn from(mut self, account: impl TryInto<AccountId, Error: Display>) -> Transfer {
        self.from = Some(given("from", account));
        self
    }

    /// Who is paid.
    #[must_use]
    pub fn to(mut self, account: impl TryInto<AccountId, Error: Display>) -> Transfer {
        self.to = Some(given("to", account));
        self
    }

    /// A word to both, 1 to 140 characters.
    #[must_use]
    pub fn memo(mut self, memo: impl TryInto<Memo, Error: Display>) -> Transfer {
        self.memo = Some(given("memo", memo));
        self
    }

    /// What a client asks of the bank that it is connected to, logged in to `own` where it is.
    pub fn request(self, own: Option<AccountId>) -> Result<Request, Invalid> {
        self.params(own).map(Request::Transfer)
    }

    fn params(self, own: Option<AccountId>) -> Result<TransferParams, Invalid> {
        is_own("from", self.from, own)?;
        Ok(TransferParams {
            to: needed("to", self.to)?.to_string(),
            transaction: self.id?,
            amount: self.amount?.to_string(),
            memo: optional(self.memo)?,
        })
    }

    pub(in crate::bank) fn command(self, party: Party) -> Result<Command, Invalid> {
        let ledger::TransferOrder { transaction, from: account, to, amount, memo } = self.in_batch(party)?;
        let way = MovementKind::Transfer { to, memo };
        Ok(Command::Move { account, actor: party.actor, transaction, amount, way })
    }

    fn in_batch(self, party: Party) -> Result<ledger::TransferOrder, Invalid> {
        Ok(ledger::TransferOrder {
            from: party.own("from", self.from)?,
            to: needed("to", self.to)?,
            transaction: self.id?,
            amount: self.amount?,
            memo: optional(self.memo)?,
        })
    }
}

/// Transfers to be made together: all of them, in order, or none.
#[derive(Debug, Clone, Default)]
pub struct TransferBatch {
    transfers: Vec<Transfer>,
    by: Option<By>,
}

impl TransferBatch {
    /// A batch without transfers yet.
    #[must_use]
    pub fn new() -> TransferBatch {
        TransferBatch::default()
    }

    /// Adds a transfer. A batch has 1 to
    /// [`TRANSFER_BATCH_MAX`](crate::ledger::TRANSFER_BATCH_MAX) of them.
    #[must_use]
    pub fn transfer(mut self, transfer: Transfer) -> TransferBatch {
        self.transfers.push(transfer);
        self
    }

    /// Which operator makes it, which its entries say. Not in a session.
    #[must_use]
    pub fn by(mut self, by: impl Into<By>) -> TransferBatch {
        self.by = Some(by.into());
        self
    }

    /// What a client asks of the bank that it is connected to, logged in to `own` where it is.
    pub fn request(self, own: Option<AccountId>, dry_run: bool) -> Result<Request, Invalid> {
        if self.by.is_some() {
            return Err(Invalid::new("by", NO_OPERATOR));
        }
        let transfers = each(self.transfers, |transfer| transfer.params(own))?;
        Ok(Request::TransferBatch(TransferBatchParams { transfers, dry_run: dry_run.then_some(true) }))
    }

    pub(in crate::bank) fn command(self, party: Party, dry_run: bool) -> Result<Command, Invalid> {
        let operator = self.by.map(By::operator).transpose()?;
        if operator.is_some() && party.own.is_some() {
            return Err(Invalid::new("by", NO_OPERATOR));
        }
        let transfers = each(self.transfers, |transfer| transfer.in_batch(party))?;
        Ok(Command::TransferBatch { actor: party.actor, transfers, dry_run, operator })
    }
}

impl From<ledger::TransferOrder> for Transfer {
    fn from(order: ledger::TransferOrder) -> Transfer {
        let ledger::TransferOrder { transaction, from, to, amount, memo } = order;
        Transfer {
            id: Ok(transaction),
            amount: Ok(amount),
            from: Some(Ok(from)),
            to: Some(Ok(to)),
            memo: memo.map(Ok),
        }
    }
}

impl Extend<Transfer> for TransferBatch {
    fn extend<I: IntoIterator<Item = Transfer>>(&mut self, transfers: I) {
        self.transfers.extend(transfers);
    }
}

impl FromIterator<Transfer> for TransferBatch {
    fn from_iter<I: IntoIterator<Item = Transfer>>(transfers: I) -> TransferBatch {
        TransferBatch { transfers: transfers.into_iter().collect(), by: None }
    }
}

/// Why a batch of a session can't say which operator makes it.
const NO_OPERATOR: &str = "a customer's session has no operator";

/// Reads each transfer; an error says which one is wrong.
fn each<T>(
    transfers: Vec<Transfer>,
    read: impl Fn(Transfer) -> Result<T, Invalid>,
) -> Result<Vec<T>, Invalid> {
    let numbered = transfers.into_iter().zip(1..);
    numbered.map(|(transfer, number)| read(transfer).map_err(|wrong| wrong.in_transfer(number))).collect()
}

/// Refuses an account that is not the one of the session.
pub(super) fn is_own(
    field: &'static str,
    named: Option<Given<AccountId>>,
    own: Option<AccountId>,
) -> Result<(), Invalid> {
    match (named.transpose()?, own) {
        (Some(named), Some(own)) if named != own => {
            Err(Invalid::new(field, "a session acts on its own account only"))
        }
        _ => Ok(()),
    }
}

/// Who makes a request: the bank, or a session with its own account.
#[derive(Debug, Clone, Copy)]
pub(in crate::bank) struct Party {
    pub(in crate::bank) actor: Actor,
    pub(in crate::bank) own: Option<AccountId>,
}

impl Party {
    pub(in crate::bank) const BANK: Party = Party { actor: Actor::Bank, own: None };

    /// The account that is meant: the bank has to name one, a session has one and may name no other.
    pub(super) fn own(self, field: &'static str, named: Option<Given<AccountId>>) -> Given<AccountId> {
        match (self.own, named) {
            (None, named) => needed(field, named),
            (Some(own), named) => is_own(field, named, Some(own)).map(|()| own),
        }
    }
}
