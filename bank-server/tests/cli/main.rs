//! `bankd` as its users meet it: the real program, its files, its sockets and its exit codes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod crash;
mod edges;
mod events;
mod export;
mod maintenance;
mod operate;
mod operator_commands;
mod restart;
mod serve;
mod settings;
mod stop;
mod support;
