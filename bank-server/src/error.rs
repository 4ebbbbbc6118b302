//! Why a command failed, and how that is told.

use std::io;

use bank_engine::bank::BankError;
use bank_engine::endpoint::EndpointError;
use bank_engine::journal::JournalError;
use bank_engine::tls::TlsError;

use crate::bench::BenchError;
use crate::data::DataError;
use crate::export::ExportError;
use crate::opening::OpeningError;
use crate::secret::SecretError;
use crate::totals::PastLimit;

/// Why a command failed; `bankd` then exits with 1.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The data directory.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A file of accounts.
    #[error(transparent)]
    Opening(#[from] OpeningError),
    /// A secret.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The accounts are too many for their totals to be told.
    #[error(transparent)]
    PastLimit(#[from] PastLimit),
    /// A journal that a command named.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The ledger as a file.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// A head that was kept is not in the chain.
    #[error(
        "the journal is whole, but its chain does not pass through the head that you kept: something \
         before that was changed, or it is another journal's; compare it with a backup"
    )]
    HeadMissing,
    /// An account that is not there.
    #[error("there is no account {account} in {data}; bankd account list names those there are")]
    NoSuchAccount {
        /// Its name.
        account: String,
        /// The data directory.
        data: String,
    },
    /// An amount that its currency can't express.
    #[error("{amount} has more decimals than {currency} or is too large")]
    Amount {
        /// As given.
        amount: String,
        /// In which currency.
        currency: String,
    },
    /// The bank.
    #[error(transparent)]
    Bank(#[from] BankError),
    /// The certificate or its key.
    #[error("cannot use the certificate in {data}")]
    Identity {
        /// The data directory.
        data: String,
        /// Why.
        #[source]
        source: Box<TlsError>,
    },
    /// An address that cannot be listened at.
    #[error("cannot listen at {endpoint}")]
    Listen {
        /// As given.
        endpoint: String,
        /// Why.
        #[source]
        source: Box<EndpointError>,
    },
    /// The benchmark.
    #[error(transparent)]
    Bench(#[from] Box<BenchError>),
    /// The machine gives no threads or no signals.
    #[error("cannot start")]
    Start(#[source] io::Error),
    /// The answer could not be written.
    #[error("cannot write the answer")]
    Output(#[source] io::Error),
}
