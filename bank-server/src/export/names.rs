//! Account names as hledger and Beancount accept them.
//!
//! A Beancount account is a path whose parts begin with a capital or a digit and go on with letters,
//! digits and dashes. Ours are freer and case-sensitive, so each is written such that no two of
//! them become one:
//!
//! - A small letter at the start becomes a capital: `cedar-100` is `Cedar-100`. Whatever else is no
//!   digit there is marked by `X--` before it: `DE89` is `X--DE89`.
//! - Letters and digits stay, and a dash before one of them or at the end.
//! - Anything else is `--` and its ASCII code in two hexadecimal digits: `a.b` is `A--2eb`.
//!
//! Marks and codes can't be confused, since all codes begin with a digit and nothing marked does.

use bank_engine::account::AccountId;
use bank_engine::money::CurrencyCode;

/// The path of an account, different for each.
pub(super) fn path(id: &AccountId) -> String {
    match id.as_str().strip_prefix('$') {
        None => format!("Liabilities:Customers:{}", part(id.as_str())),
        Some(own) => path_of_own(own),
    }
}

fn path_of_own(own: &str) -> String {
    let named = own.rsplit_once(':').filter(|(_, code)| code.parse::<CurrencyCode>().is_ok());
    let Some((name, currency)) = named else {
        return format!("Equity:Other:{}", part(own));
    };
    match (name, name.strip_prefix('$')) {
        ("$", _) => format!("Equity:Capital:{currency}"),
        ("$suspect", _) => format!("Liabilities:Suspect:{currency}"),
        ("$over-short", _) => format!("Expenses:Over-Short:{currency}"),
        ("$adjustments", _) => format!("Expenses:Adjustments:{currency}"),
        (_, Some(other)) => format!("Equity:Other:{}:{currency}", part(other)),
        (terminal, None) => format!("Assets:Cash:{}:{currency}", part(terminal)),
    }
}

/// A name as one part of a path.
fn part(name: &str) -> String {
    let mut part = String::with_capacity(name.len() + 3);
    let mut bytes = name.bytes().peekable();
    match bytes.peek() {
        Some(first) if first.is_ascii_lowercase() => {
            part.push(char::from(first.to_ascii_uppercase()));
            bytes.next();
        }
        Some(first) if first.is_ascii_digit() => {}
        _ => part.push_str("X--"),
    }
    while let Some(byte) = bytes.next() {
        let is_plain = byte.is_ascii_alphanumeric()
            || byte == b'-' && bytes.peek().is_none_or(u8::is_ascii_alphanumeric);
        if is_plain {
            part.push(char::from(byte));
        } else {
            part.push_str(&format!("--{byte:02x}"));
        }
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;
    use bank_engine_core::account::ACCOUNT_ID_BYTES_MAX;
    use bank_engine_core::testing::Random;

    fn of(name: &str) -> String {
        path(&AccountId::from_recorded(name).unwrap())
    }

    /// The name that a part was made from.
    fn name_of(part: &str) -> String {
        let is_digit = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
        let mut rest = match part.strip_prefix("X--").filter(|rest| !is_digit(rest)) {
            Some(rest) => rest.to_owned(),
            None => part[..1].to_ascii_lowercase() + &part[1..],
        };
        let mut name = String::new();
        while let Some(first) = rest.chars().next() {
            let length = match rest.strip_prefix("--") {
                Some(code) => {
                    name.push(char::from(u8::from_str_radix(&code[..2], 16).unwrap()));
                    4
                }
                None => {
                    name.push(first);
                    1
                }
            };
            rest.drain(..length);
        }
        name
    }

    #[test]
    fn customers_are_owed() {
        assert_eq!(of("cedar-100"), "Liabilities:Customers:Cedar-100");
        assert_eq!(of("Cedar-100"), "Liabilities:Customers:X--Cedar-100");
        assert_eq!(of("100-cedar"), "Liabilities:Customers:100-cedar");
        assert_eq!(of("-a"), "Liabilities:Customers:X---a");
        assert_eq!(of("a:b.c/d@e+f_"), "Liabilities:Customers:A--3ab--2ec--2fd--40e--2bf--5f");
        assert_eq!(of("x--"), "Liabilities:Customers:X--2d-");
    }

    #[test]
    fn own_accounts_are_where_accountants_look_for_them() {
        assert_eq!(of("$vault:USD"), "Assets:Cash:Vault:USD");
        assert_eq!(of("$Lobby:JPY"), "Assets:Cash:X--Lobby:JPY");
        assert_eq!(of("$a:b:KWD"), "Assets:Cash:A--3ab:KWD");
        assert_eq!(of("$$:EUR"), "Equity:Capital:EUR");
        assert_eq!(of("$$suspect:USD"), "Liabilities:Suspect:USD");
        assert_eq!(of("$$over-short:USD"), "Expenses:Over-Short:USD");
        assert_eq!(of("$$adjustments:USD"), "Expenses:Adjustments:USD");
        assert_eq!(of("$$fees:USD"), "Equity:Other:Fees:USD");
        assert_eq!(of("$vault"), "Equity:Other:Vault");
        assert_eq!(of("$$fees:xyz"), "Equity:Other:X----24fees--3axyz");
    }

    #[test]
    fn no_two_names_become_one() {
        let mut random = Random::from_environment();
        // Few characters, so that what looks like a mark or a code is common.
        const CHARACTERS: &[u8] = b"aXx-_.:@+/2dD5f";
        for _ in 0..50_000 {
            let length = 1 + random.below(ACCOUNT_ID_BYTES_MAX);
            let length = length.min(1 + random.below(8));
            let name: String =
                (0..length).map(|_| char::from(CHARACTERS[random.below(CHARACTERS.len())])).collect();
            let part = part(&name);
            assert_eq!(name_of(&part), name, "{part}");
            let first = part.bytes().next().unwrap();
            assert!(first.is_ascii_uppercase() || first.is_ascii_digit(), "{name}: {part}");
            assert!(part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), "{name}: {part}");
        }
    }
}
