//! All that a customer can ask for, as commands and in scripts.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use bank_engine::bank::NewAccount;
use bank_engine::ledger::LimitsRequest;
use serde_json::Value;

use crate::server_fixture::ServerFixture;

impl ServerFixture {
    /// A private file, and its path.
    fn file(&self, name: &str, text: &str) -> String {
        let path = self.bank_fixture.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    async fn prints(&self, arguments: &[&str], code: i32, words: &[&str]) -> String {
        let (ended, printed) = self.run_when_free(arguments).await;
        assert_eq!(ended, code, "{arguments:?}: {printed}");
        assert_shows(&printed, words);
        printed
    }

    async fn answers(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--output", "json"]].concat();
        serde_json::from_str(&self.prints(&arguments, 0, &[]).await).unwrap()
    }
}

fn assert_shows(printed: &str, words: &[&str]) {
    for word in words {
        assert!(printed.contains(word), "{word:?} is not in {printed}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notes_are_counted_in_and_chosen_out() {
    let fixture = ServerFixture::new().await;
    fixture.prints(&["deposit", "60.00"], 1, &["code 1214"]).await;
    fixture.prints(&["deposit", "60.00", "--notes", "2x20"], 1, &["code 1214"]).await;
    fixture.prints(&["deposit", "60.00", "--notes", "three"], 2, &["write how many of each"]).await;
    fixture.prints(&["deposit", "60.00", "--notes", "3x20"], 0, &["DEPOSIT "]).await;
    let printed = ["the notes at hand can't make this amount; try 20.00 or 40.00 (code 1213)"];
    fixture.prints(&["withdraw", "30"], 1, &printed).await;
    let (code, printed) = fixture.type_in(&[], "login anna\ndeposit 40 2x20.00\nwithdraw 40\n").await;
    assert_eq!(code, 0, "{printed}");
    assert_shows(&printed, &["DEPOSIT ", "Please take your cash: 2 x 20.00", "WITHDRAWAL "]);
    fixture.stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_is_set_aside_captured_and_given_back() {
    let fixture = ServerFixture::new().await;
    let bert = fixture.file("bert", "4321\n");
    let as_bert = ["--account", "bert", "--pin-file", &bert];
    let printed = ["AUTHORISED ", "available                       99970.00 USD"];
    fixture.prints(&["authorise", "bert", "30", "--memo", "a bicycle"], 0, &printed).await;
    let held = fixture.answers(&["authorise", "bert", "12", "--seconds", "60"]).await;
    let hold = held["hold"].as_str().unwrap();
    fixture.prints(&[&["capture", hold, "13"], &as_bert[..]].concat(), 1, &["code 1605"]).await;
    fixture.prints(&[&["capture", hold, "7.50"], &as_bert[..]].concat(), 0, &["CAPTURED "]).await;
    fixture.prints(&[&["capture", hold, "7.50"], &as_bert[..]].concat(), 0, &["made before"]).await;
    fixture.prints(&[&["capture", hold], &as_bert[..]].concat(), 1, &["code 1602"]).await;
    fixture.prints(&[&["capture", hold, "1"], &as_bert[..]].concat(), 1, &["code 1602"]).await;
    let held = fixture.answers(&["authorise", "bert", "5"]).await;
    let hold = held["hold"].as_str().unwrap();
    fixture.prints(&[&["void", hold], &as_bert[..]].concat(), 0, &["GIVEN BACK"]).await;
    let unknown = "01890a5d-ac96-774b-bcce-b302099a8057";
    fixture.prints(&["void", unknown], 1, &["code 1601", "whose it is"]).await;
    // In a script, where the payee is somebody else's turn.
    let (code, printed) = fixture.type_in(&[], "login anna\nauthorise bert 2 for you\nlogout\n").await;
    assert_eq!(code, 0, "{printed}");
    let hold = printed.lines().find_map(|line| line.strip_prefix("id ")).unwrap().trim();
    let script = format!("login bert\ncapture {hold} 1\nvoid {hold}\n");
    let (code, printed) = fixture.type_in(&["--pin-file", &bert], &script).await;
    assert_eq!(code, 1, "{printed}");
    assert_shows(&printed, &["CAPTURED ", &format!("stopped at line 3: void {hold}")]);
    assert_eq!(fixture.bank_fixture.standing("bert").await, 500 + 750 + 100);
    fixture.stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_is_made_whole_or_not_at_all() {
    let fixture = ServerFixture::new().await;
    let file = fixture.file("wages", "# two of them\nbert 10 wages\nbert 2.50\n");
    let printed = ["bert  ", "nothing was moved", "balance                         99987.50 USD"];
    fixture.prints(&["transfer-batch", &file, "--dry-run"], 0, &printed).await;
    assert_eq!(fixture.bank_fixture.standing("bert").await, 500);
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    for _ in 0..2 {
        fixture.prints(&["transfer-batch", &file, "--transaction", id], 0, &["all of them were made"]).await;
        assert_eq!(fixture.bank_fixture.standing("bert").await, 500 + 1250, "asked twice, made once");
    }
    let bad = fixture.file("bad", "bert 1\nnobody 1\n");
    fixture.prints(&["transfer-batch", &bad], 1, &["transfer 2 of the transfer batch", "code 1205"]).await;
    let script = format!("login anna\ntransfer-batch {file} dry-run\ntransfer-batch {bad}\n");
    let (code, printed) = fixture.type_in(&[], &script).await;
    assert_eq!(code, 1, "{printed}");
    assert_shows(&printed, &["nothing was moved", "stopped at line 3"]);
    assert_eq!(fixture.bank_fixture.standing("bert").await, 500 + 1250);
    fixture.stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_have_an_opening_and_a_closing_balance() {
    let fixture = ServerFixture::new().await;
    fixture.prints(&["transfer", "bert", "1", "--memo", "today"], 0, &["to                   "]).await;
    fixture.bank_fixture.clock.advance(Duration::from_secs(24 * 60 * 60));
    fixture.prints(&["transfer", "bert", "2", "--memo", "tomorrow"], 0, &[]).await;
    let first = ["--from", "2026-01-31", "--to", "2026-01-31"];
    let printed =
        ["closing balance 99999.00 USD\n", "transfer to bert: today\n", "opening balance 0.00 USD\n"];
    let printed = fixture.prints(&[&["statement", "--all"], &first[..]].concat(), 0, &printed).await;
    assert!(!printed.contains("tomorrow"), "{printed}");
    let second = fixture.prints(&["statement", "--from", "2026-02-01"], 0, &["tomorrow"]).await;
    assert_shows(&second, &["closing balance 99997.00 USD", "opening balance 99999.00 USD"]);
    fixture.prints(&["balance", "--at", "2026-01-31"], 0, &["99999.00 USD"]).await;
    fixture.prints(&["balance", "--at", "yesterday"], 2, &["write it like 2026-01-31T12:00:00.000Z"]).await;
    let script = "login anna\nbalance 2026-01-31\nstatement all 2026-02-01 2026-02-01\nstatement 999\n";
    let (code, printed) = fixture.type_in(&[], script).await;
    assert_eq!(code, 2, "{printed}");
    let words = ["99999.00 USD", "opening balance 99999.00", "1 to 50; stopped at line 4: statement 999"];
    assert_shows(&printed, &words);
    fixture.stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_a_statement_show_each_balance_once() {
    let fixture = ServerFixture::new().await;
    let script: String = (0..60).map(|_| "transfer bert 1\n").collect();
    assert_eq!(fixture.type_in(&[], &format!("login anna\n{script}")).await.0, 0);
    let printed = fixture
        .prints(&["statement", "--all"], 0, &["closing balance 99940.00", "opening balance 0.00"])
        .await;
    assert_eq!(printed.matches("closing balance").count(), 1, "{printed}");
    assert_eq!(printed.matches("opening balance").count(), 1, "{printed}");
    assert_eq!(printed.lines().count(), 62 + 2);
    fixture.stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pin_that_the_bank_set_is_changed_first() {
    let fixture = ServerFixture::new().await;
    let secret = fixture.bank_fixture.bank.hash("5555".into()).await.unwrap();
    let new = NewAccount::new("carl", "USD").secret_hash(secret).must_change_secret();
    let id = bank_engine::ledger::TransactionId::generate();
    fixture.bank_fixture.bank.open_account(new.opening_balance(id, "10")).await.unwrap();
    let (old, weak, good) =
        (fixture.file("old", "5555\n"), fixture.file("weak", "1111\n"), fixture.file("good", "7410\n"));
    let carl =
        |pin: &'_ str| ["--account".to_owned(), "carl".to_owned(), "--pin-file".to_owned(), pin.to_owned()];
    let with = |words: &[&str], pin: &str| -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).chain(carl(pin)).collect()
    };
    let prints = async |words: &[&str], pin: &str, code: i32, printed: &[&str]| {
        let words = with(words, pin);
        fixture.prints(&words.iter().map(String::as_str).collect::<Vec<_>>(), code, printed).await
    };
    prints(&["balance"], &old, 4, &["choose one of your own first with `atm pin change` (code 1108)"]).await;
    prints(&["pin", "change", "--new-pin-file", &weak], &old, 1, &["code 1107"]).await;
    let (code, printed) = fixture.type_in(&["--pin-file", &old], "login carl\nbalance\n").await;
    assert_eq!(code, 4, "{printed}");
    assert_shows(&printed, &["code 1108", "stopped at line 2: balance"]);
    let script = format!("login carl\npin {good}\nbalance\n");
    let (code, printed) = fixture.type_in(&["--pin-file", &old], &script).await;
    assert_eq!(code, 0, "{printed}");
    assert_shows(&printed, &["done", "10.00 USD"]);
    prints(&["balance"], &good, 0, &["10.00 USD"]).await;
    fixture.stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_are_reported_with_what_is_left() {
    let fixture = ServerFixture::new().await;
    let amount = |text: &str| Some(text.parse().unwrap());
    let limits = LimitsRequest {
        transaction_max: amount("100"),
        day_amount_max: amount("150"),
        ..LimitsRequest::default()
    };
    let (operator, reason) = ("eve".parse().unwrap(), "a test".parse().unwrap());
    fixture.bank_fixture.bank.set_limits("anna", limits.into(), (operator, reason)).await.unwrap();
    fixture.prints(&["withdraw", "120"], 1, &["at most 100.00", "code 1210"]).await;
    fixture.prints(&["withdraw", "100"], 0, &[]).await;
    fixture.prints(&["withdraw", "60"], 1, &["50.00 of 150.00 is left until 2026-01-31", "code 1211"]).await;
    fixture.stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_reported_in_the_form_that_was_asked_for() {
    let fixture = ServerFixture::new().await;
    for output in [&["--output", "json"][..], &["--output=json"]] {
        let (code, printed) = fixture.run(&[&["deposit", "ten"], output].concat()).await;
        let error: Value = serde_json::from_str(&printed).unwrap();
        assert_eq!((code, &error["error"]["code"]), (2, &Value::Null));
        assert!(error["error"]["message"].as_str().unwrap().contains("write it like 20"), "{printed}");
    }
    let (code, printed) = fixture.type_in(&["--pin-file", "/nowhere/pin"], "ping\nlogin anna\n").await;
    assert_eq!(code, 2, "{printed}");
    assert_shows(&printed, &["/nowhere/pin", "stopped at line 2"]);
    fixture.prints(&["transfer", "bert", "3"], 0, &["to                                      bert\n"]).await;
    fixture.stop.cancel();
}
