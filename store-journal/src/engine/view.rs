//! The state as `decide` reads it: the books, and the index for older records.

use bank_engine_core::account::{Account, AccountId, TerminalId};
use bank_engine_core::dates::ClockStatus;
use bank_engine_core::hold::{Dispute, Hold};
use bank_engine_core::ledger::{Fact, Recorded, Transaction, TransactionId, View};
use bank_engine_core::policy::Policy;
use bank_engine_core::terminal::Terminal;
use bank_engine_core::time::Timestamp;

use crate::error::{FROM_COPY, JournalError};
use crate::format::record::{Posted, Record};
use crate::index::history::{History, Reading};
use crate::index::ids::Ids;
use crate::state::State;

/// Everything that was decided so far, on disk or not yet.
pub(crate) struct JournalView<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) clock: ClockStatus,
    pub(crate) state: &'a State,
    pub(crate) ids: &'a Ids,
    pub(crate) history: History<'a>,
}

impl View for JournalView<'_> {
    type Error = JournalError;

    fn policy(&self) -> &Policy {
        self.policy
    }

    fn clock(&self) -> ClockStatus {
        self.clock
    }

    fn account(&self, id: &AccountId) -> Result<Option<&Account>, JournalError> {
        Ok(self.state.account(id))
    }

    fn accounts(&self, first: u32, limit: usize) -> Result<Vec<&Account>, JournalError> {
        let first = usize::try_from(first).unwrap_or(usize::MAX);
        Ok(self.state.books.accounts().iter().skip(first).take(limit).collect())
    }

    fn hold(&self, id: TransactionId) -> Result<Option<&Hold>, JournalError> {
        Ok(self.state.books.hold(id))
    }

    fn is_follow_up(&self, id: TransactionId) -> Result<bool, JournalError> {
        Ok(self.state.books.is_follow_up(id))
    }

    fn holds(&self) -> Result<Vec<&Hold>, JournalError> {
        Ok(self.state.books.holds().collect())
    }

    fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<&Hold>, JournalError> {
        Ok(self.state.books.due(now).take(limit).collect())
    }

    fn terminal(&self, id: &TerminalId) -> Result<Option<&Terminal>, JournalError> {
        Ok(self.state.books.terminal(id))
    }

    fn dispute(&self, hold: TransactionId) -> Result<Option<&Dispute>, JournalError> {
        Ok(self.state.books.disputed(hold))
    }

    fn disputes(&self) -> Result<Vec<&Dispute>, JournalError> {
        Ok(self.state.books.disputes().collect())
    }

    fn sessions(&self) -> Result<Vec<&Account>, JournalError> {
        Ok(self.state.books.in_hand().collect())
    }

    fn terminals(&self) -> Result<Vec<&Terminal>, JournalError> {
        Ok(self.state.books.terminals().collect())
    }

    fn is_reversed(&self, id: TransactionId) -> Result<bool, JournalError> {
        Ok(self.state.books.is_reversed(id))
    }

    fn recorded(&self, id: TransactionId) -> Result<Option<Recorded>, JournalError> {
        let disk = &*self.history.sealed_segments.disk;
        let Some(position) = self.ids.find(disk, id.as_uuid().as_u128())? else { return Ok(None) };
        match self.history.record(position)? {
            Record::Posted(posted) if posted.id == id => {
                self.named(posted).map(|made| Some(Recorded::Transaction(made)))
            }
            Record::Fact(Fact::HoldReleased { hold, how, .. }) if hold.id == id => {
                Ok(Some(Recorded::Released { hold, how }))
            }
            _ => Err(self.history.sealed_segments.damaged(position)),
        }
    }

    fn transactions(
        &self,
        account: &Account,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Transaction>, JournalError> {
        let page = self.history.page(self.reading(account)?, before, limit)?;
        page.into_iter().map(|posted| self.named(posted)).collect()
    }

    fn last_at(&self, account: &Account, at: Timestamp) -> Result<Option<Transaction>, JournalError> {
        let posted = self.history.last_at(self.reading(account)?, at)?;
        posted.map(|posted| self.named(posted)).transpose()
    }
}

impl JournalView<'_> {
    fn reading(&self, account: &Account) -> Result<Reading<'_>, JournalError> {
        let number = self.state.books.number(&account.id);
        let reading = number.and_then(|number| {
            Some(Reading { number, entries: account.entries, trail: self.state.trail(number)? })
        });
        reading.ok_or_else(|| self.unknown())
    }

    fn named(&self, posted: Posted) -> Result<Transaction, JournalError> {
        posted.named(&self.state.books).ok_or_else(|| self.unknown())
    }

    fn unknown(&self) -> JournalError {
        let what = "an account has no number, or a number no account";
        let path = self.history.sealed_segments.disk.path("");
        JournalError::Damaged { path, offset: 0, what, remedy: FROM_COPY }
    }
}
