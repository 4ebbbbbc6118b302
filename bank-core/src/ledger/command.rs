//! The commands: everything that the bank can be requested to do, as data.

use super::{
    Actor, Cash, HoldAction, HoldsQuery, LimitsChange, Memo, MovementKind, PurposeRequest, StatementQuery,
    TransactionId, TransferOrder,
};
use crate::account::{AccountId, Direction, Status, TerminalId};
use crate::auth::{ChosenSecret, Proof, SecretHash};
use crate::ledger::AccountOpening;
use crate::money::{Amount, Currency};
use crate::notes::NoteCount;
use crate::operator::{Instruction, Operator};
use crate::session::SessionId;
use crate::terminal::TerminalAccess;
use crate::time::Timestamp;

/// What a caller asks of the bank. Data, so that it can be queued, batched and decided anywhere.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Command {
    /// Opens a customer's account; an opening balance is cash paid into the vault.
    Open(AccountOpening),
    /// Closes an account that is at zero and has no holds, or opens it again. Freezes stay as they
    /// are.
    SetStatus {
        /// Which account.
        account: AccountId,
        /// What it is from now on.
        status: Status,
        /// Who says so.
        operator: Operator,
        /// Why.
        reason: Memo,
    },
    /// Forbids movements of an account, beside those that are forbidden already.
    Freeze {
        /// Which account.
        account: AccountId,
        /// Which movements.
        direction: Direction,
        /// Who says so.
        operator: Operator,
        /// Why.
        reason: Memo,
    },
    /// Takes off one freeze of an account, or all.
    Thaw {
        /// Which account.
        account: AccountId,
        /// The number of the freeze; all where `None`.
        freeze: Option<u32>,
        /// Who says so.
        operator: Operator,
        /// Why.
        reason: Memo,
    },
    /// Changes some of an account's limits.
    SetLimits {
        /// Which account.
        account: AccountId,
        /// What changes; the other limits stay.
        limits: LimitsChange,
        /// Who says so.
        operator: Operator,
        /// Why.
        reason: Memo,
    },
    /// Gives an account a secret of the bank's choice, which its owner has to change first of all,
    /// and forgets the charged tries.
    SetSecret {
        /// Which account.
        account: AccountId,
        /// What opens it.
        secret: ChosenSecret,
        /// Who says so.
        operator: Operator,
        /// Why.
        reason: Memo,
    },
    /// Forgets the charged tries of an account, so that it can be logged in to again.
    Unlock {
        /// Which account.
        account: AccountId,
        /// Who says so.
        operator: Operator,
        /// Why.
        reason: Memo,
    },
    /// Ends the session that holds an account.
    EndSession {
        /// Which account.
        account: AccountId,
        /// Who says so.
        operator: Operator,
        /// Why.
        reason: Memo,
    },
    /// The first half of every check of a secret: charges a try and answers the hash to check
    /// against. To be durable before the check starts.
    ChargeTry {
        /// Which account; it need not exist.
        account: AccountId,
    },
    /// Asks for the hash to check an account's secret against, without charging a try: for the bank,
    /// which is asked to open an account that is there.
    AskSecret {
        /// Which account.
        account: AccountId,
    },
    /// The second half of a log-in.
    LogIn {
        /// Which account.
        account: AccountId,
        /// The session that is to hold it.
        session: SessionId,
        /// That the secret was right, or `None`.
        proof: Option<Proof>,
    },
    /// The second half of a change of secret.
    ChangeSecret {
        /// Which account.
        account: AccountId,
        /// Its holder.
        session: SessionId,
        /// That the old secret was right, or `None`.
        proof: Option<Proof>,
        /// The new secret.
        secret: ChosenSecret,
    },
    /// Ends a session; no matter if it is over already.
    LogOut {
        /// Which account.
        account: AccountId,
        /// Its holder.
        session: SessionId,
    },
    /// Reads an account's balance, now or at an earlier instant.
    Balance {
        /// Which account.
        account: AccountId,
        /// Its holder, or the bank.
        actor: Actor,
        /// The instant asked about, everything at that instant included; now where `None`.
        at: Option<Timestamp>,
    },
    /// Asks for a page of an account's entries, newest first.
    Statement {
        /// Which account.
        account: AccountId,
        /// Its holder, or the bank.
        actor: Actor,
        /// Which entries.
        query: StatementQuery,
    },
    /// Moves money.
    Move {
        /// Whose account.
        account: AccountId,
        /// Its holder, or the bank.
        actor: Actor,
        /// The client's id for this movement.
        transaction: TransactionId,
        /// How much, in the account's currency.
        amount: Amount,
        /// Which way.
        way: MovementKind,
    },
    /// Makes several transfers, all of them or none.
    TransferBatch {
        /// The holder of every payer's account, or the bank.
        actor: Actor,
        /// The transfers, in the order in which they are made.
        transfers: Vec<TransferOrder>,
        /// whether to report only what would happen.
        dry_run: bool,
        /// Which operator makes them, where one does.
        operator: Option<Operator>,
    },
    /// Sets money aside for a transaction to come.
    Authorise {
        /// Whose money.
        account: AccountId,
        /// Its holder, or the bank.
        actor: Actor,
        /// The client's id for the hold and for the transaction to come.
        hold: TransactionId,
        /// How much, in the account's currency.
        amount: Amount,
        /// What for.
        purpose: PurposeRequest,
    },
    /// Takes an authorised hold further.
    ActOnHold {
        /// Which hold.
        hold: TransactionId,
        /// Who: of a payment the payee's holder, of a dispense its terminal, or where that has no
        /// key the session that authorised it, of both the bank.
        actor: Actor,
        /// How.
        step: HoldAction,
    },
    /// Takes a hold further for the bank, as an operator says.
    Resolve {
        /// Which hold.
        hold: TransactionId,
        /// How.
        step: HoldAction,
        /// The id of the adjustment, where the hold is a disputed dispense and needs one.
        adjustment: TransactionId,
        /// Who says so.
        operator: Operator,
        /// Why.
        reason: Memo,
    },
    /// Takes back a transaction, once, whole or in part.
    Reverse {
        /// The transaction.
        original: TransactionId,
        /// How much of it; all where `None`.
        amount: Option<Amount>,
        /// The id of the reversal.
        transaction: TransactionId,
        /// Who says so.
        operator: Operator,
        /// Why.
        reason: Memo,
    },
    /// Gives to an account, or takes from it where negative, at the bank's own cost.
    Adjust {
        /// Which account.
        account: AccountId,
        /// How much.
        amount: Amount,
        /// The id of the adjustment.
        transaction: TransactionId,
        /// Who says so.
        operator: Operator,
        /// Why.
        reason: Memo,
    },
    /// Adds a terminal to the bank. Cash can be nowhere but in terminals and in the vault.
    AddTerminal {
        /// Which terminal.
        terminal: TerminalId,
        /// The currency of its notes.
        currency: Currency,
        /// What it proves itself with; `None` where the program that embeds the engine speaks for it.
        key: Option<SecretHash>,
        /// Who adds it, where an operator does.
        instruction: Option<Instruction>,
    },
    /// Gives a terminal another key; the old one is refused from then on.
    ChangeKey {
        /// Which terminal.
        terminal: TerminalId,
        /// What it proves itself with.
        key: SecretHash,
        /// Who says so.
        operator: Operator,
        /// Why.
        reason: Memo,
    },
    /// Lets customers move cash at a terminal, or not. What is under way there is still reported.
    SetTerminal {
        /// Which terminal.
        terminal: TerminalId,
        /// Whether they can.
        enabled: bool,
        /// Who says so.
        operator: Operator,
        /// Why.
        reason: Memo,
    },
    /// A command that came through a terminal, which is declined once the terminal has another key.
    Through {
        /// The terminal, and the key that it proved itself with.
        access: TerminalAccess,
        /// The command.
        command: Box<Command>,
    },
    /// The first half of a terminal's log-in: answers the hash to check its key against.
    AskKey {
        /// Which terminal; it need not exist.
        terminal: TerminalId,
    },
    /// The second half of a terminal's log-in.
    EnterTerminal {
        /// Which terminal.
        terminal: TerminalId,
        /// That the key was right, or `None`.
        proof: Option<Proof>,
    },
    /// Puts cash of the bank's own into a terminal.
    Load {
        /// Which terminal; the vault is one.
        terminal: TerminalId,
        /// Which cash.
        cash: Cash,
        /// The id of this movement.
        transaction: TransactionId,
        /// Who loads it, where an operator does.
        instruction: Option<Instruction>,
    },
    /// Takes cash out of a terminal for the bank.
    Unload {
        /// Which terminal.
        terminal: TerminalId,
        /// Which cash.
        cash: Cash,
        /// The id of this movement.
        transaction: TransactionId,
        /// Who says so.
        operator: Operator,
        /// Why.
        reason: Memo,
    },
    /// Reports what counting a terminal's cash found, and what was expected.
    Count {
        /// Which terminal.
        terminal: TerminalId,
        /// What is there.
        counted: Cash,
        /// The notes of it that are in the reject bin.
        reject_bin: Vec<NoteCount>,
        /// To close the day: the id and maker of the posting that makes the books agree with what
        /// was counted; where something differs, a reason is needed. Nothing is changed where `None`.
        close: Option<(TransactionId, Instruction)>,
    },
    /// Asks for all about an account but its secret.
    Account {
        /// Which account.
        account: AccountId,
    },
    /// Asks for accounts in the order in which they were opened.
    Accounts {
        /// The first number asked for, from 0.
        first: u32,
        /// Accounts at most, held to 1 to [`LISTED_MAX`](super::LISTED_MAX).
        limit: usize,
    },
    /// Asks for open holds by their ids, at most [`LISTED_MAX`](super::LISTED_MAX).
    Holds(HoldsQuery),
    /// Asks for nothing, so that what time alone leads to is recorded, as it is before any command:
    /// holds whose time is over end, and overdue dispenses become suspect.
    PassTime,
    /// Asks for the terminals.
    Terminals {
        /// Only those of a later name than this.
        after: Option<TerminalId>,
        /// Terminals at most, held to 1 to [`LISTED_MAX`](super::LISTED_MAX).
        limit: usize,
    },
}
