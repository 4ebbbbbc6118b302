//! The numbers of kinds, states and reasons in records; they never change.

use bank_engine_core::account::{AccountChange, Direction, Kind};
use bank_engine_core::hold::Release;
use bank_engine_core::ledger::TransactionKind;
use bank_engine_core::terminal::TerminalChange;

pub(crate) fn account_kind(kind: Kind) -> Option<u8> {
    match kind {
        Kind::Customer => Some(1),
        Kind::Cash => Some(2),
        Kind::Capital => Some(3),
        Kind::Suspect => Some(4),
        Kind::OverShort => Some(5),
        Kind::Adjustments => Some(6),
        _ => None,
    }
}

/// The kind that [`account_kind`] gave a number.
pub(crate) fn kind_of(number: u8) -> Option<Kind> {
    use Kind::{Adjustments, Capital, Cash, Customer, OverShort, Suspect};
    let kinds = [Customer, Cash, Capital, Suspect, OverShort, Adjustments];
    kinds.into_iter().find(|kind| account_kind(*kind) == Some(number))
}

pub(super) fn transaction_kind(kind: TransactionKind) -> Option<u8> {
    match kind {
        TransactionKind::Opening => Some(1),
        TransactionKind::Load => Some(2),
        TransactionKind::Deposit => Some(3),
        TransactionKind::Withdrawal => Some(4),
        TransactionKind::Transfer => Some(5),
        TransactionKind::Unload => Some(6),
        TransactionKind::Payment => Some(7),
        TransactionKind::Suspect => Some(8),
        TransactionKind::Returned => Some(9),
        TransactionKind::Reversal => Some(10),
        TransactionKind::Adjustment => Some(11),
        TransactionKind::Difference => Some(12),
        _ => None,
    }
}

/// The kind that [`transaction_kind`] gave a number.
pub(super) fn transaction_kind_of(number: u8) -> Option<TransactionKind> {
    TransactionKind::ALL.into_iter().find(|kind| transaction_kind(*kind) == Some(number))
}

/// What an account's status was in the first version: its freeze among it.
pub(crate) fn status(closed: bool, frozen: Option<Direction>) -> Option<u8> {
    match (closed, frozen) {
        (false, None) => Some(1),
        (false, Some(Direction::Debits)) => Some(2),
        (false, Some(Direction::Credits)) => Some(3),
        (false, Some(Direction::Both)) => Some(4),
        (true, None) => Some(5),
        _ => None,
    }
}

/// The status that [`status`] gave a number.
pub(crate) fn status_of(number: u8) -> Option<(bool, Option<Direction>)> {
    let all = [None, Some(Direction::Debits), Some(Direction::Credits), Some(Direction::Both)];
    let all = all.map(|frozen| (false, frozen)).into_iter().chain([(true, None)]);
    all.into_iter().find(|(closed, frozen)| status(*closed, *frozen) == Some(number))
}

pub(crate) fn direction(direction: Direction) -> Option<u8> {
    match direction {
        Direction::Debits => Some(1),
        Direction::Credits => Some(2),
        Direction::Both => Some(3),
        _ => None,
    }
}

/// The direction that [`direction`] gave a number.
pub(crate) fn direction_of(number: u8) -> Option<Direction> {
    Direction::ALL.into_iter().find(|known| direction(*known) == Some(number))
}

/// What of a change is no number beside it. Limits have a kind of record of their own, and so has
/// what replaces the status.
pub(crate) fn account_change(change: AccountChange) -> Option<u8> {
    match change {
        AccountChange::Opened => Some(1),
        AccountChange::Closed => Some(2),
        AccountChange::Reopened => Some(3),
        AccountChange::Frozen { direction, .. } => Some(3 + self::direction(direction)?),
        AccountChange::Thawed { freeze: Some(_) } => Some(7),
        AccountChange::Thawed { freeze: None } => Some(8),
        AccountChange::SecretReset => Some(9),
        AccountChange::Unlocked => Some(10),
        AccountChange::SessionEnded => Some(11),
        _ => None,
    }
}

/// The change that [`account_change`] gave a number, with the freeze's number where it has one.
pub(crate) fn account_change_of(
    number: u8,
    mut freeze: impl FnMut() -> Option<u32>,
) -> Option<AccountChange> {
    Some(match number {
        1 => AccountChange::Opened,
        2 => AccountChange::Closed,
        3 => AccountChange::Reopened,
        4..=6 => AccountChange::Frozen { direction: direction_of(number - 3)?, freeze: freeze()? },
        7 => AccountChange::Thawed { freeze: Some(freeze()?) },
        8 => AccountChange::Thawed { freeze: None },
        9 => AccountChange::SecretReset,
        10 => AccountChange::Unlocked,
        11 => AccountChange::SessionEnded,
        _ => return None,
    })
}

pub(super) fn release(how: Release) -> Option<u8> {
    match how {
        Release::Voided => Some(1),
        Release::Expired => Some(2),
        _ => None,
    }
}

/// The way that [`release`] gave a number.
pub(super) fn release_of(number: u8) -> Option<Release> {
    [Release::Voided, Release::Expired].into_iter().find(|how| release(*how) == Some(number))
}

pub(super) fn terminal_change(change: TerminalChange) -> Option<u8> {
    match change {
        TerminalChange::Added => Some(1),
        TerminalChange::KeyChanged => Some(2),
        TerminalChange::Disabled => Some(3),
        TerminalChange::Enabled => Some(4),
        _ => None,
    }
}

/// The change that [`terminal_change`] gave a number.
pub(super) fn terminal_change_of(number: u8) -> Option<TerminalChange> {
    use TerminalChange::{Added, Disabled, Enabled, KeyChanged};
    let changes = [Added, KeyChanged, Disabled, Enabled];
    changes.into_iter().find(|change| terminal_change(*change) == Some(number))
}
