//! Events as lines of JSON. No hash of a PIN or a key is written.

use std::collections::HashMap;

use bank_engine::account::{AccountId, Kind, TerminalId};
use bank_engine::bank::Bank;
use bank_engine::day::Day;
use bank_engine::error::Error;
use bank_engine::hold::{Dispute, Finding, Hold, Purpose, Release};
use bank_engine::ledger::{
    AccountSummary, ChangeSummary, Fact, Memo, MinimumBalance, Origin, Posting, Transaction, TransactionId,
    TransactionKind,
};
use bank_engine::money::{Amount, Currency, Minor};
use bank_engine::notes::NoteCount;
use bank_engine::operator::{Note, Operator};
use bank_engine::store::Event;
use bank_engine::time::Timestamp;
use serde::Serialize;

use crate::export::terminal_change;

/// Writes events, and finds out the currencies that a fact alone does not have.
pub(super) struct EventWriter {
    bank: Bank,
    /// The bank's terminals are few, and their notes change all the time.
    terminals: HashMap<TerminalId, Currency>,
}

impl EventWriter {
    pub(super) fn new(bank: Bank) -> EventWriter {
        EventWriter { bank, terminals: HashMap::new() }
    }

    /// The event as one line, without its end.
    pub(super) async fn line(&mut self, event: Event) -> Result<String, Error> {
        let Event { position, at, fact, .. } = event;
        // What time alone led to is dated with the instant it was due, before it was recorded.
        let at = if let Fact::Posted(made) = &fact { made.at } else { at };
        let line = Line { position: position.to_string(), at, view: self.view(fact).await? };
        Ok(serde_json::to_string(&line).unwrap_or_else(|_| unreachable!("text and numbers are JSON")))
    }

    async fn view(&mut self, fact: Fact) -> Result<EventView, Error> {
        Ok(match fact {
            Fact::Opened { account, kind, currency, secret, minimum_balance, must_change } => {
                let is_customers = kind == Kind::Customer;
                EventView::Opened {
                    account,
                    kind: kind_text(kind),
                    currency,
                    must_change,
                    no_login: is_customers && secret.is_none(),
                    minimum_balance: (minimum_balance != Minor::ZERO)
                        .then(|| MinimumBalance::of(minimum_balance, currency)),
                }
            }
            Fact::Posted(transaction) => EventView::Posted(posted(transaction)),
            Fact::TryCharged { account } => EventView::TryCharged { account },
            Fact::TriesCleared { account } => EventView::TriesCleared { account },
            Fact::SecretChanged { account, must_change, .. } => {
                EventView::SecretChanged { account, must_change }
            }
            Fact::AccountChanged { account, change, note } => {
                let AccountSummary { currency, balance, .. } = self.bank.account(account).await?.account;
                let currency = currency.with_decimals(balance.decimals());
                EventView::AccountChanged { account, changed: ChangeSummary::of(change, note, currency) }
            }
            Fact::HoldPlaced(hold) => EventView::HoldPlaced(held(hold)),
            Fact::HoldOrdered { hold, expires } => EventView::HoldOrdered { hold, expires },
            Fact::HoldReleased { hold, how, at } => {
                let how = match how {
                    Release::Voided => "voided",
                    Release::Expired => "expired",
                    _ => "otherwise",
                };
                EventView::HoldReleased { hold: hold.id, account: hold.account, how, released: at }
            }
            Fact::HoldResolved { hold, note } => EventView::HoldResolved { hold, note },
            Fact::Disputed(dispute) => {
                let Dispute { hold, account, terminal, currency, booked, reported, .. } = dispute;
                let [booked, reported] = [booked, reported].map(|amount| amount.in_currency(currency));
                EventView::Disputed { hold, account, terminal, currency, booked, reported }
            }
            Fact::DisputeResolved { hold, currency, finding: Finding { paid, adjustment, .. }, note } => {
                let paid = paid.in_currency(currency);
                EventView::DisputeResolved { hold, paid, currency, adjustment, note }
            }
            Fact::TerminalKeyed { terminal, currency, .. } => {
                self.terminals.insert(terminal, currency);
                EventView::TerminalKeyed { terminal, currency }
            }
            Fact::TerminalChanged { terminal, change, note } => {
                let change = terminal_change(change);
                EventView::TerminalChanged { terminal, change, note }
            }
            Fact::NotesChanged { terminal, cassettes, reject_bin } => {
                let currency = self.currency(terminal).await?;
                let [cassettes, reject_bin] = [cassettes, reject_bin].map(|notes| notes.written(currency));
                EventView::NotesChanged { terminal, currency, cassettes, reject_bin }
            }
            Fact::TerminalCounted { terminal, currency, .. } => {
                EventView::TerminalCounted { terminal, currency }
            }
            _ => EventView::Other,
        })
    }

