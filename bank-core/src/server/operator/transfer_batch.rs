//! Transfer batches that come in parts: all of a batch is made with its last part, or none of it.

use crate::bank::{Bank, Transfer, TransferBatch};
use crate::ledger::{Decline, TRANSFER_BATCH_MAX, TransactionId, TransferOrder};
use crate::operator::Operator;
use crate::protocol::{BatchTransfer, Code, RpcError, TransferBatchPartParams, TransferBatchPartResult};
use crate::server::parameters::{customers, read, read_transfers};

/// The parts of a batch that have come.
pub(super) struct Parts {
    batch: TransactionId,
    /// The number of the last part that came.
    part: u32,
    /// How many transfers the whole batch has.
    total: u32,
    dry_run: bool,
    transfers: Vec<TransferOrder>,
}

/// Adds a request's transfers to those that came before, and makes all of them once the last ones
/// have come. Afterwards `kept` has what came of a batch that is still incomplete.
pub(super) async fn handle(
    bank: &Bank,
    operator: &Operator,
    kept: &mut Option<Parts>,
    params: TransferBatchPartParams,
) -> Result<TransferBatchPartResult, RpcError> {
    let (before, whole) = match join(kept.take(), params)? {
        Joined::Incomplete(parts) => {
            let transfers = count(parts.transfers.len());
            *kept = Some(parts);
            return Ok(TransferBatchPartResult { transfers, replayed: 0, receipts: Vec::new() });
        }
        Joined::Whole { before, parts } => (before, parts),
    };
    let transfers = count(whole.transfers.len());
    let batch: TransferBatch = whole.transfers.into_iter().map(Into::<Transfer>::into).collect();
    let (batch, is_dry_run) = (batch.by(operator.clone()), whole.dry_run);
    let made = if is_dry_run { bank.dry_run(batch).await } else { bank.transfer_batch(batch).await };
    let mut receipts = made.map_err(|error| RpcError::from(&error))?;
    let replayed = count(receipts.iter().filter(|receipt| receipt.replayed).count());
    Ok(TransferBatchPartResult {
        transfers,
        replayed,
        receipts: receipts.split_off(before.min(receipts.len())),
    })
}

enum Joined {
    Incomplete(Parts),
    Whole {
        /// How many transfers came before the last part.
        before: usize,
        parts: Parts,
    },
}

fn join(kept: Option<Parts>, params: TransferBatchPartParams) -> Result<Joined, RpcError> {
    let TransferBatchPartParams { transfers, batch, part, total, dry_run } = params;
    let dry_run = dry_run.unwrap_or(false);
    let before = match (batch, part, total) {
        (None, None, None) => None,
        (Some(batch), Some(1), Some(total)) => {
            Some(Parts { batch, part: 0, total, dry_run, transfers: Vec::new() })
        }
        (Some(batch), Some(part), Some(total)) => Some(continued(kept, (batch, part, total, dry_run))?),
        _ => {
            let form = "bad params: batch, part and total are given together, or none of them";
            return Err(RpcError::because(Code::BadParameters, form));
        }
    };
    let came = before.as_ref().map_or(0, |parts| parts.transfers.len());
    let transfers = payments(transfers, came).map_err(|decline| RpcError::from(&decline))?;
    let Some(mut parts) = before else {
        // The request is the whole batch.
        let (batch, total) = (TransactionId::generate(), count(transfers.len()));
        let parts = Parts { batch, part: 1, total, dry_run, transfers };
        return Ok(Joined::Whole { before: 0, parts });
    };
    parts.part = parts.part.saturating_add(1);
    parts.transfers.extend(transfers);
    let (so_far, total) = (parts.transfers.len(), usize::try_from(parts.total).unwrap_or(usize::MAX));
    if total > TRANSFER_BATCH_MAX {
        return Err(RpcError::from(&Decline::BadTransferBatch { transfers_max: TRANSFER_BATCH_MAX }));
    }
    if so_far > total {
        return Err(broken(&format!("{so_far} transfers came, of {total} that the batch was to have")));
    }
    if so_far < total { Ok(Joined::Incomplete(parts)) } else { Ok(Joined::Whole { before: came, parts }) }
}

/// The parts that came before one that is not the first.
fn continued(
    kept: Option<Parts>,
    (batch, part, total, dry_run): (TransactionId, u32, u32, bool),
) -> Result<Parts, RpcError> {
    let Some(kept) = kept.filter(|kept| kept.batch == batch) else {
        return Err(broken(&format!("part {part} came, and no part of the batch before it")));
    };
    let next = kept.part.saturating_add(1);
    if part != next {
        return Err(broken(&format!("part {part} came where part {next} was to come")));
    }
    if (kept.total, kept.dry_run) != (total, dry_run) {
        return Err(broken(&format!("part {part} has another total or dry_run than those before it")));
    }
    Ok(kept)
}

fn broken(why: &str) -> RpcError {
    RpcError::because(
        Code::BatchIncomplete,
        format!("{why}; nothing of the batch is made: send all of it again from part 1"),
    )
}

fn payments(transfers: Vec<BatchTransfer>, before: usize) -> Result<Vec<TransferOrder>, Decline> {
    let read = |BatchTransfer { transaction, from, to, amount, memo }| {
        let from = customers(&from)?;
        let to = to.parse().map_err(|_| Decline::NoSuchPayee)?;
        Ok(TransferOrder { transaction, from, to, amount: read(&amount)?, memo })
    };
    read_transfers(transfers, read).map_err(|decline| match decline {
        Decline::InTransferBatch { number, why } => Decline::InTransferBatch { number: number + before, why },
        other => other,
    })
}

fn count(transfers: usize) -> u32 {
    u32::try_from(transfers).unwrap_or(u32::MAX)
}
