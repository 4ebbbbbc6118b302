//! The check for PINs and passwords that are too easy to guess.
//!
//! Repetitions, sequences and words of the context: NIST SP 800-63B-4, section 3.1.1.2. No numbers
//! that are readily associated with their owner: ISO 9564-1, on the selection of PINs.

use super::{Secret, WeakSecret};
use crate::account::AccountId;

/// Years that read as somebody's birth, or as now.
const YEARS: std::ops::RangeInclusive<u32> = 1900..=2039;

impl Secret {
    /// Whether an owner, or the bank for one, may choose it for `account`: of the right form, and
    /// neither a repetition (`1111`, `1212`), a run up or down (`1234`, `7890`, `fedcba98`), a
    /// date or a year, the digits of the account's name nor its name.
    pub fn check_choice(&self, account: &AccountId) -> Result<(), WeakSecret> {
        self.check_strength()?;
        let text = self.expose();
        let is_weak = repeats(text) || runs(text) || is_date(text) || is_of(text, account);
        if is_weak { Err(WeakSecret) } else { Ok(()) }
    }
}

/// Whether it is a shorter text again and again, or its last part is cut off.
fn repeats(text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    let is_period = |period: usize| {
        characters.iter().zip(characters.iter().skip(period)).all(|(one, other)| one == other)
    };
    (1..=characters.len() / 2).any(is_period)
}

/// Whether each character is the one after, or before, the last; 0 follows 9.
fn runs(text: &str) -> bool {
    let follows = |one: u8, other: u8| other == one.wrapping_add(1) || (one == b'9' && other == b'0');
    let pairs = || text.bytes().zip(text.bytes().skip(1));
    pairs().all(|(one, other)| follows(one, other)) || pairs().all(|(one, other)| follows(other, one))
}

/// Whether digits read as a date: a year, with its month or not, a day and a month, or all three.
fn is_date(text: &str) -> bool {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u32>().ok();
    let day_of = |day: Option<u32>, month: Option<u32>| {
        let days =
            month.and_then(|month| [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].get(place(month)?));
        day.zip(days).is_some_and(|(day, days)| (1..=*days).contains(&day))
    };
    let either = |first, second| day_of(first, second) || day_of(second, first);
    let year = |year: Option<u32>| year.is_some_and(|year| YEARS.contains(&year));
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    match text.len() {
        4 => year(number(0, 4)) || either(number(0, 2), number(2, 4)),
        6 => {
            let month = |month: Option<u32>| month.is_some_and(|month| (1..=12).contains(&month));
            either(number(0, 2), number(2, 4))
                || day_of(number(4, 6), number(2, 4))
                || (year(number(0, 4)) && month(number(4, 6)))
                || (month(number(0, 2)) && year(number(2, 6)))
        }
        8 => {
            (year(number(4, 8)) && either(number(0, 2), number(2, 4)))
                || (year(number(0, 4)) && day_of(number(6, 8), number(4, 6)))
        }
        _ => false,
    }
}

fn place(month: u32) -> Option<usize> {
    usize::try_from(month.checked_sub(1)?).ok()
}

/// Whether it is the account's name, or among the digits of it, read either way.
fn is_of(text: &str, account: &AccountId) -> bool {
    let digits: String = account.as_str().chars().filter(char::is_ascii_digit).collect();
    let backwards: String = digits.chars().rev().collect();
    text.eq_ignore_ascii_case(account.as_str()) || digits.contains(text) || backwards.contains(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(text: &str, account: &str) -> bool {
        Secret::from(text).check_choice(&account.parse().unwrap()).is_ok()
    }

    #[test]
    fn what_everybody_tries_first_is_refused() {
        for pin in [
            "1111", "0000", "1212", "121212", "123123", "12121", "1234", "4321", "7890", "0987", "01234567",
            "1987", "2026", "3112", "1231", "2902", "311299", "123199", "991231", "198704", "041987",
            "202612", "31121999", "12311999", "19991231",
        ] {
            assert!(!allowed(pin, "anna"), "{pin}");
        }
        for password in ["aaaaaaaa", "abababab", "abcdefgh", "hgfedcba", "Margarete"] {
            assert!(!allowed(password, "margarete"), "{password}");
        }
    }

    #[test]
    fn others_are_allowed() {
        for pin in ["1324", "7391", "4826", "3141", "1357", "8899", "2468", "31419", "314159", "86420975"] {
            assert!(allowed(pin, "anna"), "{pin}");
        }
        assert!(allowed("correct horse", "anna"));
        assert!(allowed("margarete 7", "margarete"));
    }

    #[test]
    fn the_accounts_own_digits_are_refused() {
        assert!(allowed("5731", "ac-12345"));
        for pin in ["8275", "5728", "82757"] {
            assert!(!allowed(pin, "DE-827-57"), "{pin}");
            assert!(allowed(pin, "DE-827-64"), "{pin}");
        }
    }

    #[test]
    fn most_pins_can_be_chosen() {
        let left = (0..10_000).filter(|pin| allowed(&format!("{pin:04}"), "anna")).count();
        assert_eq!(left, 9_192);
    }
}
