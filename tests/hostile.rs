//! Hostile clients: over limits, too long, too fast, or malformed.

mod limits;
mod rubbish;

use bank_engine::protocol::Code;
use bank_engine::transport::FRAME_BYTES_MAX;
use serde_json::Value;

use crate::golden::{request, transaction_id};
use crate::support::{Death, Rough, Served, Wire, over_every_wire, refused, within};

over_every_wire! {
    a_frame_of_the_largest_size_is_answered
    an_oversize_frame_is_refused_and_frees_the_account
    a_refusal_of_the_largest_frame_is_never_silence
    pipelined_requests_are_answered_in_order
    an_end_within_a_request_carries_nothing_out
}

impl Rough {
    async fn hello(served: &Served) -> Rough {
        let mut line = served.rough().await;
        line.ask(&request(0, "hello", &["rough"])).await;
        line
    }

    async fn logged_in(served: &Served, account: &str) -> Rough {
        let mut line = Rough::hello(served).await;
        let answer = line.ask(&request(0, "login", &[account, "1324"])).await;
        assert!(answer.contains("\"result\""), "{answer}");
        line
    }

    /// The next line is the bank's last word, of this code and to no request; then it closes.
    async fn is_dropped_with(&mut self, code: Code) {
        let last = self.line().await.expect("a last word");
        let last: Value = serde_json::from_str(&last).unwrap();
        assert_eq!((&last["id"], &last["error"]["code"]), (&Value::Null, &code.number().into()), "{last}");
        assert_eq!(self.line().await, None);
    }
}

async fn a_frame_of_the_largest_size_is_answered(wire: Wire) {
    let served = Served::on(wire).await;
    let mut line = Rough::hello(&served).await;
    let mut ping = request(7, "ping", &[]);
    ping.push_str(&" ".repeat(FRAME_BYTES_MAX - ping.len()));
    assert_eq!(line.ask(&ping).await, r#"{"jsonrpc":"2.0","id":7,"result":{}}"#);
}

async fn an_oversize_frame_is_refused_and_frees_the_account(wire: Wire) {
    let served = Served::on(wire).await;
    served.open_usual("anna", "10.00").await;
    let mut line = Rough::logged_in(&served, "anna").await;
    let mut next = served.atm().await;
    let long = [b' '; FRAME_BYTES_MAX + 1];
    if wire == Wire::Memory {
        // There are no bytes to send too many of: the client's own end refuses.
        assert!(line.write(&[&long[..], b"\n"].concat()).await.is_err());
        assert!(line.ask(&request(1, "ping", &[])).await.contains("result"));
        return;
    }
    assert_eq!(refused(next.login("anna").await), Code::AccountInUse.number());
    line.write(&long).await.unwrap();
    line.is_dropped_with(Code::NotARequest).await;
    next.login("anna").await.unwrap();
}

/// A refusal quotes what it does not understand, and a quotation is longer than what it quotes.
async fn a_refusal_of_the_largest_frame_is_never_silence(wire: Wire) {
    let served = Served::on(wire).await;
    let mut line = Rough::hello(&served).await;
    for unknown in ["x", "\u{7f}", "\\\"", "\\u0001", "é", "\u{10ffff}"] {
        for (head, tail) in [
            (r#"{"jsonrpc":"2.0","id":8,"method":"ping",""#, r#"":1}"#),
            (r#"{"jsonrpc":"2.0","id":8,"method":""#, r#""}"#),
            (r#"{"jsonrpc":""#, r#"","id":8,"method":"ping"}"#),
            (r#"{"jsonrpc":"2.0","id":""#, r#"","method":"ping"}"#),
            (r#"{"jsonrpc":"2.0","id":8,"method":"login","params":{""#, r#"":1}}"#),
            (r#"{"jsonrpc":"2.0","id":8,"method":"login","params":{"account":"a","secret":["#, r#""]}}"#),
            (r#"{"jsonrpc":"2.0","id":8,"method":"login","params":{"account":""#, r#"","secret":"1324"}}"#),
            (r#"{"jsonrpc":"2.0","id":8,"method":"statement","params":{"limit":""#, r#""}}"#),
            (
                r#"{"jsonrpc":"2.0","id":8,"method":"deposit","params":{"transaction":""#,
                r#"","amount":"1"}}"#,
            ),
        ] {
            let room = FRAME_BYTES_MAX - head.len() - tail.len();
            let quoted = unknown.repeat(room / unknown.len());
            let answer = line.ask(&format!("{head}{quoted}{tail}")).await;
            let answer: Value = serde_json::from_str(&answer).unwrap();
            assert!(answer["error"]["code"].is_i64(), "{head} is answered with {answer}");
        }
    }
    assert!(line.ask(&request(9, "ping", &[])).await.contains("result"));
}

async fn pipelined_requests_are_answered_in_order(wire: Wire) {
    // In memory as many frames as a channel holds; elsewhere more than fit in a packet.
    let count = if wire == Wire::Memory { 60 } else { 200 };
    let served = Served::on(wire).await;
    served.open_usual("anna", "0.00").await;
    let mut line = Rough::logged_in(&served, "anna").await;
    let mut lines = String::new();
    for number in 1..=count {
        lines.push_str(&match number % 3 {
            0 => request(number, "balance", &[]),
            1 => request(number, "deposit", &[&format!("p{number}"), "1.00"]),
            _ => format!("{{\"jsonrpc\":\"2.0\",\"id\":{number}}}"),
        });
        lines.push('\n');
    }
    line.write(lines.as_bytes()).await.unwrap();
    for number in 1..=count {
        let answer: Value = serde_json::from_str(&line.line().await.unwrap()).unwrap();
        assert_eq!(answer["id"], number);
        let balance = format!("{}.00", number.div_ceil(3));
        match number % 3 {
            0 => assert_eq!(answer["result"]["balance"], format!("{}.00", number / 3)),
            1 => assert_eq!(answer["result"]["balance"], balance),
            _ => assert_eq!(answer["error"]["code"], Code::NotARequest.number()),
        }
    }
}

/// A request counts when its line feed has come; what was before the end of the line is nothing.
async fn an_end_within_a_request_carries_nothing_out(wire: Wire) {
    let served = Served::on(wire).await;
    served.open_usual("anna", "0.00").await;
    for (number, missing) in [0, 1, 20].into_iter().enumerate() {
        let word = format!("half{number}");
        let deposit = request(1, "deposit", &[&word, "1.00"]);
        let mut line = Rough::logged_in(&served, "anna").await;
        line.write(&deposit.as_bytes()[..deposit.len() - missing]).await.unwrap();
        line.die(Death::Dropped);
        let mut next = served.atm().await;
        within("free the account", async { while next.login("anna").await.is_err() {} }).await;
        let id = transaction_id(&word).parse().unwrap();
        let receipt = next.client.deposit(id, "1.00".parse().unwrap()).await.unwrap();
        assert!(!receipt.replayed);
        assert_eq!(receipt.balance.to_string(), format!("{}.00", number + 1));
        next.client.log_out().await.unwrap();
    }
}
