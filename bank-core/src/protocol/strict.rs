//! Strict decoding of values inside parameters: unknown or repeated members are refused there too.
//!
//! Derived code takes an object that is given as an array of its values, and a word of an
//! enumeration that is given as an object. Neither is the protocol's.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, Error, Visitor};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};

use crate::money::Amount;
use crate::notes::NoteCount;

/// An array of objects.
pub(super) fn objects<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let items = Vec::<Item<T>>::deserialize(deserializer)?;
    Ok(items.into_iter().map(|Item(item)| item).collect())
}

/// Notes, by what each is worth; none where there is nothing.
pub(super) fn notes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<NoteCount>, D::Error> {
    notes_or_none(deserializer).map(Option::unwrap_or_default)
}

/// Notes, by what each is worth, or null.
pub(super) fn notes_or_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<NoteCount>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Notes {
        denomination: Amount,
        count: u32,
    }

    let count = |Item(Notes { denomination, count })| NoteCount { denomination, count };
    let notes = Option::<Vec<Item<Notes>>>::deserialize(deserializer)?;
    Ok(notes.map(|notes| notes.into_iter().map(count).collect()))
}

/// A value or null, distinguished from an absent member.
pub(super) fn given<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// A word of an enumeration, or null.
pub(super) fn word_or_none<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: DeserializeOwned,
    D: Deserializer<'de>,
{
    struct Maybe<T>(PhantomData<T>);

    impl<'de, T: DeserializeOwned> Visitor<'de> for Maybe<T> {
        type Value = Option<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a word or null")
        }

        fn visit_none<E: Error>(self) -> Result<Option<T>, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
            word(deserializer).map(Some)
        }
    }

    deserializer.deserialize_option(Maybe(PhantomData))
}

/// A word of an enumeration.
pub(super) fn word<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: DeserializeOwned,
    D: Deserializer<'de>,
{
    struct Word<T>(PhantomData<T>);

    impl<T: DeserializeOwned> Visitor<'_> for Word<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a word")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            T::deserialize(StrDeserializer::new(text))
        }
    }

    deserializer.deserialize_str(Word(PhantomData))
}

/// A value that is an object.
struct Item<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Item<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(OnlyObjects(deserializer)).map(Item)
    }
}

