//! Cases about holds, how they expire, and the state beside the accounts.

use std::time::Duration;

use super::StoreFixture;
use super::fixtures::{
    Answer, Fixture, Holder, cents, declined, done, id, name, open, page, receipt, secret,
};
use crate::account::TerminalId;
use crate::clock::Clock;
use crate::ledger::{
    Actor, Authorisation, Cash, Command, Decline, Fact, HoldAction, HoldState, HoldsQuery, LimitsRequest,
    MovementKind, Outcome, PurposeRequest, Settlement, TerminalSummary, TransactionKind, UndispensedNotes,
};
use crate::money::Currency;
use crate::notes::NoteCount;
use crate::store::Position;
use crate::time::Timestamp;

const HOUR: Duration = Duration::from_secs(3600);

/// What a hold sets aside can't be moved, and comes free or is captured once, whatever is tried.
pub async fn a_hold_ends_once(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    let (payer, shop) = (bank.customer("payer", 100, 1).await, bank.customer("shop", 0, 2).await);
    let first = authorised(bank.one(payment(payer, 60, 10)).await);
    assert_eq!((first.balance, first.available, first.replayed), (cents(100), cents(40), false));
    assert!(authorised(bank.one(payment(payer, 60, 10)).await).replayed);
    assert!(matches!(declined(bank.one(payer.withdraw(41, 11)).await), Decline::InsufficientFunds { .. }));
    authorised(bank.one(payment(payer, 40, 12)).await);
    let taken = settled(bank.one(shop.act_on_hold(10, capture(25))).await);
    assert_eq!((taken.state, taken.amount, taken.replayed), (HoldState::Captured, cents(25), false));
    assert_eq!(bank.balance(payer).await.available, cents(35));
    assert_eq!(settled(bank.one(shop.act_on_hold(10, capture(25))).await), again(taken));
    assert_eq!(declined(bank.one(shop.act_on_hold(10, capture(26))).await), Decline::HoldCaptured);
    assert_eq!(declined(bank.one(shop.act_on_hold(10, HoldAction::Void)).await), Decline::HoldCaptured);
    assert_eq!(declined(bank.one(payment(payer, 60, 10)).await), Decline::HoldCaptured);
    let void = settled(bank.one(shop.act_on_hold(12, HoldAction::Void)).await);
    assert_eq!(settled(bank.one(shop.act_on_hold(12, HoldAction::Void)).await), again(void));
    assert_eq!(declined(bank.one(shop.act_on_hold(12, capture(1))).await), Decline::HoldVoided);
    assert_eq!(declined(bank.one(shop.act_on_hold(13, capture(1))).await), Decline::NoSuchHold);
    assert_eq!(
        (bank.balance(payer).await.available, bank.balance(shop).await.balance),
        (cents(75), cents(25))
    );
}

/// Holds expire by the store's clock, before anything else is decided.
pub async fn holds_expire_by_the_clock(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    let (payer, _) = (bank.customer("payer", 1000, 1).await, bank.customer("shop", 0, 2).await);
    for n in 0..40 {
        authorised(bank.one(payment(payer, 10, 100 + n)).await);
        bank.clock.advance(Duration::from_millis(1));
    }
    bank.clock.advance(HOUR - Duration::from_millis(1 + 20));
    let payer = bank.enter("payer", 3).await;
    // Those of the first twenty milliseconds are over; the hold of the next one holds still.
    assert_eq!(bank.balance(payer).await.available, cents(1000 - 200));
    bank.clock.advance(Duration::from_millis(40));
    receipt(bank.one(payer.withdraw(1000, 50)).await);
    let shop = bank.enter("shop", 4).await;
    assert_eq!(declined(bank.one(shop.act_on_hold(100, capture(1))).await), Decline::HoldExpired);
    assert_eq!(declined(bank.one(shop.act_on_hold(139, capture(1))).await), Decline::HoldExpired);
}

