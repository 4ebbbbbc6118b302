//! Requests of operators that correct what was done, and who makes them.

use std::fmt::Display;

use super::value::{Given, given, needed, optional};
use crate::account::AccountId;
use crate::error::Invalid;
use crate::ledger::{Command, Memo, TransactionId};
use crate::money::Amount;
use crate::operator::{Instruction, Operator};

/// Who does something for the bank, and why.
#[derive(Debug, Clone)]
pub struct By {
    operator: Given<Operator>,
    reason: Option<Given<Memo>>,
}

impl By {
    /// The program that embeds the bank, by a name of 1 to 64 characters that it gives itself.
    #[must_use]
    pub fn program(name: &str) -> By {
        By { operator: Operator::program(name).map_err(wrong), reason: None }
    }

    /// A user of the machine.
    #[must_use]
    pub fn unix_user(name: &str) -> By {
        By { operator: Operator::unix_user(name).map_err(wrong), reason: None }
    }

    /// Why, 1 to 140 characters. Most changes need a reason.
    #[must_use]
    pub fn because(mut self, reason: impl TryInto<Memo, Error: Display>) -> By {
        self.reason = Some(given("reason", reason));
        self
    }

    pub(in crate::bank) fn operator(self) -> Given<Operator> {
        self.operator
    }

    pub(in crate::bank) fn instruction(self) -> Given<Instruction> {
        Ok(Instruction { operator: self.operator?, reason: optional(self.reason)? })
    }

    /// Who, and the reason that this change needs.
    pub(in crate::bank) fn with_reason(self) -> Given<(Operator, Memo)> {
        Ok((self.operator?, needed("reason", self.reason)?))
    }
}

fn wrong(why: impl Display) -> Invalid {
    Invalid::new("by", why.to_string())
}

impl From<Operator> for By {
    fn from(operator: Operator) -> By {
        By { operator: Ok(operator), reason: None }
    }
}

impl From<(Operator, Memo)> for By {
    fn from((operator, reason): (Operator, Memo)) -> By {
        By { operator: Ok(operator), reason: Some(Ok(reason)) }
    }
}

impl From<Instruction> for By {
    fn from(Instruction { operator, reason }: Instruction) -> By {
        By { operator: Ok(operator), reason: reason.map(Ok) }
    }
}

/// A correction of an account at the bank's own cost.
#[derive(Debug, Clone)]
pub struct Adjustment {
    id: Given<TransactionId>,
    amount: Given<Amount>,
    account: Option<Given<AccountId>>,
    by: By,
}

impl Adjustment {
    /// Gives `amount`, or takes it where it is negative. Keep `id`: asking again with it moves nothing
    /// twice. `by` needs a reason.
    pub fn new(
        id: impl TryInto<TransactionId, Error: Display>,
        amount: impl TryInto<Amount, Error: Display>,
        by: impl Into<By>,
    ) -> Adjustment {
        Adjustment { id: given("id", id), amount: given("amount", amount), account: None, by: by.into() }
    }

    /// Which account.
    #[must_use]
    pub fn account(mut self, account: impl TryInto<AccountId, Error: Display>) -> Adjustment {
        self.account = Some(given("account", account));
        self
    }

    pub(in crate::bank) fn command(self) -> Result<Command, Invalid> {
        let account = needed("account", self.account)?;
        let (transaction, amount) = (self.id?, self.amount?);
        let (operator, reason) = self.by.with_reason()?;
        Ok(Command::Adjust { account, amount, transaction, operator, reason })
    }
}

/// A transaction to be taken back, whole or in part.
#[derive(Debug, Clone)]
pub struct Reversal {
    id: Given<TransactionId>,
    original: Option<Given<TransactionId>>,
    amount: Option<Given<Amount>>,
    by: By,
}

impl Reversal {
    /// A reversal of the id `id`. Keep it: asking again with it moves nothing twice. `by` needs a
    /// reason.
    pub fn new(id: impl TryInto<TransactionId, Error: Display>, by: impl Into<By>) -> Reversal {
        Reversal { id: given("id", id), original: None, amount: None, by: by.into() }
    }

    /// The transaction that is taken back.
    #[must_use]
    pub fn original(mut self, original: impl TryInto<TransactionId, Error: Display>) -> Reversal {
        self.original = Some(given("original", original));
        self
    }

    /// How much of it; all unless given.
    #[must_use]
    pub fn amount(mut self, amount: impl TryInto<Amount, Error: Display>) -> Reversal {
        self.amount = Some(given("amount", amount));
        self
    }

    pub(in crate::bank) fn command(self) -> Result<Command, Invalid> {
        let (original, amount) = (needed("original", self.original)?, optional(self.amount)?);
        let transaction = self.id?;
        let (operator, reason) = self.by.with_reason()?;
        Ok(Command::Reverse { original, amount, transaction, operator, reason })
    }
}
