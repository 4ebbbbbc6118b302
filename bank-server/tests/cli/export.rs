//! `bankd export`, and what programs of accountants make of it.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::support::{Place, Server, bankd, id};

/// Memos that mean something to one of the formats, or are lost by a careless one.
const MEMOS: [&str; 10] = [
    "July",
    "one, two",
    "say \"so\", please",
    "rent; or not | maybe",
    "c:\\new\\\\",
    "  50 % off  ",
    "ünï\u{2028}çödé 🏦",
    "=1+1",
    "#tag ^link {x} [2026-01-01] date:2020-01-01",
    "\\\"",
];

/// A ledger in three currencies, with all kinds of movements and the accounts that it leads to.
struct Ledger {
    place: Place,
    server: Server,
    /// Names, currencies and balances, from the books.
    books: Vec<(String, String, String)>,
}

impl Ledger {
    fn new() -> Ledger {
        let place = Place::new();
        let data = place.data();
        let import = |name: &str, currency: &str, rows: &str| {
            let file = place.file(name, rows);
            let ran = bankd(["import", &file, "--currency", currency, "--data", &data]);
            assert_eq!(ran.code, 0, "{}", ran.stderr);
        };
        import("usd.csv", "USD", "cedar, 2580, 1000.05\nCedar, 2581, 0.00\na:b.c/d@e+f_, 2582, 7.00\n");
        import("jpy.csv", "JPY", "x--, 2583, 5000\n-x, 2584, 1\n");
        import("kwd.csv", "KWD", "DE89370400440532013000, 2585, 10.001\nunused, 2586, 0\n");
        let server = Server::start(&data, &["--terminal", "Lobby.1=5000.00"]);
        let mut numbers = 1..;
        let mut id = || id(numbers.next().unwrap());
        let mut line = server.connect();
        line.hello();
        line.log_in("cedar", "2580");
        for memo in MEMOS {
            let to = json!({ "transaction": id(), "to": "Cedar", "amount": "0.01", "memo": memo });
            line.done("transfer", to);
        }
        line.done("deposit", json!({ "transaction": id(), "amount": "20.10" }));
        line.done("withdraw", json!({ "transaction": id(), "amount": "300" }));
        line.done("logout", json!({}));
        line.log_in("DE89370400440532013000", "2585");
        line.done("deposit", json!({ "transaction": id(), "amount": "0.999" }));
        line.done("logout", json!({}));
        line.log_in("x--", "2583");
        line.done("transfer", json!({ "transaction": id(), "to": "-x", "amount": "4999" }));
        line.done("deposit", json!({ "transaction": id(), "amount": "50" }));
        line.done("logout", json!({}));
        let (given, taken_back) = (id(), id());
        line.log_in("a:b.c/d@e+f_", "2582");
        let [order, suspect] = [id(), id()];
        for (hold, printed) in [(order.clone(), json!("4.00")), (suspect, Value::Null)] {
            line.done("authorise_cash", json!({ "hold": hold, "amount": "6.00" }));
            line.done("order_dispense", json!({ "hold": hold }));
            let mut said = json!({ "hold": hold });
            if !printed.is_null() {
                said["amount"] = printed;
            }
            line.done("report_dispense", said);
            let more = json!({ "transaction": id(), "amount": "7.00" });
            line.done("deposit", more);
        }
        let operate = |args: &[&str]| {
            let ran = bankd(args.iter().copied().chain(["--data", &data]));
            assert_eq!(ran.code, 0, "{args:?}: {}", ran.stderr);
        };
        operate(&[
            "account",
            "adjust",
            "cedar",
            "2.50",
            "--reason",
            "so; \"sorry\"",
            "--transaction",
            &given,
        ]);
        operate(&[
            "reverse",
            &order,
            "--amount",
            "1.00",
            "--reason",
            "too few",
            "--transaction",
            &taken_back,
        ]);
        let books = books(&data);
        assert!(books.len() > 10, "{books:?}");
        Ledger { place, server, books }
    }

