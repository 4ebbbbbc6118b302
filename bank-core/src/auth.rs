//! Secrets and their hashes.
//!
//! A secret is a PIN or a password. The bank keeps only its Argon2id hash (RFC 9106), at the cost
//! that the OWASP Password Storage Cheat Sheet asks for. Hashing is slow on purpose: call it off
//! the async threads.

mod chosen;
mod weak;

use std::fmt;
use std::str::FromStr;

use argon2::{Algorithm, Argon2, Params, Version};
use base64ct::{Base64Unpadded, Encoding};
use precis_profiles::OpaqueString;
use precis_profiles::precis_core::profile::PrecisFastInvocation;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

pub use chosen::ChosenSecret;

/// Digits of a PIN (ISO 9564-1, 4 to 12).
pub const PIN_DIGITS: std::ops::RangeInclusive<usize> = 4..=12;

/// Characters of a password.
pub const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 8..=64;

/// Longer texts are no secrets, and are not normalised.
const NORMALISED_BYTES_MAX: usize = 1024;

/// What somebody typed or sent as a secret; not yet known to be a good one. It is wiped from
/// memory when dropped and never printed.
///
/// Words are the same however a keyboard composes their letters: a secret that is not all ASCII is
/// normalised as RFC 8265 has it for passwords (OpaqueString: NFC, every space a plain one), before
/// anything is done with it. One that this profile does not allow stays as it is.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over.
    #[must_use]
    pub fn new(text: String) -> Secret {
        let typed = Zeroizing::new(text);
        if typed.is_ascii() || typed.len() > NORMALISED_BYTES_MAX {
            return Secret(typed);
        }
        match OpaqueString::enforce(typed.as_str()) {
            Ok(normalised) => Secret(Zeroizing::new(normalised.into_owned())),
            Err(_) => Secret(typed),
        }
    }

    /// The text, for those who send or hash it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it has the form of a secret: a PIN of 4 to 12 digits, or a password of 8 to 64 characters
    /// without control characters.
    pub fn check_strength(&self) -> Result<(), WeakSecret> {
        let length = self.0.chars().count();
        let is_pin = PIN_DIGITS.contains(&length) && self.0.bytes().all(|b| b.is_ascii_digit());
        let is_password = PASSWORD_CHARS.contains(&length) && !self.0.chars().any(char::is_control);
        if is_pin || is_password { Ok(()) } else { Err(WeakSecret) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Secret::new(text.to_owned())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Secret::new(text)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The usual error would repeat what was sent.
        let text = String::deserialize(deserializer);
        text.map(Secret::new).map_err(|_| D::Error::custom("a secret is text"))
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// The least that a terminal's key of a person's own may have, in hexadecimal digits: 128 bits.
pub const KEY_HEX_DIGITS_MIN: usize = 32;

/// The least that such a key may have in characters of other kinds: 128 bits at 6 bits each.
pub const KEY_CHARS_MIN: usize = 22;

impl Secret {
    /// Whether the secret may be a terminal's key: at least 128 bits if each character was drawn at
    /// random, with at least eight different ones.
    pub fn check_key(&self) -> Result<(), WeakKey> {
        let text = self.expose();
        let different: std::collections::BTreeSet<char> = text.chars().collect();
        let least =
            if text.bytes().all(|b| b.is_ascii_hexdigit()) { KEY_HEX_DIGITS_MIN } else { KEY_CHARS_MIN };
        let is_strong = text.chars().count() >= least && different.len() >= 8;
        if is_strong { Ok(()) } else { Err(WeakKey) }
    }
}

/// A terminal's key that is too easy to guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "use a key of at least {KEY_HEX_DIGITS_MIN} hexadecimal digits, or {KEY_CHARS_MIN} characters of other kinds"
)]
pub struct WeakKey;

/// A new secret that is neither a PIN nor a password, or too easy to guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "use a PIN of 4 to 12 digits that is no run, date or repetition, or a password of 8 to 64 characters"
)]
pub struct WeakSecret;

/// What a hash costs to compute, for the bank and for a thief alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashCost {
    memory_kib: u32,
    passes: u32,
}

impl HashCost {
    /// 19 MiB and two passes in one lane: OWASP's minimum for Argon2id; about 23 ms.
    pub const OWASP: HashCost = HashCost { memory_kib: 19 * 1024, passes: 2 };

    /// The least that Argon2 can do. For tests alone: it keeps no thief busy.
    pub const LEAST: HashCost = HashCost { memory_kib: 8, passes: 1 };

