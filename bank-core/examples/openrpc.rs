//! Prints the protocol as an OpenRPC document.
//!
//! `cargo run -p bank-core --features schema --example openrpc > docs/openrpc.json`

fn main() {
    println!("{:#}", bank_core::protocol::openrpc());
}
