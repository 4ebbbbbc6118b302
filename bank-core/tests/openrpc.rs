//! docs/openrpc.json is what the types say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use bank_engine_core::protocol::{
    AdminRequest, Code, NoParams, Request, RpcError, decode_admin_request, decode_request, encode_request,
    openrpc,
};
use serde_json::Value;

const HOW_TO_WRITE: &str =
    "cargo run -p bank-engine-core --features schema --example openrpc > docs/openrpc.json";

/// What the server says to a request, on the kind of channel that its method is for.
fn refusal(method: &str, frame: &str) -> Option<RpcError> {
    let refused = if method.starts_with("admin.") {
        decode_admin_request(frame.as_bytes()).err()
    } else {
        decode_request(frame.as_bytes()).err()
    };
    refused.map(|refused| refused.error)
}

fn methods(document: &Value) -> &[Value] {
    document["methods"].as_array().unwrap()
}

#[test]
fn the_document_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openrpc.json");
    let written: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert!(
        written == openrpc(),
        "docs/openrpc.json is behind the types; write it anew with\n{HOW_TO_WRITE}"
    );
}

#[test]
fn every_method_is_one_that_the_server_knows() {
    let document = openrpc();
    let names: BTreeSet<&str> =
        methods(&document).iter().map(|method| method["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), methods(&document).len());
    let known: BTreeSet<&str> = Request::METHODS.iter().chain(AdminRequest::METHODS).copied().collect();
    assert_eq!(names, known);
    for name in &names {
        let frame = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{name}"}}"#);
        let code = refusal(name, &frame).map(|refusal| refusal.code);
        assert_ne!(code, Some(Code::NoSuchMethod.number()), "{name}");
    }
    for request in [Request::Balance(Default::default()), Request::Ping(NoParams {})] {
        let frame: Value = serde_json::from_slice(&encode_request(1, &request)).unwrap();
        assert!(names.contains(frame["method"].as_str().unwrap()), "{frame}");
    }
}

/// The members that a request must have are those without which the server refuses it.
#[test]
fn what_is_required_is_refused_when_missing() {
    for method in methods(&openrpc()) {
        let name = method["name"].as_str().unwrap();
        for param in method["params"].as_array().unwrap() {
            let required = param["required"].as_bool().unwrap();
            let param = param["name"].as_str().unwrap();
            let frame = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{name}"}}"#);
            let refused = refusal(name, &frame).is_some();
            assert!(refused || !required, "{name} is taken without {param}");
        }
        let frame = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{name}","params":{{"stranger":1}}}}"#);
        let refusal = refusal(name, &frame).unwrap();
        assert_eq!(refusal.code, Code::BadParameters.number(), "{name}");
        for param in method["params"].as_array().unwrap() {
            let param = format!("`{}`", param["name"].as_str().unwrap());
            assert!(refusal.message.contains(&param), "{name} does not know {param}: {}", refusal.message);
        }
    }
}

/// Every `$ref` leads to a component, every component is led to, and every code is an error of
/// some method, or of frames and channels.
#[test]
fn references_lead_somewhere_and_nothing_is_left_over() {
    fn collect<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|value| collect(value, found));
            }
            Value::Array(transfers) => transfers.iter().for_each(|value| collect(value, found)),
            _ => {}
        }
    }

    let document = openrpc();
    let mut led_to = BTreeSet::new();
    collect(&document, &mut led_to);
    for reference in &led_to {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference} leads nowhere");
    }
    for part in ["schemas", "errors"] {
        for name in document["components"][part].as_object().unwrap().keys() {
            let of_channels = ["NotJson", "NoSuchMethod", "RateLimited"].contains(&name.as_str());
            let used = led_to.contains(format!("#/components/{part}/{name}").as_str());
            assert!(used != of_channels, "{name}");
        }
    }
}
