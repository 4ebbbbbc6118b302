//! The golden scripts: what the bank does, the same over every transport and every store.
//! How to read and write them is described in tests/scripts/README.md.

mod script;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bank_engine::account::{Direction, TerminalId};
use bank_engine::error::Error;
use bank_engine::ledger::{Cash, TransactionId};
use bank_engine::money::Currency;
use bank_engine::server::Limits;
use script::Action;
use serde_json::Value;

use crate::support::{Ends, Keep, Line, Served, Wire};
pub use script::{request, transaction_id};

macro_rules! scripts {
    ($($name:ident)+) => {
        const SCRIPTS: &[&str] = &[$(stringify!($name)),+];

        scripts! { @on memory Memory Memory $($name)+ }
        scripts! { @on tcp Tcp Memory $($name)+ }
        scripts! { @on tls Tls Memory $($name)+ }
        scripts! { @on quic Quic Memory $($name)+ }
        mod journal {
            use super::run;

            scripts! { @on memory Memory Journal $($name)+ }
            scripts! { @on tcp Tcp Journal $($name)+ }
            scripts! { @on tls Tls Journal $($name)+ }
            scripts! { @on quic Quic Journal $($name)+ }
        }
    };
    (@on $module:ident $wire:ident $keep:ident $($name:ident)+) => {
        mod $module {
            use crate::support::{Keep, Wire};

            $(#[tokio::test] async fn $name() { super::run(Wire::$wire, Keep::$keep, stringify!($name)).await })+
        }
    };
}

scripts! {
    corrections dispense disputes error_order frozen hello holds limits long_session money must_change notes notes_faults period
    replay retries retries_notes rubbish secret session statement status strangers terminal terminals transfer_batches tries
}

#[test]
fn every_script_is_run() {
    let mut found: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    found.sort();
    assert_eq!(found, SCRIPTS);
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts")
}

async fn run(wire: Wire, keep: Keep, name: &str) {
    let path = folder().join(format!("{name}.txt"));
    let script = fs::read_to_string(&path).unwrap();
    let played = play(wire, keep, &script).await;
    if std::env::var_os("UPDATE_SCRIPTS").is_some() {
        return fs::write(&path, played).unwrap();
    }
    for (number, (played, written)) in played.lines().zip(script.lines()).enumerate() {
        assert_eq!(played, written, "{name}.txt line {} over {wire:?}, {keep:?}", number + 1);
    }
    assert_eq!(played, script, "{name}.txt over {wire:?}, {keep:?}");
}

/// Plays a script and returns it with the answers that came.
async fn play(wire: Wire, keep: Keep, script: &str) -> String {
    let steps = script::parse(script);
    let terminal = steps.iter().find_map(|step| match step.action {
        Action::Terminal { name, amount } => Some((name, amount)),
        _ => None,
    });
    let name = terminal.map_or(TerminalId::vault(), |(name, _)| name.parse().unwrap());
    let served = Served::keeping(keep, Ends::of(wire), name, Limits::default()).await;
    if let Some((_, amount)) = terminal {
        let cash = Cash::of(Currency::USD, amount.parse().unwrap());
        let added = served.bank.add_terminal(name, Currency::USD, None, None);
        added.await.unwrap();
        let loaded = served.bank.load(TransactionId::generate(), cash, None);
        loaded.await.unwrap();
    }
    let mut stage = Stage { served, lines: BTreeMap::new(), asked: 0, transactions: BTreeMap::new() };
    let mut played = String::new();
    for step in steps {
        played.push_str(step.text);
        played.push('\n');
        for answer in stage.act(&step.action).await {
            played.push_str(&format!("  {answer}\n"));
        }
    }
    for line in std::mem::take(&mut stage.lines).into_values() {
        line.close().await;
    }
    stage.served.stop().await;
    played
}

struct Stage {
    served: Served,
    lines: BTreeMap<String, Line>,
    asked: u64,
    /// The words of the script by the UUIDs that they are names of.
    transactions: BTreeMap<String, String>,
}

impl Stage {
    async fn act(&mut self, action: &Action<'_>) -> Vec<String> {
        let bank = &self.served.bank;
        let done = |result: Result<(), Error>| match result {
            Ok(()) => Vec::new(),
            Err(error) => vec![format!("error {} {error}", error.code())],
        };
        match action {
            Action::Nothing | Action::Terminal { .. } => Vec::new(),
            Action::Account { name, secret, balance, currency } => {
                self.served.open(name, secret, balance, currency).await;
                Vec::new()
            }
            Action::Freeze { name, frozen } => {
                let (operator, reason) = ("teller".parse().unwrap(), "a script".parse().unwrap());
                if *frozen {
                    done(bank.freeze(*name, Direction::Both, (operator, reason)).await.map(drop))
                } else {
                    done(bank.thaw(*name, None, (operator, reason)).await)
                }
            }
            Action::Unlock { name } => {
                let (operator, reason) = ("teller".parse().unwrap(), "a script".parse().unwrap());
                done(bank.unlock(*name, (operator, reason)).await)
            }
            Action::Pass { seconds } => {
                self.served.clock.advance(Duration::from_secs(*seconds));
                Vec::new()
            }
            Action::TrialBalance => {
                let lines = bank.trial_balance().await.unwrap();
                let line = |line: &bank_engine::books::TrialBalance| {
                    format!(
                        "{} debits {} credits {} sum {}",
                        line.currency,
                        line.debits,
                        line.credits,
                        line.sum()
                    )
                };
                lines.iter().map(line).collect()
            }
            Action::Close { terminal } => {
                self.lines.remove(*terminal).expect("a terminal that is connected").close().await;
                Vec::new()
            }
            Action::Raw { terminal, frame } => {
                if !self.lines.contains_key(*terminal) {
                    self.lines.insert((*terminal).to_owned(), self.served.connect().await);
                }
                vec![self.lines.get_mut(*terminal).unwrap().ask(frame).await]
            }
            Action::Ask { terminal, method, words } => {
                if !self.lines.contains_key(*terminal) {
                    let mut line = self.served.connect().await;
                    line.ask(&request(0, "hello", &[terminal])).await;
                    self.lines.insert((*terminal).to_owned(), line);
                }
                self.asked += 1;
                let frame = request(self.asked, method, words);
                self.remember(method, words);
                let answer = self.lines.get_mut(*terminal).unwrap().ask(&frame).await;
                vec![self.in_short(&answer)]
            }
            Action::Operate { method, words } => {
                self.asked += 1;
                let frame = request(self.asked, method, words);
                self.remember(method, words);
                let answer = self.served.operators().await.ask(&frame).await;
                vec![self.in_short(&answer)]
            }
        }
    }
}

impl Stage {
    fn remember(&mut self, method: &str, words: &[&str]) {
        for word in script::ids(method, words) {
            self.transactions.insert(transaction_id(word), word.to_owned());
        }
    }

    /// An answer without what all answers share, UUIDs replaced by the script's words for them. Those
    /// that the bank makes differ each time, and are numbered as they come.
    fn in_short(&mut self, answer: &str) -> String {
        let head = format!("{{\"jsonrpc\":\"2.0\",\"id\":{},", self.asked);
        let rest = answer.strip_prefix(&head).unwrap_or_else(|| panic!("{answer} does not begin {head}"));
        let Some(result) = rest.strip_prefix("\"result\":") else {
            let error: Value = serde_json::from_str(answer).unwrap();
            let error = &error["error"];
            let data = error.get("data").map(|data| format!(" {data}")).unwrap_or_default();
            return format!("error {} {}{data}", error["code"], error["message"].as_str().unwrap());
        };
        let mut short = String::new();
        for part in result.strip_suffix('}').unwrap().split_inclusive('"') {
            let id = part.strip_suffix('"').filter(|text| text.parse::<TransactionId>().is_ok());
            match id {
                Some(id) => {
                    let number = self.transactions.values().filter(|word| word.starts_with('(')).count() + 1;
                    let word = self
                        .transactions
                        .entry(id.to_owned())
                        .or_insert_with(|| format!("(bank's {number})"));
                    short.push_str(&format!("{word}\""));
                }
                None => short.push_str(part),
            }
        }
        short
    }
}
