//! The numbers that kinds of things have in records.

use bank_core::account::{Kind, Status};
use bank_core::hold::Release;
use bank_core::ledger::TransactionKind;
use bank_core::terminal::TerminalChange;

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

pub(crate) fn status_number(status: Status) -> Option<u8> {
    match status {
        Status::Open => Some(1),
        Status::DebitsFrozen => Some(2),
        Status::CreditsFrozen => Some(3),
        Status::Frozen => Some(4),
        Status::Closed => Some(5),
        _ => None,
    }
}

/// The status that [`status_number`] gave a number.
pub(crate) fn status_of(number: u8) -> Option<Status> {
    Status::ALL.into_iter().find(|status| status_number(*status) == Some(number))
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
