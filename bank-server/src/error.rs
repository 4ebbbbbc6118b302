//! The errors of commands, and how they are reported.

use std::io;

use bank_engine::OpenError;
use bank_engine::client::ClientError;
use bank_engine::endpoint::EndpointError;
use bank_engine::error::Error;
use bank_engine::error_chain::error_chain;
use bank_engine::expert::tls::TlsError;
use bank_engine::journal::JournalError;
use bank_engine::protocol::{Code, RpcError};
use bank_engine_cli_support::exit;
use serde_json::Value;

use crate::commands::TransferFileError;
use crate::data::DataError;
use crate::export::ExportError;
use crate::import::opening::OpeningError;
use crate::import::totals::PastLimit;
use crate::operator_connection::OperatorConnectionError;
use crate::operator_connection::socket::SocketError;
use crate::secret::SecretError;

/// Why a command failed.
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
    /// The accounts are too many for their totals to be written.
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
    OperatorClient(#[from] OperatorConnectionError),
    /// The bank refused what an operator asked, or the line to it broke.
    #[error("{subject}")]
    Failed {
        /// What it was about.
        subject: String,
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
    Bank(#[from] Error),
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
    /// What follows in the record can't be read.
    #[error("cannot report the bank's events: {message}")]
    Events {
        /// Why.
        message: String,
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
    /// What was asked was done, and its answer could not be written, or nobody reads it.
    #[error("it was done, but the answer could not be written")]
    AnswerLost(#[source] Option<io::Error>),
}

impl CommandError {
    /// What `bankd` ends with; the same as `atm` for the same reason.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            CommandError::AnswerLost(_) | CommandError::Output(_) => exit::ANSWER_LOST,
            CommandError::OperatorClient(OperatorConnectionError::Busy { .. }) => exit::BUSY,
            CommandError::OperatorClient(
                OperatorConnectionError::Socket(_) | OperatorConnectionError::Line(_),
            ) => exit::NO_LINE,
            CommandError::OperatorClient(OperatorConnectionError::NotTaken(error)) => of_client(error),
            CommandError::Failed { source, .. } => of_client(source),
            CommandError::Bank(error) => exit::of_refusal(code(error)),
            error if error.is_in_use() => exit::BUSY,
            _ => exit::DECLINED,
        }
    }

    /// The error for programs; see [`exit::error_json`].
    #[must_use]
    pub fn json(&self) -> Value {
        let refusal = match self {
            CommandError::Failed { source: ClientError::Refused(refusal), .. }
            | CommandError::OperatorClient(OperatorConnectionError::NotTaken(ClientError::Refused(
                refusal,
            ))) => Some(refusal.clone()),
            CommandError::Bank(error) => Some(RpcError::from(error)),
            CommandError::NoSuchAccount { .. } => Some(RpcError::new(Code::NoSuchAccount)),
            CommandError::HasAccount { .. } => Some(RpcError::new(Code::AccountExists)),
            CommandError::NoSuchTerminal { .. } => Some(RpcError::new(Code::NoSuchTerminal)),
            _ => None,
        };
        let code = refusal.as_ref().map(|refusal| refusal.code);
        exit::error_json(code, &error_chain(self), refusal.and_then(|refusal| refusal.data))
    }

    /// Whether another process has the bank open.
    fn is_in_use(&self) -> bool {
        let (CommandError::Data(DataError::Journal(error) | DataError::Open(OpenError::Journal(error)))
        | CommandError::OperatorClient(OperatorConnectionError::Data(
            DataError::Journal(error) | DataError::Open(OpenError::Journal(error)),
        ))) = self
        else {
            return false;
        };
        matches!(error, JournalError::InUse { .. })
    }
}

fn of_client(error: &ClientError) -> u8 {
    match error {
        ClientError::Refused(refusal) => exit::of_refusal(refusal.known_code()),
        _ => exit::NO_LINE,
    }
}

fn code(error: &Error) -> Option<Code> {
    Code::ALL.iter().copied().find(|code| code.number() == error.code())
}
