//! What a crash may leave of all that was done to a disk.

use std::collections::BTreeMap;

use bank_engine_core::testing::Random;

use crate::simulated::{Image, Operation, SECTOR_BYTES, write};

/// What was done to a disk, from what it held at first.
#[derive(Clone)]
pub struct Recording {
    pub base: Image,
    pub log: Vec<Operation>,
}

impl Recording {
    /// The disk before the first operation.
    pub fn play(&self) -> Play<'_> {
        let files = self.base.values().map(|content| Kept::new(content.clone())).collect();
        let names = self.base.keys().cloned().zip(0..).collect();
        Play { log: &self.log, done: 0, files, names, changes: Vec::new() }
    }

    /// What a crash right after the first `operations` may leave; `random` chooses.
    pub fn image_after(&self, operations: usize, random: &mut Random) -> Image {
        let mut play = self.play();
        play.go_to(operations);
        play.crash(random)
    }
}

/// A disk on its way through a [`Recording`].
pub struct Play<'a> {
    log: &'a [Operation],
    done: usize,
    files: Vec<Kept>,
    /// The names that are kept.
    names: BTreeMap<String, usize>,
    /// What was done to names since.
    changes: Vec<&'a Operation>,
}

/// What is kept of a file, and what may be.
struct Kept {
    /// What is kept, then what the file became with each operation since.
    versions: Vec<Vec<u8>>,
    /// What the sectors held that a failed sync may have forgotten: nobody will write them any
    /// more, though all that read them see what was written.
    forgotten: BTreeMap<usize, Vec<u8>>,
}

impl Kept {
    fn new(content: Vec<u8>) -> Kept {
        Kept { versions: vec![content], forgotten: BTreeMap::new() }
    }

    fn change(&mut self, change: impl FnOnce(&mut Vec<u8>)) {
        let mut content = self.versions.last().unwrap().clone();
        change(&mut content);
        self.versions.push(content);
    }

    fn write(&mut self, bytes: &[u8], offset: usize) {
        self.change(|content| write(content, bytes, offset));
        for sector in offset / SECTOR_BYTES..(offset + bytes.len()).div_ceil(SECTOR_BYTES) {
            self.forgotten.remove(&sector);
        }
    }

    fn sync(&mut self) {
        let newest = self.versions.pop().unwrap();
        self.versions = vec![newest];
    }

    fn fail_to_sync(&mut self) {
        let (old, new) = (&self.versions[0], &self.versions[self.versions.len() - 1]);
        for sector in 0..new.len().div_ceil(SECTOR_BYTES) {
            let (old, new) = (part(old, sector), part(new, sector));
            if old != new {
                self.forgotten.entry(sector).or_insert(old.to_vec());
            }
        }
    }

    fn forget(&self, content: &mut [u8], whim: usize, random: &mut Random) {
        for (sector, old) in &self.forgotten {
            let start = sector * SECTOR_BYTES;
            if start < content.len() && (whim == 0 || whim > 1 && random.below(2) == 0) {
                let end = content.len().min(start + SECTOR_BYTES);
                content[start..end].fill(0);
                let length = old.len().min(end - start);
                content[start..start + length].copy_from_slice(&old[..length]);
            }
        }
    }
}

/// A sector of a file, as far as the file reaches.
fn part(content: &[u8], sector: usize) -> &[u8] {
    let start = (sector * SECTOR_BYTES).min(content.len());
    &content[start..content.len().min(start + SECTOR_BYTES)]
}

