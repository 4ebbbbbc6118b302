//! The ATM dies in the middle of a dispense, and its next start reports to the bank what its journal
//! knows: customer, cash and suspect account agree with what came out, wherever it died.

use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bank_engine::ledger::TransactionId;
use bank_engine_atm::machine::journal::{Journal, JournalStep};
use rustix::process::{Pid, Signal, kill_process};

use crate::fixtures::terminal;
use crate::server_fixture::{ServerFixture, printed};

/// Kills at random moments.
const KILLS: u32 = 36;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_it_crashes_all_agrees_after_the_next_start() {
    let fixture = ServerFixture::new().await;
    // The moment, what came out by then, whether anybody can know, and the notice.
    let moments = [
        ("intended", 0, false, "nothing came out; the bank had not heard of it"),
        ("authorised", 0, false, "nothing came out; the bank was informed and the money is free again"),
        ("ordering", 0, false, "nothing came out; the bank was informed and the money is free again"),
        ("ordered", 0, false, "nothing came out; the bank was informed and the money is free again"),
        ("dispensing", 0, true, "it is not known what came out; the bank was informed and will find out"),
        ("paying", 5000, true, "it is not known what came out; the bank was informed and will find out"),
        ("paid", 12000, true, "it is not known what came out; the bank was informed and will find out"),
        ("dispensed", 12000, false, "120.00 came out (2 x 50.00, 1 x 20.00); the bank was informed"),
        ("confirmed", 12000, false, "120.00 came out (2 x 50.00, 1 x 20.00); the bank was informed"),
        ("settled", 12000, false, "done"),
    ];
    for (moment, out, is_suspect, words) in moments {
        let before = fixture.bank_fixture.paid();
        let (code, output) = fixture.run_when_free(&["withdraw", "120", "--fail-at", moment]).await;
        assert_eq!(code, 70, "{moment}: {output}");
        assert_eq!(fixture.bank_fixture.paid() - before, out, "{moment}");
        let (was_suspect, output) = fixture.settle(moment).await;
        assert_eq!(was_suspect, is_suspect, "{moment}: {output}");
        assert!(output.contains(words), "{moment}: {output}");
    }
    // After all that it is an ATM as before.
    let (code, output) = fixture.run_when_free(&["withdraw", "120"]).await;
    assert_eq!(code, 0, "{output}");
    assert!(output.contains("Please take your cash: 2 x 50.00, 1 x 20.00"), "{output}");
    fixture.settle("afterwards").await;
    fixture.stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_customer_is_served_after_the_bank_knows() {
    let fixture = ServerFixture::new().await;
    for moment in ["ordered", "dispensed"] {
        fixture.run_when_free(&["withdraw", "120", "--fail-at", moment]).await;
        let (code, output) = fixture.run_when_free(&["balance"]).await;
        assert_eq!(code, 0, "{output}");
        assert!(output.contains("note: an earlier dispense of 120"), "{output}");
        fixture.bank_fixture.assert_reconciled(moment).await;
    }
    fixture.stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whenever_it_is_killed_all_agrees_after_the_next_start() {
    let random = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
    let seed = std::env::var("ATM_KILL_SEED").map_or(random, |seed| seed.parse().unwrap());
    println!("ATM_KILL_SEED={seed}");
    let fixture = ServerFixture::new().await;
    let begun = Instant::now();
    // A mechanism that takes about as long as all else.
    let withdraw = ["withdraw", "120", "--note-ms", "10"];
    let (code, output) = fixture.run(&withdraw).await;
    assert_eq!(code, 0, "{output}");
    let whole = begun.elapsed();
    let mut state = u64::from(seed) | 1 << 40;
    let mut suspects = 0;
    for kill in 0..KILLS {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let share = u32::try_from(state >> 33).unwrap() % 1000;
        // Free the account first, or this customer is turned away.
        fixture.run_when_free(&["balance"]).await;
        let mut atm = fixture.atm(&withdraw).spawn().unwrap();
        tokio::time::sleep(whole * share / 900).await;
        let _ = atm.kill();
        atm.wait().unwrap();
        let (was_suspect, _) = fixture.settle(&format!("seed {seed}, kill {kill} at {share}/900")).await;
        suspects += u32::from(was_suspect);
    }
    println!("{suspects} of {KILLS} were suspect, {} paid out", fixture.bank_fixture.paid());
    fixture.stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_jam_is_reported_to_the_bank_and_shown_on_the_slip() {
    let fixture = ServerFixture::new().await;
    let (code, output) = fixture.run(&["withdraw", "120", "--jam-after", "1"]).await;
    assert_eq!(code, 0, "{output}");
    let shown = ["cash: 1 x 50.00", "50.00 of 120", "WITHDRAWAL                         50.00 USD"];
    for words in shown {
        assert!(output.contains(words), "{words:?} is not in {output}");
    }
    fixture.settle("a jam").await;
    let (code, output) = fixture.run_when_free(&["withdraw", "120", "--jam-after", "0"]).await;
    assert_eq!(code, 1, "{output}");
    assert!(output.contains("nothing came out; no money was taken"), "{output}");
    fixture.settle("a jam at once").await;
    let json = ["withdraw", "120", "--jam-after", "2", "--output", "json"];
    let (code, output) = fixture.run_when_free(&json).await;
    let slip: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert_eq!((code, &slip["asked"], &slip["amount"]), (0, &"120".into(), &"100.00".into()));
    assert_eq!(slip["receipt"]["amount"], "100.00");
    fixture.settle("a jam for a program").await;
    fixture.stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_is_one_process_with_its_key() {
    let fixture = ServerFixture::new().await;
    let mut first = fixture.atm(&[]);
    let mut first = first.stdin(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while !fixture.bank_fixture.path("journal").exists() {
        assert!(Instant::now() < deadline, "the journal was not made");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (code, output) = fixture.run(&["ping"]).await;
    assert_eq!(code, 5, "{output}");
    assert!(output.contains("another process is at the journal"), "{output}");
    drop(first.stdin.take());
    first.wait().unwrap();
    std::fs::write(fixture.bank_fixture.path("key"), "another key").unwrap();
    let (code, output) = fixture.run(&["ping"]).await;
    assert_eq!(code, 4, "{output}");
    assert!(output.contains("check --terminal and --key-file"), "{output}");
    fixture.stop.cancel();
}

/// The same id again pays nothing out again, and the bank says what became of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_is_paid_out_once() {
    let fixture = ServerFixture::new().await;
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let withdraw = ["withdraw", "120", "--transaction", id];
    assert_eq!(fixture.run(&withdraw).await.0, 0);
    let (code, output) = fixture.run_when_free(&withdraw).await;
    assert_eq!(code, 1, "{output}");
    assert!(output.contains("the hold was captured before (code 1602)"), "{output}");
    assert_eq!(fixture.bank_fixture.paid(), 12000);
    fixture.settle("an id twice").await;
    fixture.stop.cancel();
}

/// Cash that is on its way out is brought to its end, and the bank is informed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_waits_for_the_cash() {
    let fixture = ServerFixture::new().await;
    for (signal, ends_with) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let before = fixture.bank_fixture.paid();
        fixture.run_when_free(&["balance"]).await;
        let atm = fixture.atm(&["withdraw", "120", "--note-ms", "200"]).spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while fixture.bank_fixture.paid() == before {
            assert!(Instant::now() < deadline, "no note came out");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        kill_process(Pid::from_child(&atm), signal).unwrap();
        let ended = tokio::task::spawn_blocking(move || atm.wait_with_output().unwrap()).await.unwrap();
        let (code, output) = printed(&ended);
        assert!(output.contains("Please take your cash: 2 x 50.00, 1 x 20.00"), "{signal:?}: {output}");
        // The receipt may be out before the end is.
        assert!(code == 0 || code == ends_with, "{signal:?}: {code}: {output}");
        assert!(
            fixture.bank_fixture.bank.holds(Default::default()).await.unwrap().holds.is_empty(),
            "{signal:?}: not reported"
        );
        fixture.bank_fixture.assert_reconciled("a signal").await;
    }
    // Without cash on its way it ends at once, and the account is free.
    let mut atm = fixture.atm(&[]);
    let mut atm = atm.stdin(Stdio::piped()).spawn().unwrap();
    let mut keyboard = atm.stdin.take().unwrap();
    std::io::Write::write_all(&mut keyboard, b"balance\n").unwrap();
    let mut screen = atm.stdout.take().unwrap();
    let seen = move || std::io::Read::read_exact(&mut screen, &mut [0; 8]);
    tokio::task::spawn_blocking(seen).await.unwrap().unwrap();
    kill_process(Pid::from_child(&atm), Signal::TERM).unwrap();
    let status = tokio::task::spawn_blocking(move || atm.wait().unwrap()).await.unwrap();
    assert_eq!(status.code(), Some(143));
    assert_eq!(fixture.run_when_free(&["balance"]).await.0, 0);
    fixture.stop.cancel();
}

/// Even where the journal was lost between the two.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_begun_is_not_begun_again() {
    let fixture = ServerFixture::new().await;
    for moment in ["authorised", "ordered"] {
        let id = TransactionId::generate().to_string();
        let withdraw = ["withdraw", "120", "--transaction", &id];
        let (code, output) = fixture.run_when_free(&[&withdraw[..], &["--fail-at", moment]].concat()).await;
        assert_eq!(code, 70, "{moment}: {output}");
        std::fs::remove_file(fixture.bank_fixture.path("journal")).unwrap();
        let (code, output) = fixture.run_when_free(&withdraw).await;
        assert_eq!(code, 1, "{moment}: {output}");
        assert!(output.contains("no cash is paid out for it twice"), "{moment}: {output}");
    }
    assert_eq!(fixture.bank_fixture.paid(), 0);
    // Nobody informed the bank, so it becomes suspect with time.
    fixture.bank_fixture.clock.advance(Duration::from_secs(10 * 60));
    let (was_suspect, _) = fixture.settle("a lost journal").await;
    assert!(was_suspect);
    fixture.stop.cancel();
}

/// A bank that never agreed to a dispense is the wrong one: what came out is not forgotten for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_bank_will_not_hear_stays_in_the_journal() {
    let fixture = ServerFixture::new().await;
    let (hold, amount) = (TransactionId::generate(), "120".parse().unwrap());
    let journal = Journal::open(&fixture.bank_fixture.path("journal"), terminal());
    let mut journal = journal.unwrap_or_else(|failure| panic!("{failure}"));
    journal.record(JournalStep::Intended { hold, amount }).unwrap();
    journal.record(JournalStep::Dispensed { hold, amount, notes: Vec::new() }).unwrap();
    drop(journal);
    for _ in 0..2 {
        let (code, output) = fixture.run_when_free(&["balance"]).await;
        assert_eq!(code, 0, "{output}");
        assert!(
            output.contains("120 came out; the bank refused to hear it: no hold has this id"),
            "{output}"
        );
        assert!(output.contains("it stays in"), "{output}");
    }
    fixture.stop.cancel();
}
