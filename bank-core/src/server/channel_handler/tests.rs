mod batches;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::account::TerminalId;
use crate::auth::HashCost;
use crate::bank::NewAccount;
use crate::clock::ManualClock;
use crate::ledger::{Cash, TransactionId};
use crate::money::Currency;
use crate::notes::NoteCount;
use crate::policy::Policy;
use crate::protocol::REQUEST_TRANSFERS_MAX;
use crate::store::MemoryStore;
use crate::transport::FRAME_BYTES_MAX;

const KEY: &str = "a key of the lobby";

async fn bank() -> (Bank, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at("2026-01-31T12:00:00Z".parse().unwrap()));
    let policy = Policy { hash_cost: HashCost::LEAST, ..Policy::default() };
    let bank = Bank::with_store(Arc::new(MemoryStore::with_clock(policy, clock.clone())));
    for (account, secret) in [("anna", "1324"), ("bert", "2413")] {
        let secret = bank.hash(secret.into()).await.unwrap();
        let new = NewAccount::new(account, "USD").secret_hash(secret);
        bank.open_account(new.opening_balance(TransactionId::generate(), "500.00")).await.unwrap();
    }
    for terminal in ["lobby", "street"] {
        let terminal: TerminalId = terminal.parse().unwrap();
        let key = bank.hash(KEY.into()).await.unwrap();
        bank.add_terminal(terminal, Currency::USD, Some(key), None).await.unwrap();
        let notes = vec![NoteCount { denomination: "20".parse().unwrap(), count: 20 }];
        let cash = Cash::in_notes(Currency::USD, notes);
        bank.for_terminal(terminal).load(TransactionId::generate(), cash, None).await.unwrap();
    }
    (bank, clock)
}

struct Talk(ChannelHandler);

impl Talk {
    async fn customer(bank: &Bank) -> Talk {
        Talk(ChannelHandler::new(bank.clone(), Role::Customer)).handshake_done().await
    }

    async fn operator(bank: &Bank) -> Talk {
        let operator = Role::Operator("olga".parse().unwrap());
        Talk(ChannelHandler::new(bank.clone(), operator)).handshake_done().await
    }

    async fn handshake_done(mut self) -> Talk {
        self.done("hello", json!({ "versions": [1, 1], "client": "test" })).await;
        self
    }

    async fn ask(&mut self, method: &str, params: Value) -> Value {
        let frame = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let answer = self.0.answer(frame.as_bytes()).await;
        assert!(answer.len() <= FRAME_BYTES_MAX, "{method} is answered with {} bytes", answer.len());
        serde_json::from_slice(&answer).unwrap()
    }

    async fn done(&mut self, method: &str, params: Value) -> Value {
        let mut answer = self.ask(method, params).await;
        assert!(answer.get("result").is_some(), "{method} is answered {answer}");
        answer["result"].take()
    }

    async fn refused(&mut self, method: &str, params: Value) -> i64 {
        let answer = self.ask(method, params).await;
        answer["error"]["code"].as_i64().unwrap_or_else(|| panic!("{method} is answered {answer}"))
    }

    async fn log_in(&mut self, account: &str) {
        let secret = if account == "anna" { "1324" } else { "2413" };
        self.done("login", json!({ "account": account, "secret": secret })).await;
    }

    async fn enter(&mut self, terminal: &str) {
        self.done("terminal.login", json!({ "terminal": terminal, "key": KEY })).await;
    }
}

fn id(number: u8) -> String {
    format!("019c13ec-9e00-7000-8000-0000000000{number:02x}")
}

#[tokio::test]
async fn customers_have_no_operators_methods_and_operators_none_of_theirs() {
    let (bank, _) = bank().await;
    let mut customer = Talk::customer(&bank).await;
    customer.log_in("anna").await;
    for method in AdminRequest::METHODS.iter().filter(|method| method.starts_with("admin.")) {
        // Not even whether the parameters fit is answered.
        assert_eq!(customer.refused(method, json!({})).await, -32601, "{method}");
    }
    let adjust = json!({ "account": "anna", "amount": "1.00", "transaction": id(1), "reason": "please" });
    assert_eq!(customer.refused("admin.adjust", adjust.clone()).await, -32601);

    let mut operator = Talk::operator(&bank).await;
    for method in Request::METHODS.iter().filter(|method| !["hello", "ping"].contains(method)) {
        assert_eq!(operator.refused(method, json!({})).await, -32601, "{method}");
    }
    operator.done("ping", json!({})).await;
    operator.done("admin.adjust", adjust).await;
}

