//! The bank for programs without an async runtime: the same verbs, each of which waits for its answer.
//!
//! A bank brings a runtime of its own, with one thread, and ends it when the last handle is dropped.
//! Inside an async runtime every call is refused with
//! [`Cause::InsideRuntime`], since it would hold up whatever else runs
//! there: use [`crate::Bank`] there.
//!
//! ```
//! use bank_engine::blocking;
//! use bank_engine::{NewAccount, TransactionId, Transfer};
//!
//! # fn main() -> Result<(), bank_engine::Error> {
//! let bank = blocking::Bank::in_memory()?; // blocking::open(path) keeps it
//! bank.open_account(NewAccount::new("card-processor", "USD").without_minimum())?;
//! bank.open_account(NewAccount::new("anna", "USD"))?;
//! let id = TransactionId::generate(); // keep it: asking again moves nothing twice
//! let top_up = Transfer::new(id, "50.00").from("card-processor").to("anna");
//! println!("{}", bank.transfer(top_up)?);
//! assert_eq!(bank.balance("anna")?.available.to_string(), "50.00");
//! # Ok(())
//! # }
//! ```

use std::fmt::Display;
use std::sync::Arc;

use bank_engine_core::account::{AccountId, Direction, Status};
use bank_engine_core::auth::Secret;
use bank_engine_core::bank::{
    self, Adjustment, By, Capture, Deposit, DispenseReport, NewAccount, NewHold, Opened, Reversal, Transfer,
    TransferBatch, Withdrawal,
};
use bank_engine_core::books::TrialBalance;
use bank_engine_core::error::{Cause, Error};
use bank_engine_core::ledger::{
    AccountDetails, AccountPage, Authorisation, Balance, HoldPage, HoldsQuery, LimitsChange, Receipt,
    Settlement, Statement, StatementQuery, TransactionId,
};
use bank_engine_core::store::{Event, Position};
use bank_engine_core::time::Timestamp;

/// A runtime that ends without waiting for what still runs on it.
#[derive(Debug)]
struct Runtime(Option<tokio::runtime::Runtime>);

impl Runtime {
    fn new() -> Result<Arc<Runtime>, Error> {
        refuse_inside_runtime()?;
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).thread_name("bank-engine").enable_time().build();
        let runtime = runtime.map_err(|error| Error::failed(Cause::Opening, error))?;
        Ok(Arc::new(Runtime(Some(runtime))))
    }

    fn wait<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        refuse_inside_runtime()?;
        match &self.0 {
            Some(runtime) => runtime.block_on(work),
            None => Err(Error::busy(bank_engine_core::error::Busy::ShuttingDown)),
        }
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

fn refuse_inside_runtime() -> Result<(), Error> {
    match tokio::runtime::Handle::try_current() {
        Ok(_) => Err(Error::Failed { cause: Cause::InsideRuntime, source: None }),
        Err(_) => Ok(()),
    }
}

/// Opens the bank in the directory at `path`, as [`crate::open`] does.
#[cfg(feature = "journal")]
pub fn open(path: impl AsRef<std::path::Path>) -> Result<Bank, Error> {
    Bank::build(crate::Builder::new().open(path))
}

/// A bank; see [`crate::Bank`]. Cheap to clone; all clones are one bank.
#[derive(Debug, Clone)]
pub struct Bank {
    bank: bank::Bank,
    runtime: Arc<Runtime>,
}

/// A customer's session; see [`crate::Session`]. Dropped, it frees the account.
#[derive(Debug)]
pub struct Session {
    session: bank::Session,
    runtime: Arc<Runtime>,
}

/// What is recorded, event by event; see [`bank::Events`].
#[derive(Debug)]
pub struct Events {
    events: bank::Events,
    runtime: Arc<Runtime>,
}

/// Verbs that wait for those of the same name.
macro_rules! verbs {
    ($($name:ident($($argument:ident: $type:ty),*) -> $result:ty;)+) => { $(
        #[doc = concat!("Waits for the async verb `", stringify!($name), "`.")]
        pub fn $name(&self, $($argument: $type),*) -> Result<$result, Error> {
            self.runtime.wait(self.handle().$name($($argument),*))
        }
    )+ };
}

impl Bank {
    /// Opens a bank with other settings: `opening` is [`Builder::open`](crate::Builder::open).
    pub fn build(opening: impl Future<Output = Result<bank::Bank, Error>>) -> Result<Bank, Error> {
        let runtime = Runtime::new()?;
        let bank = runtime.wait(opening)?;
        Ok(Bank { bank, runtime })
    }

    /// A bank that keeps everything in memory, with the default settings: for tests.
    pub fn in_memory() -> Result<Bank, Error> {
        Bank::build(async { Ok(bank::Bank::in_memory()) })
    }

    fn handle(&self) -> &bank::Bank {
        &self.bank
    }

