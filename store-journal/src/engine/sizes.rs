//! The most bytes that commands may record: so much space is reserved before they are decided.

use bank_engine_core::account::{ACCOUNT_ID_BYTES_MAX, TerminalId};
use bank_engine_core::auth::HASH_BYTES;
use bank_engine_core::ledger::{
    AccountOpening, Command, Memo, MovementKind, PurposeRequest, TRANSFER_BATCH_MAX,
};
use bank_engine_core::operator::{Instruction, Operator};

use crate::format::bytes::offset;
use crate::format::record::{
    AROUND_BYTES, CURRENCY_BYTES_MAX, HOLD_BYTES_MAX, MEMO_BYTES_MAX, NOTES_BYTES_MAX, ORIGIN_BYTES_MAX,
    POSTED_BYTES, RECORD_BYTES_MAX, RESERVE_BYTES, TEXT_BYTES,
};

const ACCOUNT_BYTES: usize = 4;
const CURRENCY_BYTES: usize = CURRENCY_BYTES_MAX;
const TIME_BYTES: usize = 8;

/// An account of the bank's own is opened.
const OWN_OPENED_MAX: usize = AROUND_BYTES + CURRENCY_BYTES + 1 + ACCOUNT_ID_BYTES_MAX;
/// A customer's account is opened.
const OPENED_MAX: usize = OWN_OPENED_MAX + HASH_BYTES + MINIMUM_BYTES;
const MINIMUM_BYTES: usize = 8;
/// Tries are charged or cleared.
const TRIES: usize = AROUND_BYTES + ACCOUNT_BYTES;
const SECRET_CHANGED: usize = AROUND_BYTES + ACCOUNT_BYTES + HASH_BYTES;
/// Money moved, without origin, operator and memo.
const MOVED_MAX: usize = POSTED_BYTES + RESERVE_BYTES;
/// The notes that moved with it.
const MOVED_NOTES_MAX: usize = 2 * NOTES_BYTES_MAX;
/// What the names and texts of a note are added to.
const NOTED: usize = AROUND_BYTES + ACCOUNT_BYTES + TIME_BYTES + TEXT_BYTES + TEXT_BYTES;
/// The same with the number of a freeze.
const CHANGED_MAX: usize = NOTED + 4;
const LIMITS_MAX: usize = 8 + 1 + 8 + 8 + 4;
const PLACED_MAX: usize = AROUND_BYTES + HOLD_BYTES_MAX;
const RELEASED_MAX: usize = PLACED_MAX + TIME_BYTES;
const TERMINAL_KEYED_MAX: usize = AROUND_BYTES + CURRENCY_BYTES + HASH_BYTES + TerminalId::BYTES_MAX;
const NOTES_CHANGED_MAX: usize = AROUND_BYTES + 2 * NOTES_BYTES_MAX + TerminalId::BYTES_MAX;
const TERMINAL_COUNTED_MAX: usize = AROUND_BYTES + CURRENCY_BYTES + TIME_BYTES + TerminalId::BYTES_MAX;

/// What the names and texts of a note about a terminal are added to.
const TERMINAL_NOTED: usize = AROUND_BYTES + TIME_BYTES + TEXT_BYTES + TEXT_BYTES + TerminalId::BYTES_MAX;
/// Who resolved a hold, without texts.
const HOLD_RESOLVED: usize = AROUND_BYTES + 16 + TIME_BYTES + TEXT_BYTES + TEXT_BYTES;
/// Cash of the bank's own moved, without operator and reason.
const CASH_MOVED_MAX: usize =
    2 * OWN_OPENED_MAX + MOVED_MAX + MOVED_NOTES_MAX + TEXT_BYTES + NOTES_CHANGED_MAX;

/// A step of a hold: up to two movements, one of them with the word that the hold has, or its end;
/// notes go back, and an account of the bank's own may be opened for it.
const PROCEEDED_MAX: usize = NOTES_CHANGED_MAX
    + MOVED_NOTES_MAX
    + OWN_OPENED_MAX
    + 2 * (MOVED_MAX + ORIGIN_BYTES_MAX)
    + MEMO_BYTES_MAX
    + RELEASED_MAX;

/// Bytes that the end of one hold's time takes at most.
pub(crate) const ELAPSED_BYTES_MAX: usize = PROCEEDED_MAX;

