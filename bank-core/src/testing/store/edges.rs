//! Cases at the edges of the rules.

use std::time::Duration;

use super::StoreFixture;
use super::fixtures::{Answer, Fixture, Holder, cents, declined, done, id, name, open, receipt};
use crate::account::{AccountId, Status, TerminalId};
use crate::ledger::{
    Actor, Cash, Command, Decline, Field, HOLDS_OPEN_MAX, HoldAction, HoldPage, HoldsQuery, LISTED_MAX,
    LimitsRequest, MinimumBalance, MovementKind, Outcome, PurposeRequest, TransactionId,
};
use crate::money::Currency;

const HOUR: Duration = Duration::from_secs(3600);

/// The ids for what a dispense may lead to are taken from when it is authorised until it is over.
pub async fn follow_up_ids_are_taken(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    let customer = bank.customer("customer", 100, 1).await;
    let reused = Decline::IdReused { field: Field::Kind };
    held(bank.one(dispense(customer, 10, [11, 12])).await);
    let others = [
        dispense(customer, 20, [11, 22]),
        dispense(customer, 20, [21, 12]),
        dispense(customer, 11, [21, 22]),
        payment(customer, 1, 12),
        customer.deposit(1, 11),
        customer.withdraw(1, 12),
        adjust(customer.account, 1, 11),
    ];
    for command in others {
        let result = format!("{command:?}");
        assert_eq!(declined(bank.one(command).await), reused, "{result}");
    }
    let actor = Actor::Holder(customer.account, customer.session);
    let (hold, step) = (id(10), HoldAction::Void);
    assert!(matches!(bank.one(Command::ActOnHold { hold, actor, step }).await, Ok(Outcome::Settled(_))));
    held(bank.one(dispense(customer, 20, [11, 12])).await);
}

/// Cash is in one place: what was paid in or drawn there is not paid in or drawn elsewhere.
pub async fn cash_is_asked_for_again_where_it_moved(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    let customer = bank.customer("customer", 100, 1).await;
    let lobby: TerminalId = "lobby".parse().expect("a terminal's name");
    let cash = Cash::of(Currency::USD, cents(100));
    let (currency, key, instruction) = (Currency::USD, None, None);
    done(bank.one(Command::AddTerminal { terminal: lobby, currency, key, instruction }).await);
    receipt(bank.one(Command::Load { terminal: lobby, cash, transaction: id(2), instruction: None }).await);
    receipt(bank.one(customer.withdraw(30, 3)).await);
    receipt(bank.one(customer.deposit(20, 4)).await);
    let elsewhere = [
        customer.moves(cents(30), 3, MovementKind::Withdraw { terminal: lobby }),
        customer.moves(cents(20), 4, MovementKind::Deposit { terminal: lobby, notes: Vec::new() }),
    ];
    for command in elsewhere {
        let result = format!("{command:?}");
        let reused = Decline::IdReused { field: Field::Terminal };
        assert_eq!(declined(bank.one(command).await), reused, "{result}");
    }
    held(bank.one(dispense(customer, 10, [11, 12])).await);
    let purpose = PurposeRequest::Dispense { terminal: lobby, follow_ups: [id(13), id(14)] };
    let moved = declined(bank.one(customer.authorise(1, 10, purpose)).await);
    assert_eq!(moved, Decline::IdReused { field: Field::Terminal });
}

/// What an operator adjusted is answered again whatever became of the account.
pub async fn an_adjustment_is_answered_again(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    done(bank.one(open("customer", 5, 1)).await);
    let account = name("customer");
    receipt(bank.one(adjust(account, -5, 2)).await);
    let (operator, reason) = ("teller".parse().expect("a name"), "gone".parse().expect("a reason"));
    done(bank.one(Command::SetStatus { account, status: Status::Closed, operator, reason }).await);
    assert!(receipt(bank.one(adjust(account, -5, 2)).await).replayed);
    assert_eq!(declined(bank.one(adjust(account, -5, 3)).await), Decline::Closed);
}

