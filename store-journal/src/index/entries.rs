//! The links from each of an account's entries to the one before, on disk.
//!
//! Each posting has the position of the account's entry before it, and, so that old entries are found
//! without reading all newer ones, where one far before it is: from an entry whose number is no
//! multiple of 64, the last multiple of 64; from a multiple of 64, the last multiple of 64²; from
//! a multiple of 64², the last multiple of 64³; from a multiple of 64³, the multiple of 64³ before
//! it. Any entry is some two hundred steps away at most, as long as there are fewer than 64⁴.

use crate::format::record::StoredPosting;

const STEP: u64 = 64;
const LEVELS: [u64; 3] = [STEP, STEP * STEP, STEP * STEP * STEP];

/// Where an account's newest entries are, by position in the journal; 0 for none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct EntryIndex {
    /// The newest entry.
    pub(crate) last: u64,
    /// The newest entries whose numbers are multiples of 64, 64² and 64³.
    pub(crate) marks: [u64; 3],
}

impl EntryIndex {
    /// What entry `entry` has to point at.
    pub(crate) fn pointers(&self, entry: u64) -> (u64, u64) {
        let level = LEVELS.iter().position(|step| !entry.is_multiple_of(*step));
        let mark = self.marks.get(level.unwrap_or(LEVELS.len() - 1));
        (self.last, mark.copied().unwrap_or_default())
    }

    /// Takes in that entry `entry` is at `position`.
    pub(crate) fn extend(&mut self, entry: u64, position: u64) {
        self.last = position;
        for (mark, step) in self.marks.iter_mut().zip(LEVELS) {
            if !entry.is_multiple_of(step) {
                break;
            }
            *mark = position;
        }
    }
}

/// The number of the entry that `side` skips to; `None` where it skips to none.
pub(crate) fn skipped_to(side: &StoredPosting) -> Option<u64> {
    let step = LEVELS.iter().find(|step| !side.entry.is_multiple_of(**step));
    let target = match step {
        Some(step) => side.entry - side.entry % step,
        None => side.entry.checked_sub(STEP * STEP * STEP)?,
    };
    (side.skip != 0 && target != 0).then_some(target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bank_engine_core::money::Minor;

    /// Every entry of a long trail, at positions that equal their numbers.
    fn walk(from: u64, to: u64, sides: &[StoredPosting]) -> usize {
        let (mut at, mut steps) = (from, 0);
        while at != to {
            let side = &sides[usize::try_from(at - 1).unwrap()];
            at = match skipped_to(side).filter(|target| *target >= to) {
                Some(target) => {
                    assert_eq!(side.skip, target * 10);
                    target
                }
                None => {
                    assert_eq!(side.previous, (at - 1) * 10);
                    at - 1
                }
            };
            steps += 1;
        }
        steps
    }

    #[test]
    fn every_entry_is_a_few_steps_away() {
        let mut trail = EntryIndex::default();
        let mut sides = Vec::new();
        for entry in 1..=600_000 {
            let (previous, skip) = trail.pointers(entry);
            sides.push(StoredPosting { account: 0, balance: Minor(0), entry, previous, skip });
            trail.extend(entry, entry * 10);
        }
        for to in [1, 2, 63, 64, 65, 4095, 4096, 4097, 262_143, 262_144, 262_145, 524_287, 599_999] {
            let steps = walk(600_000, to, &sides);
            assert!(steps <= 400, "{steps} steps to entry {to}");
        }
    }
}
