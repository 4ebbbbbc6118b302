//! The interactive ATM as a terminal of the bank: cash, and PINs that the bank set.

use bank_engine::bank::NewAccount;
use bank_engine::server::Limits;
use bank_engine::transport::{MemoryTransport, Transport};
use bank_engine_atm::args::SimulationArgs;
use bank_engine_atm::connection::BankConnection;
use bank_engine_atm::machine::dispenser::Simulated;
use bank_engine_atm::machine::journal::Journal;
use bank_engine_atm::machine::{Identity, Machine};

use crate::fixtures::{BankFixture, KEY, terminal};
use crate::screen::{Key, assert_screen, lines, played_at};
use crate::support::serve_within;

struct ServerFixture {
    bank_fixture: BankFixture,
    wire: MemoryTransport,
    atm: BankConnection,
}

impl ServerFixture {
    async fn new(jam_after: Option<u32>) -> ServerFixture {
        let bank_fixture = BankFixture::new(true).await;
        let wire = MemoryTransport::new();
        serve_within(Limits::default(), bank_fixture.bank.clone(), wire.listen("bank").await.unwrap());
        let notes_to = Some(bank_fixture.path("notes"));
        let args = SimulationArgs { jam_after, notes_to, ..SimulationArgs::default() };
        let dispenser = Simulated::new(&args).unwrap_or_else(|failure| panic!("{failure}"));
        let journal = Journal::open(&bank_fixture.path("journal"), terminal());
        let journal = journal.unwrap_or_else(|failure| panic!("{failure}"));
        let machine = Machine::anonymous(Box::new(dispenser)).with_journal(journal);
        let identity = Identity { terminal: terminal(), key: KEY.into() };
        let atm = BankConnection::at(Box::new(wire.clone()), "bank").for_machine(machine, Some(identity));
        ServerFixture { bank_fixture, wire, atm }
    }

