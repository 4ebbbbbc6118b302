//! Parameters of operators' methods about terminals and their cash.

use serde::{Deserialize, Serialize};

use super::super::strict::notes;
use crate::account::TerminalId;
use crate::auth::Secret;
use crate::ledger::{Memo, TransactionId};
#[cfg(feature = "schema")]
use crate::money::Amount;
use crate::money::CurrencyCode;
use crate::notes::NoteCount;

/// Parameters of `admin.terminal.add`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AddTerminalParams {
    /// Its name, not yet taken.
    pub terminal: TerminalId,
    /// The currency of its notes; the bank's currency unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<CurrencyCode>,
    /// What it will prove itself with: at least 32 hexadecimal digits, or 22 other characters.
    pub key: Secret,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Memo>,
}

/// Parameters of `admin.terminal.change_key`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChangeKeyParams {
    /// The terminal's name.
    pub terminal: TerminalId,
    /// What it will prove itself with: at least 32 hexadecimal digits, or 22 other characters.
    pub key: Secret,
    /// Why.
    pub reason: Memo,
}

/// Parameters of `admin.terminal.enable` and `admin.terminal.disable`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TerminalParams {
    /// The terminal's name.
    pub terminal: TerminalId,
    /// Why.
    pub reason: Memo,
}

/// Parameters of `admin.terminal.list`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ListTerminalsParams {
    /// Only those of a later name than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<TerminalId>,
    /// How many at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Parameters of `admin.terminal.load`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LoadCashParams {
    /// The terminal's name.
    pub terminal: TerminalId,
    /// The client's id for the movement.
    pub transaction: TransactionId,
    /// The currency; the terminal's own unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<CurrencyCode>,
    /// How much; the sum of the notes unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Amount>"))]
    pub amount: Option<String>,
    /// Which notes, where they are counted.
    #[serde(default, deserialize_with = "notes", skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<NoteCount>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Memo>,
}

/// Parameters of `admin.terminal.unload`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UnloadCashParams {
    /// The terminal's name.
    pub terminal: TerminalId,
    /// The client's id for the movement.
    pub transaction: TransactionId,
    /// The currency; the terminal's own unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<CurrencyCode>,
    /// How much; the sum of the notes unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Amount>"))]
    pub amount: Option<String>,
    /// Which notes, where they are counted.
    #[serde(default, deserialize_with = "notes", skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<NoteCount>,
    /// Why.
    pub reason: Memo,
}

/// Parameters of `admin.terminal.count`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CountCashParams {
    /// The terminal's name.
    pub terminal: TerminalId,
    /// The currency; the terminal's own unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<CurrencyCode>,
    /// How much; the sum of the notes unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Amount>"))]
    pub amount: Option<String>,
    /// Which notes, where they are counted.
    #[serde(default, deserialize_with = "notes", skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<NoteCount>,
    /// Those of the notes that are in the reject bin.
    #[serde(default, deserialize_with = "notes", skip_serializing_if = "Vec::is_empty")]
    pub reject_bin: Vec<NoteCount>,
}

/// Parameters of `admin.terminal.close_day`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CloseDayParams {
    /// The terminal's name.
    pub terminal: TerminalId,
    /// The id of the posting of the difference, unused where there is none.
    pub transaction: TransactionId,
    /// The currency; the terminal's own unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<CurrencyCode>,
    /// How much; the sum of the notes unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Amount>"))]
    pub amount: Option<String>,
    /// Which notes, where they are counted.
    #[serde(default, deserialize_with = "notes", skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<NoteCount>,
    /// Those of the notes that are in the reject bin.
    #[serde(default, deserialize_with = "notes", skip_serializing_if = "Vec::is_empty")]
    pub reject_bin: Vec<NoteCount>,
    /// Why; needed where there is a difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Memo>,
}
