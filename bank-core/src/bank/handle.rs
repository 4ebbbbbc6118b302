//! The `Bank` handle: a store, a policy and a terminal, and the calls that the other files build
//! on.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use super::checks::{Checks, Waiter};
use super::queue::Queues;
use crate::account::{AccountId, TerminalId};
use crate::auth::{ChosenSecret, Proof, Secret, SecretHash};
use crate::books::TrialBalance;
use crate::dates::ClockStatus;
use crate::error::{Busy, Cause, Error};
use crate::ledger::{Answer, Command, Decline, Outcome, Receipt};
use crate::policy::Policy;
use crate::session::SessionId;
use crate::store::Store;
use crate::terminal::TerminalAccess;

/// The value of the one kind of outcome that the command has.
macro_rules! outcome {
    ($asked:expr, $pattern:pat => $answer:expr) => {
        match $asked.await {
            Ok($pattern) => Ok($answer),
            // `decide` answers each command with the outcome of its kind, so the store is not as it should be.
            Ok(_) => Err(crate::error::Error::Failed { cause: crate::error::Cause::WrongOutcome, source: None }),
            Err(error) => Err(error),
        }
    };
}

pub(super) use outcome;

/// A bank on a store. Cheap to clone; all clones are one bank.
///
/// Its verbs act for the bank: they need no log-in, see every account and end nobody's
/// [`Session`](super::Session).
///
/// **Ids.** Every movement carries an id that the caller made
/// ([`TransactionId::generate`](crate::ledger::TransactionId::generate)) and keeps. Asked again with the
/// same id and content, the bank answers the first receipt, marked `replayed`; with other content it
/// declines with [`IdReused`](Decline::IdReused). A declined movement leaves no trace, and its id may be
/// used again.
///
/// **Durability.** What is answered is recorded: by a durable store, written and synced before.
///
/// **Order.** Verbs that are awaited one after another are carried out in this order; of those under way at
/// the same time each is carried out whole, in some order.
///
/// **Cancellation.** Any verb's future may be dropped, which is safe and does not undo it: whether it was
/// carried out is then as unknown as after [`Error::OutcomeUnknown`], and asking again with the same ids
/// tells.
///
/// **Errors.** Each verb lists its declines; any may answer [`Busy`](Error::Busy),
/// [`OutcomeUnknown`](Error::OutcomeUnknown) or [`Failed`](Error::Failed).
///
/// Runs on a tokio runtime. Secrets are checked off its async threads, as many at once as there
/// are cores; [`CHECKS_WAITING_MAX`](super::CHECKS_WAITING_MAX) more may wait, and [`LOGINS_WAITING_MAX`](super::LOGINS_WAITING_MAX) for one account.
#[derive(Clone)]
pub struct Bank {
    pub(super) shared: Arc<Shared>,
    pub(super) terminal: TerminalId,
    /// Where the terminal proved who it is.
    pub(super) access: Option<TerminalAccess>,
}

impl std::fmt::Debug for Bank {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bank").field("terminal", &self.terminal).finish_non_exhaustive()
    }
}

pub(super) struct Shared {
    pub(super) store: Arc<dyn Store>,
    pub(super) checks: Checks,
    pub(super) queues: Arc<Queues>,
    /// Sessions dropped without log-out, whose accounts are still to be freed.
    dropped: Mutex<HashMap<AccountId, Vec<SessionId>>>,
    /// What each session's holder waits on to learn that its time was over.
    sessions: Mutex<HashMap<SessionId, CancellationToken>>,
}

impl Bank {
    /// A bank on a store of your choice. Several banks may share a store.
    #[must_use]
    pub fn with_store(store: Arc<dyn Store>) -> Bank {
        let (checks, queues) = (Checks::default(), Arc::default());
        let (dropped, sessions) = (Mutex::default(), Mutex::default());
        let shared = Shared { store, checks, queues, dropped, sessions };
        Bank { shared: Arc::new(shared), terminal: TerminalId::vault(), access: None }
    }

    /// The same bank for callers at `terminal`: the cash that they pay in or draw is in
    /// that terminal, which can't pay out more than it was [loaded](Bank::load) with and took in. It
    /// has to be [added](Bank::add_terminal) first. Callers without a terminal use the vault.
    #[must_use]
    pub fn for_terminal(&self, terminal: TerminalId) -> Bank {
        Bank { shared: Arc::clone(&self.shared), terminal, access: None }
    }

