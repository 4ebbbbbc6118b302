//! A bank that receives random commands, with everything compared after each.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bank_engine_core::account::{Account, Status};
use bank_engine_core::auth::{ChosenSecret, HashCost};
use bank_engine_core::books::Books;
use bank_engine_core::hold::Hold;
use bank_engine_core::ledger::{
    Actor, Cash, Command, Decision, Decline, Fact, HoldAction, Outcome, Receipt, TransactionId,
    UndispensedNotes, decide, elapsed,
};
use bank_engine_core::money::{Amount, Minor};
use bank_engine_core::operator::Instruction;
use bank_engine_core::policy::Policy;
use bank_engine_core::testing::{Commands, Random};
use bank_engine_core::time::Timestamp;
use uuid::Uuid;

use super::history::{check_balance, check_page};
use super::model::Model;
use super::state::State;

const IDS: usize = 25_000;

/// How often the state is built anew from the facts, in commands.
const REBUILT_EVERY: usize = 12_500;

const DAY_MS: i64 = 86_400_000;

const HOUR: Duration = Duration::from_secs(60 * 60);

pub(crate) struct World {
    seed: u64,
    commands: Commands,
    state: State,
    model: Model,
    now: Timestamp,
    commands_made: usize,
    latest: Option<Command>,
    /// Payments that were captured on another day.
    late: VecDeque<TransactionId>,
}

impl World {
    pub(crate) fn new(seed: u64) -> World {
        let policy = Policy {
            hash_cost: HashCost::LEAST,
            session_idle_max: 4 * HOUR,
            session_time_max: 24 * HOUR,
            ..Policy::default()
        };
        World {
            seed,
            commands: Commands::new(Random::new(seed), IDS),
            state: State::new(policy),
            model: Model::default(),
            now: Timestamp::default(),
            commands_made: 0,
            latest: None,
            late: VecDeque::new(),
        }
    }

    pub(crate) fn happened(&self) -> &BTreeMap<String, usize> {
        &self.model.happened
    }

    pub(crate) fn step(&mut self) {
        self.commands_made += 1;
        let random = self.commands.random();
        let passed = match random.below(100) {
            0..6 => random.below(40_000),
            6 => random.below(300_000),
            7 if random.below(50) == 0 => random.below(30 * 3_600_000),
            _ => 0,
        };
        self.pass(self.now.after(Duration::from_millis(u64::try_from(passed).unwrap())));
        let knowing = match self.commands.random().below(400) {
            0 => self.emptying(),
            1 => self.exact_count(),
            2..32 => self.entering(),
            32..36 => self.clearing_up(),
            36 if self.commands.random().below(4) == 0 => self.overnight(),
            37..40 => self.taking_back(),
            40..44 => self.resolving(),
            _ => None,
        };
        let command = knowing.unwrap_or_else(|| self.commands.command());
        self.ask(&command);
        if self.commands_made.is_multiple_of(REBUILT_EVERY) {
            self.rebuild();
        }
    }

    /// Time passes, and what it leads to is recorded.
    fn pass(&mut self, until: Timestamp) {
        let since = std::mem::replace(&mut self.now, until);
        loop {
            let Ok(facts) = elapsed(&self.state, since, self.now);
            if facts.is_empty() {
                break;
            }
            self.record(&facts);
            self.check();
        }
        assert_eq!(self.state.books.due(self.now).count(), 0, "a hold is due still");
    }

    fn ask(&mut self, command: &Command) {
        self.latest = Some(command.clone());
        let foreseen = self.foresee(command);
        let decision = self.decide(command);
        if let (Command::SetLimits { account, limits, .. }, Ok(_)) = (command, &decision.outcome) {
            self.model.limit(self.state.books.account(account).unwrap(), limits);
        }
        self.record(&decision.facts);
        // Without a durable fact nothing changed but sessions.
        if decision.facts.iter().any(Fact::is_durable) {
            self.check();
        }
        match &decision.outcome {
            Ok(outcome) => {
                if let (Some(foreseen), Outcome::Receipts(receipts)) = (foreseen, outcome) {
                    assert_eq!(foreseen, Ok(receipts.clone()), "the dry run of {command:?}");
                }
                self.check_answer(command, outcome, &decision.facts);
                self.check_again(command, outcome);
            }
            Err(decline) => {
                assert!(foreseen.is_none_or(|foreseen| foreseen.as_ref() == Err(decline)), "{command:?}");
                self.check_decline(command, decline, &decision.facts);
            }
        }
    }

