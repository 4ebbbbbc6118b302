//! Environment variables.

use clap::Command;
use clap::builder::Resettable;

/// The same command line, for which a variable that is set to nothing counts as unset.
#[must_use]
pub fn without_empty_variables(command: Command) -> Command {
    let command = command.mut_args(|arg| {
        let is_empty = arg.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
        if is_empty { arg.env(Resettable::Reset) } else { arg }
    });
    command.mut_subcommands(without_empty_variables)
}
