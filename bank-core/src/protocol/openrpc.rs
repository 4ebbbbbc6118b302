//! The protocol as an OpenRPC document, made from the types that it is made of.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::{
    ChangeSecret, Code, Hello, LoggedIn, Login, Movement, Nothing, Statement, Transfer, VERSIONS, Welcome,
};
use crate::ledger::{Balance, Page, Receipt};

/// The version of OpenRPC that [`openrpc`] writes.
pub const OPENRPC_VERSION: &str = "1.3.2";

const ABOUT: &str = "A bank for terminals. One JSON-RPC 2.0 message a line, over TCP, TLS 1.3 or QUIC. \
    Requests have an id and parameters by name; there are no batches and no notifications. \
    docs/protocol.md tells what a schema can't: framing, the states of a channel, exclusion, time-outs.";

/// The protocol as an OpenRPC document.
#[must_use]
pub fn openrpc() -> Value {
    let mut document = Document::default();
    let methods = [
        document.method::<Hello, Welcome>("hello", "Says who speaks, and in which versions. Always first."),
        document.method::<Login, LoggedIn>("login", "Takes hold of an account."),
        document.method::<Nothing, Balance>("balance", "Asks what the account stands at."),
        document.method::<Movement, Receipt>("deposit", "Pays cash in."),
        document.method::<Movement, Receipt>("withdraw", "Draws cash."),
        document.method::<Transfer, Receipt>("transfer", "Pays another customer."),
        document.method::<Statement, Page>("statement", "Asks for a page of entries, newest first."),
        document.method::<ChangeSecret, Nothing>("change_secret", "Replaces the PIN or password."),
        document.method::<Nothing, Nothing>("ping", "Asks whether anybody is there."),
        document.method::<Nothing, Nothing>("logout", "Frees the account."),
    ];
    json!({
        "openrpc": OPENRPC_VERSION,
        "info": {
            "title": "bank",
            "description": ABOUT,
            "version": VERSIONS[1].to_string(),
            "license": { "name": "Apache-2.0 OR MIT" },
        },
        "methods": methods,
        "components": { "schemas": document.schemas(), "errors": errors() },
    })
}

/// The refusals that a request of `method` may meet, in the order in which they are looked for;
/// besides these, [`Code::NotJson`] and [`Code::NoSuchMethod`] befall requests that name none.
#[must_use]
pub fn errors_of(method: &str) -> Vec<Code> {
    use Code::*;

    let own: &[Code] = match method {
        "hello" => &[UnsupportedVersion],
        "login" => &[HelloRequired, AlreadyLoggedIn, BadCredentials, Locked, AccountInUse],
        "balance" | "statement" => &[HelloRequired, NotLoggedIn, SessionExpired],
        "deposit" => &[HelloRequired, NotLoggedIn, SessionExpired, IdReused, BadAmount, Frozen, LimitPassed],
        "withdraw" => &[
            HelloRequired,
            NotLoggedIn,
            SessionExpired,
            IdReused,
            BadAmount,
            Frozen,
            InsufficientFunds,
            OutOfCash,
        ],
        "transfer" => &[
            HelloRequired,
            NotLoggedIn,
            SessionExpired,
            IdReused,
            BadAmount,
            SameAccount,
            NoSuchPayee,
            OtherCurrency,
            Frozen,
            InsufficientFunds,
            LimitPassed,
        ],
        "change_secret" => &[HelloRequired, NotLoggedIn, WeakSecret, SessionExpired, Locked, BadCredentials],
        "logout" => &[HelloRequired, NotLoggedIn],
        _ => &[HelloRequired],
    };
    let checks_secret: &[Code] =
        if matches!(method, "login" | "change_secret") { &[Overloaded, ShuttingDown] } else { &[] };
    let asks_store: &[Code] = match method {
        "hello" | "ping" => &[],
        "balance" | "statement" | "logout" => &[StorageFailed],
        _ => &[StorageFailed, StorageFull],
    };
    [&[NotARequest, BadParameters], own, checks_secret, asks_store].concat()
}

fn errors() -> Map<String, Value> {
    let error = |code: &Code| json!({ "code": code.number(), "message": code.meaning() });
    Code::ALL.iter().map(|code| (format!("{code:?}"), error(code))).collect()
}

/// Parameters are described as they are read, results as they are written: what may be left out
/// differs.
struct Document {
    read: SchemaGenerator,
    written: SchemaGenerator,
}

impl Default for Document {
    fn default() -> Self {
        // OpenRPC builds on JSON Schema draft 7.
        let settings =
            || SchemaSettings::draft07().with(|s| s.definitions_path = "/components/schemas".into());
        Document {
            read: settings().for_deserialize().into_generator(),
            written: settings().for_serialize().into_generator(),
        }
    }
}

impl Document {
    fn method<P: JsonSchema, R: JsonSchema>(&mut self, name: &str, summary: &str) -> Value {
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
        json!({
            "name": name,
            "summary": summary,
            "paramStructure": "by-name",
            "params": params,
            "result": { "name": R::schema_name(), "schema": result },
            "errors": errors,
        })
    }

    fn schemas(mut self) -> Map<String, Value> {
        let mut schemas = self.read.take_definitions(true);
        schemas.extend(self.written.take_definitions(true));
        schemas
    }
}

/// Puts a schema that stands outside the definitions into the same dialect as those.
fn finish(generator: &mut SchemaGenerator, schema: &mut Schema) {
    for transform in generator.transforms_mut() {
        transform.transform(schema);
    }
}
