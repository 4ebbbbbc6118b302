//! Certificates on disk, and handshakes between a client and a server without a network.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests fail by panicking
#![allow(clippy::result_large_err)] // TLS's own errors

mod handshake;
mod identity;
mod support;
mod trust;