struct OnlyObjects<D>(D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for OnlyObjects<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use crate::protocol::{AdminRequest, Request, decode_admin_request, decode_request};

    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    fn frame(method: &str, params: &str) -> String {
        format!(r#"{{"jsonrpc":"2.0","id":7,"method":"{method}","params":{params}}}"#).replace("ID", ID)
    }

    fn code(method: &str, params: &str) -> Option<i32> {
        let frame = frame(method, params);
        let error = if method.starts_with("admin.") {
            decode_admin_request(frame.as_bytes()).err()
        } else {
            decode_request(frame.as_bytes()).err()
        };
        error.map(|undecodable| undecodable.error.code)
    }

    #[test]
    fn arrays_do_not_stand_for_objects_inside_either() {
        for (notes, refused) in [
            (r#"[{"denomination":"20","count":3}]"#, None),
            ("[]", None),
            ("null", None),
            (r#"[["20",3]]"#, Some(-32602)),
            (r#"{"denomination":"20","count":3}"#, Some(-32602)),
            (r#"[{"denomination":"20","count":3,"colour":"blue"}]"#, Some(-32602)),
            (r#"[{"denomination":"20","denomination":"20","count":3}]"#, Some(-32602)),
            (r#"[{"denomination":"20"}]"#, Some(-32602)),
            (r#"[{"denomination":20,"count":3}]"#, Some(-32602)),
            (r#"[{"denomination":"20","count":-1}]"#, Some(-32602)),
            (r#"[{"denomination":"20","count":4294967296}]"#, Some(-32602)),
            (r#"[{"denomination":"twenty","count":3}]"#, Some(-32602)),
            ("[null]", Some(-32602)),
            ("7", Some(-32602)),
        ] {
            let deposit = format!(r#"{{"transaction":"ID","amount":"60","notes":{notes}}}"#);
            assert_eq!(code("deposit", &deposit), refused, "{notes}");
            let count = format!(r#"{{"terminal":"lobby","notes":{notes},"reject_bin":{notes}}}"#);
            assert_eq!(code("admin.terminal.count", &count), refused, "{notes}");
        }
        for (transfers, refused) in [
            (r#"[{"transaction":"ID","to":"bert","amount":"1"}]"#, None),
            (r#"[{"transaction":"ID","to":"bert","amount":"1","memo":null}]"#, None),
            (r#"[["ID","bert","1",null]]"#, Some(-32602)),
            (r#"[{"transaction":"ID","to":"bert","amount":"1","from":"anna"}]"#, Some(-32602)),
            (r#"{"0":{"transaction":"ID","to":"bert","amount":"1"}}"#, Some(-32602)),
            ("null", Some(-32602)),
        ] {
            assert_eq!(
                code("transfer_batch", &format!(r#"{{"transfers":{transfers}}}"#)),
                refused,
                "{transfers}"
            );
        }
        assert_eq!(code("transfer_batch", "{}"), Some(-32602));
    }

    #[test]
    fn words_are_text_and_known() {
        for (direction, refused) in [
            (r#""both""#, None),
            (r#""debits""#, None),
            (r#"{"both":null}"#, Some(-32602)),
            (r#""Both""#, Some(-32602)),
            (r#""gone""#, Some(-32602)),
            ("1", Some(-32602)),
            ("null", Some(-32602)),
        ] {
            let params = format!(r#"{{"account":"anna","direction":{direction},"reason":"x"}}"#);
            assert_eq!(code("admin.account.freeze", &params), refused, "{direction}");
        }
    }

    #[test]
    fn the_longest_lists_are_read_and_no_longer_than_a_frame() {
        let notes = vec![r#"{"denomination":"5","count":1}"#; 2100].join(",");
        let deposit = frame("deposit", &format!(r#"{{"transaction":"ID","amount":"5","notes":[{notes}]}}"#));
        assert!(deposit.len() < 65_536);
        let Ok((_, Request::Deposit(deposit))) = decode_request(deposit.as_bytes()) else { panic!() };
        assert_eq!(deposit.notes.len(), 2100);
    }

    #[test]
    fn who_asks_is_no_parameter() {
        for (method, params) in [
            (
                "admin.adjust",
                r#"{"account":"anna","amount":"1","transaction":"ID","reason":"x","operator":"olga"}"#,
            ),
            ("admin.reverse", r#"{"original":"ID","transaction":"ID","reason":"x","operator":"olga"}"#),
            ("admin.account.set_limits", r#"{"account":"anna","reason":"x","operator":"olga"}"#),
            ("admin.terminal.close_day", r#"{"terminal":"lobby","transaction":"ID","operator":"olga"}"#),
        ] {
            assert_eq!(code(method, params), Some(-32602), "{method}");
            let without = params.replace(r#","operator":"olga""#, "");
            assert_eq!(code(method, &without), None, "{method}");
        }
    }

    #[test]
    fn no_error_repeats_a_key() {
        for key in ["1324", "[\"1324\"]", "{\"key\":\"1324\"}", "\"1324\\ud800\""] {
            for (method, params) in [
                ("terminal.login", format!(r#"{{"terminal":"lobby","key":{key}}}"#)),
                ("admin.terminal.add", format!(r#"{{"terminal":"lobby","key":{key}}}"#)),
                ("admin.account.add", format!(r#"{{"account":"anna","secret":{key}}}"#)),
            ] {
                let frame = frame(method, &params);
                let message = match decode_admin_request(frame.as_bytes()) {
                    Err(undecodable) if method.starts_with("admin.") => undecodable.error.message,
                    _ => decode_request(frame.as_bytes()).unwrap_err().error.message,
                };
                assert!(!message.contains("1324"), "{method} {key}: {message}");
            }
        }
        let add = frame("admin.terminal.add", r#"{"terminal":"lobby","key":"a secret key"}"#);
        let (_, request) = decode_admin_request(add.as_bytes()).unwrap();
        assert!(matches!(request, AdminRequest::AddTerminal(_)));
        assert!(!format!("{request:?}").contains("a secret key"));
    }
}
