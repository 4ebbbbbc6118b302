//! `bankd` as its users meet it: the real program, its files, its sockets and its exit codes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod crash;
mod desk;
mod edges;
mod events;
mod export;
mod keep;
mod operate;
mod restart;
mod serve;
mod stop;
mod support;
