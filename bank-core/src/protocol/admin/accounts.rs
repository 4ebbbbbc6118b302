//! Parameters and results of operators' methods that change accounts.

use serde::{Deserialize, Serialize};

use super::super::strict::{given, word};
use crate::account::{AccountId, Direction};
use crate::auth::Secret;
#[cfg(feature = "schema")]
use crate::ledger::MinimumBalance;
use crate::ledger::{Memo, Receipt, TransactionId};
#[cfg(feature = "schema")]
use crate::money::Amount;
use crate::money::CurrencyCode;

/// Parameters of `admin.account.add`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AddAccountParams {
    /// Its name. Where an account has it already, it must have been opened with just this.
    pub account: AccountId,
    /// What it counts in; the bank's currency unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<CurrencyCode>,
    /// Its first PIN or password; either this or `no_login`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// Whether nobody can log in to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_login: Option<bool>,
    /// Its lowest balance, zero or less, or `unlimited`; zero unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<MinimumBalance>"))]
    pub minimum_balance: Option<String>,
    /// What is paid in at the vault; nothing unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Amount>"))]
    pub balance: Option<String>,
    /// The client's id for that payment, which a balance above zero needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<TransactionId>,
    /// Whether its owner is to change the secret first of all; `true` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub must_change: Option<bool>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Memo>,
}

/// Result of `admin.account.add`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AddAccountResult {
    /// The receipt for the balance, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
    /// Whether the account was opened just so before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replayed: Option<bool>,
}

/// Parameters of methods that change one thing about an account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChangeAccountParams {
    /// The account's name.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub account: String,
    /// Why.
    pub reason: Memo,
}

/// Parameters of `admin.account.freeze`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FreezeParams {
    /// The account's name.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub account: String,
    /// Which movements.
    #[serde(deserialize_with = "word")]
    pub direction: Direction,
    /// Why.
    pub reason: Memo,
}

/// Result of `admin.account.freeze`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FreezeResult {
    /// The number of the freeze in the account, to thaw it by.
    pub freeze: u32,
}

/// Parameters of `admin.account.thaw`: the number of a freeze, or all.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ThawParams {
    /// The account's name.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub account: String,
    /// Which freeze.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freeze: Option<u32>,
    /// `true` for all of them, in place of a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all: Option<bool>,
    /// Why.
    pub reason: Memo,
}

/// Parameters of `admin.account.set_limits`: a limit that is left out stays, one that is null is
/// lifted.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SetLimitsParams {
    /// The account's name.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub account: String,
    /// The lowest balance, zero or less.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Amount>"))]
    pub minimum_balance: Option<Option<String>>,
    /// The most that one transaction may take out.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Amount>"))]
    pub transaction_max: Option<Option<String>>,
    /// The most that a business day's transactions and holds may take out together.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Amount>"))]
    pub day_amount_max: Option<Option<String>>,
    /// How many transactions and holds may take out something on a business day.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<u32>"))]
    pub day_count_max: Option<Option<u32>>,
    /// Why.
    pub reason: Memo,
}

/// Parameters of `admin.account.reset_secret`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ResetSecretParams {
    /// The account's name.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub account: String,
    /// A PIN or password that opens it once, to choose another.
    pub secret: Secret,
    /// Why.
    pub reason: Memo,
}
