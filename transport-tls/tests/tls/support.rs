//! What the tests share: certificates of every kind, and a handshake in memory.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bank_engine_tls::Identity;
use bank_engine_tls::expert::Attempt;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, ConnectionCommon, Error, ServerConfig, ServerConnection};
use tempfile::TempDir;

pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// An identity made on a first run; its files stay as long as the directory.
pub(crate) fn fresh() -> (TempDir, Identity) {
    let directory = tempfile::tempdir().unwrap();
    let identity = Identity::load_or_create(directory.path(), &[]).unwrap();
    (directory, identity)
}

/// A certificate from `from` to `until`, in days from now.
pub(crate) fn params(common_name: &str, from_days: i64, until_days: i64) -> CertificateParams {
    let at = |days: i64| {
        let distance = DAY * u32::try_from(days.unsigned_abs()).unwrap();
        let time = if days < 0 { SystemTime::now() - distance } else { SystemTime::now() + distance };
        rcgen::date_time_ymd(1970, 1, 1) + time.duration_since(UNIX_EPOCH).unwrap()
    };
    let mut params = CertificateParams::new(["localhost", "127.0.0.1", "::1"].map(str::to_owned)).unwrap();
    params.distinguished_name.push(DnType::CommonName, common_name);
    (params.not_before, params.not_after) = (at(from_days), at(until_days));
    params
}

/// An authority; writes its certificate to `directory`.
pub(crate) fn authority(directory: &Path, name: &str) -> (PathBuf, Issuer<'static, KeyPair>) {
    let mut params = params(name, -1, 100);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let path = directory.join(format!("{name}.pem"));
    fs::write(&path, params.self_signed(&key).unwrap().pem()).unwrap();
    (path, Issuer::new(params, key))
}

/// Where `Identity::load_or_create` looks.
pub(crate) fn write_pair(directory: &Path, certificate_pem: &str, key_pem: &str) -> (PathBuf, PathBuf) {
    let (certificate, key) = (directory.join("certificate.pem"), directory.join("key.pem"));
    fs::write(&certificate, certificate_pem).unwrap();
    fs::write(&key, key_pem).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    (certificate, key)
}

/// A server whose certificate `issuer` signed.
pub(crate) fn signed(issuer: &Issuer<'_, KeyPair>, params: &CertificateParams) -> (TempDir, Identity) {
    let directory = tempfile::tempdir().unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, issuer).unwrap();
    let (certificate, key) = write_pair(directory.path(), &certificate.pem(), &key.serialize_pem());
    let identity = Identity::load(&certificate, &key).unwrap();
    (directory, identity)
}

pub(crate) struct Pair {
    pub(crate) client: ClientConnection,
    pub(crate) server: ServerConnection,
}

/// A handshake with a server called `host`; the client's error comes first.
pub(crate) fn handshake(
    client: Arc<ClientConfig>,
    server: ServerConfig,
    host: &str,
) -> Result<Pair, (Option<Error>, Option<Error>)> {
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let mut client = ClientConnection::new(client, name).unwrap();
    let mut server = ServerConnection::new(Arc::new(server)).unwrap();
    for _ in 0..10 {
        let at_server = carry(&mut client, &mut server);
        let at_client = carry(&mut server, &mut client);
        if at_client.is_some() || at_server.is_some() {
            return Err((at_client, at_server));
        }
    }
    assert!(!client.is_handshaking() && !server.is_handshaking(), "the handshake comes to no end");
    Ok(Pair { client, server })
}

pub(crate) fn attempt(attempt: &Attempt, identity: &Identity) -> Result<Pair, Option<Error>> {
    handshake(attempt.config(), bank_engine_tls::expert::server_config(identity).unwrap(), "localhost")
        .map_err(|(client, _)| client)
}

/// Everything that one side has to say; the error of the one that hears it.
pub(crate) fn carry<A, B>(
    from: &mut impl std::ops::DerefMut<Target = ConnectionCommon<A>>,
    to: &mut impl std::ops::DerefMut<Target = ConnectionCommon<B>>,
) -> Option<Error> {
    let mut bytes = Vec::new();
    while from.wants_write() {
        from.write_tls(&mut bytes).unwrap();
    }
    let mut bytes = &bytes[..];
    while !bytes.is_empty() {
        to.read_tls(&mut bytes).unwrap();
        if let Err(error) = to.process_new_packets() {
            return Some(error);
        }
    }
    None
}

/// A word each way.
pub(crate) fn talk(pair: &mut Pair) {
    let mut heard = [0; 5];
    pair.client.writer().write_all(b"hello").unwrap();
    assert_eq!(carry(&mut pair.client, &mut pair.server), None);
    pair.server.reader().read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"hello");
    pair.server.writer().write_all(b"hello").unwrap();
    assert_eq!(carry(&mut pair.server, &mut pair.client), None);
    pair.client.reader().read_exact(&mut heard).unwrap();
}
