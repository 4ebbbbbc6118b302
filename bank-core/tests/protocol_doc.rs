//! docs/protocol.md is true: its conversations are held with a real server, its tables compared
//! with the code.
//!
//! A block fenced as `conversation` starts with a new bank. Channel `O` is an operator's. `→` is sent, `←` comes back, on the
//! channel that the letter before it names. A line that begins with `#` directs; see [`Stage::direct`].
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bank_engine_core::account::{
    ACCOUNT_ID_BYTES_MAX, CHANGES_SHOWN_MAX, Direction, FREEZES_MAX, TerminalId,
};
use bank_engine_core::auth::HashCost;
use bank_engine_core::bank::{Bank, CHECKS_WAITING_MAX, LOGINS_WAITING_MAX, NewAccount};
use bank_engine_core::clock::ManualClock;
use bank_engine_core::ledger::{
    Cash, HOLDS_OPEN_MAX, LISTED_MAX, MEMO_CHARS_MAX, STATEMENT_ENTRIES_DEFAULT, STATEMENT_ENTRIES_MAX,
    TransactionId,
};
use bank_engine_core::money::Currency;
use bank_engine_core::notes::{CASSETTE_KINDS_MAX, NOTE_KINDS_MAX, NOTES_AT_ONCE_MAX, NoteCount};
use bank_engine_core::policy::Policy;
use bank_engine_core::protocol::{
    CLIENT_NAME_CHARS_MAX, Code, REQUEST_ID_CHARS_MAX, REQUEST_TRANSFERS_MAX, errors_of, openrpc,
};
use bank_engine_core::server::{Limits, serve, serve_operators};
use bank_engine_core::store::MemoryStore;
use bank_engine_core::time::Timestamp;
use bank_engine_core::transport::{
    CLOSE_TIME_MAX, Channel, Connection, FRAME_BYTES_MAX, HANDSHAKE_TIME_MAX, MemoryTransport, Peer,
    Transport,
};
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/protocol.md")
}

fn document() -> String {
    fs::read_to_string(path()).unwrap()
}

/// Every conversation goes as written. With UPDATE_EXAMPLES set, what came is written instead.
#[tokio::test]
async fn every_conversation_goes_as_written() {
    let document = document();
    let mut played = String::new();
    let (mut stage, mut blocks) = (None, 0);
    for line in document.lines() {
        match &mut stage {
            None => {
                played.push_str(line);
                if line == "```conversation" {
                    stage = Some(Stage::new().await);
                    blocks += 1;
                }
            }
            Some(_) if line == "```" => {
                stage.take().unwrap().end().await;
                played.push_str(line);
            }
            Some(stage) => played.push_str(&stage.act(line).await),
        }
        played.push('\n');
    }
    assert!(blocks > 10 && stage.is_none(), "the conversations were not found");
    if std::env::var_os("UPDATE_EXAMPLES").is_some() {
        return fs::write(path(), played).unwrap();
    }
    for (number, (played, written)) in played.lines().zip(document.lines()).enumerate() {
        assert_eq!(played, written, "docs/protocol.md line {}", number + 1);
    }
}

struct Stage {
    bank: Bank,
    clock: Arc<ManualClock>,
    network: MemoryTransport,
    stop: CancellationToken,
    servers: [JoinHandle<()>; 2],
    channels: BTreeMap<String, Line>,
    /// Ids that were sent, or came and have a stand-in.
    ids: BTreeMap<String, String>,
}

const STREET_KEY: &str = "5f0c2a9be17d4386b1ea0c74d29f6e53";

/// A connection is kept as long as its channel.
type Line = (Box<dyn Connection>, Box<dyn Channel>);