/// What time led to is dated with the instant at which it was due, in order, however late the store
/// comes to it.
pub async fn time_outs_are_dated_with_the_instant_they_were_due(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    let (payer, _) = (bank.customer("payer", 1000, 1).await, bank.customer("shop", 0, 2).await);
    let expires = authorised(bank.one(payment(payer, 10, 100)).await).expires;
    authorised(bank.one(cash(payer, 30, 200)).await);
    settled(bank.one(payer.act_on_hold(200, HoldAction::Order)).await);
    let suspect_from = bank.clock.now().after(bank.store.policy().dispense_time_max);
    bank.clock.advance(100 * HOUR);
    let payer = bank.enter("payer", 3).await;
    let events = bank.store.events(Position::START, usize::MAX).await.expect("events");
    let facts = || events.iter().map(|event| &event.fact);
    let released = facts().find_map(|fact| match fact {
        Fact::HoldReleased { at, .. } => Some(*at),
        _ => None,
    });
    assert_eq!(released, Some(expires));
    let suspect = facts().find_map(|fact| match fact {
        Fact::Posted(made) if made.kind == TransactionKind::Suspect => Some((made.at, made.day)),
        _ => None,
    });
    assert_eq!(suspect, Some((suspect_from, bank.store.policy().business_day.of(suspect_from))));
    let before = Some(Timestamp::from_unix_ms(suspect_from.unix_ms() - 1));
    let balance = |at| Command::Balance { account: payer.account, actor: Actor::Bank, at };
    for (at, digits) in [(before, 1000), (Some(suspect_from), 970), (None, 970)] {
        let Ok(Outcome::Balance(result)) = bank.one(balance(at)).await else { panic!("no balance") };
        assert_eq!(result.balance, cents(digits), "at {at:?}");
    }
}

/// A dispense whose end nobody reported leaves the account for the suspense account, and comes back.
pub async fn an_ordered_dispense_becomes_suspect(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    done(bank.one(open("customer", 100, 1)).await);
    for (number, dispensed) in [(10, 30), (20, 0), (30, 10)] {
        let customer = bank.enter("customer", number).await;
        authorised(bank.one(cash(customer, 30, number)).await);
        settled(bank.one(customer.act_on_hold(number, HoldAction::Order)).await);
        bank.clock.advance(HOUR);
        let holder = bank.enter("customer", number + 1).await;
        let held = bank.balance(holder).await;
        assert_eq!(held.available, held.balance, "nothing is on hold any more");
        let listed = bank.one(Command::Holds(HoldsQuery::default())).await;
        let Ok(Outcome::Holds(listed)) = listed else { panic!("not holds: {listed:?}") };
        let open = listed.holds;
        assert_eq!((open.len(), open[0].state, open[0].hold), (1, HoldState::Suspect, id(number)));
        let result = result(cents(dispensed));
        let actor = Actor::Terminal(TerminalId::vault());
        let cleared = Command::ActOnHold { hold: id(number), actor, step: result.clone() };
        let cleared = settled(bank.one(cleared).await);
        assert_eq!(cleared.amount, cents(dispensed));
        let same = Command::ActOnHold { hold: id(number), actor: Actor::Bank, step: result };
        assert_eq!(settled(bank.one(same).await), again(cleared));
        done(bank.one(holder.log_out()).await);
        bank.trial_balance().await;
    }
    let holder = bank.enter("customer", 9).await;
    let history = page(bank.one(holder.statement(50, None)).await);
    assert_eq!(history.balance, cents(60));
    let kinds: Vec<_> = history.entries.iter().map(|entry| (entry.kind, entry.amount)).collect();
    use TransactionKind::{Opening, Returned, Suspect};
    let result = [
        (Returned, cents(20)),
        (Suspect, cents(-30)),
        (Returned, cents(30)),
        (Suspect, cents(-30)),
        (Suspect, cents(-30)),
        (Opening, cents(100)),
    ];
    assert_eq!(kinds, result);
}

