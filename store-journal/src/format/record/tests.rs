use bank_engine_core::account::{
    ACCOUNT_ID_BYTES_MAX, AccountChange, AccountId, Direction, Kind, Limits, TerminalId,
};
use bank_engine_core::auth::{HashCost, SecretHash};
use bank_engine_core::day::Day;
use bank_engine_core::hold::{Dispute, Finding, Hold, Purpose, Release, Stage};
use bank_engine_core::ledger::{
    Fact, MEMO_CHARS_MAX, Memo, MovedNotes, Origin, Posting, Transaction, TransactionId, TransactionKind,
};
use bank_engine_core::money::{Currency, Minor};
use bank_engine_core::notes::{NOTE_KINDS_MAX, Notes, Stack};
use bank_engine_core::operator::{Note, OPERATOR_CHARS_MAX, Operator};
use bank_engine_core::terminal::TerminalChange;
use bank_engine_core::time::Timestamp;

use super::*;

fn named(letter: &str) -> AccountId {
    letter.repeat(34).parse().unwrap()
}

fn books() -> Books {
    let mut books = Books::default();
    for account in [named("a"), named("b"), AccountId::capital(Currency::USD)] {
        let (kind, currency) = (Kind::Customer, Currency::USD);
        books
            .apply(&Fact::Opened {
                account,
                kind,
                currency,
                secret: None,
                minimum_balance: Minor::ZERO,
                must_change: false,
            })
            .unwrap();
    }
    books
}

fn id(number: u8) -> TransactionId {
    TransactionId::from_bytes([number; 16]).unwrap()
}

fn secret() -> SecretHash {
    SecretHash::new(&"1324".into(), [9; 16], HashCost::LEAST).unwrap()
}

fn memo() -> Memo {
    "𝄞".repeat(MEMO_CHARS_MAX).parse().unwrap()
}

fn operator() -> Operator {
    "𝄞".repeat(OPERATOR_CHARS_MAX).parse().unwrap()
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_unix_ms(ms)
}

fn note() -> Note {
    Note { operator: operator(), reason: Some(memo()), at: at(-7) }
}

fn unreasoned() -> Note {
    Note { reason: None, ..note() }
}

fn terminal() -> TerminalId {
    "t".repeat(TerminalId::BYTES_MAX).parse().unwrap()
}

fn most_notes() -> Notes {
    let denominations = 1..=i64::try_from(NOTE_KINDS_MAX).unwrap();
    Notes::new(denominations.map(|denomination| Stack { denomination: Minor(denomination), count: u32::MAX }))
        .unwrap()
}

fn hold(purpose: Purpose, stage: Stage) -> Hold {
    Hold {
        id: id(1),
        account: named("a"),
        amount: Minor(i64::MAX),
        currency: "KWD".parse().unwrap(),
        purpose,
        stage,
        placed: at(1_700_000_000_000),
        day: Day::from_number(-3),
        expires: at(i64::MAX),
    }
}

fn holds() -> Vec<Hold> {
    let payment = |memo| Purpose::Payment { to: named("b"), memo };
    let dispense = |notes| Purpose::Dispense { terminal: terminal(), notes, follow_ups: [id(2), id(3)] };
    let suspect = |counted| Stage::Suspect { since: at(5), counted };
    vec![
        hold(payment(None), Stage::Placed),
        hold(payment(Some(memo())), suspect(true)),
        hold(dispense(Notes::default()), Stage::Ordered),
        hold(dispense(most_notes()), suspect(false)),
    ]
}

/// Every change of an account but of its limits.
fn changes() -> Vec<AccountChange> {
    use AccountChange::{
        Closed, Frozen, Opened, Reopened, SecretReset, SessionEnded, StatusReplaced, Thawed, Unlocked,
    };
    let mut changes = vec![Opened, Closed, Reopened, SecretReset, Unlocked, SessionEnded];
    changes.extend([Thawed { freeze: None }, Thawed { freeze: Some(u32::MAX) }]);
    changes.extend(Direction::ALL.map(|direction| Frozen { freeze: 7, direction }));
    changes.extend(Direction::ALL.map(|direction| StatusReplaced { closed: false, frozen: Some(direction) }));
    changes.extend([false, true].map(|closed| StatusReplaced { closed, frozen: None }));
    changes
}

