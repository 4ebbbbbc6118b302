//! The words that the examples are written in.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bank_engine_core::account::{AccountId, Direction, TerminalId};
use bank_engine_core::auth::HashCost;
use bank_engine_core::bank::{
    Adjustment, Bank, Deposit, NewAccount, NewHold, Reversal, Session, Transfer, TransferBatch, Withdrawal,
};
use bank_engine_core::clock::ManualClock;
use bank_engine_core::error::Error;
use bank_engine_core::ledger::{
    Actor, Cash, HoldAction, LimitsRequest, Memo, TransactionId, UndispensedNotes,
};
use bank_engine_core::money::{Amount, Currency};
use bank_engine_core::notes::{NoteCount, parse_notes};
use bank_engine_core::operator::{Instruction, Operator};
use bank_engine_core::policy::Policy;
use bank_engine_core::store::MemoryStore;

const PIN: &str = "7391";

/// A bank that an example is played on.
pub(crate) struct Play {
    bank: Bank,
    clock: Arc<ManualClock>,
    ids: BTreeMap<String, TransactionId>,
    /// Columns that show something else than a balance.
    beside: Vec<String>,
}

pub(crate) type Standing = BTreeMap<String, Amount>;

impl Play {
    pub(crate) async fn begins(columns: &[String]) -> Play {
        let clock = Arc::new(ManualClock::at("2026-03-02T08:00:00Z".parse().unwrap()));
        let units = vec![Currency::unit("POINTS", 0).unwrap()];
        let policy = Policy { hash_cost: HashCost::LEAST, units, ..Policy::default() };
        let bank = Bank::with_store(Arc::new(MemoryStore::with_clock(policy, clock.clone())));
        let beside = columns.iter().filter(|column| column.contains(' ')).cloned().collect();
        Play { bank, clock, ids: BTreeMap::new(), beside }
    }

    /// Does what is written; the code of the decline, if it is declined.
    pub(crate) async fn step(&mut self, text: &str) -> Option<u16> {
        match self.take(text).await {
            Ok(()) => None,
            Err(Error::Declined(decline)) => Some(decline.code()),
            Err(error) => panic!("{text}: {error}"),
        }
    }

    /// The balances of all accounts, and the columns beside them.
    pub(crate) async fn standing(&self) -> Standing {
        let listed = self.bank.accounts(0, 40).await.unwrap();
        assert_eq!(listed.next, None);
        let mut standing = Standing::new();
        for account in &listed.accounts {
            standing.insert(account.account.to_string(), account.balance);
        }
        for column in &self.beside {
            let (what, name) = column.split_once(" of ").unwrap();
            let account = listed.accounts.iter().find(|account| *account.account == *name).unwrap();
            let value = match what {
                "available" => account.available,
                "left" => less(account.limits.day_amount_max.unwrap(), account.used),
                _ => panic!("{column}: not a column"),
            };
            standing.insert(column.clone(), value);
        }
        standing
    }

