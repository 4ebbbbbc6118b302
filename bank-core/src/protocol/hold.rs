//! Holds on the wire: payments to be captured, and cash to be paid out.

use serde::{Deserialize, Serialize};

use super::strict::{notes, word_or_none};
#[cfg(feature = "schema")]
use crate::account::AccountId;
use crate::account::TerminalId;
use crate::auth::Secret;
use crate::ledger::{Memo, TransactionId, UndispensedNotes};
#[cfg(feature = "schema")]
use crate::money::Amount;
use crate::notes::NoteCount;

/// Parameters of `terminal.login`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TerminalLoginParams {
    /// The terminal's name.
    #[cfg_attr(feature = "schema", schemars(with = "TerminalId"))]
    pub terminal: String,
    /// Its key.
    pub key: Secret,
}

/// Result of `terminal.login`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TerminalLoginResult {
    /// The terminal that the channel is from.
    pub terminal: TerminalId,
    /// Seconds from authorising cash to ordering it, and from there to reporting what came out.
    pub dispense_seconds_max: u64,
}

/// Parameters of `authorise`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuthoriseParams {
    /// The client's id for the hold, and for the transaction to come.
    pub hold: TransactionId,
    /// The account of the payee, who may capture it.
    #[cfg_attr(feature = "schema", schemars(with = "AccountId"))]
    pub to: String,
    /// How much, as decimal text.
    #[cfg_attr(feature = "schema", schemars(with = "Amount"))]
    pub amount: String,
    /// A word to both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memo: Option<Memo>,
    /// How long the payee has.
    pub duration_seconds: u32,
}

/// Parameters of `capture`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CaptureParams {
    /// The id of the hold.
    pub hold: TransactionId,
    /// How much of it; all unless given. The rest is free again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Amount>"))]
    pub amount: Option<String>,
}

/// Parameters of `void` and `order`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HoldParams {
    /// The id of the hold.
    pub hold: TransactionId,
}

/// Parameters of `authorise_cash`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuthoriseCashParams {
    /// The client's id for the hold, and for the transaction to come.
    pub hold: TransactionId,
    /// How much, as decimal text.
    #[cfg_attr(feature = "schema", schemars(with = "Amount"))]
    pub amount: String,
}

/// Parameters of `dispensed`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReportDispenseParams {
    /// The id of the hold.
    pub hold: TransactionId,
    /// How much came out, zero for nothing; left out where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Amount>"))]
    pub amount: Option<String>,
    /// Which notes came out, where it was a part.
    #[serde(default, deserialize_with = "notes", skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<NoteCount>,
    /// Where the notes are that did not come out; in the reject bin unless given.
    #[serde(default, deserialize_with = "word_or_none", skip_serializing_if = "Option::is_none")]
    pub undispensed_notes: Option<UndispensedNotes>,
}
