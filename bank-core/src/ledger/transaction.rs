//! Transactions, their postings, and their receipts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::account::{AccountId, TerminalId};
use crate::day::Day;
use crate::memo::Memo;
use crate::money::{Amount, Currency, Minor};
use crate::notes::Notes;
use crate::operator::Operator;
use crate::time::Timestamp;

/// A client's name for one movement of money: a UUID (RFC 9562), version 7 advised, other than
/// the nil one. Make it and keep it before sending, and use it again to ask again.
///
/// As text it is the hyphenated form, 36 characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransactionId(Uuid);

impl TransactionId {
    /// From a UUID; `None` for the nil one.
    #[must_use]
    pub fn from_uuid(uuid: Uuid) -> Option<TransactionId> {
        (!uuid.is_nil()).then_some(TransactionId(uuid))
    }

    /// From a UUID's 16 bytes; `None` for the nil one.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Option<TransactionId> {
        TransactionId::from_uuid(Uuid::from_bytes(bytes))
    }

    /// The UUID's 16 bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        *self.0.as_bytes()
    }

    /// The UUID.
    #[must_use]
    pub fn as_uuid(&self) -> &Uuid {
        &self.0
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Not a transaction id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a transaction id; use a UUID like 01890a5d-ac96-774b-bcce-b302099a8057")]
pub struct NotATransactionId;

impl FromStr for TransactionId {
    type Err = NotATransactionId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hyphenated = text.len() == 36;
        let uuid = Uuid::try_parse(text).ok().filter(|_| hyphenated).ok_or(NotATransactionId)?;
        TransactionId::from_uuid(uuid).ok_or(NotATransactionId)
    }
}

impl Serialize for TransactionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TransactionId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::deserialize(deserializer, "a transaction id (UUID)")
    }
}

/// Why money moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum TransactionKind {
    /// The balance that an account was opened with.
    Opening,
    /// Cash of the bank's own put into a terminal.
    Load,
    /// Cash in.
    Deposit,
    /// Cash out.
    Withdrawal,
    /// From one customer to another.
    Transfer,
    /// Cash of the bank's own taken out of a terminal.
    Unload,
    /// A payment that its payee captured.
    Payment,
    /// Out of an account for a dispense whose fate is unknown.
    Suspect,
    /// Back into an account: cash that is known not to have come out.
    Returned,
    /// Back from where an earlier transaction went.
    Reversal,
    /// A correction by an operator.
    Adjustment,
    /// What counting a terminal's cash found missing, or too much.
    Difference,
}

impl TransactionKind {
    /// All of them.
    pub const ALL: [TransactionKind; 12] = [
        TransactionKind::Opening,
        TransactionKind::Load,
        TransactionKind::Deposit,
        TransactionKind::Withdrawal,
        TransactionKind::Transfer,
        TransactionKind::Unload,
        TransactionKind::Payment,
        TransactionKind::Suspect,
        TransactionKind::Returned,
        TransactionKind::Reversal,
        TransactionKind::Adjustment,
        TransactionKind::Difference,
    ];

    /// Whether it uses up the day's allowance of a customer whom it takes from.
    #[must_use]
    pub fn is_counted(self) -> bool {
        matches!(self, TransactionKind::Withdrawal | TransactionKind::Transfer | TransactionKind::Payment)
    }
}

impl fmt::Display for TransactionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            TransactionKind::Opening => "opening",
            TransactionKind::Load => "load",
            TransactionKind::Deposit => "deposit",
            TransactionKind::Withdrawal => "withdrawal",
            TransactionKind::Transfer => "transfer",
            TransactionKind::Unload => "unload",
            TransactionKind::Payment => "payment",
            TransactionKind::Suspect => "suspect",
            TransactionKind::Returned => "returned",
            TransactionKind::Reversal => "reversal",
            TransactionKind::Adjustment => "adjustment",
            TransactionKind::Difference => "difference",
        })
    }
}

/// What a transaction came out of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Nothing recorded before it.
    #[default]
    Itself,
    /// The hold of the same id, which is over with it.
    Hold,
    /// The same where the hold is of an earlier business day, whose allowance it used.
    EarlierHold(Day),
    /// A part of the hold of the same id, which is over with it; the rest was free again.
    PartOfHold,
    /// The same where the hold is of an earlier business day.
    PartOfEarlierHold(Day),
    /// The suspect dispense of the same id, which is over with it.
    SuspectHold {
        /// Whose money it was.
        account: AccountId,
        /// The terminal, where its cash was counted before anybody knew what came out.
        counted_at: Option<TerminalId>,
        /// Whether it took only a part; the rest was returned.
        is_part: bool,
    },
    /// A dispense about which a terminal said something else than was recorded.
    Disputed(TransactionId),
    /// A hold that became suspect with it.
    Suspects(TransactionId),
    /// A suspect hold, of which this part goes back.
    Returns(TransactionId),
    /// An earlier transaction, which it takes back.
    Reverses {
        /// Which one.
        original: TransactionId,
        /// The business day whose allowance the customer gets back with it, where the original
        /// used up some.
        allowance: Option<Day>,
        /// Whether it takes back all of it.
        whole: bool,
    },
}

impl Origin {
    /// Whether it came out of the hold of the same id.
    #[must_use]
    pub fn is_hold(self) -> bool {
        matches!(
            self,
            Origin::Hold
                | Origin::EarlierHold(_)
                | Origin::PartOfHold
                | Origin::PartOfEarlierHold(_)
                | Origin::SuspectHold { .. }
        )
    }

