//! A customer's session: the calls that need a log-in.

use std::time::Duration;

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::{Bank, BankError};
use crate::account::AccountId;
use crate::auth::Secret;
use crate::bank::handle::{random, to_its_end};
use crate::ledger::{
    Actor, Authorisation, Balance, Command, Decline, HoldAction, Memo, MovementKind, Outcome, Page,
    PurposeRequest, Receipt, Settlement, Span, TransactionId, Transfer,
};
use crate::money::{Amount, Currency};
use crate::notes::NoteCount;
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
    must_change: bool,
    runtime: Handle,
    logged_out: bool,
    is_over: CancellationToken,
}

impl Session {
    pub(super) fn new(
        bank: Bank,
        (account, currency): (AccountId, Currency),
        id: SessionId,
        must_change: bool,
    ) -> Session {
        let is_over = CancellationToken::new();
        bank.sessions().insert(id, is_over.clone());
        let (runtime, logged_out) = (Handle::current(), false);
        Session { bank, account, currency, id, must_change, runtime, logged_out, is_over }
    }

    /// The account that is logged in.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// What it counts in.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// Whether the secret that opened the account was set by the bank: until
    /// [`change_secret`](Session::change_secret) everything else declines with
    /// [`MustChangeSecret`](Decline::MustChangeSecret).
    #[must_use]
    pub fn must_change_secret(&self) -> bool {
        self.must_change
    }

    /// The session's own name, for those who make [`Command`]s of it: see [`Bank::execute`].
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// Returns once the bank has ended the session because its time was over, and never before:
    /// within [`TIME_OUT_DELAY_MAX`](super::TIME_OUT_DELAY_MAX) where the bank is served or
    /// [`run_timer`](Bank::run_timer) runs. Cancel-safe.
    pub async fn timed_out(&self) {
        self.is_over.cancelled().await;
    }

    /// The account's balance.
    pub async fn balance(&self) -> Result<Balance, BankError> {
        self.standing(None).await
    }

    /// The account's balance after all that was posted at `at` or earlier.
    pub async fn balance_at(&self, at: Timestamp) -> Result<Balance, BankError> {
        self.standing(Some(at)).await
    }

    async fn standing(&self, at: Option<Timestamp>) -> Result<Balance, BankError> {
        let command = Command::Balance { account: self.account, actor: self.actor(), at };
        match self.bank.command(command).await? {
            Outcome::Balance(balance) => Ok(balance),
            _ => Err(StoreError::Failed.into()),
        }
    }

    /// Pays cash in.
    ///
    /// Declines: [`IdReused`](Decline::IdReused), [`BadAmount`](Decline::BadAmount),
    /// [`BadNotes`](Decline::BadNotes) at a terminal that counts notes,
    /// [`Closed`](Decline::Closed), [`Frozen`](Decline::Frozen), [`LimitPassed`](Decline::LimitPassed).
    pub async fn deposit(&self, transaction: TransactionId, amount: Amount) -> Result<Receipt, BankError> {
        self.deposit_notes(transaction, amount, Vec::new()).await
    }

    /// Pays these notes in. Declines as [`deposit`](Session::deposit) does.
    pub async fn deposit_notes(
        &self,
        transaction: TransactionId,
        amount: Amount,
        notes: Vec<NoteCount>,
    ) -> Result<Receipt, BankError> {
        self.movement(transaction, amount, MovementKind::Deposit { terminal: self.bank.terminal, notes })
            .await
    }

    /// Draws cash, as one step: the caller has paid it out for sure. Terminals whose dispenser may
    /// fail use [`authorise_cash`](Session::authorise_cash).
    ///
    /// Declines: [`IdReused`](Decline::IdReused), [`BadAmount`](Decline::BadAmount),
    /// [`NotesCounted`](Decline::NotesCounted), [`Closed`](Decline::Closed),
    /// [`Frozen`](Decline::Frozen), the account's limits
    /// ([`TransactionLimit`](Decline::TransactionLimit), [`DayAmountLimit`](Decline::DayAmountLimit),
    /// [`DayCountLimit`](Decline::DayCountLimit)),
    /// [`InsufficientFunds`](Decline::InsufficientFunds), [`OutOfCash`](Decline::OutOfCash).
    pub async fn withdraw(&self, transaction: TransactionId, amount: Amount) -> Result<Receipt, BankError> {
        self.movement(transaction, amount, MovementKind::Withdraw { terminal: self.bank.terminal }).await
    }

