//! The user at the other end of a socket, as the bank records it.

use std::fs::File;
use std::io::Read;

use bank_engine::operator::Operator;

/// Where users have names.
const PASSWD: &str = "/etc/passwd";

/// As much of it as is read.
const PASSWD_BYTES_MAX: u64 = 1 << 20;

/// What the record calls a user: the name, or `uid 1000` where the machine's own list has none.
#[must_use]
pub fn operator(uid: u32) -> Operator {
    let name = File::open(PASSWD).ok().and_then(|file| {
        let mut text = Vec::new();
        file.take(PASSWD_BYTES_MAX).read_to_end(&mut text).ok()?;
        Operator::unix_user(name_in(&String::from_utf8_lossy(&text), uid)?).ok()
    });
    name.unwrap_or_else(|| numbered(uid))
}

/// The user who runs this program.
#[must_use]
pub fn own() -> Operator {
    #[cfg(unix)]
    return operator(own_uid());
    #[cfg(not(unix))]
    return named("local user");
}

/// The number of the user whose rights this program has.
#[cfg(unix)]
#[must_use]
pub fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn numbered(uid: u32) -> Operator {
    named(&format!("uid {uid}"))
}

fn named(text: &str) -> Operator {
    Operator::unix_user(text).unwrap_or_else(|_| unreachable!("short plain text names an operator"))
}

/// The first name that a list like [`PASSWD`] has for a user.
fn name_in(list: &str, uid: u32) -> Option<&str> {
    list.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number.parse() == Ok(uid)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_have_names_or_numbers() {
        let list =
            "root:x:0:0:root:/root:/reject bin/sh\n\n# a comment\nbroken\nanna:x:1000:1000::/home/anna:\n";
        assert_eq!(name_in(list, 0), Some("root"));
        assert_eq!(name_in(list, 1000), Some("anna"));
        assert_eq!(name_in(list, 100), None);
        assert_eq!(numbered(u32::MAX).text(), "uid 4294967295");
    }
}
