//! The limits of a server.

use std::time::Duration;

use bank_engine::server::Limits;
use clap::Args;

use crate::cli::values::{self, duration};

/// What clients may use up, as flags.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// Connections at once, in all
    #[arg(long, value_name = "N", default_value_t = 4096, value_parser = values::count)]
    pub connections: usize,
    /// Connections at once from one host
    #[arg(long, value_name = "N", default_value_t = 1100, value_parser = values::count)]
    pub connections_a_peer: usize,
    /// Channels at once, in all
    #[arg(long, value_name = "N", default_value_t = 16_384, value_parser = values::count)]
    pub channels: usize,
    /// Channels at once on one connection
    #[arg(long, value_name = "N", default_value_t = 1100, value_parser = values::count)]
    pub channels_a_connection: usize,
    /// From a connection to its first message
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub first_message: Duration,
    /// Between two messages on a channel
    #[arg(long, value_name = "TIME", default_value = "300s", value_parser = duration)]
    pub idle: Duration,
    /// For what is in flight when the server stops
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub drain: Duration,
}

impl LimitArgs {
    /// These flags as the server takes them.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits {
            connections_max: self.connections,
            connections_a_peer_max: self.connections_a_peer,
            channels_a_connection_max: self.channels_a_connection,
            channels_max: self.channels,
            first_message_time_max: self.first_message,
            idle_time_max: self.idle,
            drain_time_max: self.drain,
            ..Limits::default()
        }
    }
}
