//! The check of a server's certificate within the handshake.

use std::sync::{Arc, Mutex, PoisonError};

use bank_engine_core::error_chain::error_chain;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, PeerIncompatible, SignatureScheme};

use crate::Fingerprint;
use crate::known_servers::KnownServers;

#[derive(Debug, Clone)]
pub(crate) enum Check {
    Authorities(Arc<WebPkiServerVerifier>),
    Pinned(Fingerprint),
    FirstUse(KnownServers),
}

/// Verifies one server, and keeps what it found for the caller that made the attempt: TLS reports only a
/// code.
#[derive(Debug)]
pub(crate) struct Verifier {
    check: Check,
    server: String,
    algorithms: WebPkiSupportedAlgorithms,
    found: Mutex<Found>,
}

#[derive(Debug, Default)]
struct Found {
    distrust: Option<String>,
    new: Option<Fingerprint>,
}

impl Verifier {
    pub(crate) fn new(check: Check, server: &str, provider: &CryptoProvider) -> Verifier {
        let algorithms = provider.signature_verification_algorithms;
        Verifier { check, server: server.to_owned(), algorithms, found: Mutex::default() }
    }

    pub(crate) fn distrust(&self) -> Option<String> {
        self.found().distrust.clone()
    }

    pub(crate) fn first_contact(&self) -> Option<(&KnownServers, &str, Fingerprint)> {
        match &self.check {
            Check::FirstUse(known) => Some((known, self.server.as_str(), self.found().new?)),
            _ => None,
        }
    }

    fn found(&self) -> std::sync::MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuse(&self, distrust: String, error: Error) -> Error {
        self.found().distrust = Some(distrust);
        error
    }
}

const NOT_OURS: Error = Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure);

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let presented = Fingerprint::of(certificate)?;
        match &self.check {
            Check::Authorities(verifier) => verifier
                .verify_server_cert(certificate, intermediates, server_name, ocsp, now)
                .map_err(|error| {
                    let server = &self.server;
                    let distrust = format!(
                        "the certificate of {server} is not good for the given authorities: {error}; \
                         check the name, the date and the file of authorities (--ca)"
                    );
                    self.refuse(distrust, error)
                }),
            Check::Pinned(fingerprint) if *fingerprint == presented => Ok(ServerCertVerified::assertion()),
            Check::Pinned(fingerprint) => {
                let server = &self.server;
                let distrust = format!(
                    "the key of {server} is {presented}, not {fingerprint}; somebody may be listening in. \
                     Ask the bank for its fingerprint (bankd cert show)"
                );
                Err(self.refuse(distrust, NOT_OURS))
            }
            Check::FirstUse(known) => match known.check(&self.server, presented) {
                Ok(is_known) => {
                    self.found().new = (!is_known).then_some(presented);
                    Ok(ServerCertVerified::assertion())
                }
                Err(error) => Err(self.refuse(error_chain(&error), NOT_OURS)),
            },
        }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(PeerIncompatible::ServerDoesNotSupportTls12Or13.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
