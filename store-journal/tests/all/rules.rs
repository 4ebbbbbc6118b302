//! Which journals are opened, which are refused, and which are repaired.

use std::path::Path;
use std::sync::Arc;

use bank_engine_core::error_chain::error_chain;
use bank_engine_core::testing::Random;
use bank_engine_journal::{Disk, Files, JournalError, JournalStore};

use crate::crashes::on_a_thread;
use crate::flips::{put, small_journal};
use crate::helpers;
use crate::simulated::{Image, Simulated};
use crate::workload::see_all;

fn open(path: &Path) -> Result<JournalStore, JournalError> {
    JournalStore::open(path, helpers::options(helpers::start_clock()))
}

/// All that is in a directory.
fn content(path: &Path) -> Image {
    let files = Files::read_only(path);
    let names = files.list().unwrap();
    names.into_iter().map(|name| (name.clone(), std::fs::read(path.join(name)).unwrap())).collect()
}

/// The error of opening `image`, after which it is as it was.
fn refused(image: &Image) -> JournalError {
    let disk = Simulated::holding(image.clone());
    let error = helpers::open(&disk).expect_err("it is refused");
    assert_eq!(disk.operations(), 0, "something was written: {error}");
    error
}

/// Refused with this file and offset.
fn refused_at(image: &Image, name: &str, at: u64) {
    match refused(image) {
        JournalError::Damaged { path, offset, .. } => {
            assert_eq!((path.file_name().unwrap().to_str().unwrap(), offset), (name, at));
        }
        other => panic!("{}", error_chain(&other)),
    }
}

/// Opened, with everything in it.
fn holds_the_same(image: &Image, truth: &Image) -> Simulated {
    let [disk, other] = [image, truth].map(|image| Simulated::holding(image.clone()));
    let [seen, expected] = [&disk, &other].map(|disk| {
        let store = helpers::open(disk).unwrap_or_else(|error| panic!("{}", error_chain(&error)));
        on_a_thread(see_all(&store))
    });
    assert_eq!(seen, expected);
    disk
}

fn journal() -> Image {
    small_journal(&mut Random::new(7)).0
}

fn first(image: &Image, kind: &str) -> String {
    image.keys().find(|name| name.starts_with(kind)).unwrap().clone()
}

fn last_segment(image: &Image) -> String {
    image.keys().rfind(|name| name.starts_with("segment-")).unwrap().clone()
}

#[test]
fn a_directory_of_other_things_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("letter.txt"), "Dear all").unwrap();
    let before = content(directory.path());
    let error = open(directory.path()).err().unwrap();
    assert!(matches!(error, JournalError::NotAJournal { .. }), "{error}");
    assert_eq!(content(directory.path()), before, "not even a lock's file is made");
    // Nor is a journal whose mark is gone taken for an unused directory.
    let mut image = journal();
    image.remove("journal");
    assert!(matches!(refused(&image), JournalError::NotAJournal { .. }));
}

#[test]
fn a_newer_format_is_refused_untouched() {
    let image = journal();
    for kind in ["journal", "segment-", "checkpoint-", "ids-"] {
        let mut newer = image.clone();
        let name = if kind == "segment-" { last_segment(&image) } else { first(&image, kind) };
        let content = newer.get_mut(&name).unwrap();
        match kind {
            "journal" => {
                let text = String::from_utf8(content.clone()).unwrap();
                *content = text.replace("format 1", "format 2").into_bytes();
            }
            "segment-" => {
                content[8] = 2;
                let crc = crc32fast::hash(&content[..80]).to_le_bytes();
                content[80..84].copy_from_slice(&crc);
            }
            "checkpoint-" => content[8] += 1,
            _ => content[8] = 2,
        }
        match refused(&newer) {
            JournalError::NewerFormat { path, version, known } if version == known + 1 => {
                assert!(path.ends_with(&name), "{path:?}");
            }
            other => panic!("{name}: {}", error_chain(&other)),
        }
    }
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("journal"), "bank-engine journal\nformat 9\nanything\n").unwrap();
    let before = content(directory.path());
    assert!(matches!(open(directory.path()), Err(JournalError::NewerFormat { version: 9, .. })));
    assert_eq!(content(directory.path()), before);
}

#[test]
fn one_at_a_time_has_it() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).unwrap();
    match open(directory.path()) {
        Err(JournalError::InUse { holder, .. }) => {
            assert_eq!(holder, format!("process {}", std::process::id()));
        }
        Err(other) => panic!("{}", error_chain(&other)),
        Ok(_) => panic!("two have it"),
    }
    drop(store);
    open(directory.path()).unwrap();
}

