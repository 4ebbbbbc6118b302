//! What an operator does with a journal: verify it, read it, back it up and restore it.

pub(crate) mod backup;
pub(crate) mod head;
pub(crate) mod inspect;
pub(crate) mod progress;
pub(crate) mod verify;