/// Every kind of fact but postings, small and as large as can be.
fn facts() -> Vec<Fact> {
    let (account, currency) = (named("b"), Currency::USD);
    let mut facts = vec![
        Fact::TryCharged { account },
        Fact::TriesCleared { account },
        Fact::HoldOrdered { hold: id(7), expires: at(9) },
        Fact::HoldResolved { hold: id(7), note: note() },
        Fact::TerminalKeyed { terminal: terminal(), currency, key: Some(secret()) },
        Fact::TerminalKeyed { terminal: terminal(), currency, key: None },
        Fact::TerminalKeyed {
            terminal: terminal(),
            currency: Currency::unit("A23456789012", 9).unwrap(),
            key: None,
        },
        Fact::TerminalChanged { terminal: terminal(), change: TerminalChange::Added, note: unreasoned() },
        Fact::TerminalChanged { terminal: terminal(), change: TerminalChange::KeyChanged, note: note() },
        Fact::TerminalChanged { terminal: terminal(), change: TerminalChange::Disabled, note: note() },
        Fact::TerminalChanged { terminal: terminal(), change: TerminalChange::Enabled, note: note() },
        Fact::TerminalCounted { terminal: TerminalId::vault(), currency, at: at(0) },
    ];
    for kind in [Kind::Customer, Kind::Cash, Kind::Capital, Kind::Suspect, Kind::OverShort, Kind::Adjustments]
    {
        for (secret, must_change) in [(None, false), (Some(secret()), false), (Some(secret()), true)] {
            for minimum_balance in [Minor::ZERO, Minor(-5), Minor(-i64::MAX)] {
                let account = named("z");
                facts.push(Fact::Opened { account, kind, currency, secret, minimum_balance, must_change });
            }
        }
    }
    for must_change in [false, true] {
        facts.push(Fact::SecretChanged { account, secret: secret(), must_change });
    }
    for change in changes() {
        facts.push(Fact::AccountChanged { account, change, note: note() });
        facts.push(Fact::AccountChanged { account, change, note: unreasoned() });
    }
    let most = Limits {
        minimum_balance: Minor(i64::MIN),
        transaction_max: Some(Minor(1)),
        day_amount_max: Some(Minor(i64::MAX)),
        day_count_max: Some(u32::MAX),
    };
    for limits in [
        Limits::default(),
        Limits { transaction_max: None, ..most },
        Limits { day_amount_max: None, day_count_max: None, ..most },
        most,
    ] {
        facts.push(Fact::AccountChanged { account, change: AccountChange::Limits(limits), note: note() });
    }
    for (hold, how) in holds().into_iter().zip([Release::Voided, Release::Expired].into_iter().cycle()) {
        facts.push(Fact::HoldPlaced(hold.clone()));
        facts.push(Fact::HoldReleased { hold, how, at: at(11) });
    }
    for (cassettes, reject_bin) in [(Notes::default(), Notes::default()), (most_notes(), most_notes())] {
        facts.push(Fact::NotesChanged { terminal: terminal(), cassettes, reject_bin });
    }
    facts
}

fn encoded(fact: &Fact) -> Vec<u8> {
    let mut bytes = Vec::new();
    put(fact, &books(), &mut bytes).unwrap();
    bytes
}

/// The record is read as it was written, whatever follows it, and no byte of it can change.
fn is_read_back(bytes: &[u8], names: &Books) -> Record {
    let longer = [bytes, b"\0\0what follows"].concat();
    let (record, length) = Record::decode(&longer, names).expect("it is read");
    assert_eq!(length, bytes.len());
    assert!(length <= RECORD_BYTES_MAX, "{length} bytes: {record:?}");
    assert_eq!(indexed_id(bytes), Some((record.id(), length)));
    for place in 0..bytes.len() {
        for pattern in [1, 0x10, 0x80, 0xFF] {
            let mut changed = longer.clone();
            changed[place] ^= pattern;
            assert_eq!(Record::decode(&changed, names), None, "byte {place} changed by {pattern:#x}");
        }
        assert_eq!(Record::decode(&bytes[..place], names), None, "cut off after {place} bytes");
    }
    record
}

#[test]
fn facts_are_read_as_they_were_written() {
    for fact in facts() {
        assert_eq!(is_read_back(&encoded(&fact), &books()), Record::Fact(fact));
    }
}

#[test]
fn releases_are_read_by_those_who_know_no_names() {
    for hold in holds() {
        let fact = Fact::HoldReleased { hold, how: Release::Voided, at: at(3) };
        let bytes = encoded(&fact);
        let (record, _) = Record::decode(&bytes, &Nameless).unwrap();
        assert_eq!(record.id(), Some(id(1).as_uuid().as_u128()));
        assert_eq!(record, Record::Fact(fact));
    }
}

