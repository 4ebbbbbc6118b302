//! Trust: which servers a client accepts.

use std::path::Path;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::client::WebPkiServerVerifier;
use rustls::{ClientConfig, RootCertStore};

use crate::identity::read_certificates;
use crate::known_servers::KnownServers;
use crate::verifier::{Check, Verifier};
use crate::{Fingerprint, TlsError, provider};

type Notice = dyn Fn(&str, Fingerprint) + Send + Sync;

/// How a client decides whether a server is who it should be. In each way the server must prove
/// that it has the private key of the certificate that it shows.
#[derive(Clone)]
pub struct Trust {
    check: Check,
    notice: Option<Arc<Notice>>,
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trust").finish_non_exhaustive()
    }
}

impl Trust {
    /// Certificates that the authorities in a PEM file signed, for the server's name, in their time.
    pub fn authorities_from_file(path: &Path) -> Result<Trust, TlsError> {
        let mut roots = RootCertStore::empty();
        for certificate in read_certificates(path)? {
            roots
                .add(certificate)
                .map_err(|error| TlsError::content(path, format!("not an authority: {error}")))?;
        }
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build();
        let verifier = verifier.map_err(|_| TlsError::content(path, "holds no certificate in PEM form"))?;
        Ok(Trust { check: Check::Authorities(verifier), notice: None })
    }

    /// One key, whatever the certificate's names and dates say.
    #[must_use]
    pub fn pinned(fingerprint: Fingerprint) -> Trust {
        Trust { check: Check::Pinned(fingerprint), notice: None }
    }

    /// Any key of a server met for the first time, and from then on only that one. The file at
    /// `path` keeps a line `HOST:PORT sha256:…` for each; it is made on the first contact that
    /// succeeds, and any number of processes may share it.
    #[must_use]
    pub fn on_first_use(path: &Path) -> Trust {
        Trust { check: Check::FirstUse(KnownServers::at(path)), notice: None }
    }

    /// Calls `notice` with a server's address and key after a first contact.
    #[must_use]
    pub fn on_first_contact(self, notice: impl Fn(&str, Fingerprint) + Send + Sync + 'static) -> Trust {
        Trust { notice: Some(Arc::new(notice)), ..self }
    }

    /// What is needed for one attempt to reach `server` (`HOST:PORT`, in capitals or not). Each
    /// attempt needs its own, since it keeps what was found out about the server.
    pub(crate) fn attempt(&self, server: &str) -> Result<Attempt, TlsError> {
        if server.is_empty()
            || server.starts_with('#')
            || server.contains(|c: char| c.is_whitespace() || c.is_control())
        {
            return Err(TlsError::Address { address: server.to_owned() });
        }
        let verifier = Arc::new(Verifier::new(self.check.clone(), &server.to_lowercase(), &provider()));
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&verifier) as Arc<_>)
            .with_no_client_auth();
        config.alpn_protocols = vec![bank_engine_core::protocol::ALPN.into()];
        config.enable_early_data = false;
        config.resumption = Resumption::disabled();
        Ok(Attempt { config: Arc::new(config), verifier, notice: self.notice.clone() })
    }
}

/// One attempt to reach a server.
pub struct Attempt {
    config: Arc<ClientConfig>,
    verifier: Arc<Verifier>,
    notice: Option<Arc<Notice>>,
}

impl std::fmt::Debug for Attempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attempt").finish_non_exhaustive()
    }
}

impl Attempt {
    /// Settings for the handshake: TLS 1.3, ALPN `bank/1`, no resumption, no 0-RTT.
    #[must_use]
    pub fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.config)
    }

    /// Why the server was not trusted, with what to do; `None` if the handshake failed otherwise.
    #[must_use]
    pub fn distrust(&self) -> Option<String> {
        self.verifier.distrust()
    }

    /// To be called after the handshake: remembers a server met for the first time. Fails where
    /// that can't be written, or where another process met it meanwhile with another key.
    pub fn succeeded(&self) -> Result<(), TlsError> {
        let Some((known, server, fingerprint)) = self.verifier.first_contact() else { return Ok(()) };
        if known.add(server, fingerprint)?
            && let Some(notice) = &self.notice
        {
            notice(server, fingerprint);
        }
        Ok(())
    }
}
