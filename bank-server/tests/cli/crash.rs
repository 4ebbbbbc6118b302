//! The server killed under load, again and again: nothing that a client has a receipt for is lost,
//! and nothing is there that nobody asked for.
//!
//! `BANKD_KILLS` says how often, `BANK_TEST_SEED` replays the delays of a run.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use bank_engine_core::testing::Random;
use serde_json::{Value, json};

use crate::support::{Place, Server, bankd};

/// How often the server is killed unless set otherwise.
const KILLS: usize = 100;

/// The longest time that a server serves, or that it gets to open its journal, before it is killed.
const LIFE_MAX_MS: usize = 250;
const OPENING_MAX_MS: usize = 40;

/// Transfers that one client sends before it reads the answers, at most.
const BURST_MAX: usize = 16;

/// Requests that are repeated in one go, few enough for the sockets to hold them all.
const REPEATED_AT_ONCE: usize = 64;

const CLIENTS: u64 = 3;
const PIN: &str = "4826";
const OPENING_CENTS: i64 = 100_000_000;

/// Longer than any answer takes; only a server that hangs meets it.
const HANG: Duration = Duration::from_secs(30);

/// So small that segments are sealed, indexed and checkpointed all the time.
const ARGS: [&str; 4] = ["--log", "warn", "--segment-bytes", "65536"];

#[test]
fn no_kill_loses_a_transaction_or_makes_one_up() {
    let kills = std::env::var("BANKD_KILLS").map_or(KILLS, |text| text.parse().unwrap());
    let mut random = Random::from_environment();
    let (place, mut clients) = opened(&mut random);
    let journal = place.path("data/journal");
    let mut dropped = 0;
    for kill in 1..=kills {
        let output = if random.below(5) == 0 {
            let server = Server::starting(&place.data(), &ARGS);
            sleep_ms(random.below(OPENING_MAX_MS));
            server.kill()
        } else {
            let server = Server::start(&place.data(), &ARGS);
            let at_work = at_once(clients, &server.address(), Client::check_and_move);
            sleep_ms(random.below(LIFE_MAX_MS));
            let output = server.kill();
            clients = at_work.join();
            output
        };
        dropped += output.matches("was not written whole").count();
        assert!(!output.to_lowercase().contains("error"), "kill {kill}: {output}");
        clients.iter_mut().filter(|client| client.is_locked).for_each(|client| unlock(client, &place));
        if kill % 10 == 0 {
            verified(&journal);
        }
    }

    // Nobody kills the last one: every receipt that was ever given is asked for again.
    clients.iter_mut().for_each(|client| unlock(client, &place));
    let server = Server::start(&place.data(), &ARGS);
    for client in &mut clients {
        client.unsure.extend(client.done.keys().copied());
    }
    let clients = at_once(clients, &server.address(), Client::check).join();
    assert!(clients.iter().all(|client| client.unsure.is_empty()));
    drop(server);

    let moved: usize = clients.iter().map(|client| client.done.len()).sum();
    println!("{kills} kills, {moved} transfers, {dropped} torn batches");
    assert!(moved > 2 * kills, "hardly anything was going on: {moved} transfers");
    // Each of them and the opening balances, and no other.
    assert_eq!(verified(&journal), json!(moved + clients.len()));
    for client in &clients {
        let payer = clients.iter().find(|other| other.payee() == name(client.number)).unwrap();
        let cents = OPENING_CENTS + signed(payer.done.len()) - signed(client.done.len());
        let shown = bankd(["account", "show", &name(client.number), "--data", &place.data()]).out;
        assert!(shown.contains(&format!("\nbalance   {}.{:02}\n", cents / 100, cents % 100)), "{shown}");
    }
}