    fn decide(&self, command: &Command) -> Decision {
        let Ok(decision) = decide(&self.state, command, self.now);
        decision
    }

    fn record(&mut self, facts: &[Fact]) {
        for fact in facts {
            self.model.take_in(&self.state, fact);
            self.state.record(fact);
        }
    }

    fn check(&self) {
        self.model.check(&self.state, self.state.policy.business_day.of(self.now));
    }

    /// What a dry run of a transfer batch says.
    fn foresee(&mut self, command: &Command) -> Option<Result<Vec<Receipt>, Decline>> {
        let Command::TransferBatch { actor, transfers, .. } = command else { return None };
        let dry = Command::TransferBatch {
            actor: *actor,
            transfers: transfers.clone(),
            dry_run: true,
            operator: None,
        };
        let Decision { outcome, facts } = self.decide(&dry);
        assert!(facts.iter().all(|fact| matches!(fact, Fact::LeaseUsed { .. })), "{dry:?}: {facts:?}");
        self.model.note("dry run");
        Some(outcome.map(|outcome| match outcome {
            Outcome::Receipts(receipts) => receipts,
            other => panic!("{other:?}"),
        }))
    }

    fn check_answer(&mut self, command: &Command, outcome: &Outcome, facts: &[Fact]) {
        match (outcome, command) {
            (Outcome::Receipt(receipt), _) => self.check_receipt(receipt, facts),
            (Outcome::Receipts(_), Command::TransferBatch { dry_run: false, actor, .. }) => {
                self.model.note("transfer batch made");
                if *actor == Actor::Bank {
                    self.model.note("transfer batch of a bank made");
                }
            }
            (Outcome::Receipts(_), _) => {
                assert!(!facts.iter().any(Fact::is_durable), "a dry run recorded {facts:?}");
            }
            (Outcome::Settled(settlement), _) => {
                if let Some(receipt) = settlement.receipt.as_ref().filter(|_| !settlement.replayed) {
                    self.check_receipt(receipt, facts);
                }
            }
            (Outcome::Authorised(result), Command::Authorise { account, .. }) => {
                let account = self.state.books.account(account).unwrap();
                assert_eq!(result.balance, account.balance.in_currency(account.currency));
                assert_eq!(result.available, account.available().in_currency(account.currency));
            }
            (Outcome::Statement(page), Command::Statement { account, query, .. }) => {
                check_page(&self.state, self.state.books.account(account).unwrap(), *query, page);
            }
            (Outcome::Balance(result), Command::Balance { at, .. }) => {
                check_balance(&self.state, result, *at)
            }
            _ => {}
        }
    }

    /// A receipt says of its account what the books say.
    fn check_receipt(&self, receipt: &Receipt, facts: &[Fact]) {
        let posted = facts.iter().any(|fact| matches!(fact, Fact::Posted(_)));
        assert_eq!(posted, !receipt.replayed);
        if receipt.replayed {
            return;
        }
        let own = self.state.made(receipt.transaction).unwrap().primary_posting().account;
        let account = self.state.books.account(&own).unwrap();
        let available = if own.is_own() { account.balance } else { account.available() };
        let result = (account.balance.in_currency(account.currency), available.in_currency(account.currency));
        assert_eq!((receipt.balance, receipt.available), result, "{receipt:?}");
    }

    fn check_decline(&mut self, command: &Command, decline: &Decline, facts: &[Fact]) {
        for fact in facts {
            // A terminal's report that contradicts the record is recorded, and refused.
            let harmless =
                !fact.is_durable() || matches!(fact, Fact::TriesCleared { .. } | Fact::Disputed(_));
            assert!(harmless, "{command:?} was declined and recorded {fact:?}");
        }
        let why = if let Decline::InTransferBatch { why, .. } = decline { why } else { decline };
        let text = format!("{why:?}");
        self.model.note(text.split([' ', '{']).next().unwrap_or_default());
        let commands_made = match command {
            Command::Move { amount, .. } | Command::Authorise { amount, .. } => *amount,
            _ => return,
        };
        match decline {
            Decline::InsufficientFunds { available } => assert!(*available < commands_made),
            Decline::TransactionLimit { limit } => assert!(commands_made > *limit),
            Decline::DayAmountLimit { left, limit, .. } => assert!(commands_made > *left && left <= limit),
            Decline::NotesUnavailable { lower, higher } => {
                assert!(
                    lower.is_none_or(|lower| lower < commands_made)
                        && higher.is_none_or(|higher| commands_made < higher)
                );
            }
            _ => {}
        }
    }

