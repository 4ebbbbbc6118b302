//! The interactive ATM: what is typed and what is shown, line for line.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bank_engine::auth::Secret;
use bank_engine::clock::ManualClock;
use bank_engine::server::Limits;
use bank_engine::transport::{MemoryTransport, Transport};
use bank_engine_atm::connection::BankConnection;
use bank_engine_atm::drivers::interactive;
use bank_engine_atm::failure::Failure;
use bank_engine_atm::keyboard::Keyboard;

use crate::support::{bank, serve_within};

/// What is seen: the screen's text with what was typed in it, PINs as stars.
#[derive(Clone, Default)]
pub(crate) struct Screen(Arc<Mutex<Vec<u8>>>);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Types lines, and does other things between them.
pub(crate) struct Typist {
    keys: VecDeque<Key>,
    screen: Screen,
    clock: Arc<ManualClock>,
    wire: MemoryTransport,
    /// The PIN to type again as long as it is asked for: the bank may need a moment to notice that a
    /// lost line is lost.
    persists_with: Option<&'static str>,
}

pub(crate) enum Key {
    Line(&'static str),
    Wait(Duration),
    Leave(Duration),
    CutTheLine,
    CutNextAfter(u64),
}

impl Typist {
    fn next(&mut self) -> Option<&'static str> {
        loop {
            match self.keys.pop_front()? {
                Key::Line(line) => return Some(line),
                Key::Wait(time) => self.clock.advance(time),
                Key::Leave(time) => std::thread::sleep(time),
                Key::CutTheLine => self.wire.cut(),
                Key::CutNextAfter(frames) => self.wire.cut_next_after(frames),
            }
        }
    }

    fn show(&mut self, prompt: &str, typed: Option<&str>) {
        writeln!(self.screen, "{prompt}{}", typed.unwrap_or("(end)")).unwrap();
    }
}

#[async_trait]
impl Keyboard for Typist {
    async fn line(&mut self, prompt: &str) -> Result<Option<String>, Failure> {
        if let Some(pin) = self.persists_with.filter(|_| prompt.starts_with("Enter to try again")) {
            tokio::time::sleep(Duration::from_millis(10)).await;
            self.keys.push_front(Key::Line(pin));
            self.show(prompt, Some(""));
            return Ok(Some(String::new()));
        }
        let line = self.next();
        self.show(prompt, line);
        Ok(line.map(str::to_owned))
    }

    async fn hidden(&mut self, prompt: &str) -> Result<Option<Secret>, Failure> {
        let line = self.next();
        self.show(prompt, line.map(|_| "****"));
        Ok(line.map(Secret::from))
    }
}

/// The screen after `keys`, without the menus and transaction ids.
async fn played(keys: Vec<Key>) -> String {
    played_within(Limits::default(), None, keys).await
}

async fn played_within(limits: Limits, persists_with: Option<&'static str>, keys: Vec<Key>) -> String {
    let (bank, clock) = bank().await;
    let wire = MemoryTransport::new();
    let stop = serve_within(limits, bank, wire.listen("bank").await.unwrap());
    let atm = BankConnection::at(Box::new(wire.clone()), "bank");
    let seen = played_at(&atm, wire, clock, persists_with, keys).await;
    stop.cancel();
    seen
}

pub(crate) async fn played_at(
    atm: &BankConnection,
    wire: MemoryTransport,
    clock: Arc<ManualClock>,
    persists_with: Option<&'static str>,
    keys: Vec<Key>,
) -> String {
    let screen = Screen::default();
    let mut typist = Typist { keys: keys.into(), screen: screen.clone(), clock, wire, persists_with };
    interactive::run(atm, None, None, &mut typist, &mut screen.clone()).await.unwrap();
    let text = String::from_utf8(screen.0.lock().unwrap().clone()).unwrap();
    let is_id = |line: &str| line.starts_with("id  ");
    let menu = ["1 balance  ", "5 statement  ", "9 authorise  "];
    let kept = text
        .lines()
        .filter(|line| !line.is_empty() && !is_id(line) && !menu.iter().any(|menu| line.contains(menu)));
    kept.map(|line| format!("{}\n", line.trim_end())).collect()
}

