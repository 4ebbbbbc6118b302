//! Random commands that place holds and act on them.

use std::time::Duration;

use uuid::Uuid;

use super::Commands;
use crate::ledger::{Actor, Command, HoldAction, PurposeRequest, TransactionId, UndispensedNotes};
use crate::money::Amount;
use crate::notes::NoteCount;
use crate::testing::commands::requested_holds::{REMEMBERED, RequestedHold, keep};
use crate::testing::commands::words::{operator, reason};

impl Commands {
    pub(super) fn authorise(&mut self) -> Command {
        let account = self.account();
        let (session, hold, amount) = (self.session(account), self.transaction(), self.amount());
        let purpose = if self.one_in(3) {
            let most = if self.one_in(2) { 5000 } else { 200_000 };
            let lasts = Duration::from_secs(self.random.number() % most);
            PurposeRequest::Payment { to: self.peer(), memo: self.memo(), lasts }
        } else {
            let follow_ups = [self.follow_up(), self.follow_up()];
            PurposeRequest::Dispense { terminal: self.terminal(), follow_ups }
        };
        let requested = RequestedHold { account, hold, session, amount, purpose: purpose.clone() };
        self.plan(&requested);
        keep(&mut self.moved, hold);
        keep(&mut self.holds, requested);
        let actor = self.holder_or_bank(account, session);
        Command::Authorise { account, actor, hold, amount, purpose }
    }

    /// A step of a hold that was asked for lately, or of any.
    pub(super) fn act_on_hold(&mut self) -> Command {
        if self.holds.is_empty() || self.one_in(20) {
            let (hold, actor) = (self.transaction(), Actor::Bank);
            return Command::ActOnHold { hold, actor, step: HoldAction::Void };
        }
        let requested = self.holds[self.random.below(self.holds.len())].clone();
        let step = match (&requested.purpose, self.random.below(18)) {
            (_, 0) => HoldAction::Order,
            (_, 1..3) => HoldAction::Void,
            (_, 3) => self.dispensed(requested.amount),
            (_, 4) => HoldAction::Capture { amount: None },
            (PurposeRequest::Payment { .. }, 5..10) => HoldAction::Capture { amount: None },
            (PurposeRequest::Payment { .. }, _) => {
                HoldAction::Capture { amount: Some(self.part(requested.amount)) }
            }
            (PurposeRequest::Dispense { .. }, 5..10) => HoldAction::Order,
            (PurposeRequest::Dispense { .. }, _) => self.dispensed(requested.amount),
        };
        if self.one_in(12) {
            let (operator, reason) = (operator(), reason());
            let adjustment = self.follow_up();
            return Command::Resolve { hold: requested.hold, step, adjustment, operator, reason };
        }
        self.step(&requested, step)
    }

    /// Many dispenses are ordered, and soon reported, mostly, or given up too late.
    fn plan(&mut self, requested: &RequestedHold) {
        let is_dispense = matches!(requested.purpose, PurposeRequest::Dispense { .. });
        if !is_dispense || self.planned.len() >= REMEMBERED || self.one_in(3) {
            return;
        }
        let order = self.step(requested, HoldAction::Order);
        self.planned.push_back(order);
        let step = match self.random.below(8) {
            0 => return,
            1 => HoldAction::Void,
            _ => self.dispensed(requested.amount),
        };
        let next = self.step(requested, step);
        self.planned.push_back(next);
    }

    fn step(&mut self, requested: &RequestedHold, step: HoldAction) -> Command {
        let actor = match (self.random.below(10), &requested.purpose) {
            (0, _) => Actor::Terminal(self.terminal()),
            (1..4, _) => Actor::Bank,
            (4..7, PurposeRequest::Dispense { terminal, .. }) => Actor::Terminal(*terminal),
            (_, PurposeRequest::Dispense { .. }) => Actor::Holder(requested.account, requested.session),
            (_, PurposeRequest::Payment { to, .. }) => Actor::Holder(*to, self.session(*to)),
        };
        Command::ActOnHold { hold: requested.hold, actor, step }
    }

    fn dispensed(&mut self, amount: Amount) -> HoldAction {
        let mut notes = Vec::new();
        let amount = match self.random.below(12) {
            0..5 => Some(amount),
            5..7 => Amount::new(0, 0),
            7..9 => None,
            9 => {
                let denomination = self.tens(2);
                notes.push(NoteCount { denomination, count: 1 });
                Some(denomination)
            }
            _ => Some(self.part(amount)),
        };
        HoldAction::Dispensed { amount, notes, undispensed_notes: UndispensedNotes::default() }
    }

    /// Less than the whole, or more.
    fn part(&mut self, whole: Amount) -> Amount {
        let part = self.tens(10);
        if part > whole && !self.one_in(4) { whole } else { part }
    }

    /// An id that nothing else has.
    fn follow_up(&mut self) -> TransactionId {
        let id = Uuid::from_u64_pair(self.random.number() | 1, self.random.number());
        TransactionId::from_uuid(id).expect("not nil")
    }
}
