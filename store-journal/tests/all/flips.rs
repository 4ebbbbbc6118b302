//! Every byte of a small journal changed: it is refused, or does not matter.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bank_engine_core::error_chain::error_chain;
use bank_engine_core::ledger::Command;
use bank_engine_core::store::{Position, Store};
use bank_engine_core::testing::Random;
use bank_engine_journal::{JournalStore, verify};

use crate::crashes::{on_a_thread, times};
use crate::helpers::{self, ask, deposit, name};
use crate::simulated::{Image, Simulated};
use crate::workload::{Day, GUARDS, PAYERS};

/// A journal of several segments, a checkpoint and indices, and the ids in it.
pub fn small_journal(random: &mut Random) -> (Image, Vec<u64>) {
    let disk = Simulated::new();
    let day = Arc::new(Day::begin(&disk).unwrap());
    on_a_thread(async {
        day.open_accounts().await.unwrap();
        day.alone(random, 40, 100).await.unwrap();
    });
    for _ in 0..10_000 {
        if disk.image().keys().any(|name| name.starts_with("checkpoint-") && !name.ends_with(".new")) {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    drop(Arc::into_inner(day).expect("nobody works any more").store);
    // The sealing thread may have been stopped before it was done.
    drop(helpers::open(&disk).unwrap());
    (disk.image(), (1..9).chain(100..140).collect())
}

/// Everything that can be read, as text: tries, secrets, balances, statements and where each id
/// leads. An error where reading is refused.
pub async fn transcript(store: &JournalStore, ids: &[u64], pins: &[usize]) -> Result<Vec<String>, String> {
    let accounts = || PAYERS.into_iter().chain(GUARDS).map(name);
    let tries = accounts().flat_map(|account| vec![Command::ChargeTry { account }; 4]).collect();
    let enter = accounts().zip(pins).flat_map(|(account, pin)| {
        let mut commands = vec![helpers::unlock(account)];
        commands.extend(helpers::enter(account, *pin));
        commands
    });
    let read = accounts().flat_map(|account| {
        let statement = |before| helpers::statement(account, 50, before);
        [helpers::balance(account), Command::Account { account }, statement(None), statement(Some(3))]
    });
    // As a payer of too much: who knows the id says so, who does not finds too little money.
    let known = ids.iter().map(|id| deposit("a", 999_999_999_999_999_999, *id));
    let unknown = (0..20).map(|id| deposit("a", 1, 5_000_000 + id));
    let mut text = Vec::new();
    let all = vec![
        Command::Terminals { after: None, limit: 40 },
        Command::Holds(Default::default()),
        Command::Accounts { first: 0, limit: 40 },
    ];
    for commands in [tries, enter.collect(), read.collect(), all, known.chain(unknown).collect()] {
        let answers = ask(store, commands).await.map_err(|error| error_chain(&error))?;
        text.extend(answers.iter().map(|answer| format!("{answer:?}")));
    }
    let (mut after, mut events) = (Position::START, Vec::new());
    loop {
        let result = store.events(after, 50).await.map_err(|error| error_chain(&error))?;
        let Some(last) = result.last() else { break };
        after = last.position;
        events.extend(result.iter().map(|event| format!("{event:?}")));
    }
    text.push(events.concat());
    text.push(format!("{:?}", store.trial_balance().await.map_err(|error| error_chain(&error))?));
    Ok(text)
}

#[derive(Default)]
struct Count {
    refused_to_open: usize,
    refused_to_read: usize,
    harmless: usize,
    found_by_verify: usize,
}

#[test]
fn no_changed_byte_is_believed() {
    let mut random = Random::from_environment();
    let (image, ids) = small_journal(&mut random);
    for kind in ["segment-00000002", "checkpoint-", "ids-"] {
        assert!(image.keys().any(|name| name.starts_with(kind)), "there is no {kind} in the journal");
    }
    let pins: Vec<usize> = on_a_thread(async {
        let store = helpers::open(&Simulated::holding(image.clone())).unwrap();
        let mut pins = Vec::new();
        for account in PAYERS.into_iter().chain(GUARDS) {
            pins.push(helpers::see(&store, name(account)).await.unwrap().unwrap().guarded.pin);
        }
        pins
    });
    let opened = helpers::open(&Simulated::holding(image.clone())).unwrap();
    let truth = on_a_thread(transcript(&opened, &ids, &pins)).unwrap();
    drop(opened);
    let last = image.keys().rfind(|name| name.starts_with("segment-")).unwrap().clone();
    let changes: Vec<(String, usize, u8)> = image
        .iter()
        .flat_map(|(name, content)| (0..content.len()).map(move |place| (name, place)))
        .flat_map(|(name, place)| {
            (0..times()).map(|_| (name.clone(), place, pattern(&mut random))).collect::<Vec<_>>()
        })
        .collect();
    let counts = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..2)
            .map(|worker| {
                let (image, changes, ids, pins, truth, last) = (&image, &changes, &ids, &pins, &truth, &last);
                scope.spawn(move || {
                    let directory = tempfile::tempdir().unwrap();
                    put(directory.path(), image);
                    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
                    for (name, place, pattern) in changes.iter().skip(worker).step_by(2) {
                        let (file, place, pattern) = (name.as_str(), *place, *pattern);
                        let what = format!("{file}, byte {place} changed by {pattern:#04x}");
                        let mut changed = image.clone();
                        changed.get_mut(file).unwrap()[place] ^= pattern;
                        let kind = file.split('-').next().unwrap();
                        let count = counts.entry(kind).or_default();
                        let disk = Simulated::holding(changed.clone());
                        let store = match helpers::open(&disk) {
                            Ok(store) => store,
                            Err(error) => {
                                let result = error_chain(&error);
                                assert!(result.contains(file), "{what}: {result}");
                                assert_eq!(disk.operations(), 0, "{what}: something was written");
                                count.refused_to_open += 1;
                                continue;
                            }
                        };
                        match on_a_thread(transcript(&store, ids, pins)) {
                            Err(result) => {
                                assert!(result.contains(file), "{what}: {result}");
                                count.refused_to_read += 1;
                            }
                            Ok(read) => {
                                assert!(read == *truth, "{what}: and it is believed");
                                count.harmless += 1;
                                if file != last {
                                    let path = directory.path().join(file);
                                    std::fs::write(&path, &changed[file]).unwrap();
                                    let found = verify(directory.path(), &mut |_, _| {});
                                    std::fs::write(&path, &image[file]).unwrap();
                                    let result = error_chain(&found.expect_err(&what));
                                    assert!(result.contains(file), "{what}: {result}");
                                    count.found_by_verify += 1;
                                }
                            }
                        }
                    }
                    counts
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect::<Vec<_>>()
    });
    let mut sums: BTreeMap<&str, Count> = BTreeMap::new();
    for (kind, count) in counts.into_iter().flatten() {
        let sum = sums.entry(kind).or_default();
        sum.refused_to_open += count.refused_to_open;
        sum.refused_to_read += count.refused_to_read;
        sum.harmless += count.harmless;
        sum.found_by_verify += count.found_by_verify;
    }
    println!("{} bytes in {} files, none believed:", changes.len(), image.len());
    for (kind, count) in &sums {
        println!(
            "{kind}: {} refused at opening, {} at reading, {} without effect, of which verify found {}",
            count.refused_to_open, count.refused_to_read, count.harmless, count.found_by_verify
        );
    }
    // All that is without effect and unseen by verify is room that nothing was written to.
    let (room, all) = (image[&last].iter().rev().take_while(|byte| **byte == 0).count(), &sums["segment"]);
    assert!(all.harmless - all.found_by_verify <= room * times(), "changes of the last segment are dropped");
}

/// One bit or all, seldom something else.
fn pattern(random: &mut Random) -> u8 {
    match random.below(12) {
        bit @ 0..8 => 1 << bit,
        8..11 => 0xFF,
        _ => 3 << random.below(7),
    }
}

pub fn put(directory: &Path, image: &Image) {
    for (name, content) in image {
        std::fs::write(directory.join(name), content).unwrap();
    }
}
