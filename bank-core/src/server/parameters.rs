//! Parameters as they come from the wire, and results as they go back.

use crate::account::AccountId;
use crate::bank::BankError;
use crate::ledger::{Decline, Item, Receipt};
use crate::money::Amount;
use crate::protocol::{GROUP_TRANSFERS_MAX, Receipts, RequestId, encode_result};
use serde::Serialize;

/// The frame that answers with what the bank said.
pub(super) fn encoded<T: Serialize>(
    id: &RequestId,
    result: Result<T, BankError>,
) -> Result<Vec<u8>, BankError> {
    result.map(|result| encode_result(id, &result))
}

pub(super) fn read(amount: &str) -> Result<Amount, Decline> {
    amount.parse().map_err(|_| Decline::BadAmount)
}

pub(super) fn read_some(amount: Option<&String>) -> Result<Option<Amount>, Decline> {
    amount.map(|amount| read(amount)).transpose()
}

/// Counts, which a limit of their own holds further down.
pub(super) fn size(asked: Option<u32>, otherwise: usize) -> usize {
    asked.map_or(otherwise, |asked| usize::try_from(asked).unwrap_or(usize::MAX))
}

/// The transfers of a group, or why one of them can be none.
pub(super) fn items<T>(
    asked: Vec<T>,
    mut read: impl FnMut(T) -> Result<Item, Decline>,
) -> Result<Vec<Item>, Decline> {
    if asked.is_empty() || asked.len() > GROUP_TRANSFERS_MAX {
        return Err(Decline::BadGroup { items_max: GROUP_TRANSFERS_MAX });
    }
    let numbered = asked.into_iter().zip(1..);
    let in_group = |item| move |why| Decline::InGroup { item, why: Box::new(why) };
    numbered.map(|(asked, number)| read(asked).map_err(in_group(number))).collect()
}

pub(super) fn receipts(made: Result<Vec<Receipt>, BankError>) -> Result<Receipts, BankError> {
    made.map(|receipts| Receipts { receipts })
}

/// An account that is a customer's: to be acted on.
pub(super) fn customers(name: &str) -> Result<AccountId, Decline> {
    name.parse().map_err(|_| Decline::NoSuchAccount)
}