    /// Exports while the server runs.
    fn export(&self, format: &str) -> String {
        let ran = bankd(["export", "--format", format, "--data", &self.place.data()]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{format}");
        ran.out
    }
}

fn books(data: &str) -> Vec<(String, String, String)> {
    let listed = bankd(["account", "list", "--own", "--output", "json", "--data", data]).out;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let account =
        |value: &Value| (text(&value["account"]), text(&value["currency"]), text(&value["balance"]));
    listed["accounts"].as_array().unwrap().iter().map(account).collect()
}

/// A balance as seen from the other side.
fn negated(text: &str) -> String {
    let is_zero = text.bytes().all(|b| b"0.".contains(&b));
    text.strip_prefix('-')
        .map_or_else(|| if is_zero { text.to_owned() } else { format!("-{text}") }, ToOwned::to_owned)
}

/// Runs a program on a file; `None` where it is not installed, which is printed, or fails the test where
/// none may be skipped.
fn run(program: &str, args: &[&str]) -> Option<Output> {
    // Memos are UTF-8, and hledger reads what the locale says.
    match Command::new(program).args(args).env("LC_ALL", "C.UTF-8").output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let skip_none = std::env::var_os("BANK_TESTS_SKIP_NONE").is_some();
            assert!(!skip_none, "a test can't be skipped here: {program} is not installed");
            println!("skipped: {program} is not installed");
            None
        }
        Err(error) => panic!("{program}: {error}"),
    }
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

/// Records of RFC 4180.
fn records(csv: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut characters, mut quoted) = (csv.chars().peekable(), false);
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\r' if !quoted && characters.next_if_eq(&'\n').is_some() => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            character => field.push(character),
        }
    }
    assert!(record.is_empty() && field.is_empty() && !quoted, "the last line is not whole");
    records
}