    /// `memory_kib` from 8 to 1,048,576 (1 GiB) and `passes` from 1 to 64; `None` outside.
    #[must_use]
    pub fn new(memory_kib: u32, passes: u32) -> Option<HashCost> {
        ((8..=1 << 20).contains(&memory_kib) && (1..=64).contains(&passes))
            .then_some(HashCost { memory_kib, passes })
    }
}

const SALT_BYTES: usize = 16;
const DIGEST_BYTES: usize = 32;

/// Bytes of [`SecretHash::to_bytes`].
pub const HASH_BYTES: usize = SALT_BYTES + DIGEST_BYTES + 8;

/// The Argon2id hash of a secret, with its salt and cost.
///
/// As text it is a PHC string, `$argon2id$v=19$m=19456,t=2,p=1$SALT$DIGEST`; keep it as you would
/// keep the secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SecretHash {
    cost: HashCost,
    salt: [u8; SALT_BYTES],
    digest: [u8; DIGEST_BYTES],
}

impl SecretHash {
    /// Hashes a secret that may be chosen. `salt` is from a cryptographic random source, new for
    /// each hash. Takes as long as `cost` says.
    pub fn new(secret: &Secret, salt: [u8; SALT_BYTES], cost: HashCost) -> Result<SecretHash, WeakSecret> {
        secret.check_strength()?;
        let digest = digest(secret, &salt, cost).ok_or(WeakSecret)?;
        Ok(SecretHash { cost, salt, digest })
    }

    /// A hash that no secret fits and that takes as long to try as a real one.
    #[must_use]
    pub fn decoy(cost: HashCost) -> SecretHash {
        SecretHash { cost, salt: [0; SALT_BYTES], digest: [0; DIGEST_BYTES] }
    }

    /// The hash as bytes, for stores: salt, digest, KiB of memory, passes (little-endian).
    #[must_use]
    pub fn to_bytes(&self) -> [u8; HASH_BYTES] {
        let mut bytes = [0; HASH_BYTES];
        let numbers = [self.cost.memory_kib.to_le_bytes(), self.cost.passes.to_le_bytes()];
        let parts = self.salt.iter().chain(&self.digest).chain(numbers.as_flattened());
        for (place, byte) in bytes.iter_mut().zip(parts) {
            *place = *byte;
        }
        bytes
    }

    /// What [`to_bytes`](SecretHash::to_bytes) wrote; `None` where the cost is out of range.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; HASH_BYTES]) -> Option<SecretHash> {
        let (salt, rest) = bytes.split_first_chunk()?;
        let (digest, rest) = rest.split_first_chunk()?;
        let (memory, rest) = rest.split_first_chunk()?;
        let passes = rest.first_chunk()?;
        let cost = HashCost::new(u32::from_le_bytes(*memory), u32::from_le_bytes(*passes))?;
        Some(SecretHash { cost, salt: *salt, digest: *digest })
    }

    /// What distinguishes this hash from every other.
    #[must_use]
    pub fn tag(&self) -> KeyTag {
        KeyTag(self.salt)
    }

    /// Tries `guess`. Takes as long as the hash's cost says, whatever the guess.
    #[must_use]
    pub fn verify(&self, guess: &Secret) -> Option<Proof> {
        let digest = digest(guess, &self.salt, self.cost)?;
        bool::from(digest.ct_eq(&self.digest)).then_some(Proof(*self))
    }
}

/// Distinguishes one hash from another without being of use to a guesser: its salt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyTag([u8; SALT_BYTES]);

fn digest(secret: &Secret, salt: &[u8], cost: HashCost) -> Option<[u8; DIGEST_BYTES]> {
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(DIGEST_BYTES)).ok()?;
    let mut digest = [0; DIGEST_BYTES];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(secret.expose().as_bytes(), salt, &mut digest)
        .ok()?;
    Some(digest)
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(..)")
    }
}

/// That somebody knew the secret behind one particular hash. Only [`SecretHash::verify`] makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof(SecretHash);

impl Proof {
    /// Whether it still opens an account that has `hash`: the secret may have changed since.
    #[must_use]
    pub fn opens(&self, hash: Option<&SecretHash>) -> bool {
        hash == Some(&self.0)
    }
}

impl fmt::Display for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let HashCost { memory_kib, passes } = self.cost;
        let salt = Base64Unpadded::encode_string(&self.salt);
        let digest = Base64Unpadded::encode_string(&self.digest);
        write!(f, "$argon2id$v=19$m={memory_kib},t={passes},p=1${salt}${digest}")
    }
}

/// Not a hash as this bank writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a secret's hash; it reads $argon2id$v=19$m=..,t=..,p=1$SALT$DIGEST")]
pub struct NotAHash;