#[test]
fn a_missing_segment_is_a_loss() {
    let image = journal();
    let segments: Vec<_> = image.keys().filter(|name| name.starts_with("segment-")).cloned().collect();
    for segment in &segments[..segments.len() - 1] {
        let mut without = image.clone();
        without.remove(segment);
        refused_at(&without, segment, 0);
    }
    // The last one leaves its traces in what was made of those before it.
    let mut without = image.clone();
    for left in segments[1..].iter().rev() {
        without.remove(left);
        for kind in ["checkpoint-", "ids-"] {
            let mut alone = without.clone();
            alone.retain(|name, _| ["journal", "segment-", kind].iter().any(|kept| name.starts_with(kept)));
            if kind == "ids-" || left <= &format!("segment-{}", &first(&image, kind)[kind.len()..]) {
                let result = error_chain(&refused(&alone));
                assert!(result.contains(kind), "{left} is missing: {result}");
            }
        }
    }
    // Two that changed their names.
    let mut changed = image.clone();
    let (zero, one) = (image["segment-00000000"].clone(), image["segment-00000001"].clone());
    changed.insert("segment-00000000".to_owned(), one);
    changed.insert("segment-00000001".to_owned(), zero);
    refused_at(&changed, "segment-00000000", 0);
}

#[test]
fn what_is_made_of_segments_is_made_again() {
    let image = journal();
    let mut without = image.clone();
    without.retain(|name, _| name == "journal" || name.starts_with("segment-"));
    let disk = holds_the_same(&without, &image);
    let indices = || image.iter().filter(|(name, _)| name.starts_with("ids-"));
    for (name, content) in indices() {
        assert!(disk.image()[name] == *content, "{name} is another one");
    }
    assert!(indices().count() > 1);
    for name in image.keys().filter(|name| name.starts_with("ids-") || name.starts_with("checkpoint-")) {
        let mut without = image.clone();
        without.remove(name);
        let disk = holds_the_same(&without, &image);
        assert!(name.starts_with("checkpoint-") || disk.image().contains_key(name), "{name}");
    }
    // What a crash left half made is taken away.
    let mut littered = image.clone();
    for name in
        ["segment-00000099.new", "ids-00000000-00000000.new", "checkpoint-00000002.new", "journal.new"]
    {
        littered.insert(name.to_owned(), b"half".to_vec());
    }
    let disk = holds_the_same(&littered, &image);
    assert!(!disk.image().keys().any(|name| name.ends_with(".new")));
}

#[test]
fn a_batch_that_was_cut_short_is_dropped_and_nothing_before_it() {
    let image = journal();
    let name = last_segment(&image);
    let used = image[&name].iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let starts: Vec<_> = (84..used).filter(|at| image[&name][*at..].starts_with(b"\xB5bat")).collect();
    let last = *starts.last().unwrap();
    let mut before = image.clone();
    before.get_mut(&name).unwrap().truncate(last);
    for end in [last + 1, last + 10, last + 64, last + 70, used - 1] {
        let mut torn = image.clone();
        torn.get_mut(&name).unwrap().truncate(end);
        holds_the_same(&torn, &before);
        // Nothing of it stays, where a shorter batch would not cover it.
        let disk = Simulated::holding(torn);
        drop(helpers::open(&disk).unwrap());
        assert!(disk.image()[&name] == before[&name], "cut off after byte {end}");
    }
    // A damaged batch in the middle is no torn one, nor is the last one.
    for start in starts {
        for at in [start, start + 16, start + 64] {
            let mut damaged = image.clone();
            damaged.get_mut(&name).unwrap()[at] ^= 0x40;
            refused_at(&damaged, &name, u64::try_from(start).unwrap());
        }
    }
    // Nor a middle one of which sectors are gone.
    let mut damaged = image.clone();
    damaged.get_mut(&name).unwrap()[84..last.min(512)].fill(0);
    assert!(last > 84, "the last segment has one batch alone");
    refused_at(&damaged, &name, 84);
}

#[test]
fn a_dropped_batch_is_logged() {
    let image = journal();
    let name = last_segment(&image);
    let used = image[&name].iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let directory = tempfile::tempdir().unwrap();
    let mut torn = image;
    torn.get_mut(&name).unwrap().truncate(used - 1);
    put(directory.path(), &torn);
    let log = Arc::new(std::sync::Mutex::new(Vec::new()));
    let to = Arc::clone(&log);
    tracing::subscriber::with_default(crate::listener::Listener(to), || {
        drop(open(directory.path()).unwrap())
    });
    let log = log.lock().unwrap();
    let result = log.iter().any(|line| line.contains(&name) && line.contains("are dropped"));
    assert!(result, "{log:?}");
}