    /// The settings that the bank runs with.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        self.shared.store.policy()
    }

    /// Charges a try, durably, and then checks `secret`.
    pub(super) async fn charge_and_check(
        &self,
        account: AccountId,
        secret: Secret,
    ) -> Result<Option<Proof>, Error> {
        let waiter = self.shared.checks.queue()?;
        let charged = self.command(Command::ChargeTry { account });
        let hash = outcome!(charged, Outcome::Charged { secret } => secret)?;
        self.check(waiter, hash, secret).await
    }

    pub(super) async fn check(
        &self,
        waiter: Waiter<'_>,
        hash: Option<SecretHash>,
        secret: Secret,
    ) -> Result<Option<Proof>, Error> {
        let hash = hash.unwrap_or_else(|| SecretHash::decoy(self.policy().hash_cost));
        self.shared.checks.run(waiter, move || hash.verify(&secret)).await
    }

    /// Hashes a PIN or a password as it is, with a new salt, at the policy's cost: for secrets that
    /// were chosen elsewhere, and for terminals' keys.
    ///
    /// Declines: [`WeakSecret`](Decline::WeakSecret) for what is neither.
    pub async fn hash(&self, secret: Secret) -> Result<SecretHash, Error> {
        let (salt, cost) = (random()?, self.policy().hash_cost);
        let waiter = self.shared.checks.queue()?;
        let hashed = self.shared.checks.run(waiter, move || SecretHash::new(&secret, salt, cost)).await?;
        hashed.map_err(|_| Decline::WeakSecret.into())
    }

    /// The same for a terminal's key, which must have at least 128 bits; see [`Secret::check_key`].
    ///
    /// Declines: [`WeakKey`](Decline::WeakKey).
    pub async fn hash_key(&self, key: Secret) -> Result<SecretHash, Error> {
        key.check_key().map_err(|_| Decline::WeakKey)?;
        self.hash(key).await
    }

    /// The same for a secret that the bank chooses for `account`: it must not be easy to guess, see
    /// [`Secret::check_choice`].
    pub async fn hash_chosen(&self, account: AccountId, secret: Secret) -> Result<ChosenSecret, Error> {
        secret.check_choice(&account).map_err(|_| Decline::WeakSecret)?;
        let (salt, cost) = (random()?, self.policy().hash_cost);
        let waiter = self.shared.checks.queue()?;
        let choose = move || ChosenSecret::new(&secret, &account, salt, cost);
        self.shared.checks.run(waiter, choose).await?.map_err(|_| Decline::WeakSecret.into())
    }

    /// The same for a secret that the owner of `account` chooses in place of `old`.
    pub(super) async fn hash_replacing(
        &self,
        account: AccountId,
        old: Secret,
        secret: Secret,
    ) -> Result<ChosenSecret, Error> {
        let (salt, cost) = (random()?, self.policy().hash_cost);
        let waiter = self.shared.checks.queue()?;
        let choose = move || ChosenSecret::in_place_of(&old, &secret, &account, salt, cost);
        self.shared.checks.run(waiter, choose).await?.map_err(|_| Decline::WeakSecret.into())
    }

    /// How far the dates of the bank's records are from the machine's clock, as of the latest decision.
    #[must_use]
    pub fn clock(&self) -> ClockStatus {
        self.shared.store.clock()
    }

    /// Debits against credits over all accounts, a line a currency; each sums to zero.
    pub async fn trial_balance(&self) -> Result<Vec<TrialBalance>, Error> {
        self.shared.store.trial_balance().await.map_err(|error| Error::of_store(error, None))
    }

    /// Decides `commands` one after another, nothing in between, and makes all of it durable in
    /// one step: for programs that move money by the thousand. Answers one outcome each, in order.
    ///
    /// A batch is not all or nothing: a declined command leaves the others as they are. Commands
    /// of a session carry its [`id`](super::Session::id) and are refused once it is over. Dropping the
    /// future does not undo the batch, and an error leaves unknown whether it was executed: ask
    /// again with the same transaction ids.
    pub async fn execute(&self, commands: Vec<Command>) -> Result<Vec<Answer>, Error> {
        let changes: Vec<_> = commands.iter().filter_map(Command::changes).collect();
        let changes = if changes.is_empty() { None } else { Some(changes.concat()) };
        let answers = self.shared.store.execute(commands).await;
        answers.map_err(|error| Error::of_store(error, changes))
    }

    pub(super) async fn command(&self, command: Command) -> Result<Outcome, Error> {
        let command = match self.access {
            // An account is freed whatever key the terminal has by then.
            Some(access) if !matches!(command, Command::LogOut { .. }) => {
                Command::Through { access, command: Box::new(command) }
            }
            _ => command,
        };
        let changes = command.changes();
        let mut answers = match self.shared.store.execute(vec![command]).await {
            Ok(answers) => answers,
            Err(error) => return Err(Error::of_store(error, changes)),
        };
        match answers.pop() {
            Some(answer) => Ok(answer?),
            None => Err(Error::Failed { cause: Cause::WrongOutcome, source: None }),
        }
    }

    pub(super) async fn receipt(&self, command: Command) -> Result<Receipt, Error> {
        outcome!(self.command(command), Outcome::Receipt(receipt) => receipt)
    }

    /// Logs out the dropped sessions of `account`. Others may be at it too: a log-out of a session
    /// that is over does nothing. Cancel-safe: what is not freed yet is kept.
    pub(super) async fn free_dropped(&self, account: AccountId) -> Result<(), Error> {
        let sessions = self.dropped().get(&account).cloned().unwrap_or_default();
        if sessions.is_empty() {
            return Ok(());
        }
        let log_out = |session: &SessionId| Command::LogOut { account, session: *session };
        let log_outs = sessions.iter().map(log_out).collect();
        self.shared.store.execute(log_outs).await.map_err(|error| Error::of_store(error, None))?;
        if let Entry::Occupied(mut left) = self.dropped().entry(account) {
            left.get_mut().retain(|session| !sessions.contains(session));
            if left.get().is_empty() {
                left.remove();
            }
        }
        Ok(())
    }

    pub(super) fn sessions(&self) -> MutexGuard<'_, HashMap<SessionId, CancellationToken>> {
        self.shared.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn dropped(&self) -> MutexGuard<'_, HashMap<AccountId, Vec<SessionId>>> {
        self.shared.dropped.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::failed(Cause::RandomNumbers, std::io::Error::from(error)))?;
    Ok(bytes)
}

/// Runs `work` to its end even when the caller stops waiting for it.
pub(super) async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    match tokio::spawn(work).await {
        Ok(result) => result,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(Error::busy(Busy::ShuttingDown)),
    }
}