#[test]
fn csv_and_json_lines_hold_every_movement_and_lead_to_the_books() {
    let ledger = Ledger::new();
    let csv = records(&ledger.export("csv"));
    let header = "at,id,kind,currency,amount,from,to,from_balance,to_balance,from_entry,to_entry,memo,day,original,operator";
    assert_eq!(csv[0].join(","), header);
    let json: Vec<Value> =
        ledger.export("jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(csv.len() - 1, json.len());
    let mut last = BTreeMap::new();
    for (row, line) in csv[1..].iter().zip(&json) {
        let side = |side: &str| {
            let side = &line[side];
            let balance = side["balance"].as_str().unwrap();
            (side["account"].as_str().unwrap().to_owned(), balance.to_owned(), side["entry"].to_string())
        };
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let (from, to) = (side("from"), side("to"));
        let fields = [
            [text("at"), text("id"), text("kind"), text("currency")],
            [text("amount"), from.0.clone(), to.0.clone(), from.1.clone()],
            [to.1.clone(), from.2, to.2, text("memo")],
        ];
        let last_fields = [text("day"), text("original"), text("operator")];
        assert_eq!(*row, [fields.as_flattened(), &last_fields].concat());
        last.insert(from.0, from.1);
        last.insert(to.0, to.1);
    }
    for (account, _, balance) in &ledger.books {
        let zero = || balance.trim_matches(['0', '.']).is_empty();
        assert!(last.get(account).map_or_else(zero, |last| last == balance), "{account}: {balance}");
    }
    let memos: Vec<_> = json.iter().filter_map(|line| line["memo"].as_str()).collect();
    assert_eq!(memos, [&MEMOS[..], &["so; \"sorry\"", "too few"]].concat());
    let kinds = ["suspect", "reversal", "adjustment"];
    let by_kind = |kind: &str| json.iter().find(|line| line["kind"] == kind).unwrap().clone();
    let [suspect, reversal, adjustment] = kinds.map(by_kind);
    assert!(
        suspect["original"].is_string()
            && reversal["original"].is_string()
            && adjustment["original"].is_null()
    );
    assert!(
        suspect["operator"].is_null()
            && reversal["operator"].is_string()
            && adjustment["operator"].is_string()
    );
    assert!(json.iter().any(|line| line["amount"] == "0.999" && line["kind"] == "deposit"));
}

#[test]
fn hledger_agrees_on_every_balance() {
    let ledger = Ledger::new();
    let journal = ledger.export("hledger");
    let file = ledger.place.file("ledger.journal", &journal);
    let checks = ["-f", &file, "--strict", "check", "ordereddates", "accounts", "commodities"];
    let Some(checked) = run("hledger", &checks) else { return };
    assert!(checked.status.success(), "{}", printed(&checked));

    let args = ["-f", &file, "balance", "--flat", "--empty", "--no-total", "--output-format", "csv"];
    let balances = run("hledger", &args).unwrap();
    assert!(balances.status.success(), "{}", printed(&balances));
    let balances = String::from_utf8(balances.stdout).unwrap().replace('\n', "\r\n");
    let balances: BTreeMap<_, _> =
        records(&balances).into_iter().skip(1).map(|row| (row[0].clone(), row[1].clone())).collect();
    let mut met = 0;
    for (name, currency, balance) in &ledger.books {
        let path = journal
            .lines()
            .find_map(|line| line.strip_prefix("account ")?.strip_suffix(&format!("  ; name: {name}")));
        let path = path.unwrap_or_else(|| panic!("{name} is not declared"));
        let here = balances.get(path).map_or("0", String::as_str);
        met += usize::from(here != "0");
        let expected = negated(balance);
        let is_zero = expected.trim_matches(['0', '.']).is_empty();
        let expected = if is_zero { "0".to_owned() } else { format!("{expected} {currency}") };
        assert_eq!(here, expected, "{name}");
    }
    assert_eq!(met, balances.values().filter(|balance| *balance != "0").count());

    let args = ["-f", &file, "register", "note:.", "Liabilities:Customers:Cedar", "--output-format", "csv"];
    let notes = String::from_utf8(run("hledger", &args).unwrap().stdout).unwrap();
    let encoded = MEMOS.map(|memo| match memo {
        "rent; or not | maybe" => "rent%3B or not | maybe".to_owned(),
        "  50 % off  " => "%20%2050 %25 off%20%20".to_owned(),
        memo => memo.to_owned(),
    });
    let notes = records(&notes.replace('\n', "\r\n"));
    for memo in encoded {
        let description = format!("transfer | {memo}");
        assert!(notes.iter().any(|row| row.contains(&description)), "{memo}: {notes:?}");
    }

    // What hledger would not notice it would not agree on.
    let off = journal.replacen("= -1000.05 USD", "= -1000.06 USD", 1);
    assert_ne!(off, journal);
    let file = ledger.place.file("off.journal", &off);
    let checked = run("hledger", &["-f", &file, "check"]).unwrap();
    assert!(!checked.status.success() && printed(&checked).contains("assertion"), "{}", printed(&checked));
}

#[test]
fn beancount_agrees_on_every_balance() {
    let ledger = Ledger::new();
    let text = ledger.export("beancount");
    let lines: Vec<_> = text.lines().collect();
    let opened: BTreeMap<_, _> = lines
        .windows(2)
        .filter_map(|pair| {
            let (_, opened) = pair[0].split_once(" open ")?;
            let (path, currency) = opened.split_once(' ')?;
            Some((path, (pair[1].strip_prefix("  name: \"")?.strip_suffix('"')?, currency)))
        })
        .collect();
    let mut asserted: Vec<_> = lines
        .iter()
        .filter_map(|line| {
            let (path, balance) = line.split_once(" balance ")?.1.split_once("  ")?;
            let (name, currency) = opened[path];
            let balance = balance.strip_suffix(&format!(" ~ 0 {currency}"))?;
            Some((name.to_owned(), currency.to_owned(), negated(balance)))
        })
        .collect();
    asserted.sort();
    assert_eq!(asserted, ledger.books);

    let file = ledger.place.file("ledger.beancount", &text);
    let Some(checked) = run("bean-check", &[&file]) else { return };
    assert!(checked.status.success() && printed(&checked).is_empty(), "{}", printed(&checked));

    // One minor unit off, in each currency.
    for (currency, least) in [("USD", "0.01"), ("JPY", "1"), ("KWD", "0.001")] {
        let zero = |line: &&&str| line.contains(" balance ") && line.ends_with(&format!(" ~ 0 {currency}"));
        let line = lines.iter().find(zero).unwrap();
        let (account, _) = line.split_once("  ").unwrap();
        let (name, _) = opened[account.split_once(" balance ").unwrap().1];
        let (_, _, balance) = ledger.books.iter().find(|(account, ..)| account == name).unwrap();
        let off =
            text.replace(*line, &format!("{account}  {} ~ 0 {currency}", one_off(&negated(balance), least)));
        assert_ne!(off, text);
        let file = ledger.place.file("off.beancount", &off);
        let checked = run("bean-check", &[&file]).unwrap();
        let printed = printed(&checked);
        assert!(!checked.status.success() && printed.contains("Balance failed"), "{off}\n{printed}");
    }
}

/// An amount whose last digit is another one, by one.
fn one_off(amount: &str, least: &str) -> String {
    let (rest, last) = amount.split_at(amount.len() - 1);
    assert_eq!(
        amount.split_once('.').map(|(_, part)| part.len()),
        least.split_once('.').map(|(_, p)| p.len())
    );
    let last: u8 = last.parse().unwrap();
    format!("{rest}{}", if last == 0 { 1 } else { last - 1 })
}

#[test]
fn a_file_is_new_and_says_what_standard_output_would() {
    let ledger = Ledger::new();
    let data = ledger.place.data();
    let path = ledger.place.path("ledger.csv");
    let to_file = || bankd(["export", "--format", "csv", "--to", &path, "--data", &data]);
    let ran = to_file();
    assert_eq!((ran.code, ran.out.as_str(), ran.stderr.as_str()), (0, "", ""));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), ledger.export("csv"));
    let again = to_file();
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("ledger.csv is there already, and is left as it is"), "{}", again.stderr);
    assert_eq!(bankd(["export", "--data", &data]).code, 2);

    // The same of a journal at rest.
    let before = ledger.export("beancount");
    let Ledger { place, server, .. } = ledger;
    drop(server);
    assert_eq!(bankd(["export", "--format", "beancount", "--data", &place.data()]).out, before);
}

