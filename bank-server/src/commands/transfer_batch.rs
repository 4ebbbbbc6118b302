//! `bankd transfer-batch`: the transfers of a file.

use bank_engine::ledger::TransactionId;
use bank_engine::protocol::{REQUEST_TRANSFERS_MAX, TransferBatchPartParams, TransferBatchPartResult};

use crate::cli::TransferBatchArgs;
use crate::commands::transfer_file::read;
use crate::commands::{about, at, plural};
use crate::error::CommandError;
use crate::output::confirm;

/// `bankd transfer-batch`.
pub async fn transfer_batch(args: &TransferBatchArgs) -> Result<(), CommandError> {
    let TransferBatchArgs { file, dry_run, at: place } = args;
    let transfers = read(file)?;
    let count = transfers.len();
    let name = file.display().to_string();
    let made = at(place, async |admin| {
        let (batch, total) = (TransactionId::generate(), u32::try_from(count).unwrap_or(u32::MAX));
        let mut made = TransferBatchPartResult { transfers: 0, replayed: 0, receipts: Vec::new() };
        for (part, transfers) in (1..).zip(transfers.chunks(REQUEST_TRANSFERS_MAX)) {
            let part = TransferBatchPartParams {
                transfers: transfers.to_vec(),
                batch: Some(batch),
                part: Some(part),
                total: Some(total),
                dry_run: dry_run.then_some(true),
            };
            made = admin.transfer_batch(part).await.map_err(about(name.clone()))?;
        }
        Ok(made)
    })
    .await?;
    let before = made.replayed;
    let verb = match (dry_run, count) {
        (true, _) => "would be made",
        (false, 1) => "is made",
        (false, _) => "are made",
    };
    let mut text = format!("{count} transfer{} {verb}", plural(count));
    if before > 0 {
        text += &format!("; {before} of them before");
    }
    confirm(place.output.output, &made, &(text + "\n"))
}
