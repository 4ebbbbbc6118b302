//! Who a server is: its certificate and key.

use std::collections::BTreeSet;
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::{Fingerprint, TlsError, files, provider};

/// How long a certificate made here is valid, in days.
pub const CERTIFICATE_VALID_DAYS: u64 = 397;

/// A certificate made here is made anew, with the same key, this many days before its end.
pub const RENEWED_WITHIN_DAYS: u64 = 30;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long before its making a certificate is valid, for clients whose clocks are behind.
const BACKDATED: Duration = DAY;

/// The names that every certificate made here has.
const LOCAL_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

const CERTIFICATE_FILE: &str = "certificate.pem";
const KEY_FILE: &str = "key.pem";

/// A server's certificate chain and private key.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    fingerprint: Fingerprint,
    names: BTreeSet<String>,
    valid_until: SystemTime,
}

impl Identity {
    /// The identity in `directory` (`certificate.pem`, and `key.pem` readable by its owner alone).
    ///
    /// On the first run a key and a self-signed certificate are made, valid for
    /// [`CERTIFICATE_VALID_DAYS`] and for `localhost`, `127.0.0.1`, `::1` and `names`. The
    /// certificate is made anew, with the same key and so the same fingerprint, when it lacks one
    /// of `names` or ends within [`RENEWED_WITHIN_DAYS`]. A key that others can read is refused,
    /// and so is a certificate without its key. Safe against a second process that does the same.
    pub fn load_or_create(directory: &Path, names: &[String]) -> Result<Identity, TlsError> {
        let (certificate, key) = (directory.join(CERTIFICATE_FILE), directory.join(KEY_FILE));
        files::make_directory(directory).map_err(TlsError::file("make the directory", directory))?;
        if !key.exists() {
            if certificate.exists() {
                let reason = format!(
                    "its key is missing; bring back {KEY_FILE}, or remove this file to get a new identity"
                );
                return Err(TlsError::content(&certificate, reason));
            }
            let pair = KeyPair::generate()?;
            files::place(&key, &pair.serialize_pem()).map_err(TlsError::file("write", &key))?;
        }
        if certificate.exists() {
            let identity = Identity::load(&certificate, &key)?;
            if identity.covers(names)
                && SystemTime::now() + DAY * days(RENEWED_WITHIN_DAYS) < identity.valid_until
            {
                return Ok(identity);
            }
        }
        let pem = self_signed(&read_key_pair(&key)?, names)?;
        files::replace(&certificate, &pem).map_err(TlsError::file("write", &certificate))?;
        Identity::load(&certificate, &key)
    }

    /// The identity in two PEM files: a chain that begins with the server's own certificate, and
    /// its key, readable by its owner alone. For certificates from an authority of your own.
    pub fn load(certificate: &Path, key: &Path) -> Result<Identity, TlsError> {
        if files::is_exposed(key).map_err(TlsError::file("read", key))? {
            return Err(TlsError::KeyExposed { path: key.to_owned() });
        }
        let chain = read_certificates(certificate)?;
        let own = chain
            .first()
            .ok_or_else(|| TlsError::content(certificate, "holds no certificate in PEM form"))?;
        let fingerprint = Fingerprint::of(own)?;
        let (names, valid_until) =
            describe(own).ok_or_else(|| TlsError::content(certificate, "the certificate is damaged"))?;
        let key_der = PrivateKeyDer::from_pem_file(key)
            .map_err(|error| TlsError::content(key, format!("holds no key in PEM form: {error}")))?;
        let identity = Identity { chain, key: key_der, fingerprint, names, valid_until };
        // Finds a key that does not belong to the certificate.
        identity.server_config()?;
        Ok(identity)
    }

    /// The fingerprint of the public key, for clients to pin.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The host names and addresses that the certificate is for.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// When the certificate ends.
    #[must_use]
    pub fn valid_until(&self) -> SystemTime {
        self.valid_until
    }

    /// Settings for a server: TLS 1.3, ALPN `bank/1`, no client certificates, no 0-RTT, no
    /// tickets.
    pub fn server_config(&self) -> Result<ServerConfig, TlsError> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), self.key.clone_key())?;
        config.alpn_protocols = vec![bank_core::protocol::ALPN.into()];
        config.max_early_data_size = 0;
        config.send_tls13_tickets = 0;
        Ok(config)
    }

    fn covers(&self, names: &[String]) -> bool {
        names.iter().all(|name| self.names.contains(name))
    }
}

fn days(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn self_signed(key: &KeyPair, names: &[String]) -> Result<String, TlsError> {
    for name in names {
        let is_host =
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
        if !is_host && name.parse::<IpAddr>().is_err() {
            return Err(TlsError::Name { name: name.clone() });
        }
    }
    let all: BTreeSet<String> =
        LOCAL_NAMES.iter().map(ToString::to_string).chain(names.iter().cloned()).collect();
    let mut params = CertificateParams::new(all.into_iter().collect::<Vec<_>>())?;
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = rcgen::date_time_ymd(1970, 1, 1) + since_1970;
    params.not_before = now - BACKDATED;
    params.not_after = params.not_before + DAY * days(CERTIFICATE_VALID_DAYS);
    params.distinguished_name.push(DnType::CommonName, "bank-engine");
    Ok(params.self_signed(key)?.pem())
}

fn read_key_pair(path: &Path) -> Result<KeyPair, TlsError> {
    if files::is_exposed(path).map_err(TlsError::file("read", path))? {
        return Err(TlsError::KeyExposed { path: path.to_owned() });
    }
    let pem = fs::read_to_string(path).map_err(TlsError::file("read", path))?;
    KeyPair::from_pem(&pem)
        .map_err(|error| TlsError::content(path, format!("holds no key that can be used: {error}")))
}

pub(crate) fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = fs::read(path).map_err(TlsError::file("read", path))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    certificates.map_err(|error| TlsError::content(path, format!("holds a damaged certificate: {error}")))
}

/// The names in a certificate, and its end.
fn describe(certificate: &CertificateDer<'_>) -> Option<(BTreeSet<String>, SystemTime)> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let alternative = parsed.subject_alternative_name().ok()?;
    let names = alternative.iter().flat_map(|names| &names.value.general_names);
    let names = names.filter_map(|name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
        _ => None,
    });
    let end = u64::try_from(parsed.validity().not_after.timestamp()).ok()?;
    Some((names.collect(), UNIX_EPOCH + Duration::from_secs(end)))
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let four: Result<[u8; 4], _> = bytes.try_into();
    let sixteen: Result<[u8; 16], _> = bytes.try_into();
    four.map(IpAddr::from).or(sixteen.map(IpAddr::from)).ok()
}