impl FromStr for SecretHash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix("$argon2id$v=19$m=").ok_or(NotAHash)?;
        let (memory_kib, rest) = rest.split_once(",t=").ok_or(NotAHash)?;
        let (passes, rest) = rest.split_once(",p=1$").ok_or(NotAHash)?;
        let (salt, digest) = rest.split_once('$').ok_or(NotAHash)?;
        let number = |text: &str| text.parse().map_err(|_| NotAHash);
        Ok(SecretHash {
            cost: HashCost::new(number(memory_kib)?, number(passes)?).ok_or(NotAHash)?,
            salt: bytes(salt)?,
            digest: bytes(digest)?,
        })
    }
}

fn bytes<const N: usize>(text: &str) -> Result<[u8; N], NotAHash> {
    let mut bytes = [0; N];
    let decoded = Base64Unpadded::decode(text, &mut bytes).map_err(|_| NotAHash)?.len();
    if decoded == N { Ok(bytes) } else { Err(NotAHash) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(secret: &str) -> Result<SecretHash, WeakSecret> {
        SecretHash::new(&secret.into(), [7; 16], HashCost::LEAST)
    }

    #[test]
    fn only_the_secret_opens_its_hash() {
        let hashed = hash("1324").unwrap();
        assert!(hashed.verify(&"1324".into()).unwrap().opens(Some(&hashed)));
        for wrong in ["1325", "01324", "", "1324 "] {
            assert!(hashed.verify(&wrong.into()).is_none(), "{wrong:?}");
        }
        assert!(SecretHash::decoy(HashCost::LEAST).verify(&"1324".into()).is_none());
    }

    #[test]
    fn a_word_is_the_same_however_its_letters_are_composed() {
        let [composed, decomposed] = ["p\u{e4}ssw\u{f6}rd", "pa\u{308}sswo\u{308}rd"];
        assert_eq!(Secret::from(composed).expose(), Secret::from(decomposed).expose());
        let hashed = hash(composed).unwrap();
        assert!(hashed.verify(&decomposed.into()).is_some());
        // Any space is a space; case and width are not touched.
        assert_eq!(Secret::from("ärger\u{a0}bär").expose(), "ärger bär");
        assert_ne!(Secret::from("Ärgerbär").expose(), Secret::from("ärgerbär").expose());
        assert_ne!(Secret::from("１３２４").expose(), "1324");
        // What the profile does not allow, and what is no secret, stays as it is.
        for text in ["a\u{308}\u{7}bcdefg", &"a\u{308}".repeat(600)] {
            assert_eq!(Secret::from(text).expose(), text);
        }
        let account = "anna".parse().unwrap();
        assert!(Secret::from(composed).check_replacing(&decomposed.into(), &account).is_err());
    }

    #[test]
    fn a_proof_is_for_one_hash() {
        let proof = hash("1324").unwrap().verify(&"1324".into()).unwrap();
        assert!(!proof.opens(Some(&hash("9999").unwrap())));
        assert!(!proof.opens(None));
    }

    #[test]
    fn pins_and_passwords_may_be_chosen_and_nothing_else() {
        for good in
            ["0000", "123456789012", "Ipython123", "pässwörd", "correct horse battery", &"x".repeat(64)]
        {
            assert!(hash(good).is_ok(), "{good:?}");
        }
        for weak in ["", "123", "12a4", "123456a", "passwor\n1", &"x".repeat(65), "١٢٣٤"] {
            assert_eq!(hash(weak), Err(WeakSecret), "{weak:?}");
        }
    }

    /// As the reference implementation of RFC 9106 (phc-winner-argon2) computes and prints it.
    #[test]
    fn hashes_are_those_of_the_reference_implementation() {
        let known = "$argon2id$v=19$m=19456,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw$MrPR6zujKsMS2BhSyNBjxJnhtrMIUVInLZeJHHgpWb8";
        let hashed = SecretHash::new(&"1324".into(), [7; 16], HashCost::OWASP).unwrap();
        assert_eq!(hashed.to_string(), known);
    }

    #[test]
    fn a_hash_reads_back_from_its_text() {
        let hashed = hash("1324").unwrap();
        let text = hashed.to_string();
        assert!(text.starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
        assert_eq!(text.parse(), Ok(hashed));
        let huge = text.replace("m=8", "m=4294967295");
        for bad in ["", "$argon2id$", &text[..text.len() - 1], &huge] {
            assert_eq!(bad.parse::<SecretHash>(), Err(NotAHash), "{bad:?}");
        }
    }

    #[test]
    fn nothing_secret_is_printed() {
        let secret = Secret::from("1324");
        let printed = format!("{secret:?} {:?} {:?}", hash("1324"), hash("1324").unwrap().verify(&secret));
        assert!(!printed.contains("1324") && !printed.contains("argon2"), "{printed}");
    }
}
