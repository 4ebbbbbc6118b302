//! `bankd cert`, and the certificate for encrypted transports.

use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use bank_engine::Identity;
use bank_engine::time::Timestamp;
use serde::Serialize;

use crate::cli::CertCommand;
use crate::data::DataDir;
use crate::error::CommandError;
use crate::output::answer;

/// The certificate and key of the data directory, made where there are none, for `names` besides
/// those of this machine's loopback.
pub fn identity(dir: &DataDir, names: &[String]) -> Result<Identity, CommandError> {
    let refused =
        |source| CommandError::Identity { data: dir.path().display().to_string(), source: Box::new(source) };
    Identity::load_or_create(dir.path(), names).map_err(refused)
}

/// `bankd cert`.
pub fn cert(command: &CertCommand) -> Result<(), CommandError> {
    match command {
        CertCommand::Show { names, data, output } => {
            let dir = DataDir::create(&data.data)?;
            let view = CertificateView::of(&dir, &identity(&dir, names)?);
            let CertificateView { fingerprint, names, valid_until, certificate } = &view;
            let (names, certificate) = (names.join(" "), certificate.display());
            let text = format!(
                "fingerprint {fingerprint}\nnames       {names}\nvalid until {valid_until}\ncertificate {certificate}\n"
            );
            answer(output.output, &view, &text)
        }
    }
}

#[derive(Serialize)]
struct CertificateView {
    fingerprint: String,
    names: Vec<String>,
    valid_until: Timestamp,
    certificate: PathBuf,
}

impl CertificateView {
    fn of(dir: &DataDir, identity: &Identity) -> CertificateView {
        let since_1970 = identity.valid_until().duration_since(UNIX_EPOCH).unwrap_or_default();
        CertificateView {
            fingerprint: identity.fingerprint().to_string(),
            names: identity.names().map(str::to_owned).collect(),
            valid_until: Timestamp::default().after(since_1970),
            certificate: dir.path().join("certificate.pem"),
        }
    }
}
