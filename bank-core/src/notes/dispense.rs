//! Chooses the notes that pay an amount from a terminal's cassettes.

use super::{CASSETTE_KINDS_MAX, Notes, Stack};
use crate::money::Minor;

/// Notes that a dispenser gives out at once, at most.
pub const NOTES_AT_ONCE_MAX: u32 = 40;

/// The most steps of the smallest common size from nothing to the largest amount that notes can
/// make at once. It bounds the work of choosing; 40 notes of 5 to 500 have 4,000.
const STEPS_MAX: i64 = 16_384;

/// How many times the greatest amount that divides all denominations in the cassettes the highest
/// one may be.
pub const FACE_STEPS_MAX: i64 = STEPS_MAX / NOTES_AT_ONCE_MAX as i64;

/// The nearest amounts that can be paid instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nearest {
    /// The next lower one, more than zero.
    pub lower: Option<Minor>,
    /// The next higher one.
    pub higher: Option<Minor>,
}

impl Notes {
    /// Whether one dispenser can have them all: at most [`CASSETTE_KINDS_MAX`] denominations, the
    /// highest at most [`FACE_STEPS_MAX`] times what divides all of them.
    #[must_use]
    pub fn suit_a_dispenser(&self) -> bool {
        let fits =
            self.stacks().len() <= CASSETTE_KINDS_MAX && Search::new(self, NOTES_AT_ONCE_MAX).is_some();
        self.is_empty() || fits
    }
}

/// Chooses notes that are worth `amount` together, at most `notes_max` of them (held to
/// [`NOTES_AT_ONCE_MAX`]), those of the highest denominations first. If any such notes are in the cassettes,
/// some are found; else the nearest amounts that there are notes for. For notes that don't
/// [suit a dispenser](Notes::suit_a_dispenser) nothing is found.
pub fn choose(cassettes: &Notes, amount: Minor, notes_max: u32) -> Result<Notes, Nearest> {
    let notes_max = notes_max.min(NOTES_AT_ONCE_MAX);
    let Some(mut search) = Search::new(cassettes, notes_max) else {
        return Err(Nearest { lower: None, higher: None });
    };
    let (steps, rest) = (amount.0.div_euclid(search.step), amount.0.rem_euclid(search.step));
    if rest == 0
        && let Some(counts) = search.make(steps)
    {
        let chosen = cassettes.stacks().iter().zip(counts);
        let chosen =
            Notes::new(chosen.map(|(stack, count)| Stack { denomination: stack.denomination, count }));
        return chosen.ok_or(Nearest { lower: None, higher: None });
    }
    let below = if rest == 0 { steps.saturating_sub(1) } else { steps };
    let above = steps.saturating_add(1);
    let lower = (1..=below.min(search.steps_max)).rev().find(|steps| search.make(*steps).is_some());
    let higher = (above.max(1)..=search.steps_max).find(|steps| search.make(*steps).is_some());
    let minor = |steps: i64| Minor(steps * search.step);
    Err(Nearest { lower: lower.map(minor), higher: higher.map(minor) })
}

/// A search that remembers what can't be done.
struct Search {
    /// The greatest common divisor of all denominations; amounts are counted in it.
    step: i64,
    /// Faces in steps, and how many notes there are, the highest first.
    denominations: Vec<(i64, u32)>,
    notes_max: u32,
    steps_max: i64,
    /// For each place in `denominations` and amount left to make, one more than the most notes that were
    /// left when it could not be made with the denominations from there on.
    failed: Vec<u8>,
}

impl Search {
    fn new(cassettes: &Notes, notes_max: u32) -> Option<Search> {
        let stacks = cassettes.stacks();
        let step = stacks.iter().fold(0, |step, stack| greatest_common_divisor(step, stack.denomination.0));
        let highest = stacks.first()?.denomination.0.checked_div(step)?;
        let steps_max = highest.checked_mul(i64::from(notes_max)).filter(|steps| *steps <= STEPS_MAX)?;
        let denominations: Vec<_> =
            stacks.iter().map(|stack| (stack.denomination.0 / step, stack.count)).collect();
        let places = usize::try_from(steps_max + 1).ok()?.checked_mul(denominations.len())?;
        Some(Search { step, denominations, notes_max, steps_max, failed: vec![0; places] })
    }

    /// How many notes of each denomination make `steps`.
    fn make(&mut self, steps: i64) -> Option<Vec<u32>> {
        if !(1..=self.steps_max).contains(&steps) {
            return None;
        }
        let mut counts = vec![0; self.denominations.len()];
        self.search(0, steps, self.notes_max, &mut counts).then_some(counts)
    }

    fn search(&mut self, place: usize, steps: i64, notes: u32, counts: &mut [u32]) -> bool {
        if steps == 0 {
            return true;
        }
        let Some((denomination, there)) = self.denominations.get(place).copied() else { return false };
        // No later denomination is higher.
        if steps > denomination.saturating_mul(i64::from(notes)) {
            return false;
        }
        let remembered = usize::try_from(steps).ok().map(|steps| steps * self.denominations.len() + place);
        let failed_with = remembered.and_then(|at| self.failed.get(at)).copied().unwrap_or_default();
        if notes < u32::from(failed_with) {
            return false;
        }
        let most = u32::try_from(steps / denomination).unwrap_or(u32::MAX).min(there).min(notes);
        for count in (0..=most).rev() {
            if let Some(chosen) = counts.get_mut(place) {
                *chosen = count;
            }
            if self.search(place + 1, steps - denomination * i64::from(count), notes - count, counts) {
                return true;
            }
        }
        if let Some(chosen) = counts.get_mut(place) {
            *chosen = 0;
        }
        if let Some(failed) = remembered.and_then(|at| self.failed.get_mut(at)) {
            *failed = u8::try_from(notes + 1).unwrap_or(u8::MAX);
        }
        false
    }
}