    /// Pays another customer, with a word to them where wanted.
    ///
    /// Declines: [`IdReused`](Decline::IdReused), [`BadAmount`](Decline::BadAmount),
    /// [`SameAccount`](Decline::SameAccount), [`NoSuchPayee`](Decline::NoSuchPayee),
    /// [`OtherCurrency`](Decline::OtherCurrency), [`Closed`](Decline::Closed),
    /// [`Frozen`](Decline::Frozen), the account's limits as for [`withdraw`](Session::withdraw),
    /// [`InsufficientFunds`](Decline::InsufficientFunds), [`LimitPassed`](Decline::LimitPassed).
    pub async fn transfer(
        &self,
        transaction: TransactionId,
        to: &str,
        amount: Amount,
        memo: Option<Memo>,
    ) -> Result<Receipt, BankError> {
        let to = self.payee(to).await?;
        self.movement(transaction, amount, MovementKind::Transfer { to, memo }).await
    }

    /// Makes transfers out of this account, all of them or none, in order. With `dry_run` nothing is
    /// made, and the answer is what would happen.
    ///
    /// Declines: [`BadTransferBatch`](Decline::BadTransferBatch), or [`InTransferBatch`](Decline::InTransferBatch) with the first
    /// transfer that can't be made.
    pub async fn transfer_batch(
        &self,
        transfers: Vec<Transfer>,
        dry_run: bool,
    ) -> Result<Vec<Receipt>, BankError> {
        let command = Command::TransferBatch { actor: self.actor(), transfers, dry_run, operator: None };
        match self.bank.command(command).await? {
            Outcome::Receipts(receipts) => Ok(receipts),
            _ => Err(StoreError::Failed.into()),
        }
    }

    /// Sets money aside for a payment that the payee will [capture](Session::act_on_hold) within
    /// `lasts`, at most [`hold_time_max`](crate::policy::Policy::hold_time_max). The payment will
    /// have the same id.
    ///
    /// Declines: those of a [`transfer`](Session::transfer), and for an id whose hold is over
    /// [`HoldCaptured`](Decline::HoldCaptured), [`HoldVoided`](Decline::HoldVoided) or
    /// [`HoldExpired`](Decline::HoldExpired).
    pub async fn authorise(
        &self,
        hold: TransactionId,
        to: &str,
        amount: Amount,
        memo: Option<Memo>,
        lasts: Duration,
    ) -> Result<Authorisation, BankError> {
        let to = self.payee(to).await?;
        self.hold(hold, amount, PurposeRequest::Payment { to, memo, lasts }).await
    }

    /// Sets money aside for cash to be paid out here, and chooses the notes where the terminal
    /// counts them. The withdrawal will have the same id. Next comes [`HoldAction::Order`], then the
    /// paying out, then [`HoldAction::Dispensed`]: by [`proceed`](Session::act_on_hold), or for a terminal
    /// that has a key by [`Bank::act_on_hold`] as [`Actor::Terminal`].
    ///
    /// Declines: those of a [`withdraw`](Session::withdraw) but
    /// [`NotesCounted`](Decline::NotesCounted), [`NotesUnavailable`](Decline::NotesUnavailable),
    /// and for an id whose hold is over as [`authorise`](Session::authorise) does.
    pub async fn authorise_cash(
        &self,
        hold: TransactionId,
        amount: Amount,
    ) -> Result<Authorisation, BankError> {
        let follow_ups = [TransactionId::generate(), TransactionId::generate()];
        self.hold(hold, amount, PurposeRequest::Dispense { terminal: self.bank.terminal, follow_ups }).await
    }

    async fn hold(
        &self,
        hold: TransactionId,
        amount: Amount,
        purpose: PurposeRequest,
    ) -> Result<Authorisation, BankError> {
        let (account, session) = (self.account, self.id);
        match self.bank.command(Command::Authorise { account, session, hold, amount, purpose }).await? {
            Outcome::Authorised(authorisation) => Ok(*authorisation),
            _ => Err(StoreError::Failed.into()),
        }
    }

