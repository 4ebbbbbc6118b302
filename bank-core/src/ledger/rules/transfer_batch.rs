//! The rule of transfer batches: all transfers are made, or none.

use std::collections::HashMap;

use super::access::held;
use super::movement::movement;
use crate::account::{Account, AccountId, Kind, TerminalId};
use crate::books::Books;
use crate::dates::ClockStatus;
use crate::hold::{Dispute, Hold};
use crate::ledger::decision::{DecideError, decided};
use crate::ledger::view::find;
use crate::ledger::{
    Actor, Decision, Decline, Fact, MovementKind, Outcome, Receipt, Recorded, Transaction, TransactionId,
    TransferOrder, View,
};
use crate::operator::Operator;
use crate::policy::Policy;
use crate::terminal::Terminal;
use crate::time::Timestamp;

/// Transfers of a transfer batch at most.
pub const TRANSFER_BATCH_MAX: usize = 10_000;

pub(super) fn decide<V: View>(
    view: &V,
    actor: Actor,
    transfers: &[TransferOrder],
    dry_run: bool,
    operator: Option<&Operator>,
    now: Timestamp,
) -> Result<Decision, DecideError<V::Error>> {
    let mut used = None;
    if let Actor::Holder(account, session) = actor {
        held(view, (account, session), now)?;
        used = Some(Fact::LeaseUsed { account, at: now });
    }
    let mut ahead = OverlayView { view, books: Books::default(), made: HashMap::new() };
    let mut facts = Vec::with_capacity(transfers.len().min(TRANSFER_BATCH_MAX));
    let receipts = ahead.make(actor, transfers, now, &mut facts);
    if dry_run {
        facts.clear();
    }
    for fact in &mut facts {
        if let Fact::Posted(made) = fact {
            made.operator = operator.cloned();
        }
    }
    decided(receipts.map(Outcome::Receipts), facts, used)
}

/// The state as it would be after the first transfers of a transfer batch.
struct OverlayView<'v, V> {
    view: &'v V,
    /// The accounts that were touched.
    books: Books,
    made: HashMap<TransactionId, Transaction>,
}

impl<V: View> OverlayView<'_, V> {
    fn make(
        &mut self,
        actor: Actor,
        transfers: &[TransferOrder],
        now: Timestamp,
        facts: &mut Vec<Fact>,
    ) -> Result<Vec<Receipt>, DecideError<V::Error>> {
        if transfers.is_empty() || transfers.len() > TRANSFER_BATCH_MAX {
            return Err(Decline::BadTransferBatch { transfers_max: TRANSFER_BATCH_MAX }.into());
        }
        let mut numbers = HashMap::with_capacity(transfers.len());
        for (transfer, number) in transfers.iter().zip(1..) {
            if let Some(first) = numbers.insert(transfer.transaction, number) {
                return Err(Decline::IdTwice { transfers: [first, number] }.into());
            }
        }
        let mut receipts = Vec::with_capacity(transfers.len());
        for (transfer, number) in transfers.iter().zip(1..) {
            let made = self.transfer(actor, transfer, now, facts);
            receipts.push(made.map_err(|halt| match halt {
                DecideError::Declined(why) => {
                    DecideError::Declined(Decline::InTransferBatch { number, why: Box::new(why) })
                }
                unreadable => unreadable,
            })?);
        }
        Ok(receipts)
    }

    fn transfer(
        &mut self,
        actor: Actor,
        transfer: &TransferOrder,
        now: Timestamp,
        facts: &mut Vec<Fact>,
    ) -> Result<Receipt, DecideError<V::Error>> {
        let TransferOrder { transaction, from, to, amount, memo } = transfer;
        let payer = find(&*self, from)?;
        let payer = match actor {
            Actor::Holder(account, _) => {
                payer.filter(|payer| payer.id == account).ok_or(Decline::SessionExpired)
            }
            Actor::Bank => payer.filter(|payer| payer.kind == Kind::Customer).ok_or(Decline::NoSuchAccount),
            Actor::Terminal(_) => Err(Decline::SessionExpired),
        }?;
        let way = MovementKind::Transfer { to: *to, memo: memo.clone() };
        let before = facts.len();
        let receipt = movement(&*self, payer, *transaction, *amount, &way, now, facts)?;
        for fact in facts.get(before..).unwrap_or_default() {
            self.apply_to_overlay(fact)?;
        }
        Ok(receipt)
    }

    fn apply_to_overlay(&mut self, fact: &Fact) -> Result<(), DecideError<V::Error>> {
        let Fact::Posted(transaction) = fact else { return Ok(()) };
        for posting in [&transaction.from, &transaction.to] {
            if self.books.account(&posting.account).is_none()
                && let Some(account) = find(self.view, &posting.account)?
            {
                let _ = self.books.insert(account.clone());
            }
        }
        // What was decided on these accounts follows from them.
        let _ = self.books.apply(fact);
        self.made.insert(transaction.id, transaction.clone());
        Ok(())
    }
}

impl<V: View> View for OverlayView<'_, V> {
    type Error = V::Error;

    fn policy(&self) -> &Policy {
        self.view.policy()
    }

    fn clock(&self) -> ClockStatus {
        self.view.clock()
    }

    fn account(&self, id: &AccountId) -> Result<Option<&Account>, V::Error> {
        match self.books.account(id) {
            Some(account) => Ok(Some(account)),
            None => self.view.account(id),
        }
    }

    fn accounts(&self, first: u32, limit: usize) -> Result<Vec<&Account>, V::Error> {
        self.view.accounts(first, limit)
    }

    fn hold(&self, id: TransactionId) -> Result<Option<&Hold>, V::Error> {
        self.view.hold(id)
    }

    fn is_follow_up(&self, id: TransactionId) -> Result<bool, V::Error> {
        self.view.is_follow_up(id)
    }

    fn holds(&self) -> Result<Vec<&Hold>, V::Error> {
        self.view.holds()
    }

    fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<&Hold>, V::Error> {
        self.view.due(now, limit)
    }

    fn terminal(&self, id: &TerminalId) -> Result<Option<&Terminal>, V::Error> {
        self.view.terminal(id)
    }

    fn dispute(&self, hold: TransactionId) -> Result<Option<&Dispute>, V::Error> {
        self.view.dispute(hold)
    }

    fn disputes(&self) -> Result<Vec<&Dispute>, V::Error> {
        self.view.disputes()
    }

    fn sessions(&self) -> Result<Vec<&Account>, V::Error> {
        self.view.sessions()
    }

    fn terminals(&self) -> Result<Vec<&Terminal>, V::Error> {
        self.view.terminals()
    }

    fn is_reversed(&self, id: TransactionId) -> Result<bool, V::Error> {
        self.view.is_reversed(id)
    }

    fn recorded(&self, id: TransactionId) -> Result<Option<Recorded>, V::Error> {
        match self.made.get(&id) {
            Some(made) => Ok(Some(Recorded::Transaction(made.clone()))),
            None => self.view.recorded(id),
        }
    }

    fn transactions(
        &self,
        account: &Account,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Transaction>, V::Error> {
        self.view.transactions(account, before, limit)
    }

    fn last_at(&self, account: &Account, at: Timestamp) -> Result<Option<Transaction>, V::Error> {
        self.view.last_at(account, at)
    }
}
