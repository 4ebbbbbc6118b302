//! JSON Schemas of the types that are text on the wire, for those whose `Serialize` is written by
//! hand. The patterns say what `FromStr` reads and `Display` writes.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::account::{AccountId, TerminalId};
use crate::auth::Secret;
use crate::day::Day;
use crate::ledger::{Memo, MinimumBalance, TransactionId};
use crate::money::{Amount, CurrencyCode};
use crate::operator::Operator;
use crate::time::Timestamp;

macro_rules! text {
    ($type:ident, $description:literal, { $($keyword:literal: $value:tt),* $(,)? }) => {
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "description": $description, $($keyword: $value),* })
            }
        }
    };
}

text! {
    AccountId,
    "An account's name. Names are compared byte for byte.",
    { "pattern": "^[A-Za-z0-9._:@+/-]{1,34}$", "examples": ["ac-12345"] }
}

text! {
    Amount,
    "A decimal number as text, never rounded. The server writes as many decimals as the currency has.",
    { "pattern": r"^-?[0-9]+(\.[0-9]{1,18})?$", "examples": ["20.00"] }
}

text! {
    MinimumBalance,
    "A decimal number as text, zero or less, or `unlimited`.",
    { "pattern": r"^(-?[0-9]+(\.[0-9]{1,18})?|unlimited)$", "examples": ["-20.00", "unlimited"] }
}

text! {
    CurrencyCode,
    "The alphabetic code of a currency of ISO 4217, or of a unit that the bank declared.",
    { "pattern": "^[A-Z][A-Z0-9]{2,11}$", "examples": ["USD", "POINTS"] }
}

text! {
    Day,
    "A business day, as a date of ISO 8601.",
    { "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "examples": ["2026-01-31"] }
}

text! {
    Operator,
    "Who acts for the bank: a user of its machine, or a program after `program:`.",
    { "minLength": 1, "maxLength": 72, "pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$" }
}

text! {
    TerminalId,
    "A terminal's name.",
    { "pattern": "^[A-Za-z0-9._:@+/-]{1,29}$", "examples": ["lobby"] }
}

text! {
    Memo,
    "A word to the payee, without control characters.",
    { "minLength": 1, "maxLength": 140, "pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$" }
}

text! {
    Secret,
    "A PIN of 4 to 12 digits, or a password of 8 to 64 characters without control characters. Text, never a number.",
    { "format": "password", "writeOnly": true }
}

text! {
    Timestamp,
    "An instant of RFC 3339 in UTC, with milliseconds.",
    {
        "format": "date-time",
        "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$",
        "examples": ["2026-01-31T12:00:00.000Z"],
    }
}

text! {
    TransactionId,
    "A client's name for one movement of money: a UUID (RFC 9562) other than the nil one, version 7 advised.",
    {
        "format": "uuid",
        "pattern": "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$",
        "examples": ["01890a5d-ac96-774b-bcce-b302099a8057"],
    }
}
