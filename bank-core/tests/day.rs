//! A day of a bank with three terminals, played to its end, and every account compared with a tally
//! that is kept by hand: what each customer should have, and the cash that really is in each machine.
#![allow(clippy::inconsistent_digit_grouping)] // dollars and cents: 500_00
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "day/oracle.rs"]
mod oracle;

use std::time::Duration;

use bank_engine_core::account::AccountId;
use bank_engine_core::bank::{Adjustment, NewHold, Reversal, Transfer, TransferBatch, Withdrawal};
use bank_engine_core::error::Error;
use bank_engine_core::ledger::{
    Actor, Decline, HoldAction, HoldState, LimitsRequest, StatementQuery, TransactionId, TransactionKind,
    UndispensedNotes,
};
use bank_engine_core::money::Currency;

use oracle::{Day, olga, usd, word};

/// When what became of the crashed dispense is found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    BeforeTheCount,
    AfterTheCount,
}

/// How the dispense went that nobody reported.
#[derive(Debug, Clone, Copy)]
struct Crash {
    cash_came_out: bool,
    found: Found,
    /// Its own journal, or an operator.
    reported_by_the_terminal: bool,
}

#[tokio::test]
async fn a_crash_whose_cash_came_out_is_explained_before_the_count() {
    for reported_by_the_terminal in [true, false] {
        play(Crash { cash_came_out: true, found: Found::BeforeTheCount, reported_by_the_terminal }).await;
    }
}

#[tokio::test]
async fn a_crash_whose_cash_stayed_is_explained_before_the_count() {
    for reported_by_the_terminal in [true, false] {
        play(Crash { cash_came_out: false, found: Found::BeforeTheCount, reported_by_the_terminal }).await;
    }
}

#[tokio::test]
async fn a_crash_whose_cash_came_out_is_explained_after_the_count() {
    for reported_by_the_terminal in [true, false] {
        play(Crash { cash_came_out: true, found: Found::AfterTheCount, reported_by_the_terminal }).await;
    }
}

#[tokio::test]
async fn a_crash_whose_cash_stayed_is_explained_after_the_count() {
    for reported_by_the_terminal in [true, false] {
        play(Crash { cash_came_out: false, found: Found::AfterTheCount, reported_by_the_terminal }).await;
    }
}

async fn play(crash: Crash) {
    let mut day = Day::begins().await;
    morning(&mut day).await;
    let jammed = noon(&mut day).await;
    let suspect = the_crash(&mut day, crash).await;
    shopping(&mut day).await;
    disputes(&mut day).await;
    payroll(&mut day).await;
    if crash.found == Found::BeforeTheCount {
        find_out(&mut day, crash, suspect).await;
    }
    closing(&mut day, crash).await;
    if crash.found == Found::AfterTheCount {
        find_out(&mut day, crash, suspect).await;
    }
    every_account_is_as_the_hand_says(&day, crash).await;
    // A caller that asks again after a lost reply gets the same answer, and nothing moves.
    let again = day.terminal_says(
        "lobby",
        jammed,
        HoldAction::Dispensed {
            amount: Some(usd(100_00)),
            notes: vec![],
            undispensed_notes: UndispensedNotes::default(),
        },
    );
    assert!(again.await.unwrap().replayed);
    every_account_is_as_the_hand_says(&day, crash).await;
}

