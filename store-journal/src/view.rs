//! The state as `decide` sees it.

use bank_core::account::{Account, AccountId};
use bank_core::ledger::{Transaction, TransactionId, View};
use bank_core::policy::Policy;
use bank_core::time::Timestamp;

use crate::error::{FROM_COPY, JournalError};
use crate::history::{History, Reading};
use crate::ids::Ids;
use crate::record::Posted;
use crate::state::State;

/// Everything that was decided so far, on disk or not yet.
pub(crate) struct JournalView<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) state: &'a State,
    pub(crate) ids: &'a Ids,
    pub(crate) history: History<'a>,
}

impl View for JournalView<'_> {
    type Error = JournalError;

    fn policy(&self) -> &Policy {
        self.policy
    }

    fn account(&self, id: &AccountId) -> Result<Option<&Account>, JournalError> {
        Ok(self.state.account(id))
    }

    fn transaction(&self, id: TransactionId) -> Result<Option<Transaction>, JournalError> {
        let disk = &*self.history.archive.disk;
        let Some(position) = self.ids.find(disk, id.as_uuid().as_u128())? else { return Ok(None) };
        let posted = self.history.posted(position)?;
        if posted.id != id {
            return Err(self.history.archive.damaged(position));
        }
        self.named(&posted).map(Some)
    }

    fn transactions(
        &self,
        account: &Account,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Transaction>, JournalError> {
        let page = self.history.page(self.reading(account)?, before, limit)?;
        page.iter().map(|posted| self.named(posted)).collect()
    }

    fn last_at(&self, account: &Account, at: Timestamp) -> Result<Option<Transaction>, JournalError> {
        let posted = self.history.last_at(self.reading(account)?, at)?;
        posted.map(|posted| self.named(&posted)).transpose()
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

    fn named(&self, posted: &Posted) -> Result<Transaction, JournalError> {
        self.state.transaction(posted).ok_or_else(|| self.unknown())
    }

    fn unknown(&self) -> JournalError {
        let what = "an account has no number, or a number no account";
        let path = self.history.archive.disk.path("");
        JournalError::Damaged { path, offset: 0, what, remedy: FROM_COPY }
    }
}