/// Holds under way, those that are over, limits, terminals and reversals outlive the store.
pub async fn holds_terminals_limits_and_reversals_are_kept(fixture: &dyn StoreFixture) {
    let mut bank = Fixture::new(fixture).await;
    let mut payer = bank.customer("payer", 10_000, 1).await;
    done(bank.one(open("shop", 0, 2)).await);
    let lobby: TerminalId = "lobby".parse().expect("a terminal's name");
    let key = Command::AddTerminal {
        terminal: lobby,
        currency: Currency::USD,
        key: Some(secret("7391")),
        instruction: None,
    };
    done(bank.one(key).await);
    let twenties = vec![NoteCount { denomination: cents(2000), count: 5 }];
    let load = Cash::in_notes(Currency::USD, twenties);
    receipt(
        bank.one(Command::Load { terminal: lobby, cash: load, transaction: id(3), instruction: None }).await,
    );
    for number in 10..14 {
        authorised(bank.one(payment(payer, 100, number)).await);
    }
    settled(bank.one(by_bank(10, capture(40))).await);
    settled(bank.one(by_bank(11, HoldAction::Void)).await);
    authorised(bank.one(payer.authorise(2000, 20, dispense(lobby))).await);
    settled(bank.one(at_terminal(lobby, 20, HoldAction::Order)).await);
    let (operator, reason) = ("teller", "a test");
    let operator = || operator.parse().expect("an operator's name");
    let reason = || reason.parse().expect("a reason");
    let limits = LimitsRequest {
        day_amount_max: Some(cents(2400)),
        minimum_balance: Some(cents(-50).into()),
        ..LimitsRequest::default()
    };
    done(
        bank.one(Command::SetLimits {
            account: payer.account,
            limits: limits.into(),
            operator: operator(),
            reason: reason(),
        })
        .await,
    );
    receipt(bank.one(payer.withdraw(100, 30)).await);
    let reverse = |number, amount| Command::Reverse {
        original: id(30),
        amount: Some(cents(amount)),
        transaction: id(number),
        operator: operator(),
        reason: reason(),
    };
    receipt(bank.one(reverse(31, 60)).await);
    let before = (
        bank.trial_balance().await,
        terminals(bank.one(Command::Terminals { after: None, limit: 40 }).await),
    );
    let account = Command::Account { account: payer.account };
    done(bank.one(payer.log_out()).await);
    let account_before = format!("{:?}", bank.one(account.clone()).await);
    bank = bank.reopen(fixture).await;
    assert_eq!(
        (
            bank.trial_balance().await,
            terminals(bank.one(Command::Terminals { after: None, limit: 40 }).await)
        ),
        before
    );
    assert_eq!(format!("{:?}", bank.one(account).await), account_before);
    payer = bank.enter("payer", 5).await;
    // 40 captured, 200 on hold, 2,000 for the dispense and 40 of the withdrawal: 120 is left.
    let left = declined(bank.one(payer.withdraw(121, 40)).await);
    assert!(matches!(left, Decline::DayAmountLimit { left, .. } if left == cents(120)), "{left:?}");
    assert_eq!(declined(bank.one(by_bank(10, HoldAction::Void)).await), Decline::HoldCaptured);
    assert_eq!(declined(bank.one(by_bank(11, capture(1))).await), Decline::HoldVoided);
    settled(bank.one(by_bank(12, capture(100))).await);
    assert_eq!(declined(bank.one(reverse(32, 1)).await), Decline::AlreadyReversed);
    assert!(receipt(bank.one(reverse(31, 60)).await).replayed);
    let proof = secret("7391").verify(&"7391".into());
    done(bank.one(Command::EnterTerminal { terminal: lobby, proof }).await);
    bank.clock.advance(HOUR);
    let result = at_terminal(lobby, 20, result(cents(2000)));
    assert_eq!(settled(bank.one(result).await).state, HoldState::Captured);
    assert_eq!(declined(bank.one(by_bank(13, capture(1))).await), Decline::HoldExpired);
    bank = bank.reopen(fixture).await;
    assert_eq!(declined(bank.one(by_bank(13, capture(1))).await), Decline::HoldExpired);
    let lobby = &terminals(bank.one(Command::Terminals { after: None, limit: 40 }).await)[0];
    assert_eq!((lobby.cash, lobby.reserved, lobby.cassettes[0].count), (cents(8000), cents(0), 4));
}

impl Holder {
    fn act_on_hold(self, number: u64, step: HoldAction) -> Command {
        Command::ActOnHold { hold: id(number), actor: Actor::Holder(self.account, self.session), step }
    }

    pub(super) fn authorise(self, digits: i64, number: u64, purpose: PurposeRequest) -> Command {
        let Holder { account, session } = self;
        Command::Authorise {
            account,
            actor: Actor::Holder(account, session),
            hold: id(number),
            amount: cents(digits),
            purpose,
        }
    }
}

fn by_bank(number: u64, step: HoldAction) -> Command {
    Command::ActOnHold { hold: id(number), actor: Actor::Bank, step }
}

fn at_terminal(terminal: TerminalId, number: u64, step: HoldAction) -> Command {
    Command::ActOnHold { hold: id(number), actor: Actor::Terminal(terminal), step }
}

