//! `bankd import`, `account` and `cert`, and wrong usage.

use crate::support::{Place, bankd, bankd_with, sample};

#[test]
fn samples_are_imported_and_counted() {
    let place = Place::new();
    let csv = sample("accounts.csv");
    let ran = bankd(["import", csv.to_str().unwrap(), "--data", &place.data()]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "4 accounts, 11760.05 USD\n"), "{}", ran.stderr);
    let tsv = sample("users.tsv");
    let json =
        ["import", tsv.to_str().unwrap(), "--tsv-scale", "0", "--output", "json", "--data", &place.data()];
    let expected = "{\"accounts\":3,\"totals\":[{\"currency\":\"USD\",\"accounts\":3,\"sum\":\"1550.00\"}],\"known\":0}\n";
    assert_eq!(bankd(json).out, expected);
    let listed = bankd(["account", "list", "--data", &place.data()]).out;
    assert!(
        listed.ends_with("7 accounts, 13310.05 USD\n") && listed.contains("\nbirch-200     89.95 USD\n"),
        "{listed}"
    );
    let shown = bankd(["account", "show", "birch-200", "--output", "json", "--data", &place.data()]).out;
    let expected = "{\"account\":\"birch-200\",\"currency\":\"USD\",\"balance\":\"89.95\",\
                    \"available\":\"89.95\",\"held\":\"0.00\",\"status\":\"open\",\"locked\":false,\
                    \"must_change\":false,\"in_use\":false,\"limits\":{},\"used\":\"0.00\",\"used_count\":0,\
                    \"freezes\":[],\"changes\":[]}\n";
    assert_eq!(shown, expected);
}

#[test]
fn a_file_with_a_bad_line_changes_nothing_and_no_pin_is_reported() {
    let place = Place::new();
    let csv = sample("accounts.csv");
    bankd(["import", csv.to_str().unwrap(), "--data", &place.data()]);
    let head = || bankd(["head", "--data", &place.data()]).out;
    let before = head();
    let bad = place.file("new.txt", "# new\nac-1, 8261, 5.00\nac-2, 82617x, 5.00\nac-3, 8263, 5.001\n");
    let ran = bankd(["--log", "trace", "import", &bad, "--data", &place.data()]);
    assert_eq!(ran.code, 1);
    let expected = format!(
        "error: {bad}: nothing was taken from the file; correct these lines and import it again\n  \
         line 3: the second field is not a PIN of 4 to 12 digits\n  \
         line 4: the balance has more decimals than USD (2); it is not rounded\n"
    );
    assert_eq!(ran.stderr, expected);
    assert_eq!(head(), before);
}

#[test]
fn a_file_is_imported_again_without_harm() {
    let place = Place::new();
    let csv = sample("accounts.csv");
    let import = |more: &[&str]| {
        let own = ["import", csv.to_str().unwrap(), "--data", &place.data()].map(str::to_owned);
        bankd(own.into_iter().chain(more.iter().map(|arg| (*arg).to_owned())))
    };
    import(&[]);
    let head = || bankd(["head", "--data", &place.data()]).out;
    let before = head();
    assert_eq!(import(&[]).out, "0 accounts; 4 were there already and stay as they are\n");
    assert_eq!(import(&["--output", "json"]).out, "{\"accounts\":0,\"totals\":[],\"known\":4}\n");
    let refused = import(&["--all-new"]);
    assert!(
        refused.code == 1 && refused.stderr.contains("the bank has account cedar-100 already"),
        "{refused:?}"
    );
    let refused = import(&["--currency", "EUR"]);
    assert!(refused.code == 1 && refused.stderr.contains("has an account cedar-100 in USD"), "{refused:?}");
    assert_eq!(head(), before);
}

#[test]
fn a_tsv_without_its_scale_is_refused() {
    let place = Place::new();
    let ran = bankd(["import", sample("users.tsv").to_str().unwrap(), "--data", &place.data()]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("add --tsv-scale 0 if 1104 is 1104 units"), "{}", ran.stderr);
}

#[test]
fn a_missing_file_and_a_directory_of_old_are_reported() {
    let place = Place::new();
    let none = place.path("none.csv");
    let ran = bankd(["import", &none, "--data", &place.data()]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.starts_with(&format!("error: cannot read {none}: No such file")), "{}", ran.stderr);

    std::fs::create_dir(place.path("old")).unwrap();
    let kept = place.file("old/accounts.jsonl", "{\"account\":\"ac-1\"}\n");
    for args in [vec!["serve", "--listen", "tcp://127.0.0.1:0"], vec!["account", "list"], vec!["verify"]] {
        let ran = bankd(args.into_iter().chain(["--data", &place.path("old")]));
        assert_eq!(ran.code, 1);
        assert!(ran.stderr.contains("old was made by an earlier development version"), "{}", ran.stderr);
    }
    assert_eq!(std::fs::read_dir(place.path("old")).unwrap().count(), 1);
    assert!(std::path::Path::new(&kept).exists());
}

