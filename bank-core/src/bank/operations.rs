//! The calls of `Bank` for operators, terminals and programs that act for the bank.

use std::fmt::Display;

use super::{Bank, By, given};
use crate::account::{AccountId, Direction, Status, TerminalId};
use crate::auth::{Secret, SecretHash};
use crate::bank::handle::outcome;
use crate::bank::verbs::named;
use crate::error::Error;
use crate::ledger::{
    Cash, CashCount, Command, Decline, HoldAction, LISTED_MAX, LimitsChange, Outcome, Receipt, Settlement,
    TerminalPage, TerminalSummary, TransactionId,
};
use crate::money::CurrencyCode;
use crate::notes::NoteCount;
use crate::operator::Instruction;
use crate::terminal::TerminalAccess;

impl Bank {
    /// Closes an account, which ends its session, or opens it again. What is so already stays so.
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount),
    /// [`AccountNotEmpty`](Decline::AccountNotEmpty), [`AccountHasHolds`](Decline::AccountHasHolds).
    pub async fn set_status(
        &self,
        account: impl TryInto<AccountId, Error: Display>,
        status: Status,
        by: impl Into<By>,
    ) -> Result<(), Error> {
        let account = named(account)?;
        let (operator, reason) = by.into().with_reason()?;
        self.command(Command::SetStatus { account, status, operator, reason }).await.map(drop)
    }

    /// Forbids movements of an account, beside those that are forbidden already, and answers the
    /// number of the freeze.
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount),
    /// [`TooManyFreezes`](Decline::TooManyFreezes).
    pub async fn freeze(
        &self,
        account: impl TryInto<AccountId, Error: Display>,
        direction: Direction,
        by: impl Into<By>,
    ) -> Result<u32, Error> {
        let account = named(account)?;
        let (operator, reason) = by.into().with_reason()?;
        let command = Command::Freeze { account, direction, operator, reason };
        outcome!(self.command(command), Outcome::Frozen { freeze } => freeze)
    }

    /// Takes off one freeze of an account, or all of them.
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount),
    /// [`NoSuchFreeze`](Decline::NoSuchFreeze).
    pub async fn thaw(
        &self,
        account: impl TryInto<AccountId, Error: Display>,
        freeze: Option<u32>,
        by: impl Into<By>,
    ) -> Result<(), Error> {
        let account = named(account)?;
        let (operator, reason) = by.into().with_reason()?;
        self.command(Command::Thaw { account, freeze, operator, reason }).await.map(drop)
    }

    /// Changes some of an account's limits; the others stay, also where another call changes them meanwhile. What
    /// was taken out today counts.
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount), [`BadLimits`](Decline::BadLimits).
    pub async fn set_limits(
        &self,
        account: impl TryInto<AccountId, Error: Display>,
        limits: LimitsChange,
        by: impl Into<By>,
    ) -> Result<(), Error> {
        let account = named(account)?;
        let (operator, reason) = by.into().with_reason()?;
        self.command(Command::SetLimits { account, limits, operator, reason }).await.map(drop)
    }

    /// Gives an account a secret that its owner has to change first of all, and unlocks it; also one that
    /// was opened without a secret.
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount), [`WeakSecret`](Decline::WeakSecret).
    pub async fn set_secret(
        &self,
        account: impl TryInto<AccountId, Error: Display>,
        secret: impl Into<Secret>,
        by: impl Into<By>,
    ) -> Result<(), Error> {
        let account = named(account)?;
        let (operator, reason) = by.into().with_reason()?;
        let secret = self.hash_chosen(account, secret.into()).await?;
        self.command(Command::SetSecret { account, secret, operator, reason }).await.map(drop)
    }

    /// Forgets the tries charged to an account, so that its owner can log in again.
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount).
    pub async fn unlock(
        &self,
        account: impl TryInto<AccountId, Error: Display>,
        by: impl Into<By>,
    ) -> Result<(), Error> {
        let account = named(account)?;
        let (operator, reason) = by.into().with_reason()?;
        self.command(Command::Unlock { account, operator, reason }).await.map(drop)
    }

    /// Ends the session that holds an account; their next call is declined.
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount).
    pub async fn end_session(
        &self,
        account: impl TryInto<AccountId, Error: Display>,
        by: impl Into<By>,
    ) -> Result<(), Error> {
        let account = named(account)?;
        let (operator, reason) = by.into().with_reason()?;
        self.command(Command::EndSession { account, operator, reason }).await.map(drop)
    }

    /// Adds a terminal. Without a `key` it is spoken for by this program alone, at
    /// [`Bank::for_terminal`]; make one with [`hash_key`](Bank::hash_key). `by` says which operator adds it.
    ///
    /// Declines: [`TerminalExists`](Decline::TerminalExists).
    pub async fn add_terminal(
        &self,
        terminal: impl TryInto<TerminalId, Error: Display>,
        currency: impl TryInto<CurrencyCode, Error: Display>,
        key: Option<SecretHash>,
        instruction: Option<Instruction>,
    ) -> Result<(), Error> {
        let terminal = given("terminal", terminal)?;
        let currency = self.policy().currency_of(given("currency", currency)?);
        let currency = currency.ok_or(Decline::NoSuchCurrency)?;
        self.command(Command::AddTerminal { terminal, currency, key, instruction }).await.map(drop)
    }

    /// Gives a terminal another key. The old one is refused from then on: channels that
    /// entered with it are declined with [`BadTerminal`](Decline::BadTerminal). With the new one
    /// the terminal reports what it was ordered to pay out before.
    ///
    /// Declines: [`NoSuchTerminal`](Decline::NoSuchTerminal).
    pub async fn change_key(
        &self,
        terminal: impl TryInto<TerminalId, Error: Display>,
        key: SecretHash,
        by: impl Into<By>,
    ) -> Result<(), Error> {
        let terminal = given("terminal", terminal)?;
        let (operator, reason) = by.into().with_reason()?;
        self.command(Command::ChangeKey { terminal, key, operator, reason }).await.map(drop)
    }

    /// Lets customers move cash at a terminal, or not. A dispense that was ordered there is still
    /// reported.
    ///
    /// Declines: [`NoSuchTerminal`](Decline::NoSuchTerminal).
    pub async fn set_terminal(
        &self,
        terminal: impl TryInto<TerminalId, Error: Display>,
        enabled: bool,
        by: impl Into<By>,
    ) -> Result<(), Error> {
        let terminal = given("terminal", terminal)?;
        let (operator, reason) = by.into().with_reason()?;
        self.command(Command::SetTerminal { terminal, enabled, operator, reason }).await.map(drop)
    }

    /// The same bank for a terminal that proves with its key who it is. An unknown terminal costs
    /// as long as a wrong key and answers the same.
    ///
    /// Declines: [`BadTerminal`](Decline::BadTerminal).
    pub async fn enter_terminal(&self, terminal: &str, key: Secret) -> Result<Bank, Error> {
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
    ) -> Result<Receipt, Error> {
        self.receipt(Command::Load { terminal: self.terminal, cash, transaction, instruction }).await
    }

    /// Takes cash out of the terminal of this handle, for the bank.
    ///
    /// Declines: those of [`load`](Bank::load), and [`OutOfCash`](Decline::OutOfCash).
    pub async fn unload(
        &self,
        transaction: TransactionId,
        cash: Cash,
        by: impl Into<By>,
    ) -> Result<Receipt, Error> {
        let (operator, reason) = by.into().with_reason()?;
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
    ) -> Result<CashCount, Error> {
        let command = Command::Count { terminal: self.terminal, counted, reject_bin, close };
        outcome!(self.command(command), Outcome::Counted(count) => *count)
    }

    /// Takes a hold further as an operator says, which is recorded with the reason. Of a disputed
    /// dispense [`HoldAction::Dispensed`] or [`HoldAction::Void`] says what an operator found was paid out; where the
    /// books say otherwise, an adjustment between the customer and over and short makes them agree, once.
    ///
    /// Declines as [`act_on_hold`](Bank::act_on_hold) does, and for a disputed dispense with
    /// [`InsufficientFunds`](Decline::InsufficientFunds), [`Closed`](Decline::Closed) or
    /// [`AlreadyReversed`](Decline::AlreadyReversed) where the money can't be moved.
    pub async fn resolve(
        &self,
        hold: TransactionId,
        step: HoldAction,
        by: impl Into<By>,
    ) -> Result<Settlement, Error> {
        let (operator, reason) = by.into().with_reason()?;
        let command =
            Command::Resolve { hold, step, adjustment: TransactionId::generate(), operator, reason };
        outcome!(self.command(command), Outcome::Settled(settlement) => *settlement)
    }

    /// Terminals by name, from the one after `after` on, at most `limit`, which is held to 1 to
    /// [`LISTED_MAX`].
    pub async fn list_terminals(
        &self,
        after: Option<TerminalId>,
        limit: usize,
    ) -> Result<TerminalPage, Error> {
        outcome!(self.command(Command::Terminals { after, limit }), Outcome::Terminals(listed) => listed)
    }

    /// All terminals, by name.
    pub async fn terminals(&self) -> Result<Vec<TerminalSummary>, Error> {
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
}
