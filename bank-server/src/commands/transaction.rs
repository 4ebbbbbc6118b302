//! `bankd reverse`.

use bank_engine::protocol::ReverseParams;

use crate::cli::{CorrectionArgs, ReverseArgs};
use crate::commands::{about, answer_receipt, at, id_to_ask_with};
use crate::error::CommandError;

/// `bankd reverse`.
pub async fn reverse(args: &ReverseArgs) -> Result<(), CommandError> {
    let ReverseArgs { original, amount, correction } = args;
    let CorrectionArgs { reason, transaction, at: place } = correction;
    let params = ReverseParams {
        original: *original,
        amount: amount.map(|amount| amount.to_string()),
        transaction: id_to_ask_with(*transaction),
        reason: reason.clone(),
    };
    let subject = format!("transaction {original}");
    let receipt = at(place, async |admin| admin.reverse(params).await.map_err(about(subject))).await?;
    let text = format!("{} of {original} taken back by {}", receipt.amount, receipt.transaction);
    answer_receipt(place.output.output, &receipt, &text)
}
