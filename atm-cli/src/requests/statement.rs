//! Reads an account's entries page by page.

use bank_engine::ledger::STATEMENT_ENTRIES_MAX;
use bank_engine::protocol::StatementParams;
use bank_engine::time::Timestamp;

use crate::connection::BankClient;
use crate::failure::Failure;
use crate::requests::answer::{Answer, Parts};

/// Entries that a customer wants to see.
#[derive(Debug, Clone, Copy, Default)]
pub struct StatementQuery {
    /// How many; all of them where `None`.
    pub limit: Option<u32>,
    /// Only entries with lower numbers.
    pub before: Option<u64>,
    /// Only entries made then or later.
    pub from: Option<Timestamp>,
    /// Only entries made then or earlier.
    pub to: Option<Timestamp>,
}

/// A page of the entries that were wished for, and the wish for the next, older page.
pub async fn page(
    line: &mut BankClient,
    wished: StatementQuery,
) -> Result<(Answer, Option<StatementQuery>), Failure> {
    let most = u32::try_from(STATEMENT_ENTRIES_MAX).unwrap_or(u32::MAX);
    let StatementQuery { limit, before, from, to } = wished;
    let asked = StatementParams { limit: Some(limit.unwrap_or(most)), before, from, to };
    let page = line.client.page(asked).await?;
    let next = page.next.map(|next| StatementQuery { before: Some(next), ..wished });
    let parts = Parts { closing: before.is_none(), opening: limit.is_some() || next.is_none() };
    Ok((Answer::Statement { page, parts }, next))
}