#[tokio::test]
async fn an_operator_says_hello_first() {
    let (bank, _) = bank().await;
    let mut talk = Talk(ChannelHandler::new(bank, Role::Operator("olga".parse().unwrap())));
    assert_eq!(talk.refused("admin.trial_balance", json!({})).await, 1001);
}

#[tokio::test]
async fn who_did_it_is_the_channels_operator() {
    let (bank, _) = bank().await;
    let mut operator = Talk::operator(&bank).await;
    let frozen = json!({ "account": "anna", "direction": "both", "reason": "a lost card" });
    let mut lying = frozen.clone();
    lying["operator"] = json!("mallory");
    assert_eq!(operator.refused("admin.account.freeze", lying).await, -32602);
    operator.done("admin.account.freeze", frozen).await;
    let shown = operator.done("admin.account.show", json!({ "account": "anna" })).await;
    assert_eq!((&shown["status"], &shown["frozen"]), (&json!("open"), &json!("both")));
    assert_eq!(shown["freezes"][0]["operator"], "olga");
    assert_eq!(shown["freezes"][0]["reason"], "a lost card");
    assert_eq!(shown["changes"][0]["change"], "frozen");
}

#[tokio::test]
async fn a_channel_stands_at_a_terminal_only_with_its_key() {
    let (bank, _) = bank().await;
    let mut talk = Talk::customer(&bank).await;
    for (terminal, key) in [("lobby", "another key"), ("cellar", KEY), ("no such name", KEY)] {
        let login = json!({ "terminal": terminal, "key": key });
        assert_eq!(talk.refused("terminal.login", login).await, 1109, "{terminal}");
    }
    talk.log_in("anna").await;
    let login = json!({ "terminal": "lobby", "key": KEY });
    assert_eq!(talk.refused("terminal.login", login.clone()).await, 1105);
    // Still at the vault, where no notes are counted.
    let held = talk.done("authorise_cash", json!({ "hold": id(1), "amount": "40" })).await;
    assert_eq!(held.get("notes"), None);
    talk.done("logout", json!({})).await;
    talk.done("terminal.login", login).await;
    talk.log_in("anna").await;
    let held = talk.done("authorise_cash", json!({ "hold": id(2), "amount": "40" })).await;
    assert_eq!(held["notes"], json!([{ "denomination": "20.00", "count": 2 }]));
}

#[tokio::test]
async fn a_terminal_settles_its_dispenses_when_the_customer_is_gone() {
    let (bank, clock) = bank().await;
    let mut lobby = Talk::customer(&bank).await;
    lobby.enter("lobby").await;
    lobby.log_in("anna").await;
    lobby.done("authorise_cash", json!({ "hold": id(1), "amount": "60" })).await;
    lobby.done("order_dispense", json!({ "hold": id(1) })).await;
    lobby.0.end().await;
    drop(lobby);

    let mut again = Talk::customer(&bank).await;
    assert_eq!(again.refused("report_dispense", json!({ "hold": id(1), "amount": "60" })).await, 1104);
    again.enter("lobby").await;
    assert_eq!(again.refused("void", json!({ "hold": id(1) })).await, 1606);
    clock.advance(Duration::from_secs(600));
    let result = again.done("report_dispense", json!({ "hold": id(1) })).await;
    assert_eq!(result["state"], "suspect");
    let result = again.done("report_dispense", json!({ "hold": id(1), "amount": "40.00" })).await;
    assert_eq!((&result["state"], &result["amount"]), (&json!("captured"), &json!("40.00")));
    let result = again.done("report_dispense", json!({ "hold": id(1), "amount": "40.00" })).await;
    assert_eq!(result["replayed"], true);
}

#[tokio::test]
async fn nobody_else_settles_a_terminals_dispense() {
    let (bank, _) = bank().await;
    let mut lobby = Talk::customer(&bank).await;
    lobby.enter("lobby").await;
    lobby.log_in("anna").await;
    lobby.done("authorise_cash", json!({ "hold": id(1), "amount": "60" })).await;

    let mut street = Talk::customer(&bank).await;
    street.enter("street").await;
    let mut unproven = Talk::customer(&bank).await;
    for (method, params) in [
        ("order_dispense", json!({ "hold": id(1) })),
        ("void", json!({ "hold": id(1) })),
        ("report_dispense", json!({ "hold": id(1), "amount": "0" })),
        ("report_dispense", json!({ "hold": id(1) })),
    ] {
        assert_eq!(street.refused(method, params.clone()).await, 1601, "{method}");
        assert_eq!(unproven.refused(method, params).await, 1104, "{method}");
    }
    for other in [&mut street, &mut unproven] {
        other.log_in("bert").await;
        for method in ["order_dispense", "void", "capture"] {
            let code = other.refused(method, json!({ "hold": id(1) })).await;
            assert!([1106, 1601].contains(&code), "{method} is refused with {code}");
            other.ask("login", json!({ "account": "bert", "secret": "2413" })).await;
        }
        other.ask("logout", json!({})).await;
    }
    lobby.done("void", json!({ "hold": id(1) })).await;
}

