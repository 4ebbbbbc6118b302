//! Which refusals a method may meet.

use crate::protocol::Code::{self, *};

const LIMITS: &[Code] = &[TransactionLimit, DayAmountLimit, DayCountLimit];

/// What became of a hold that is over.
const OVER: &[Code] = &[HoldCaptured, HoldVoided, HoldExpired];

/// The refusals that a request of `method` may meet, as a rule in the order in which they are looked
/// for; besides these, [`Code::NotJson`] and [`Code::NoSuchMethod`] befall requests that name none.
#[must_use]
pub fn errors_of(method: &str) -> Vec<Code> {
    let before: &[Code] = match method {
        "hello" => &[],
        "login" => &[HelloRequired, AlreadyLoggedIn, BadTerminal],
        "terminal.login" => &[HelloRequired, AlreadyLoggedIn],
        "ping" => &[HelloRequired],
        "logout" => &[HelloRequired, NotLoggedIn],
        "change_secret" => &[HelloRequired, NotLoggedIn, BadTerminal],
        _ if method.starts_with("admin.") => &[HelloRequired],
        _ => &[HelloRequired, NotLoggedIn, BadTerminal, SessionExpired, MustChangeSecret],
    };
    let own = if method.starts_with("admin.") { of_operators(method) } else { of_customers(method) };
    let checks_secret: &[Code] = match method {
        "login"
        | "terminal.login"
        | "change_secret"
        | "admin.account.add"
        | "admin.account.reset_secret"
        | "admin.terminal.add"
        | "admin.terminal.change_key" => &[Overloaded, ShuttingDown, Internal],
        _ => &[],
    };
    let asks_store: &[Code] = match method {
        "hello" | "ping" => &[],
        "terminal.login"
        | "balance"
        | "statement"
        | "logout"
        | "admin.account.show"
        | "admin.account.list"
        | "admin.account.statement"
        | "admin.account.balance"
        | "admin.session.list"
        | "admin.terminal.list"
        | "admin.terminal.count"
        | "admin.hold.list"
        | "admin.trial_balance" => &[StorageFailed],
        _ => &[StorageFailed, StorageFull],
    };
    [&[NotARequest, BadParameters], before, &own, checks_secret, asks_store].concat()
}

fn of_customers(method: &str) -> Vec<Code> {
    let transfer = [
        &[IdReused, BadAmount, SameAccount, NoSuchPayee, OtherCurrency, Frozen, Closed],
        LIMITS,
        &[InsufficientFunds],
    ];
    let withdrawal =
        [&[IdReused, BadAmount, TerminalDisabled, Frozen, Closed], LIMITS, &[InsufficientFunds, OutOfCash]];
    match method {
        "hello" => vec![UnsupportedVersion],
        "terminal.login" => vec![BadTerminal],
        "login" => vec![BadCredentials, Locked, AccountInUse, Closed],
        "deposit" => {
            vec![IdReused, BadAmount, TerminalDisabled, Frozen, Closed, BadNotes, LimitPassed, NotesUnsuited]
        }
        "withdraw" => [&withdrawal.concat(), &[NotesCounted][..]].concat(),
        "transfer" => [&transfer.concat(), &[LimitPassed][..]].concat(),
        "transfer_batch" => [&[BadTransferBatch, IdTwice], &transfer.concat()[..], &[LimitPassed]].concat(),
        "authorise" => [&transfer.concat(), &[LimitPassed][..], OVER, &[TooManyHolds]].concat(),
        "authorise_cash" => {
            [&withdrawal.concat()[..], &[NotesUnavailable, LimitPassed], OVER, &[TooManyHolds]].concat()
        }
        "capture" => {
            [&[BadAmount, Frozen, LimitPassed, NoSuchHold], OVER, &[HoldExceeded, DispenseSuspect, WrongStep]]
                .concat()
        }
        "void" => vec![NoSuchHold, HoldCaptured, HoldExpired, DispenseOrdered, DispenseSuspect],
        "order_dispense" => {
            [&[NoSuchHold], OVER, &[TerminalDisabled, Frozen, DispenseSuspect, WrongStep]].concat()
        }
        "report_dispense" => [
            &[BadAmount, BadNotes, LimitPassed, NoSuchHold],
            OVER,
            &[HoldExceeded, DispenseNotOrdered, DispenseSuspect, WrongStep],
        ]
        .concat(),
        "change_secret" => vec![WeakSecret, SessionExpired, Locked, BadCredentials],
        _ => Vec::new(),
    }
}

