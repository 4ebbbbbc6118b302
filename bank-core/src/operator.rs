//! Operators: who acts for the bank, and with which reason.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ledger::Memo;
use crate::time::Timestamp;

/// The longest [`OperatorName`] in characters.
pub const OPERATOR_CHARS_MAX: usize = 64;

/// The prefix of a program's name in its text form.
const PROGRAM: &str = "program:";

/// The longest text form of an [`Operator`] in bytes.
pub const OPERATOR_BYTES_MAX: usize = PROGRAM.len() + 4 * OPERATOR_CHARS_MAX;

/// Who acts for the bank. Records, the wire and exports have the text form: a user's name as it is,
/// a program's after `program:`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operator {
    /// A user of the machine that the bank runs on, as its list of users names them.
    UnixUser(OperatorName),
    /// A program that embeds the bank, by the name that it gives itself.
    Program(OperatorName),
}

/// An operator's name: 1 to 64 characters without control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorName(Box<str>);

impl Operator {
    /// A user of the machine.
    ///
    /// Errors: the name is none, or would read as a program's.
    pub fn unix_user(name: &str) -> Result<Operator, NotAnOperator> {
        if name.starts_with(PROGRAM) { Err(NotAnOperator) } else { name.parse().map(Operator::UnixUser) }
    }

    /// The program that embeds the bank.
    ///
    /// Errors: the name is none.
    pub fn program(name: &str) -> Result<Operator, NotAnOperator> {
        name.parse().map(Operator::Program)
    }

    /// The text form, which [`FromStr`] reads.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Operator::UnixUser(name) => Cow::Borrowed(&name.0),
            Operator::Program(name) => Cow::Owned(format!("{PROGRAM}{}", name.0)),
        }
    }
}

impl OperatorName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Not an operator's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an operator's name; use 1 to 64 characters without control characters")]
pub struct NotAnOperator;

impl FromStr for OperatorName {
    type Err = NotAnOperator;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=OPERATOR_CHARS_MAX).contains(&text.chars().count());
        if fits && !text.chars().any(char::is_control) {
            Ok(OperatorName(text.into()))
        } else {
            Err(NotAnOperator)
        }
    }
}

impl FromStr for Operator {
    type Err = NotAnOperator;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix(PROGRAM) {
            Some(name) => Operator::program(name),
            None => Operator::unix_user(text),
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl Serialize for Operator {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl<'de> Deserialize<'de> for Operator {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::deserialize(deserializer, "an operator's name")
    }
}

/// That an operator changed something about an account, kept with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Note {
    /// Who.
    pub operator: Operator,
    /// Why; always there where a reason is required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Memo>,
    /// When.
    pub at: Timestamp,
}

/// Who asks for something on the bank's behalf, and why, where a reason may be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// Who.
    pub operator: Operator,
    /// Why.
    pub reason: Option<Memo>,
}

impl Instruction {
    /// An instruction with a reason.
    #[must_use]
    pub fn because(operator: Operator, reason: Memo) -> Instruction {
        Instruction { operator, reason: Some(reason) }
    }

    pub(crate) fn noted(&self, at: Timestamp) -> Note {
        Note { operator: self.operator.clone(), reason: self.reason.clone(), at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_form_says_whether_a_user_or_a_program_acted() {
        let user = Operator::unix_user("olga").unwrap();
        let program = Operator::program("payroll").unwrap();
        assert_eq!((user.text(), program.text()), ("olga".into(), "program:payroll".into()));
        for operator in [user, program, Operator::program(&"𝄞".repeat(OPERATOR_CHARS_MAX)).unwrap()] {
            assert!(operator.text().len() <= OPERATOR_BYTES_MAX);
            assert_eq!(operator.text().parse(), Ok(operator.clone()));
        }
        let long = "x".repeat(OPERATOR_CHARS_MAX + 1);
        assert_eq!(Operator::unix_user("program:payroll"), Err(NotAnOperator));
        for text in ["", "program:", "a\nb", &long, &format!("program:{long}")] {
            assert_eq!(text.parse::<Operator>(), Err(NotAnOperator), "{text:?}");
        }
    }
}