async fn morning(day: &mut Day) {
    for (name, cents) in
        [("anna", 500_00), ("bert", 300_00), ("cleo", 200_00), ("dora", 0), ("emil", 1_000_00), ("shop", 0)]
    {
        day.opens(name, cents).await;
    }
    day.opens("firm", 5_000_00).await;
    for number in 1..=20 {
        day.opens(&format!("staff-{number:02}"), 0).await;
    }
    for terminal in ["lobby", "street", "mall"] {
        day.adds_terminal(terminal).await;
    }
    day.loads("lobby", &[(50, 20), (20, 50)]).await;
    day.loads("street", &[(20, 40), (10, 10)]).await;
    day.loads("mall", &[(50, 10)]).await;

    day.draws("anna", "lobby", 80_00, &[(20, 4)]).await;
    day.draws("emil", "street", 130_00, &[(20, 6), (10, 1)]).await;
    day.pays_in("bert", "street", &[(20, 3), (5, 1)]).await;
    // Someone comes to the counter.
    day.draws_at_the_counter("anna", 100_00).await;

    // 30 can't be made of fifties: the machine says what can, and nothing is set aside.
    let bert = day.enters("bert", "mall").await;
    let refused = bert.authorise_cash(Withdrawal::new(TransactionId::generate(), usd(30_00))).await;
    let expected = Decline::NotesUnavailable { lower: None, higher: Some(usd(50_00)) };
    assert!(matches!(refused, Err(Error::Declined(decline)) if decline == expected));
    bert.log_out().await.unwrap();
    day.loads("mall", &[(10, 20)]).await;
    day.draws("bert", "mall", 30_00, &[(10, 3)]).await;
}

/// Two of three notes come out, the third one is stuck and falls into the reject bin.
async fn noon(day: &mut Day) -> TransactionId {
    let id = TransactionId::generate();
    let emil = day.enters("emil", "lobby").await;
    let authorised = emil.authorise_cash(Withdrawal::new(id, usd(150_00))).await.unwrap();
    assert_eq!(authorised.available, usd(1_000_00 - 130_00 - 150_00));
    day.terminal_says("lobby", id, HoldAction::Order).await.unwrap();
    let result = HoldAction::Dispensed {
        amount: Some(usd(100_00)),
        notes: oracle::notes(&[(50, 2)]),
        undispensed_notes: UndispensedNotes::default(),
    };
    let settled = day.terminal_says("lobby", id, result).await.unwrap();
    assert_eq!((settled.state, settled.amount), (HoldState::Captured, usd(100_00)));
    emil.log_out().await.unwrap();
    day.hand.customer("emil", -100_00);
    day.hand.machine("lobby").pays_out(&[(50, 2)]);
    day.hand.machine("lobby").drops_into_bin(&[(50, 1)]);
    id
}

/// A dispense is ordered, and the terminal is not heard of again.
async fn the_crash(day: &mut Day, crash: Crash) -> TransactionId {
    let id = TransactionId::generate();
    let cleo = day.enters("cleo", "street").await;
    let authorised = cleo.authorise_cash(Withdrawal::new(id, usd(60_00))).await.unwrap();
    assert_eq!(authorised.notes, oracle::notes(&[(20, 3)]));
    day.terminal_says("street", id, HoldAction::Order).await.unwrap();
    drop(cleo);
    if crash.cash_came_out {
        day.hand.machine("street").pays_out(&[(20, 3)]);
    } else {
        day.hand.machine("street").drops_into_bin(&[(20, 3)]);
    }
    // While its time runs the money is on hold; then it leaves the account for the suspect one.
    assert_eq!(day.account("cleo").await.held, usd(60_00));
    day.passes(Duration::from_secs(120)).await;
    let cleo = day.account("cleo").await;
    assert_eq!((cleo.balance, cleo.held, cleo.available), (usd(140_00), usd(0), usd(140_00)));
    assert_eq!(day.own(AccountId::suspect(Currency::USD)).await, 60_00);
    id
}