impl Stage {
    async fn new() -> Stage {
        let start: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        let clock = Arc::new(ManualClock::at(start));
        let policy = Policy { hash_cost: HashCost::LEAST, ..Policy::default() };
        let bank = Bank::with_store(Arc::new(MemoryStore::with_clock(policy, clock.clone())));
        let lobby: TerminalId = "lobby".parse().unwrap();
        bank.add_terminal(lobby, Currency::USD, None, None).await.unwrap();
        let bank = bank.for_terminal(lobby);
        for (account, secret, balance, currency) in [
            ("anna", "1324", "100.00", "USD"),
            ("bert", "correct horse", "0", "USD"),
            ("jiro", "1111", "0", "JPY"),
            ("nina", "2222", "100.00", "USD"),
        ] {
            let secret = bank.hash(secret.into()).await.unwrap();
            bank.open_account(
                NewAccount::new(account, currency)
                    .secret_hash(secret)
                    .opening_balance(TransactionId::generate(), balance),
            )
            .await
            .unwrap();
        }
        let (operator, reason) = ("olga".parse().unwrap(), "a lost card".parse().unwrap());
        bank.freeze("nina", Direction::Both, (operator, reason)).await.unwrap();
        let cash = Cash::of(Currency::USD, "50.00".parse().unwrap());
        bank.load(TransactionId::generate(), cash, None).await.unwrap();
        let street: TerminalId = "street".parse().unwrap();
        let key = bank.hash(STREET_KEY.into()).await.unwrap();
        bank.add_terminal(street, Currency::USD, Some(key), None).await.unwrap();
        let notes = [("20", 5), ("50", 1)];
        let notes = notes.map(|(note, count)| NoteCount { denomination: note.parse().unwrap(), count });
        let cash = Cash::in_notes(Currency::USD, notes.to_vec());
        bank.for_terminal(street).load(TransactionId::generate(), cash, None).await.unwrap();
        let network = MemoryTransport::new();
        let stop = CancellationToken::new();
        let listener = network.listen("bank").await.unwrap();
        let serving = serve(bank.clone(), vec![listener], Limits::default(), stop.clone());
        let listener = network.listen("operators").await.unwrap();
        let olga = |_: &Peer| "olga".parse().unwrap();
        let operating = serve_operators(bank.clone(), vec![listener], olga, Limits::default(), stop.clone());
        let servers = [tokio::spawn(serving), tokio::spawn(operating)];
        Stage { bank, clock, network, stop, servers, channels: BTreeMap::new(), ids: BTreeMap::new() }
    }

    /// Does what a line says, and returns it with the answer that came.
    async fn act(&mut self, line: &str) -> String {
        if let Some(direction) = line.strip_prefix("# ") {
            self.direct(direction).await;
            return line.to_owned();
        }
        let (name, message) = line.split_once(['→', '←']).unwrap_or_else(|| panic!("not a line: {line}"));
        let name = name.trim();
        if line.contains('→') && !line.split('→').next().unwrap().contains('←') {
            let frame = message.strip_prefix(' ').unwrap_or(message);
            for id in ids(frame) {
                self.ids.insert(id.to_owned(), id.to_owned());
            }
            self.channel(name).await.send(frame.as_bytes()).await.unwrap();
            return line.to_owned();
        }
        let frame = self.receive(name).await.unwrap_or_else(|| panic!("the channel ended before {line}"));
        let frame = self.steady(&frame);
        let prefix = if name.is_empty() { String::new() } else { format!("{name} ") };
        format!("{prefix}← {frame}")
    }

    /// The frame with a stand-in for each id that the server made.
    fn steady(&mut self, frame: &str) -> String {
        let mut steady = frame.to_owned();
        for id in ids(frame) {
            let made = self.ids.iter().filter(|(id, shown)| id != shown).count();
            let shown = format!("019c13ec-9e00-7000-8000-00000000f{:03x}", made + 1);
            let shown = self.ids.entry(id.to_owned()).or_insert(shown);
            steady = steady.replace(id, shown);
        }
        steady
    }