    /// The same command again is answered the same, and nothing more happens.
    fn check_again(&mut self, command: &Command, first: &Outcome) {
        let is_money = match command {
            Command::TransferBatch { dry_run, .. } => !dry_run,
            Command::Move { .. } | Command::Authorise { .. } | Command::ActOnHold { .. } => true,
            Command::Resolve { .. } => true,
            Command::Reverse { .. } | Command::Adjust { .. } => true,
            Command::Load { .. } | Command::Unload { .. } => true,
            _ => false,
        };
        if !is_money {
            return;
        }
        let Decision { outcome, facts } = self.decide(command);
        assert!(!facts.iter().any(Fact::is_durable), "{command:?} again recorded {facts:?}");
        let again = |receipt: &Receipt| {
            let mut again = receipt.clone();
            again.replayed = true;
            again
        };
        match (first, outcome) {
            (Outcome::Receipt(first), Ok(Outcome::Receipt(second))) => assert_eq!(again(first), second),
            (Outcome::Receipts(first), Ok(Outcome::Receipts(second))) => {
                assert_eq!(first.iter().map(again).collect::<Vec<_>>(), second);
            }
            (Outcome::Authorised(first), Ok(Outcome::Authorised(mut second))) => {
                assert!(second.replayed);
                second.replayed = first.replayed;
                assert_eq!(*first, second);
            }
            (Outcome::Settled(first), Ok(Outcome::Settled(second))) => {
                let mut first = first.clone();
                (first.replayed, first.receipt) = (true, first.receipt.as_ref().map(again));
                assert_eq!(first, second, "{command:?}");
            }
            (first, second) => panic!("{command:?}: {first:?}, then {second:?}"),
        }
        self.model.note("replayed");
    }

    /// A customer comes who knows the secret, and chooses another where that is to be done.
    fn entering(&mut self) -> Option<Command> {
        let log_outs = Commands::log_outs();
        let account = self.commands.random().below(log_outs.len() / 2);
        // The session that most commands about this account are of.
        let Command::LogOut { account, session } = log_outs[2 * account + account % 2] else { return None };
        let account = self.state.books.account(&account)?;
        let (id, proof) = (account.id, self.commands.proof(account.secret.as_ref()?));
        match account.lease.filter(|lease| lease.is_live(&self.state.policy, self.now)) {
            Some(lease) if account.must_change => {
                let secret = ChosenSecret::unchecked(account.secret?, id);
                Some(Command::ChangeSecret { account: id, session: lease.session, proof, secret })
            }
            Some(_) => None,
            None => Some(Command::LogIn { account: id, session, proof }),
        }
    }

    /// An operator looks into a suspect dispense: one in three came out.
    fn clearing_up(&mut self) -> Option<Command> {
        let hold = self.model.holds().find(|hold| !hold.is_in_account())?;
        let (id, all) = (hold.id, hold.amount.in_currency(hold.currency));
        let came_out = self.commands.random().below(3) == 0;
        let amount = if came_out { Some(all) } else { Amount::new(0, 0) };
        Some(Command::ActOnHold {
            hold: id,
            actor: Actor::Bank,
            step: HoldAction::Dispensed {
                amount,
                notes: Vec::new(),
                undispensed_notes: UndispensedNotes::default(),
            },
        })
    }

    /// An operator finds out what a disputed dispense paid out: what is booked, or what the terminal
    /// says.
    fn resolving(&mut self) -> Option<Command> {
        let (hold, booked, reported, currency) = self.model.disputed(&self.state)?;
        let paid = if self.commands.random().below(3) == 0 { booked } else { reported };
        let amount = Some(paid.in_currency(currency));
        Some(Command::Resolve {
            hold,
            step: HoldAction::Dispensed {
                amount,
                notes: Vec::new(),
                undispensed_notes: UndispensedNotes::default(),
            },
            adjustment: self.new_id(),
            operator: "olga".parse().unwrap(),
            reason: "the roll of the machine".parse().unwrap(),
        })
    }

