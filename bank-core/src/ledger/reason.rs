//! The reason that an operator gives for a change, and the check that there is one.

use super::{Command, Memo};
use crate::ledger::AccountOpening;

impl Command {
    /// The reason that an operator gives.
    pub(super) fn reason(&self) -> Option<&Memo> {
        match self {
            Command::SetStatus { reason, .. }
            | Command::Freeze { reason, .. }
            | Command::Thaw { reason, .. }
            | Command::SetLimits { reason, .. }
            | Command::SetSecret { reason, .. }
            | Command::Unlock { reason, .. }
            | Command::EndSession { reason, .. }
            | Command::Resolve { reason, .. }
            | Command::Reverse { reason, .. }
            | Command::Adjust { reason, .. }
            | Command::ChangeKey { reason, .. }
            | Command::SetTerminal { reason, .. }
            | Command::Unload { reason, .. } => Some(reason),
            Command::Open(AccountOpening { instruction, .. })
            | Command::AddTerminal { instruction, .. }
            | Command::Load { instruction, .. } => instruction.as_ref()?.reason.as_ref(),
            Command::Count { close, .. } => close.as_ref()?.1.reason.as_ref(),
            _ => None,
        }
    }
}