#[test]
fn a_bank_without_movements_is_exported_too() {
    let place = Place::new();
    let file = place.file("one.csv", "one, 2580, 0.00\n");
    assert_eq!(bankd(["import", &file, "--data", &place.data()]).code, 0);
    for (format, program) in [("hledger", "hledger"), ("beancount", "bean-check")] {
        let ran = bankd(["export", "--format", format, "--data", &place.data()]);
        assert!(ran.code == 0 && ran.out.contains("Liabilities:Customers:One"), "{ran:?}");
        let file = place.file(format, &ran.out);
        let args: &[&str] = if format == "hledger" { &["-f", &file, "check"] } else { &[&file] };
        if let Some(checked) = run(program, args) {
            assert!(checked.status.success(), "{}", printed(&checked));
        }
    }
}

#[test]
fn a_damaged_journal_leaves_no_file() {
    let place = Place::new();
    let file = place.file("one.csv", "one, 2580, 1.00\n");
    assert_eq!(bankd(["import", &file, "--data", &place.data()]).code, 0);
    let segment = place.path("data/journal/segment-00000000");
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[300] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let path = place.path("ledger.csv");
    let ran = bankd(["export", "--format", "csv", "--to", &path, "--data", &place.data()]);
    assert!(ran.code == 1 && ran.stderr.contains("segment-00000000"), "{ran:?}");
    assert!(!std::path::Path::new(&path).exists());
}

