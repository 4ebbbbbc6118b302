//! Values that a caller gives as text or typed.

use std::fmt::Display;

use crate::error::Invalid;

/// A value, or what is wrong with the text that was to be one.
pub(super) type Given<T> = Result<T, Invalid>;

/// Reads the value of the field `field`.
pub(in crate::bank) fn given<T>(field: &'static str, value: impl TryInto<T, Error: Display>) -> Given<T> {
    value.try_into().map_err(|why| Invalid::new(field, why.to_string()))
}

/// A value that may be left out.
pub(super) fn optional<T>(value: Option<Given<T>>) -> Given<Option<T>> {
    value.transpose()
}

/// A value that this call can't do without.
pub(super) fn needed<T>(field: &'static str, value: Option<Given<T>>) -> Given<T> {
    value.unwrap_or_else(|| Err(Invalid::new(field, "it is missing")))
}
