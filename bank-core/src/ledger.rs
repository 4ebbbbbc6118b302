//! The bank's rules: one pure function, [`decide`].
//!
//! A [`Command`] is what a caller requests; a [`Decision`] is its answer and the [`Fact`]s to record.
//! Servers, stores and clients have no rules of their own. Each command is checked in the same order:
//! the session, then whether the transaction's id is known already, then the rules of the command in
//! the order in which [`Decline`] lists them.
//!
//! Holds and sessions also end by time alone: before a store decides commands at an instant, it records
//! the facts of [`elapsed`].

mod cash_count;
mod command;
mod command_ids;
mod command_parts;
mod decision;
mod decline;
mod decline_details;
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
    AccountOpening, Actor, Cash, HoldAction, HoldsQuery, LISTED_MAX, MovementKind, PurposeRequest,
    STATEMENT_ENTRIES_DEFAULT, STATEMENT_ENTRIES_MAX, StatementQuery, TransferOrder, UndispensedNotes,
};
pub use decision::{Answer, Decision, Outcome};
pub use decline::Decline;
pub use decline_details::{Field, NotesFault};
pub use details::{AccountDetails, ChangeSummary, FreezeSummary};
pub use fact::Fact;
pub use limits::{LimitsChange, LimitsRequest, MinimumBalance};
pub use rules::{TRANSFER_BATCH_MAX, decide, elapsed};
pub use settlement::{Authorisation, HOLDS_OPEN_MAX, HoldState, Settlement};
pub use statement::{Balance, Entry, Statement};
pub use summary::{AccountPage, AccountSummary, HoldPage, HoldSummary, TerminalPage, TerminalSummary};
pub use transaction::{
    MovedNotes, NotATransactionId, Origin, Posting, Receipt, Transaction, TransactionId, TransactionKind,
};
pub use view::{Recorded, View};