/// Every entry of every account's statement is in the export, with the same balance after it.
#[test]
fn statements_and_export_agree() {
    let ledger = Ledger::new();
    let mut exported: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in ledger.export("jsonl").lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        for side in ["from", "to"] {
            let amount = line["amount"].as_str().unwrap();
            let amount = if side == "from" { format!("-{amount}") } else { amount.to_owned() };
            let entry = json!({
                "number": line[side]["entry"],
                "transaction": line["id"],
                "at": line["at"],
                "day": line["day"],
                "kind": line["kind"],
                "amount": amount,
                "balance": line[side]["balance"],
                "memo": line["memo"],
                "original": line["original"],
                "operator": line["operator"],
            });
            exported.entry(line[side]["account"].as_str().unwrap().to_owned()).or_default().push(entry);
        }
    }
    let (data, mut met) = (ledger.place.data(), 0);
    for (account, _, balance) in &ledger.books {
        let asked =
            ["account", "statement", "--limit", "50", "--output", "json", "--data", &data, "--", account];
        let printed = bankd(asked);
        assert_eq!(printed.code, 0, "{account}: {}", printed.stderr);
        let page: Value = serde_json::from_str(&printed.out).unwrap();
        assert_eq!(page["closing"].as_str(), Some(balance.as_str()), "{account}");
        let mut entries = page["entries"].as_array().unwrap().clone();
        entries.reverse();
        for entry in &mut entries {
            entry.as_object_mut().unwrap().remove("counterparty");
            for optional in ["memo", "original", "operator"] {
                entry.as_object_mut().unwrap().entry(optional).or_insert(Value::Null);
            }
        }
        met += entries.len();
        assert_eq!(entries, exported.remove(account).unwrap_or_default(), "{account}");
    }
    assert!(exported.is_empty() && met > 50, "{met} entries, {exported:?}");
}

/// What moved no money is in the audit too, and each line says who, when and why.
#[test]
fn everything_that_operators_did_is_exported() {
    let place = Place::new();
    let data = place.data();
    let file = place.file("two.csv", "one, 2580, 100.00\ntwo, 2581, 0.00\n");
    let run = |command: &str| {
        let mut args: Vec<String> = command.split(' ').map(|word| word.replace('_', " ")).collect();
        args.insert(
            args.iter().position(|word| word == "--").unwrap_or(args.len()),
            format!("--data={data}"),
        );
        let ran = bankd(&args);
        assert_eq!(ran.code, 0, "{command}: {}", ran.stderr);
        ran.out
    };
    run(&format!("import {}", file.replace('_', " ")));
    run("account freeze-debits one --reason a_lost_card");
    run("account limits one --transaction-max 50 --reason as_agreed");
    run("account thaw one --freeze 1 --reason it_was_found");
    run("terminal add lobby");
    run("terminal load lobby --amount 200.00 --reason monday");
    run("terminal disable lobby --reason a_jam");
    run("account adjust one --reason a_fee -- -1.00");
    let lines: Vec<Value> =
        run("export --format audit").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let printed = |line: &Value| {
        assert!(line["operator"].is_string() && line["at"].is_string(), "{line}");
        let what = [&line["change"], &line["kind"]].into_iter().find_map(Value::as_str).unwrap();
        (what.to_owned(), line["reason"].as_str().unwrap_or_default().to_owned())
    };
    let printed: Vec<(String, String)> = lines.iter().map(printed).collect();
    let expected = [
        ("frozen", "a lost card"),
        ("limits", "as agreed"),
        ("thawed", "it was found"),
        ("added", ""),
        ("load", "monday"),
        ("disabled", "a jam"),
        ("adjustment", "a fee"),
    ];
    assert_eq!(printed, expected.map(|(what, why)| (what.to_owned(), why.to_owned())));
}