impl Play<'_> {
    pub fn go_to(&mut self, operations: usize) {
        while self.done < operations {
            self.step();
        }
    }

    fn step(&mut self) {
        let operation = &self.log[self.done];
        self.done += 1;
        match operation {
            Operation::Create { file, .. } => {
                assert_eq!(*file, self.files.len());
                self.files.push(Kept::new(Vec::new()));
                self.changes.push(operation);
            }
            Operation::Write { file, bytes, offset } => self.files[*file].write(bytes, *offset),
            Operation::Reserve { file, length } => {
                self.files[*file].change(|content| content.resize(content.len().max(*length), 0));
            }
            Operation::Truncate { file, length } => {
                self.files[*file].change(|content| content.resize(*length, 0));
            }
            Operation::Sync { file } => self.files[*file].sync(),
            Operation::FailedSync { file } => self.files[*file].fail_to_sync(),
            Operation::Rename { .. } | Operation::Remove { .. } => self.changes.push(operation),
            Operation::SyncNames => {
                let changes = std::mem::take(&mut self.changes);
                changes.into_iter().for_each(|change| apply(&mut self.names, change));
            }
        }
    }

    /// What a crash now may leave. A quarter of the images lose all that was not synced, a quarter
    /// keep all of it; of the others each sector is as any of the writes since the last sync left
    /// it, the length is any that the file had since, and of the changes to names there are the
    /// first few, or any of them.
    pub fn crash(&self, random: &mut Random) -> Image {
        let whim = random.below(4);
        let mut names = self.names.clone();
        let kept = match whim {
            0 => 0,
            1 => self.changes.len(),
            _ => random.below(self.changes.len() + 1),
        };
        let any = whim == 3;
        for (number, change) in self.changes.iter().enumerate() {
            if if any { random.below(2) == 0 } else { number < kept } {
                self.apply(&mut names, number, change);
            }
        }
        names
            .into_iter()
            .map(|(name, file)| {
                let kept = &self.files[file];
                let versions = &kept.versions;
                let mut content = match whim {
                    0 => versions[0].clone(),
                    1 => versions[versions.len() - 1].clone(),
                    _ => torn(versions, random),
                };
                kept.forget(&mut content, whim, random);
                (name, content)
            })
            .collect()
    }

    /// As [`apply`], where changes before this one may be lost. A rename is of the file that had the
    /// name, and not of an older one whose name was to be taken away before.
    fn apply(&self, names: &mut BTreeMap<String, usize>, number: usize, change: &Operation) {
        let Operation::Rename { from, to } = change else { return apply(names, change) };
        let mut then = self.names.clone();
        self.changes[..number].iter().for_each(|before| apply(&mut then, before));
        let Some(file) = then.get(from) else { return };
        if names.get(from) == Some(file) {
            names.remove(from);
        }
        names.insert(to.clone(), *file);
    }
}

fn apply(names: &mut BTreeMap<String, usize>, change: &Operation) {
    match change {
        Operation::Create { name, file } => {
            names.insert(name.clone(), *file);
        }
        Operation::Rename { from, to } => {
            let moved = names.remove(from);
            names.extend(moved.map(|file| (to.clone(), file)));
        }
        Operation::Remove { name } => {
            names.remove(name);
        }
        _ => {}
    }
}

/// Each sector of some version, zeros where that version had ended.
fn torn(versions: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut content = vec![0; versions[random.below(versions.len())].len()];
    for (number, sector) in content.chunks_mut(SECTOR_BYTES).enumerate() {
        let version = &versions[random.below(versions.len())];
        let old = version.get(number * SECTOR_BYTES..).unwrap_or_default();
        let length = old.len().min(sector.len());
        sector[..length].copy_from_slice(&old[..length]);
    }
    content
}

#[test]
fn no_crash_puts_an_older_file_into_the_place_of_a_new_one() {
    use bank_engine_journal::Disk;

    use crate::simulated::Simulated;

    let disk = Simulated::holding(Image::from([("ids.new".to_owned(), b"left by a crash".to_vec())]));
    disk.remove("ids.new").unwrap();
    let file = disk.create("ids.new").unwrap();
    file.write_at(b"whole", 0).unwrap();
    file.sync().unwrap();
    disk.rename("ids.new", "ids").unwrap();
    let (recording, mut random) = (disk.recording(), Random::from_environment());
    for _ in 0..1_000 {
        let image = recording.image_after(recording.log.len(), &mut random);
        assert!(image.get("ids").is_none_or(|content| content == b"whole"), "{image:?}");
    }
}