/// A shop captures less than was authorised, and lets another hold expire.
async fn shopping(day: &mut Day) {
    let (bought, left_there) = (TransactionId::generate(), TransactionId::generate());
    let emil = day.enters("emil", "lobby").await;
    let hour = Duration::from_secs(3600);
    emil.authorise(NewHold::new(bought, usd(120_00)).to("shop").memo("a chair").lasts(hour)).await.unwrap();
    emil.authorise(NewHold::new(left_there, usd(60_00)).to("shop").memo("a lamp").lasts(hour)).await.unwrap();
    emil.log_out().await.unwrap();
    let shop = day.enters("shop", "lobby").await;
    let part = HoldAction::Capture { amount: Some(usd(95_50)) };
    shop.act_on_hold(bought, part).await.unwrap();
    shop.log_out().await.unwrap();
    day.hand.transfer("emil", "shop", 95_50);
    assert_eq!(day.account("emil").await.held, usd(60_00));
    day.passes(hour).await;
    assert_eq!(day.account("emil").await.held, usd(0));
    let late = day.bank.act_on_hold(left_there, Actor::Bank, HoldAction::Capture { amount: None }).await;
    assert!(matches!(late, Err(Error::Declined(Decline::HoldExpired))));
}

/// A limit, a payment that is taken back in part, and something for the trouble.
async fn disputes(day: &mut Day) {
    let limits = LimitsRequest { day_amount_max: Some(usd(50_00)), ..LimitsRequest::default() };
    day.bank
        .set_limits(day.name("bert"), limits.into(), (olga(), word("as he wishes").unwrap()))
        .await
        .unwrap();
    // The 30 that he drew this morning count.
    assert!(
        matches!(day.pays("bert", "shop", 20_01).await, Err(Decline::DayAmountLimit { left, .. }) if left == usd(20_00))
    );
    let paid = day.pays("bert", "shop", 20_00).await.unwrap();
    assert!(
        matches!(day.pays("bert", "shop", 1).await, Err(Decline::DayAmountLimit { left, .. }) if left == usd(0))
    );
    let back = TransactionId::generate();
    let reason = word("one of two was broken").unwrap();
    day.bank
        .reverse(Reversal::new(back, (olga(), reason.clone())).original(paid).amount(usd(12_00)))
        .await
        .unwrap();
    day.hand.transfer("shop", "bert", 12_00);
    let twice =
        day.bank.reverse(Reversal::new(TransactionId::generate(), (olga(), reason)).original(paid)).await;
    assert!(matches!(twice, Err(Error::Declined(Decline::AlreadyReversed))));
    // What came back may be paid again today.
    day.pays("bert", "shop", 12_00).await.unwrap();

    let id = TransactionId::generate();
    day.bank
        .adjust(
            Adjustment::new(id, usd(5_00), (olga(), word("with our regards").unwrap()))
                .account(day.name("dora")),
        )
        .await
        .unwrap();
    day.hand.gives("dora", 5_00);
    let id = TransactionId::generate();
    day.bank
        .adjust(
            Adjustment::new(id, usd(-75), (olga(), word("a statement by post").unwrap()))
                .account(day.name("dora")),
        )
        .await
        .unwrap();
    day.hand.gives("dora", -75);
}

/// All are paid or none; a dry run says so beforehand.
async fn payroll(day: &mut Day) {
    let wage = |number: i64| 100_00 + number * 7_13;
    let item = |number: i64, amount| {
        let transfer = Transfer::new(TransactionId::generate(), usd(amount)).from("firm");
        transfer.to(format!("staff-{number:02}")).memo("wages")
    };
    let batch = |transfers: &[Transfer]| transfers.iter().cloned().collect::<TransferBatch>();
    let mut transfers: Vec<Transfer> = (1..=20).map(|number| item(number, wage(number))).collect();
    let before = day.account("firm").await.balance;
    transfers.push(item(1, 5_000_00));
    let too_much = day.bank.transfer_batch(batch(&transfers)).await;
    assert!(matches!(too_much, Err(Error::Declined(Decline::InTransferBatch { number: 21, .. }))));
    transfers.pop();
    let foreseen = day.bank.dry_run(batch(&transfers)).await.unwrap();
    assert_eq!(day.account("firm").await.balance, before, "nothing was paid yet");
    assert_eq!(day.bank.transfer_batch(batch(&transfers)).await.unwrap(), foreseen);
    for number in 1..=20 {
        day.hand.transfer("firm", &format!("staff-{number:02}"), wage(number));
    }
}