#[tokio::test]
async fn a_payment_is_voided_by_its_payee_at_a_terminal_too() {
    let (bank, _) = bank().await;
    let mut payer = Talk::customer(&bank).await;
    payer.log_in("anna").await;
    let asked = json!({ "hold": id(1), "to": "bert", "amount": "60", "duration_seconds": 600 });
    payer.done("authorise", asked).await;
    let mut payee = Talk::customer(&bank).await;
    payee.enter("lobby").await;
    assert_eq!(payee.refused("void", json!({ "hold": id(1) })).await, 1601);
    payee.log_in("bert").await;
    assert_eq!(payee.done("void", json!({ "hold": id(1) })).await["state"], "voided");
}

#[tokio::test]
async fn the_receipts_of_the_largest_group_fit_a_frame() {
    let (bank, _) = bank().await;
    let mut talk = Talk::customer(&bank).await;
    talk.log_in("anna").await;
    let transfer = |number: usize| {
        let id = format!("019c13ec-9e00-7000-8000-{number:012x}");
        json!({ "transaction": id, "to": "bert", "amount": "0.01" })
    };
    let transfers: Vec<Value> = (1..=REQUEST_TRANSFERS_MAX).map(transfer).collect();
    let result = talk.done("transfer_batch", json!({ "transfers": transfers, "dry_run": true })).await;
    let receipts = result["receipts"].as_array().unwrap();
    assert_eq!(receipts.len(), REQUEST_TRANSFERS_MAX);
    let result = serde_json::to_vec(receipts).unwrap().len();
    // With the longest amounts three members are longer.
    let longest = result + REQUEST_TRANSFERS_MAX * 3 * ("-92233720368547758.08".len() - "0.01".len());
    assert!(longest + 200 <= FRAME_BYTES_MAX, "{longest} bytes");

    let transfers: Vec<Value> = (1..=REQUEST_TRANSFERS_MAX + 1).map(transfer).collect();
    let answer = talk.ask("transfer_batch", json!({ "transfers": transfers })).await;
    assert_eq!(answer["error"]["code"], 1216);
    assert_eq!(answer["error"]["data"]["transfers_max"], REQUEST_TRANSFERS_MAX);
    assert_eq!(talk.refused("transfer_batch", json!({ "transfers": [] })).await, 1216);
}

#[tokio::test]
async fn a_group_names_the_transfer_that_can_not_be_made() {
    let (bank, _) = bank().await;
    let mut talk = Talk::customer(&bank).await;
    talk.log_in("anna").await;
    let good = json!({ "transaction": id(1), "to": "bert", "amount": "1.00" });
    for (member, value, code, response) in [
        ("amount", "1.001", 1201, "13"),
        ("amount", "one", 1201, "13"),
        ("amount", "9999", 1202, "51"),
        ("to", "nobody", 1205, "14"),
        ("to", "not a name", 1205, "14"),
    ] {
        let mut bad = json!({ "transaction": id(2), "to": "bert", "amount": "1.00" });
        bad[member] = json!(value);
        let answer = talk.ask("transfer_batch", json!({ "transfers": [good, bad] })).await;
        let error = &answer["error"];
        assert_eq!(error["code"], code, "{answer}");
        assert_eq!(
            (&error["data"]["transfer"], &error["data"]["response_code"]),
            (&json!(2), &json!(response))
        );
    }
    assert_eq!(talk.done("balance", json!({})).await["balance"], "500.00");
}

