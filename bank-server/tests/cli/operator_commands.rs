//! What operators do: the same with the server up or down, and what is theirs alone.
#![cfg(unix)]

use std::fs::Permissions;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Line, Place, Ran, Server, bankd, bankd_with, id, sample};

/// A bank with the samples, a terminal with a key, an open hold and a transfer, and its server.
pub(crate) fn prepared(place: &Place) -> Server {
    let server = Server::start(&place.data(), &["--import", sample("accounts.csv").to_str().unwrap()]);
    let key = place.file("key", "5f0c2a9be17d4386b1ea0c74d29f6e53\n");
    std::fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    done(place, &["terminal", "add", "lobby", "--key-file", &key]);
    let mut line = server.connect();
    line.hello();
    line.log_in("cedar-100", "2580");
    line.done("transfer", json!({ "transaction": id(1), "to": "birch-200", "amount": "10.00" }));
    line.done(
        "authorise",
        json!({ "hold": id(2), "to": "maple-300", "amount": "7.50", "duration_seconds": 3600 }),
    );
    line.done(
        "authorise",
        json!({ "hold": id(3), "to": "maple-300", "amount": "2.50", "duration_seconds": 3600 }),
    );
    line.done("logout", json!({}));
    server
}

fn bankd_at(place: &Place, input: &str, args: &[&str]) -> Ran {
    bankd_with(input, args.iter().copied().chain(["--data", &place.data()]))
}

pub(crate) fn done(place: &Place, args: &[&str]) -> String {
    let ran = bankd_at(place, "", args);
    assert_eq!(ran.code, 0, "{args:?}: {}", ran.stderr);
    ran.out
}

pub(crate) fn value(place: &Place, args: &[&str]) -> Value {
    let out = done(place, &[args, &["--output", "json"]].concat());
    serde_json::from_str(&out).unwrap()
}

