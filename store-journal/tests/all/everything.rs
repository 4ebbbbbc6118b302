//! Random commands of every kind, about few accounts, terminals and holds, so that much of what is
//! asked is done, and with names and words as long as they can be.

use std::collections::VecDeque;
use std::time::Duration;

use bank_engine_core::account::{AccountId, Direction, Status, TerminalId};
use bank_engine_core::auth::{ChosenSecret, HashCost, Proof, SecretHash};
use bank_engine_core::ledger::{
    AccountOpening, Actor, Cash, Command, HoldAction, HoldsQuery, LimitsRequest, Memo, MovementKind,
    PurposeRequest, StatementQuery, TransactionId, TransferOrder, UndispensedNotes,
};
use bank_engine_core::money::{Amount, Currency};
use bank_engine_core::notes::NoteCount;
use bank_engine_core::operator::{Instruction, Operator};
use bank_engine_core::session::SessionId;
use bank_engine_core::testing::Random;

/// Where the commands come from.
pub struct Everything {
    pub random: Random,
    secret: SecretHash,
    proof: Proof,
    /// How many ids were used.
    ids: u64,
    holds: Vec<TransactionId>,
    planned: VecDeque<Command>,
}

impl Everything {
    pub fn new(random: Random) -> Everything {
        let secret = SecretHash::new(&"1324".into(), [3; 16], HashCost::LEAST).unwrap();
        let proof = secret.verify(&"1324".into()).unwrap();
        Everything { random, secret, proof, ids: 0, holds: Vec::new(), planned: VecDeque::new() }
    }

