//! One step of a dispense, as the terminal's journal records it.

use bank_engine::ledger::TransactionId;
use bank_engine::money::Amount;
use bank_engine::notes::NoteCount;
use serde::{Deserialize, Serialize};

/// How far a dispense got, as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "did", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum JournalStep {
    /// The bank is about to be asked to set money aside.
    Intended {
        /// The dispense.
        hold: TransactionId,
        /// How much was asked for.
        amount: Amount,
    },
    /// The bank is about to be asked to order the dispense.
    Ordering {
        /// The dispense.
        hold: TransactionId,
    },
    /// The bank agreed, and the mechanism is about to pay out.
    Dispensing {
        /// The dispense.
        hold: TransactionId,
        /// With which notes, where they are counted.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        notes: Vec<NoteCount>,
    },
    /// The mechanism reported what came out.
    Dispensed {
        /// The dispense.
        hold: TransactionId,
        /// How much.
        amount: Amount,
        /// Which notes, where they are counted.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        notes: Vec<NoteCount>,
    },
    /// The bank knows all that there is to know.
    Settled {
        /// The dispense.
        hold: TransactionId,
    },
}
