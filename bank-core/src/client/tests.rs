use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::*;
use crate::bank::Bank;
use crate::ledger::{HoldState, UndispensedNotes};
use crate::money::Currency;
use crate::protocol::{
    AddAccountParams, AddTerminalParams, ChangeAccountParams, Code, HoldResolution, ListAccountsParams,
    LoadCashParams, REQUEST_TRANSFERS_MAX, ResolveHoldParams, ReverseParams,
};
use crate::server::{Limits, serve, serve_operators};
use crate::transport::{Connection, MemoryTransport, Transport, TransportError};

const KEY: &str = "5f0c2a9be17d4386b1ea0c74d29f6e53";

struct Town {
    network: MemoryTransport,
    /// A connection ends its channels when it is dropped.
    connections: Vec<Box<dyn Connection>>,
    _running: tokio::task::JoinSet<()>,
}

impl Town {
    async fn new() -> Town {
        let bank = Bank::builder().build().await.unwrap();
        let (network, stop) = (MemoryTransport::new(), CancellationToken::new());
        let counter = network.listen("counter").await.unwrap();
        let listener = network.listen("operators").await.unwrap();
        let mut running = tokio::task::JoinSet::new();
        running.spawn(serve(bank.clone(), vec![counter], Limits::default(), stop.clone()));
        let olga = |_: &_| "olga".parse().unwrap();
        running.spawn(serve_operators(bank, vec![listener], olga, Limits::default(), stop));
        Town { network, connections: Vec::new(), _running: running }
    }

    async fn channel(&mut self, address: &str) -> Box<dyn Channel> {
        let connection = self.network.connect(address).await.unwrap();
        let channel = connection.open().await.unwrap();
        self.connections.push(connection);
        channel
    }

    async fn operator(&mut self) -> Admin {
        Admin::handshake(self.channel("operators").await, "test").await.unwrap()
    }

    async fn customer(&mut self) -> Client {
        Client::handshake(self.channel("counter").await, "test").await.unwrap()
    }
}

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

fn new_account(name: &str) -> AddAccountParams {
    AddAccountParams {
        account: name.parse().unwrap(),
        currency: None,
        secret: Some("4826".into()),
        no_login: None,
        minimum_balance: None,
        balance: Some("100.00".to_owned()),
        transaction: Some(TransactionId::generate()),
        must_change: Some(false),
        reason: None,
    }
}

fn code(error: ClientError) -> Option<Code> {
    match error {
        ClientError::Refused(error) => error.known_code(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn an_operator_runs_a_bank_and_a_terminal_pays_out() {
    let mut town = Town::new().await;
    let mut operator = town.operator().await;
    for name in ["anna", "bert"] {
        operator.add_account(new_account(name)).await.unwrap();
    }
    let terminal = "lobby".parse().unwrap();
    let key = KEY.into();
    operator.add_terminal(AddTerminalParams { terminal, currency: None, key, reason: None }).await.unwrap();
    let notes = vec![NoteCount { denomination: amount("20.00"), count: 10 }];
    let transaction = TransactionId::generate();
    let load = LoadCashParams {
        terminal,
        transaction,
        currency: Some(Currency::USD.into()),
        amount: None,
        notes,
        reason: None,
    };
    assert_eq!(operator.load(load).await.unwrap().amount, amount("200.00"));

    let mut atm = town.customer().await;
    atm.enter_terminal("lobby", KEY).await.unwrap();
    assert!(!atm.login("anna", "4826").await.unwrap().must_change);
    let hold = TransactionId::generate();
    let authorised = atm.authorise_cash(hold, amount("60.00")).await.unwrap();
    assert_eq!(authorised.notes, vec![NoteCount { denomination: amount("20.00"), count: 3 }]);
    assert_eq!(atm.order_dispense(hold).await.unwrap().state, HoldState::Ordered);
    assert_eq!(
        atm.report_dispense(hold, None, Vec::new(), UndispensedNotes::RejectBin).await.unwrap().state,
        HoldState::Suspect
    );
    let resolve = ResolveHoldParams {
        hold,
        resolution: HoldResolution::Dispensed,
        amount: Some("40".to_owned()),
        all: None,
        unknown: None,
        notes: None,
        undispensed_notes: None,
        reason: "notes counted".parse().unwrap(),
    };
    assert_eq!(operator.resolve_hold(resolve).await.unwrap().amount, amount("40.00"));
    assert_eq!(atm.balance().await.unwrap().balance, amount("60.00"));

    let payment = TransactionId::generate();
    atm.authorise(payment, "bert", amount("10.00"), None, Duration::from_secs(60)).await.unwrap();
    let mut shop = town.customer().await;
    shop.login("bert", "4826").await.unwrap();
    let taken = shop.capture(payment, Some(amount("9.00"))).await.unwrap();
    assert_eq!((taken.state, taken.amount), (HoldState::Captured, amount("9.00")));
    let reason = "a broken cup".parse().unwrap();
    let transaction = TransactionId::generate();
    operator.reverse(ReverseParams { original: payment, amount: None, transaction, reason }).await.unwrap();

    assert_eq!(operator.list_sessions(ListAccountsParams::default()).await.unwrap().accounts.len(), 2);
    operator
        .end_session(ChangeAccountParams { account: "bert".to_owned(), reason: "a test".parse().unwrap() })
        .await
        .unwrap();
    assert_eq!(code(shop.balance().await.unwrap_err()), Some(Code::SessionExpired));
    for sum in operator.trial_balance().await.unwrap().trial_balances {
        assert_eq!(sum.debits, sum.credits);
    }
}

#[tokio::test]
async fn a_group_too_long_for_a_frame_harms_nothing() {
    let mut town = Town::new().await;
    let mut operator = town.operator().await;
    for name in ["anna", "bert"] {
        operator.add_account(new_account(name)).await.unwrap();
    }
    let mut client = town.customer().await;
    client.login("anna", "4826").await.unwrap();
    let transfers = |memo: Option<Memo>, count| {
        let made = move |_| TransferParams {
            transaction: TransactionId::generate(),
            to: "bert".to_owned(),
            amount: "0.01".to_owned(),
            memo: memo.clone(),
        };
        (0..count).map(made).collect::<Vec<_>>()
    };
    let long: Memo = "ü".repeat(140).parse().unwrap();
    let error = client.transfer_batch(transfers(Some(long), REQUEST_TRANSFERS_MAX), false).await.unwrap_err();
    assert!(matches!(error, ClientError::Transport(TransportError::FrameTooLong)), "{error:?}");
    let receipts = client.transfer_batch(transfers(None, REQUEST_TRANSFERS_MAX), false).await.unwrap();
    assert_eq!(receipts.len(), REQUEST_TRANSFERS_MAX);
    assert_eq!(client.balance().await.unwrap().balance, amount("97.44"));
}

#[tokio::test]
async fn what_a_client_asks_at_the_wrong_door_is_no_method_there() {
    let mut town = Town::new().await;
    let mut stranger = Admin::handshake(town.channel("counter").await, "test").await.unwrap();
    assert_eq!(code(stranger.trial_balance().await.unwrap_err()), Some(Code::NoSuchMethod));
    let mut lost = Client::handshake(town.channel("operators").await, "test").await.unwrap();
    assert_eq!(code(lost.login("anna", "4826").await.unwrap_err()), Some(Code::NoSuchMethod));
    lost.ping().await.unwrap();
}
