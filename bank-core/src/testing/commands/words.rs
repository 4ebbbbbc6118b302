//! Random actors, memos and reasons.

use crate::ledger::Memo;
use crate::operator::{Instruction, Operator};

pub(super) fn instruction() -> Instruction {
    Instruction::because(operator(), reason())
}

pub(super) fn operator() -> Operator {
    "teller".parse().expect("an operator's name")
}

pub(super) fn reason() -> Memo {
    "a test".parse().expect("a reason")
}
