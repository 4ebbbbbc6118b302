//! Makes typed values from text: in JSON, and where a program may give either.

use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// Lets programs give text where a value of this type is asked for.
macro_rules! from_text {
    ($($type:ty),+) => { $(
        impl TryFrom<&str> for $type {
            type Error = <$type as std::str::FromStr>::Err;

            fn try_from(text: &str) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl TryFrom<String> for $type {
            type Error = <$type as std::str::FromStr>::Err;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl TryFrom<&String> for $type {
            type Error = <$type as std::str::FromStr>::Err;

            fn try_from(text: &String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }
    )+ };
}

pub(crate) use from_text;

/// Deserializes `T` from a string by its `FromStr`; `expecting` names it in errors.
pub(crate) fn deserialize<'de, T, D>(deserializer: D, expecting: &'static str) -> Result<T, D::Error>
where
    T: FromStr<Err: Display>,
    D: Deserializer<'de>,
{
    struct Text<T>(&'static str, PhantomData<T>);

    impl<T: FromStr<Err: Display>> Visitor<'_> for Text<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }

    deserializer.deserialize_str(Text(expecting, PhantomData))
}
