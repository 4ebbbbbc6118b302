//! The ids that make a command safe to ask again.

use super::{AccountOpening, Command, TransactionId};

impl Command {
    /// The ids of the money that the command moves or sets aside; `None` where it changes nothing that
    /// is kept.
    #[must_use]
    pub fn changes(&self) -> Option<Vec<TransactionId>> {
        Some(match self {
            Command::Open(AccountOpening { balance, .. }) => balance.iter().map(|(id, _)| *id).collect(),
            Command::TransferBatch { dry_run: true, .. } => return None,
            Command::TransferBatch { transfers, .. } => {
                transfers.iter().map(|transfer| transfer.transaction).collect()
            }
            Command::Move { transaction, .. }
            | Command::Reverse { transaction, .. }
            | Command::Adjust { transaction, .. }
            | Command::Load { transaction, .. }
            | Command::Unload { transaction, .. } => vec![*transaction],
            Command::Authorise { hold, .. }
            | Command::ActOnHold { hold, .. }
            | Command::Resolve { hold, .. } => vec![*hold],
            Command::Count { close, .. } => vec![close.as_ref()?.0],
            Command::Through { command, .. } => return command.changes(),
            Command::SetStatus { .. }
            | Command::Freeze { .. }
            | Command::Thaw { .. }
            | Command::SetLimits { .. }
            | Command::SetSecret { .. }
            | Command::Unlock { .. }
            | Command::EndSession { .. }
            | Command::ChangeSecret { .. }
            | Command::AddTerminal { .. }
            | Command::ChangeKey { .. }
            | Command::SetTerminal { .. } => Vec::new(),
            Command::AskSecret { .. }
            | Command::ChargeTry { .. }
            | Command::LogIn { .. }
            | Command::LogOut { .. }
            | Command::Balance { .. }
            | Command::Statement { .. }
            | Command::AskKey { .. }
            | Command::EnterTerminal { .. }
            | Command::Account { .. }
            | Command::Accounts { .. }
            | Command::Holds(_)
            | Command::PassTime
            | Command::Terminals { .. } => return None,
        })
    }
}