    /// Checks the secret and starts a customer's session.
    pub fn login(&self, account: &str, secret: impl Into<Secret>) -> Result<Session, Error> {
        let session = self.runtime.wait(self.bank.login(account, secret))?;
        Ok(Session { session, runtime: Arc::clone(&self.runtime) })
    }

    /// Follows what the bank records, from a position on.
    #[must_use]
    pub fn events(&self, after: Position) -> Events {
        Events { events: self.bank.events(after), runtime: Arc::clone(&self.runtime) }
    }

    verbs! {
        open_account(new: NewAccount) -> Opened;
        deposit(deposit: Deposit) -> Receipt;
        withdraw(withdrawal: Withdrawal) -> Receipt;
        transfer(transfer: Transfer) -> Receipt;
        transfer_batch(batch: TransferBatch) -> Vec<Receipt>;
        dry_run(batch: TransferBatch) -> Vec<Receipt>;
        authorise(hold: NewHold) -> Authorisation;
        authorise_cash(withdrawal: Withdrawal) -> Authorisation;
        capture(capture: Capture) -> Settlement;
        void(hold: impl TryInto<TransactionId, Error: Display>) -> Settlement;
        order_dispense(hold: impl TryInto<TransactionId, Error: Display>) -> Settlement;
        report_dispense(report: DispenseReport) -> Settlement;
        reverse(reversal: Reversal) -> Receipt;
        adjust(adjustment: Adjustment) -> Receipt;
        balance(account: impl TryInto<AccountId, Error: Display>) -> Balance;
        balance_at(
            account: impl TryInto<AccountId, Error: Display>,
            at: impl TryInto<Timestamp, Error: Display>
        ) -> Balance;
        statement(account: impl TryInto<AccountId, Error: Display>, query: StatementQuery) -> Statement;
        account(account: impl TryInto<AccountId, Error: Display>) -> AccountDetails;
        accounts(first: u32, limit: usize) -> AccountPage;
        holds(query: HoldsQuery) -> HoldPage;
        set_limits(
            account: impl TryInto<AccountId, Error: Display>,
            limits: LimitsChange,
            by: impl Into<By>
        ) -> ();
        freeze(account: impl TryInto<AccountId, Error: Display>, direction: Direction, by: impl Into<By>) -> u32;
        thaw(account: impl TryInto<AccountId, Error: Display>, freeze: Option<u32>, by: impl Into<By>) -> ();
        set_status(account: impl TryInto<AccountId, Error: Display>, status: Status, by: impl Into<By>) -> ();
        set_secret(
            account: impl TryInto<AccountId, Error: Display>,
            secret: impl Into<Secret>,
            by: impl Into<By>
        ) -> ();
        unlock(account: impl TryInto<AccountId, Error: Display>, by: impl Into<By>) -> ();
        end_session(account: impl TryInto<AccountId, Error: Display>, by: impl Into<By>) -> ();
        trial_balance() -> Vec<TrialBalance>;
    }
}

impl Session {
    fn handle(&self) -> &bank::Session {
        &self.session
    }

    /// The account that is logged in.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        self.session.account()
    }

    /// Whether the secret was set by the bank, and has to be changed before anything else.
    #[must_use]
    pub fn must_change_secret(&self) -> bool {
        self.session.must_change_secret()
    }

    /// Frees the account.
    pub fn log_out(self) -> Result<(), Error> {
        let Session { session, runtime } = self;
        runtime.wait(session.log_out())
    }

    verbs! {
        balance() -> Balance;
        balance_at(at: impl TryInto<Timestamp, Error: Display>) -> Balance;
        deposit(deposit: Deposit) -> Receipt;
        withdraw(withdrawal: Withdrawal) -> Receipt;
        transfer(transfer: Transfer) -> Receipt;
        transfer_batch(batch: TransferBatch) -> Vec<Receipt>;
        dry_run(batch: TransferBatch) -> Vec<Receipt>;
        authorise(hold: NewHold) -> Authorisation;
        authorise_cash(withdrawal: Withdrawal) -> Authorisation;
        capture(capture: Capture) -> Settlement;
        void(hold: impl TryInto<TransactionId, Error: Display>) -> Settlement;
        order_dispense(hold: impl TryInto<TransactionId, Error: Display>) -> Settlement;
        report_dispense(report: DispenseReport) -> Settlement;
        statement(query: StatementQuery) -> Statement;
        change_secret(old: impl Into<Secret>, new: impl Into<Secret>) -> ();
    }
}

impl Events {
    /// Waits for the next event.
    pub fn next_event(&mut self) -> Result<Event, Error> {
        self.runtime.wait(self.events.next_event())
    }

    /// The next event, if it is recorded already.
    pub fn try_next(&mut self) -> Result<Option<Event>, Error> {
        self.runtime.wait(self.events.try_next())
    }
}
