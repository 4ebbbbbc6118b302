//! Prints the protocol as an OpenRPC document.
//!
//! `cargo run -p bank-engine-core --features schema --example openrpc > docs/openrpc.json`

fn main() {
    println!("{:#}", bank_engine_core::protocol::openrpc());
}
