//! A thousand terminals at work at once, beside clients that do their worst to keep them waiting.

use std::sync::Arc;
use std::time::Duration;

use bank_engine::account::TerminalId;
use bank_engine::ledger::TransactionId;
use bank_engine::server::Limits;
use bank_engine::transport::Connection;
use tokio::task::JoinSet;

use crate::golden::request;
use crate::support::{Atm, Deaf, Ends, Rough, Served, Stall, Wire, alone, over_every_wire, within};

over_every_wire! { a_thousand_terminals_work_while_others_do_their_worst }

const TERMINALS: usize = 1000;

/// More bad ones of each kind than the runtime has threads: one that held a thread would show.
const OF_EACH_KIND: usize = 3;

/// Longer than the test may take: no bad client is helped out of the way by a limit.
const FOR_EVER: Duration = Duration::from_secs(600);

/// Dollars that each terminal's account gains: 5 paid in, 2 drawn, 1 paid to and 1 by a neighbour.
const GAIN: i128 = 3;

async fn a_thousand_terminals_work_while_others_do_their_worst(wire: Wire) {
    let _alone = alone().await;
    let limits = Limits {
        first_message_time_max: FOR_EVER,
        idle_time_max: FOR_EVER,
        send_time_max: FOR_EVER,
        drain_time_max: Duration::from_millis(100),
        ..Limits::default()
    };
    let ends = Ends::with_handshakes_of(wire, FOR_EVER);
    let served = Served::over(ends, TerminalId::vault(), limits).await;
    let accounts = served.open_many(TERMINALS, "10.00").await;
    let bad = Bad::at_work(&served).await;
    let (_, before) = served.sum_and_credits().await;

    let mut working = JoinSet::new();
    let atms = served.atms(TERMINALS, 8).await;
    for (number, atm) in atms.into_iter().enumerate() {
        let (account, neighbour) = (accounts[number].clone(), accounts[(number + 1) % TERMINALS].clone());
        working.spawn(work(atm, account, neighbour));
    }
    within("the terminals' work", working.join_all()).await;

    let credits = before + i128::try_from(TERMINALS).unwrap() * GAIN * 100;
    assert_eq!(served.sum_and_credits().await, (0, credits));
    bad.are_stuck_still().await;
}

async fn work(mut atm: Atm, account: String, neighbour: String) {
    let client = &mut atm.client;
    let dollars = |text: &str| text.parse().unwrap();
    client.login(&account, "1324").await.unwrap();
    client.deposit(TransactionId::generate(), dollars("5.00")).await.unwrap();
    client.transfer(TransactionId::generate(), &neighbour, dollars("1.00"), None).await.unwrap();
    client.withdraw(TransactionId::generate(), dollars("1.00")).await.unwrap();
    client.withdraw(TransactionId::generate(), dollars("1.00")).await.unwrap();
    let page = client.statement(Some(10), None).await.unwrap();
    // The opening, these four, and perhaps the neighbour's.
    assert!((5..=6).contains(&page.entries.len()));
    client.log_out().await.unwrap();
    atm.client.close().await;
}

/// Clients that hold on to what they can, each kind in its way.
struct Bad {
    deaf: Vec<Deaf>,
    half_a_line: Vec<Rough>,
    silent: Vec<Rough>,
    idle: Vec<Arc<dyn Connection>>,
    stalled: Vec<Stall>,
}

impl Bad {
    async fn at_work(served: &Served) -> Bad {
        let (mut deaf, mut half_a_line, mut silent) = (Vec::new(), Vec::new(), Vec::new());
        let (mut idle, mut stalled) = (Vec::new(), Vec::new());
        for number in 0..OF_EACH_KIND {
            let account = format!("deaf-{number}");
            served.open_usual(&account, "10.00").await;
            deaf.push(Deaf::hold(served, &account).await);

            let mut line = served.rough().await;
            line.ask(&request(1, "hello", &["half"])).await;
            line.write(br#"{"jsonrpc":"2.0","id":2,"me"#).await.unwrap();
            half_a_line.push(line);

            // Where a channel shows only by its first byte, it gets one.
            let mut line = served.rough().await;
            line.write(b" ").await.unwrap();
            silent.push(line);

            idle.push(served.dial().await);
            stalled.push(served.stall().await);
        }
        Bad { deaf, half_a_line, silent, idle, stalled }
    }

    /// Each is where it was, and goes on once it changes its mind: so the bank had not dropped it,
    /// and was waiting for it all the time.
    async fn are_stuck_still(self) {
        for mut deaf in self.deaf {
            deaf.listen().await;
        }
        for mut line in self.half_a_line {
            let answer = line.ask(r#"thod":"ping"}"#).await;
            assert_eq!(answer, r#"{"jsonrpc":"2.0","id":2,"result":{}}"#);
        }
        for mut line in self.silent {
            assert!(line.ask(&request(1, "hello", &["late"])).await.contains("\"result\""));
        }
        for connection in self.idle {
            Atm::on(connection).await.client.ping().await.unwrap();
        }
        for mut stall in self.stalled {
            assert!(stall.is_stuck().await);
        }
    }
}