#[test]
fn facts_about_accounts_that_never_were_are_not_read() {
    let bytes = encoded(&Fact::TryCharged { account: named("b") });
    let mut fewer = Books::default();
    fewer
        .apply(&Fact::Opened {
            account: named("a"),
            kind: Kind::Customer,
            currency: Currency::USD,
            secret: None,
            minimum_balance: Minor::ZERO,
            must_change: false,
        })
        .unwrap();
    assert_eq!(Record::decode(&bytes, &fewer), None);
    assert!(put(&Fact::TryCharged { account: named("b") }, &fewer, &mut Vec::new()).is_err());
}

/// Every detail that a kind does not know is refused, though its check fits.
#[test]
fn no_record_has_a_detail_that_nobody_wrote() {
    for fact in facts() {
        let bytes = encoded(&fact);
        let content = &bytes[..bytes.len() - 4];
        for detail in (0..=255).filter(|detail| *detail != bytes[3]) {
            let mut other = content.to_vec();
            other[3] = detail;
            let crc = crc32fast::hash(&other);
            other.extend_from_slice(&crc.to_le_bytes());
            if let Some((Record::Fact(read), _)) = Record::decode(&other, &books()) {
                assert_eq!(encoded(&read), other, "{fact:?}, detail {detail}");
            }
        }
    }
}

fn transaction() -> Transaction {
    let posting = |account, balance, entry| Posting { account, balance: Minor(balance), entry };
    Transaction {
        id: id(5),
        kind: TransactionKind::Transfer,
        at: at(1_700_000_000_000),
        day: Day::utc(at(1_700_000_000_000)),
        amount: Minor(3),
        currency: Currency::USD,
        from: posting(named("a"), i64::MIN, 1),
        to: posting(named("b"), i64::MAX, u64::MAX),
        memo: None,
        origin: Origin::Itself,
        notes: None,
        operator: None,
        unavailable: Minor::ZERO,
    }
}

fn sides() -> [StoredPosting; 2] {
    let side = |account, balance, entry, previous| StoredPosting {
        account,
        balance: Minor(balance),
        entry,
        previous,
        skip: previous / 3,
    };
    [side(0, i64::MIN, 1, 0), side(1, i64::MAX, u64::MAX, u64::MAX)]
}

fn posted(transaction: &Transaction) -> Result<Vec<u8>, EncodeError> {
    let (mut bytes, [from, to]) = (Vec::new(), sides());
    put_posted(transaction, [&from, &to], &mut bytes).map(|()| bytes)
}

fn origins() -> Vec<Origin> {
    let suspect_hold = |account: &str, counted_at: Option<String>, is_part| Origin::SuspectHold {
        account: AccountId::from_recorded(account).unwrap(),
        counted_at: counted_at.map(|terminal| terminal.parse().unwrap()),
        is_part,
    };
    let reverses = |allowance, whole| Origin::Reverses { original: id(8), allowance, whole };
    vec![
        Origin::Itself,
        Origin::Hold,
        Origin::PartOfHold,
        Origin::PartOfEarlierHold(Day::from_number(20_000)),
        Origin::EarlierHold(Day::from_number(20_000)),
        Origin::Suspects(id(8)),
        Origin::Disputed(id(8)),
        suspect_hold("short", None, false),
        suspect_hold("short", None, true),
        suspect_hold(&"a".repeat(ACCOUNT_ID_BYTES_MAX), Some("t".repeat(TerminalId::BYTES_MAX)), true),
        Origin::Returns(id(8)),
        reverses(None, true),
        reverses(Some(Day::from_number(-1)), false),
        reverses(Some(Day::from_number(i32::MAX)), true),
    ]
}

