//! The protocol as an OpenRPC document, made from the types that it is made of.

mod errors;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::{
    AccountBalanceParams, AccountParams, AccountStatementParams, AddAccountParams, AddAccountResult,
    AddTerminalParams, AdjustParams, AuthoriseCashParams, AuthoriseParams, BalanceParams, CaptureParams,
    ChangeAccountParams, ChangeKeyParams, ChangeSecretParams, CloseDayParams, Code, CountCashParams,
    DepositParams, EmptyResult, FreezeParams, FreezeResult, HelloParams, HelloResult, HoldParams,
    ListAccountsParams, ListHoldsParams, ListTerminalsParams, LoadCashParams, LoginParams, LoginResult,
    NoParams, ReportDispenseParams, ResetSecretParams, ResolveHoldParams, ReverseParams, SetLimitsParams,
    StatementParams, TerminalLoginParams, TerminalLoginResult, TerminalParams, ThawParams,
    TransferBatchParams, TransferBatchPartParams, TransferBatchPartResult, TransferBatchResult,
    TransferParams, TrialBalanceResult, UnloadCashParams, VERSIONS, WithdrawParams,
};
use crate::ledger::{
    AccountDetails, AccountPage, Authorisation, Balance, CashCount, HoldPage, Page, Receipt, Settlement,
    TerminalPage,
};

pub use errors::errors_of;

/// The version of OpenRPC that [`openrpc`] writes.
pub const OPENRPC_VERSION: &str = "1.3.2";

const ABOUT: &str = "A bank for terminals, and for its operators, whose methods begin with admin. One JSON-RPC 2.0 message a line, over TCP, TLS 1.3 or QUIC. \
    Requests have an id and parameters by name; there are no batches and no notifications. \
    docs/protocol.md says what a schema can't: framing, the states of a channel, exclusion, time-outs.";

