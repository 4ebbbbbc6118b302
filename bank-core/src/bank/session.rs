//! An account in a caller's hands.

use tokio::runtime::Handle;

use super::{Bank, BankError, to_its_end};
use crate::account::AccountId;
use crate::auth::Secret;
use crate::ledger::{Balance, Command, Decline, Memo, Outcome, Page, Receipt, TransactionId, Way};
use crate::money::{Amount, Currency};
use crate::session::SessionId;
use crate::store::StoreError;
use crate::time::Timestamp;

/// The only way to move money: an account that this caller holds and nobody else.
///
/// It frees the account when dropped, at the latest for its next log-in through the same bank; it
/// ends by itself when idle for [`session_idle_max`](crate::policy::Policy::session_idle_max) or
/// open for [`session_time_max`](crate::policy::Policy::session_time_max), and then every call
/// declines with [`SessionExpired`](Decline::SessionExpired).
///
/// Every movement carries an id that the caller made ([`TransactionId::generate`]) and keeps:
/// asking again with the same id and content answers the first receipt, marked `replayed`.
/// Dropping a call's future does not undo it; ask again with the same id to learn what became of
/// it. A declined movement leaves no trace, and its id may be used again.
pub struct Session {
    bank: Bank,
    account: AccountId,
    currency: Currency,
    id: SessionId,
    runtime: Handle,
    logged_out: bool,
}

impl Session {
    pub(super) fn new(bank: Bank, account: AccountId, currency: Currency, id: SessionId) -> Session {
        Session { bank, account, currency, id, runtime: Handle::current(), logged_out: false }
    }

    /// The account in hand.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// What it counts in.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The session's own name, for those who make [`Command`]s of it: see [`Bank::execute`].
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// What the account stands at.
    pub async fn balance(&self) -> Result<Balance, BankError> {
        self.standing(None).await
    }

    /// What the account stood at when all that was made at `at` or earlier had been made.
    pub async fn balance_at(&self, at: Timestamp) -> Result<Balance, BankError> {
        self.standing(Some(at)).await
    }

    async fn standing(&self, at: Option<Timestamp>) -> Result<Balance, BankError> {
        let command = Command::Balance { account: self.account, session: self.id, at };
        match self.bank.command(command).await? {
            Outcome::Balance(balance) => Ok(balance),
            _ => Err(StoreError::Failed.into()),
        }
    }

    /// Pays cash in.
    ///
    /// Declines: [`IdReused`](Decline::IdReused), [`BadAmount`](Decline::BadAmount),
    /// [`Frozen`](Decline::Frozen), [`LimitPassed`](Decline::LimitPassed).
    pub async fn deposit(&self, transaction: TransactionId, amount: Amount) -> Result<Receipt, BankError> {
        self.movement(transaction, amount, Way::Deposit { terminal: self.bank.terminal }).await
    }

    /// Draws cash.
    ///
    /// Declines: [`IdReused`](Decline::IdReused), [`BadAmount`](Decline::BadAmount),
    /// [`Frozen`](Decline::Frozen), [`InsufficientFunds`](Decline::InsufficientFunds),
    /// [`OutOfCash`](Decline::OutOfCash).
    pub async fn withdraw(&self, transaction: TransactionId, amount: Amount) -> Result<Receipt, BankError> {
        self.movement(transaction, amount, Way::Withdraw { terminal: self.bank.terminal }).await
    }

    /// Pays another customer, with a word to them where wanted.
    ///
    /// Declines: [`IdReused`](Decline::IdReused), [`BadAmount`](Decline::BadAmount),
    /// [`SameAccount`](Decline::SameAccount), [`NoSuchPayee`](Decline::NoSuchPayee),
    /// [`OtherCurrency`](Decline::OtherCurrency), [`Frozen`](Decline::Frozen),
    /// [`InsufficientFunds`](Decline::InsufficientFunds), [`LimitPassed`](Decline::LimitPassed).
    pub async fn transfer(
        &self,
        transaction: TransactionId,
        to: &str,
        amount: Amount,
        memo: Option<Memo>,
    ) -> Result<Receipt, BankError> {
        let to = to.parse().map_err(|_| Decline::NoSuchPayee)?;
        self.movement(transaction, amount, Way::Transfer { to, memo }).await
    }

    /// A page of entries, newest first: at most `limit` (held to 1 to
    /// [`STATEMENT_ENTRIES_MAX`](crate::ledger::STATEMENT_ENTRIES_MAX)), all with numbers below
    /// `before` where given. Entries made meanwhile don't shift older pages.
    pub async fn statement(&self, limit: usize, before: Option<u64>) -> Result<Page, BankError> {
        let command = Command::Statement { account: self.account, session: self.id, limit, before };
        match self.bank.command(command).await? {
            Outcome::Statement(page) => Ok(page),
            _ => Err(StoreError::Failed.into()),
        }
    }

    /// Replaces the secret. The old one is checked like a log-in: a wrong one costs a try, and
    /// the last try locks the account and ends this session. Like a log-in it runs to its end.
    ///
    /// Declines: [`WeakSecret`](Decline::WeakSecret), [`BadCredentials`](Decline::BadCredentials),
    /// [`Locked`](Decline::Locked).
    pub async fn change_secret(
        &self,
        old: impl Into<Secret>,
        new: impl Into<Secret>,
    ) -> Result<(), BankError> {
        let (old, new) = (old.into(), new.into());
        new.check_strength().map_err(|_| Decline::WeakSecret)?;
        self.balance().await?;
        let turn = self.bank.shared.queues.enter(self.account).await?;
        let (bank, account, session) = (self.bank.clone(), self.account, self.id);
        to_its_end(async move {
            let secret = bank.hash(new).await?;
            let proof = bank.charge_and_check(account, old).await?;
            bank.command(Command::ChangeSecret { account, session, proof, secret }).await?;
            drop(turn);
            Ok(())
        })
        .await
    }

    /// Frees the account, and says when that is done.
    pub async fn log_out(mut self) -> Result<(), BankError> {
        self.bank.command(Command::LogOut { account: self.account, session: self.id }).await?;
        self.logged_out = true;
        Ok(())
    }

    async fn movement(
        &self,
        transaction: TransactionId,
        amount: Amount,
        way: Way,
    ) -> Result<Receipt, BankError> {
        let (account, session) = (self.account, self.id);
        self.bank.receipt(Command::Move { account, session, transaction, amount, way }).await
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if !self.logged_out {
            let (bank, account) = (self.bank.clone(), self.account);
            bank.dropped().entry(account).or_default().push(self.id);
            self.runtime.spawn(async move { bank.free_dropped(account).await });
        }
    }
}
