//! The contract of retries as a table: every command that carries an id against every other one.

use std::time::Duration;

use super::StoreFixture;
use super::fixtures::{Answer, Fixture, Holder, cents, done, id, name, open};
use crate::account::{Direction, TerminalId};
use crate::ledger::{
    Actor, Cash, Command, Decline, HoldAction, Memo, MovementKind, Outcome, PurposeRequest, TransferOrder,
    UndispensedNotes,
};
use crate::money::Currency;
use crate::operator::{Instruction, Operator};

/// Two of everything that a command can be about, so that the second is not the first.
struct World {
    payers: [Holder; 2],
    terminals: [TerminalId; 2],
    transfers: [u64; 2],
}

impl World {
    async fn new(bank: &Fixture) -> World {
        let payers = [bank.customer("anna", 500, 1).await, bank.customer("bert", 500, 2).await];
        done(bank.one(open("shop", 500, 3)).await);
        let terminals = ["lobby", "annex"].map(|name| name.parse().expect("a terminal's name"));
        for (number, terminal) in (4..).zip(terminals) {
            let added =
                Command::AddTerminal { terminal, currency: Currency::USD, key: None, instruction: None };
            done(bank.one(added).await);
            done(bank.one(load(terminal, 300, number)).await);
        }
        let transfers = [10, 11];
        for number in transfers {
            done(bank.one(payers[0].transfer("shop", 5, number, None)).await);
        }
        World { payers, terminals, transfers }
    }
}

/// A command that carries an id, about the first or the second of its kind.
struct Verb {
    name: &'static str,
    command: fn(&World, usize, u64) -> Command,
}

const VERBS: [Verb; 12] = [
    Verb { name: "open", command: opens },
    Verb { name: "deposit", command: deposits },
    Verb { name: "withdraw", command: withdraws },
    Verb { name: "transfer", command: transfers },
    Verb { name: "transfer batch", command: batches },
    Verb { name: "load", command: |world, which, n| load(world.terminals[which], 20, n) },
    Verb { name: "unload", command: unloads },
    Verb { name: "close of day", command: closes },
    Verb { name: "reverse", command: reverses },
    Verb { name: "adjust", command: adjusts },
    Verb { name: "authorise", command: authorises },
    Verb { name: "authorise cash", command: authorises_cash },
];

fn opens(_: &World, which: usize, n: u64) -> Command {
    open(["new", "newer"][which], 20, n)
}

fn deposits(world: &World, which: usize, n: u64) -> Command {
    let way = MovementKind::Deposit { terminal: world.terminals[0], notes: Vec::new() };
    world.payers[which].moves(cents(20), n, way)
}

fn withdraws(world: &World, which: usize, n: u64) -> Command {
    world.payers[which].moves(cents(20), n, MovementKind::Withdraw { terminal: world.terminals[0] })
}

fn transfers(world: &World, which: usize, n: u64) -> Command {
    world.payers[which].transfer("shop", 20, n, None)
}

fn batches(world: &World, which: usize, n: u64) -> Command {
    let Holder { account, session } = world.payers[which];
    let [first, last] = [(n, 21), (n + 1, 1)].map(|(number, digits)| TransferOrder {
        transaction: id(number),
        from: account,
        to: name("shop"),
        amount: cents(digits),
        memo: None,
    });
    Command::TransferBatch {
        actor: Actor::Holder(account, session),
        transfers: vec![first, last],
        dry_run: false,
        operator: None,
    }
}

fn load(terminal: TerminalId, digits: i64, number: u64) -> Command {
    let cash = Cash::of(Currency::USD, cents(digits));
    Command::Load { terminal, cash, transaction: id(number), instruction: None }
}

fn unloads(world: &World, which: usize, n: u64) -> Command {
    let cash = Cash::of(Currency::USD, cents(20));
    let (terminal, transaction) = (world.terminals[which], id(n));
    Command::Unload { terminal, cash, transaction, operator: olga(), reason: reason() }
}

fn closes(world: &World, which: usize, n: u64) -> Command {
    let close = Some((id(n), Instruction::because(olga(), reason())));
    let counted = Cash::of(Currency::USD, cents(280));
    Command::Count { terminal: world.terminals[which], counted, reject_bin: Vec::new(), close }
}

fn reverses(world: &World, which: usize, n: u64) -> Command {
    let (original, transaction) = (id(world.transfers[which]), id(n));
    Command::Reverse { original, amount: None, transaction, operator: olga(), reason: reason() }
}

fn adjusts(world: &World, which: usize, n: u64) -> Command {
    let (account, transaction) = (world.payers[which].account, id(n));
    Command::Adjust { account, amount: cents(20), transaction, operator: olga(), reason: reason() }
}

fn authorises(world: &World, which: usize, n: u64) -> Command {
    let purpose = PurposeRequest::Payment { to: name("shop"), memo: None, lasts: Duration::from_secs(60) };
    authorise(world.payers[which], n, purpose)
}

fn authorises_cash(world: &World, which: usize, n: u64) -> Command {
    let purpose =
        PurposeRequest::Dispense { terminal: world.terminals[0], follow_ups: [id(n + 8), id(n + 9)] };
    authorise(world.payers[which], n, purpose)
}

fn authorise(payer: Holder, n: u64, purpose: PurposeRequest) -> Command {
    let Holder { account, session } = payer;
    Command::Authorise {
        account,
        actor: Actor::Holder(account, session),
        hold: id(n),
        amount: cents(20),
        purpose,
    }
}

fn olga() -> Operator {
    "olga".parse().expect("an operator's name")
}

