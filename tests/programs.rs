//! What a program writes that embeds the bank, serves it, or connects to one.

use bank_engine::error::{Busy, Cause};
use bank_engine::{
    Bank, By, Capture, Client, Deposit, DispenseReport, Error, Identity, NewAccount, NewHold, Server,
    StatementQuery, TransactionId, Transfer, TransferBatch, Trust, Withdrawal, blocking,
};
use tokio::sync::oneshot;

fn id() -> TransactionId {
    TransactionId::generate()
}

async fn bank() -> Bank {
    let policy = crate::support::quick_policy();
    let bank = bank_engine::Builder::new().policy(policy).in_memory().unwrap();
    bank.open_account(NewAccount::new("anna", "USD").secret("2580").opening_balance(id(), "100"))
        .await
        .unwrap();
    bank.open_account(NewAccount::new("shop", "USD").secret("7913")).await.unwrap();
    bank
}

#[test]
fn a_program_without_a_runtime_does_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bank");
    let first = id();
    for start in 0..2 {
        let bank = blocking::open(&path).unwrap();
        bank.open_account(NewAccount::new("source", "USD").without_minimum()).unwrap();
        let anna = bank.open_account(NewAccount::new("anna", "USD")).unwrap();
        assert_eq!(anna.replayed, start > 0);
        let receipt = bank.transfer(Transfer::new(first, "5").from("source").to("anna")).unwrap();
        assert_eq!(receipt.replayed, start > 0);
        assert_eq!(bank.balance("anna").unwrap().to_string(), "5.00 USD");
        bank.set_secret("anna", "2580", By::program("test").because("a test")).unwrap();
        let session = bank.login("anna", "2580").unwrap();
        session.change_secret("2580", "7913").unwrap();
        assert_eq!(session.balance().unwrap().available.to_string(), "5.00");
        session.log_out().unwrap();
        let mut events = bank.events(Default::default());
        let mut count = 0;
        while events.try_next().unwrap().is_some() {
            count += 1;
        }
        assert!(count > 4);
    }
}

#[tokio::test]
async fn a_blocking_call_inside_a_runtime_is_refused() {
    let refused = blocking::Bank::in_memory().unwrap_err();
    assert!(matches!(refused, Error::Failed { cause: Cause::InsideRuntime, .. }), "{refused}");
    let bank = std::thread::spawn(|| blocking::Bank::in_memory().unwrap()).join().unwrap();
    let refused = bank.balance("anna").unwrap_err();
    assert!(matches!(refused, Error::Failed { cause: Cause::InsideRuntime, .. }), "{refused}");
    drop(bank);
}

/// The verbs of a client, over each transport, from a server of three lines.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_has_the_verbs_of_a_session() {
    let directory = tempfile::tempdir().unwrap();
    let identity = Identity::load_or_create(directory.path(), &["localhost".to_owned()]).unwrap();
    let trust = Trust::pinned(identity.fingerprint());
    let server = Server::new(bank().await).identity(identity);
    let server = server.listen("tcp://127.0.0.1:0").listen("tls://127.0.0.1:0").listen("quic://127.0.0.1:0");
    let server = server.bind().await.unwrap();
    let urls = server.urls().to_vec();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(server.serve(async { stopped.await.unwrap_or_default() }));

    for url in &urls {
        let mut client = Client::connect(url, trust.clone()).await.unwrap();
        let early = client.balance().await.unwrap_err();
        assert_eq!((early.is_declined(), early.code()), (true, 1104));
        assert_eq!(client.login("anna", "1111").await.unwrap_err().code(), 1101);
        client.login("anna", "2580").await.unwrap();
        let before = client.balance().await.unwrap().balance;

        let deposit = id();
        assert!(!client.deposit(Deposit::new(deposit, "10")).await.unwrap().replayed);
        assert!(client.deposit(Deposit::new(deposit, "10").to("anna")).await.unwrap().replayed);
        client.withdraw(Withdrawal::new(id(), "10")).await.unwrap();
        client.transfer(Transfer::new(id(), "1").to("shop").memo("a pen")).await.unwrap();
        let back = TransferBatch::new().transfer(Transfer::new(id(), "1").to("shop"));
        let would = client.dry_run(back.clone()).await.unwrap();
        assert_eq!(client.transfer_batch(back).await.unwrap()[0].balance, would[0].balance);
        let order = id();
        client.authorise(NewHold::new(order, "3").to("shop")).await.unwrap();
        let cash = id();
        client.authorise_cash(Withdrawal::new(cash, "5")).await.unwrap();
        client.order_dispense(cash).await.unwrap();
        client.report_dispense(DispenseReport::amount(cash, "0")).await.unwrap();
        let poor = client.transfer(Transfer::new(id(), "1000").to("shop")).await.unwrap_err();
        let decline = bank_engine::Decline::InsufficientFunds { available: "95".parse().unwrap() };
        assert!(poor.decline().is_some_and(|poor| poor.code() == decline.code()), "{poor}");
        let wrong = client.transfer(Transfer::new(id(), "1,5").to("shop")).await.unwrap_err();
        assert!(matches!(wrong, Error::Invalid(_)), "{wrong}");
        let other = client.transfer(Transfer::new(id(), "1").from("shop").to("anna")).await.unwrap_err();
        assert!(matches!(other, Error::Invalid(_)), "{other}");
        client.log_out().await.unwrap();

        client.login("shop", "7913").await.unwrap();
        client.capture(Capture::part(order, "2")).await.unwrap();
        client.transfer(Transfer::new(id(), "4").to("anna")).await.unwrap();
        client.log_out().await.unwrap();
        client.login("anna", "2580").await.unwrap();
        assert_eq!(client.balance().await.unwrap().balance, before);
        assert!(client.statement(StatementQuery::default()).await.unwrap().entries.len() > 4);
        client.close().await;
    }

    let mut client = Client::connect(&urls[0], trust).await.unwrap();
    client.login("anna", "2580").await.unwrap();
    stop.send(()).unwrap();
    serving.await.unwrap();
    let kept = id();
    let lost = client.deposit(Deposit::new(kept, "1")).await.unwrap_err();
    assert!(
        matches!(lost, Error::Busy { reason: Busy::ShuttingDown, .. }) || lost.transactions() == [kept],
        "{lost}"
    );
}

#[tokio::test]
async fn what_cant_be_served_or_reached_says_why() {
    let cause = |error: Error| match error {
        Error::Failed { cause, .. } => cause,
        other => panic!("{other}"),
    };
    let no_identity = Server::new(bank().await).listen("quic://127.0.0.1:0").bind().await.unwrap_err();
    assert_eq!(cause(no_identity), Cause::Setup);
    let no_url = Server::new(bank().await).listen("127.0.0.1:0").bind().await.unwrap_err();
    assert_eq!(cause(no_url), Cause::Setup);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("tcp://{}", taken.local_addr().unwrap());
    assert_eq!(cause(Server::new(bank().await).listen(&url).bind().await.unwrap_err()), Cause::Listening);
    let nowhere = Trust::on_first_use("unused".as_ref());
    assert_eq!(cause(Client::connect("http://a:1", nowhere.clone()).await.unwrap_err()), Cause::Setup);
    assert_eq!(cause(Client::connect("tcp://127.0.0.1:1", nowhere).await.unwrap_err()), Cause::Connection);
}
