//! One account in one session: races, guesses, crashes and ended sessions, over every transport.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bank_engine::client::Client;
use bank_engine::expert::quic::QuicTransport;
use bank_engine::ledger::TransactionId;
use bank_engine::protocol::Code;
use bank_engine::server::serve;
use bank_engine::transport::Transport;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::golden::request;
use crate::support::{
    Atm, Death, Ends, Relay, Rough, Served, Wire, alone, code, over_every_wire, refused, within,
};

over_every_wire! {
    a_thousand_log_ins_race_and_one_wins
    of_a_hundred_wrong_pins_at_once_three_are_checked
    the_account_of_a_killed_terminal_is_free_at_once
    a_fenced_terminal_moves_no_money
    a_lost_reply_is_asked_for_again_elsewhere
}

const RACERS: usize = 1000;
const ROUNDS: usize = 3;

async fn a_thousand_log_ins_race_and_one_wins(wire: Wire) {
    race_on(wire, RACERS / 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_log_ins_race_on_few_connections_and_one_wins() {
    race_on(Wire::Quic, 4).await;
}

async fn race_on(wire: Wire, connections: usize) {
    let _alone = alone().await;
    let served = Served::on(wire).await;
    served.open_usual("anna", "10.00").await;
    let mut atms = served.atms(RACERS, connections).await;
    for round in 0..ROUNDS {
        let start = Arc::new(Barrier::new(RACERS));
        let mut racing = JoinSet::new();
        for mut atm in atms.drain(..) {
            let start = Arc::clone(&start);
            racing.spawn(async move {
                start.wait().await;
                let refused = code(atm.login("anna").await);
                (atm, refused)
            });
        }
        let mut winners = 0;
        for (mut atm, refused) in within("the race", racing.join_all()).await {
            match refused {
                None => {
                    winners += 1;
                    assert!(atm.client.balance().await.is_ok());
                    // The first in line for the next round: it won't be the same one every time.
                    atms.insert(0, atm);
                }
                Some(code) => {
                    let expected = [Code::AccountInUse, Code::Overloaded].map(Code::number);
                    assert!(expected.contains(&code), "refused with {code}");
                    atms.push(atm);
                }
            }
        }
        assert_eq!(winners, 1, "in round {round}");
        atms[0].client.log_out().await.unwrap();
    }
}

async fn of_a_hundred_wrong_pins_at_once_three_are_checked(wire: Wire) {
    let served = Served::on(wire).await;
    served.open_usual("anna", "10.00").await;
    let mut guessing = JoinSet::new();
    for (guess, mut atm) in served.atms(100, 10).await.into_iter().enumerate() {
        guessing.spawn(async move {
            let refused = refused(atm.client.login("anna", format!("9{guess:03}")).await);
            (atm, refused)
        });
    }
    let (mut atms, codes): (Vec<Atm>, Vec<i32>) =
        within("the guesses", guessing.join_all()).await.into_iter().unzip();
    let count = |code: Code| codes.iter().filter(|found| **found == code.number()).count();
    // The answer to the third wrong one says that it was one too many.
    assert_eq!(count(Code::BadCredentials), 2);
    assert!(count(Code::Locked) >= 1);
    assert_eq!(2 + count(Code::Locked) + count(Code::Overloaded), 100);
    assert_eq!(served.store.checks(), 3);
    assert_eq!(refused(atms[0].login("anna").await), Code::Locked.number());
    assert_eq!(served.store.checks(), 3);
}

/// How soon the account of a terminal that was killed must be free, where the system reports it.
const FREE_WITHIN: Duration = Duration::from_secs(1);

/// The same on QUIC where nothing reports it: the idle limit, and how long the word of it may take.
const IDLE: Duration = Duration::from_secs(1);
const FREE_AFTER_IDLE_WITHIN: Duration = Duration::from_secs(1);

/// A busy machine may be late; it is not late every time.
const MEASUREMENTS: usize = 4;

async fn the_account_of_a_killed_terminal_is_free_at_once(wire: Wire) {
    let served = Served::on(wire).await;
    served.open_usual("anna", "10.00").await;
    let mut deaths = vec![Death::Dropped];
    if matches!(wire, Wire::Tcp | Wire::Tls) {
        deaths.push(Death::Reset);
    }
    for death in deaths {
        measure(&served, FREE_WITHIN, async || {
            let victim = at_work(&served).await;
            move || victim.die(death)
        })
        .await;
    }
    if wire == Wire::Quic {
        measure(&served, IDLE + FREE_AFTER_IDLE_WITHIN, async || {
            let relay = Relay::to(&served.address, usize::MAX).await;
            let transport = QuicTransport::client(served.ends.trust()).idle_time_max(IDLE);
            let connection = transport.connect(&relay.address).await.unwrap();
            let mut victim = Atm::on(Arc::from(connection)).await;
            victim.login("anna").await.unwrap();
            move || {
                relay.fall_silent();
                // Kept, so that nothing but the silence shows the death.
                std::mem::forget((victim, relay));
            }
        })
        .await;
    }
}

/// A terminal that holds the account, with an answer unread and half a line sent.
async fn at_work(served: &Served) -> Rough {
    let mut victim = served.rough().await;
    victim.ask(&request(1, "hello", &["victim"])).await;
    let logged_in = victim.ask(&request(2, "login", &["anna", "1324"])).await;
    assert!(logged_in.contains("\"result\""), "{logged_in}");
    victim.write(format!("{}\nhalf a li", request(3, "balance", &[])).as_bytes()).await.unwrap();
    victim
}

/// Kills a terminal that holds the account, and sees when another gets in.
async fn measure<Kill: FnOnce()>(served: &Served, limit: Duration, victim: impl AsyncFn() -> Kill) {
    let mut last = Duration::ZERO;
    for _ in 0..MEASUREMENTS {
        let kill = victim().await;
        let mut next = served.atm().await;
        assert_eq!(refused(next.login("anna").await), Code::AccountInUse.number());
        let killed = Instant::now();
        kill();
        within("free the account", async {
            while let Some(code) = code(next.login("anna").await) {
                assert_eq!(code, Code::AccountInUse.number());
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
        last = killed.elapsed();
        next.client.log_out().await.unwrap();
        if last <= limit {
            return;
        }
    }
    panic!("the account is free only after {last:?}, {MEASUREMENTS} times");
}

async fn a_fenced_terminal_moves_no_money(wire: Wire) {
    let served = Served::on(wire).await;
    served.open_usual("anna", "10.00").await;
    served.open_usual("bert", "10.00").await;
    let (mut old, mut new) = (served.atm().await, served.atm().await);
    old.login("anna").await.unwrap();
    served.clock.advance(served.bank.policy().session_idle_max);
    new.login("anna").await.unwrap();
    let one = || "1.00".parse().unwrap();
    let id = TransactionId::generate();
    // The first to ask learns that its session is over, whatever it asks.
    assert_eq!(refused(old.client.withdraw(id, one()).await), Code::SessionExpired.number());
    assert_eq!(refused(old.client.transfer(id, "bert", one(), None).await), Code::NotLoggedIn.number());
    assert_eq!(refused(old.client.deposit(id, one()).await), Code::NotLoggedIn.number());
    assert_eq!(refused(old.client.log_out().await), Code::NotLoggedIn.number());
    assert_eq!(new.client.balance().await.unwrap().balance.to_string(), "10.00");
    // What the old one was refused left no trace, and its end does not free the account.
    old.client.close().await;
    assert!(!new.client.withdraw(id, one()).await.unwrap().replayed);
    assert_eq!(refused(served.atm().await.login("anna").await), Code::AccountInUse.number());
}

/// The bank is served on two transports at once. On one a deposit's answer is lost, and the same
/// deposit is asked for on the other.
async fn a_lost_reply_is_asked_for_again_elsewhere(wire: Wire) {
    let other = if wire == Wire::Quic { Wire::Tcp } else { Wire::Quic };
    let served = Served::on(wire).await;
    served.open_usual("anna", "0.00").await;
    let (listener, transport) = Ends::of(other).listen().await;
    let address = listener.address();
    let stop = CancellationToken::new();
    let elsewhere =
        tokio::spawn(serve(served.bank.clone(), vec![listener], Default::default(), stop.clone()));

    let mut replays = 0;
    for (round, word) in ["one", "two", "three", "four", "five", "six"].iter().enumerate() {
        let moved = served.store.moved();
        let mut lost = at_work(&served).await;
        lost.line().await.unwrap();
        // The first half of a line is still there; it makes one that is no request.
        let deposit = format!("\n{}\n", request(4, "deposit", &[word, "1.00"]));
        lost.write(deposit.as_bytes()).await.unwrap();
        // Every other time the deposit is made for sure before the line is lost.
        if round % 2 == 0 {
            served.store.has_moved(moved + 1).await;
        }
        lost.die(Death::Reset);

        let connection = transport.connect(&address).await.unwrap();
        let mut again = Client::handshake(connection.open().await.unwrap(), "again").await.unwrap();
        within("free the account", async {
            while let Some(code) = code(again.login("anna", "1324").await) {
                assert_eq!(code, Code::AccountInUse.number());
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
        let id: TransactionId = crate::golden::transaction_id(word).parse().unwrap();
        let receipt = again.deposit(id, "1.00".parse().unwrap()).await.unwrap();
        assert_eq!(receipt.balance.to_string(), format!("{}.00", round + 1));
        assert!(receipt.replayed || round % 2 == 1);
        replays += usize::from(receipt.replayed);
        again.close().await;
    }
    assert!(replays >= 3);
    assert_eq!(served.sum_and_credits().await, (0, 600));
    stop.cancel();
    within("stop", elsewhere).await.unwrap();
}
