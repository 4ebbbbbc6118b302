//! The verbs of `Bank` that move money and look at accounts, for the program that embeds it.
//!
//! They need no log-in and end nobody's session; freezes, limits and minimum balances hold for them as
//! for customers.

use std::fmt::Display;

use super::{
    Adjustment, Bank, Capture, Deposit, DispenseReport, NewAccount, NewHold, Reversal, Transfer,
    TransferBatch, Withdrawal, given,
};
use crate::account::AccountId;
use crate::bank::handle::outcome;
use crate::bank::requests::{Login, Party};
use crate::error::{Error, Invalid};
use crate::ledger::{
    AccountDetails, AccountPage, Actor, Authorisation, Balance, Command, Decline, Field, HoldAction,
    HoldPage, HoldsQuery, Outcome, Receipt, Settlement, Statement, StatementQuery, TransactionId,
};
use crate::time::Timestamp;

/// What opening an account answers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Opened {
    /// The account.
    pub account: AccountId,
    /// For what was paid in with it.
    pub receipt: Option<Receipt>,
    /// Whether it was opened just so before.
    pub replayed: bool,
}

impl Bank {
    /// Opens an account. Opening it again with the same content answers the first result, so a program
    /// can do it at every start.
    ///
    /// A secret is part of the content: the account is the same only if it still opens it. Not
    /// cancel-safe: when the future is dropped, the account may be open.
    ///
    /// Declines: [`NoSuchCurrency`](Decline::NoSuchCurrency) for what is neither a currency of ISO 4217 nor a
    /// unit of the policy, [`AccountExists`](Decline::AccountExists) with other content,
    /// [`WeakSecret`](Decline::WeakSecret), [`BadAmount`](Decline::BadAmount) and
    /// [`LimitPassed`](Decline::LimitPassed) for what is paid in, [`IdReused`](Decline::IdReused),
    /// [`BadLimits`](Decline::BadLimits) for a minimum above zero.
    pub async fn open_account(&self, new: NewAccount) -> Result<Opened, Error> {
        let (mut new, login) = new.opening(self.policy())?;
        let account = new.account;
        let secret = match login {
            Login::Nobody => None,
            Login::Hash(hash) => {
                new.secret = Some(hash);
                None
            }
            Login::Secret(secret) => {
                new.secret = Some(self.hash_chosen(account, secret.clone()).await?.hash());
                Some(secret)
            }
        };
        let opened = self.command(Command::Open(new.clone())).await;
        let opened = match (opened, secret) {
            (Err(Error::Declined(Decline::AccountExists { field: Field::Secret })), Some(secret)) => {
                let asked = self.command(Command::AskSecret { account });
                let hash = outcome!(asked, Outcome::Charged { secret } => secret)?;
                new.proof = self.check(self.shared.checks.queue()?, hash, secret).await?;
                self.command(Command::Open(new)).await
            }
            (opened, _) => opened,
        };
        outcome!(async { opened }, Outcome::Opened { receipt, replayed } => Opened { account, receipt, replayed })
    }

