//! Requests about holds: placing one, capturing it, and reporting what a dispense paid out.

use std::fmt::Display;
use std::time::Duration;

use super::movement::{Party, is_own};
use super::value::{Given, given, needed, optional};
use crate::account::AccountId;
use crate::error::Invalid;
use crate::ledger::{Command, HoldAction, Memo, PurposeRequest, TransactionId, UndispensedNotes};
use crate::money::Amount;
use crate::notes::NoteCount;
use crate::protocol::{AuthoriseParams, CaptureParams, ReportDispenseParams, Request};

/// Money to be set aside for a payment to come.
#[derive(Debug, Clone)]
pub struct NewHold {
    id: Given<TransactionId>,
    amount: Given<Amount>,
    from: Option<Given<AccountId>>,
    to: Option<Given<AccountId>>,
    memo: Option<Given<Memo>>,
    lasts: Option<Duration>,
}

impl NewHold {
    /// `amount`, above zero, in the accounts' currency. Keep `id`: it names the hold, and the payment
    /// that it leads to.
    pub fn new(
        id: impl TryInto<TransactionId, Error: Display>,
        amount: impl TryInto<Amount, Error: Display>,
    ) -> NewHold {
        let (from, to, memo, lasts) = (None, None, None, None);
        NewHold { id: given("id", id), amount: given("amount", amount), from, to, memo, lasts }
    }

    /// Whose money; a session's own account unless given.
    #[must_use]
    pub fn from(mut self, account: impl TryInto<AccountId, Error: Display>) -> NewHold {
        self.from = Some(given("from", account));
        self
    }

    /// Who may capture it.
    #[must_use]
    pub fn to(mut self, account: impl TryInto<AccountId, Error: Display>) -> NewHold {
        self.to = Some(given("to", account));
        self
    }

    /// A word to both, 1 to 140 characters.
    #[must_use]
    pub fn memo(mut self, memo: impl TryInto<Memo, Error: Display>) -> NewHold {
        self.memo = Some(given("memo", memo));
        self
    }

    /// How long it may be captured: at most, and unless given, the policy's
    /// [`hold_time_max`](crate::policy::Policy::hold_time_max).
    #[must_use]
    pub fn lasts(mut self, lasts: Duration) -> NewHold {
        self.lasts = Some(lasts);
        self
    }

    /// What a client asks of the bank that it is connected to, logged in to `own` where it is.
    pub fn request(self, own: Option<AccountId>) -> Result<Request, Invalid> {
        is_own("from", self.from, own)?;
        let seconds = self.lasts.map_or(u64::MAX, |lasts| lasts.as_secs());
        Ok(Request::Authorise(AuthoriseParams {
            to: needed("to", self.to)?.to_string(),
            hold: self.id?,
            amount: self.amount?.to_string(),
            memo: optional(self.memo)?,
            duration_seconds: u32::try_from(seconds).unwrap_or(u32::MAX),
        }))
    }

    pub(in crate::bank) fn command(self, party: Party) -> Result<Command, Invalid> {
        let account = party.own("from", self.from)?;
        let (to, memo) = (needed("to", self.to)?, optional(self.memo)?);
        let purpose = PurposeRequest::Payment { to, memo, lasts: self.lasts.unwrap_or(Duration::MAX) };
        let (hold, amount) = (self.id?, self.amount?);
        Ok(Command::Authorise { account, actor: party.actor, hold, amount, purpose })
    }
}

/// A payment to be taken out of a hold.
#[derive(Debug, Clone)]
pub struct Capture {
    hold: Given<TransactionId>,
    amount: Option<Given<Amount>>,
}

impl Capture {
    /// All of it.
    pub fn all(hold: impl TryInto<TransactionId, Error: Display>) -> Capture {
        Capture { hold: given("hold", hold), amount: None }
    }

    /// `amount` of it; the rest is free again.
    pub fn part(
        hold: impl TryInto<TransactionId, Error: Display>,
        amount: impl TryInto<Amount, Error: Display>,
    ) -> Capture {
        Capture { hold: given("hold", hold), amount: Some(given("amount", amount)) }
    }

    /// What a client asks of the bank that it is connected to.
    pub fn request(self) -> Result<Request, Invalid> {
        let amount = optional(self.amount)?.map(|amount| amount.to_string());
        Ok(Request::Capture(CaptureParams { hold: self.hold?, amount }))
    }

    pub(in crate::bank) fn action(self) -> Result<(TransactionId, HoldAction), Invalid> {
        Ok((self.hold?, HoldAction::Capture { amount: optional(self.amount)? }))
    }
}

/// What came out of a dispense that was ordered.
#[derive(Debug, Clone)]
pub struct DispenseReport {
    hold: Given<TransactionId>,
    paid_out: PaidOut,
    notes: Vec<NoteCount>,
    undispensed_notes: UndispensedNotes,
}

#[derive(Debug, Clone)]
enum PaidOut {
    Amount(Given<Amount>),
    Unknown,
}

impl DispenseReport {
    /// `amount` came out, zero for nothing; the rest is the customer's again.
    pub fn amount(
        hold: impl TryInto<TransactionId, Error: Display>,
        amount: impl TryInto<Amount, Error: Display>,
    ) -> DispenseReport {
        DispenseReport::new(hold, PaidOut::Amount(given("amount", amount)))
    }

    /// Nobody knows what came out: the money waits in the suspense account.
    pub fn unknown(hold: impl TryInto<TransactionId, Error: Display>) -> DispenseReport {
        DispenseReport::new(hold, PaidOut::Unknown)
    }

    fn new(hold: impl TryInto<TransactionId, Error: Display>, paid_out: PaidOut) -> DispenseReport {
        let (notes, undispensed_notes) = (Vec::new(), UndispensedNotes::default());
        DispenseReport { hold: given("hold", hold), paid_out, notes, undispensed_notes }
    }

    /// Which notes came out, where the terminal counts them and it was neither all nor nothing.
    #[must_use]
    pub fn notes(mut self, notes: Vec<NoteCount>) -> DispenseReport {
        self.notes = notes;
        self
    }

    /// Where the notes are that did not come out; in the reject bin unless given.
    #[must_use]
    pub fn undispensed_notes(mut self, place: UndispensedNotes) -> DispenseReport {
        self.undispensed_notes = place;
        self
    }

    /// What a client asks of the bank that it is connected to.
    pub fn request(self) -> Result<Request, Invalid> {
        let amount = match self.paid_out {
            PaidOut::Amount(amount) => Some(amount?.to_string()),
            PaidOut::Unknown => None,
        };
        let place = self.undispensed_notes;
        let undispensed_notes = (place != UndispensedNotes::default()).then_some(place);
        let (hold, notes) = (self.hold?, self.notes);
        Ok(Request::ReportDispense(ReportDispenseParams { hold, amount, notes, undispensed_notes }))
    }

    pub(in crate::bank) fn action(self) -> Result<(TransactionId, HoldAction), Invalid> {
        let DispenseReport { hold, paid_out, notes, undispensed_notes } = self;
        let amount = match paid_out {
            PaidOut::Amount(amount) => Some(amount?),
            PaidOut::Unknown => None,
        };
        Ok((hold?, HoldAction::Dispensed { amount, notes, undispensed_notes }))
    }
}
