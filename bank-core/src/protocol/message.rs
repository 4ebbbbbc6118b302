//! JSON-RPC 2.0 messages, to and from frames.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeOwned, Error, IgnoredAny, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::{Code, Request};
use crate::bank::BankError;
use crate::ledger::Decline;

/// The longest text in a request's id, in characters.
pub const REQUEST_ID_CHARS_MAX: usize = 64;

/// The longest message that tells what is wrong with a frame, in characters.
const UNDECODABLE_CHARS_MAX: usize = 300;

/// A client's name for a request, which its answer repeats: a whole number or a short text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestId {
    /// A number from −2⁶³ to 2⁶³ − 1.
    Number(i64),
    /// A text of at most 64 characters.
    Text(String),
}

impl Serialize for RequestId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            RequestId::Number(number) => serializer.serialize_i64(*number),
            RequestId::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for RequestId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Id;

        impl Visitor<'_> for Id {
            type Value = RequestId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an id: a whole number or a text of at most {REQUEST_ID_CHARS_MAX} characters")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<RequestId, E> {
                Ok(RequestId::Number(number))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<RequestId, E> {
                i64::try_from(number).map(RequestId::Number).map_err(|_| E::custom("the id is too large"))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<RequestId, E> {
                if text.chars().count() > REQUEST_ID_CHARS_MAX {
                    return Err(E::custom("the id is too long"));
                }
                Ok(RequestId::Text(text.to_owned()))
            }
        }

        deserializer.deserialize_any(Id)
    }
}

/// A refusal as it travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message} (code {code})")]
pub struct Refusal {
    /// See [`Code`]; a later version of the protocol may know more.
    pub code: i32,
    /// For people: what is wrong and what to do.
    pub message: String,
    /// For programs: what goes with the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

impl Refusal {
    /// A refusal that says of `code` what it means.
    #[must_use]
    pub fn new(code: Code) -> Refusal {
        Refusal::because(code, code.meaning())
    }

    /// A refusal with words of its own.
    #[must_use]
    pub fn because(code: Code, message: impl Into<String>) -> Refusal {
        Refusal { code: code.number(), message: message.into(), data: None }
    }

    /// The code, where this version knows it.
    #[must_use]
    pub fn known_code(&self) -> Option<Code> {
        Code::from_number(self.code)
    }
}

impl From<&BankError> for Refusal {
    fn from(error: &BankError) -> Self {
        let data = match error {
            BankError::Declined(Decline::InsufficientFunds { available }) => {
                Some(serde_json::json!({ "available": available }))
            }
            BankError::Declined(Decline::IdReused { field }) => {
                Some(serde_json::json!({ "field": field.name() }))
            }
            _ => None,
        };
        Refusal { code: i32::from(error.code()), message: error.to_string(), data }
    }
}

/// A frame that holds no request, with the answer that it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecodable {
    /// The request's id, where there was one to read.
    pub id: Option<RequestId>,
    /// What is wrong with it.
    pub refusal: Refusal,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<'a> {
    #[serde(borrow)]
    jsonrpc: Cow<'a, str>,
    id: RequestId,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
}

/// Reads a request. Each object must be one, with known members, each once; arrays do not stand
/// for objects, and a request without an id is refused, since it could not be answered.
pub fn decode_request(frame: &[u8]) -> Result<(RequestId, Request), Undecodable> {
    let refuse = |id, refusal| Err(Undecodable { id, refusal });
    let Ok(text) = std::str::from_utf8(frame) else {
        return refuse(None, undecodable(Code::NotJson, &"it is not UTF-8"));
    };
    let envelope = match decode_envelope(text) {
        Ok(envelope) => envelope,
        Err(refusal) => return refuse(read_id(text), refusal),
    };
    match request(&envelope) {
        Ok(request) => Ok((envelope.id, request)),
        Err(refusal) => refuse(Some(envelope.id), refusal),
    }
}

fn decode_envelope(text: &str) -> Result<Envelope<'_>, Refusal> {
    if !starts_object(text) {
        serde_json::from_str::<IgnoredAny>(text).map_err(|error| undecodable(Code::NotJson, &error))?;
        return Err(undecodable(Code::NotARequest, &"it is one JSON object"));
    }
    let envelope: Envelope<'_> = serde_json::from_str(text).map_err(|error| match error.classify() {
        // What is read last may still not be JSON.
        Category::Data => match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => undecodable(Code::NotARequest, &error),
            Err(error) => undecodable(Code::NotJson, &error),
        },
        _ => undecodable(Code::NotJson, &error),
    })?;
    if envelope.jsonrpc != "2.0" {
        return Err(undecodable(Code::NotARequest, &"the member jsonrpc must be \"2.0\""));
    }
    Ok(envelope)
}

/// Says what is wrong with a frame, in few words: errors repeat what was sent, which may have been
/// as long as a frame, and their answer must fit one too.
fn undecodable(code: Code, why: &dyn fmt::Display) -> Refusal {
    let what = match code {
        Code::NotJson => "not JSON",
        Code::BadParameters => "bad params",
        _ => "not a request",
    };
    let mut message = format!("{what}: {why}");
    if let Some((end, _)) = message.char_indices().nth(UNDECODABLE_CHARS_MAX) {
        message.truncate(end);
        message.push('…');
    }
    Refusal::because(code, message)
}

