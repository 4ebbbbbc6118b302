//! Cases about batches: order, atomicity, and commands that see those before them.

use super::StoreFixture;
use super::fixtures::{
    Fixture, Holder, balance, cents, declined, done, gas, id, name, open, open_in, policy, receipt, session,
};
use crate::ledger::{Command, Decline, Field, Outcome};
use crate::money::{Amount, Currency};

/// An account can be opened, entered, used and left in one batch.
pub async fn each_command_is_decided_on_what_the_one_before_left(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    let holder = Holder { account: name("new"), session: session(1) };
    let commands = vec![
        holder.balance(),
        open("new", 500, 1),
        open("new", 500, 2),
        Command::ChargeTry { account: holder.account },
        holder.log_in("1324"),
        holder.deposit(25, 3),
        holder.withdraw(500, 4),
        holder.withdraw(26, 5),
        holder.balance(),
        holder.log_out(),
        holder.balance(),
    ];
    let mut answers = bank.all(commands).await.into_iter();
    let mut next = || answers.next().expect("a decision for each command");
    assert_eq!(declined(next()), Decline::SessionExpired);
    done(next());
    assert_eq!(declined(next()), Decline::AccountExists { field: Field::Balance });
    assert!(matches!(next(), Ok(Outcome::Charged { secret: Some(_) })));
    assert!(matches!(next(), Ok(Outcome::LoggedIn { .. })));
    assert_eq!(receipt(next()).balance, cents(525));
    assert_eq!(receipt(next()).balance, cents(25));
    assert_eq!(declined(next()), Decline::InsufficientFunds { available: cents(25) });
    assert_eq!(balance(next()).balance, cents(25));
    done(next());
    assert_eq!(declined(next()), Decline::SessionExpired);
}

/// Answers are in the order of the commands, whatever their kinds.
pub async fn each_command_has_its_own_decision_in_order(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    let holder = bank.customer("ac", 0, 1).await;
    let commands = (1..=100).map(|n: i64| match n % 3 {
        0 => holder.balance(),
        _ => holder.deposit(n, n.unsigned_abs() + 10),
    });
    let mut sum = 0;
    for (n, answer) in (1..).zip(bank.all(commands.collect()).await) {
        if n % 3 == 0 {
            assert_eq!(balance(answer).balance, cents(sum), "command {n}");
        } else {
            sum += n;
            let receipt = receipt(answer);
            let result = (receipt.transaction, receipt.amount, receipt.balance);
            assert_eq!(result, (id(n.unsigned_abs() + 10), cents(n), cents(sum)), "command {n}");
        }
    }
}

/// What was declined has no part in the state; what comes after it is decided all the same.
pub async fn a_decline_ends_no_batch(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    let holder = bank.customer("ac", 100, 1).await;
    let commands = vec![
        holder.withdraw(70, 2),
        holder.withdraw(70, 3),
        holder.transfer("nobody", 1, 4, None),
        holder.deposit(0, 5),
        holder.withdraw(30, 6),
    ];
    let answers = bank.all(commands).await;
    let fine: Vec<bool> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(fine, [true, false, false, false, true], "{answers:?}");
    assert_eq!(bank.balance(holder).await.balance, cents(0));
    assert_eq!(bank.history(holder).await.entries.len(), 3);
}

/// An empty batch is a batch, and the store works on.
pub async fn an_empty_batch_has_no_decisions(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    assert!(bank.all(Vec::new()).await.is_empty());
    assert!(bank.trial_balance().await.is_empty());
    let holder = bank.customer("ac", 1, 1).await;
    assert!(bank.all(Vec::new()).await.is_empty());
    assert_eq!(bank.balance(holder).await.balance, cents(1));
}

/// 8,190 commands at once, to and fro between two accounts.
pub async fn a_batch_of_thousands_is_decided(fixture: &dyn StoreFixture) {
    const COMMANDS: u64 = 8_190;
    let bank = Fixture::new(fixture).await;
    let (a, b) = (bank.customer("a", 1_000, 1).await, bank.customer("b", 0, 2).await);
    let command = |n: u64| {
        if n % 3 == 2 { b.transfer("a", 2, 10 + n, None) } else { a.transfer("b", 1, 10 + n, None) }
    };
    let answers = bank.all((0..COMMANDS).map(command).collect()).await;
    let (mut in_a, mut in_b) = (1_000, 0);
    for (n, answer) in (0..).zip(answers) {
        let step = if n % 3 == 2 { -2 } else { 1 };
        (in_a, in_b) = (in_a - step, in_b + step);
        let balance = if n % 3 == 2 { in_b } else { in_a };
        let receipt = receipt(answer);
        assert_eq!((receipt.balance, receipt.replayed), (cents(balance), false), "command {n}");
    }
    assert_eq!(bank.page(a, 1, None).await.entries[0].number, COMMANDS + 1);
    bank.trial_balance().await;
}

/// Each currency has its decimals, its own money and its own line.
pub async fn currencies_are_apart(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    let yen: Currency = "JPY".parse().expect("a currency");
    let thousand = Amount::new(1_000, 0).expect("an amount");
    let dollars = bank.customer("dollars", 700, 1).await;
    done(bank.one(open_in(yen, "yen", thousand, 2)).await);
    let in_yen = bank.enter("yen", 2).await;
    assert_eq!(declined(bank.one(dollars.transfer("yen", 1, 3, None)).await), Decline::OtherCurrency);
    assert_eq!(declined(bank.one(in_yen.deposit(50, 4)).await), Decline::BadAmount);
    receipt(bank.one(dollars.withdraw(200, 5)).await);
    // So it is with a unit of the bank's own, and nobody may bring another along.
    let billionth = Amount::new(1_000_000_001, 9).expect("an amount");
    done(bank.one(open_in(gas(), "gas", billionth, 6)).await);
    let in_gas = bank.enter("gas", 3).await;
    assert_eq!(declined(bank.one(in_gas.transfer("dollars", 1, 7, None)).await), Decline::OtherCurrency);
    assert_eq!(bank.balance(in_gas).await.balance.to_string(), "1.000000001");
    for other in [Currency::unit("GAS2", 3), Currency::unit("OIL", 0)] {
        let unknown = open_in(other.expect("a unit"), "other", thousand, 8);
        assert_eq!(declined(bank.one(unknown).await), Decline::NoSuchCurrency);
    }
    let standing = bank.balance(in_yen).await;
    assert_eq!((standing.balance, standing.currency), (thousand, yen.into()));
    let lines = bank.trial_balance().await;
    let result: Vec<_> = lines.iter().map(|line| (line.currency, line.accounts, line.debits)).collect();
    let expected = [(gas(), 2, 1_000_000_001), (yen, 2, 1_000), (Currency::USD, 2, 500)];
    assert_eq!(result, expected);
}

/// The settings are those that the store was opened with.
pub async fn policy_is_the_one_given(fixture: &dyn StoreFixture) {
    assert_eq!(*Fixture::new(fixture).await.store.policy(), policy());
}
