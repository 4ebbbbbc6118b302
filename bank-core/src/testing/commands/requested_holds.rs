//! The holds requested lately, so that later commands repeat them or act on them.

use std::collections::VecDeque;

use crate::account::AccountId;
use crate::ledger::{PurposeRequest, TransactionId};
use crate::money::Amount;
use crate::session::SessionId;

/// A hold that was asked for.
#[derive(Clone, Debug)]
pub(super) struct RequestedHold {
    pub(super) account: AccountId,
    pub(super) hold: TransactionId,
    pub(super) session: SessionId,
    pub(super) amount: Amount,
    pub(super) purpose: PurposeRequest,
}

/// How many of the latest commands and holds are remembered, and how many are planned at most.
pub(super) const REMEMBERED: usize = 16;

pub(super) fn keep<T>(ring: &mut VecDeque<T>, new: T) {
    if ring.len() == REMEMBERED {
        ring.pop_front();
    }
    ring.push_back(new);
}