fn reason() -> Memo {
    "a test".parse().expect("a reason")
}

/// Whether an answer is that of a command which was carried out before.
fn is_replay(answer: &Answer) -> bool {
    match answer {
        Ok(Outcome::Receipt(receipt)) => receipt.replayed,
        Ok(Outcome::Opened { replayed, .. }) => *replayed,
        Ok(Outcome::Receipts(receipts)) => receipts.iter().all(|receipt| receipt.replayed),
        Ok(Outcome::Counted(count)) => count.replayed,
        Ok(Outcome::Authorised(authorised)) => authorised.replayed,
        Ok(Outcome::Settled(settled)) => settled.replayed,
        _ => false,
    }
}

/// The same command is answered again, also once the account may not move; every other command with
/// its id is declined with 1301, about the same account and about another one.
pub async fn a_command_is_answered_again_and_no_other_has_its_id(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    let world = World::new(&bank).await;
    for (verb, n) in VERBS.iter().zip((1_000..).step_by(100)) {
        let asked = |which| (verb.command)(&world, which, n);
        let first = bank.one(asked(0)).await;
        assert!(first.is_ok() && !is_replay(&first), "{}: {first:?}", verb.name);
        for other in &VERBS {
            let is_same = other.name == verb.name;
            for which in if is_same { 1..2 } else { 0..2 } {
                let answer = bank.one((other.command)(&world, which, n)).await;
                let result = format!("{} with the id of {}: {answer:?}", other.name, verb.name);
                assert_eq!(answer.as_ref().map_err(Decline::code).err(), Some(1301), "{result}");
            }
        }
        assert_same(&bank.one(asked(0)).await, &first, verb.name);
        freeze(&bank, &world).await;
        assert_same(&bank.one(asked(0)).await, &first, verb.name);
        thaw(&bank, &world).await;
    }
}

/// A step of a hold is answered again once the hold is over, and other steps are answered with what became of
/// it. To another account there is no hold, before its end and after it.
pub async fn a_step_of_a_hold_is_answered_again_and_strangers_see_none(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    let world = World::new(&bank).await;
    let payee = bank.enter("shop", 20).await;
    let [payer, stranger] = world.payers;
    let out = |digits| HoldAction::Dispensed {
        amount: Some(cents(digits)),
        notes: Vec::new(),
        undispensed_notes: UndispensedNotes::default(),
    };
    let capture = |digits: Option<i64>| HoldAction::Capture { amount: digits.map(cents) };
    // The last step ends the hold; the codes are those of a void and of another capture afterwards.
    let payments = [
        (vec![capture(None)], capture(Some(19)), 1602),
        (vec![capture(Some(15))], capture(None), 1602),
        (vec![HoldAction::Void], capture(None), 1603),
    ];
    let dispenses = [
        (vec![HoldAction::Order, out(20)], out(10), 1602),
        (vec![HoldAction::Order, out(10)], HoldAction::Void, 1602),
        (vec![HoldAction::Order, out(0)], HoldAction::Order, 1603),
        (vec![HoldAction::Void], HoldAction::Order, 1603),
    ];
    let payments = payments.into_iter().map(|steps| (authorises as Make, payee, steps));
    let dispenses = dispenses.into_iter().map(|steps| (authorises_cash as Make, payer, steps));
    for ((make, holder, (steps, other, code)), n) in payments.chain(dispenses).zip((5_000..).step_by(100)) {
        let step = |holder: Holder, step: &HoldAction| Command::ActOnHold {
            hold: id(n),
            actor: Actor::Holder(holder.account, holder.session),
            step: step.clone(),
        };
        let result = format!("{steps:?}, then {other:?}");
        let refused = async |holder: Holder, with: &HoldAction| {
            let answer = bank.one(step(holder, with)).await;
            answer.map_err(|decline| decline.code()).err()
        };
        assert!(bank.one(make(&world, 0, n)).await.is_ok(), "{result}");
        for taken in &steps {
            assert_eq!(refused(stranger, taken).await, Some(1601), "{result}");
            let first = bank.one(step(holder, taken)).await;
            assert!(first.is_ok() && !is_replay(&first), "{result}: {first:?}");
            assert_same(&bank.one(step(holder, taken)).await, &first, &result);
            assert_eq!(refused(stranger, taken).await, Some(1601), "{result}");
        }
        assert_eq!(refused(holder, &other).await, Some(code), "{result}");
        assert_eq!(refused(stranger, &other).await, Some(1601), "{result}");
        let again = bank.one(make(&world, 0, n)).await.map_err(|decline| decline.code());
        assert_eq!(again.err(), Some(code), "{result}: authorised again");
    }
}

type Make = fn(&World, usize, u64) -> Command;

/// The second answer is the first one, marked as a replay.
fn assert_same(again: &Answer, first: &Answer, result: &str) {
    assert!(is_replay(again), "{result}: {again:?}");
    let [again, first] =
        [again, first].map(|answer| format!("{answer:?}").replace("replayed: true", "replayed: false"));
    assert_eq!(again, first, "{result}");
}

async fn freeze(bank: &Fixture, world: &World) {
    let account = world.payers[0].account;
    let frozen =
        bank.one(Command::Freeze { account, direction: Direction::Both, operator: olga(), reason: reason() });
    assert!(frozen.await.is_ok());
}

async fn thaw(bank: &Fixture, world: &World) {
    let account = world.payers[0].account;
    done(bank.one(Command::Thaw { account, freeze: None, operator: olga(), reason: reason() }).await);
}
