//! Reading scripts, and turning their lines into requests.

use serde_json::{Value, json};

/// A line of a script that is not an answer.
pub struct HoldAction<'a> {
    pub text: &'a str,
    pub action: Action<'a>,
}

pub enum Action<'a> {
    Nothing,
    Account { name: &'a str, secret: &'a str, balance: &'a str, currency: &'a str },
    Terminal { name: &'a str, amount: &'a str },
    Freeze { name: &'a str, frozen: bool },
    Unlock { name: &'a str },
    Pass { seconds: u64 },
    TrialBalance,
    Ask { terminal: &'a str, method: &'a str, words: Vec<&'a str> },
    Operate { method: &'a str, words: Vec<&'a str> },
    Raw { terminal: &'a str, frame: &'a str },
    Close { terminal: &'a str },
}

pub fn parse(script: &str) -> Vec<HoldAction<'_>> {
    let steps = script.lines().filter(|line| !line.starts_with(' '));
    steps.map(|text| HoldAction { text, action: action(text) }).collect()
}

fn action(text: &str) -> Action<'_> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        [] => Action::Nothing,
        [first, ..] if first.starts_with('#') => Action::Nothing,
        ["account", name, secret, balance] => Action::Account { name, secret, balance, currency: "USD" },
        ["account", name, secret, balance, currency] => Action::Account { name, secret, balance, currency },
        ["terminal", name, amount] => Action::Terminal { name, amount },
        ["freeze", name] => Action::Freeze { name, frozen: true },
        ["thaw", name] => Action::Freeze { name, frozen: false },
        ["unlock", name] => Action::Unlock { name },
        ["pass", number, "s"] => Action::Pass { seconds: number.parse().unwrap() },
        ["pass", number, "min"] => Action::Pass { seconds: 60 * number.parse::<u64>().unwrap() },
        ["trial_balance"] => Action::TrialBalance,
        ["operator", method, words @ ..] => Action::Operate { method, words: words.to_vec() },
        [terminal, rest @ ..] if terminal.bytes().all(|b| b.is_ascii_uppercase()) => match rest {
            ["raw", ..] => {
                let frame = text.split_once(" raw").unwrap().1;
                Action::Raw { terminal, frame: frame.strip_prefix(' ').unwrap_or(frame) }
            }
            ["close"] => Action::Close { terminal },
            [method, words @ ..] => Action::Ask { terminal, method, words: words.to_vec() },
            [] => panic!("{terminal} does nothing"),
        },
        _ => panic!("not a line of a script: {text}"),
    }
}

/// The frame that asks `method` with the words of the script.
pub fn request(id: u64, method: &str, words: &[&str]) -> String {
    let params = match (method, words) {
        (_, [first, ..]) if first.contains('=') => {
            Value::Object(words.iter().map(|word| named(word)).collect())
        }
        ("hello", [client]) => json!({ "versions": [1, 1], "client": client }),
        ("login", [account, secret]) => json!({ "account": account, "secret": secret }),
        ("deposit" | "withdraw", [id, amount]) => {
            json!({ "transaction": transaction_id(id), "amount": amount })
        }
        ("transfer", [id, to, amount]) => {
            json!({ "transaction": transaction_id(id), "to": to, "amount": amount })
        }
        ("transfer", [id, to, amount, memo @ ..]) => {
            json!({ "transaction": transaction_id(id), "to": to, "amount": amount, "memo": memo.join(" ") })
        }
        (_, []) => Value::Null,
        ("statement", [limit]) => json!({ "limit": number(limit) }),
        ("statement", [limit, before]) => json!({ "limit": number(limit), "before": number(before) }),
        ("change_secret", [old, new]) => json!({ "old": old, "new": new }),
        _ => panic!("not a request: {method} {words:?}"),
    };
    let mut request = json!({ "jsonrpc": "2.0", "id": id, "method": method });
    if !params.is_null() {
        request["params"] = params;
    }
    request.to_string()
}

/// A parameter that a script writes as `NAME=VALUE`.
fn named(word: &str) -> (String, Value) {
    let (name, value) = word.split_once('=').unwrap();
    let value = match name {
        _ if value == "null" => Value::Null,
        "transaction" | "hold" | "original" => json!(transaction_id(value)),
        "before" if value.contains('-') => json!(value),
        "limit" | "before" | "first" | "duration_seconds" | "day_count_max" | "freeze" => {
            json!(number(value))
        }
        "dry_run" | "must_change" | "all" | "unknown" => json!(value == "true"),
        "memo" | "reason" => json!(value.replace('_', " ")),
        "notes" | "reject_bin" => value.split(',').map(notes).collect(),
        "transfers" => value.split(',').map(transfer).collect(),
        _ => json!(value),
    };
    (name.to_owned(), value)
}

/// `COUNTxDENOMINATION`
fn notes(text: &str) -> Value {
    let (count, denomination) = text.split_once('x').unwrap();
    json!({ "denomination": denomination, "count": number(count) })
}

/// `ID:TO:AMOUNT`, or `ID:FROM:TO:AMOUNT`
fn transfer(text: &str) -> Value {
    match text.split(':').collect::<Vec<_>>().as_slice() {
        [id, to, amount] => json!({ "transaction": transaction_id(id), "to": to, "amount": amount }),
        [id, from, to, amount] => {
            json!({ "transaction": transaction_id(id), "from": from, "to": to, "amount": amount })
        }
        _ => panic!("not a transfer: {text}"),
    }
}

/// The script's words for ids among the words of a request.
pub fn ids<'a>(method: &str, words: &[&'a str]) -> Vec<&'a str> {
    if let ("deposit" | "withdraw" | "transfer", [id, ..]) = (method, words)
        && !id.contains('=')
    {
        return vec![id];
    }
    let mut ids = Vec::new();
    for (name, value) in words.iter().filter_map(|word| word.split_once('=')) {
        match name {
            "transaction" | "hold" | "original" => ids.push(value),
            "transfers" => ids.extend(value.split(',').filter_map(|transfer| transfer.split(':').next())),
            _ => {}
        }
    }
    ids
}

fn number(word: &str) -> u64 {
    word.parse().unwrap()
}

/// The UUID of a script's word: the word's bytes in version 8 (RFC 9562, section 5.8).
pub fn transaction_id(word: &str) -> String {
    let mut bytes = [0; 16];
    bytes[..word.len().min(6)].copy_from_slice(&word.as_bytes()[..word.len().min(6)]);
    bytes[6] = 0x80;
    bytes[8] = 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}