    async fn take(&mut self, text: &str) -> Result<(), Error> {
        let (text, named) = text.split_once(" as ").unwrap_or((text, ""));
        let (text, terminal) = text.split_once(" at ").unwrap_or((text, "vault"));
        let terminals =
            if terminal == "vault" { self.bank.clone() } else { self.bank.for_terminal(name(terminal)) };
        let id = TransactionId::generate();
        if !named.is_empty() {
            self.ids.insert(named.to_owned(), id);
        }
        let (verb, rest) = text.split_once(' ').unwrap();
        let words: Vec<&str> = rest.split(' ').collect();
        match (verb, words.as_slice()) {
            ("open", [account, balance]) => self.open(account, balance, "USD").await?,
            ("open", [account, balance, currency]) => self.open(account, balance, currency).await?,
            ("terminal", [terminal]) => {
                let key = self.bank.hash("a key of its own".into()).await?;
                self.bank.add_terminal(name(terminal), Currency::USD, Some(key), None).await?;
            }
            ("load", [terminal, cash]) => {
                self.bank.for_terminal(name(terminal)).load(id, self::cash(cash), None).await?;
            }
            ("unload", [terminal, cash]) => {
                self.bank.for_terminal(name(terminal)).unload(id, self::cash(cash), (olga(), word())).await?;
            }
            ("count" | "close", [terminal, cash, reject_bin @ ..]) => {
                let reject_bin =
                    reject_bin.last().map_or(Vec::new(), |reject_bin| parse_notes(reject_bin).unwrap());
                let close = (verb == "close").then(|| (id, Instruction::because(olga(), word())));
                self.bank.for_terminal(name(terminal)).count(self::cash(cash), reject_bin, close).await?;
            }
            ("deposit", [account, paid]) if paid.contains('x') => {
                let notes = parse_notes(paid).unwrap();
                let amount = worth(&notes);
                enter(&terminals, account).await?.deposit(Deposit::new(id, amount).notes(notes)).await?;
            }
            ("deposit", [account, amount]) => {
                enter(&terminals, account).await?.deposit(Deposit::new(id, self::amount(amount))).await?;
            }
            ("withdraw", [account, amount]) => {
                enter(&terminals, account).await?.withdraw(Withdrawal::new(id, self::amount(amount))).await?;
            }
            ("transfer", [from, to, amount]) => {
                enter(&terminals, from)
                    .await?
                    .transfer(Transfer::new(id, self::amount(amount)).to(*to))
                    .await?;
            }
            ("authorise", [hold, from, to, amount]) => {
                self.ids.insert((*hold).to_owned(), id);
                let week = Duration::from_secs(7 * 24 * 3600);
                enter(&terminals, from)
                    .await?
                    .authorise(NewHold::new(id, self::amount(amount)).to(*to).lasts(week))
                    .await?;
            }
            ("cash", [hold, account, amount]) => {
                self.ids.insert((*hold).to_owned(), id);
                enter(&terminals, account)
                    .await?
                    .authorise_cash(Withdrawal::new(id, self::amount(amount)))
                    .await?;
            }
            ("capture", [hold]) => self.act_on_hold(hold, HoldAction::Capture { amount: None }).await?,
            ("capture", [hold, amount]) => {
                self.act_on_hold(hold, HoldAction::Capture { amount: Some(self::amount(amount)) }).await?;
            }
            ("void", [hold]) => self.act_on_hold(hold, HoldAction::Void).await?,
            ("order", [hold]) => self.act_on_hold(hold, HoldAction::Order).await?,
            ("dispensed", [hold, amount]) => {
                let amount = (*amount != "unknown").then(|| self::amount(amount));
                self.act_on_hold(
                    hold,
                    HoldAction::Dispensed {
                        amount,
                        notes: Vec::new(),
                        undispensed_notes: UndispensedNotes::default(),
                    },
                )
                .await?;
            }
            ("report", [hold, amount]) => {
                let amount = Some(self::amount(amount));
                let step = HoldAction::Dispensed {
                    amount,
                    notes: Vec::new(),
                    undispensed_notes: UndispensedNotes::default(),
                };
                self.bank.act_on_hold(self.ids[*hold], Actor::Terminal(name(terminal)), step).await?;
            }
            ("resolve", [hold, amount]) => {
                let amount = Some(self::amount(amount));
                let step = HoldAction::Dispensed {
                    amount,
                    notes: Vec::new(),
                    undispensed_notes: UndispensedNotes::default(),
                };
                self.bank.resolve(self.ids[*hold], step, (olga(), word())).await?;
            }
            ("freeze", [account, direction]) => {
                let direction = match *direction {
                    "debits" => Direction::Debits,
                    "credits" => Direction::Credits,
                    _ => Direction::Both,
                };
                self.bank.freeze(self::account(account), direction, (olga(), word())).await?;
            }
            ("reverse", [original]) => {
                self.bank.reverse(Reversal::new(id, (olga(), word())).original(self.ids[*original])).await?;
            }
            ("reverse", [original, amount]) => {
                let amount = self::amount(amount);
                self.bank
                    .reverse(Reversal::new(id, (olga(), word())).original(self.ids[*original]).amount(amount))
                    .await?;
            }
            ("adjust", [account, amount]) => {
                self.bank
                    .adjust(
                        Adjustment::new(id, self::amount(amount), (olga(), word()))
                            .account(self::account(account)),
                    )
                    .await?;
            }
            ("transfer_batch" | "foresee", _) => {
                let batch: TransferBatch = rest.split(", ").map(item).collect();
                if verb == "foresee" {
                    self.bank.dry_run(batch).await?;
                } else {
                    self.bank.transfer_batch(batch).await?;
                }
            }
            ("limit", [account, which, limit]) => {
                let amount = limit.parse::<Amount>().ok();
                let limits = match *which {
                    "minimum_balance" => {
                        LimitsRequest { minimum_balance: amount.map(Into::into), ..LimitsRequest::default() }
                    }
                    "day" => LimitsRequest { day_amount_max: amount, ..LimitsRequest::default() },
                    "transaction" => LimitsRequest { transaction_max: amount, ..LimitsRequest::default() },
                    "times" => {
                        LimitsRequest { day_count_max: limit.parse().ok(), ..LimitsRequest::default() }
                    }
                    _ => panic!("{which}: not a limit"),
                };
                self.bank.set_limits(self::account(account), limits.into(), (olga(), word())).await?;
            }
            ("wait", [count, unit]) => {
                let seconds = match *unit {
                    "minutes" => 60,
                    "days" => 24 * 3600,
                    _ => panic!("{unit}: not a unit"),
                };
                self.clock.advance(Duration::from_secs(seconds * count.parse::<u64>().unwrap()));
            }
            _ => panic!("{text}: not a step"),
        }
        Ok(())
    }

