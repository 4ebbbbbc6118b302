//! The contract of opening accounts, and of what the bank itself may do with them.

use super::StoreFixture;
use super::fixtures::{Fixture, PIN, balance, cents, declined, done, id, name, receipt, secret};
use crate::account::{AccountId, Direction};
use crate::ledger::{
    AccountOpening, Actor, Command, Decline, Field, LimitsRequest, MinimumBalance, MovementKind, Outcome,
    Receipt, TransactionId,
};
use crate::money::{Amount, Currency};

/// What opening answers: the receipt, and whether the account was there.
fn opened(answer: Result<Outcome, Decline>) -> (Option<Receipt>, bool) {
    match answer {
        Ok(Outcome::Opened { receipt, replayed }) => (receipt, replayed),
        other => panic!("not opened: {other:?}"),
    }
}

fn field(answer: Result<Outcome, Decline>) -> Field {
    match declined(answer) {
        Decline::AccountExists { field } => field,
        other => panic!("{other:?}"),
    }
}

fn plain(account: &str) -> AccountOpening {
    AccountOpening::new(name(account), Currency::USD)
}

fn pay(from: AccountId, to: &str, amount: Amount, transaction: TransactionId) -> Command {
    let way = MovementKind::Transfer { to: name(to), memo: None };
    Command::Move { account: from, actor: Actor::Bank, transaction, amount, way }
}

/// An account that is opened again with the same content answers the first result, and with other
/// content is declined with the field that differs; after a restart too.
pub async fn an_account_is_opened_once(fixture: &dyn StoreFixture) {
    let mut bank = Fixture::new(fixture).await;
    let all = [
        plain("fees"),
        AccountOpening { minimum_balance: Some(MinimumBalance::Unlimited), ..plain("source") },
        AccountOpening { minimum_balance: Some(cents(-50).into()), ..plain("credit") },
        AccountOpening { secret: Some(secret(PIN)), ..plain("anna") },
        AccountOpening { balance: Some((id(1), cents(70))), ..plain("paid") },
    ];
    for new in &all {
        let (receipt, replayed) = opened(bank.one(Command::Open(new.clone())).await);
        assert_eq!((receipt.is_some(), replayed), (new.balance.is_some(), false), "{}", new.account);
    }
    // What happens to it later is no part of how it was opened.
    let (operator, reason) = ("olga".parse().expect("a name"), "a test".parse().expect("a reason"));
    let limits = LimitsRequest { minimum_balance: Some(cents(-9).into()), ..LimitsRequest::default() };
    let account = name("fees");
    done(bank.one(Command::SetLimits { account, limits: limits.into(), operator, reason }).await);
    for _ in 0..2 {
        for new in &all {
            let (receipt, replayed) = opened(bank.one(Command::Open(new.clone())).await);
            assert!(replayed && receipt.is_none_or(|receipt| receipt.replayed), "{}", new.account);
        }
        for (new, other) in [
            (
                AccountOpening { currency: "EUR".parse().expect("a currency"), ..all[0].clone() },
                Field::Currency,
            ),
            (AccountOpening { secret: Some(secret(PIN)), ..all[0].clone() }, Field::Secret),
            (
                AccountOpening { minimum_balance: Some(cents(-9).into()), ..all[0].clone() },
                Field::MinimumBalance,
            ),
            (AccountOpening { balance: Some((id(2), cents(1))), ..all[0].clone() }, Field::Balance),
            (AccountOpening { minimum_balance: None, ..all[1].clone() }, Field::MinimumBalance),
            (AccountOpening { secret: None, ..all[3].clone() }, Field::Secret),
            (AccountOpening { secret: Some(secret("2413")), ..all[3].clone() }, Field::Secret),
            (AccountOpening { balance: None, ..all[4].clone() }, Field::Balance),
        ] {
            assert_eq!(field(bank.one(Command::Open(new.clone())).await), other, "{}", new.account);
        }
        if fixture.is_durable() {
            bank = bank.reopen(fixture).await;
        }
    }
    let other = AccountOpening { balance: Some((id(1), cents(71))), ..all[4].clone() };
    let reused = declined(bank.one(Command::Open(other)).await);
    assert_eq!(reused, Decline::IdReused { field: Field::Amount });
    let above = AccountOpening { minimum_balance: Some(cents(1).into()), ..plain("above") };
    assert_eq!(declined(bank.one(Command::Open(above)).await), Decline::BadLimits);
}

/// Nobody logs in to an account without a secret, before it is given one.
pub async fn nobody_logs_in_without_a_secret(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    opened(bank.one(Command::Open(plain("fees"))).await);
    let charge = Command::ChargeTry { account: name("fees") };
    assert!(matches!(bank.one(charge).await, Ok(Outcome::Charged { secret: None })));
    let log_in = Command::LogIn { account: name("fees"), session: super::fixtures::session(7), proof: None };
    assert_eq!(declined(bank.one(log_in).await), Decline::BadCredentials);
}

/// The bank moves money of any customer without holding the account, within limits, freezes and the
/// minimum balance, and breaks nobody's session.
pub async fn the_bank_moves_money_without_a_session(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    let source = AccountOpening { minimum_balance: Some(MinimumBalance::Unlimited), ..plain("source") };
    opened(bank.one(Command::Open(source)).await);
    opened(bank.one(Command::Open(plain("shop"))).await);
    let anna = bank.customer("anna", 0, 1).await;
    let paid = receipt(bank.one(pay(name("source"), "anna", cents(5_000), id(2))).await);
    assert_eq!(paid.balance, cents(-5_000));
    assert!(receipt(bank.one(pay(name("source"), "anna", cents(5_000), id(2))).await).replayed);
    let too_much = pay(anna.account, "shop", cents(5_001), id(3));
    assert_eq!(declined(bank.one(too_much).await), Decline::InsufficientFunds { available: cents(5_000) });
    receipt(bank.one(pay(anna.account, "shop", cents(1_000), id(3))).await);
    // Her session lives on.
    assert_eq!(balance(bank.one(anna.balance()).await).balance, cents(4_000));
    let (operator, reason) = ("olga".parse().expect("a name"), "a test".parse().expect("a reason"));
    let limits = LimitsRequest { transaction_max: Some(cents(10)), ..LimitsRequest::default() };
    let (account, limits) = (anna.account, limits.into());
    done(bank.one(Command::SetLimits { account, limits, operator, reason }).await);
    let refused = declined(bank.one(pay(anna.account, "shop", cents(11), id(4))).await);
    assert_eq!(refused, Decline::TransactionLimit { limit: cents(10) });
    let (operator, reason) = ("olga".parse().expect("a name"), "a test".parse().expect("a reason"));
    let direction = Direction::Debits;
    let _ = bank.one(Command::Freeze { account, direction, operator, reason }).await;
    assert_eq!(declined(bank.one(pay(anna.account, "shop", cents(1), id(4))).await), Decline::Frozen);
    // The bank's own accounts are not moved by anybody.
    let vault = AccountId::cash(&crate::account::TerminalId::vault(), Currency::USD);
    let refused = declined(bank.one(pay(vault, "shop", cents(1), id(5))).await);
    assert_eq!(refused, Decline::NoSuchAccount);
    let unknown = declined(bank.one(pay(name("nobody"), "shop", cents(1), id(5))).await);
    assert_eq!(unknown, Decline::NoSuchAccount);
}
