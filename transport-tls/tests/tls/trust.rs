//! Whom a client believes.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bank_engine_tls::expert::Attempt;
use bank_engine_tls::{Identity, TlsError, Trust};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{Error, ServerConfig};

use crate::support::{attempt, authority, fresh, handshake, params, signed, talk};

const SERVER: &str = "localhost:7878";

/// The client's attempt must fail; why, in the words for its user.
fn refusal(trust: &Trust, identity: &Identity) -> String {
    let tried = bank_engine_tls::expert::attempt(trust, SERVER).unwrap();
    assert!(attempt(&tried, identity).is_err(), "a server is trusted that should not be");
    tried.distrust().expect("the refusal has its reason")
}

fn succeeds(trust: &Trust, identity: &Identity) -> Attempt {
    let tried = bank_engine_tls::expert::attempt(trust, SERVER).unwrap();
    let connected = attempt(&tried, identity);
    talk(&mut connected.unwrap_or_else(|error| panic!("{error:?}: {:?}", tried.distrust())));
    assert_eq!(tried.distrust(), None);
    tried
}

#[test]
fn a_pinned_key_is_trusted_and_no_other() {
    let (_directory, bank) = fresh();
    let (_elsewhere, stranger) = fresh();
    let trust = Trust::pinned(bank.fingerprint());
    succeeds(&trust, &bank).succeeded().unwrap();
    let reason = refusal(&trust, &stranger);
    for part in [bank.fingerprint().to_string(), stranger.fingerprint().to_string(), SERVER.to_owned()] {
        assert!(reason.contains(&part), "{part} is not in the reason: {reason}");
    }
}

/// A thief who copies the bank's certificate, which is no secret, lacks its key.
#[test]
fn a_copied_certificate_without_its_key_is_refused() {
    let (directory, bank) = fresh();
    let copied = CertificateDer::from_pem_file(directory.path().join("certificate.pem")).unwrap();
    let own = KeyPair::generate().unwrap();
    let own = PrivateKeyDer::from_pem_slice(own.serialize_pem().as_bytes()).unwrap();
    let honest = bank_engine_tls::expert::server_config(&bank).unwrap();
    let key = honest.crypto_provider().key_provider.load_private_key(own).unwrap();
    let resolver = Arc::new(Impostor(Arc::new(CertifiedKey::new(vec![copied], key))));
    let mut impostor = ServerConfig::builder_with_provider(Arc::clone(honest.crypto_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    impostor.alpn_protocols = vec![b"bank/1".to_vec()];

    let list = directory.path().join("known_servers");
    let authorities = Trust::authorities_from_file(&directory.path().join("certificate.pem")).unwrap();
    for trust in [Trust::pinned(bank.fingerprint()), Trust::on_first_use(&list), authorities] {
        let tried = bank_engine_tls::expert::attempt(&trust, SERVER).unwrap();
        let (client, _) = handshake(tried.config(), impostor.clone(), "localhost").err().unwrap();
        assert!(matches!(client, Some(Error::InvalidCertificate(_))), "{client:?}");
    }
    assert!(!list.exists(), "an impostor is remembered");
}

#[derive(Debug)]
struct Impostor(Arc<CertifiedKey>);

impl ResolvesServerCert for Impostor {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

#[test]
fn an_authority_vouches_for_names_in_time() {
    let directory = tempfile::tempdir().unwrap();
    let (ours, issuer) = authority(directory.path(), "ours");
    let (others, _) = authority(directory.path(), "others");
    let trust = Trust::authorities_from_file(&ours).unwrap();

    let (_good, good) = signed(&issuer, &params("bank", -1, 90));
    succeeds(&trust, &good).succeeded().unwrap();
    let reason = refusal(&Trust::authorities_from_file(&others).unwrap(), &good);
    assert!(reason.contains("UnknownIssuer") && reason.contains("--ca"), "{reason}");

    for (from, until, part) in [(-90, -1, "expired"), (1, 90, "not valid yet")] {
        let (_ended, ended) = signed(&issuer, &params("bank", from, until));
        let reason = refusal(&trust, &ended);
        assert!(reason.contains(part), "{reason}");
    }

    let mut elsewhere = CertificateParams::new(["bank.example".to_owned()]).unwrap();
    let valid = params("bank", -1, 90);
    (elsewhere.not_before, elsewhere.not_after) = (valid.not_before, valid.not_after);
    let (_elsewhere, elsewhere) = signed(&issuer, &elsewhere);
    let reason = refusal(&trust, &elsewhere);
    assert!(reason.contains("bank.example") && reason.contains("localhost"), "{reason}");
}

/// The bank's own certificate, carried to the terminal, is authority enough, also for the next one
/// of the same key.
#[test]
fn a_self_signed_certificate_vouches_for_itself() {
    let (directory, bank) = fresh();
    let trust = Trust::authorities_from_file(&directory.path().join("certificate.pem")).unwrap();
    succeeds(&trust, &bank);
    refusal(&trust, &fresh().1);

    let renewed = Identity::load_or_create(directory.path(), &["bank.example".to_owned()]).unwrap();
    assert_ne!(renewed.names().count(), bank.names().count());
    succeeds(&trust, &renewed);
}

#[test]
fn authorities_must_be_certificates() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ca.pem");
    let missing = Trust::authorities_from_file(&path).err().unwrap();
    assert!(
        bank_engine_core::error_chain::error_chain(&missing).contains("ca.pem"),
        "{}",
        bank_engine_core::error_chain::error_chain(&missing)
    );
    for bad in ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        fs::write(&path, bad).unwrap();
        let error = Trust::authorities_from_file(&path).err().unwrap();
        assert!(matches!(error, TlsError::Content { .. }), "{bad:?}: {error:?}");
    }
}

/// What a client that trusts on first use keeps and counts.
fn first_use(list: &Path) -> (Trust, Arc<AtomicUsize>) {
    let contacts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&contacts);
    let trust = Trust::on_first_use(list).on_first_contact(move |server, _| {
        assert_eq!(server, SERVER);
        counted.fetch_add(1, Ordering::SeqCst);
    });
    (trust, contacts)
}