    async fn played(&self, keys: Vec<Key>) -> String {
        played_at(&self.atm, self.wire.clone(), self.bank_fixture.clock.clone(), None, keys).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn amounts_are_offered_that_the_notes_can_make() {
    let fixture = ServerFixture::new(None).await;
    let keys = ["anna", "1324", "3", "30", "2", "3", "30", "3", "3", "30", "", "3", "30", "20", "8"];
    let seen = fixture.played(lines(&keys)).await;
    let offer = "
|Amount (empty to cancel): 30
|Sorry: the notes at hand can't make this amount; try 20.00 or 40.00 (code 1213).
|1 for 20.00, 2 for 40.00 (empty to cancel): ";
    let expected = format!(
        "
|Welcome. This is an ATM of bank-engine/0.1.0.
|Account (empty to quit): anna
|PIN: ****
|Hello. The account anna is yours until you log out.
|> 3{offer}2
|Please take your cash: 2 x 20.00
|WITHDRAWAL                         40.00 USD
|balance                         99960.00 USD
|time                 2026-01-31 12:00:00 UTC
|notes                              2 x 20.00
|> 3{offer}3
|That was not offered. No cash comes out.
|> 3{offer}
|> 3{offer}20
|Please take your cash: 1 x 20.00
|WITHDRAWAL                         20.00 USD
|balance                         99940.00 USD
|time                 2026-01-31 12:00:00 UTC
|notes                              1 x 20.00
|> 8
|Goodbye."
    );
    assert_screen(&seen, &expected);
    fixture.bank_fixture.assert_reconciled("offers").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_jam_is_shown() {
    let fixture = ServerFixture::new(Some(1)).await;
    let seen = fixture.played(lines(&["anna", "1324", "3", "120", "8"])).await;
    for words in [
        "Please take your cash: 1 x 50.00\n",
        "Sorry: the machine jammed. 50.00 of 120 came out, and no more was taken.\n",
        "WITHDRAWAL                         50.00 USD\n",
    ] {
        assert!(seen.contains(words), "{words:?} is not in {seen}");
    }
    fixture.bank_fixture.assert_reconciled("a jam").await;
}

/// A customer who says only an amount is asked for the notes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notes_are_asked_for_where_they_count() {
    let fixture = ServerFixture::new(None).await;
    let keys = ["anna", "1324", "2", "60", "3x20.00", "2", "1x50,2x5", "2", "60", "ten", "1", "8"];
    let seen = fixture.played(lines(&keys)).await;
    assert!(
        seen.contains(
            "This machine counts its notes.\nWhich notes, like 3x20.00 (empty to cancel): 3x20.00\n"
        ),
        "{seen}"
    );
    assert!(
        seen.contains(
            "DEPOSIT                            60.00 USD\nbalance                        100120.00"
        ),
        "{seen}"
    );
    assert!(seen.contains("Those are not notes;"), "{seen}");
    assert!(seen.ends_with("balance                        100120.00 USD\n> 8\nGoodbye.\n"), "{seen}");
}

/// The line is lost after the order: the cash comes out all the same, and the customer logs in again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dispense_outlives_the_line_and_the_session() {
    let fixture = ServerFixture::new(None).await;
    // One line for the welcome, then one with hello, terminal.login, login, authorise_cash, order.
    let mut keys = vec![Key::CutNextAfter(9)];
    keys.extend(lines(&["anna", "1324", "3", "120", "8"]));
    let seen = fixture.played(keys).await;
    let expected = "
|Welcome. This is an ATM of bank-engine/0.1.0.
|Account (empty to quit): anna
|PIN: ****
|Hello. The account anna is yours until you log out.
|> 3
|Amount (empty to cancel): 120
|Please take your cash: 2 x 50.00, 1 x 20.00
|WITHDRAWAL                        120.00 USD
|balance                         99880.00 USD
|time                 2026-01-31 12:00:00 UTC
|notes                   2 x 50.00, 1 x 20.00
|The line was lost meanwhile, and the session with it; log in again.
|Account (empty to quit): 8
|PIN: (end)
|Account (empty to quit): (end)
|Goodbye.";
    assert_screen(&seen, expected);
    fixture.bank_fixture.assert_reconciled("a lost line").await;
}

/// What the journal knows is reported before the next customer is served.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_customer_sees_what_was_reported() {
    let fixture = ServerFixture::new(None).await;
    let mut keys = vec![Key::CutNextAfter(7)];
    keys.extend(lines(&["anna", "1324", "3", "120", "anna", "1324", "1", "8"]));
    let seen = fixture.played(keys).await;
    let sorry = "nothing came out, and what may have been set aside for it is free again soon.\n";
    assert!(seen.contains(sorry), "{seen}");
    let output = ": nothing came out; the bank was informed and the money is free again\n";
    assert!(seen.contains(output) && seen.contains("note: an earlier dispense of 120, "), "{seen}");
    assert!(seen.ends_with("balance                        100000.00 USD\n> 8\nGoodbye.\n"), "{seen}");
    fixture.bank_fixture.assert_reconciled("a lost line").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pin_that_the_bank_set_is_changed_before_anything_else() {
    let fixture = ServerFixture::new(None).await;
    let secret = fixture.bank_fixture.bank.hash("5555".into()).await.unwrap();
    let new = NewAccount::new("carl", "USD").secret_hash(secret).must_change_secret();
    let id = bank_engine::ledger::TransactionId::generate();
    fixture.bank_fixture.bank.open_account(new.opening_balance(id, "10")).await.unwrap();
    let keys = [
        "carl", "5555", "", "", "carl", "5555", "7410", "7411", "1111", "1111", "7410", "7410", "1", "7",
        "carl", "5555", "carl", "7410", "8",
    ];
    let expected = "
|Welcome. This is an ATM of bank-engine/0.1.0.
|Account (empty to quit): carl
|PIN: ****
|The bank set your PIN. Choose one of your own first (empty to leave).
|New PIN: ****
|New PIN again: ****
|Account (empty to quit): carl
|PIN: ****
|The bank set your PIN. Choose one of your own first (empty to leave).
|New PIN: ****
|New PIN again: ****
|The two differ.
|New PIN: ****
|New PIN again: ****
|Sorry: the new secret is too weak; use a PIN of 4 to 12 digits that is no run, date or repetition, or a password of 8 to 64 characters (code 1107).
|New PIN: ****
|New PIN again: ****
|The PIN is changed.
|Hello. The account carl is yours until you log out.
|> 1
|account                                 carl
|balance                            10.00 USD
|> 7
|Logged out; the account is free.
|Account (empty to quit): carl
|PIN: ****
|Sorry: account or PIN is wrong (code 1101); check both and try again.
|Account (empty to quit): carl
|PIN: ****
|Hello. The account carl is yours until you log out.
|> 8
|Goodbye.";
    assert_screen(&fixture.played(lines(&keys)).await, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payments_are_set_aside_and_made_together() {
    let fixture = ServerFixture::new(None).await;
    let file = fixture.bank_fixture.path("wages");
    std::fs::write(&file, "bert 10 wages\nbert 2.50\n").unwrap();
    let file: &'static str = Box::leak(file.to_str().unwrap().to_owned().into_boxed_str());
    let keys = [
        "anna",
        "1324",
        "9",
        "bert",
        "30",
        "",
        "12",
        file,
        "",
        "12",
        file,
        "no",
        "12",
        "/nowhere",
        "10",
        "x",
        "1 2026-01-30",
        "5 2026-02-01",
        "1 never",
        "8",
    ];
    let seen = fixture.played(lines(&keys)).await;
    for words in [
        "AUTHORISED                         30.00 USD\nbalance                        100000.00 USD\n",
        "until                2026-02-01 12:00:00 UTC\n",
        "nothing was moved; this is what would be\nEnter to make them, anything else to cancel:\n",
        "all of them were made\n",
        "Sorry: cannot read /nowhere: No such file",
        "That is not a transaction id;",
        "balance                             0.00 USD\n",
        "no entries; the balance is 99987.50 USD\n",
        "That is not an instant;",
    ] {
        assert!(seen.contains(words), "{words:?} is not in {seen}");
    }
    assert_eq!(fixture.bank_fixture.standing("bert").await, 500 + 1250);
}