#[cfg(unix)]
#[test]
fn an_account_is_added_with_a_pin_from_a_private_place() {
    let place = Place::new();
    let pin = place.file("pin", "0147\n");
    private(&pin, 0o600);
    let add = |name: &str| {
        bankd(["account", "add", name, "--pin-file", &pin, "--currency", "JPY", "--data", &place.data()])
    };
    assert_eq!(add("ac-1").out, "ac-1 added with 0 JPY\n");
    let twice = add("ac-1");
    assert_eq!(
        (twice.code, twice.out.as_str()),
        (0, "ac-1 was there already, opened just so; it has 0 JPY\n")
    );
    let other =
        bankd(["account", "add", "ac-1", "--pin-file", &pin, "--currency", "USD", "--data", &place.data()]);
    assert_eq!(other.code, 1);
    let words = "account ac-1: the account exists already, with another currency; choose another name";
    assert!(other.stderr.contains(words), "{}", other.stderr);
    let of_nobody = ["account", "add", "source", "--no-login", "--minimum-balance", "unlimited"];
    let source = || bankd(of_nobody.into_iter().chain(["--data", &place.data()]));
    assert_eq!(source().out, "source added with 0.00 USD\n");
    assert_eq!(source().out, "source was there already, opened just so; it has 0.00 USD\n");
    let shown = bankd(["account", "show", "source", "--data", &place.data()]);
    assert!(shown.out.contains("minimum balance unlimited"), "{}", shown.out);
    private(&pin, 0o644);
    let exposed = add("ac-2");
    assert_eq!(exposed.code, 1);
    assert!(exposed.stderr.contains("run: chmod 600 "), "{}", exposed.stderr);
    for weak in ["", "123", "12345678\u{7}x", "1111", "1234", "2011"] {
        let ran = bankd_with(
            &format!("{weak}\n"),
            ["account", "add", "ac-3", "--pin-stdin", "--data", &place.data()],
        );
        assert_eq!(ran.code, 1);
        assert!(ran.stderr.contains("use a PIN of 4 to 12 digits"), "{}", ran.stderr);
    }
    let fine = bankd_with(
        "4826\n",
        [
            "account",
            "add",
            "ac-4",
            "--pin-stdin",
            "--balance",
            "1.5",
            "--currency",
            "JPY",
            "--data",
            &place.data(),
        ],
    );
    assert_eq!(fine.code, 1);
    assert!(fine.stderr.contains("no more decimals than the currency has"), "{}", fine.stderr);
    assert_eq!(
        bankd(["account", "list", "--data", &place.data()]).out,
        "ac-1       0 JPY  PIN to be changed\nsource  0.00 USD\n2 accounts, 0 JPY, 0.00 USD\n"
    );
}

#[cfg(unix)]
fn private(path: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn no_answer_holds_a_hash() {
    let place = Place::new();
    bankd(["import", sample("accounts.csv").to_str().unwrap(), "--data", &place.data()]);
    for args in [vec!["list"], vec!["list", "--output", "json"], vec!["show", "cedar-100"]] {
        let args = ["account"].into_iter().chain(args).chain(["--log", "trace"]);
        let ran = bankd(args.chain(["--data", &place.data()]));
        assert_eq!(ran.code, 0);
        assert!(!ran.out.contains("argon2") && !ran.stderr.contains("argon2"), "{ran:?}");
    }
}

#[test]
fn wrong_usage_is_2_and_touches_nothing() {
    let place = Place::new();
    let wrong = [
        vec![],
        vec!["open"],
        vec!["serve", "--listen", "ftp://127.0.0.1:1"],
        vec!["serve", "--listen", "127.0.0.1:1"],
        vec!["serve", "--currency", "usd"],
        vec!["serve", "--tsv-scale", "0"],
        vec!["serve", "--terminal", "lobby"],
        vec!["serve", "--connections", "0"],
        vec!["serve", "--session-idle", "0"],
        vec!["serve", "--segment-bytes", "65535"],
        vec!["serve", "--log", "loud"],
        vec!["serve", "--pin", "1234"],
        vec!["import"],
        vec!["import", "a.csv", "--format", "xls"],
        vec!["account", "add", "$vault:USD"],
        vec!["account", "add", "ac-1", "1234"],
        vec!["account", "add", "ac-1", "--pin-stdin", "--pin-file", "pin"],
        vec!["account", "add", "ac-1", "--balance", "1e3"],
        vec!["account", "limits", "ac-1", "--reason", "none named"],
        vec!["account", "limits", "ac-1", "--day-count-max", "-1", "--reason", "x"],
        vec!["account", "freeze", "ac-1"],
        vec!["account", "freeze", "$vault:USD", "--reason", "x"],
        vec!["account", "adjust", "ac-1", "5.00"],
        vec!["account", "statement", "ac-1", "--from", "yesterday"],
        vec!["terminal", "load", "lobby"],
        vec!["terminal", "unload", "lobby", "--amount", "5"],
        vec!["terminal", "change-key", "lobby"],
        vec!["terminal", "disable", "lobby"],
        vec!["terminal", "load", "lobby", "--notes", "20"],
        vec!["hold", "resolve", "1", "void"],
        vec!["reverse", "01890a5d-ac96-774b-bcce-b302099a8057"],
        vec!["serve", "--business-day-zone", "Europe/Atlantis"],
        vec!["serve", "--business-day-begins", "24:00"],
        vec!["serve", "--must-change"],
        vec!["backup"],
        vec!["restore"],
        vec!["verify", "a", "b"],
    ];
    for args in wrong {
        let data = ["--data", &place.data()].map(str::to_owned);
        let with_data = args.first().is_some_and(|first| *first != "open");
        let all = args.iter().map(|arg| (*arg).to_owned()).chain(data.into_iter().filter(|_| with_data));
        let ran = bankd(all);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}: {}", ran.stderr);
    }
    assert!(!std::path::Path::new(&place.data()).exists());
}