/// The words that every command is tried with, once for people and once for programs; ids and secrets
/// are given, so that two banks can say the same.
fn commands() -> Vec<(&'static str, String)> {
    let [seven, eight, nine, ten, eleven] = [7, 8, 9, 10, 11].map(id);
    let (twelve, thirteen) = (id(12), id(13));
    let commands = [
        ("8526\n", format!("account add elm-500 --balance 50 --pin-stdin --transaction {}", id(61))),
        ("8526\n", format!("account add elm-500 --balance 50 --pin-stdin --transaction {}", id(62))),
        ("1111\n", "account add elm-501 --pin-stdin".to_owned()),
        ("8526\n", "account add elm-502 --pin-stdin --chosen-by-owner --currency EUR".to_owned()),
        ("", "account list".to_owned()),
        ("", "account list --own".to_owned()),
        ("", "account show cedar-100".to_owned()),
        ("", "account show $vault:USD".to_owned()),
        ("", "account show nobody".to_owned()),
        ("", "account freeze birch-200 --reason lost".to_owned()),
        ("", "account reopen birch-200 --reason lost".to_owned()),
        ("", "account thaw birch-200 --all --reason found".to_owned()),
        ("", "account thaw birch-200 --all --reason again".to_owned()),
        ("", "account freeze-debits birch-200 --reason lost".to_owned()),
        ("", "account freeze-credits birch-200 --reason lost".to_owned()),
        ("", "account thaw birch-200 --all --reason found".to_owned()),
        ("", "account close birch-200 --reason left".to_owned()),
        ("", "account close aspen-400 --reason left".to_owned()),
        ("", "account thaw aspen-400 --freeze 9 --reason back".to_owned()),
        ("", "account reopen aspen-400 --reason back".to_owned()),
        ("", "account limits cedar-100 --minimum-balance -50 --transaction-max 20 --reason new".to_owned()),
        ("", "account limits cedar-100 --transaction-max none --day-count-max 9 --reason new".to_owned()),
        ("", "account limits cedar-100 --minimum-balance 1 --reason wrong".to_owned()),
        ("7395\n", "account reset-pin cedar-100 --pin-stdin --reason forgotten".to_owned()),
        ("1234\n", "account reset-pin cedar-100 --pin-stdin --reason forgotten".to_owned()),
        ("", "account unlock cedar-100 --reason asked".to_owned()),
        ("", "account unlock nobody --reason asked".to_owned()),
        ("", format!("account adjust cedar-100 -1.25 --reason fee --transaction {seven}")),
        ("", format!("account adjust cedar-100 -1.25 --reason fee --transaction {seven}")),
        ("", format!("account adjust cedar-100 -1.26 --reason fee --transaction {seven}")),
        ("", "account statement cedar-100".to_owned()),
        ("", "account statement cedar-100 --limit 1".to_owned()),
        ("", "account statement cedar-100 --before 2".to_owned()),
        ("", "account statement nobody".to_owned()),
        ("", "account balance cedar-100".to_owned()),
        ("", "account balance cedar-100 --at 2001-01-01T00:00:00Z".to_owned()),
        ("", "account balance $vault:USD".to_owned()),
        ("", "account balance $vault:USD --at 2101-01-01T00:00:00Z".to_owned()),
        ("", "session list".to_owned()),
        ("", "session end cedar-100 --reason hangs".to_owned()),
        ("", "session end nobody --reason hangs".to_owned()),
        ("", "terminal add hall --currency JPY --key-file KEY".to_owned()),
        ("", "terminal add hall --key-file KEY".to_owned()),
        ("", "terminal change-key hall --key-file KEY --reason lost".to_owned()),
        ("", "terminal change-key attic --key-file KEY --reason lost".to_owned()),
        ("", "terminal disable hall --reason smoke".to_owned()),
        ("", "terminal show hall".to_owned()),
        ("", "terminal enable hall --reason toaster".to_owned()),
        ("", "terminal disable attic --reason smoke".to_owned()),
        ("", format!("terminal load attic --amount 5 --transaction {}", id(15))),
        ("", format!("terminal load lobby --notes 10x20,4x50 --transaction {eight}")),
        ("", format!("terminal load lobby --notes 10x20,4x50 --transaction {eight}")),
        ("", format!("terminal unload lobby --notes 2x20 --reason worn --transaction {nine}")),
        ("", format!("terminal unload lobby --notes 99x20 --reason worn --transaction {}", id(14))),
        ("", "terminal list".to_owned()),
        ("", "terminal show lobby".to_owned()),
        ("", "terminal show attic".to_owned()),
        ("", "terminal count lobby --notes 7x20,4x50".to_owned()),
        ("", format!("terminal close-day lobby --notes 7x20,4x50 --reason counted --transaction {ten}")),
        ("", "hold list".to_owned()),
        ("", "hold list --account birch-200".to_owned()),
        ("", "hold list --account nobody".to_owned()),
        ("", format!("hold resolve {} capture --amount 5 --reason asked", id(2))),
        ("", format!("hold resolve {} void --reason asked", id(2))),
        ("", format!("hold resolve {} void --reason asked", id(3))),
        ("", format!("hold resolve {} dispensed --unknown --reason asked", id(4))),
        ("", format!("reverse {} --amount 4 --reason half --transaction {eleven}", id(1))),
        ("", format!("reverse {} --reason rest --transaction {twelve}", id(1))),
        ("", format!("reverse {} --reason none --transaction {thirteen}", id(77))),
        ("", "transfer-batch PAY --dry-run".to_owned()),
        ("", "transfer-batch PAY".to_owned()),
        ("", "transfer-batch PAY".to_owned()),
        ("", "transfer-batch TOO-MUCH".to_owned()),
        ("", "transfer-batch BAD".to_owned()),
        ("", "trial-balance".to_owned()),
    ];
    commands.into()
}

