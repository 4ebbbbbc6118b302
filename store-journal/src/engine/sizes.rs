//! How much commands may record: so much room is there before they are decided.

use bank_engine_core::account::{ACCOUNT_ID_BYTES_MAX, TerminalId};
use bank_engine_core::auth::HASH_BYTES;
use bank_engine_core::ledger::{AskedPurpose, Command, GROUP_ITEMS_MAX, Memo, Way};
use bank_engine_core::operator::{Instruction, Operator};

use crate::format::bytes::offset;
use crate::format::record::{
    AROUND_BYTES, HOLD_BYTES_MAX, MEMO_BYTES_MAX, NOTES_BYTES_MAX, ORIGIN_BYTES_MAX, POSTED_BYTES,
    RECORD_BYTES_MAX, RESERVE_BYTES, TEXT_BYTES,
};

const ACCOUNT_BYTES: usize = 4;
const CURRENCY_BYTES: usize = 4;
const TIME_BYTES: usize = 8;

/// An account of the bank's own is opened.
const OWN_OPENED_MAX: usize = AROUND_BYTES + CURRENCY_BYTES + 1 + ACCOUNT_ID_BYTES_MAX;
/// A customer's account is opened.
const OPENED_MAX: usize = OWN_OPENED_MAX + HASH_BYTES;
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
        | Command::Group { dry_run: true, .. } => 0,
        Command::Move { way: Way::Transfer { memo, .. }, .. } => MOVED_MAX + memo_bytes(memo.as_ref()),
        Command::Move { way: Way::Withdraw { .. }, .. } => MOVED_MAX + OWN_OPENED_MAX,
        Command::Move { .. } => MOVED_MAX + OWN_OPENED_MAX + MOVED_NOTES_MAX + NOTES_CHANGED_MAX,
        Command::ChargeTry { .. } | Command::LogIn { .. } => TRIES,
        Command::Unlock { by, reason, .. } => TRIES + CHANGED_MAX + text_bytes(by, reason),
        Command::EndSession { by, reason, .. }
        | Command::SetStatus { by, reason, .. }
        | Command::Freeze { by, reason, .. }
        | Command::Thaw { by, reason, .. } => CHANGED_MAX + text_bytes(by, reason),
        Command::ChangeSecret { .. } => SECRET_CHANGED + TRIES,
        Command::SetSecret { by, reason, .. } => {
            SECRET_CHANGED + TRIES + CHANGED_MAX + text_bytes(by, reason)
        }
        Command::Group { items, operator, .. } => {
            let by = operator.as_ref().map_or(0, |by| TEXT_BYTES + by.text().len());
            items.iter().map(|item| MOVED_MAX + by + memo_bytes(item.memo.as_ref())).sum()
        }
        Command::Authorise { purpose: AskedPurpose::Payment { .. }, .. } => PLACED_MAX,
        Command::Authorise { .. } => OWN_OPENED_MAX + NOTES_CHANGED_MAX + PLACED_MAX,
        Command::Proceed { .. } => PROCEEDED_MAX,
        Command::Resolve { by, reason, .. } => {
            let operators = 2 * (TEXT_BYTES + by.text().len());
            PROCEEDED_MAX + operators + HOLD_RESOLVED + text_bytes(by, reason)
        }
        Command::Open { by, .. } => {
            let texts = by.as_ref().map_or(0, |by| by.by.text().len() + memo_bytes(by.reason.as_ref()));
            OPENED_MAX + OWN_OPENED_MAX + MOVED_MAX + CHANGED_MAX + texts
        }
        Command::SetLimits { by, reason, .. } => NOTED + LIMITS_MAX + text_bytes(by, reason),
        Command::AddTerminal { by, .. } => {
            TERMINAL_KEYED_MAX + by.as_ref().map_or(0, |by| terminal_noted(&by.by, by.reason.as_ref()))
        }
        Command::ChangeKey { by, reason, .. } => TERMINAL_KEYED_MAX + terminal_noted(by, Some(reason)),
        Command::SetTerminal { by, reason, .. } => terminal_noted(by, Some(reason)),
        Command::Through { command, .. } => return bytes_max(command),
        Command::Reverse { by, reason, .. } => {
            MOVED_MAX + ORIGIN_BYTES_MAX + TEXT_BYTES + text_bytes(by, reason)
        }
        Command::Adjust { by, reason, .. } => {
            OWN_OPENED_MAX + MOVED_MAX + TEXT_BYTES + text_bytes(by, reason)
        }
        Command::Load { by, .. } => {
            let texts = by.as_ref().map_or(0, |by| by.by.text().len() + memo_bytes(by.reason.as_ref()));
            CASH_MOVED_MAX + texts
        }
        Command::Unload { by, reason, .. } => CASH_MOVED_MAX + text_bytes(by, reason),
        Command::Count { close: None, .. } => 0,
        Command::Count { close: Some((_, Instruction { by, reason })), .. } => {
            TERMINAL_COUNTED_MAX
                + OWN_OPENED_MAX
                + MOVED_MAX
                + MOVED_NOTES_MAX
                + TEXT_BYTES
                + by.text().len()
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
        // A longer group is declined.
        Command::Group { items, .. } => items.len().clamp(1, GROUP_ITEMS_MAX),
        Command::Through { command, .. } => weight(command),
        _ => 1,
    }
}

fn terminal_noted(by: &Operator, reason: Option<&Memo>) -> usize {
    TERMINAL_NOTED + by.text().len() + memo_bytes(reason)
}

fn memo_bytes(memo: Option<&Memo>) -> usize {
    memo.map_or(0, |memo| memo.as_str().len())
}

fn text_bytes(by: &Operator, reason: &Memo) -> usize {
    by.text().len() + reason.as_str().len()
}

#[cfg(test)]
mod tests;