/// For an hour, to the account `shop`.
fn payment(holder: Holder, digits: i64, number: u64) -> Command {
    let purpose = PurposeRequest::Payment { to: name("shop"), memo: None, lasts: HOUR };
    holder.authorise(digits, number, purpose)
}

fn cash(holder: Holder, digits: i64, number: u64) -> Command {
    let Holder { account, session } = holder;
    let follow_ups = [id(number + 1), id(number + 2)];
    let purpose = PurposeRequest::Dispense { terminal: TerminalId::vault(), follow_ups };
    Command::Authorise {
        account,
        actor: Actor::Holder(account, session),
        hold: id(number),
        amount: cents(digits),
        purpose,
    }
}

fn dispense(terminal: TerminalId) -> PurposeRequest {
    PurposeRequest::Dispense { terminal, follow_ups: [id(901), id(902)] }
}

fn capture(digits: i64) -> HoldAction {
    HoldAction::Capture { amount: Some(cents(digits)) }
}

fn result(amount: crate::money::Amount) -> HoldAction {
    HoldAction::Dispensed {
        amount: Some(amount),
        notes: Vec::new(),
        undispensed_notes: UndispensedNotes::default(),
    }
}

fn authorised(answer: Answer) -> Authorisation {
    let Ok(Outcome::Authorised(authorisation)) = answer else { panic!("not authorised: {answer:?}") };
    *authorisation
}

fn settled(answer: Answer) -> Settlement {
    let Ok(Outcome::Settled(settlement)) = answer else { panic!("not settled: {answer:?}") };
    *settlement
}

fn terminals(answer: Answer) -> Vec<TerminalSummary> {
    let Ok(Outcome::Terminals(listed)) = answer else { panic!("not terminals: {answer:?}") };
    listed.terminals
}

fn again(first: Settlement) -> Settlement {
    let receipt = first.receipt.map(|receipt| crate::ledger::Receipt { replayed: true, ..receipt });
    Settlement { replayed: true, receipt, ..first }
}

/// A terminal's notes go where they went, and a dispense is made of those that are there.
pub async fn a_terminal_counts_its_notes(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    let customer = bank.customer("customer", 50_000, 1).await;
    let lobby: TerminalId = "lobby".parse().expect("a terminal's name");
    let key = Command::AddTerminal {
        terminal: lobby,
        currency: Currency::USD,
        key: Some(secret("7391")),
        instruction: None,
    };
    done(bank.one(key).await);
    let notes = |counts: &[(i64, u32)]| -> Vec<NoteCount> {
        counts
            .iter()
            .map(|(denomination, count)| NoteCount { denomination: cents(*denomination), count: *count })
            .collect()
    };
    let load = Cash::in_notes(Currency::USD, notes(&[(5000, 1), (2000, 4)]));
    receipt(
        bank.one(Command::Load { terminal: lobby, cash: load, transaction: id(2), instruction: None }).await,
    );
    let near = declined(bank.one(customer.authorise(3000, 10, dispense(lobby))).await);
    let (lower, higher) = (Some(cents(2000)), Some(cents(4000)));
    assert_eq!(near, Decline::NotesUnavailable { lower, higher });
    let sixty = authorised(bank.one(customer.authorise(6000, 11, dispense(lobby))).await);
    assert_eq!(sixty.notes, notes(&[(2000, 3)]));
    assert_eq!(declined(bank.one(customer.act_on_hold(11, HoldAction::Order)).await), Decline::NoSuchHold);
    settled(bank.one(at_terminal(lobby, 11, HoldAction::Order)).await);
    // It jams after the first note.
    let jammed = HoldAction::Dispensed {
        amount: Some(cents(2000)),
        notes: Vec::new(),
        undispensed_notes: UndispensedNotes::default(),
    };
    assert_eq!(settled(bank.one(at_terminal(lobby, 11, jammed)).await).amount, cents(2000));
    let way = MovementKind::Deposit { terminal: lobby, notes: notes(&[(1000, 2)]) };
    receipt(bank.one(customer.moves(cents(2000), 12, way)).await);
    let there = &terminals(bank.one(Command::Terminals { after: None, limit: 40 }).await)[0];
    assert_eq!(there.cassettes, notes(&[(5000, 1), (2000, 1)]));
    assert_eq!(there.reject_bin, notes(&[(2000, 2), (1000, 2)]));
    assert_eq!((there.cash, there.reserved), (cents(13_000), cents(0)));
}