#[test]
fn the_certificate_is_shown_and_made_where_there_is_none() {
    let place = Place::new();
    let show = |more: &[&str]| {
        let own = ["cert", "show", "--data", &place.data()].map(str::to_owned);
        bankd(own.into_iter().chain(more.iter().map(|arg| (*arg).to_owned())))
    };
    let first = show(&["--name", "bank.example.org"]);
    assert_eq!(first.code, 0, "{}", first.stderr);
    let path = place.path("data/certificate.pem");
    let lines: Vec<_> = first.out.lines().collect();
    assert!(lines[0].starts_with("fingerprint sha256:") && lines[0].len() == 83, "{}", first.out);
    assert_eq!(lines[1], "names       127.0.0.1 ::1 bank.example.org localhost");
    assert!(lines[2].starts_with("valid until 20"), "{}", first.out);
    assert_eq!(lines[3], format!("certificate {path}"));
    assert!(std::fs::read_to_string(path).unwrap().starts_with("-----BEGIN CERTIFICATE-----"));

    let json: serde_json::Value = serde_json::from_str(&show(&["--output", "json"]).out).unwrap();
    assert_eq!(json["fingerprint"], lines[0].strip_prefix("fingerprint ").unwrap());
    let bad = show(&["--name", "bank example"]);
    assert!(bad.code == 1 && bad.stderr.contains("is not a host name"), "{}", bad.stderr);
}

#[test]
fn help_shows_examples() {
    let commands = [
        "",
        "serve",
        "import",
        "account add",
        "account limits",
        "account reset-pin",
        "account statement",
        "account adjust",
        "terminal add",
        "terminal load",
        "terminal count",
        "terminal close-day",
        "hold resolve",
        "reverse",
        "transfer-batch",
        "events",
        "verify",
        "backup",
        "restore",
        "head",
    ];
    for command in commands {
        let ran = bankd(command.split_whitespace().chain(["--help"]));
        assert!(ran.code == 0 && ran.out.contains("Examples:\n  bankd "), "{}", ran.out);
    }
}

#[test]
fn a_bare_date_is_the_whole_day_in_utc() {
    let place = Place::new();
    bankd(["import", sample("accounts.csv").to_str().unwrap(), "--data", &place.data()]);
    let value = |args: &[&str]| -> serde_json::Value {
        let more = ["--output", "json", "--data", &place.data()].map(str::to_owned);
        let ran = bankd(args.iter().map(|arg| (*arg).to_owned()).chain(more));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        serde_json::from_str(&ran.out).unwrap()
    };
    let statement = |bounds: &[&str]| value(&[&["account", "statement", "cedar-100"], bounds].concat());
    let opened = statement(&[])["entries"][0]["at"].as_str().unwrap().to_owned();
    let day = &opened[..10];
    for bounds in [vec!["--from", day], vec!["--to", day], vec!["--from", day, "--to", day]] {
        assert_eq!(statement(&bounds)["entries"].as_array().unwrap().len(), 1, "{bounds:?}");
    }
    let balance = |at: &str| value(&["account", "balance", "cedar-100", "--at", at])["balance"].clone();
    assert_eq!(balance(day), value(&["account", "balance", "cedar-100"])["balance"]);
    assert_eq!(balance("2001-01-01"), "0.00");
    assert_eq!(balance("9999-12-31T23:59:59Z"), balance("9999-12-31"));
    for bad in ["2026-02-30", "2026-01-31T12:00:00", "2026-01-31 12:00:00Z", "20260131"] {
        let ran = bankd(["account", "statement", "cedar-100", "--from", bad, "--data", &place.data()]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{bad}: {}", ran.stderr);
    }
}