    /// A payment is captured on the day after it was authorised.
    fn overnight(&mut self) -> Option<Command> {
        let ms = self.now.unix_ms();
        let midnight = Timestamp::from_unix_ms(ms - ms.rem_euclid(DAY_MS) + DAY_MS);
        let waits = |hold: &&Hold| hold.terminal().is_none() && hold.expires > midnight;
        let hold = self.model.holds().find(waits)?.id;
        self.pass(midnight);
        self.late.push_back(hold);
        Some(Command::ActOnHold { hold, actor: Actor::Bank, step: HoldAction::Capture { amount: None } })
    }

    /// And some time later it is taken back.
    fn taking_back(&mut self) -> Option<Command> {
        let original = self.late.pop_front()?;
        let (transaction, operator, reason) =
            (self.new_id(), "olga".parse().unwrap(), "sent back".parse().unwrap());
        Some(Command::Reverse { original, amount: None, transaction, operator, reason })
    }

    /// Brings an account to zero, or closes one that is at zero.
    fn emptying(&mut self) -> Option<Command> {
        let accounts: Vec<_> = Commands::accounts().collect();
        let account = accounts[self.commands.random().below(accounts.len())];
        let account = self.state.books.account(&account)?;
        let (operator, reason) = ("olga".parse().unwrap(), "it moved away".parse().unwrap());
        if account.balance == Minor::ZERO {
            let status = if account.status == Status::Closed { Status::Open } else { Status::Closed };
            return Some(Command::SetStatus { account: account.id, status, operator, reason });
        }
        let id = account.id;
        let amount = Minor(-account.balance.0).in_currency(account.currency);
        let transaction = self.new_id();
        self.ask(&Command::Adjust {
            account: id,
            amount,
            transaction,
            operator: operator.clone(),
            reason: reason.clone(),
        });
        Some(Command::SetStatus { account: id, status: Status::Closed, operator, reason })
    }

    /// Counts in a terminal just what the books say is there.
    fn exact_count(&mut self) -> Option<Command> {
        let terminal = self.state.books.terminals().find(|terminal| terminal.counts_notes)?;
        let (id, currency, reject_bin) = (terminal.id, terminal.currency, terminal.reject_bin.clone());
        let all = terminal.cassettes.plus(&reject_bin)?.written(currency);
        let instruction = Instruction::because("olga".parse().unwrap(), "the evening count".parse().unwrap());
        let close = Some((self.new_id(), instruction));
        let (counted, reject_bin) = (Cash::in_notes(currency, all), reject_bin.written(currency));
        Some(Command::Count { terminal: id, counted, reject_bin, close })
    }

    fn new_id(&mut self) -> TransactionId {
        TransactionId::from_uuid(Uuid::from_u64_pair(u64::MAX, self.commands.random().number())).unwrap()
    }

    /// Facts and nothing else lead to the same books; what is durable, to the same but for
    /// sessions; and so do the accounts, holds, terminals and reversals themselves.
    pub(crate) fn rebuild(&self) {
        let books = &self.state.books;
        let mut replayed = Books::default();
        let mut reopened = Books::default();
        for fact in &self.state.facts {
            replayed.apply(fact).unwrap();
            if fact.is_durable() {
                reopened.apply(fact).unwrap();
            }
        }
        assert_eq!(replayed, *books, "world {}", self.seed);
        let bare = |account: &Account| {
            let limits = account.limits();
            let bare = Account::new(account.id, account.kind, account.currency, account.secret);
            let mut bare = bare.opened_with_minimum(account.opening_minimum()).with(
                limits,
                (account.freezes().to_vec(), account.latest_freeze()),
                account.changes().to_vec(),
            );
            bare.opened_without_secret = account.opened_without_secret;
            (bare.tries, bare.status, bare.must_change) =
                (account.tries, account.status, account.must_change);
            (bare.balance, bare.entries, bare.usage) = (account.balance, account.entries, account.usage);
            bare
        };
        let restored = Books::restore(books.accounts().iter().map(bare)).unwrap();
        let terminals = books.terminals().cloned();
        let holds: Vec<Hold> = books.holds().cloned().collect();
        let restored = restored.with(holds, terminals, books.reversed(), books.disputes().cloned()).unwrap();
        assert_eq!(restored, reopened, "world {}", self.seed);
        assert_eq!(restored.due(self.now).count(), 0);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "in the world of seed {}, at command {}: {:?}",
                self.seed, self.commands_made, self.latest
            );
        }
    }
}