fn greatest_common_divisor(a: i64, b: i64) -> i64 {
    if a == 0 { b } else { greatest_common_divisor(b % a, a) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::testing::Random;

    fn notes(stacks: &[(i64, u32)]) -> Notes {
        Notes::new(
            stacks
                .iter()
                .map(|(denomination, count)| Stack { denomination: Minor(*denomination), count: *count }),
        )
        .unwrap()
    }

    fn chosen(cassettes: &[(i64, u32)], amount: i64) -> Result<Notes, (Option<i64>, Option<i64>)> {
        choose(&notes(cassettes), Minor(amount), NOTES_AT_ONCE_MAX)
            .map_err(|Nearest { lower, higher }| (lower.map(|m| m.0), higher.map(|m| m.0)))
    }

    #[test]
    fn the_highest_notes_come_first_where_that_works_out() {
        assert_eq!(chosen(&[(50, 9), (20, 9), (10, 9)], 80), Ok(notes(&[(50, 1), (20, 1), (10, 1)])));
        assert_eq!(chosen(&[(50, 9), (20, 9)], 60), Ok(notes(&[(20, 3)])));
        assert_eq!(chosen(&[(50, 1), (20, 4)], 130), Ok(notes(&[(50, 1), (20, 4)])));
    }

    #[test]
    fn else_the_nearest_amounts_are_reported() {
        assert_eq!(chosen(&[(50, 9), (20, 9)], 30), Err((Some(20), Some(40))));
        assert_eq!(chosen(&[(50, 1), (20, 1)], 65), Err((Some(50), Some(70))));
        assert_eq!(chosen(&[(50, 1), (20, 1)], 75), Err((Some(70), None)));
        assert_eq!(chosen(&[(50, 1)], 1), Err((None, Some(50))));
        assert_eq!(chosen(&[(50, 1)], 0), Err((None, Some(50))));
        assert_eq!(chosen(&[(50, 1)], -7), Err((None, Some(50))));
        assert_eq!(chosen(&[(50, 1)], i64::MAX), Err((Some(50), None)));
        assert_eq!(chosen(&[], 50), Err((None, None)));
    }

    #[test]
    fn no_more_notes_than_a_dispenser_gives_at_once() {
        assert!(chosen(&[(10, 100)], 400).is_ok());
        assert_eq!(chosen(&[(10, 100)], 410), Err((Some(400), None)));
        assert_eq!(
            choose(&notes(&[(20, 9), (10, 9)]), Minor(50), 2),
            Err(Nearest { lower: Some(Minor(40)), higher: None })
        );
    }

    #[test]
    fn denominations_with_too_many_steps_suit_no_dispenser() {
        assert!(notes(&[(50_000, 9), (500, 9)]).suit_a_dispenser());
        assert!(!notes(&[(1_000_000, 9), (1, 9)]).suit_a_dispenser());
        assert_eq!(chosen(&[(1_000_000, 9), (1, 9)], 1), Err((None, None)));
        assert_eq!(chosen(&[(i64::MAX, 1)], 5), Err((None, Some(i64::MAX))));
    }

    /// Every amount that notes can make.
    fn all(stacks: &[(i64, u32)], notes_max: u32) -> BTreeSet<i64> {
        let mut sums = BTreeSet::from([(0, 0)]);
        for (denomination, count) in stacks {
            let more = sums.iter().flat_map(|(sum, used)| {
                (0..=*count).map(move |count| (sum + denomination * i64::from(count), used + count))
            });
            sums = more.filter(|(_, used)| *used <= notes_max).collect();
        }
        sums.into_iter().map(|(sum, _)| sum).filter(|sum| *sum > 0).collect()
    }

    #[test]
    fn choosing_agrees_with_trying_everything() {
        let mut random = Random::from_environment();
        for _ in 0..400 {
            let denominations = [1, 2, 5, 10, 20, 25, 50];
            let stacks: Vec<(i64, u32)> = denominations
                .iter()
                .filter_map(|denomination| {
                    let count = u32::try_from(random.below(5)).unwrap();
                    (random.below(2) == 0).then_some((*denomination, count))
                })
                .collect();
            let notes_max = u32::try_from(1 + random.below(8)).unwrap();
            let (cassettes, possible) = (notes(&stacks), all(&stacks, notes_max));
            for amount in 1..120 {
                match choose(&cassettes, Minor(amount), notes_max) {
                    Ok(out) => {
                        assert_eq!(out.total(), Minor(amount), "{stacks:?}");
                        assert!(cassettes.minus(&out).is_some(), "{stacks:?} {amount}");
                        assert!(out.stacks().iter().map(|stack| stack.count).sum::<u32>() <= notes_max);
                    }
                    Err(Nearest { lower, higher }) => {
                        let below = possible.range(..amount).next_back().map(|sum| Minor(*sum));
                        let above = possible.range(amount..).next().map(|sum| Minor(*sum));
                        assert_eq!((lower, higher), (below, above), "{stacks:?} {amount} {notes_max}");
                        assert!(!possible.contains(&amount), "{stacks:?} {amount} {notes_max}");
                    }
                }
            }
        }
    }
}
