//! The requests that a customer can make of the bank, each as data and the calls that make it.

pub mod answer;
pub mod movement;
pub mod statement;
pub mod transfer_file;
pub mod withdrawal;