#[test]
fn a_first_contact_is_reported_and_recorded_once_the_handshake_succeeded() {
    let (directory, bank) = fresh();
    let list = directory.path().join("known_servers");
    let (trust, contacts) = first_use(&list);
    let tried = succeeds(&trust, &bank);
    assert!(!list.exists(), "kept before the client said that the handshake succeeded");
    tried.succeeded().unwrap();
    assert_eq!(fs::read_to_string(&list).unwrap(), format!("{SERVER} {}\n", bank.fingerprint()));
    for _ in 0..2 {
        succeeds(&trust, &bank).succeeded().unwrap();
    }
    assert_eq!(contacts.load(Ordering::SeqCst), 1);
}

#[test]
fn a_changed_key_is_refused_and_the_text_says_what_to_do() {
    let (directory, bank) = fresh();
    let (_elsewhere, stranger) = fresh();
    let list = directory.path().join("known_servers");
    fs::write(&list, format!("# mine\n{SERVER} {}\n", bank.fingerprint())).unwrap();
    let reason = refusal(&Trust::on_first_use(&list), &stranger);
    let parts = [
        SERVER.to_owned(),
        bank.fingerprint().to_string(),
        stranger.fingerprint().to_string(),
        "listening in".to_owned(),
        format!("remove line 2 from {}", list.display()),
    ];
    for part in parts {
        assert!(reason.contains(&part), "{part} is not in the reason: {reason}");
    }
    succeeds(&Trust::on_first_use(&list), &bank);

    fs::write(&list, "# mine\n").unwrap();
    succeeds(&Trust::on_first_use(&list), &stranger);
}

#[test]
fn a_server_is_the_same_in_capitals() {
    let (directory, bank) = fresh();
    let list = directory.path().join("known_servers");
    let (trust, _) = first_use(&list);
    succeeds(&trust, &bank).succeeded().unwrap();
    let tried = bank_engine_tls::expert::attempt(&trust, "LocalHost:7878").unwrap();
    assert!(attempt(&tried, &fresh().1).is_err());
    for senseless in ["", "a b:1", "a:1\nb:1 sha256:00", "#a:1"] {
        assert!(
            matches!(bank_engine_tls::expert::attempt(&trust, senseless), Err(TlsError::Address { .. })),
            "{senseless:?}"
        );
    }
}

#[test]
fn racing_first_contacts_are_reported_once_and_agree_on_one_key() {
    let directory = tempfile::tempdir().unwrap();
    let list = directory.path().join("known_servers");
    let (trust, contacts) = first_use(&list);
    let servers = [fresh().1, fresh().1];
    let kept: Vec<_> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..16)
            .map(|number| {
                let (trust, server) = (&trust, &servers[number % 2]);
                scope.spawn(move || {
                    let tried = bank_engine_tls::expert::attempt(trust, SERVER).unwrap();
                    let is_known = attempt(&tried, server).is_ok() && tried.succeeded().is_ok();
                    is_known.then_some(server.fingerprint())
                })
            })
            .collect();
        clients.into_iter().filter_map(|client| client.join().unwrap()).collect()
    });
    assert_eq!(contacts.load(Ordering::SeqCst), 1);
    assert_eq!(kept.len(), 8, "the clients of one server succeed, those of the other don't");
    assert_eq!(fs::read_to_string(&list).unwrap(), format!("{SERVER} {}\n", kept[0]));
    assert!(kept.iter().all(|fingerprint| *fingerprint == kept[0]));
}

#[test]
fn a_first_contact_that_cannot_be_kept_is_refused() {
    let (directory, bank) = fresh();
    let in_the_way = directory.path().join("file");
    fs::write(&in_the_way, "").unwrap();
    let (trust, contacts) = first_use(&in_the_way.join("known_servers"));
    let tried = bank_engine_tls::expert::attempt(&trust, SERVER).unwrap();
    let kept = attempt(&tried, &bank).map(|_| tried.succeeded());
    assert!(!matches!(kept, Ok(Ok(()))), "a contact is trusted that was not kept");
    assert_eq!(contacts.load(Ordering::SeqCst), 0);
}
