//! A customer's session: the calls that need a log-in.

use std::fmt::Display;

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::{Bank, Capture, Deposit, DispenseReport, NewHold, Transfer, TransferBatch, Withdrawal, given};
use crate::account::AccountId;
use crate::auth::Secret;
use crate::bank::handle::{outcome, random, to_its_end};
use crate::bank::requests::Party;
use crate::error::Error;
use crate::ledger::{
    Actor, Authorisation, Balance, Command, Decline, HoldAction, Outcome, Receipt, Settlement, Statement,
    StatementQuery, TransactionId,
};
use crate::money::Currency;
use crate::session::SessionId;
use crate::time::Timestamp;

/// A customer's way to move money: an account that this caller holds and nobody else.
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

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("account", &self.account).finish_non_exhaustive()
    }
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
    pub async fn balance(&self) -> Result<Balance, Error> {
        self.standing(None).await
    }

    /// The account's balance after all that was posted at `at` or earlier.
    pub async fn balance_at(&self, at: impl TryInto<Timestamp, Error: Display>) -> Result<Balance, Error> {
        self.standing(Some(given("at", at)?)).await
    }

    async fn standing(&self, at: Option<Timestamp>) -> Result<Balance, Error> {
        let command = Command::Balance { account: self.account, actor: self.actor(), at };
        outcome!(self.bank.command(command), Outcome::Balance(balance) => balance)
    }

    /// Pays cash in.
    ///
    /// Declines: [`IdReused`](Decline::IdReused), [`BadAmount`](Decline::BadAmount),
    /// [`BadNotes`](Decline::BadNotes) at a terminal that counts notes,
    /// [`Closed`](Decline::Closed), [`Frozen`](Decline::Frozen), [`LimitPassed`](Decline::LimitPassed).
    pub async fn deposit(&self, deposit: Deposit) -> Result<Receipt, Error> {
        self.bank.receipt(deposit.command(self.party(), self.bank.terminal)?).await
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
    pub async fn withdraw(&self, withdrawal: Withdrawal) -> Result<Receipt, Error> {
        self.bank.receipt(withdrawal.command(self.party(), self.bank.terminal)?).await
    }

    /// Pays another customer, with a word to them where wanted.
    ///
    /// Declines: [`IdReused`](Decline::IdReused), [`BadAmount`](Decline::BadAmount),
    /// [`SameAccount`](Decline::SameAccount), [`NoSuchPayee`](Decline::NoSuchPayee),
    /// [`OtherCurrency`](Decline::OtherCurrency), [`Closed`](Decline::Closed),
    /// [`Frozen`](Decline::Frozen), the account's limits as for [`withdraw`](Session::withdraw),
    /// [`InsufficientFunds`](Decline::InsufficientFunds), [`LimitPassed`](Decline::LimitPassed).
    pub async fn transfer(&self, transfer: Transfer) -> Result<Receipt, Error> {
        self.bank.receipt(transfer.command(self.party())?).await
    }

    /// Makes transfers out of this account, all of them or none, in order.
    ///
    /// Declines: [`BadTransferBatch`](Decline::BadTransferBatch), [`IdTwice`](Decline::IdTwice), or
    /// [`InTransferBatch`](Decline::InTransferBatch) with the first transfer that can't be made.
    pub async fn transfer_batch(&self, batch: TransferBatch) -> Result<Vec<Receipt>, Error> {
        let command = self.bank.command(batch.command(self.party(), false)?);
        outcome!(command, Outcome::Receipts(receipts) => receipts)
    }

    /// Answers what [`transfer_batch`](Session::transfer_batch) would answer now, and makes nothing.
    pub async fn dry_run(&self, batch: TransferBatch) -> Result<Vec<Receipt>, Error> {
        let command = self.bank.command(batch.command(self.party(), true)?);
        outcome!(command, Outcome::Receipts(receipts) => receipts)
    }

    /// Sets money aside for a payment that the payee will [`capture`](Session::capture). The payment
    /// will have the same id.
    ///
    /// Declines: those of a [`transfer`](Session::transfer), and for an id whose hold is over
    /// [`HoldCaptured`](Decline::HoldCaptured), [`HoldVoided`](Decline::HoldVoided) or
    /// [`HoldExpired`](Decline::HoldExpired).
    pub async fn authorise(&self, hold: NewHold) -> Result<Authorisation, Error> {
        let command = self.bank.command(hold.command(self.party())?);
        outcome!(command, Outcome::Authorised(authorisation) => *authorisation)
    }

    /// Sets money aside for cash to be paid out here, and chooses the notes where the terminal
    /// counts them. The withdrawal will have the same id. Next comes
    /// [`order_dispense`](Session::order_dispense), then the paying out, then
    /// [`report_dispense`](Session::report_dispense); a terminal that has a key does both by
    /// [`Bank::act_on_hold`] as [`Actor::Terminal`].
    ///
    /// Declines: those of a [`withdraw`](Session::withdraw) but
    /// [`NotesCounted`](Decline::NotesCounted), [`NotesUnavailable`](Decline::NotesUnavailable),
    /// and for an id whose hold is over as [`authorise`](Session::authorise) does.
    pub async fn authorise_cash(&self, withdrawal: Withdrawal) -> Result<Authorisation, Error> {
        let follow_ups = [TransactionId::generate(), TransactionId::generate()];
        let command = withdrawal.hold_command(self.party(), self.bank.terminal, follow_ups)?;
        outcome!(self.bank.command(command), Outcome::Authorised(authorisation) => *authorisation)
    }

    /// Takes a payment that was authorised for this account out of its hold. Declines as
    /// [`Bank::act_on_hold`] does.
    pub async fn capture(&self, capture: Capture) -> Result<Settlement, Error> {
        let (hold, action) = capture.action()?;
        self.act_on_hold(hold, action).await
    }

    /// Gives up a payment that was authorised for this account, or cash that this session authorised.
    /// Declines as [`Bank::act_on_hold`] does.
    pub async fn void(&self, hold: impl TryInto<TransactionId, Error: Display>) -> Result<Settlement, Error> {
        self.act_on_hold(given("hold", hold)?, HoldAction::Void).await
    }

    /// Says that the cash that this session authorised is about to be paid out. Pay out only once this
    /// is answered. Declines as [`Bank::act_on_hold`] does.
    pub async fn order_dispense(
        &self,
        hold: impl TryInto<TransactionId, Error: Display>,
    ) -> Result<Settlement, Error> {
        self.act_on_hold(given("hold", hold)?, HoldAction::Order).await
    }

    /// Reports what came out. Declines as [`Bank::act_on_hold`] does.
    pub async fn report_dispense(&self, report: DispenseReport) -> Result<Settlement, Error> {
        let (hold, action) = report.action()?;
        self.act_on_hold(hold, action).await
    }

    /// Takes a hold further: as the payee of a payment, or for cash that this session authorised.
    /// Declines as [`Bank::act_on_hold`] does.
    pub async fn act_on_hold(&self, hold: TransactionId, step: HoldAction) -> Result<Settlement, Error> {
        self.bank.act_on_hold(hold, self.actor(), step).await
    }

    /// A page of entries, newest first. Entries made meanwhile don't shift older pages: give the
    /// `next` of one page as `before` for the next.
    pub async fn statement(&self, query: StatementQuery) -> Result<Statement, Error> {
        let command = Command::Statement { account: self.account, actor: self.actor(), query };
        outcome!(self.bank.command(command), Outcome::Statement(page) => *page)
    }

    /// Replaces the secret. The old one is checked like a log-in: a wrong one costs a try, and
    /// the last try locks the account and ends this session. Like a log-in it runs to its end.
    ///
    /// Declines: [`WeakSecret`](Decline::WeakSecret), [`BadCredentials`](Decline::BadCredentials),
    /// [`Locked`](Decline::Locked).
    pub async fn change_secret(&self, old: impl Into<Secret>, new: impl Into<Secret>) -> Result<(), Error> {
        let (old, new) = (old.into(), new.into());
        let (asked, actor) = (self.account, self.actor());
        match self.bank.command(Command::Balance { account: asked, actor, at: None }).await {
            Ok(_) | Err(Error::Declined(Decline::MustChangeSecret)) => {}
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

    fn party(&self) -> Party {
        Party { actor: self.actor(), own: Some(self.account) }
    }

    fn actor(&self) -> Actor {
        Actor::Holder(self.account, self.id)
    }

    /// Frees the account, and says when that is done.
    pub async fn log_out(mut self) -> Result<(), Error> {
        self.bank.command(Command::LogOut { account: self.account, session: self.id }).await?;
        self.logged_out = true;
        Ok(())
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
    /// [`AccountInUse`](Decline::AccountInUse). [`Error::Busy { reason: Busy::Overloaded, .. }`] where too many wait.
    /// When the future is dropped the check still runs to its end, and the account is free.
    pub async fn login(&self, account: &str, secret: impl Into<Secret>) -> Result<Session, Error> {
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

    async fn log_in(&self, account: AccountId, secret: Secret) -> Result<Session, Error> {
        self.free_dropped(account).await?;
        let proof = self.charge_and_check(account, secret).await?;
        let session = SessionId::from_random(random()?);
        let log_in = self.command(Command::LogIn { account, session, proof });
        outcome!(log_in, Outcome::LoggedIn { currency, must_change } => {
            Session::new(self.clone(), (account, currency), session, must_change)
        })
    }
}
