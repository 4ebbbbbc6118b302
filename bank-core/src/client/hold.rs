//! The client's verbs for holds: payments to be captured, and cash to be dispensed.

use std::time::Duration;

use super::{Client, ClientError};
use crate::ledger::{Authorisation, Memo, Settlement, TransactionId, UndispensedNotes};
use crate::money::Amount;
use crate::notes::NoteCount;
use crate::protocol::{
    AuthoriseCashParams, AuthoriseParams, CaptureParams, HoldParams, ReportDispenseParams, Request,
};

impl Client {
    /// Sets money aside for a payment that the payee will [capture](Client::capture) within `lasts`,
    /// in whole seconds. Keep `hold` before calling: it makes asking again safe, and the payment
    /// will have the same id.
    pub async fn authorise(
        &mut self,
        hold: TransactionId,
        to: &str,
        amount: Amount,
        memo: Option<Memo>,
        lasts: Duration,
    ) -> Result<Authorisation, ClientError> {
        let duration_seconds = u32::try_from(lasts.as_secs()).unwrap_or(u32::MAX);
        let (to, amount) = (to.to_owned(), amount.to_string());
        self.ask(Request::Authorise(AuthoriseParams { hold, to, amount, memo, duration_seconds })).await
    }

    /// Takes a payment that was authorised for the account that is logged in, all of it where `amount` is
    /// `None`; the rest is the payer's again.
    pub async fn capture(
        &mut self,
        hold: TransactionId,
        amount: Option<Amount>,
    ) -> Result<Settlement, ClientError> {
        let amount = amount.map(|amount| amount.to_string());
        self.ask(Request::Capture(CaptureParams { hold, amount })).await
    }

    /// Gives up a hold: a payment as its payee, or cash before it was ordered.
    pub async fn void(&mut self, hold: TransactionId) -> Result<Settlement, ClientError> {
        self.ask(Request::Void(HoldParams { hold })).await
    }

    /// Sets money aside for cash to be paid out at this terminal, and learns with which notes. Keep
    /// `hold` before calling: it makes asking again safe, and the withdrawal will have the same id.
    pub async fn authorise_cash(
        &mut self,
        hold: TransactionId,
        amount: Amount,
    ) -> Result<Authorisation, ClientError> {
        let amount = amount.to_string();
        self.ask(Request::AuthoriseCash(AuthoriseCashParams { hold, amount })).await
    }

    /// Reports that the cash is about to be paid out. Pay out only after this was answered, and write
    /// down before asking that it was asked.
    pub async fn order_dispense(&mut self, hold: TransactionId) -> Result<Settlement, ClientError> {
        self.ask(Request::OrderDispense(HoldParams { hold })).await
    }

    /// Reports what came out: an amount, zero for nothing, or `None` where it is not known. Where it
    /// was a part and the terminal counts its notes, which ones, and where the others are.
    pub async fn report_dispense(
        &mut self,
        hold: TransactionId,
        amount: Option<Amount>,
        notes: Vec<NoteCount>,
        undispensed_notes: UndispensedNotes,
    ) -> Result<Settlement, ClientError> {
        let amount = amount.map(|amount| amount.to_string());
        self.ask(Request::ReportDispense(ReportDispenseParams {
            hold,
            amount,
            notes,
            undispensed_notes: (undispensed_notes != UndispensedNotes::default())
                .then_some(undispensed_notes),
        }))
        .await
    }
}
