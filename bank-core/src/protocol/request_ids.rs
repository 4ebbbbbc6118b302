//! The ids that make a customer's request safe to ask again.

use super::Request;
use crate::ledger::TransactionId;

impl Request {
    /// The ids of the money that the request moves or sets aside; `None` where it changes nothing that is
    /// kept.
    #[must_use]
    pub fn changes(&self) -> Option<Vec<TransactionId>> {
        Some(match self {
            Request::Deposit(params) => vec![params.transaction],
            Request::Withdraw(params) => vec![params.transaction],
            Request::Transfer(params) => vec![params.transaction],
            Request::TransferBatch(params) if params.dry_run == Some(true) => return None,
            Request::TransferBatch(params) => {
                params.transfers.iter().map(|transfer| transfer.transaction).collect()
            }
            Request::Authorise(params) => vec![params.hold],
            Request::AuthoriseCash(params) => vec![params.hold],
            Request::Capture(params) => vec![params.hold],
            Request::Void(params) | Request::OrderDispense(params) => vec![params.hold],
            Request::ReportDispense(params) => vec![params.hold],
            Request::ChangeSecret(_) => Vec::new(),
            Request::Hello(_)
            | Request::TerminalLogin(_)
            | Request::Login(_)
            | Request::Logout(_)
            | Request::Balance(_)
            | Request::Statement(_)
            | Request::Ping(_) => return None,
        })
    }
}
