//! A server's identity: its certificate and key.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
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

/// The common name by which certificates made here are distinguished from others.
const MADE_HERE: &str = "bank-engine";

const CERTIFICATE_FILE: &str = "certificate.pem";
const KEY_FILE: &str = "key.pem";

/// A server's certificate chain and private key.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    fingerprint: Fingerprint,
    about: About,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

/// What a certificate says of itself.
struct About {
    names: BTreeSet<String>,
    valid_from: SystemTime,
    valid_until: SystemTime,
    made_here: bool,
}

impl Identity {
    /// The identity in `directory` (`certificate.pem`, and `key.pem` readable by its owner alone).
    ///
    /// On the first run a key (ECDSA on P-256) and a self-signed certificate are made, valid for
    /// [`CERTIFICATE_VALID_DAYS`] and for `localhost`, `127.0.0.1`, `::1` and `names`. A
    /// certificate made here is made anew, with the same key and so the same fingerprint, when it
    /// lacks one of `names` or ends within [`RENEWED_WITHIN_DAYS`]; one from elsewhere is left as
    /// it is. A key that others can read is refused, and so is a certificate without its key.
    /// Safe against a second process that does the same.
    pub fn load_or_create(directory: &Path, names: &[String]) -> Result<Identity, TlsError> {
        let (certificate, key) = (directory.join(CERTIFICATE_FILE), directory.join(KEY_FILE));
        let names = names.iter().map(|name| usual(name)).collect::<Result<BTreeSet<_>, _>>()?;
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
            if !identity.about.made_here || identity.about.serves(&names, SystemTime::now()) {
                return Ok(identity);
            }
        }
        let pair = KeyPair::from_pem(&read_key(&key)?)
            .map_err(|error| TlsError::content(&key, format!("holds no key that can be used: {error}")))?;
        let pem = self_signed(&pair, &names, SystemTime::now())?;
        files::replace(&certificate, &pem).map_err(TlsError::file("write", &certificate))?;
        Identity::load(&certificate, &key)
    }

    /// The identity in two PEM files: a chain that begins with the server's own certificate, and
    /// its key, readable by its owner alone. For certificates from an authority of your own.
    pub fn load(certificate: &Path, key: &Path) -> Result<Identity, TlsError> {
        let key_pem = read_key(key)?;
        let chain = read_certificates(certificate)?;
        let own = chain
            .first()
            .ok_or_else(|| TlsError::content(certificate, "holds no certificate in PEM form"))?;
        let fingerprint = Fingerprint::of(own)?;
        let about = About::read(own)
            .ok_or_else(|| TlsError::content(certificate, "holds a certificate that can't be read"))?;
        let key_der = PrivateKeyDer::from_pem_slice(key_pem.as_bytes())
            .map_err(|error| TlsError::content(key, format!("holds no key in PEM form: {error}")))?;
        let identity = Identity { chain, key: key_der, fingerprint, about };
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
        self.about.names.iter().map(String::as_str)
    }

    /// When the certificate ends.
    #[must_use]
    pub fn valid_until(&self) -> SystemTime {
        self.about.valid_until
    }

    /// Settings for a server: TLS 1.3, ALPN `bank/1`, no client certificates, no 0-RTT, no
    /// tickets.
    pub(crate) fn server_config(&self) -> Result<ServerConfig, TlsError> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), self.key.clone_key())?;
        config.alpn_protocols = vec![bank_engine_core::protocol::ALPN.into()];
        config.max_early_data_size = 0;
        config.send_tls13_tickets = 0;
        Ok(config)
    }
}

impl About {
    fn read(certificate: &CertificateDer<'_>) -> Option<About> {
        let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
        let alternative = parsed.subject_alternative_name().ok()?;
        let names = alternative.iter().flat_map(|names| &names.value.general_names);
        let names = names.filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
            GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
            _ => None,
        });
        let time = |seconds| Some(UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).ok()?));
        let (subject, validity) = (parsed.subject(), parsed.validity());
        let called = subject.iter_common_name().next().and_then(|name| name.as_str().ok());
        Some(About {
            names: names.collect(),
            valid_from: time(validity.not_before.timestamp())?,
            valid_until: time(validity.not_after.timestamp())?,
            made_here: called == Some(MADE_HERE) && subject.as_raw() == parsed.issuer().as_raw(),
        })
    }

    fn serves(&self, names: &BTreeSet<String>, now: SystemTime) -> bool {
        let in_time = self.valid_from <= now && now + DAY * days(RENEWED_WITHIN_DAYS) < self.valid_until;
        in_time && names.is_subset(&self.names)
    }
}

fn days(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The one spelling of a host name or IP address that certificates and comparisons use.
fn usual(name: &str) -> Result<String, TlsError> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(address.to_string());
    }
    let is_host = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
    if is_host { Ok(name.to_ascii_lowercase()) } else { Err(TlsError::Name { name: name.to_owned() }) }
}

fn self_signed(key: &KeyPair, names: &BTreeSet<String>, now: SystemTime) -> Result<String, TlsError> {
    let mut all: BTreeSet<String> = LOCAL_NAMES.map(str::to_owned).into();
    all.extend(names.iter().cloned());
    let mut params = CertificateParams::new(all.into_iter().collect::<Vec<_>>())?;
    let since_1970 = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    // Unlike its forerunner's of the same key (RFC 5280, section 4.1.2.2).
    params.serial_number = Some(since_1970.as_micros().to_be_bytes().to_vec().into());
    let now = rcgen::date_time_ymd(1970, 1, 1) + since_1970;
    params.not_before = now - BACKDATED;
    params.not_after = params.not_before + DAY * days(CERTIFICATE_VALID_DAYS);
    params.distinguished_name.push(DnType::CommonName, MADE_HERE);
    // What strict verifiers ask for of a server's certificate.
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(params.self_signed(key)?.pem())
}

/// The PEM of a key that its owner alone can read.
fn read_key(path: &Path) -> Result<String, TlsError> {
    let (pem, is_exposed) = files::read_secret(path).map_err(TlsError::file("read", path))?;
    if is_exposed {
        return Err(TlsError::KeyExposed { path: path.to_owned() });
    }
    String::from_utf8(pem).map_err(|_| TlsError::content(path, "holds no key in PEM form"))
}

pub(crate) fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = files::read(path).map_err(TlsError::file("read", path))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    certificates.map_err(|error| TlsError::content(path, format!("holds a damaged certificate: {error}")))
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let four: Result<[u8; 4], _> = bytes.try_into();
    let sixteen: Result<[u8; 16], _> = bytes.try_into();
    four.map(IpAddr::from).or(sixteen.map(IpAddr::from)).ok()
}
