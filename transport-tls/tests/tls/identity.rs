//! Certificates and keys on disk.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::SystemTime;

use bank_engine_core::error_chain::error_chain;
use bank_engine_tls::{CERTIFICATE_VALID_DAYS, Identity, RENEWED_WITHIN_DAYS, TlsError};
use rcgen::KeyPair;

use crate::support::{DAY, authority, fresh, params, write_pair};

fn names(identity: &Identity) -> Vec<&str> {
    identity.names().collect()
}

#[test]
fn the_first_run_makes_what_the_next_one_loads() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("data/of/the/bank");
    let first = Identity::load_or_create(&place, &["Bank.example".to_owned()]).unwrap();
    assert_eq!(names(&first), ["127.0.0.1", "::1", "bank.example", "localhost"]);
    let days = first.valid_until().duration_since(SystemTime::now()).unwrap().as_secs() / DAY.as_secs();
    assert!((CERTIFICATE_VALID_DAYS - 2..=CERTIFICATE_VALID_DAYS).contains(&days), "{days} days");

    let certificate = fs::read(place.join("certificate.pem")).unwrap();
    let again = Identity::load_or_create(&place, &["bank.EXAMPLE".to_owned(), "0:0::1".to_owned()]).unwrap();
    assert_eq!(again.fingerprint(), first.fingerprint());
    assert_eq!(fs::read(place.join("certificate.pem")).unwrap(), certificate, "made anew without need");
    let mut left: Vec<_> = fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["certificate.pem", "key.pem"]);
}

#[test]
fn the_key_is_its_owners_alone() {
    let (directory, _) = fresh();
    let key = directory.path().join("key.pem");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    for exposed in [0o640, 0o604, 0o620, 0o666] {
        fs::set_permissions(&key, fs::Permissions::from_mode(exposed)).unwrap();
        let error = Identity::load_or_create(directory.path(), &[]).err().unwrap();
        assert!(matches!(error, TlsError::KeyExposed { .. }), "{exposed:o}: {error:?}");
        assert!(error.to_string().contains(&format!("chmod 600 {}", key.display())), "{error}");
    }
    fs::set_permissions(&key, fs::Permissions::from_mode(0o400)).unwrap();
    Identity::load_or_create(directory.path(), &[]).unwrap();
}

#[test]
fn a_certificate_is_renewed_in_time_and_keeps_the_key() {
    let soon = i64::try_from(RENEWED_WITHIN_DAYS).unwrap();
    for (from, until, renews) in
        [(-300, soon - 1, true), (-300, soon + 1, false), (-300, -1, true), (1, 300, true)]
    {
        let directory = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap();
        let old = params("bank-engine", from, until).self_signed(&key).unwrap().pem();
        let (certificate, key) = write_pair(directory.path(), &old, &key.serialize_pem());
        let fingerprint = Identity::load(&certificate, &key).unwrap().fingerprint();
        let identity = Identity::load_or_create(directory.path(), &[]).unwrap();
        assert_eq!(identity.fingerprint(), fingerprint);
        let renewed = fs::read_to_string(&certificate).unwrap() != old;
        assert_eq!(renewed, renews, "valid from day {from} to day {until}");
        assert!(!renews || identity.valid_until() > SystemTime::now() + 300 * DAY);
    }
}

#[test]
fn a_new_name_renews_and_keeps_the_key() {
    let (directory, first) = fresh();
    let serial = || {
        let pem = fs::read(directory.path().join("certificate.pem")).unwrap();
        let pem = x509_parser::pem::parse_x509_pem(&pem).unwrap().1;
        pem.parse_x509().unwrap().raw_serial().to_vec()
    };
    let serial_before = serial();
    let second = Identity::load_or_create(directory.path(), &["10.1.2.3".to_owned()]).unwrap();
    assert_eq!(second.fingerprint(), first.fingerprint());
    assert!(names(&second).contains(&"10.1.2.3"), "{:?}", names(&second));
    assert_ne!(serial(), serial_before);
    for bad in ["", "two words", "bank.example:7878", "tcp://bank", "a\nb", "a_b"] {
        let error = Identity::load_or_create(directory.path(), &[bad.to_owned()]).err().unwrap();
        assert!(matches!(error, TlsError::Name { .. }), "{bad:?}: {error:?}");
    }
}

#[test]
fn a_certificate_from_elsewhere_is_left_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let (_, issuer) = authority(directory.path(), "authority");
    let key = KeyPair::generate().unwrap();
    let signed = params("bank-engine", -10, 3).signed_by(&key, &issuer).unwrap().pem();
    let own = params("the bank's own hand", -10, 3).self_signed(&key).unwrap().pem();
    for pem in [signed, own] {
        let (certificate, _) = write_pair(directory.path(), &pem, &key.serialize_pem());
        Identity::load_or_create(directory.path(), &["bank.example".to_owned()]).unwrap();
        assert_eq!(fs::read_to_string(&certificate).unwrap(), pem);
    }
}

#[test]
fn racing_first_runs_agree_on_one_key() {
    let directory = tempfile::tempdir().unwrap();
    let found: Vec<_> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| Identity::load_or_create(directory.path(), &[]).unwrap().fingerprint()))
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert!(found.iter().all(|fingerprint| *fingerprint == found[0]), "{found:?}");
}

#[test]
fn damaged_files_are_refused_and_named() {
    let (directory, _) = fresh();
    let (certificate, key) = (directory.path().join("certificate.pem"), directory.path().join("key.pem"));
    let (good, good_key) = (fs::read_to_string(&certificate).unwrap(), fs::read_to_string(&key).unwrap());
    let load = || Identity::load_or_create(directory.path(), &[]).err().map(|error| error_chain(&error));

    for bad in ["", "nonsense", &good[..good.len() / 2], &good_key] {
        fs::write(&certificate, bad).unwrap();
        let error = load().expect("a damaged certificate is refused");
        assert!(error.contains("certificate.pem"), "{error}");
    }
    fs::write(&certificate, &good).unwrap();
    for bad in ["", "nonsense", &good] {
        fs::write(&key, bad).unwrap();
        let error = load().expect("a damaged key is refused");
        assert!(error.contains("key.pem"), "{error}");
    }
    fs::write(&key, KeyPair::generate().unwrap().serialize_pem()).unwrap();
    load().expect("a key that is not the certificate's is refused");

    fs::remove_file(&key).unwrap();
    let error = load().expect("a certificate without its key is refused");
    assert!(error.contains("key is missing"), "{error}");
    fs::remove_file(&certificate).unwrap();
    assert_eq!(load(), None);
}
