//! Secrets that passed the check for weak ones, so that only such can be set.

use super::{HashCost, SALT_BYTES, Secret, SecretHash, WeakSecret};
use crate::account::AccountId;

/// The hash of a secret that was checked in the clear: fit to be chosen for one account, and, where
/// it replaces another one, not the same as that. A decision sees no clear secret, so it takes this as
/// the witness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChosenSecret {
    hash: SecretHash,
    account: AccountId,
    replaces_another: bool,
}

impl ChosenSecret {
    /// A secret that the bank chooses for `account`; see [`Secret::check_choice`]. Takes as long as
    /// hashing does.
    pub fn new(
        secret: &Secret,
        account: &AccountId,
        salt: [u8; SALT_BYTES],
        cost: HashCost,
    ) -> Result<ChosenSecret, WeakSecret> {
        secret.check_choice(account)?;
        let hash = SecretHash::new(secret, salt, cost)?;
        Ok(ChosenSecret { hash, account: *account, replaces_another: false })
    }

    /// A secret that the owner chooses in place of `old`, which must be another one.
    pub fn in_place_of(
        old: &Secret,
        secret: &Secret,
        account: &AccountId,
        salt: [u8; SALT_BYTES],
        cost: HashCost,
    ) -> Result<ChosenSecret, WeakSecret> {
        secret.check_replacing(old, account)?;
        Ok(ChosenSecret { replaces_another: true, ..ChosenSecret::new(secret, account, salt, cost)? })
    }

    /// A witness of nothing, for tests and simulations that decide by the million.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn unchecked(hash: SecretHash, account: AccountId) -> ChosenSecret {
        ChosenSecret { hash, account, replaces_another: true }
    }

    /// The hash, if the secret was chosen for `account`.
    pub(crate) fn for_account(&self, account: &AccountId) -> Option<SecretHash> {
        (self.account == *account).then_some(self.hash)
    }

    /// The hash, if the secret was chosen for `account` in place of another.
    pub(crate) fn replacing(&self, account: &AccountId) -> Option<SecretHash> {
        self.for_account(account).filter(|_| self.replaces_another)
    }

    /// The hash, for an account that is to be opened.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        self.hash
    }
}

impl Secret {
    /// Whether an owner may choose it for `account` in place of `old`: as
    /// [`check_choice`](Secret::check_choice) says, and another one than that.
    pub fn check_replacing(&self, old: &Secret, account: &AccountId) -> Result<(), WeakSecret> {
        self.check_choice(account)?;
        if old.expose() == self.expose() { Err(WeakSecret) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_witness_is_for_one_account_and_says_whether_another_secret_is_replaced() {
        let [anna, bert] = ["anna", "bert"].map(|name| name.parse::<AccountId>().unwrap());
        let new = |secret: &str| ChosenSecret::new(&secret.into(), &anna, [7; 16], HashCost::LEAST);
        let replacing = |old: &str, secret: &str| {
            ChosenSecret::in_place_of(&old.into(), &secret.into(), &anna, [7; 16], HashCost::LEAST)
        };
        assert_eq!(new("1234"), Err(WeakSecret));
        assert_eq!(replacing("1324", "1234"), Err(WeakSecret));
        assert_eq!(replacing("1324", "1324"), Err(WeakSecret));
        let (new, replacing) = (new("9753").unwrap(), replacing("1324", "9753").unwrap());
        assert_eq!((new.for_account(&anna), new.for_account(&bert)), (Some(new.hash()), None));
        assert_eq!((new.replacing(&anna), replacing.replacing(&anna)), (None, Some(new.hash())));
        assert_eq!(replacing.replacing(&bert), None);
    }
}
