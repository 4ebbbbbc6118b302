//! The fingerprint of a server's key.

use std::fmt;
use std::str::FromStr;

use rustls::pki_types::CertificateDer;
use rustls::server::ParsedCertificate;
use sha2::{Digest, Sha256};

/// The SHA-256 of a public key in its DER form (SubjectPublicKeyInfo, RFC 5280), as in pinning by
/// RFC 7469. It outlives renewed certificates that keep the key.
///
/// As text it is `sha256:` and 64 hexadecimal digits; capitals and colons between digits are read
/// too.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of the key in a certificate.
    pub(crate) fn of(certificate: &CertificateDer<'_>) -> Result<Fingerprint, rustls::Error> {
        let key = ParsedCertificate::try_from(certificate)?.subject_public_key_info();
        Ok(Fingerprint(Sha256::digest(&key).into()))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Not a fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a fingerprint; it reads sha256: and 64 hexadecimal digits, as the server prints it")]
pub struct NotAFingerprint;

impl FromStr for Fingerprint {
    type Err = NotAFingerprint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let lower = text.to_ascii_lowercase();
        let digits: String =
            lower.strip_prefix("sha256:").ok_or(NotAFingerprint)?.chars().filter(|c| *c != ':').collect();
        if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(NotAFingerprint);
        }
        let mut bytes = [0; 32];
        for (place, digits) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| NotAFingerprint)?;
            *place = u8::from_str_radix(digits, 16).map_err(|_| NotAFingerprint)?;
        }
        Ok(Fingerprint(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_reads_back_in_the_usual_spellings() {
        let fingerprint = Fingerprint(std::array::from_fn(|i| u8::try_from(7 * i).unwrap()));
        let text = fingerprint.to_string();
        assert_eq!(text.parse(), Ok(fingerprint));
        let openssl: Vec<String> = fingerprint.0.iter().map(|byte| format!("{byte:02X}")).collect();
        assert_eq!(format!("SHA256:{}", openssl.join(":")).parse(), Ok(fingerprint));
        for bad in
            ["", "sha256:", &text[..70], &text[7..], &text.replace('0', "g"), &text.replace("sha256", "md5")]
        {
            assert_eq!(bad.parse::<Fingerprint>(), Err(NotAFingerprint), "{bad:?}");
        }
    }
}