    /// Whether it took only a part of that hold.
    #[must_use]
    pub fn is_part_of_hold(self) -> bool {
        matches!(
            self,
            Origin::PartOfHold | Origin::PartOfEarlierHold(_) | Origin::SuspectHold { is_part: true, .. }
        )
    }

    /// What has another id and is behind it: the transaction that it takes back, or the hold that
    /// became or was suspect, or is disputed.
    #[must_use]
    pub fn original(self) -> Option<TransactionId> {
        match self {
            Origin::Suspects(hold) | Origin::Returns(hold) | Origin::Disputed(hold) => Some(hold),
            Origin::Reverses { original, .. } => Some(original),
            Origin::Itself
            | Origin::Hold
            | Origin::EarlierHold(_)
            | Origin::PartOfHold
            | Origin::PartOfEarlierHold(_)
            | Origin::SuspectHold { .. } => None,
        }
    }
}

/// A movement of money from one account to another, so its two postings sum to zero by
/// construction: `amount` is taken from `from` and given to `to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// The client's name for it.
    pub id: TransactionId,
    /// Why.
    pub kind: TransactionKind,
    /// When it was decided.
    pub at: Timestamp,
    /// The business day that it is booked on.
    pub day: Day,
    /// More than zero.
    pub amount: Minor,
    /// The currency of both accounts.
    pub currency: Currency,
    /// The account that is debited.
    pub from: Posting,
    /// The account that is credited.
    pub to: Posting,
    /// A word to both; of an operator, the reason.
    pub memo: Option<Memo>,
    /// What it came out of.
    pub origin: Origin,
    /// The notes that moved, or were counted; `None` where cash has no part in it, and in records of
    /// before notes were kept.
    pub notes: Option<Box<MovedNotes>>,
    /// Which operator made it.
    pub operator: Option<Operator>,
    /// What of the [own](Transaction::primary_posting) account's balance could not be moved right after
    /// it; see [`Account::unavailable`](crate::account::Account::unavailable).
    pub unavailable: Minor,
}

/// The notes of a transaction; none where cash is moved as a mere amount.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MovedNotes {
    /// All of them, but of a close of day those in the cassettes.
    pub notes: Notes,
    /// Those that a close of day found in the reject bin.
    pub reject_bin: Notes,
}

impl MovedNotes {
    /// Notes that were paid in, loaded, unloaded or paid out.
    #[must_use]
    pub fn of(notes: Notes) -> MovedNotes {
        MovedNotes { notes, reject_bin: Notes::default() }
    }
}

/// One posting of a transaction. Its account is known by name, or by number to the books and stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posting<A = AccountId> {
    /// The account.
    pub account: A,
    /// The balance afterwards.
    pub balance: Minor,
    /// The entry's number in the account, from 1.
    pub entry: u64,
}

impl Transaction {
    /// The posting that its receipt is about: the customer's, of two customers the payer's, and of
    /// two accounts of the bank's own the terminal's.
    #[must_use]
    pub fn primary_posting(&self) -> &Posting {
        if self.is_about_payee() { &self.to } else { &self.from }
    }

    fn is_about_payee(&self) -> bool {
        match self.kind {
            TransactionKind::Unload => true,
            TransactionKind::Difference => self.from.account.is_over_short(),
            _ => self.from.account.is_own() && !self.to.account.is_own(),
        }
    }

    /// The posting of one of its two accounts.
    #[must_use]
    pub fn posting(&self, account: &AccountId) -> Option<&Posting> {
        [&self.from, &self.to].into_iter().find(|posting| posting.account == *account)
    }

    /// The receipt for the party that asked for it.
    #[must_use]
    pub fn receipt(&self, replayed: bool) -> Receipt {
        let balance = self.primary_posting().balance;
        Receipt {
            transaction: self.id,
            kind: self.kind,
            at: self.at,
            amount: self.amount.in_currency(self.currency),
            balance: balance.in_currency(self.currency),
            available: Minor(balance.0.saturating_sub(self.unavailable.0)).in_currency(self.currency),
            replayed,
        }
    }
}

/// The bank's word that money moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Receipt {
    /// The client's id for the movement.
    pub transaction: TransactionId,
    /// What it was.
    pub kind: TransactionKind,
    /// When it was decided.
    pub at: Timestamp,
    /// How much moved.
    pub amount: Amount,
    /// The account's balance right after it.
    pub balance: Amount,
    /// What could be moved right after it.
    pub available: Amount,
    /// Whether the movement was made before and this is its first receipt again.
    pub replayed: bool,
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: balance {}", self.kind, self.amount, self.balance)?;
        write!(f, ", {}, transaction {}", self.at, self.transaction)?;
        if self.replayed { f.write_str(" (made before)") } else { Ok(()) }
    }
}

crate::text::from_text!(TransactionId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_hyphenated_uuids() {
        let text = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!(text.parse::<TransactionId>().unwrap().to_string(), text);
        let simple = text.replace('-', "");
        let nil = "00000000-0000-0000-0000-000000000000";
        for bad in [
            "",
            "1",
            nil,
            &simple,
            "{01890a5d-ac96-774b-bcce-b302099a8057}",
            "0x890a5d-ac96-774b-bcce-b302099a8057",
        ] {
            assert_eq!(bad.parse::<TransactionId>(), Err(NotATransactionId), "{bad:?}");
        }
    }
}
