//! The bank's rules: one pure function, [`decide`].
//!
//! A [`Command`] asks; the [`Decision`] is its answer and the [`Fact`]s to record. Rules live here
//! and nowhere else: not in servers, stores or clients. Each command is judged in the same order:
//! is the session the account's holder, is the transaction already known, then the rules of its
//! kind in the order in which [`Decline`] lists them.
//!
//! Time alone makes things happen too: before a store decides anything at an instant, it records
//! what [`elapsed`] by then.

mod cash_count;
mod command;
mod command_parts;
mod decision;
mod decline;
mod details;
mod fact;
mod limits;
mod reason;
mod response;
mod rules;
mod settlement;
mod statement;
mod summary;
mod transaction;
mod view;

pub use crate::memo::{MEMO_CHARS_MAX, Memo, NotAMemo};
pub use cash_count::CashCount;
pub use command::Command;
pub use command_parts::{
    Actor, Cash, HoldAction, HoldsQuery, LISTED_MAX, MovementKind, NewAccount, PurposeRequest,
    STATEMENT_ENTRIES_DEFAULT, STATEMENT_ENTRIES_MAX, Span, Transfer, UndispensedNotes,
};
pub use decision::{Decision, Outcome};
pub use decline::{Decline, Field, NotesFault};
pub use details::{AccountDetails, ChangeSummary, FreezeSummary};
pub use fact::Fact;
pub use limits::{LimitsChange, LimitsRequest};
pub use rules::{TRANSFER_BATCH_MAX, decide, elapsed};
pub use settlement::{Authorisation, HOLDS_OPEN_MAX, HoldState, Settlement};
pub use statement::{Balance, Entry, Page};
pub use summary::{AccountPage, AccountSummary, HoldPage, HoldSummary, TerminalPage, TerminalSummary};
pub use transaction::{
    MovedNotes, NotATransactionId, Origin, Posting, Receipt, Transaction, TransactionId, TransactionKind,
};
pub use view::{Recorded, View};
