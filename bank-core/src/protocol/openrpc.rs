//! The protocol as an OpenRPC document, made from the types that it is made of.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::methods::Describe;
use super::{AdminRequest, Code, Request, VERSIONS};

/// The version of OpenRPC that [`openrpc`] writes.
pub const OPENRPC_VERSION: &str = "1.3.2";

const ABOUT: &str = "A bank for terminals, and for its operators, whose methods begin with admin. One JSON-RPC 2.0 message a line, over TCP, TLS 1.3 or QUIC. \
    Requests have an id and parameters by name; there are no batches and no notifications. \
    docs/protocol.md says what a schema can't: framing, the states of a channel, exclusion, time-outs.";

/// The protocol as an OpenRPC document.
#[must_use]
pub fn openrpc() -> Value {
    let mut document = Document::default();
    Request::describe(&mut document);
    AdminRequest::describe(&mut document);
    let Document { methods, mut read, mut written } = document;
    let mut schemas = read.take_definitions(true);
    schemas.extend(written.take_definitions(true));
    json!({
        "openrpc": OPENRPC_VERSION,
        "info": {
            "title": "bank",
            "description": ABOUT,
            "version": VERSIONS[1].to_string(),
            "license": { "name": "Apache-2.0 OR MIT" },
        },
        "methods": methods,
        "components": { "schemas": schemas, "errors": errors() },
    })
}

/// The errors that a request of `method` may meet, as a rule in the order in which they are checked;
/// besides these, a frame that names no known method meets [`Code::NotJson`] or
/// [`Code::NoSuchMethod`].
#[must_use]
pub fn errors_of(method: &str) -> Vec<Code> {
    Request::errors_of(method).or_else(|| AdminRequest::errors_of(method)).unwrap_or_default()
}

fn errors() -> Map<String, Value> {
    let error = |code: &Code| {
        let data = json!({ "response_code": code.response_code() });
        json!({ "code": code.number(), "message": code.meaning(), "data": data })
    };
    Code::ALL.iter().map(|code| (format!("{code:?}"), error(code))).collect()
}

/// Parameters are described as they are read, results as they are written: what may be left out
/// differs.
struct Document {
    methods: Vec<Value>,
    read: SchemaGenerator,
    written: SchemaGenerator,
}

impl Default for Document {
    fn default() -> Self {
        // OpenRPC builds on JSON Schema draft 7.
        let settings =
            || SchemaSettings::draft07().with(|s| s.definitions_path = "/components/schemas".into());
        Document {
            methods: Vec::new(),
            read: settings().for_deserialize().into_generator(),
            written: settings().for_serialize().into_generator(),
        }
    }
}

impl Describe for Document {
    fn method<P: JsonSchema, R: JsonSchema>(&mut self, name: &str, summary: &str) {
        if self.methods.iter().any(|method| method["name"] == name) {
            return;
        }
        let mut params = P::json_schema(&mut self.read);
        finish(&mut self.read, &mut params);
        let required: Vec<Value> =
            params.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let properties = params.get("properties").and_then(Value::as_object);
        let params: Vec<Value> = properties
            .into_iter()
            .flatten()
            .map(|(name, schema)| {
                json!({ "name": name, "required": required.contains(&json!(name)), "schema": schema })
            })
            .collect();
        let mut result = self.written.subschema_for::<R>();
        finish(&mut self.written, &mut result);
        let errors: Vec<Value> = errors_of(name)
            .iter()
            .map(|code| json!({ "$ref": format!("#/components/errors/{code:?}") }))
            .collect();
        self.methods.push(json!({
            "name": name,
            "summary": summary,
            "paramStructure": "by-name",
            "params": params,
            "result": { "name": R::schema_name(), "schema": result },
            "errors": errors,
        }));
    }
}

/// Gives a schema outside the definitions the same form as those.
fn finish(generator: &mut SchemaGenerator, schema: &mut Schema) {
    for transform in generator.transforms_mut() {
        transform.transform(schema);
    }
}