fn request(envelope: &Envelope<'_>) -> Result<Request, Refusal> {
    let params = envelope.params;
    Ok(match envelope.method.as_ref() {
        "hello" => Request::Hello(parameters(params)?),
        "login" => Request::Login(parameters(params)?),
        "balance" => none(params, Request::Balance)?,
        "deposit" => Request::Deposit(parameters(params)?),
        "withdraw" => Request::Withdraw(parameters(params)?),
        "transfer" => Request::Transfer(parameters(params)?),
        "statement" => {
            Request::Statement(if params.is_some() { parameters(params)? } else { Default::default() })
        }
        "change_secret" => Request::ChangeSecret(parameters(params)?),
        "ping" => none(params, Request::Ping)?,
        "logout" => none(params, Request::Logout)?,
        _ => return Err(Refusal::new(Code::NoSuchMethod)),
    })
}

fn parameters<T: DeserializeOwned>(params: Option<&RawValue>) -> Result<T, Refusal> {
    let text = params.map_or("{}", RawValue::get);
    if !starts_object(text) {
        return Err(undecodable(Code::BadParameters, &"they are given by name, in an object"));
    }
    serde_json::from_str(text).map_err(|error| undecodable(Code::BadParameters, &error))
}

fn none(params: Option<&RawValue>, request: Request) -> Result<Request, Refusal> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct NoParameters {}

    parameters(params).map(|NoParameters {}| request)
}

fn starts_object(json: &str) -> bool {
    json.trim_ascii_start().starts_with('{')
}

fn read_id(text: &str) -> Option<RequestId> {
    #[derive(Deserialize)]
    struct OnlyId {
        id: RequestId,
    }

    if !starts_object(text) {
        return None;
    }
    serde_json::from_str::<OnlyId>(text).ok().map(|only| only.id)
}

/// The frame that answers request `id` with `result`.
#[must_use]
pub fn encode_result<T: Serialize>(id: &RequestId, result: &T) -> Vec<u8> {
    #[derive(Serialize)]
    struct Success<'a, T> {
        jsonrpc: &'static str,
        id: &'a RequestId,
        result: &'a T,
    }

    frame(&Success { jsonrpc: "2.0", id, result })
}

/// The frame that refuses request `id`; without an id, it speaks of the whole channel.
#[must_use]
pub fn encode_refusal(id: Option<&RequestId>, refusal: &Refusal) -> Vec<u8> {
    #[derive(Serialize)]
    struct Failure<'a> {
        jsonrpc: &'static str,
        id: Option<&'a RequestId>,
        error: &'a Refusal,
    }

    frame(&Failure { jsonrpc: "2.0", id, error: refusal })
}

/// The frame that asks `request` under the number `id`.
#[must_use]
pub fn encode_request(id: i64, request: &Request) -> Vec<u8> {
    #[derive(Serialize)]
    struct Asking<'a, T> {
        jsonrpc: &'static str,
        id: i64,
        method: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        params: Option<&'a T>,
    }

    fn ask<T: Serialize>(id: i64, method: &'static str, params: Option<&T>) -> Vec<u8> {
        frame(&Asking { jsonrpc: "2.0", id, method, params })
    }

    match request {
        Request::Hello(params) => ask(id, "hello", Some(params)),
        Request::Login(params) => ask(id, "login", Some(params)),
        Request::Balance => ask::<()>(id, "balance", None),
        Request::Deposit(params) => ask(id, "deposit", Some(params)),
        Request::Withdraw(params) => ask(id, "withdraw", Some(params)),
        Request::Transfer(params) => ask(id, "transfer", Some(params)),
        Request::Statement(params) => ask(id, "statement", Some(params)),
        Request::ChangeSecret(params) => ask(id, "change_secret", Some(params)),
        Request::Ping => ask::<()>(id, "ping", None),
        Request::Logout => ask::<()>(id, "logout", None),
    }
}

fn frame<T: Serialize>(message: &T) -> Vec<u8> {
    // Our own types have text keys and no fallible parts.
    serde_json::to_vec(message).unwrap_or_default()
}

/// An answer as a client reads it.
#[derive(Debug, Clone)]
pub struct Answer<T> {
    /// Whose answer it is; `None` where the server speaks of the whole channel.
    pub id: Option<RequestId>,
    /// The result, or the refusal.
    pub result: Result<T, Refusal>,
}

/// Reads an answer; unknown members are passed over, as later servers may send more.
pub fn decode_answer<T: DeserializeOwned>(frame: &[u8]) -> Result<Answer<T>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Incoming<'a> {
        id: Option<RequestId>,
        #[serde(borrow, default)]
        result: Option<&'a RawValue>,
        #[serde(default)]
        error: Option<Refusal>,
    }

    let incoming: Incoming<'_> = serde_json::from_slice(frame)?;
    let result = match (incoming.result, incoming.error) {
        (Some(result), None) => Ok(serde_json::from_str(result.get())?),
        (None, Some(refusal)) => Err(refusal),
        _ => return Err(Error::custom("an answer has either a result or an error")),
    };
    Ok(Answer { id: incoming.id, result })
}

#[cfg(test)]
mod tests;