/// The truth about the crashed dispense, from the terminal's journal or from who looked into it.
async fn find_out(day: &mut Day, crash: Crash, hold: TransactionId) {
    let came_out = if crash.cash_came_out { usd(60_00) } else { usd(0) };
    let result = HoldAction::Dispensed {
        amount: Some(came_out),
        notes: Vec::new(),
        undispensed_notes: UndispensedNotes::default(),
    };
    let settled = if crash.reported_by_the_terminal {
        day.terminal_says("street", hold, result).await.unwrap()
    } else {
        day.bank.act_on_hold(hold, Actor::Bank, result).await.unwrap()
    };
    assert_eq!(settled.amount, came_out);
    if crash.cash_came_out {
        day.hand.customer("cleo", -60_00);
    }
}

/// All cash is counted. At the street a ten is missing, and at the mall a twenty is too much.
async fn closing(day: &mut Day, crash: Crash) {
    day.hand.machine("street").loses(&[(10, 1)]);
    day.hand.machine("mall").finds(&[(20, 1)]);
    let lobby = day.closes("lobby").await;
    assert_eq!((lobby.difference, lobby.suspect, lobby.transaction), (usd(0), usd(0), None));
    let mall = day.closes("mall").await;
    assert_eq!((mall.difference, mall.suspect), (usd(20_00), usd(0)));
    let street = day.closes("street").await;
    let unexplained = if crash.found == Found::AfterTheCount { 60_00 } else { 0 };
    let missing = if crash.cash_came_out { unexplained } else { 0 };
    assert_eq!((street.difference, street.suspect), (usd(-10_00 - missing), usd(unexplained)));
    // From here on the books say what is there.
    for terminal in ["lobby", "street", "mall"] {
        let cash = AccountId::cash(&terminal.parse().unwrap(), Currency::USD);
        assert_eq!(-day.own(cash).await, day.hand.machine(terminal).total(), "{terminal}");
    }
    assert_eq!(day.own(AccountId::over_short(Currency::USD)).await, 20_00 - 10_00 - missing);
}

async fn every_account_is_as_the_hand_says(day: &Day, crash: Crash) {
    let currency = Currency::USD;
    let mut said = day.hand.accounts();
    let explained = 20_00 - 10_00;
    said.insert(AccountId::over_short(currency).to_string(), explained);
    said.insert(AccountId::suspect(currency).to_string(), 0);
    assert_eq!(day.all_accounts().await, said, "{crash:?}");
    // What the bank holds in cash is what it owes, put in, found and gave away; to the cent.
    let hand = &day.hand;
    assert_eq!(hand.all_cash(), hand.all_customers() + hand.put_in() + explained - hand.given());
    // Each entry of over and short is one that has been explained.
    let mut entries = vec![(TransactionKind::Difference, 20_00)];
    match (crash.found, crash.cash_came_out) {
        (Found::AfterTheCount, true) => {
            entries.push((TransactionKind::Difference, -70_00));
            entries.push((TransactionKind::Withdrawal, 60_00));
        }
        _ => entries.push((TransactionKind::Difference, -10_00)),
    }
    let page = day.bank.statement(AccountId::over_short(currency), StatementQuery::default()).await.unwrap();
    let found = page.entries.iter().rev().map(|entry| (entry.kind, oracle::cents(entry.amount)));
    assert_eq!(found.collect::<Vec<_>>(), entries, "{crash:?}");
    // What Cleo reads is the truth too.
    let cleo = day.bank.statement(day.name("cleo"), StatementQuery::default()).await.unwrap();
    let kinds: Vec<_> = cleo.entries.iter().rev().map(|entry| entry.kind).collect();
    use TransactionKind::{Opening, Returned, Suspect};
    let back: &[TransactionKind] = if crash.cash_came_out { &[] } else { &[Returned] };
    assert_eq!(kinds, [&[Opening, Suspect], back].concat());
}
