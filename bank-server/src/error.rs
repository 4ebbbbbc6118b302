//! Why a command failed, and how that is told.

use std::io;

use bank_engine::bank::BankError;
use bank_engine::client::ClientError;
use bank_engine::endpoint::EndpointError;
use bank_engine::journal::JournalError;
use bank_engine::tls::TlsError;

use crate::bench::BenchError;
use crate::data::DataError;
use crate::desk::DeskError;
use crate::export::ExportError;
use crate::opening::OpeningError;
use crate::operate::TransferFileError;
use crate::secret::SecretError;
use crate::socket::SocketError;
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
    #[error("there is no account {account} in the bank; bankd account list names those there are")]
    NoSuchAccount {
        /// Its name.
        account: String,
    },
    /// An account that is there already.
    #[error("account {account}: the account exists already; choose another name")]
    HasAccount {
        /// Its name.
        account: String,
    },
    /// A terminal that is not there.
    #[error("there is no terminal {terminal} in the bank; bankd terminal list names those there are")]
    NoSuchTerminal {
        /// Its name.
        terminal: String,
    },
    /// There is no way to the bank.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The bank refused what an operator asked, or the line to it broke.
    #[error("{about}")]
    Asked {
        /// What it was about.
        about: String,
        /// Why.
        #[source]
        source: ClientError,
    },
    /// A file of transfers.
    #[error(transparent)]
    Transfers(#[from] TransferFileError),
    /// An account whose status is another than the command means.
    #[error("account {account} is {status}; {remedy}")]
    Status {
        /// Its name.
        account: String,
        /// What it is.
        status: &'static str,
        /// What to do.
        remedy: &'static str,
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
    /// What follows in the record can't be told.
    #[error("cannot tell the bank's events: {told}")]
    Events {
        /// Why.
        told: String,
    },
    /// The socket for operators.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// The machine has no random numbers for a key.
    #[error("the machine gives no random numbers")]
    Randomness(#[source] io::Error),
    /// The machine gives no threads or no signals.
    #[error("cannot start")]
    Start(#[source] io::Error),
    /// The answer could not be written.
    #[error("cannot write the answer")]
    Output(#[source] io::Error),
}