#[tokio::test]
async fn a_secret_of_the_bank_is_changed_first() {
    let (bank, _) = bank().await;
    let mut operator = Talk::operator(&bank).await;
    operator
        .done(
            "admin.account.reset_secret",
            json!({ "account": "anna", "secret": "8264", "reason": "forgotten" }),
        )
        .await;
    assert_eq!(
        operator
            .refused(
                "admin.account.reset_secret",
                json!({ "account": "$vault:USD", "secret": "8264", "reason": "x" })
            )
            .await,
        2002
    );
    let mut talk = Talk::customer(&bank).await;
    let result = talk.done("login", json!({ "account": "anna", "secret": "8264" })).await;
    assert_eq!(result["must_change"], true);
    assert_eq!(talk.refused("balance", json!({})).await, 1108);
    assert_eq!(talk.refused("report_dispense", json!({ "hold": id(1), "amount": "x" })).await, 1108);
    talk.done("change_secret", json!({ "old": "8264", "new": "5937" })).await;
    talk.done("balance", json!({})).await;
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let (bank, _) = bank().await;
    let mut operator = Talk::operator(&bank).await;
    assert_eq!(operator.done("admin.session.list", json!({})).await, json!({ "accounts": [] }));
    let (mut anna, mut bert) = (Talk::customer(&bank).await, Talk::customer(&bank).await);
    anna.log_in("anna").await;
    bert.log_in("bert").await;
    let first = operator.done("admin.session.list", json!({ "limit": 1 })).await;
    assert_eq!(first["accounts"][0]["account"], "anna");
    let second = operator.done("admin.session.list", json!({ "limit": 1, "first": first["next"] })).await;
    assert_eq!(second["accounts"][0]["account"], "bert");
    operator.done("admin.session.end", json!({ "account": "anna", "reason": "it hangs" })).await;
    assert_eq!(anna.refused("balance", json!({})).await, 1106);
    assert_eq!(
        operator.refused("admin.session.end", json!({ "account": "nobody", "reason": "x" })).await,
        2002
    );
}

#[tokio::test]
async fn operators_load_count_and_close_a_terminal() {
    let (bank, _) = bank().await;
    let mut operator = Talk::operator(&bank).await;
    let pages = operator.done("admin.terminal.list", json!({ "limit": 1 })).await;
    assert_eq!((&pages["terminals"][0]["terminal"], &pages["next"]), (&json!("lobby"), &json!("lobby")));
    let last = operator.done("admin.terminal.list", json!({ "after": "lobby" })).await;
    assert_eq!((last["terminals"].as_array().unwrap().len(), last.get("next")), (1, None));

    let notes = json!([{ "denomination": "50", "count": 2 }]);
    let load = json!({ "terminal": "lobby", "transaction": id(1), "notes": notes });
    assert_eq!(operator.done("admin.terminal.load", load).await["amount"], "100.00");
    let counted = json!([{ "denomination": "50", "count": 2 }, { "denomination": "20", "count": 19 }]);
    let count = json!({ "terminal": "lobby", "notes": counted });
    let result = operator.done("admin.terminal.count", count.clone()).await;
    assert_eq!((&result["expected"], &result["difference"]), (&json!("500.00"), &json!("-20.00")));
    let mut close = count;
    close["transaction"] = json!(id(2));
    assert_eq!(operator.refused("admin.terminal.close_day", close.clone()).await, 2014);
    close["reason"] = json!("a note is missing");
    assert_eq!(operator.done("admin.terminal.close_day", close).await["transaction"], id(2));
    let page = operator.done("admin.account.statement", json!({ "account": "$$over-short:USD" })).await;
    assert_eq!(page["entries"][0]["operator"], "olga");
    let sums = operator.done("admin.trial_balance", json!({})).await;
    assert_eq!(sums["trial_balances"][0]["debits"], sums["trial_balances"][0]["credits"]);
}

#[tokio::test]
async fn a_hold_is_resolved_with_what_the_step_has_use_for() {
    let (bank, _) = bank().await;
    let mut lobby = Talk::customer(&bank).await;
    lobby.enter("lobby").await;
    lobby.log_in("anna").await;
    lobby.done("authorise_cash", json!({ "hold": id(1), "amount": "60" })).await;
    lobby.done("order_dispense", json!({ "hold": id(1) })).await;
    lobby.done("report_dispense", json!({ "hold": id(1) })).await;

    let mut operator = Talk::operator(&bank).await;
    let listed = operator.done("admin.hold.list", json!({ "terminal": "lobby" })).await;
    assert_eq!(listed["holds"][0]["state"], "suspect");
    for asked in [
        json!({ "hold": id(1), "resolution": "void", "amount": "0", "reason": "counted" }),
        json!({ "hold": id(1), "resolution": "capture", "notes": [{ "denomination": "20", "count": 1 }], "reason": "counted" }),
        json!({ "hold": id(1), "resolution": "order", "reason": "counted" }),
    ] {
        assert_eq!(operator.refused("admin.hold.resolve", asked).await, -32602);
    }
    let resolve = json!({ "hold": id(1), "resolution": "dispensed", "amount": "20", "reason": "counted" });
    assert_eq!(operator.done("admin.hold.resolve", resolve).await["amount"], "20.00");
    let balance = operator.done("admin.account.balance", json!({ "account": "anna" })).await;
    assert_eq!(balance["balance"], "480.00");
}
