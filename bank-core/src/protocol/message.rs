//! JSON-RPC 2.0 messages, to and from frames.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeOwned, Error, IgnoredAny, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::{AdminRequest, Code, Notification, Request, RpcError};
use crate::account::AccountId;

/// The longest text in a request's id, in characters.
pub const REQUEST_ID_CHARS_MAX: usize = 64;

/// The longest message that reports what is wrong with a frame, in characters.
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

/// A frame that holds no request, with the answer that it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    /// The request's id, where there was one to read.
    pub id: Option<RequestId>,
    /// What is wrong with it.
    pub error: RpcError,
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

/// A table of methods, whose requests are read from frames and written to them.
pub(super) trait Methods: Sized {
    fn decode(method: &str, params: Option<&RawValue>) -> Result<Self, RpcError>;

    fn encode(&self, id: i64) -> Vec<u8>;
}

/// Reads a request of a customer or a terminal. Each object must be one, with known members, each
/// once; arrays are not taken for objects, and a request without an id is refused, since it could
/// not be answered. Operators' methods are none here.
pub fn decode_request(frame: &[u8]) -> Result<(RequestId, Request), DecodeError> {
    decode(frame)
}

/// Reads a request of an operator, in the same way. Customers' methods are none here, but for
/// those that both have.
pub fn decode_admin_request(frame: &[u8]) -> Result<(RequestId, AdminRequest), DecodeError> {
    decode(frame)
}

fn decode<M: Methods>(frame: &[u8]) -> Result<(RequestId, M), DecodeError> {
    let refuse = |id, error| Err(DecodeError { id, error });
    let Ok(text) = std::str::from_utf8(frame) else {
        return refuse(None, undecodable(Code::NotJson, &"it is not UTF-8"));
    };
    let envelope = match decode_envelope(text) {
        Ok(envelope) => envelope,
        Err(error) => return refuse(read_id(text), error),
    };
    match M::decode(&envelope.method, envelope.params) {
        Ok(request) => Ok((envelope.id, request)),
        Err(error) => refuse(Some(envelope.id), error),
    }
}

fn decode_envelope(text: &str) -> Result<Envelope<'_>, RpcError> {
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
fn undecodable(code: Code, why: &dyn fmt::Display) -> RpcError {
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
    RpcError::because(code, message)
}

/// Reads a method's parameters; none are as good as an empty object.
pub(super) fn parameters<T: DeserializeOwned>(params: Option<&RawValue>) -> Result<T, RpcError> {
    let text = params.map_or("{}", RawValue::get);
    if !starts_object(text) {
        return Err(undecodable(Code::BadParameters, &"they are given by name, in an object"));
    }
    serde_json::from_str(text).map_err(|error| undecodable(Code::BadParameters, &error))
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
pub fn encode_refusal(id: Option<&RequestId>, error: &RpcError) -> Vec<u8> {
    #[derive(Serialize)]
    struct Failure<'a> {
        jsonrpc: &'static str,
        id: Option<&'a RequestId>,
        error: &'a RpcError,
    }

    frame(&Failure { jsonrpc: "2.0", id, error })
}

/// The frame of a notification.
#[must_use]
pub fn encode_notification(notification: &Notification) -> Vec<u8> {
    #[derive(Serialize)]
    struct Notifying<T> {
        jsonrpc: &'static str,
        method: &'static str,
        params: T,
    }

    #[derive(Serialize)]
    struct Account<'a> {
        account: &'a AccountId,
    }

    match notification {
        Notification::SessionEnded { account } => {
            frame(&Notifying { jsonrpc: "2.0", method: "session_ended", params: Account { account } })
        }
    }
}

/// The frame that asks `request` under the number `id`.
#[must_use]
pub fn encode_request(id: i64, request: &Request) -> Vec<u8> {
    request.encode(id)
}

/// The frame that asks an operator's `request` under the number `id`.
#[must_use]
pub fn encode_admin_request(id: i64, request: &AdminRequest) -> Vec<u8> {
    request.encode(id)
}

pub(super) fn ask<T: Serialize>(id: i64, method: &str, params: &T) -> Vec<u8> {
    #[derive(Serialize)]
    struct Asking<'a, T> {
        jsonrpc: &'static str,
        id: i64,
        method: &'a str,
        params: &'a T,
    }

    frame(&Asking { jsonrpc: "2.0", id, method, params })
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
    pub result: Result<T, RpcError>,
}

/// Reads an answer; unknown members are passed over, as later servers may send more.
pub fn decode_answer<T: DeserializeOwned>(frame: &[u8]) -> Result<Answer<T>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Incoming<'a> {
        id: Option<RequestId>,
        #[serde(borrow, default)]
        result: Option<&'a RawValue>,
        #[serde(default)]
        error: Option<RpcError>,
    }

    let incoming: Incoming<'_> = serde_json::from_slice(frame)?;
    let result = match (incoming.result, incoming.error) {
        (Some(result), None) => Ok(serde_json::from_str(result.get())?),
        (None, Some(error)) => Err(error),
        _ => return Err(Error::custom("an answer has either a result or an error")),
    };
    Ok(Answer { id: incoming.id, result })
}

#[cfg(test)]
mod tests;