/// The protocol as an OpenRPC document.
#[must_use]
pub fn openrpc() -> Value {
    let mut document = Document::default();
    let mut methods = of_customers(&mut document);
    methods.extend(of_operators(&mut document));
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

fn of_customers(document: &mut Document) -> Vec<Value> {
    vec![
        document.method::<HelloParams, HelloResult>(
            "hello",
            "Says who speaks, and in which versions. Always first.",
        ),
        document.method::<TerminalLoginParams, TerminalLoginResult>(
            "terminal.login",
            "Stands at a terminal, proven by its key.",
        ),
        document.method::<LoginParams, LoginResult>("login", "Takes hold of an account."),
        document.method::<BalanceParams, Balance>("balance", "Asks what the account stands at, or stood at."),
        document.method::<DepositParams, Receipt>("deposit", "Pays cash in."),
        document.method::<WithdrawParams, Receipt>("withdraw", "Draws cash."),
        document.method::<TransferParams, Receipt>("transfer", "Pays another customer."),
        document.method::<TransferBatchParams, TransferBatchResult>(
            "transfer_batch",
            "Makes transfers, all of them or none.",
        ),
        document.method::<AuthoriseParams, Authorisation>("authorise", "Sets money aside for a payment."),
        document.method::<CaptureParams, Settlement>("capture", "Takes a payment that was authorised."),
        document.method::<HoldParams, Settlement>("void", "Gives up a hold."),
        document.method::<AuthoriseCashParams, Authorisation>(
            "authorise_cash",
            "Sets money aside for cash to be paid out.",
        ),
        document.method::<HoldParams, Settlement>(
            "order_dispense",
            "Reports that the cash is about to be paid out.",
        ),
        document.method::<ReportDispenseParams, Settlement>("report_dispense", "Reports what came out."),
        document.method::<StatementParams, Page>("statement", "Asks for a page of entries, newest first."),
        document.method::<ChangeSecretParams, EmptyResult>("change_secret", "Replaces the PIN or password."),
        document.method::<NoParams, EmptyResult>("ping", "Asks whether anybody is there."),
        document.method::<NoParams, EmptyResult>("logout", "Frees the account."),
    ]
}

fn of_operators(document: &mut Document) -> Vec<Value> {
    vec![
        document.method::<AddAccountParams, AddAccountResult>("admin.account.add", "Opens an account."),
        document.method::<AccountParams, AccountDetails>(
            "admin.account.show",
            "Asks for all about an account but its secret.",
        ),
        document.method::<ListAccountsParams, AccountPage>(
            "admin.account.list",
            "Asks for accounts in the order in which they were opened.",
        ),
        document
            .method::<FreezeParams, FreezeResult>("admin.account.freeze", "Forbids movements of an account."),
        document.method::<ThawParams, EmptyResult>("admin.account.thaw", "Takes freezes off an account."),
        document.method::<ChangeAccountParams, EmptyResult>("admin.account.close", "Closes an account."),
        document.method::<ChangeAccountParams, EmptyResult>(
            "admin.account.reopen",
            "Opens a closed account again.",
        ),
        document.method::<SetLimitsParams, EmptyResult>(
            "admin.account.set_limits",
            "Changes some limits of an account; the others stay.",
        ),
        document.method::<ResetSecretParams, EmptyResult>(
            "admin.account.reset_secret",
            "Gives an account a secret that its owner has to change.",
        ),
        document.method::<ChangeAccountParams, EmptyResult>(
            "admin.account.unlock",
            "Forgets the tries charged to an account.",
        ),
        document.method::<AccountStatementParams, Page>(
            "admin.account.statement",
            "Asks for a page of an account's entries, newest first.",
        ),
        document.method::<AccountBalanceParams, Balance>(
            "admin.account.balance",
            "Asks what an account stands at, or stood at.",
        ),
        document.method::<ListAccountsParams, AccountPage>(
            "admin.session.list",
            "Asks for the accounts that are in use.",
        ),
        document.method::<ChangeAccountParams, EmptyResult>(
            "admin.session.end",
            "Ends the session that holds an account.",
        ),
        document.method::<AddTerminalParams, EmptyResult>(
            "admin.terminal.add",
            "Makes a terminal known by its key.",
        ),
        document.method::<ChangeKeyParams, EmptyResult>(
            "admin.terminal.change_key",
            "Gives a terminal another key.",
        ),
        document.method::<TerminalParams, EmptyResult>(
            "admin.terminal.enable",
            "Lets customers move cash at a terminal again.",
        ),
        document.method::<TerminalParams, EmptyResult>(
            "admin.terminal.disable",
            "Takes a terminal out of service.",
        ),
        document.method::<ListTerminalsParams, TerminalPage>(
            "admin.terminal.list",
            "Asks for the terminals, by name.",
        ),
        document.method::<LoadCashParams, Receipt>("admin.terminal.load", "Puts cash into a terminal."),
        document
            .method::<UnloadCashParams, Receipt>("admin.terminal.unload", "Takes cash out of a terminal."),
        document.method::<CountCashParams, CashCount>(
            "admin.terminal.count",
            "Compares the cash counted in a terminal with the books.",
        ),
        document.method::<CloseDayParams, CashCount>(
            "admin.terminal.close_day",
            "Compares the cash counted in a terminal with the books, and posts the difference.",
        ),
        document
            .method::<ListHoldsParams, HoldPage>("admin.hold.list", "Asks for the open holds, by their ids."),
        document
            .method::<ResolveHoldParams, Settlement>("admin.hold.resolve", "Settles a hold for the bank."),
        document.method::<ReverseParams, Receipt>(
            "admin.reverse",
            "Takes back a transaction, once, whole or in part.",
        ),
        document.method::<AdjustParams, Receipt>(
            "admin.adjust",
            "Gives to an account or takes from it, at the bank's cost.",
        ),
        document.method::<TransferBatchPartParams, TransferBatchPartResult>(
            "admin.transfer_batch",
            "Makes transfers between any customers, all of them or none.",
        ),
        document.method::<NoParams, TrialBalanceResult>("admin.trial_balance", "Asks for the trial balance."),
    ]
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