fn of_operators(method: &str) -> Vec<Code> {
    match method.trim_start_matches("admin.") {
        "account.add" => vec![WeakSecret, IdReused, BadAmount, LimitPassed, AccountExists, ReasonNeeded],
        "account.show" | "account.statement" | "account.balance" => vec![NoSuchAccount],
        "account.unlock" | "session.end" => vec![NoSuchAccount, ReasonNeeded],
        "hold.list" => vec![NoSuchAccount, NoSuchTerminal],
        "account.freeze" => vec![NoSuchAccount, ReasonNeeded, TooManyFreezes],
        "account.thaw" => vec![NoSuchAccount, ReasonNeeded, NoSuchFreeze],
        "account.close" => vec![NoSuchAccount, AccountNotEmpty, AccountHasHolds, ReasonNeeded],
        "account.reopen" => vec![NoSuchAccount, ReasonNeeded],
        "account.set_limits" => vec![NoSuchAccount, BadLimits, ReasonNeeded],
        "account.reset_secret" => vec![WeakSecret, NoSuchAccount, ReasonNeeded],
        "terminal.add" => vec![WeakSecret, TerminalExists, WeakKey, ReasonNeeded],
        "terminal.change_key" => vec![WeakSecret, NoSuchTerminal, WeakKey, ReasonNeeded],
        "terminal.enable" | "terminal.disable" => vec![NoSuchTerminal, ReasonNeeded],
        "terminal.load" => {
            vec![IdReused, BadAmount, BadNotes, LimitPassed, NotesUnsuited, CashNotCounted, NoSuchTerminal]
        }
        "terminal.unload" => {
            vec![
                IdReused,
                BadAmount,
                InsufficientFunds,
                OutOfCash,
                BadNotes,
                LimitPassed,
                NotesNotThere,
                CashNotCounted,
                NoSuchTerminal,
                ReasonNeeded,
            ]
        }
        "terminal.count" => vec![BadAmount, BadNotes, LimitPassed, NoSuchTerminal, DispenseUnderway],
        "terminal.close_day" => {
            vec![IdReused, BadAmount, BadNotes, LimitPassed, NoSuchTerminal, DispenseUnderway, ReasonNeeded]
        }
        "hold.resolve" => [
            &[BadAmount, Frozen, BadNotes, LimitPassed, NoSuchHold],
            OVER,
            &[HoldExceeded, DispenseOrdered, DispenseNotOrdered, DispenseSuspect, WrongStep, ReasonNeeded],
            &[InsufficientFunds, Closed, AlreadyReversed],
        ]
        .concat(),
        "reverse" => vec![
            IdReused,
            BadAmount,
            Frozen,
            Closed,
            InsufficientFunds,
            OutOfCash,
            LimitPassed,
            NoSuchTransaction,
            AlreadyReversed,
            NotReversible,
            ReversalExceeds,
            ReasonNeeded,
        ],
        "adjust" => {
            vec![IdReused, BadAmount, Closed, InsufficientFunds, LimitPassed, NoSuchAccount, ReasonNeeded]
        }
        "transfer_batch" => [
            &[
                BadTransferBatch,
                BatchIncomplete,
                IdTwice,
                IdReused,
                BadAmount,
                SameAccount,
                NoSuchPayee,
                OtherCurrency,
                Frozen,
                Closed,
            ],
            LIMITS,
            &[InsufficientFunds, LimitPassed, NoSuchAccount],
        ]
        .concat(),
        _ => Vec::new(),
    }
}
