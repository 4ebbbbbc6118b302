//! What passes for a batch that was cut short, and what does not.

use std::time::Duration;

use bank_engine_core::clock::ManualClock;
use bank_engine_core::testing::Random;
use bank_engine_core::time::Timestamp;
use bank_engine_journal::JournalStore;

use crate::crashes::on_a_thread;
use crate::helpers::{self, START_MS, ask, ask_one, enter, name, open_account, receipt, transfer};
use crate::simulated::{Image, Operation, Simulated};

const SECTOR_BYTES: usize = 512;
const HEADER_BYTES: usize = 64;

/// The last segment, and where its last batch ends.
fn end(image: &Image) -> (String, usize) {
    let (name, content) = image.iter().rfind(|(name, _)| name.starts_with("segment-")).unwrap();
    (name.clone(), content.iter().rposition(|byte| *byte != 0).unwrap() + 1)
}

/// A journal with two accounts, `a` of which is in the session's hands in `store`.
async fn two_accounts(disk: &Simulated) -> JournalStore {
    let store = helpers::open(disk).unwrap();
    for (account, number) in [("a", 1), ("b", 2)] {
        ask_one(&store, open_account(account, 10_000, number)).await.unwrap().unwrap();
    }
    hold(&store).await;
    store
}

async fn hold(store: &JournalStore) {
    for answer in ask(store, enter(name("a"), 0)).await.unwrap() {
        answer.unwrap();
    }
}

/// A memo whose bytes are those of a batch's header, as far as the header alone says.
fn memo_like_a_batch() -> String {
    let mut random = Random::new(1);
    loop {
        let digits: String =
            (0..32).map(|_| char::from(b'0' + u8::try_from(random.below(10)).unwrap())).collect();
        let counted =
            [&b"\xB5bat"[..], b"AAAA", b"BBBB", b"sequence", b"a time..", digits.as_bytes()].concat();
        let crc = crc32fast::hash(&counted).to_le_bytes();
        if crc.iter().all(|byte| (b' '..=b'~').contains(byte)) {
            let crc = std::str::from_utf8(&crc).unwrap();
            // The sign for micro ends with the byte that a header begins with.
            return format!("\u{b5}batAAAABBBB{crc}sequencea time..{digits}");
        }
    }
}

#[test]
fn no_memo_keeps_a_journal_from_opening_after_a_crash() {
    let disk = Simulated::new();
    let recording = on_a_thread(async {
        let store = two_accounts(&disk).await;
        let memo = memo_like_a_batch();
        let commands = (10..22).map(|number| transfer("a", "b", 1, number, Some(&memo))).collect();
        for answer in ask(&store, commands).await.unwrap() {
            receipt(answer);
        }
        drop(store);
        disk.recording()
    });
    let written = recording.log.iter().rposition(
        |operation| matches!(operation, Operation::Write { bytes, .. } if bytes.starts_with(b"\xB5bat")),
    );
    let mut random = Random::from_environment();
    for _ in 0..300 {
        let image = recording.image_after(written.unwrap() + 1, &mut random);
        let store = helpers::open(&Simulated::holding(image)).expect("the batch is dropped, or is whole");
        let seen = on_a_thread(helpers::see(&store, name("b"))).unwrap().unwrap();
        assert!([1, 13].contains(&seen.entries.len()), "{} entries", seen.entries.len());
    }
}

#[test]
fn a_damaged_header_is_not_taken_for_one_that_was_never_written() {
    let disk = Simulated::new();
    // A header whose last byte alone is in the next sector: by chance that byte may be zero.
    let at = SECTOR_BYTES - HEADER_BYTES + 1;
    on_a_thread(async {
        let store = two_accounts(&disk).await;
        for number in 10.. {
            let (_, used) = end(&disk.image());
            if used % SECTOR_BYTES == at {
                break;
            }
            // A transfer without memo takes 177 bytes.
            let missing = (at + 4 * SECTOR_BYTES - 177 - used % SECTOR_BYTES) % SECTOR_BYTES;
            let memo = (1..=140).contains(&missing).then(|| "m".repeat(missing));
            receipt(ask_one(&store, transfer("a", "b", 1, number, memo.as_deref())).await.unwrap());
            assert!(number < 200, "no batch ends there");
        }
    });
    let before = disk.image();
    let (segment, start) = end(&before);
    for later in 0.. {
        assert!(later < 20_000, "no hash ends with a zero");
        let disk = Simulated::holding(before.clone());
        let clock = ManualClock::at(Timestamp::from_unix_ms(START_MS + 20_000_000));
        clock.advance(Duration::from_millis(later));
        let options = helpers::options(std::sync::Arc::new(clock));
        let store = JournalStore::open_on(std::sync::Arc::new(disk.clone()), options).unwrap();
        // One batch, of tries alone.
        on_a_thread(async {
            let _ = ask(&store, vec![bank_engine_core::ledger::Command::ChargeTry { account: name("b") }])
                .await
                .unwrap();
        });
        drop(store);
        let mut image = disk.image();
        let content = image.get_mut(&segment).unwrap();
        assert_eq!(content[start], 0xB5, "the batch begins there");
        if content[start + HEADER_BYTES - 1] != 0 {
            continue;
        }
        content[start + 16] ^= 1;
        let error = helpers::open(&Simulated::holding(image)).expect_err("an answered batch is dropped");
        assert!(error.to_string().contains(&format!("byte {start}:")), "{error}");
        break;
    }
}