/// An account that may go as far below zero as the books can hold can't promise more than that.
pub async fn promises_stay_within_the_books(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    let rich = bank.customer("rich", 1000, 1).await;
    done(bank.one(open("shop", 0, 2)).await);
    let (operator, reason) = ("teller".parse().expect("a name"), "trusted".parse().expect("a reason"));
    let limits =
        LimitsRequest { minimum_balance: Some(MinimumBalance::Unlimited), ..LimitsRequest::default() };
    done(
        bank.one(Command::SetLimits { account: rich.account, limits: limits.into(), operator, reason }).await,
    );
    held(bank.one(payment(rich, i64::MAX, 10)).await);
    assert_eq!(declined(bank.one(payment(rich, 1, 11)).await), Decline::LimitPassed);
    let (hold, actor, step) = (id(10), Actor::Bank, HoldAction::Void);
    assert!(matches!(bank.one(Command::ActOnHold { hold, actor, step }).await, Ok(Outcome::Settled(_))));
    held(bank.one(payment(rich, 1, 11)).await);
}

/// Open holds are kept in memory, so an account has no more than so many; they are listed page by
/// page, each once, while others come and go.
pub async fn open_holds_are_bounded_and_listed(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    let payer = bank.customer("payer", 1_000_000, 1).await;
    done(bank.one(open("shop", 0, 2)).await);
    let most = u64::from(HOLDS_OPEN_MAX);
    let asked = (0..most).map(|number| payment(payer, 1, 100 + number)).collect();
    bank.all(asked).await.into_iter().for_each(held);
    let one_more = || payment(payer, 1, 100 + most);
    let full = Decline::TooManyHolds { holds_max: HOLDS_OPEN_MAX };
    assert_eq!(declined(bank.one(one_more()).await), full);
    assert!(held_again(bank.one(payment(payer, 1, 100)).await));

    let list = |account, after| Command::Holds(HoldsQuery { account, after, ..HoldsQuery::default() });
    assert_eq!(declined(bank.one(list(Some(name("nobody")), None)).await), Decline::NoSuchAccount);
    let mut seen: Vec<TransactionId> = Vec::new();
    let mut after = None;
    loop {
        let page = listed(bank.one(list(Some(payer.account), after)).await);
        assert!(page.holds.len() <= LISTED_MAX);
        seen.extend(page.holds.iter().map(|hold| hold.hold));
        // One that was reported is over, and its place is taken.
        let (hold, actor, step) = (page.holds.last().expect("a hold").hold, Actor::Bank, HoldAction::Void);
        assert!(matches!(bank.one(Command::ActOnHold { hold, actor, step }).await, Ok(Outcome::Settled(_))));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let mut expected: Vec<_> = (0..most).map(|number| id(100 + number)).collect();
    expected.sort_unstable();
    seen.sort_unstable();
    assert_eq!(seen, expected);
    held(bank.one(one_more()).await);
}

fn dispense(customer: Holder, number: u64, [out, back]: [u64; 2]) -> Command {
    let terminal = TerminalId::vault();
    customer.authorise(1, number, PurposeRequest::Dispense { terminal, follow_ups: [id(out), id(back)] })
}

fn payment(payer: Holder, digits: i64, number: u64) -> Command {
    let purpose = PurposeRequest::Payment { to: name("shop"), memo: None, lasts: HOUR };
    payer.authorise(digits, number, purpose)
}

fn adjust(account: AccountId, digits: i64, number: u64) -> Command {
    let (operator, reason) = ("teller".parse().expect("a name"), "a fee".parse().expect("a reason"));
    Command::Adjust { account, amount: cents(digits), transaction: id(number), operator, reason }
}

fn held(answer: Answer) {
    assert!(!held_again(answer));
}

fn held_again(answer: Answer) -> bool {
    let Ok(Outcome::Authorised(authorisation)) = answer else { panic!("not authorised: {answer:?}") };
    authorisation.replayed
}

fn listed(answer: Answer) -> HoldPage {
    let Ok(Outcome::Holds(holds)) = answer else { panic!("not holds: {answer:?}") };
    holds
}