    /// Takes a hold further: as the payee of a payment, or for cash that this session authorised.
    /// Declines as [`Bank::act_on_hold`] does.
    pub async fn act_on_hold(&self, hold: TransactionId, step: HoldAction) -> Result<Settlement, BankError> {
        self.bank.act_on_hold(hold, self.actor(), step).await
    }

    /// A page of entries, newest first. Entries made meanwhile don't shift older pages: give the
    /// `next` of one page as `before` for the next.
    pub async fn statement(&self, span: Span) -> Result<Page, BankError> {
        let command = Command::Statement { account: self.account, actor: self.actor(), span };
        match self.bank.command(command).await? {
            Outcome::Statement(page) => Ok(*page),
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
        let (asked, actor) = (self.account, self.actor());
        match self.bank.command(Command::Balance { account: asked, actor, at: None }).await {
            Ok(_) | Err(BankError::Declined(Decline::MustChangeSecret)) => {}
            Err(error) => return Err(error),
        }
        new.check_replacing(&old, &self.account).map_err(|_| Decline::WeakSecret)?;
        let turn = self.bank.shared.queues.enter(self.account).await?;
        let (bank, account, session) = (self.bank.clone(), self.account, self.id);
        to_its_end(async move {
            let secret = bank.hash_replacing(account, old.clone(), new).await?;
            let proof = bank.charge_and_check(account, old).await?;
            bank.command(Command::ChangeSecret { account, session, proof, secret }).await?;
            drop(turn);
            Ok(())
        })
        .await
    }

    /// The payee of this name. A session that is over gets that answer before what it asked is looked at.
    async fn payee(&self, name: &str) -> Result<AccountId, BankError> {
        match name.parse() {
            Ok(payee) => Ok(payee),
            Err(_) => self.balance().await.and(Err(Decline::NoSuchPayee.into())),
        }
    }

    fn actor(&self) -> Actor {
        Actor::Holder(self.account, self.id)
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
        way: MovementKind,
    ) -> Result<Receipt, BankError> {
        let (account, session) = (self.account, self.id);
        self.bank.receipt(Command::Move { account, session, transaction, amount, way }).await
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.bank.sessions().remove(&self.id);
        if !self.logged_out {
            let (bank, account) = (self.bank.clone(), self.account);
            bank.dropped().entry(account).or_default().push(self.id);
            self.runtime.spawn(async move { bank.free_dropped(account).await });
        }
    }
}

impl Bank {
    /// Checks the secret and starts the session. Everything else goes through the
    /// [`Session`] that this returns; while it lives nobody else gets in.
    ///
    /// A try is charged before the check and forgotten when the secret was right. Log-ins for one
    /// account are checked one after another, so right ones that arrive together never lock each
    /// other out. An unknown account costs as long as a wrong secret and answers the same.
    ///
    /// Declines: [`BadCredentials`](Decline::BadCredentials), [`Locked`](Decline::Locked),
    /// [`AccountInUse`](Decline::AccountInUse). [`BankError::Overloaded`] where too many wait.
    /// When the future is dropped the check still runs to its end, and the account is free.
    pub async fn login(&self, account: &str, secret: impl Into<Secret>) -> Result<Session, BankError> {
        let secret = secret.into();
        let Ok(account) = account.parse::<AccountId>() else {
            let waiter = self.shared.checks.queue()?;
            self.check(waiter, None, secret).await?;
            return Err(Decline::BadCredentials.into());
        };
        let turn = self.shared.queues.enter(account).await?;
        let bank = self.clone();
        to_its_end(async move {
            let session = bank.log_in(account, secret).await;
            drop(turn);
            session
        })
        .await
    }

    async fn log_in(&self, account: AccountId, secret: Secret) -> Result<Session, BankError> {
        self.free_dropped(account).await?;
        let proof = self.charge_and_check(account, secret).await?;
        let session = SessionId::from_random(random()?);
        match self.command(Command::LogIn { account, session, proof }).await? {
            Outcome::LoggedIn { currency, must_change } => {
                Ok(Session::new(self.clone(), (account, currency), session, must_change))
            }
            _ => Err(StoreError::Failed.into()),
        }
    }
}