    async fn direct(&mut self, direction: &str) {
        let words: Vec<&str> = direction.split([' ', ',']).filter(|word| !word.is_empty()).collect();
        match words.as_slice() {
            ["after", "hello"] => self.hello("").await,
            [name, "after", "hello"] => self.hello(name).await,
            ["logged", "in", "as", account] => self.log_in("", account).await,
            [name, "logged", "in", "as", account] => self.log_in(name, account).await,
            ["at", "the", "terminal", terminal] => self.enter("", terminal).await,
            ["at", "the", "terminal", terminal, "logged", "in", "as", account] => {
                self.enter("", terminal).await;
                self.take("", account).await;
            }
            ["the", "terminal", "crashes"] => {
                self.channels.remove("").unwrap();
                self.until_free("anna").await;
            }
            [name, "closes", "its", "channel"] => {
                self.channels.remove(*name).unwrap().1.close().await;
                self.until_free("anna").await;
            }
            ["the", "answer", "gets", "lost", "with", "the", "channel"] => {
                self.receive("").await.unwrap();
                self.network.cut();
                self.channels.clear();
                self.until_free("anna").await;
            }
            ["the", "server", "stops"] => self.stop.cancel(),
            ["the", "channel", "ends"] => assert_eq!(self.receive("").await, None),
            [seconds, "seconds", "later"] => {
                self.clock.advance(Duration::from_secs(seconds.parse().unwrap()));
            }
            _ => panic!("not a direction: {direction}"),
        }
    }

    async fn channel(&mut self, name: &str) -> &mut dyn Channel {
        if !self.channels.contains_key(name) {
            let address = if name == "O" { "operators" } else { "bank" };
            let connection = self.network.connect(address).await.unwrap();
            let channel = connection.open().await.unwrap();
            self.channels.insert(name.to_owned(), (connection, channel));
        }
        self.channels.get_mut(name).unwrap().1.as_mut()
    }

    async fn receive(&mut self, name: &str) -> Option<String> {
        let received = self.channel(name).await.receive();
        let received = tokio::time::timeout(Duration::from_secs(20), received).await;
        let frame = received.expect("an answer within 20 s").unwrap();
        frame.map(|frame| String::from_utf8(frame).unwrap())
    }

    async fn ask(&mut self, name: &str, frame: &str) {
        self.channel(name).await.send(frame.as_bytes()).await.unwrap();
        let answer = self.receive(name).await.unwrap();
        assert!(answer.contains("\"result\""), "{frame} is answered {answer}");
    }

