//! The error object of a JSON-RPC answer.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Code;
use crate::ledger::{Decline, NotesFault};

/// What programs find the [response code](Code::response_code) under in a refusal's data.
const RESPONSE_CODE: &str = "response_code";

/// A refusal as it travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message} (code {code})")]
pub struct RpcError {
    /// See [`Code`]; a later version of the protocol may know more.
    pub code: i32,
    /// For people: what is wrong and what to do.
    pub message: String,
    /// For programs: what goes with the code, an object; `response_code` at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

impl RpcError {
    /// A refusal that says of `code` what it means.
    #[must_use]
    pub fn new(code: Code) -> RpcError {
        RpcError::because(code, code.meaning())
    }

    /// A refusal with words of its own.
    #[must_use]
    pub fn because(code: Code, message: impl Into<String>) -> RpcError {
        let data = Some(json!({ RESPONSE_CODE: code.response_code() }));
        RpcError { code: code.number(), message: message.into(), data }
    }

    /// The same with another member in its data.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> RpcError {
        let data = self.data.get_or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(members) = data {
            members.insert(member.to_owned(), value.into());
        }
        self
    }

    /// The code, where this version knows it.
    #[must_use]
    pub fn known_code(&self) -> Option<Code> {
        Code::from_number(self.code)
    }

    /// The response code of ISO 8583, field 39, that the server sent.
    #[must_use]
    pub fn response_code(&self) -> Option<&str> {
        self.data.as_ref()?.get(RESPONSE_CODE)?.as_str()
    }
}

impl From<&Decline> for RpcError {
    fn from(decline: &Decline) -> Self {
        let Some(code) = Code::from_number(decline.code().into()) else {
            return RpcError::new(Code::StorageFailed);
        };
        with_data(RpcError::because(code, decline.to_string()), decline)
    }
}

fn with_data(error: RpcError, decline: &Decline) -> RpcError {
    match decline {
        Decline::InsufficientFunds { available } => error.with("available", available.to_string()),
        Decline::OutOfCash { largest } => error.with("largest", largest.to_string()),
        Decline::IdReused { field } | Decline::AccountExists { field } => error.with("field", field.name()),
        Decline::TransactionLimit { limit } => error.with("limit", limit.to_string()),
        Decline::DayAmountLimit { limit, left, day } => {
            error.with("limit", limit.to_string()).with("left", left.to_string()).with("day", day.to_string())
        }
        Decline::DayCountLimit { limit, day } => {
            error.with("limit", *limit).with("left", 0).with("day", day.to_string())
        }
        Decline::NotesUnavailable { lower, higher } => {
            let near = [("lower", lower), ("higher", higher)];
            let known = near.into_iter().filter_map(|(name, amount)| Some((name, (*amount)?)));
            known.fold(error, |error, (name, amount)| error.with(name, amount.to_string()))
        }
        Decline::BadNotes { fault } => {
            let error = error.with("fault", fault.name());
            match fault {
                NotesFault::OtherSum { notes, amount } => {
                    error.with("notes", notes.to_string()).with("amount", amount.to_string())
                }
                NotesFault::OtherCurrency { currency } => error.with("currency", currency.to_string()),
                _ => error,
            }
        }
        Decline::HoldExceeded { held } => error.with("held", held.to_string()),
        Decline::TooManyFreezes { freezes_max } => error.with("freezes_max", *freezes_max),
        Decline::TooManyHolds { holds_max } => error.with("holds_max", *holds_max),
        Decline::BadTransferBatch { transfers_max } => error.with("transfers_max", *transfers_max),
        Decline::IdTwice { transfers: [first, second] } => {
            error.with("first_transfer", *first).with("transfer", *second)
        }
        Decline::InTransferBatch { number, why } => with_data(error.with("transfer", *number), why),
        Decline::AccountNotEmpty { balance } => error.with("balance", balance.to_string()),
        Decline::ReversalExceeds { amount } => error.with("amount", amount.to_string()),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(decline: Decline) -> Value {
        RpcError::from(&decline).data.unwrap()
    }

    #[test]
    fn what_a_decline_carries_travels_with_it() {
        let [limit, left] = ["50.00", "7.50"].map(|text| text.parse().unwrap());
        let day = "2026-01-31".parse().unwrap();
        assert_eq!(
            data(Decline::DayAmountLimit { limit, left, day }),
            json!({ "response_code": "61", "limit": "50.00", "left": "7.50", "day": "2026-01-31" })
        );
        assert_eq!(
            data(Decline::DayCountLimit { limit: 3, day }),
            json!({ "response_code": "65", "limit": 3, "left": 0, "day": "2026-01-31" })
        );
        assert_eq!(
            data(Decline::NotesUnavailable { lower: None, higher: Some(limit) }),
            json!({ "response_code": "13", "higher": "50.00" })
        );
        let why = Box::new(Decline::InsufficientFunds { available: left });
        assert_eq!(
            data(Decline::InTransferBatch { number: 2, why }),
            json!({ "response_code": "51", "transfer": 2, "available": "7.50" })
        );
        assert_eq!(
            data(Decline::HoldExceeded { held: limit }),
            json!({ "response_code": "13", "held": "50.00" })
        );
    }

    #[test]
    fn every_refusal_has_a_response_code() {
        for code in Code::ALL {
            let error = RpcError::new(*code);
            assert_eq!(error.response_code(), Some(code.response_code()));
        }
    }
}
