//! Holds, terminals and reversals in the books.

use super::{Books, Inconsistent, never_added};
use crate::account::{AccountId, TerminalId};
use crate::hold::{Dispute, Finding, Hold, Purpose, Stage};
use crate::ledger::{Origin, Transaction, TransactionId};
use crate::money::{Currency, Minor};
use crate::notes::Notes;
use crate::terminal::Terminal;
use crate::time::Timestamp;

impl Books {
    /// An open hold.
    #[must_use]
    pub fn hold(&self, id: TransactionId) -> Option<&Hold> {
        self.holds.get(&id)
    }

    /// Whether an open dispense keeps this id for what it may lead to.
    #[must_use]
    pub fn is_follow_up(&self, id: TransactionId) -> bool {
        self.follow_ups.contains(&id)
    }

    /// All open holds, in no order.
    pub fn holds(&self) -> impl Iterator<Item = &Hold> {
        self.holds.values()
    }

    /// The open holds whose time is over at `now`, earliest first.
    pub fn due(&self, now: Timestamp) -> impl Iterator<Item = &Hold> {
        let due = self.due.iter().take_while(move |(expires, _)| *expires <= now);
        due.filter_map(|(_, id)| self.holds.get(id))
    }

    /// A terminal.
    #[must_use]
    pub fn terminal(&self, id: &TerminalId) -> Option<&Terminal> {
        self.terminals.get(id)
    }

    /// All terminals, by name.
    pub fn terminals(&self) -> impl Iterator<Item = &Terminal> {
        self.terminals.values()
    }

    /// Whether a transaction was taken back, whole or in part.
    #[must_use]
    pub fn is_reversed(&self, id: TransactionId) -> bool {
        self.reversed.contains(&id)
    }

    /// All transactions that were taken back, in no order.
    pub fn reversed(&self) -> impl Iterator<Item = TransactionId> {
        self.reversed.iter().copied()
    }

    /// What a terminal and the record disagree about, or did.
    #[must_use]
    pub fn disputed(&self, hold: TransactionId) -> Option<&Dispute> {
        self.disputes.get(&hold)
    }

    /// All disputes, those that are over too, by their holds' ids.
    pub fn disputes(&self) -> impl Iterator<Item = &Dispute> {
        self.disputes.values()
    }

    /// These books with the state beside the accounts, for stores that kept them in another form
    /// than facts: the accounts learn of the holds on them, and nothing is used up again.
    pub fn with(
        mut self,
        holds: impl IntoIterator<Item = Hold>,
        terminals: impl IntoIterator<Item = Terminal>,
        reversed: impl IntoIterator<Item = TransactionId>,
        disputes: impl IntoIterator<Item = Dispute>,
    ) -> Result<Books, Inconsistent> {
        for hold in holds {
            self.set_aside(&hold)?;
            self.insert_hold(hold);
        }
        self.terminals = terminals.into_iter().map(|terminal| (terminal.id, terminal)).collect();
        self.reversed = reversed.into_iter().collect();
        self.disputes = disputes.into_iter().map(|dispute| (dispute.hold, dispute)).collect();
        Ok(self)
    }

    pub(super) fn place(&mut self, hold: &Hold) -> Result<(), Inconsistent> {
        if self.holds.contains_key(&hold.id) {
            return Err(Inconsistent { account: hold.account, reason: "a hold was placed twice" });
        }
        self.set_aside(hold)?;
        self.find(&hold.account)?.usage.add(hold.day, hold.amount);
        self.insert_hold(hold.clone());
        Ok(())
    }

    /// Reports to the accounts that a hold is on them.
    fn set_aside(&mut self, hold: &Hold) -> Result<(), Inconsistent> {
        self.find(&hold.account)?;
        if let Some(cash) = promising(hold) {
            self.find(&cash)?.hold(hold.amount);
        }
        if hold.is_in_account() {
            self.find(&hold.account)?.hold(hold.amount);
        }
        Ok(())
    }

    fn insert_hold(&mut self, hold: Hold) {
        if hold.is_in_account() {
            self.due.insert((hold.expires, hold.id));
        }
        self.follow_ups.extend(hold.follow_ups());
        self.holds.insert(hold.id, hold);
    }

    pub(super) fn order(&mut self, id: TransactionId, expires: Timestamp) -> Result<(), Inconsistent> {
        let mut hold = self.open(id)?;
        self.due.remove(&(hold.expires, id));
        (hold.stage, hold.expires) = (Stage::Ordered, expires);
        self.insert_hold(hold);
        Ok(())
    }

    pub(super) fn release(&mut self, hold: &Hold) -> Result<(), Inconsistent> {
        let open = self.open(hold.id)?;
        let account = self.find(&open.account)?;
        // A suspect dispense gives its amount back with the transaction that returns it.
        let amount = if open.is_in_account() { open.amount } else { Minor::ZERO };
        account.usage.give_back(open.day, amount, 1);
        self.end(&open)
    }