    async fn open(&self, account: &str, balance: &str, currency: &str) -> Result<(), Error> {
        let secret = self.bank.hash(PIN.into()).await?;
        self.bank
            .open_account(
                NewAccount::new(self::account(account), currency)
                    .secret_hash(secret)
                    .opening_balance(TransactionId::generate(), amount(balance)),
            )
            .await
            .map(drop)
    }

    async fn act_on_hold(&self, hold: &str, step: HoldAction) -> Result<(), Error> {
        self.bank.act_on_hold(self.ids[hold], Actor::Bank, step).await.map(drop)
    }
}

async fn enter(bank: &Bank, account: &str) -> Result<Session, Error> {
    bank.login(account, PIN).await
}

/// What changed, by how much.
pub(crate) fn changes(before: &Standing, after: &Standing) -> Standing {
    let nothing = amount("0");
    let change = |(name, value): (&String, &Amount)| {
        let change = less(*value, before.get(name).copied().unwrap_or(nothing));
        (!change.is_zero()).then(|| (name.clone(), change))
    };
    after.iter().filter_map(change).collect()
}

/// The amount in thousandths of a unit.
pub(crate) fn thousandths(amount: Amount) -> i128 {
    let fils: Currency = "KWD".parse().unwrap();
    i128::from(amount.minor_units(fils).unwrap().0)
}

fn less(amount: Amount, other: Amount) -> Amount {
    let left = thousandths(amount) - thousandths(other);
    Amount::new(i64::try_from(left).unwrap(), 3).unwrap()
}

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

fn account(text: &str) -> AccountId {
    text.parse().unwrap()
}

fn name(text: &str) -> TerminalId {
    text.parse().unwrap()
}

fn cash(text: &str) -> Cash {
    if text.contains('x') {
        Cash::in_notes(Currency::USD, parse_notes(text).unwrap())
    } else {
        Cash::of(Currency::USD, amount(text))
    }
}

fn worth(notes: &[NoteCount]) -> Amount {
    let sum: i128 = notes.iter().map(|notes| thousandths(notes.denomination) * i128::from(notes.count)).sum();
    Amount::new(i64::try_from(sum / 10).unwrap(), 2).unwrap()
}

fn item(text: &str) -> Transfer {
    let [from, to, amount] = text.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{text}: not a transfer")
    };
    Transfer::new(TransactionId::generate(), amount).from(from).to(to)
}

fn olga() -> Operator {
    "olga".parse().unwrap()
}

fn word() -> Memo {
    "an example".parse().unwrap()
}