/// What all commands answer at one bank.
fn all_answers(place: &Place, output: &str) -> Vec<(String, Ran)> {
    let lines = |amount: &str| {
        let line = |number, to| format!("{},maple-300,{to},{amount},pay\n", id(number));
        line(20, "cedar-100") + &line(21, "birch-200")
    };
    let files = [
        ("KEY", place.path("key")),
        ("PAY", place.file("pay.csv", &lines("1.00"))),
        (
            "TOO-MUCH",
            place.file("more.csv", &lines("9999").replace("9a8014", "9a8024").replace("9a8015", "9a8025")),
        ),
        ("BAD", place.file("bad.csv", "# pay\nto,from\n")),
    ];
    let in_it = |text: &str| text.replace(&place.path(""), "");
    let mut answers = Vec::new();
    for (input, command) in commands() {
        let words = command
            .split(' ')
            .map(|word| files.iter().find(|(name, _)| *name == word).map_or(word, |(_, path)| path.as_str()));
        let words: Vec<_> = words.chain(["--output", output]).collect();
        let ran = bankd_at(place, input, &words);
        let [out, printed] = [&ran.out, &ran.stderr].map(|text| without_times(&in_it(text)));
        answers.push((command, Ran { code: ran.code, out, stderr: printed }));
    }
    answers
}

/// The text with every instant, and every id that the bank made, the same.
fn without_times(text: &str) -> String {
    let is_like = |like: &str, text: &[u8]| {
        text.len() >= like.len()
            && like.bytes().zip(text).all(|(like, byte)| match like {
                b'0' => byte.is_ascii_digit(),
                b'x' => byte.is_ascii_hexdigit(),
                like => like == *byte,
            })
    };
    let (mut same, mut rest) = (String::new(), text);
    while let Some(next) = rest.chars().next() {
        let like = ["0000-00-00T00:00:00.000Z", "0000-00-00", "xxxxxxxx-xxxx-7xxx-xxxx-xxxxxxxxxxxx"];
        let found = like.iter().find(|like| is_like(like, rest.as_bytes()) && !rest.starts_with("01890a5d"));
        same += found.map_or(&rest[..next.len_utf8()], |_| "SOME");
        rest = &rest[found.map_or(next.len_utf8(), |like| like.len())..];
    }
    same
}

#[test]
fn every_command_answers_the_same_with_the_server_up_or_down() {
    for output in ["human", "json"] {
        let [up, down] = [Place::new(), Place::new()];
        let server = prepared(&up);
        drop(prepared(&down));
        let answers = all_answers(&up, output).into_iter().zip(all_answers(&down, output));
        for ((command, up), (_, down)) in answers {
            println!("{command}: {} {}{}", up.code, up.out, up.stderr);
            assert_eq!((up.code, &up.out, &up.stderr), (down.code, &down.out, &down.stderr), "{command}");
            let refused = match output {
                "human" => up.stderr.starts_with("error: ") && up.out.is_empty(),
                _ => up.stderr.is_empty() && up.out.starts_with("{\"error\":{\"code\":"),
            };
            let refused = up.code == 1 && refused;
            assert!(
                refused || up.code == 0 && up.stderr.is_empty() && !up.out.is_empty(),
                "{command}: {up:?}"
            );
        }
        drop(server);
        assert_eq!(bankd(["verify", "--data", &up.data()]).code, 0);
        assert_eq!(done(&up, &["account", "list", "--own"]), done(&down, &["account", "list", "--own"]));
    }
}

#[test]
fn the_socket_is_the_owners_alone_and_goes_with_the_server() {
    let place = Place::new();
    let mut server = prepared(&place);
    let socket = place.path("data/operators.sock");
    let found = std::fs::symlink_metadata(&socket).unwrap();
    assert!(found.file_type().is_socket());
    assert_eq!(found.permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(place.data()).unwrap().permissions().mode() & 0o777, 0o700);
    server.signal("TERM");
    assert_eq!(server.wait().0, 0);
    assert!(!Path::new(&socket).exists());
}

