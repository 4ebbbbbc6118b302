//! Cases about sessions and who may act.

use std::sync::Arc;
use std::time::Duration;

use super::StoreFixture;
use super::fixtures::{
    Fixture, Holder, PIN, balance, cents, declined, done, name, open, receipt, secret, session, unlock,
};
use crate::auth::ChosenSecret;
use crate::bank::{Bank, Deposit};
use crate::error::Error;
use crate::ledger::{Command, Decline, Outcome, TransactionId};

/// Nobody but the holder does anything with an account, until it leaves.
pub async fn an_account_has_one_holder(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    let first = bank.customer("ac", 10, 1).await;
    let second = Holder { session: session(99), ..first };
    assert_eq!(declined(bank.one(second.log_in(PIN)).await), Decline::AccountInUse);
    for command in [second.balance(), second.statement(5, None), second.deposit(1, 2)] {
        assert_eq!(declined(bank.one(command).await), Decline::SessionExpired);
    }
    done(bank.one(second.log_out()).await);
    balance(bank.one(first.balance()).await);
    done(bank.one(first.log_out()).await);
    assert!(matches!(bank.one(second.log_in(PIN)).await, Ok(Outcome::LoggedIn { .. })));
    assert_eq!(declined(bank.one(first.deposit(1, 3)).await), Decline::SessionExpired);
    assert_eq!(bank.balance(second).await.balance, cents(10));
}

/// What one bank holds no other gives away, and both see one truth.
pub async fn two_banks_on_one_store_are_as_one(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    done(bank.one(open("ac", 100, 1)).await);
    let (here, there) =
        (Bank::with_store(Arc::clone(&bank.store)), Bank::with_store(Arc::clone(&bank.store)));
    let held = here.login("ac", PIN).await.expect("nobody holds the account");
    let refused = there.login("ac", PIN).await.map(drop);
    assert!(matches!(refused, Err(Error::Declined(Decline::AccountInUse))), "{refused:?}");
    let id = TransactionId::generate();
    let first = held.deposit(Deposit::new(id, cents(5))).await.expect("the holder deposits");
    held.log_out().await.expect("the holder leaves");
    let held = there.login("ac", PIN).await.expect("the account is free");
    let again = held.deposit(Deposit::new(id, cents(5))).await.expect("the id is known");
    assert_eq!((again.balance, again.replayed), (first.balance, true));
    let refused = here.login("ac", PIN).await.map(drop);
    assert!(matches!(refused, Err(Error::Declined(Decline::AccountInUse))), "{refused:?}");
}

/// A session ends when it idles too long, and when it is open for too long whatever it does.
pub async fn idle_and_overlong_sessions_end(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    let policy = bank.store.policy().clone();
    let instant = Duration::from_millis(1);
    let holder = bank.customer("ac", 0, 1).await;
    bank.clock.advance(policy.session_idle_max - instant);
    balance(bank.one(holder.balance()).await);
    bank.clock.advance(policy.session_idle_max);
    assert_eq!(declined(bank.one(holder.balance()).await), Decline::SessionExpired);

    let holder = bank.enter("ac", 2).await;
    let mut open = Duration::ZERO;
    while open + policy.session_idle_max / 2 < policy.session_time_max {
        open += policy.session_idle_max / 2;
        bank.clock.advance(policy.session_idle_max / 2);
        balance(bank.one(holder.balance()).await);
    }
    bank.clock.advance(policy.session_idle_max / 2);
    assert_eq!(declined(bank.one(holder.balance()).await), Decline::SessionExpired);
    bank.enter("ac", 3).await;
}

/// Tries are charged before they are checked, forgotten with a right one, and lock when used up.
pub async fn tries_are_charged_until_locked(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    done(bank.one(open("ac", 0, 1)).await);
    let (account, tries_max) = (name("ac"), bank.store.policy().tries_max);
    let holder = Holder { account, session: session(1) };
    for _ in 1..tries_max {
        let charged = bank.one(Command::ChargeTry { account }).await;
        assert!(matches!(charged, Ok(Outcome::Charged { secret: Some(_) })), "{charged:?}");
        let wrong = Command::LogIn { account, session: holder.session, proof: None };
        assert_eq!(declined(bank.one(wrong).await), Decline::BadCredentials);
    }
    assert!(bank.one(holder.log_in(PIN)).await.is_ok());
    for _ in 0..tries_max {
        assert!(bank.one(Command::ChargeTry { account }).await.is_ok());
    }
    assert_eq!(declined(bank.one(Command::ChargeTry { account }).await), Decline::Locked);
    done(bank.one(unlock(account)).await);
    assert!(bank.one(Command::ChargeTry { account }).await.is_ok());
    let unknown = bank.one(Command::ChargeTry { account: name("nobody") }).await;
    assert!(matches!(unknown, Ok(Outcome::Charged { secret: None })), "{unknown:?}");
}

/// The old secret opens nothing any more, not even with a proof made before the change.
pub async fn a_changed_secret_is_the_one_that_opens(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    let holder = bank.customer("ac", 0, 1).await;
    let Holder { account, session: held } = holder;
    let chosen = ChosenSecret::unchecked(secret("9753"), account);
    let of_another = ChosenSecret::unchecked(secret("9753"), name("another"));
    let proof = secret(PIN).verify(&PIN.into());
    let checked_for_another = Command::ChangeSecret { account, session: held, proof, secret: of_another };
    assert_eq!(declined(bank.one(checked_for_another).await), Decline::WeakSecret);
    let change = |proof| Command::ChangeSecret { account, session: held, proof, secret: chosen };
    assert_eq!(declined(bank.one(change(None)).await), Decline::BadCredentials);
    done(bank.one(change(secret(PIN).verify(&PIN.into()))).await);
    receipt(bank.one(holder.deposit(1, 2)).await);
    done(bank.one(holder.log_out()).await);
    assert_eq!(declined(bank.one(holder.log_in(PIN)).await), Decline::BadCredentials);
    let charged = bank.one(Command::ChargeTry { account }).await;
    let Ok(Outcome::Charged { secret: Some(hash) }) = charged else { panic!("{charged:?}") };
    assert!(hash == secret("9753"), "the new hash is answered");
    assert!(bank.one(holder.log_in("9753")).await.is_ok());
}
