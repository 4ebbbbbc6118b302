//! The requests of programs: what each verb of [`Bank`](super::Bank) and [`Session`](super::Session)
//! needs, as structs whose constructors demand what can't be left out.
//!
//! Every value may be given as text (`"4.50"`, `"anna"`) or typed. A wrong one is reported when the
//! request is made, as [`Error::Invalid`](crate::error::Error::Invalid) with the name of its field.

mod account;
mod correction;
mod hold;
mod movement;
mod value;

pub use account::NewAccount;
pub use correction::{Adjustment, By, Reversal};
pub use hold::{Capture, DispenseReport, NewHold};
pub use movement::{Deposit, Transfer, TransferBatch, Withdrawal};

pub(super) use account::Login;
pub(super) use movement::Party;
pub(super) use value::given;