/// Bytes that a command's facts take at most.
pub(crate) fn bytes_max(command: &Command) -> u64 {
    let bytes = match command {
        Command::Balance { .. }
        | Command::Statement { .. }
        | Command::LogOut { .. }
        | Command::AskKey { .. }
        | Command::EnterTerminal { .. }
        | Command::Account { .. }
        | Command::Accounts { .. }
        | Command::Holds { .. }
        | Command::Terminals { .. }
        | Command::PassTime
        | Command::TransferBatch { dry_run: true, .. } => 0,
        Command::Move { way: MovementKind::Transfer { memo, .. }, .. } => {
            MOVED_MAX + memo_bytes(memo.as_ref())
        }
        Command::Move { way: MovementKind::Withdraw { .. }, .. } => MOVED_MAX + OWN_OPENED_MAX,
        Command::Move { .. } => MOVED_MAX + OWN_OPENED_MAX + MOVED_NOTES_MAX + NOTES_CHANGED_MAX,
        Command::ChargeTry { .. } | Command::LogIn { .. } => TRIES,
        Command::Unlock { operator, reason, .. } => TRIES + CHANGED_MAX + text_bytes(operator, reason),
        Command::EndSession { operator, reason, .. }
        | Command::SetStatus { operator, reason, .. }
        | Command::Freeze { operator, reason, .. }
        | Command::Thaw { operator, reason, .. } => CHANGED_MAX + text_bytes(operator, reason),
        Command::ChangeSecret { .. } => SECRET_CHANGED + TRIES,
        Command::SetSecret { operator, reason, .. } => {
            SECRET_CHANGED + TRIES + CHANGED_MAX + text_bytes(operator, reason)
        }
        Command::TransferBatch { transfers, operator, .. } => {
            let operator = operator.as_ref().map_or(0, |operator| TEXT_BYTES + operator.text().len());
            transfers.iter().map(|item| MOVED_MAX + operator + memo_bytes(item.memo.as_ref())).sum()
        }
        Command::Authorise { purpose: PurposeRequest::Payment { .. }, .. } => PLACED_MAX,
        Command::Authorise { .. } => OWN_OPENED_MAX + NOTES_CHANGED_MAX + PLACED_MAX,
        Command::ActOnHold { .. } => PROCEEDED_MAX,
        Command::Resolve { operator, reason, .. } => {
            let operators = 2 * (TEXT_BYTES + operator.text().len());
            PROCEEDED_MAX + operators + HOLD_RESOLVED + text_bytes(operator, reason)
        }
        Command::Open(AccountOpening { instruction, .. }) => {
            let texts = instruction
                .as_ref()
                .map_or(0, |operator| operator.operator.text().len() + memo_bytes(operator.reason.as_ref()));
            OPENED_MAX + OWN_OPENED_MAX + MOVED_MAX + CHANGED_MAX + texts
        }
        Command::SetLimits { operator, reason, .. } => NOTED + LIMITS_MAX + text_bytes(operator, reason),
        Command::AddTerminal { instruction, .. } => {
            TERMINAL_KEYED_MAX
                + instruction
                    .as_ref()
                    .map_or(0, |operator| terminal_noted(&operator.operator, operator.reason.as_ref()))
        }
        Command::ChangeKey { operator, reason, .. } => {
            TERMINAL_KEYED_MAX + terminal_noted(operator, Some(reason))
        }
        Command::SetTerminal { operator, reason, .. } => terminal_noted(operator, Some(reason)),
        Command::Through { command, .. } => return bytes_max(command),
        Command::Reverse { operator, reason, .. } => {
            MOVED_MAX + ORIGIN_BYTES_MAX + TEXT_BYTES + text_bytes(operator, reason)
        }
        Command::Adjust { operator, reason, .. } => {
            OWN_OPENED_MAX + MOVED_MAX + TEXT_BYTES + text_bytes(operator, reason)
        }
        Command::Load { instruction, .. } => {
            let texts = instruction
                .as_ref()
                .map_or(0, |operator| operator.operator.text().len() + memo_bytes(operator.reason.as_ref()));
            CASH_MOVED_MAX + texts
        }
        Command::Unload { operator, reason, .. } => CASH_MOVED_MAX + text_bytes(operator, reason),
        Command::Count { close: None, .. } => 0,
        Command::Count { close: Some((_, Instruction { operator, reason })), .. } => {
            TERMINAL_COUNTED_MAX
                + OWN_OPENED_MAX
                + MOVED_MAX
                + MOVED_NOTES_MAX
                + TEXT_BYTES
                + operator.text().len()
                + memo_bytes(reason.as_ref())
                + NOTES_CHANGED_MAX
        }
        // One that came later than this journal: four of the longest.
        _ => 4 * RECORD_BYTES_MAX,
    };
    offset(bytes)
}

/// How many commands a command counts as, where they are bounded.
pub(crate) fn weight(command: &Command) -> usize {
    match command {
        // A longer transfer batch is declined.
        Command::TransferBatch { transfers, .. } => transfers.len().clamp(1, TRANSFER_BATCH_MAX),
        Command::Through { command, .. } => weight(command),
        _ => 1,
    }
}

fn terminal_noted(operator: &Operator, reason: Option<&Memo>) -> usize {
    TERMINAL_NOTED + operator.text().len() + memo_bytes(reason)
}

fn memo_bytes(memo: Option<&Memo>) -> usize {
    memo.map_or(0, |memo| memo.as_str().len())
}

fn text_bytes(operator: &Operator, reason: &Memo) -> usize {
    operator.text().len() + reason.as_str().len()
}

#[cfg(test)]
mod tests;