    async fn currency(&mut self, terminal: TerminalId) -> Result<Currency, Error> {
        if !self.terminals.contains_key(&terminal) {
            let known = self.bank.terminals().await?;
            self.terminals
                .extend(known.into_iter().filter_map(|known| Some((known.terminal, known.currency.iso()?))));
        }
        Ok(self.terminals.get(&terminal).copied().unwrap_or(self.bank.policy().currency))
    }
}

#[derive(Serialize)]
struct Line {
    position: String,
    at: Timestamp,
    #[serde(flatten)]
    view: EventView,
}

#[derive(Serialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
enum EventView {
    Opened {
        account: AccountId,
        kind: &'static str,
        currency: Currency,
        must_change: bool,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        no_login: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        minimum_balance: Option<MinimumBalance>,
    },
    Posted(Posted),
    TryCharged {
        account: AccountId,
    },
    TriesCleared {
        account: AccountId,
    },
    SecretChanged {
        account: AccountId,
        must_change: bool,
    },
    AccountChanged {
        account: AccountId,
        changed: ChangeSummary,
    },
    HoldPlaced(Held),
    HoldOrdered {
        hold: TransactionId,
        expires: Timestamp,
    },
    HoldReleased {
        hold: TransactionId,
        account: AccountId,
        how: &'static str,
        released: Timestamp,
    },
    HoldResolved {
        hold: TransactionId,
        note: Note,
    },
    Disputed {
        hold: TransactionId,
        account: AccountId,
        terminal: TerminalId,
        currency: Currency,
        booked: Amount,
        reported: Amount,
    },
    DisputeResolved {
        hold: TransactionId,
        paid: Amount,
        currency: Currency,
        #[serde(skip_serializing_if = "Option::is_none")]
        adjustment: Option<TransactionId>,
        note: Note,
    },
    TerminalChanged {
        terminal: TerminalId,
        change: &'static str,
        note: Note,
    },
    TerminalKeyed {
        terminal: TerminalId,
        currency: Currency,
    },
    NotesChanged {
        terminal: TerminalId,
        currency: Currency,
        cassettes: Vec<NoteCount>,
        reject_bin: Vec<NoteCount>,
    },
    TerminalCounted {
        terminal: TerminalId,
        currency: Currency,
    },
    /// Of a later version of the library.
    Other,
}

#[derive(Serialize)]
struct Posted {
    transaction: TransactionId,
    kind: TransactionKind,
    day: Day,
    currency: Currency,
    amount: Amount,
    from: PostingView,
    to: PostingView,
    #[serde(skip_serializing_if = "Option::is_none")]
    memo: Option<Memo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<Operator>,
    /// The hold that it came out of.
    #[serde(skip_serializing_if = "Option::is_none")]
    hold: Option<TransactionId>,
    /// The transaction that it takes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    reverses: Option<TransactionId>,
}

#[derive(Serialize)]
struct PostingView {
    account: AccountId,
    balance: Amount,
    entry: u64,
}

#[derive(Serialize)]
struct Held {
    hold: TransactionId,
    account: AccountId,
    currency: Currency,
    amount: Amount,
    day: Day,
    expires: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<AccountId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memo: Option<Memo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    terminal: Option<TerminalId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<NoteCount>,
}

fn posted(transaction: Transaction) -> Posted {
    let Transaction { id, kind, day, amount, currency, from, to, memo, origin, operator, .. } = transaction;
    let side = |posting: Posting| PostingView {
        account: posting.account,
        balance: posting.balance.in_currency(currency),
        entry: posting.entry,
    };
    let (hold, reverses) = match origin {
        origin if origin.is_hold() => (Some(id), None),
        Origin::Suspects(hold) | Origin::Returns(hold) | Origin::Disputed(hold) => (Some(hold), None),
        Origin::Reverses { original, .. } => (None, Some(original)),
        _ => (None, None),
    };
    let amount = amount.in_currency(currency);
    let (from, to) = (side(from), side(to));
    Posted { transaction: id, kind, day, currency, amount, from, to, memo, operator, hold, reverses }
}

fn held(hold: Hold) -> Held {
    let Hold { id, account, amount, currency, purpose, day, expires, .. } = hold;
    let (to, memo, terminal, notes) = match purpose {
        Purpose::Payment { to, memo } => (Some(to), memo, None, Vec::new()),
        Purpose::Dispense { terminal, notes, .. } => (None, None, Some(terminal), notes.written(currency)),
        _ => (None, None, None, Vec::new()),
    };
    let amount = amount.in_currency(currency);
    Held { hold: id, account, currency, amount, day, expires, to, memo, terminal, notes }
}

fn kind_text(kind: Kind) -> &'static str {
    match kind {
        Kind::Customer => "customer",
        Kind::Cash => "cash",
        Kind::Capital => "capital",
        Kind::Suspect => "suspect",
        Kind::OverShort => "over_short",
        Kind::Adjustments => "adjustments",
        _ => "other",
    }
}
