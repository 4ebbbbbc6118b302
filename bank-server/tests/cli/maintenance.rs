//! `bankd verify`, `backup`, `restore` and `head`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bank_engine::clock::{Clock, ManualClock, SystemClock};
use bank_engine::journal::Options;
use bank_engine::money::Currency;
use serde_json::{Value, json};

use crate::support::{Place, Ran, Server, bankd, id, sample};

/// A place with the samples imported.
fn imported() -> Place {
    let place = Place::new();
    let ran = bankd(["import", sample("accounts.csv").to_str().unwrap(), "--data", &place.data()]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    place
}

fn run(place: &Place, command: &str) -> Ran {
    bankd(command.split(' ').chain(["--data", &place.data()]))
}

fn json_of(place: &Place, command: &str) -> Value {
    let ran = run(place, &format!("{command} --output json"));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{command}");
    serde_json::from_str(&ran.out).unwrap()
}

fn segment(place: &Place) -> PathBuf {
    Path::new(&place.data()).join("journal/segment-00000000")
}

/// Turns one bit of a file.
fn damage(path: &Path, offset: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[offset] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_head_that_was_kept_is_found_again_and_a_strange_one_is_not() {
    let place = imported();
    let kept = json_of(&place, "head");
    let hash = kept["hash"].as_str().unwrap();
    let more = place.file("more.csv", "later, 1324, 1.00\n");
    assert_eq!(run(&place, &format!("import {more}")).code, 0);
    assert_ne!(json_of(&place, "head")["hash"], kept["hash"]);
    let found = json_of(&place, &format!("verify --head {hash}"));
    assert_eq!(found["kept_head"], kept["batches"]);
    let strange = run(&place, &format!("verify --head {}", "0f".repeat(32)));
    assert_eq!(strange.code, 1);
    assert!(strange.stderr.contains("does not pass through the head that you kept"), "{}", strange.stderr);
    assert_eq!(run(&place, "verify --head 0f").code, 2);
}

#[test]
fn a_good_journal_is_verified_and_has_a_head() {
    let place = imported();
    let output = run(&place, "verify");
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    assert!(
        output.out.contains("\ntransactions 3\naccounts     5, the bank's own among them\n"),
        "{}",
        output.out
    );
    assert!(output.out.contains("\nUSD          debits 11760.05, credits 11760.05\n"), "{}", output.out);
    assert!(output.out.ends_with("the journal is whole, and all balances sum to zero\n"), "{}", output.out);

    let verified = json_of(&place, "verify");
    let line = json!([{ "currency": "USD", "accounts": 5, "debits": "11760.05", "credits": "11760.05" }]);
    assert_eq!((&verified["trial_balance"], &verified["unfinished"]), (&line, &json!(null)));
    assert_eq!((&verified["transactions"], &verified["accounts"]), (&json!(3), &json!(5)));
    let head = json_of(&place, "head");
    assert_eq!(verified["head"], head);
    assert_eq!((head["hash"].as_str().unwrap().len(), head["journal"].as_str().unwrap().len()), (64, 32));
    assert!(run(&place, "head").out.starts_with(&format!("head    {}\n", head["hash"].as_str().unwrap())));
}

#[test]
fn a_flipped_bit_is_named_by_file_and_byte() {
    let place = imported();
    let path = segment(&place);
    damage(&path, 500);
    for command in ["verify", "account list", "import accounts.csv", "backup copy"] {
        let command = command.replace("accounts.csv", sample("accounts.csv").to_str().unwrap());
        let command = command.replace("copy", &place.path("copy"));
        let ran = run(&place, &command);
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{command}");
        let named = format!("error: {}, byte ", path.display());
        assert!(ran.stderr.starts_with(&named), "{command}: {}", ran.stderr);
        assert!(ran.stderr.ends_with("; restore the journal from a backup\n"), "{command}: {}", ran.stderr);
    }
}

#[test]
fn a_backup_made_while_serving_is_restored() {
    let place = imported();
    let server = Server::start(&place.data(), &[]);
    let mut line = server.connect();
    line.hello();
    line.log_in("cedar-100", "2580");
    line.done("transfer", json!({ "transaction": id(1), "to": "birch-200", "amount": "250.00" }));
    let copy = place.path("copy");
    let output = json_of(&place, &format!("backup {copy}"));
    assert_eq!(output, json_of(&place, "head"));
    line.done("withdraw", json!({ "transaction": id(2), "amount": "1000.00" }));
    drop(server);

    let verified: Value = serde_json::from_str(&bankd(["verify", &copy, "--output", "json"]).out).unwrap();
    assert_eq!(verified["head"], output);
    let other = place.path("other");
    let restored = bankd(["restore", &copy, "--data", &other]);
    assert_eq!(restored.code, 0, "{}", restored.stderr);
    assert!(restored.out.ends_with("other/journal is ready\n"), "{}", restored.out);
    let listed = bankd(["account", "list", "--data", &other]).out;
    assert!(listed.contains("cedar-100   1000.00 USD\n"), "{listed}");
    let server = Server::start(&other, &[]);
    let mut line = server.connect();
    line.hello();
    line.log_in("cedar-100", "2580");
    let again = json!({ "transaction": id(1), "to": "birch-200", "amount": "250.00" });
    assert_eq!(line.done("transfer", again)["replayed"], true);
}

#[test]
fn nothing_is_written_over() {
    let place = imported();
    let copy = place.path("copy");
    assert_eq!(run(&place, &format!("backup {copy}")).code, 0);
    let again = run(&place, &format!("backup {copy}"));
    assert!(again.code == 1 && again.stderr.contains("copy is not empty; name a new directory"), "{again:?}");
    let over = run(&place, &format!("restore {copy}"));
    assert!(
        over.code == 1 && over.stderr.contains("holds a journal already, which is left as it is"),
        "{over:?}"
    );
    assert_eq!(run(&place, "verify").code, 0);
}

#[test]
fn a_damaged_backup_is_not_restored() {
    let place = imported();
    let copy = place.path("copy");
    assert_eq!(run(&place, &format!("backup {copy}")).code, 0);
    damage(&Path::new(&copy).join("segment-00000000"), 500);
    let other = place.path("other");
    let ran = bankd(["restore", &copy, "--data", &other]);
    assert!(ran.code == 1 && ran.stderr.contains("segment-00000000, byte "), "{ran:?}");
    assert!(!Path::new(&other).join("journal").exists());
}

#[test]
fn a_batch_that_was_cut_short_is_reported_and_dropped() {
    let place = imported();
    let users = format!("import {} --tsv-scale 0", sample("users.tsv").to_str().unwrap());
    assert_eq!(run(&place, &users).code, 0);
    // A copy holds no room for what is to come, so its end is the end of the last batch.
    let copy = place.path("copy");
    assert_eq!(run(&place, &format!("backup {copy}")).code, 0);
    let copied = Path::new(&copy).join("segment-00000000");
    let length = copied.metadata().unwrap().len();
    std::fs::OpenOptions::new().write(true).open(&copied).unwrap().set_len(length - 10).unwrap();

    let verified = bankd(["verify", &copy]);
    assert_eq!(verified.code, 0, "{}", verified.stderr);
    assert!(
        verified.out.contains("1 batch, ") && verified.out.contains("\nunfinished   "),
        "{}",
        verified.out
    );
    let data = place.path("other");
    std::fs::create_dir(&data).unwrap();
    std::fs::rename(&copy, Path::new(&data).join("journal")).unwrap();
    let mut server = Server::start(&data, &[]);
    server.await_log("the last batch was not written whole when the bank stopped");
    drop(server);
    let listed = bankd(["account", "list", "--data", &data]).out;
    assert!(listed.ends_with("4 accounts, 11760.05 USD\n"), "{listed}");
}

#[test]
fn what_is_missing_is_reported() {
    let place = Place::new();
    for command in ["verify", "head", "backup copy", "account list"] {
        let ran = run(&place, command);
        assert!(ran.code == 1 && ran.stderr.contains("there is no data directory at "), "{command}: {ran:?}");
    }
    // A certificate alone makes no bank.
    assert_eq!(run(&place, "cert show").code, 0);
    for command in ["verify", "head", "backup copy", "account list"] {
        let ran = run(&place, command);
        assert!(ran.code == 1 && ran.stderr.contains("holds no journal yet"), "{command}: {ran:?}");
    }
    let none = place.path("none");
    for command in [format!("verify {none}"), format!("head {none}"), format!("restore {none}")] {
        let ran = run(&place, &command);
        assert!(ran.code == 1 && ran.stderr.contains("there is no journal in "), "{command}: {ran:?}");
    }
}

/// Records a year ahead, as a clock that was set wrong for a while leaves them.
#[test]
fn records_ahead_of_the_clock_are_served_with_accept_clock_alone() {
    let place = imported();
    let ahead = SystemClock.now().after(Duration::from_secs(365 * 24 * 3600));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let options = Options { clock: Arc::new(ManualClock::at(ahead)), ..Options::default() };
        let path = Path::new(&place.data()).join("journal");
        let bank = bank_engine::open_with(path, options).await.unwrap();
        bank.add_terminal("lobby", Currency::USD, None, None).await.unwrap();
    });
    let refused = run(&place, "serve --listen tcp://127.0.0.1:0");
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    assert!(refused.stderr.contains("--accept-clock"), "{}", refused.stderr);
    let verified = run(&place, "verify");
    assert_eq!(verified.code, 0, "{}", verified.stderr);
    assert!(verified.out.contains("s ahead of this machine's clock"), "{}", verified.out);
    assert!(json_of(&place, "verify")["clock_ahead_seconds"].as_i64().unwrap() > 364 * 24 * 3600);

    let server = Server::start(&place.data(), &["--accept-clock"]);
    let statement = run(&place, "account statement cedar-100");
    assert!(statement.out.contains("s ahead of the machine's clock"), "{}", statement.out);
    let sums = run(&place, "trial-balance");
    assert!(sums.out.contains("the machine's clock has jumped once"), "{}", sums.out);
    let closed = run(&place, "terminal close-day lobby --amount 0");
    assert!(closed.out.contains("s ahead of the machine's clock"), "{}{}", closed.out, closed.stderr);
    server.kill();
}
