//! Converts parameters from the wire to the bank's types, and results back.

use serde::Serialize;

use crate::account::AccountId;
use crate::error::Error;
use crate::ledger::{Decline, Receipt, TransferOrder};
use crate::money::Amount;
use crate::protocol::{REQUEST_TRANSFERS_MAX, RequestId, TransferBatchResult, encode_result};

/// The frame that answers with what the bank said.
pub(super) fn encoded<T: Serialize>(id: &RequestId, result: Result<T, Error>) -> Result<Vec<u8>, Error> {
    result.map(|result| encode_result(id, &result))
}

pub(super) fn read(amount: &str) -> Result<Amount, Decline> {
    amount.parse().map_err(|_| Decline::BadAmount)
}

pub(super) fn read_some(amount: Option<&String>) -> Result<Option<Amount>, Decline> {
    amount.map(|amount| read(amount)).transpose()
}

/// Counts, which a limit of their own holds further down.
pub(super) fn size(limit: Option<u32>, otherwise: usize) -> usize {
    limit.map_or(otherwise, |limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

/// The transfers of a transfer batch, or why one of them can be none.
pub(super) fn read_transfers<T>(
    values: Vec<T>,
    mut read: impl FnMut(T) -> Result<TransferOrder, Decline>,
) -> Result<Vec<TransferOrder>, Decline> {
    if values.is_empty() || values.len() > REQUEST_TRANSFERS_MAX {
        return Err(Decline::BadTransferBatch { transfers_max: REQUEST_TRANSFERS_MAX });
    }
    let numbered = values.into_iter().zip(1..);
    let in_batch = |number| move |why| Decline::InTransferBatch { number, why: Box::new(why) };
    numbered.map(|(value, number)| read(value).map_err(in_batch(number))).collect()
}

pub(super) fn receipts(made: Result<Vec<Receipt>, Error>) -> Result<TransferBatchResult, Error> {
    made.map(|receipts| TransferBatchResult { receipts })
}

/// An account that is a customer's: to be acted on.
pub(super) fn customers(name: &str) -> Result<AccountId, Decline> {
    name.parse().map_err(|_| Decline::NoSuchAccount)
}