pub(crate) fn lines(lines: &[&'static str]) -> Vec<Key> {
    lines.iter().map(|line| Key::Line(line)).collect()
}

pub(crate) fn assert_screen(seen: &str, expected: &str) {
    let expected: String =
        expected.lines().map(|line| format!("{}\n", line.trim_start_matches('|').trim_end())).collect();
    assert_eq!(seen, expected.trim_start_matches('\n'), "seen:\n{seen}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_does_everything() {
    let keys = [
        "anna", "1111", "anna", "1324", "1", "2", "20", "3", "999", "3", "", "2", "ten", "4", "bert", "7.50",
        "soup", "5", "6", "1324", "7410", "0147", "6", "1324", "7410", "7410", "13", "7", "anna", "7410",
        "8",
    ];
    let seen = played(lines(&keys)).await;
    let expected = "
|Welcome. This is an ATM of bank-engine/0.1.0.
|Account (empty to quit): anna
|PIN: ****
|Sorry: account or PIN is wrong (code 1101); check both and try again.
|Account (empty to quit): anna
|PIN: ****
|Hello. The account anna is yours until you log out.
|> 1
|account                                 anna
|balance                           100.00 USD
|> 2
|Amount, or notes like 3x20.00 (empty to cancel): 20
|DEPOSIT                            20.00 USD
|balance                           120.00 USD
|time                 2026-01-31 12:00:00 UTC
|> 3
|Amount (empty to cancel): 999
|Sorry: not enough money; 120.00 is available (code 1202).
|> 3
|Amount (empty to cancel):
|> 2
|Amount, or notes like 3x20.00 (empty to cancel): ten
|That is not an amount; write it like 20 or 20.00.
|> 4
|To which account (empty to cancel): bert
|Amount (empty to cancel): 7.50
|A word to them (empty for none): soup
|TRANSFER                            7.50 USD
|to                                      bert
|balance                           112.50 USD
|time                 2026-01-31 12:00:00 UTC
|> 5
|closing balance 112.50 USD
|3  2026-01-31 12:00:00 UTC   -7.50  112.50  transfer to bert: soup
|2  2026-01-31 12:00:00 UTC   20.00  120.00  deposit
|1  2026-01-31 12:00:00 UTC  100.00  100.00  opening
|opening balance 0.00 USD
|> 6
|PIN now: ****
|New PIN: ****
|New PIN again: ****
|The two differ. The PIN stays as it was.
|> 6
|PIN now: ****
|New PIN: ****
|New PIN again: ****
|The PIN is changed.
|> 13
|Type a number from 1 to 12. A time may follow 1, and one or two follow 5: a day like
|2026-01-31, or 2026-01-31T12:00:00Z.
|> 7
|Logged out; the account is free.
|Account (empty to quit): anna
|PIN: ****
|Hello. The account anna is yours until you log out.
|> 8
|Goodbye.";
    assert_screen(&seen, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_customer_logs_in_again() {
    let mut keys = lines(&["anna", "1324"]);
    keys.push(Key::Wait(Duration::from_secs(120)));
    keys.extend(lines(&["1", "anna", "1324", "8"]));
    let expected = "
|Welcome. This is an ATM of bank-engine/0.1.0.
|Account (empty to quit): anna
|PIN: ****
|Hello. The account anna is yours until you log out.
|> 1
|Sorry: the session is over; log in again (code 1106).
|Account (empty to quit): anna
|PIN: ****
|Hello. The account anna is yours until you log out.
|> 8
|Goodbye.";
    assert_screen(&played(keys).await, expected);
}

/// The server hangs up on those who say nothing for long. An ATM may be without a customer for
/// longer, and the next one notices nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_atm_that_stood_idle_serves_the_next_customer() {
    let limits = Limits { idle_time_max: Duration::from_millis(100), ..Limits::default() };
    let mut keys = vec![Key::Leave(Duration::from_secs(1))];
    keys.extend(lines(&["anna", "1324", "7"]));
    keys.push(Key::Leave(Duration::from_secs(1)));
    keys.extend(lines(&["anna", "1324"]));
    keys.push(Key::Leave(Duration::from_secs(1)));
    keys.extend(lines(&["1", "anna", "1324", "8"]));
    let expected = "
|Welcome. This is an ATM of bank-engine/0.1.0.
|Account (empty to quit): anna
|PIN: ****
|Hello. The account anna is yours until you log out.
|> 7
|Logged out; the account is free.
|Account (empty to quit): anna
|PIN: ****
|Hello. The account anna is yours until you log out.
|> 1
|Sorry: the session is over; log in again (code 1106).
|Account (empty to quit): anna
|PIN: ****
|Hello. The account anna is yours until you log out.
|> 8
|Goodbye.";
    assert_screen(&played_within(limits, None, keys).await, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_lost_line_the_bank_is_asked_again() {
    let mut keys = lines(&["anna", "1324", "2"]);
    keys.push(Key::CutTheLine);
    keys.extend(lines(&["20", "1324", "1", "8"]));
    let seen = played_within(Limits::default(), Some("1324"), keys).await;
    assert!(seen.contains("It is not known whether the money moved."), "{seen}");
    assert!(seen.contains("DEPOSIT                            20.00 USD"), "{seen}");
    assert!(seen.contains("balance                           120.00 USD"), "{seen}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn giving_up_reports_how_to_ask_again() {
    let mut keys = lines(&["anna", "1324", "4", "bert", "20"]);
    keys.push(Key::CutTheLine);
    keys.extend(lines(&["soup", "9999", "give up", ""]));
    let seen = played(keys).await;
    assert!(seen.contains("What became of it is still unknown."), "{seen}");
    assert!(seen.contains("  atm transfer bert 20 --memo=soup --account=anna --transaction="), "{seen}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_customer_is_sent_to_the_bank() {
    let seen = played(lines(&["anna", "1111", "anna", "1111", "anna", "1111", "anna", "1324", ""])).await;
    let output =
        "Sorry: the account is locked after too many wrong tries; ask the bank to unlock it (code 1102).";
    assert_eq!(seen.matches(output).count(), 2, "{seen}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_of_input_is_goodbye() {
    let seen = played(lines(&["anna", "1324"])).await;
    assert!(seen.ends_with("> (end)\nGoodbye.\n"), "{seen}");
}