#[test]
fn customers_are_no_operators_and_operators_no_customers() {
    let place = Place::new();
    let server = prepared(&place);
    let mut line = server.connect();
    line.hello();
    assert_eq!(line.refused("admin.trial_balance", json!({})), -32601);
    let stream = UnixStream::connect(place.path("data/operators.sock")).unwrap();
    let mut line = Line::over(stream);
    line.hello();
    assert_eq!(line.refused("login", json!({ "account": "cedar-100", "secret": "2580" })), -32601);
    assert_eq!(line.done("admin.trial_balance", json!({}))["trial_balances"][0]["currency"], "USD");
}

#[test]
fn operators_over_the_limit_are_refused_and_customers_notice_nothing() {
    let place = Place::new();
    let server = prepared(&place);
    let socket = place.path("data/operators.sock");
    let mut lines: Vec<_> = (0..64).map(|_| Line::over(UnixStream::connect(&socket).unwrap())).collect();
    for line in &mut lines {
        line.hello();
    }
    let ran = bankd_at(&place, "", &["trial-balance"]);
    assert!(ran.code == 5 && ran.stderr.contains("(code 1401)"), "{ran:?}");
    let mut line = server.connect();
    line.hello();
    line.log_in("cedar-100", "2580");
}

#[test]
fn a_socket_that_a_killed_server_left_is_no_hindrance() {
    let place = Place::new();
    prepared(&place).kill();
    let socket = place.path("data/operators.sock");
    assert!(Path::new(&socket).exists());
    assert!(done(&place, &["account", "list"]).contains("cedar-100"));
    let server = Server::start(&place.data(), &[]);
    assert!(done(&place, &["account", "list"]).contains("cedar-100"));
    drop(server);
    std::fs::remove_file(&socket).unwrap();
    std::fs::write(&socket, "somebody's").unwrap();
    let ran = bankd_at(&place, "", &["serve", "--listen", "tcp://127.0.0.1:0"]);
    assert!(ran.code == 1 && ran.stderr.contains("is in the way, and is no socket"), "{ran:?}");
}

#[test]
fn a_directory_of_others_is_refused() {
    let place = Place::new();
    drop(prepared(&place));
    let data = place.data();
    std::fs::set_permissions(&data, Permissions::from_mode(0o770)).unwrap();
    for args in [vec!["account", "list"], vec!["serve", "--listen", "tcp://127.0.0.1:0"]] {
        let ran = bankd_at(&place, "", &args);
        assert!(ran.code == 1 && ran.stderr.contains("run: chmod go-w "), "{ran:?}");
    }
    std::fs::set_permissions(&data, Permissions::from_mode(0o700)).unwrap();
    // Only root can give a directory away.
    match std::os::unix::fs::chown(&data, Some(54_321), None) {
        Err(error) => println!("skipped: cannot give a directory to somebody else: {error}"),
        Ok(()) => {
            for args in [vec!["account", "list"], vec!["serve", "--listen", "tcp://127.0.0.1:0"]] {
                let ran = bankd_at(&place, "", &args);
                assert!(ran.code == 1 && ran.stderr.contains("belongs to uid 54321; run this as"), "{ran:?}");
            }
        }
    }
}

#[test]
fn a_path_that_no_socket_can_have_is_reported() {
    let place = Place::new();
    let long = place.path(&"x".repeat(120));
    let ran = bankd(["serve", "--listen", "tcp://127.0.0.1:0", "--data", &long]);
    assert!(ran.code == 1 && ran.stderr.contains("is too long for a socket"), "{ran:?}");
    std::os::unix::fs::symlink(&long, place.path("short")).unwrap();
    let server = Server::start(&place.path("short"), &[]);
    assert_eq!(bankd(["trial-balance", "--data", &place.path("short")]).code, 0);
    drop(server);
}