    /// Pays cash into an account, at the terminal of this handle.
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount), and those of
    /// [`Session::deposit`](super::Session::deposit).
    pub async fn deposit(&self, deposit: Deposit) -> Result<Receipt, Error> {
        self.receipt(deposit.command(Party::BANK, self.terminal)?).await
    }

    /// Draws cash from an account, at the terminal of this handle, as one step: it has been paid out for
    /// sure. A dispenser that may fail takes [`authorise_cash`](Bank::authorise_cash).
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount), and those of
    /// [`Session::withdraw`](super::Session::withdraw).
    pub async fn withdraw(&self, withdrawal: Withdrawal) -> Result<Receipt, Error> {
        self.receipt(withdrawal.command(Party::BANK, self.terminal)?).await
    }

    /// Moves money from one account to another. The receipt is the payer's.
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount) for the payer, and those of
    /// [`Session::transfer`](super::Session::transfer).
    pub async fn transfer(&self, transfer: Transfer) -> Result<Receipt, Error> {
        self.receipt(transfer.command(Party::BANK)?).await
    }

    /// Makes transfers between any customers, all of them or none, in order; receipts are the payers'.
    ///
    /// Declines: [`BadTransferBatch`](Decline::BadTransferBatch), [`IdTwice`](Decline::IdTwice), or
    /// [`InTransferBatch`](Decline::InTransferBatch) with the first transfer that can't be made.
    pub async fn transfer_batch(&self, batch: TransferBatch) -> Result<Vec<Receipt>, Error> {
        let command = self.command(batch.command(Party::BANK, false)?);
        outcome!(command, Outcome::Receipts(receipts) => receipts)
    }

    /// Answers what [`transfer_batch`](Bank::transfer_batch) would answer now, and makes nothing. Ids
    /// stay unused.
    pub async fn dry_run(&self, batch: TransferBatch) -> Result<Vec<Receipt>, Error> {
        let command = self.command(batch.command(Party::BANK, true)?);
        outcome!(command, Outcome::Receipts(receipts) => receipts)
    }

    /// Sets money aside for a payment, which [`capture`](Bank::capture) makes.
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount) for the payer, and those of
    /// [`Session::authorise`](super::Session::authorise).
    pub async fn authorise(&self, hold: NewHold) -> Result<Authorisation, Error> {
        let command = self.command(hold.command(Party::BANK)?);
        outcome!(command, Outcome::Authorised(authorisation) => *authorisation)
    }

    /// Sets money aside for cash to be paid out at the terminal of this handle, and chooses the notes
    /// where it counts them. Next comes [`order_dispense`](Bank::order_dispense), then the paying out,
    /// then [`report_dispense`](Bank::report_dispense).
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount), and those of
    /// [`Session::authorise_cash`](super::Session::authorise_cash).
    pub async fn authorise_cash(&self, withdrawal: Withdrawal) -> Result<Authorisation, Error> {
        let follow_ups = [TransactionId::generate(), TransactionId::generate()];
        let command = self.command(withdrawal.hold_command(Party::BANK, self.terminal, follow_ups)?);
        outcome!(command, Outcome::Authorised(authorisation) => *authorisation)
    }

    /// Takes a payment out of its hold, all of it or a part. Declines as
    /// [`act_on_hold`](Bank::act_on_hold) does.
    pub async fn capture(&self, capture: Capture) -> Result<Settlement, Error> {
        let (hold, action) = capture.action()?;
        self.act_on_hold(hold, Actor::Bank, action).await
    }

    /// Gives a hold up: all of it is its owner's again. Not a dispense that was ordered. Declines as
    /// [`act_on_hold`](Bank::act_on_hold) does.
    pub async fn void(&self, hold: impl TryInto<TransactionId, Error: Display>) -> Result<Settlement, Error> {
        self.act_on_hold(given("hold", hold)?, Actor::Bank, HoldAction::Void).await
    }

    /// Says that cash is about to be paid out. Pay out only once this is answered. Declines as
    /// [`act_on_hold`](Bank::act_on_hold) does.
    pub async fn order_dispense(
        &self,
        hold: impl TryInto<TransactionId, Error: Display>,
    ) -> Result<Settlement, Error> {
        self.act_on_hold(given("hold", hold)?, Actor::Bank, HoldAction::Order).await
    }

    /// Reports what came out. Declines as [`act_on_hold`](Bank::act_on_hold) does.
    pub async fn report_dispense(&self, report: DispenseReport) -> Result<Settlement, Error> {
        let (hold, action) = report.action()?;
        self.act_on_hold(hold, Actor::Bank, action).await
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
    ) -> Result<Settlement, Error> {
        let command = Command::ActOnHold { hold, actor, step };
        outcome!(self.command(command), Outcome::Settled(settlement) => *settlement)
    }

    /// Takes back a transaction, once, whole or in part, and gives back the allowance that it used
    /// up. Nothing that was recorded is changed.
    ///
    /// Declines: [`NoSuchTransaction`](Decline::NoSuchTransaction),
    /// [`NotReversible`](Decline::NotReversible), [`AlreadyReversed`](Decline::AlreadyReversed),
    /// [`ReversalExceeds`](Decline::ReversalExceeds), [`IdReused`](Decline::IdReused), and those of
    /// a transfer the other way.
    pub async fn reverse(&self, reversal: Reversal) -> Result<Receipt, Error> {
        self.receipt(reversal.command()?).await
    }

    /// Gives to an account, or takes from it where the amount is negative, at the bank's own cost.
    /// Limits don't hold for it.
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount), [`BadAmount`](Decline::BadAmount),
    /// [`IdReused`](Decline::IdReused), [`Closed`](Decline::Closed),
    /// [`InsufficientFunds`](Decline::InsufficientFunds), [`LimitPassed`](Decline::LimitPassed).
    pub async fn adjust(&self, adjustment: Adjustment) -> Result<Receipt, Error> {
        self.receipt(adjustment.command()?).await
    }

    /// An account's balance now.
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount).
    pub async fn balance(&self, account: impl TryInto<AccountId, Error: Display>) -> Result<Balance, Error> {
        self.balance_of(named(account)?, None).await
    }

    /// An account's balance after all that was posted at `at` or earlier.
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount).
    pub async fn balance_at(
        &self,
        account: impl TryInto<AccountId, Error: Display>,
        at: impl TryInto<Timestamp, Error: Display>,
    ) -> Result<Balance, Error> {
        self.balance_of(named(account)?, Some(given("at", at)?)).await
    }

    async fn balance_of(&self, account: AccountId, at: Option<Timestamp>) -> Result<Balance, Error> {
        let command = Command::Balance { account, actor: Actor::Bank, at };
        outcome!(self.command(command), Outcome::Balance(balance) => balance)
    }

    /// A page of an account's entries, newest first. Entries made meanwhile don't shift older pages:
    /// give the `next` of one page as `before` for the next.
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount).
    pub async fn statement(
        &self,
        account: impl TryInto<AccountId, Error: Display>,
        query: StatementQuery,
    ) -> Result<Statement, Error> {
        let command = Command::Statement { account: named(account)?, actor: Actor::Bank, query };
        outcome!(self.command(command), Outcome::Statement(page) => *page)
    }

    /// All about an account but its secret.
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount).
    pub async fn account(
        &self,
        account: impl TryInto<AccountId, Error: Display>,
    ) -> Result<AccountDetails, Error> {
        let account = named(account)?;
        outcome!(self.command(Command::Account { account }), Outcome::Account(details) => *details)
    }

    /// Accounts in the order in which they were opened, from the one of number `first` on, at most
    /// `limit` (held to 1 to [`LISTED_MAX`](crate::ledger::LISTED_MAX)).
    pub async fn accounts(&self, first: u32, limit: usize) -> Result<AccountPage, Error> {
        let command = Command::Accounts { first, limit };
        outcome!(self.command(command), Outcome::Accounts(listed) => listed)
    }

    /// Open holds by their ids, as many as `query` asks for.
    ///
    /// Declines: [`NoSuchAccount`](Decline::NoSuchAccount),
    /// [`NoSuchTerminal`](Decline::NoSuchTerminal).
    pub async fn holds(&self, query: HoldsQuery) -> Result<HoldPage, Error> {
        outcome!(self.command(Command::Holds(query)), Outcome::Holds(holds) => holds)
    }
}

/// The account that is named.
pub(super) fn named(account: impl TryInto<AccountId, Error: Display>) -> Result<AccountId, Invalid> {
    given("account", account)
}