    /// Every account that a customer may have.
    pub fn accounts() -> [AccountId; 4] {
        ["a", "b", "c", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"].map(|name| name.parse().unwrap())
    }

    fn terminals() -> [TerminalId; 3] {
        ["vault", "lobby", "ttttttttttttttttttttttttttttt"].map(|name| name.parse().unwrap())
    }

    /// What makes the rest possible.
    pub fn first(&mut self) -> Vec<Command> {
        let mut commands = Vec::new();
        for account in Everything::accounts() {
            commands.push(self.open(account, 100_000));
            commands.extend(self.enter(account));
        }
        for terminal in Everything::terminals() {
            commands.push(self.add(terminal));
        }
        let terminal = Everything::terminals()[1];
        let cash = Cash::in_notes(Currency::USD, vec![notes(20, 50), notes(5, 100)]);
        let transaction = self.id();
        commands.push(Command::Load { terminal, cash, transaction, instruction: None });
        let terminal = Everything::terminals()[2];
        let (cash, transaction) = (Cash::of(Currency::USD, cents(50_000)), self.id());
        commands.push(Command::Load { terminal, cash, transaction, instruction: None });
        commands
    }

    /// How long it takes to the next command.
    pub fn pause(&mut self) -> Duration {
        let seconds = [0, 0, 0, 1, 1, 5, 5, 130][self.random.below(8)];
        Duration::from_secs(if self.random.below(6) == 0 { seconds } else { 0 })
    }

    /// The next command.
    pub fn command(&mut self) -> Command {
        if self.random.below(2) == 0
            && let Some(planned) = self.planned.pop_front()
        {
            return planned;
        }
        let (account, terminal) = (self.account(), self.terminal());
        let amount = cents(5 * i64::try_from(self.random.below(900)).unwrap());
        let session = session();
        match self.random.below(44) {
            0 => self.open(account, 0),
            1 => {
                let new = format!("new-{}", self.random.below(50)).parse().unwrap();
                self.open(new, 700)
            }
            2 => {
                let (operator, reason) = (self.operator(), self.word());
                match self.random.below(12) {
                    0 => Command::Freeze { account, direction: self.direction(), operator, reason },
                    1 => Command::SetStatus { account, status: Status::Closed, operator, reason },
                    2..5 => Command::SetStatus { account, status: Status::Open, operator, reason },
                    5..8 => Command::Thaw { account, freeze: Some(1), operator, reason },
                    _ => Command::Thaw { account, freeze: None, operator, reason },
                }
            }
            3 => self.limit(account),
            4 if self.random.below(8) == 0 => {
                let (operator, reason) = (self.operator(), self.word());
                Command::SetSecret {
                    account,
                    secret: ChosenSecret::unchecked(self.secret, account),
                    operator,
                    reason,
                }
            }
            4 | 5 => {
                let (proof, secret) = (Some(self.proof), ChosenSecret::unchecked(self.secret, account));
                Command::ChangeSecret { account, session, proof, secret }
            }
            6 => [
                self.unlock(account),
                Command::ChargeTry { account },
                Command::LogOut { account, session },
                Command::EndSession { account, operator: self.operator(), reason: self.word() },
                Command::AskKey { terminal },
                Command::EnterTerminal { terminal, proof: None },
                Command::Account { account },
                Command::Accounts { first: 1, limit: 9 },
                Command::Holds(HoldsQuery::default()),
                Command::Terminals { after: None, limit: 40 },
            ][self.random.below(10)]
            .clone(),
            7..12 => Command::LogIn { account, session, proof: Some(self.proof) },
            12 => Command::Statement {
                account,
                actor: self.any_actor(account),
                query: StatementQuery::default(),
            },
            13 => Command::Balance { account, actor: self.any_actor(account), at: None },
            14 => {
                let notes = if self.random.below(2) == 0 { vec![notes(20, 3)] } else { Vec::new() };
                let amount = if notes.is_empty() { amount } else { cents(6_000) };
                self.moves(account, amount, MovementKind::Deposit { terminal, notes })
            }
            15 => self.moves(account, amount, MovementKind::Withdraw { terminal }),
            16..20 => {
                let (to, memo) = (self.account(), self.memo());
                self.moves(account, amount, MovementKind::Transfer { to, memo })
            }
            20 => {
                let transfers = (0..1 + self.random.below(4)).map(|_| self.item()).collect();
                let actor = [Actor::Bank, Actor::Bank, Actor::Holder(account, session)][self.random.below(3)];
                let operator = Some(self.operator());
                Command::TransferBatch { actor, transfers, dry_run: self.random.below(4) == 0, operator }
            }
            21..25 => {
                let purpose = PurposeRequest::Payment {
                    to: self.account(),
                    memo: self.memo(),
                    lasts: Duration::from_secs(300),
                };
                self.authorise(account, amount, purpose)
            }
            25..31 => {
                self.ids += 1;
                let follow_ups = [2, 3].map(|which| numbered(self.ids, which));
                let amount = cents(500 * i64::try_from(self.random.below(12)).unwrap());
                let answered =
                    self.authorise(account, amount, PurposeRequest::Dispense { terminal, follow_ups });
                self.plan(terminal, amount);
                answered
            }
            31..38 => self.act_on_hold(amount),
            38 => {
                let original = self.used();
                let amount = (self.random.below(3) == 0).then_some(amount);
                let (transaction, operator, reason) = (self.any_id(), self.operator(), self.word());
                Command::Reverse { original, amount, transaction, operator, reason }
            }
            39 => {
                let amount = if self.random.below(2) == 0 { cents(-500) } else { amount };
                let (transaction, operator, reason) = (self.any_id(), self.operator(), self.word());
                Command::Adjust { account, amount, transaction, operator, reason }
            }
            40 => {
                let (operator, reason) = (self.operator(), self.word());
                match self.random.below(4) {
                    0 => Command::SetTerminal { terminal, enabled: true, operator, reason },
                    1 => Command::ChangeKey { terminal, key: self.secret, operator, reason },
                    _ => self.add(terminal),
                }
            }
            41 => {
                let (cash, transaction) = (self.cash(amount), self.any_id());
                let instruction = Some(Instruction { operator: self.operator(), reason: Some(self.word()) });
                Command::Load { terminal, cash, transaction, instruction }
            }
            42 => {
                let (cash, transaction) = (self.cash(amount), self.any_id());
                let (operator, reason) = (self.operator(), self.word());
                Command::Unload { terminal, cash, transaction, operator, reason }
            }
            _ => {
                let close = (self.random.below(2) == 0)
                    .then(|| (self.id(), Instruction::because(self.operator(), self.word())));
                let counted = self.cash(cents(40_000));
                Command::Count { terminal, counted, reject_bin: Vec::new(), close }
            }
        }
    }

    /// Commands of a session that logs in to an account.
    pub fn enter(&self, account: AccountId) -> [Command; 2] {
        let (operator, reason) = ("teller".parse().unwrap(), "a test".parse().unwrap());
        let log_in = Command::LogIn { account, session: session(), proof: Some(self.proof) };
        [Command::Unlock { account, operator, reason }, log_in]
    }

    fn open(&mut self, account: AccountId, balance: i64) -> Command {
        Command::Open(AccountOpening {
            secret: Some(self.secret),
            must_change: self.ids > 100 && self.random.below(3) == 0,
            balance: Some((self.id(), cents(balance))),
            instruction: Some(Instruction::because(self.operator(), self.word())),
            ..AccountOpening::new(account, Currency::USD)
        })
    }

    fn limit(&mut self, account: AccountId) -> Command {
        let mut limit = |cents_: i64| (self.random.below(3) == 0).then(|| cents(cents_));
        let limits = LimitsRequest {
            minimum_balance: limit(-9_000).map(Into::into),
            transaction_max: limit(400_000),
            day_amount_max: limit(800_000),
            day_count_max: limit(1).map(|_| 50),
        };
        Command::SetLimits { account, limits: limits.into(), operator: self.operator(), reason: self.word() }
    }

    fn moves(&mut self, account: AccountId, amount: Amount, way: MovementKind) -> Command {
        Command::Move {
            account,
            actor: Actor::Holder(account, session()),
            transaction: self.any_id(),
            amount,
            way,
        }
    }

    fn item(&mut self) -> TransferOrder {
        let (transaction, from, to) = (self.any_id(), self.account(), self.account());
        TransferOrder { transaction, from, to, amount: cents(7), memo: self.memo() }
    }

    fn authorise(&mut self, account: AccountId, amount: Amount, purpose: PurposeRequest) -> Command {
        let hold = self.any_id();
        self.holds.push(hold);
        Command::Authorise { account, actor: Actor::Holder(account, session()), hold, amount, purpose }
    }

    fn act_on_hold(&mut self, amount: Amount) -> Command {
        let newest = self.holds.len().saturating_sub(1 + self.random.below(6));
        let hold = self.holds.get(newest).copied().unwrap_or_else(|| self.used());
        let amount = match self.random.below(4) {
            0 => Some(cents(0)),
            1 => Some(amount),
            2 => Some(cents(500)),
            _ => None,
        };
        let step = match self.random.below(9) {
            0..2 => HoldAction::Order,
            2 => HoldAction::Capture { amount: amount.filter(|amount| !amount.is_zero()) },
            3 => HoldAction::Void,
            _ => HoldAction::Dispensed {
                amount,
                notes: Vec::new(),
                undispensed_notes: UndispensedNotes::default(),
            },
        };
        if self.random.below(4) == 0 {
            return self.resolve(hold, step);
        }
        Command::ActOnHold { hold, actor: Actor::Bank, step }
    }

    fn resolve(&mut self, hold: TransactionId, step: HoldAction) -> Command {
        let (adjustment, operator, reason) = (self.id(), self.operator(), self.word());
        Command::Resolve { hold, step, adjustment, operator, reason }
    }

    /// Some dispenses become suspect, are cleared up, and then their terminal says something else,
    /// of which an operator finds out.
    fn plan(&mut self, terminal: TerminalId, amount: Amount) {
        let Some(hold) = self.holds.last().copied().filter(|_| self.random.below(3) == 0) else { return };
        let result = |amount| HoldAction::Dispensed {
            amount,
            notes: Vec::new(),
            undispensed_notes: UndispensedNotes::default(),
        };
        let amounts = [amount, cents(500), cents(0)];
        let suspect = (self.random.below(2) == 0).then_some(result(None));
        let parts = [(); 2].map(|()| result(Some(amounts[self.random.below(3)])));
        let steps = [HoldAction::Order].into_iter().chain(suspect).chain(parts);
        let actor = Actor::Terminal(terminal);
        self.planned.extend(steps.map(|step| Command::ActOnHold { hold, actor, step }));
        let found = amounts[self.random.below(3)];
        let resolved = self.resolve(hold, result(Some(found)));
        self.planned.push_back(resolved);
    }

    fn add(&mut self, terminal: TerminalId) -> Command {
        let (key, instruction) =
            (Some(self.secret), Some(Instruction::because(self.operator(), self.word())));
        Command::AddTerminal { terminal, currency: Currency::USD, key, instruction }
    }

    fn cash(&mut self, amount: Amount) -> Cash {
        match self.random.below(2) {
            0 => Cash::of(Currency::USD, amount),
            _ => Cash::in_notes(Currency::USD, vec![notes(20, 10), notes(5, 10)]),
        }
    }

    fn account(&mut self) -> AccountId {
        Everything::accounts()[self.random.below(4)]
    }

    fn terminal(&mut self) -> TerminalId {
        Everything::terminals()[self.random.below(3)]
    }

    fn direction(&mut self) -> Direction {
        Direction::ALL[self.random.below(3)]
    }

    fn unlock(&mut self, account: AccountId) -> Command {
        Command::Unlock { account, operator: self.operator(), reason: self.word() }
    }

    fn any_actor(&mut self, account: AccountId) -> Actor {
        [Actor::Bank, Actor::Holder(account, session())][self.random.below(2)]
    }

    fn operator(&mut self) -> Operator {
        "𝄞".repeat(1 + self.random.below(64)).parse().unwrap()
    }

    fn word(&mut self) -> Memo {
        "𝄞".repeat(1 + self.random.below(140)).parse().unwrap()
    }

    fn memo(&mut self) -> Option<Memo> {
        (self.random.below(3) == 0).then(|| self.word())
    }

    /// A new id.
    fn id(&mut self) -> TransactionId {
        self.ids += 1;
        numbered(self.ids, 1)
    }

    /// Mostly a new id.
    fn any_id(&mut self) -> TransactionId {
        if self.random.below(12) == 0 { self.used() } else { self.id() }
    }

    fn used(&mut self) -> TransactionId {
        let newest = usize::try_from(self.ids).unwrap();
        numbered(1 + u64::try_from(self.random.below(newest)).unwrap(), 1)
    }
}

/// Clients choose ids of the first kind, the bank those of the others.
fn numbered(number: u64, which: u128) -> TransactionId {
    TransactionId::from_bytes((u128::from(number) << 64 | which).to_be_bytes()).unwrap()
}

fn session() -> SessionId {
    SessionId::from_random([5; 16])
}

fn cents(digits: i64) -> Amount {
    Amount::new(digits, 2).unwrap()
}

fn notes(denomination: i64, count: u32) -> NoteCount {
    NoteCount { denomination: Amount::new(denomination, 0).unwrap(), count }
}