#[test]
fn a_journal_can_be_read_and_copied_while_money_moves() {
    let (place, clients) = opened(&mut Random::from_environment());
    let server = Server::start(&place.data(), &ARGS);
    let at_work = at_once(clients, &server.address(), Client::check_and_move);
    let mut before = 0;
    for number in 0..10 {
        let copy = place.path(&format!("copy-{number}"));
        let ran = bankd(["backup", &copy, "--data", &place.data()]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let copied = verified(&copy).as_u64();
        let live = verified(&place.path("data/journal")).as_u64();
        assert!(copied.unwrap() >= before && live >= copied, "{copied:?} {live:?}");
        before = live.unwrap();
        let listed = bankd(["account", "list", "--data", &place.data()]).out;
        assert!(listed.ends_with("3 accounts, 3000000.00 USD\n"), "{listed}");
        assert_eq!(bankd(["head", "--data", &place.data()]).code, 0);
    }
    drop(server);
    assert!(at_work.join().iter().all(|client| client.done.len() > 1));
}

/// A bank with three accounts, and their owners.
fn opened(random: &mut Random) -> (Place, Vec<Client>) {
    let place = Place::new();
    let lines: String = (0..CLIENTS).map(|number| format!("{}, {PIN}, 1000000.00\n", name(number))).collect();
    let file = place.file("clients.csv", &lines);
    assert_eq!(bankd(["import", &file, "--data", &place.data()]).code, 0);
    (place, (0..CLIENTS).map(|number| Client::new(number, random.number())).collect())
}

/// A try is charged before the check: three kills in three checks lock an account.
fn unlock(client: &mut Client, place: &Place) {
    client.is_locked = false;
    let ran =
        bankd(["account", "unlock", &name(client.number), "--reason", "asked", "--data", &place.data()]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap()
}

fn sleep_ms(ms: usize) {
    thread::sleep(Duration::from_millis(u64::try_from(ms).unwrap()));
}

fn name(number: u64) -> String {
    format!("client-{number}")
}

/// Checks that a journal is whole and its balances sum to zero; how many transactions it holds.
fn verified(journal: &str) -> Value {
    let ran = bankd(["verify", journal, "--output", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let verified: Value = serde_json::from_str(&ran.out).unwrap();
    for line in verified["trial_balance"].as_array().unwrap() {
        assert_eq!(line["debits"], line["credits"]);
    }
    verified["transactions"].clone()
}

/// Clients at work, each on a thread of its own.
struct AtWork(Vec<thread::JoinHandle<Client>>);

fn at_once(clients: Vec<Client>, address: &str, work: fn(&mut Client, &str) -> io::Result<()>) -> AtWork {
    let start = |mut client: Client| {
        let address = address.to_owned();
        thread::spawn(move || {
            // The server's death is what ends the work.
            let _ = work(&mut client, &address);
            client
        })
    };
    AtWork(clients.into_iter().map(start).collect())
}

impl AtWork {
    fn join(self) -> Vec<Client> {
        self.0.into_iter().map(|thread| thread.join().unwrap()).collect()
    }
}

/// Somebody who pays the next one a cent, over and over, and forgets nothing.
struct Client {
    number: u64,
    random: Random,
    asked: u64,
    /// Transfers to ask for again: the server was killed since, or before it answered.
    unsure: Vec<u64>,
    /// The balance of each receipt, by transfer.
    done: BTreeMap<u64, Value>,
    is_locked: bool,
}

impl Client {
    fn new(number: u64, seed: u64) -> Client {
        let (random, unsure, done) = (Random::new(seed), Vec::new(), BTreeMap::new());
        Client { number, random, asked: 0, unsure, done, is_locked: false }
    }

    fn payee(&self) -> String {
        name((self.number + 1) % CLIENTS)
    }

    /// Asks for what is unsure, then moves money until the server is gone.
    fn check_and_move(&mut self, address: &str) -> io::Result<()> {
        let mut line = self.log_in(address)?;
        self.ask_again(&mut line)?;
        loop {
            let burst = 1 + u64::try_from(self.random.below(BURST_MAX)).unwrap();
            let transfers: Vec<u64> = (self.asked..self.asked + burst).collect();
            self.asked += burst;
            self.unsure.extend(&transfers);
            // What is done now is asked for again by the next server.
            self.transfer(&mut line, &transfers)?;
        }
    }

    /// Asks for what is unsure.
    fn check(&mut self, address: &str) -> io::Result<()> {
        let mut line = self.log_in(address)?;
        self.ask_again(&mut line)
    }

    fn log_in(&mut self, address: &str) -> io::Result<Talk> {
        let mut line = Talk::to(address)?;
        line.send("hello", [json!({ "versions": [1, 1], "client": "crash" })])?;
        line.result()?;
        line.send("login", [json!({ "account": name(self.number), "secret": PIN })])?;
        let answer = line.answer()?;
        if answer["error"]["code"] == 1102 {
            self.is_locked = true;
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        assert_eq!(answer["result"]["account"], name(self.number), "{answer}");
        Ok(line)
    }

    fn ask_again(&mut self, line: &mut Talk) -> io::Result<()> {
        while !self.unsure.is_empty() {
            let some = self.unsure.len().min(REPEATED_AT_ONCE);
            let transfers = self.unsure[..some].to_vec();
            self.transfer(line, &transfers)?;
            self.unsure.drain(..some);
        }
        Ok(())
    }

    /// Asks for transfers in one go. One that had a receipt before gets the same one again.
    fn transfer(&mut self, line: &mut Talk, transfers: &[u64]) -> io::Result<()> {
        let params = |transfer: &u64| {
            let id = format!("{:08x}-0000-8000-8000-{transfer:012x}", self.number);
            json!({ "transaction": id, "to": self.payee(), "amount": "0.01" })
        };
        line.send("transfer", transfers.iter().map(params))?;
        for transfer in transfers {
            let receipt = line.result()?;
            if let Some(balance) = self.done.get(transfer) {
                assert_eq!(receipt["replayed"], true, "a receipt was forgotten: {receipt}");
                assert_eq!(&receipt["balance"], balance, "a receipt was changed: {receipt}");
            } else {
                self.done.insert(*transfer, receipt["balance"].clone());
            }
        }
        Ok(())
    }
}

/// A conversation that ends when the server does.
struct Talk {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
}

impl Talk {
    fn to(address: &str) -> io::Result<Talk> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(HANG))?;
        Ok(Talk { reader: BufReader::new(stream.try_clone()?), writer: stream })
    }

    fn send(&mut self, method: &str, params: impl IntoIterator<Item = Value>) -> io::Result<()> {
        let frame = |params| json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let frames: String = params.into_iter().map(|params| format!("{}\n", frame(params))).collect();
        self.writer.write_all(frames.as_bytes())
    }

    /// The next answer, which must not be a refusal.
    fn result(&mut self) -> io::Result<Value> {
        let mut answer = self.answer()?;
        assert!(answer.get("result").is_some(), "{answer}");
        Ok(answer["result"].take())
    }

    fn answer(&mut self) -> io::Result<Value> {
        let mut line = String::new();
        let read = self.reader.read_line(&mut line);
        match read {
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                panic!("the server hangs")
            }
            Err(error) => return Err(error),
            Ok(_) if !line.ends_with('\n') => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => {}
        }
        Ok(serde_json::from_str(&line).unwrap())
    }
}