    /// What a transaction does to what it came out of.
    pub(super) fn follow(&mut self, transaction: &Transaction) -> Result<(), Inconsistent> {
        match transaction.origin {
            Origin::Itself | Origin::Disputed(_) => {}
            Origin::Hold
            | Origin::EarlierHold(_)
            | Origin::PartOfHold
            | Origin::PartOfEarlierHold(_)
            | Origin::SuspectHold { .. } => {
                let hold = self.open(transaction.id)?;
                if hold.is_in_account() {
                    let rest = Minor(hold.amount.0.saturating_sub(transaction.amount.0));
                    self.find(&hold.account)?.usage.give_back(hold.day, rest, 0);
                }
                self.end(&hold)?;
            }
            Origin::Suspects(id) => {
                let mut hold = self.open(id)?;
                self.find(&hold.account)?.release(hold.amount);
                self.due.remove(&(hold.expires, id));
                hold.stage = Stage::Suspect { since: transaction.at, counted: false };
                self.insert_hold(hold);
            }
            Origin::Returns(id) => {
                let hold = self.open(id)?;
                self.find(&hold.account)?.usage.give_back(hold.day, transaction.amount, 0);
            }
            Origin::Reverses { original, allowance, whole } => {
                if !self.reversed.insert(original) {
                    let account = transaction.from.account;
                    return Err(Inconsistent { account, reason: "a transaction was reversed twice" });
                }
                if let Some(day) = allowance {
                    let customer = self.find(&transaction.to.account)?;
                    customer.usage.give_back(day, transaction.amount, u32::from(whole));
                }
            }
        }
        Ok(())
    }

    fn end(&mut self, hold: &Hold) -> Result<(), Inconsistent> {
        if hold.is_in_account() {
            self.find(&hold.account)?.release(hold.amount);
        }
        if let Some(cash) = promising(hold) {
            self.find(&cash)?.release(hold.amount);
        }
        self.due.remove(&(hold.expires, hold.id));
        for id in hold.follow_ups() {
            self.follow_ups.remove(id);
        }
        self.holds.remove(&hold.id);
        Ok(())
    }

    pub(super) fn stock(
        &mut self,
        terminal: &TerminalId,
        cassettes: &Notes,
        reject_bin: &Notes,
    ) -> Result<(), Inconsistent> {
        let known = self.terminals.get_mut(terminal);
        let terminal = known.ok_or(never_added(terminal, "notes are in a terminal that was never added"))?;
        (terminal.cassettes, terminal.reject_bin) = (cassettes.clone(), reject_bin.clone());
        terminal.counts_notes = true;
        Ok(())
    }

    pub(super) fn count(&mut self, id: &TerminalId, currency: Currency, at: Timestamp) {
        if let Some(terminal) = self.terminals.get_mut(id).filter(|terminal| terminal.currency == currency) {
            terminal.counted = Some(at);
        }
        let mut promised = 0_i64;
        let mut dispenses = 0_u32;
        for hold in self.holds.values_mut() {
            if let Stage::Suspect { counted, .. } = &mut hold.stage
                && !*counted
                && hold.currency == currency
                && matches!(&hold.purpose, Purpose::Dispense { terminal, .. } if terminal == id)
            {
                *counted = true;
                promised = promised.saturating_add(hold.amount.0);
                dispenses += 1;
            }
        }
        if let Ok(cash) = self.find(&AccountId::cash(id, currency)) {
            cash.release_many(Minor(promised), dispenses);
        }
    }

    pub(super) fn dispute(&mut self, dispute: &Dispute) -> Result<(), Inconsistent> {
        let account = dispute.account;
        self.find(&account)?;
        let known = self.disputes.get(&dispute.hold);
        if dispute.finding.is_some() || known.is_some_and(|known| known.finding.is_some()) {
            return Err(Inconsistent { account, reason: "a dispute was raised that is resolved" });
        }
        self.disputes.insert(dispute.hold, dispute.clone());
        Ok(())
    }

    pub(super) fn resolve_dispute(
        &mut self,
        hold: TransactionId,
        finding: Finding,
    ) -> Result<(), Inconsistent> {
        let nobody = AccountId::nameless(u32::MAX);
        let open = self.disputes.get_mut(&hold).filter(|dispute| dispute.finding.is_none());
        let reason = "a dispute was resolved that is none";
        open.ok_or(Inconsistent { account: nobody, reason })?.finding = Some(finding);
        Ok(())
    }

    fn open(&self, id: TransactionId) -> Result<Hold, Inconsistent> {
        let nobody = AccountId::nameless(u32::MAX);
        let over = Inconsistent { account: nobody, reason: "a hold that is over, or never was, ended" };
        self.holds.get(&id).cloned().ok_or(over)
    }
}

/// The cash account that is to pay a hold out.
fn promising(hold: &Hold) -> Option<AccountId> {
    let counted = matches!(hold.stage, Stage::Suspect { counted: true, .. });
    hold.terminal().filter(|_| !counted).map(|terminal| AccountId::cash(terminal, hold.currency))
}
