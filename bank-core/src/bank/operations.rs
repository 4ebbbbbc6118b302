//! The calls of `Bank` for operators, terminals and programs that act for the bank.

use super::{Bank, BankError};
use crate::account::{AccountId, Direction, Status, TerminalId};
use crate::auth::{ChosenSecret, Secret, SecretHash};
use crate::ledger::{
    AccountDetails, AccountPage, Actor, Balance, Cash, CashCount, Command, Decline, HoldAction, HoldPage,
    HoldsQuery, LISTED_MAX, LimitsChange, Memo, Outcome, Page, Receipt, Settlement, Span, TerminalPage,
    TerminalSummary, TransactionId, Transfer,
};
use crate::money::{Amount, Currency};
use crate::notes::NoteCount;
use crate::operator::{Instruction, Operator};
use crate::store::StoreError;
use crate::terminal::TerminalAccess;
use crate::time::Timestamp;

/// Whatever the outcome of a command is made of, or that it can't be.
macro_rules! outcome {
    ($asked:expr, $pattern:pat => $answer:expr) => {
        match $asked.await? {
            $pattern => Ok($answer),
            _ => Err(BankError::from(StoreError::Failed)),
        }
    };
}

impl Bank {
    /// Closes an account, which ends its session, or opens it again. What is so already stays so.
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount),
    /// [`AccountNotEmpty`](Decline::AccountNotEmpty), [`AccountHasHolds`](Decline::AccountHasHolds).
    pub async fn set_status(
        &self,
        account: AccountId,
        status: Status,
        operator: Operator,
        reason: Memo,
    ) -> Result<(), BankError> {
        self.command(Command::SetStatus { account, status, operator, reason }).await.map(drop)
    }

    /// Forbids movements of an account, beside those that are forbidden already, and answers the
    /// number of the freeze.
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount),
    /// [`TooManyFreezes`](Decline::TooManyFreezes).
    pub async fn freeze(
        &self,
        account: AccountId,
        direction: Direction,
        operator: Operator,
        reason: Memo,
    ) -> Result<u32, BankError> {
        let command = Command::Freeze { account, direction, operator, reason };
        outcome!(self.command(command), Outcome::Frozen { freeze } => freeze)
    }

    /// Takes off one freeze of an account, or all of them.
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount),
    /// [`NoSuchFreeze`](Decline::NoSuchFreeze).
    pub async fn thaw(
        &self,
        account: AccountId,
        freeze: Option<u32>,
        operator: Operator,
        reason: Memo,
    ) -> Result<(), BankError> {
        self.command(Command::Thaw { account, freeze, operator, reason }).await.map(drop)
    }

    /// Changes some of an account's limits; the others stay, also where another call changes them meanwhile. What
    /// was taken out today counts.
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount), [`BadLimits`](Decline::BadLimits).
    pub async fn set_limits(
        &self,
        account: AccountId,
        limits: LimitsChange,
        operator: Operator,
        reason: Memo,
    ) -> Result<(), BankError> {
        self.command(Command::SetLimits { account, limits, operator, reason }).await.map(drop)
    }

    /// Gives an account a secret that its owner has to change first of all, and unlocks it. Hash it
    /// with [`hash_chosen`](Bank::hash_chosen).
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount), [`WeakSecret`](Decline::WeakSecret) for a
    /// secret that was chosen for another account.
    pub async fn set_secret(
        &self,
        account: AccountId,
        secret: ChosenSecret,
        operator: Operator,
        reason: Memo,
    ) -> Result<(), BankError> {
        self.command(Command::SetSecret { account, secret, operator, reason }).await.map(drop)
    }

    /// Forgets the tries charged to an account, so that its owner can log in again.
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount).
    pub async fn unlock(
        &self,
        account: AccountId,
        operator: Operator,
        reason: Memo,
    ) -> Result<(), BankError> {
        self.command(Command::Unlock { account, operator, reason }).await.map(drop)
    }

    /// Ends the session that holds an account; their next call is declined.
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount).
    pub async fn end_session(
        &self,
        account: AccountId,
        operator: Operator,
        reason: Memo,
    ) -> Result<(), BankError> {
        self.command(Command::EndSession { account, operator, reason }).await.map(drop)
    }

    /// Adds a terminal. Without a `key` it is spoken for by this program alone, at
    /// [`Bank::for_terminal`]; make one with [`hash_key`](Bank::hash_key). `by` says which operator adds it.
    ///
    /// Declines: [`TerminalExists`](Decline::TerminalExists).
    pub async fn add_terminal(
        &self,
        terminal: TerminalId,
        currency: Currency,
        key: Option<SecretHash>,
        instruction: Option<Instruction>,
    ) -> Result<(), BankError> {
        self.command(Command::AddTerminal { terminal, currency, key, instruction }).await.map(drop)
    }

    /// Gives a terminal another key. The old one is refused from then on: channels that
    /// entered with it are declined with [`BadTerminal`](Decline::BadTerminal). With the new one
    /// the terminal reports what it was ordered to pay out before.
    ///
    /// Declines: [`NoSuchTerminal`](Decline::NoSuchTerminal).
    pub async fn change_key(
        &self,
        terminal: TerminalId,
        key: SecretHash,
        operator: Operator,
        reason: Memo,
    ) -> Result<(), BankError> {
        self.command(Command::ChangeKey { terminal, key, operator, reason }).await.map(drop)
    }

    /// Lets customers move cash at a terminal, or not. A dispense that was ordered there is still
    /// reported.
    ///
    /// Declines: [`NoSuchTerminal`](Decline::NoSuchTerminal).
    pub async fn set_terminal(
        &self,
        terminal: TerminalId,
        enabled: bool,
        operator: Operator,
        reason: Memo,
    ) -> Result<(), BankError> {
        self.command(Command::SetTerminal { terminal, enabled, operator, reason }).await.map(drop)
    }

    /// The same bank for a terminal that proves with its key who it is. An unknown terminal costs
    /// as long as a wrong key and answers the same.
    ///
    /// Declines: [`BadTerminal`](Decline::BadTerminal).
    pub async fn enter_terminal(&self, terminal: &str, key: Secret) -> Result<Bank, BankError> {
        let name = terminal.parse::<TerminalId>().ok();
        let waiter = self.shared.checks.queue()?;
        let asked = name.map(|terminal| Command::AskKey { terminal });
        let secret = match asked {
            Some(command) => outcome!(self.command(command), Outcome::Charged { secret } => secret)?,
            None => None,
        };
        let proof = self.check(waiter, secret, key).await?;
        let terminal = name.ok_or(Decline::BadTerminal)?;
        self.command(Command::EnterTerminal { terminal, proof }).await?;
        let access = secret.map(|hash| TerminalAccess { terminal, key: hash.tag() });
        Ok(Bank { access, ..self.for_terminal(terminal) })
    }

    /// Puts cash of the bank's own into the terminal of this handle. A terminal that gets notes counts
    /// its notes from then on. The reason, if there is one, is part of the content of the id.
    ///
    /// Declines: [`BadAmount`](Decline::BadAmount), [`BadNotes`](Decline::BadNotes),
    /// [`NoSuchTerminal`](Decline::NoSuchTerminal), [`LimitPassed`](Decline::LimitPassed),
    /// [`IdReused`](Decline::IdReused).
    pub async fn load(
        &self,
        transaction: TransactionId,
        cash: Cash,
        instruction: Option<Instruction>,
    ) -> Result<Receipt, BankError> {
        self.receipt(Command::Load { terminal: self.terminal, cash, transaction, instruction }).await
    }

    /// Takes cash out of the terminal of this handle, for the bank.
    ///
    /// Declines: those of [`load`](Bank::load), and [`OutOfCash`](Decline::OutOfCash).
    pub async fn unload(
        &self,
        transaction: TransactionId,
        cash: Cash,
        operator: Operator,
        reason: Memo,
    ) -> Result<Receipt, BankError> {
        let terminal = self.terminal;
        self.receipt(Command::Unload { terminal, cash, transaction, operator, reason }).await
    }

    /// Compares the cash that was counted in the terminal of this handle with
    /// what the books expect. `reject_bin` are the notes of it that are in the reject bin. With `close`, an id
    /// and who counted, the difference is posted to over and short and the books agree from then on.
    ///
    /// Declines: [`NoSuchTerminal`](Decline::NoSuchTerminal), [`BadNotes`](Decline::BadNotes),
    /// [`BadAmount`](Decline::BadAmount), [`DispenseUnderway`](Decline::DispenseUnderway),
    /// [`IdReused`](Decline::IdReused).
    pub async fn count(
        &self,
        counted: Cash,
        reject_bin: Vec<NoteCount>,
        close: Option<(TransactionId, Instruction)>,
    ) -> Result<CashCount, BankError> {
        let command = Command::Count { terminal: self.terminal, counted, reject_bin, close };
        outcome!(self.command(command), Outcome::Counted(count) => *count)
    }

    /// Takes back a transaction, once, whole or in part, and gives back the allowance that it used
    /// up. Nothing that was recorded is changed.
    ///
    /// Declines: [`NoSuchTransaction`](Decline::NoSuchTransaction),
    /// [`NotReversible`](Decline::NotReversible), [`AlreadyReversed`](Decline::AlreadyReversed),
    /// [`ReversalExceeds`](Decline::ReversalExceeds), [`IdReused`](Decline::IdReused), and those of
    /// a transfer the other way.
    pub async fn reverse(
        &self,
        original: TransactionId,
        amount: Option<Amount>,
        transaction: TransactionId,
        operator: Operator,
        reason: Memo,
    ) -> Result<Receipt, BankError> {
        self.receipt(Command::Reverse { original, amount, transaction, operator, reason }).await
    }

    /// Gives to an account, or takes from it where `amount` is negative, at the bank's own cost.
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount), [`BadAmount`](Decline::BadAmount),
    /// [`IdReused`](Decline::IdReused), [`Closed`](Decline::Closed),
    /// [`InsufficientFunds`](Decline::InsufficientFunds), [`LimitPassed`](Decline::LimitPassed).
    pub async fn adjust(
        &self,
        account: AccountId,
        amount: Amount,
        transaction: TransactionId,
        operator: Operator,
        reason: Memo,
    ) -> Result<Receipt, BankError> {
        self.receipt(Command::Adjust { account, amount, transaction, operator, reason }).await
    }

    /// Takes a hold further on behalf of the bank, or of the terminal that is to pay it out. What
    /// was done before answers the same again.
    ///
    /// Declines: [`NoSuchHold`](Decline::NoSuchHold), what became of the hold
    /// ([`HoldCaptured`](Decline::HoldCaptured), [`HoldVoided`](Decline::HoldVoided),
    /// [`HoldExpired`](Decline::HoldExpired), [`DispenseSuspect`](Decline::DispenseSuspect)), and
    /// what the step asks for ([`HoldExceeded`](Decline::HoldExceeded),
    /// [`DispenseNotOrdered`](Decline::DispenseNotOrdered),
    /// [`DispenseOrdered`](Decline::DispenseOrdered), [`BadNotes`](Decline::BadNotes),
    /// [`WrongStep`](Decline::WrongStep)).
    pub async fn act_on_hold(
        &self,
        hold: TransactionId,
        actor: Actor,
        step: HoldAction,
    ) -> Result<Settlement, BankError> {
        let command = Command::ActOnHold { hold, actor, step };
        outcome!(self.command(command), Outcome::Settled(settlement) => *settlement)
    }

    /// Takes a hold further as an operator says, which is recorded with the reason. Of a disputed
    /// dispense [`HoldAction::Dispensed`] or [`HoldAction::Void`] says what an operator found was paid out; where the
    /// books say otherwise, an adjustment between the customer and over and short makes them agree, once.
    ///
    /// Declines as [`proceed`](Bank::act_on_hold) does, and for a disputed dispense with
    /// [`InsufficientFunds`](Decline::InsufficientFunds), [`Closed`](Decline::Closed) or
    /// [`AlreadyReversed`](Decline::AlreadyReversed) where the money can't be moved.
    pub async fn resolve(
        &self,
        hold: TransactionId,
        step: HoldAction,
        operator: Operator,
        reason: Memo,
    ) -> Result<Settlement, BankError> {
        let command =
            Command::Resolve { hold, step, adjustment: TransactionId::generate(), operator, reason };
        outcome!(self.command(command), Outcome::Settled(settlement) => *settlement)
    }

    /// Makes transfers between any customers, all of them or none, in order; receipts are the
    /// payers'. With `dry_run` nothing is made, and the answer is what would happen.
    ///
    /// Declines: [`BadTransferBatch`](Decline::BadTransferBatch), or [`InTransferBatch`](Decline::InTransferBatch) with the first
    /// transfer that can't be made. The entries say which operator made them, where one did.
    pub async fn transfer_batch(
        &self,
        transfers: Vec<Transfer>,
        dry_run: bool,
        operator: Option<Operator>,
    ) -> Result<Vec<Receipt>, BankError> {
        let command = Command::TransferBatch { actor: Actor::Bank, transfers, dry_run, operator };
        outcome!(self.command(command), Outcome::Receipts(receipts) => receipts)
    }

    /// All about an account but its secret.
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount).
    pub async fn account(&self, account: AccountId) -> Result<AccountDetails, BankError> {
        outcome!(self.command(Command::Account { account }), Outcome::Account(details) => *details)
    }

    /// Accounts in the order in which they were opened, from the one of number `first` on, at most
    /// `limit` (held to 1 to [`LISTED_MAX`]).
    pub async fn accounts(&self, first: u32, limit: usize) -> Result<AccountPage, BankError> {
        let command = Command::Accounts { first, limit };
        outcome!(self.command(command), Outcome::Accounts(listed) => listed)
    }

    /// Open holds by their ids, as many as `query` asks for.
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount),
    /// [`NoSuchTerminal`](Decline::NoSuchTerminal).
    pub async fn holds(&self, query: HoldsQuery) -> Result<HoldPage, BankError> {
        outcome!(self.command(Command::Holds(query)), Outcome::Holds(holds) => holds)
    }

    /// Terminals by name, from the one after `after` on, at most `limit`, which is held to 1 to
    /// [`LISTED_MAX`].
    pub async fn list_terminals(
        &self,
        after: Option<TerminalId>,
        limit: usize,
    ) -> Result<TerminalPage, BankError> {
        outcome!(self.command(Command::Terminals { after, limit }), Outcome::Terminals(listed) => listed)
    }

    /// All terminals, by name.
    pub async fn terminals(&self) -> Result<Vec<TerminalSummary>, BankError> {
        let (mut terminals, mut after) = (Vec::new(), None);
        loop {
            let page = self.list_terminals(after, LISTED_MAX).await?;
            terminals.extend(page.terminals);
            after = page.next;
            if after.is_none() {
                return Ok(terminals);
            }
        }
    }

    /// An account's balance, now or after all that was posted at `at` or earlier.
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount).
    pub async fn balance_of(&self, account: AccountId, at: Option<Timestamp>) -> Result<Balance, BankError> {
        let command = Command::Balance { account, actor: Actor::Bank, at };
        outcome!(self.command(command), Outcome::Balance(balance) => balance)
    }

    /// A page of an account's entries, newest first; see [`Session::statement`](super::Session::statement).
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount).
    pub async fn statement_of(&self, account: AccountId, span: Span) -> Result<Page, BankError> {
        let command = Command::Statement { account, actor: Actor::Bank, span };
        outcome!(self.command(command), Outcome::Statement(page) => *page)
    }
}