#[test]
fn commands_at_once_wait_for_each_other_up_and_down() {
    let place = Place::new();
    drop(prepared(&place));
    let give = |number: u8| {
        let own = ["account", "adjust", "aspen-400", "1", "--reason", "x", "--transaction", &id(number)];
        done(&place, &own);
    };
    let all = |numbers: std::ops::Range<u8>| {
        std::thread::scope(|scope| {
            for number in numbers {
                scope.spawn(move || give(number));
            }
        });
    };
    all(100..106);
    let server = Server::start(&place.data(), &[]);
    all(106..112);
    assert_eq!(value(&place, &["account", "balance", "aspen-400"])["balance"], "12.00");
    drop(server);
    assert_eq!(value(&place, &["account", "balance", "aspen-400"])["balance"], "12.00");
}

#[test]
fn who_does_something_is_kept_with_it() {
    let place = Place::new();
    let _server = prepared(&place);
    let own =
        String::from_utf8(std::process::Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
    done(&place, &["account", "freeze", "birch-200", "--reason", "card lost"]);
    let note = &value(&place, &["account", "show", "birch-200"])["changes"][0];
    assert_eq!((note["operator"].as_str(), note["reason"].as_str()), (Some(own.trim()), Some("card lost")));
    let refused = bankd_at(&place, "", &["account", "adjust", "cedar-100", "1", "--reason", "late fee"]);
    let transaction = refused.stderr.split_whitespace().nth(1).unwrap().trim_end_matches(';');
    assert!(refused.code == 0 && refused.stderr.contains("ask again with --transaction "), "{refused:?}");
    let again = ["account", "adjust", "cedar-100", "1", "--reason", "late fee", "--transaction", transaction];
    assert!(done(&place, &again).ends_with("; this was made before\n"));
    let statement = value(&place, &["account", "statement", "cedar-100"]);
    assert_eq!(statement["entries"][0]["operator"], own.trim());
}

#[test]
fn a_pin_that_the_bank_set_is_changed_first() {
    let place = Place::new();
    let server = prepared(&place);
    let reset = bankd_at(
        &place,
        "7395\n",
        &["account", "reset-pin", "cedar-100", "--pin-stdin", "--reason", "forgotten"],
    );
    assert_eq!(reset.code, 0, "{}", reset.stderr);
    let mut line = server.connect();
    line.hello();
    assert_eq!(line.refused("login", json!({ "account": "cedar-100", "secret": "2580" })), 1101);
    assert_eq!(line.log_in("cedar-100", "7395")["must_change"], true);
    assert_eq!(line.refused("balance", json!({})), 1108);
    assert_eq!(line.refused("change_secret", json!({ "old": "7395", "new": "1111" })), 1107);
    line.done("change_secret", json!({ "old": "7395", "new": "8264" }));
    assert_eq!(line.done("balance", json!({}))["balance"], "1240.00");
    assert!(done(&place, &["account", "show", "cedar-100"]).contains("\nstate     in use\n"));
}

#[test]
fn an_import_can_make_its_owners_change_their_pins() {
    let place = Place::new();
    let csv = place.file("new.csv", "fir-1, 1111, 5.00\n");
    assert_eq!(bankd(["import", &csv, "--must-change", "--data", &place.data()]).code, 0);
    let more = place.file("more.csv", "fir-2, 1111, 5.00\n");
    let server = Server::start(&place.data(), &["--import", &more, "--must-change"]);
    let mut line = server.connect();
    line.hello();
    for name in ["fir-1", "fir-2"] {
        assert_eq!(line.log_in(name, "1111")["must_change"], true, "{name}");
        assert_eq!(line.refused("balance", json!({})), 1108);
        line.done("logout", json!({}));
    }
}

#[test]
fn a_customer_is_thrown_out_and_another_gets_in() {
    let place = Place::new();
    let server = prepared(&place);
    let [mut one, mut other] = [server.connect(), server.connect()];
    for line in [&mut one, &mut other] {
        line.hello();
    }
    one.log_in("cedar-100", "2580");
    assert_eq!(done(&place, &["session", "list"]), "cedar-100 is in use\n");
    assert_eq!(other.refused("login", json!({ "account": "cedar-100", "secret": "2580" })), 1103);
    assert_eq!(done(&place, &["session", "end", "cedar-100", "--reason", "it hangs"]), "cedar-100 is free\n");
    assert_eq!(done(&place, &["session", "list"]), "no account is in use\n");
    other.log_in("cedar-100", "2580");
    assert_eq!(one.refused("balance", json!({})), 1106);
}

#[test]
fn a_days_difference_goes_to_over_and_short() {
    let place = Place::new();
    let server = prepared(&place);
    done(&place, &["terminal", "load", "lobby", "--notes", "10x20,4x50"]);
    let mut line = server.connect();
    line.hello();
    line.done("terminal.login", json!({ "terminal": "lobby", "key": "5f0c2a9be17d4386b1ea0c74d29f6e53" }));
    line.log_in("cedar-100", "2580");
    line.done("authorise_cash", json!({ "hold": id(40), "amount": "90" }));
    line.done("order_dispense", json!({ "hold": id(40) }));
    let counted = ["terminal", "close-day", "lobby", "--notes", "8x20,3x50"];
    let early = bankd_at(&place, "", &counted);
    assert!(early.code == 1 && early.stderr.contains("a dispense is under way"), "{early:?}");
    line.done("report_dispense", json!({ "hold": id(40), "amount": "90" }));
    let same = value(&place, &["terminal", "count", "lobby", "--notes", "8x20,3x50"]);
    assert_eq!((&same["expected"], &same["difference"]), (&json!("310.00"), &json!("0.00")));
    let short = ["terminal", "close-day", "lobby", "--notes", "7x20,3x50", "--reason", "one is missing"];
    assert_eq!(value(&place, &short)["difference"], "-20.00");
    assert_eq!(value(&place, &["account", "balance", "$$over-short:USD"])["balance"], "-20.00");
    let after = value(&place, &["terminal", "show", "lobby"]);
    assert_eq!((&after["cash"], after["counted"].is_string()), (&json!("290.00"), true));
}

#[test]
fn a_key_that_is_made_here_opens_its_terminal() {
    let place = Place::new();
    let server = prepared(&place);
    let made = value(&place, &["terminal", "add", "hall"]);
    let key = made["key"].as_str().unwrap();
    assert!(key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_hexdigit()), "{made}");
    let mut line = server.connect();
    line.hello();
    assert_eq!(line.refused("terminal.login", json!({ "terminal": "hall", "key": "another key" })), 1109);
    line.done("terminal.login", json!({ "terminal": "hall", "key": key }));
    let changed = value(&place, &["terminal", "change-key", "hall", "--reason", "lost"]);
    assert_ne!(changed["key"], made["key"]);
    let mut line = server.connect();
    line.hello();
    assert_eq!(line.refused("terminal.login", json!({ "terminal": "hall", "key": key })), 1109);
    line.done("terminal.login", json!({ "terminal": "hall", "key": changed["key"] }));
}

#[test]
fn a_bank_in_use_by_somebody_else_is_reported() {
    let place = Place::new();
    drop(prepared(&place));
    let _server = Server::start(&place.data(), &[]);
    std::fs::remove_file(place.path("data/operators.sock")).unwrap();
    let ran = bankd_at(&place, "", &["trial-balance"]);
    assert!(ran.code == 5 && ran.stderr.contains(" is in use by process "), "{ran:?}");
    assert!(
        ran.stderr.contains("does not listen at operators.sock there; try again when it is done"),
        "{ran:?}"
    );
}