#[test]
fn postings_are_read_as_they_were_written() {
    let mut longest = 0;
    let every_kind = (1..)
        .take(NOTE_KINDS_MAX)
        .map(|denomination| Stack { denomination: Minor(denomination), count: u32::MAX });
    let every_kind = Notes::new(every_kind).unwrap();
    let most_notes = MovedNotes { notes: every_kind.clone(), reject_bin: every_kind };
    let program = Operator::program(&"𝄞".repeat(OPERATOR_CHARS_MAX)).unwrap();
    for kind in TransactionKind::ALL {
        for origin in origins() {
            for (unavailable, notes, operator, memo) in [
                (Minor::ZERO, None, None, None),
                (Minor(-5), None, None, Some(memo())),
                (Minor::ZERO, Some(MovedNotes::default()), Some(operator()), None),
                (Minor(i64::MAX), Some(most_notes.clone()), Some(program.clone()), Some(memo())),
            ] {
                let notes = notes.map(Box::new);
                let made = Transaction { kind, origin, notes, unavailable, operator, memo, ..transaction() };
                let bytes = posted(&made).unwrap();
                let Record::Posted(read) = is_read_back(&bytes, &books()) else { panic!("no posting") };
                assert_eq!([read.from, read.to], sides());
                assert_eq!(read.named(&books()), Some(made));
                longest = longest.max(bytes.len());
            }
        }
    }
    assert_eq!(longest, RECORD_BYTES_MAX);
}

#[test]
fn a_plain_posting_takes_112_bytes() {
    assert_eq!((posted(&transaction()).unwrap().len(), POSTED_BYTES), (112, 112));
}

#[test]
fn business_days_are_kept_as_far_as_they_can_be_from_utc() {
    for instant in [at(i64::MIN), at(-1), at(0), at(1_700_000_000_000), at(i64::MAX)] {
        let utc = Day::utc(instant).number();
        for apart in -4..=4 {
            let made = Transaction { at: instant, day: Day::from_number(utc + apart), ..transaction() };
            match posted(&made) {
                Ok(bytes) => {
                    assert!((-2..=2).contains(&apart), "{apart} days");
                    let (record, _) = Record::decode(&bytes, &Nameless).unwrap();
                    let Record::Posted(read) = record else { panic!("no posting") };
                    assert_eq!((read.at, read.day), (made.at, made.day));
                }
                Err(EncodeError) => assert!(!(-2..=2).contains(&apart), "{apart} days"),
            }
        }
    }
}

/// What each kind of record that came after the first version looks like, byte for byte; with
/// `UPDATE_FIXTURES=1` it is written anew, which is right for new kinds only.
#[test]
fn records_stay_byte_for_byte() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/records.txt");
    let text: String = later_facts()
        .into_iter()
        .map(|(name, fact)| {
            let hex: String = encoded(&fact).iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{name} {hex}\n")
        })
        .collect();
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&path).unwrap());
}

fn later_facts() -> Vec<(&'static str, Fact)> {
    let (terminal, currency) = ("lobby".parse().unwrap(), Currency::USD);
    let (operator, at) = ("olga".parse().unwrap(), at(1_700_000_000_000));
    let note = Note { operator, reason: Some("the lock was changed".parse().unwrap()), at };
    let changed = |change| Fact::TerminalChanged { terminal, change, note: note.clone() };
    let resolved = |name, adjustment| {
        let finding = Finding { paid: Minor(6000), adjustment };
        (name, Fact::DisputeResolved { hold: id(7), currency, finding, note: note.clone() })
    };
    let unreasoned = Note { reason: None, ..note.clone() };
    let by_a_program = Note { operator: Operator::program("night run").unwrap(), ..note.clone() };
    vec![
        ("terminal without a key", Fact::TerminalKeyed { terminal, currency, key: None }),
        (
            "terminal added",
            Fact::TerminalChanged { terminal, change: TerminalChange::Added, note: unreasoned },
        ),
        ("key changed", changed(TerminalChange::KeyChanged)),
        ("terminal disabled", changed(TerminalChange::Disabled)),
        ("terminal enabled", changed(TerminalChange::Enabled)),
        ("hold resolved", Fact::HoldResolved { hold: id(7), note: note.clone() }),
        (
            "disputed",
            Fact::Disputed(Dispute {
                hold: id(7),
                account: named("b"),
                terminal,
                currency,
                booked: Minor(0),
                reported: Minor(6000),
                since: at,
                finding: None,
            }),
        ),
        resolved("dispute resolved", None),
        resolved("dispute resolved with money", Some(id(9))),
        ("hold resolved by a program", Fact::HoldResolved { hold: id(8), note: by_a_program }),
    ]
    .into_iter()
    .chain(changes().into_iter().filter(|change| !is_of_version_1(change)).map(|change| {
        ("account changed", Fact::AccountChanged { account: named("b"), change, note: note.clone() })
    }))
    .collect()
}

fn is_of_version_1(change: &AccountChange) -> bool {
    matches!(change, AccountChange::StatusReplaced { .. })
}
