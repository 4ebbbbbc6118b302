//! What the command lines of `bankd` and `atm` have in common.
//!
//! - [`csv`]: lines of CSV files, and what they are instead.
//! - [`environment`]: variables that are set to nothing.
//! - [`exit`]: what exit codes mean, and errors for programs.
//! - [`prompt`]: what is typed unseen, and a terminal that shows again what is typed.
//! - [`stdout`]: answers whose reader may be gone.
//! - [`text`]: text from files and inputs.

pub mod csv;
pub mod environment;
pub mod exit;
pub mod prompt;
pub mod stdout;
pub mod text;