    /// Waits until the server has noticed that a channel is over.
    async fn until_free(&self, account: &str) {
        let free = async {
            while self.bank.login(account, secret(account)).await.is_err() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), free).await.expect("a free account within 20 s");
    }

    async fn hello(&mut self, name: &str) {
        self.ask(
            name,
            r#"{"jsonrpc":"2.0","id":1,"method":"hello","params":{"versions":[1,1],"client":"atm"}}"#,
        )
        .await;
    }

    async fn log_in(&mut self, name: &str, account: &str) {
        self.hello(name).await;
        self.take(name, account).await;
    }

    async fn take(&mut self, name: &str, account: &str) {
        let secret = secret(account);
        let params = format!(r#"{{"account":"{account}","secret":"{secret}"}}"#);
        self.ask(name, &format!(r#"{{"jsonrpc":"2.0","id":2,"method":"login","params":{params}}}"#)).await;
    }

    async fn enter(&mut self, name: &str, terminal: &str) {
        self.hello(name).await;
        let params = format!(r#"{{"terminal":"{terminal}","key":"{STREET_KEY}"}}"#);
        self.ask(name, &format!(r#"{{"jsonrpc":"2.0","id":1,"method":"terminal.login","params":{params}}}"#))
            .await;
    }

    async fn end(mut self) {
        self.channels.clear();
        self.stop.cancel();
        for server in self.servers {
            server.await.unwrap();
        }
        for line in self.bank.trial_balance().await.unwrap() {
            assert_eq!(line.sum(), 0, "{}", line.currency);
        }
    }
}

/// All UUIDs in a text.
fn ids(text: &str) -> Vec<&str> {
    let parts = text.split('"').filter(|part| part.len() == 36);
    parts.filter(|part| part.parse::<TransactionId>().is_ok()).collect()
}

fn secret(account: &str) -> &'static str {
    match account {
        "anna" => "1324",
        "bert" => "correct horse",
        _ => panic!("no such account: {account}"),
    }
}

/// The cells of the table rows below a heading, up to the next heading.
fn rows(document: &str, heading: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
    let table = section(document, heading).lines().filter(|line| line.starts_with("| ")).map(cells);
    table.skip(1).collect()
}

fn section<'d>(document: &'d str, heading: &str) -> &'d str {
    let start = document.find(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    let rest = &document[start + heading.len() + 2..];
    rest.find("\n#").map_or(rest, |end| &rest[..end])
}

#[test]
fn every_code_is_in_the_table_with_its_meaning() {
    let document = document();
    let result = |row: Vec<String>| row.into_iter().take(3).collect::<Vec<String>>();
    let written: Vec<Vec<String>> = rows(&document, "## Codes").into_iter().map(result).collect();
    let parts = |code: &Code| {
        [code.number().to_string(), code.meaning().to_owned(), code.response_code().to_owned()].to_vec()
    };
    let codes: Vec<Vec<String>> = Code::ALL.iter().map(parts).collect();
    assert_eq!(written, codes);
}

/// And a row names no code that has another response.
#[test]
fn every_response_code_is_reported_with_its_meaning_and_its_codes() {
    let document = document();
    let rows = rows(&document, "### ISO 8583");
    let numbers = |text: &str| -> Vec<i32> {
        let words = text.split(|sign: char| !sign.is_ascii_digit() && sign != '-');
        words
            .filter(|word| word.trim_start_matches('-').len() >= 4)
            .map(|word| word.parse().unwrap())
            .collect()
    };
    for code in Code::ALL {
        let row = rows.iter().find(|row| row[0] == code.response_code());
        let row = row.unwrap_or_else(|| panic!("{} is in no row", code.response_code()));
        let result = numbers(&row[2]);
        let range = |pair: &[i32]| (pair[0]..=pair[1]).contains(&code.number());
        let result =
            result.contains(&code.number()) || row[2].contains(" to ") && result.windows(2).any(range);
        assert!(result, "{} is not named for {}", code.number(), row[0]);
    }
    let of = |number: i32| Code::ALL.iter().find(|code| code.number() == number);
    for row in &rows[2..] {
        // A code that is not a row's is named with the other response in back quotes.
        let said = row[2].split(" no `").next().unwrap();
        for number in numbers(said) {
            if let Some(code) = of(number).filter(|code| code.response_code() != row[0]) {
                assert!(
                    row[2].contains(&format!("{} is no", code.number())),
                    "{number} is named for {}",
                    row[0]
                );
            }
        }
    }
}

#[test]
fn every_method_is_reported_with_its_members_and_refusals() {
    let document = document();
    let openrpc = openrpc();
    let methods = openrpc["methods"].as_array().unwrap();
    let result = document.lines().filter(|line| line.starts_with("### `")).count();
    assert_eq!(result, methods.len());
    let mut results_reported = BTreeSet::new();
    for method in methods {
        let name = method["name"].as_str().unwrap();
        let section = section(&document, &format!("### `{name}`"));
        let rows: Vec<&str> = section.lines().filter_map(|line| line.strip_prefix("| `")).collect();
        let result: Vec<&str> = rows.iter().map(|row| row.split('`').next().unwrap()).collect();
        let params = method["params"].as_array().unwrap().iter().map(|param| &param["name"]);
        let mut known: Vec<&str> = params.filter_map(Value::as_str).collect();
        // A result is reported once, with the first method that answers it, and what it lists with it.
        let schema = method["result"]["schema"]["$ref"].as_str().unwrap();
        let schema = schema.trim_start_matches("#/components/schemas/");
        if results_reported.insert(schema) {
            let listed = match schema {
                "Statement" => Some("Entry"),
                "TerminalPage" => Some("TerminalSummary"),
                "HoldPage" => Some("HoldSummary"),
                "TrialBalanceResult" => Some("CurrencyTotals"),
                _ => None,
            };
            for schema in [Some(schema), listed].into_iter().flatten() {
                let members = openrpc["components"]["schemas"][schema]["properties"].as_object();
                known.extend(members.into_iter().flat_map(|members| members.keys().map(String::as_str)));
            }
        }
        let sorted = |mut names: Vec<&str>| {
            names.sort_unstable();
            names.join(" ")
        };
        assert_eq!(sorted(result), sorted(known), "members of {name}");

        let of_every_method = [Code::NotARequest, Code::BadParameters];
        let codes: Vec<String> = errors_of(name)
            .into_iter()
            .filter(|code| !of_every_method.contains(code))
            .map(|code| code.number().to_string())
            .collect();
        let refusals = format!("Refusals: {}.", codes.join(", "));
        assert!(section.lines().any(|line| line == refusals), "{name} lacks the line\n{refusals}");
    }
}

#[test]
fn the_table_of_limits_is_that_of_the_code() {
    let limits = Limits::default();
    let policy = Policy::default();
    let number = |number: usize| {
        let digits = number.to_string();
        match digits.len() {
            0..=3 => digits,
            length => format!("{},{}", &digits[..length - 3], &digits[length - 3..]),
        }
    };
    let seconds = |time: Duration| format!("{} s", time.as_secs());
    let expected = [
        ("bytes of a frame", number(FRAME_BYTES_MAX)),
        ("characters of a request's id, where it is text", number(REQUEST_ID_CHARS_MAX)),
        ("characters of a client's name", number(CLIENT_NAME_CHARS_MAX)),
        ("bytes of an account's name", number(ACCOUNT_ID_BYTES_MAX)),
        ("characters of a memo", number(MEMO_CHARS_MAX)),
        ("transfers of a transfer batch", number(REQUEST_TRANSFERS_MAX)),
        ("freezes of an account", number(FREEZES_MAX)),
        ("changes of an account that are shown", number(CHANGES_SHOWN_MAX)),
        ("open holds on an account", number(HOLDS_OPEN_MAX.try_into().unwrap())),
        ("denominations in a terminal, and in a list of notes", number(NOTE_KINDS_MAX)),
        ("denominations in its cassettes", number(CASSETTE_KINDS_MAX)),
        ("notes of a dispense", NOTES_AT_ONCE_MAX.to_string()),
        ("accounts, terminals or holds in one answer to an operator", number(LISTED_MAX)),
        ("entries of a statement's page", number(STATEMENT_ENTRIES_MAX)),
        ("the same, where `limit` is left out", number(STATEMENT_ENTRIES_DEFAULT)),
        ("wrong secrets in a row that lock an account", policy.tries_max.to_string()),
        ("log-ins that may wait for one account's check", number(LOGINS_WAITING_MAX)),
        ("checks that may wait for a core, over all accounts", number(CHECKS_WAITING_MAX)),
        ("connections at once", number(limits.connections_max)),
        ("the same, from one host", number(limits.connections_a_peer_max)),
        ("channels at once", number(limits.channels_max)),
        ("the same, on one connection", number(limits.channels_a_connection_max)),
        ("a session without a request that concerns its account", seconds(policy.session_idle_max)),
        ("a session, whatever it does", seconds(policy.session_time_max)),
        ("a payment's hold", seconds(policy.hold_time_max)),
        (
            "from authorising cash to ordering it, and from there to reporting what came out",
            seconds(policy.dispense_time_max),
        ),
        ("from connecting to the end of the handshake", seconds(HANDSHAKE_TIME_MAX)),
        (
            "from there to the first channel, and from a channel to its first frame",
            seconds(limits.first_message_time_max),
        ),
        ("between two frames on a channel", seconds(limits.idle_time_max)),
        ("for a client to take an answer", seconds(limits.send_time_max)),
        ("for a client to end a channel that the server closed", seconds(CLOSE_TIME_MAX)),
        ("for what is in flight when the server stops", seconds(limits.drain_time_max)),
    ];
    let document = document();
    let written: Vec<(String, String)> =
        rows(&document, "## Limits").into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    let expected: Vec<(String, String)> =
        expected.into_iter().map(|(what, value)| (what.to_owned(), value)).collect();
    assert_eq!(written, expected);
}
