//! The command line of `bankd`.

mod account;
mod common;
mod export;
mod limits;
mod maintenance;
mod terminal;
mod transaction;
mod values;

use std::path::PathBuf;
use std::time::Duration;

use bank_engine::endpoint::Endpoint;
use bank_engine::journal::SEGMENT_BYTES;
use bank_engine::money::Currency;
use clap::{Args, Parser, Subcommand};

use crate::data::settings::Unit;
use crate::import::Kind;
use export::EXPORT_HELP;
use maintenance::{BACKUP_HELP, HEAD_HELP, RESTORE_HELP, VERIFY_HELP};
use transaction::{EVENTS_EXAMPLES, REVERSE_EXAMPLES, TRANSFER_BATCH_EXAMPLES};

pub use account::{
    AccountCommand, AddArgs, AdjustArgs, AnyArgs, ChangeAccountArgs, LimitsArgs, PinArgs, ResetPinArgs,
    SessionCommand, StatementArgs,
};
pub use common::{AtArgs, CorrectionArgs, DataArgs, Output, OutputArgs};
pub use export::{ExportArgs, ExportFormat};
pub use limits::LimitArgs;
pub use maintenance::{BackupArgs, ReadArgs, RestoreArgs, VerifyArgs};
pub use terminal::{CashArgs, ChangeArgs, CountArgs, KeyArgs, MoveArgs, TerminalCommand};
pub use transaction::{
    EventsArgs, HoldCommand, HoldStateFilter, ResolveArgs, ResolveStep, ReverseArgs, TransferBatchArgs,
};
pub use values::{
    Lifted, NotADuration, NotATerminalLoad, NotATimeOfDay, NoteList, TerminalLoad, TimeOfDay, duration,
};

/// The bank server: serves accounts to terminals over TCP, TLS and QUIC.
#[derive(Debug, Parser)]
#[command(name = "bankd", version, arg_required_else_help = true, after_long_help = EXAMPLES)]
pub struct Cli {
    /// How much to log on standard error: off, error, warn, info, debug or trace
    #[arg(long, global = true, value_name = "LEVEL", default_value = "info")]
    pub log: tracing_subscriber::filter::LevelFilter,
    /// The data directory, before the command as well as after it
    #[arg(id = "data", long, global = true, value_name = "DIR", hide = true)]
    data: Option<PathBuf>,
    /// The form of the answer, before the command as well as after it
    #[arg(id = "output", long, global = true, value_enum, hide = true)]
    output: Option<Output>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  bankd serve --import samples/accounts.csv
  bankd import samples/users.tsv --tsv-scale 0
  bankd account add ac-12345 --balance 100.00
  bankd account list --output json
  bankd account freeze-debits ac-12345 --reason 'card reported stolen'
  bankd terminal load lobby --notes 100x20,40x50
  bankd verify
  bankd backup /var/backups/bank-2026-07-01
  bankd export --format csv --to ledger.csv
  bankd cert show

account, session, terminal, hold, reverse, transfer-batch, trial-balance and events do the same whether a server runs or
not: they reach it over a socket in the data directory, or open the bank themselves.

Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 no line or outcome unknown, 4 no access, 5 in
use or busy, 6 done but the answer could not be written, 129, 130 and 143 ended by a signal.";

/// The commands.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// Serve the accounts to terminals until a signal ends it, and keep every movement
    Serve(Box<ServeArgs>),
    /// Open the accounts of a file that the bank does not have yet
    Import(ImportArgs),
    /// Open, show, freeze, close, limit, unlock or correct accounts
    #[command(subcommand)]
    Account(AccountCommand),
    /// See who is logged in, or end a session
    #[command(subcommand)]
    Session(SessionCommand),
    /// Make terminals known, load and count them, close their day
    #[command(subcommand)]
    Terminal(TerminalCommand),
    /// See open holds, or settle one for the bank
    #[command(subcommand)]
    Hold(HoldCommand),
    /// Take back a transaction, whole or in part
    #[command(after_long_help = REVERSE_EXAMPLES)]
    Reverse(ReverseArgs),
    /// Make the transfers of a file, all of them or none
    #[command(after_long_help = TRANSFER_BATCH_EXAMPLES)]
    TransferBatch(TransferBatchArgs),
    /// Show debits against credits over all accounts, a line a currency
    TrialBalance(AtArgs),
    /// Print what the bank records, a line of JSON each, from any position on
    #[command(after_long_help = EVENTS_EXAMPLES)]
    Events(EventsArgs),
    /// Read the whole journal again and check every byte, record and balance
    #[command(after_long_help = VERIFY_HELP)]
    Verify(VerifyArgs),
    /// Copy the journal, also while a server runs
    #[command(after_long_help = BACKUP_HELP)]
    Backup(BackupArgs),
    /// Put a backup into a data directory that has no journal
    #[command(after_long_help = RESTORE_HELP)]
    Restore(RestoreArgs),
    /// Print the head of the journal's chain, to be kept elsewhere
    #[command(after_long_help = HEAD_HELP)]
    Head(ReadArgs),
    /// Write the whole ledger for other programs (CSV, JSON lines, hledger, Beancount), or what operators did
    #[command(after_long_help = EXPORT_HELP)]
    Export(ExportArgs),
    /// Look at the certificate that encrypted transports show
    #[command(subcommand)]
    Cert(CertCommand),
}

const SERVE_EXAMPLES: &str = "\
Everything is kept in the journal of the data directory: what a client has a receipt for is there
again after a stop, a crash or a loss of power. So a second start finds what the first one left:

- --import opens the accounts of the file that the bank does not have. One that it has stays as it
  is, whatever its line says of PIN and balance; how many these are is printed.
- --terminal puts its cash into a terminal that is new to the bank. One that the bank knows holds
  what it held when the server stopped, as the machine does; bankd terminal load adds to that.

Operators reach the server over sockets in the data directory, which only the owner of the directory can
use: bankd account, session, terminal, hold, reverse, transfer-batch, trial-balance and events go there.

One line a listener is printed, `listening on URL plain` or `listening on URL encrypted sha256:KEY`,
and then `ready`. SIGTERM, SIGINT or SIGHUP stops the server: it takes no more clients, finishes what is in
flight, informs the others that it shuts down (code 1402) and exits with 0. A second signal ends it at
once.

Examples:
  bankd serve
  bankd serve --import samples/accounts.csv
  bankd serve --import samples/users.tsv --tsv-scale 0 --listen tcp://127.0.0.1:0
  bankd serve --listen quic://0.0.0.0:7879 --name bank.example.org --terminal lobby=5000.00";

/// `bankd serve`.
#[derive(Debug, Args)]
#[command(after_long_help = SERVE_EXAMPLES)]
pub struct ServeArgs {
    /// Where to listen, any number of times: tcp://HOST:PORT (plain on loopback, TLS elsewhere),
    /// tls://HOST:PORT or quic://HOST:PORT; a name is listened on at all its addresses, and port 0
    /// takes a free one
    #[arg(
        long,
        value_name = "URL",
        default_values = ["tcp://127.0.0.1:7878", "quic://127.0.0.1:7879"]
    )]
    pub listen: Vec<Endpoint>,
    /// Where the accounts are.
    #[command(flatten)]
    pub data: DataArgs,
    /// Open the accounts of a file that the bank does not have yet
    #[arg(long, value_name = "FILE")]
    pub import: Option<PathBuf>,
    /// That file's format; otherwise its extension says, or its first line
    #[arg(long, value_enum, requires = "import")]
    pub format: Option<Kind>,
    /// What the whole numbers of a TSV count: 0 for units, 2 for hundredths
    #[arg(long, value_name = "DECIMALS", requires = "import")]
    pub tsv_scale: Option<u8>,
    /// The owners of the imported accounts have to choose another PIN first of all
    #[arg(long, requires = "import")]
    pub must_change: bool,
    /// What the imported accounts and the terminal count in, and others unless set otherwise
    #[arg(long, value_name = "CODE", default_value = "USD")]
    pub currency: Currency,
    /// A unit of the bank's own beside the currencies of ISO 4217, with its number of decimals, any number
    /// of times; once an account counts in it the decimals stay
    #[arg(long = "unit", value_name = "CODE:DECIMALS")]
    pub units: Vec<Unit>,
    /// The terminal that all clients use, and the cash in it when it is new to the bank;
    /// without it they use the vault, which holds all opening balances
    #[arg(long, value_name = "NAME=AMOUNT")]
    pub terminal: Option<TerminalLoad>,
    /// A host name or address to put into the certificate, any number of times
    #[arg(long = "name", value_name = "HOST")]
    pub names: Vec<String>,
    /// Serve tcp:// without encryption on every address: PINs then travel in clear
    #[arg(long)]
    pub plain_tcp_anywhere: bool,
    /// How long a session may do nothing: 90, 90s, 2m or 1h
    #[arg(long, value_name = "TIME", default_value = "120s", value_parser = duration)]
    pub session_idle: Duration,
    /// How long a session may last
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = duration)]
    pub session_time: Duration,
    /// The time zone that business days go by, as in Europe/Berlin
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = values::zone)]
    pub business_day_zone: String,
    /// When a business day begins there; what happens before that belongs to the day before
    #[arg(long, value_name = "HH:MM", default_value = "00:00")]
    pub business_day_begins: TimeOfDay,
    /// How long a payment may be on hold
    #[arg(long, value_name = "TIME", default_value = "168h", value_parser = duration)]
    pub hold_time: Duration,
    /// How long a terminal has from authorising a dispense to ordering it, and from there to
    /// reporting what came out; after that the dispense is suspect
    #[arg(long, value_name = "TIME", default_value = "120s", value_parser = duration)]
    pub dispense_time: Duration,
    /// Serve though the last record is dated more than 10 minutes ahead of this machine's clock: dates go
    /// on from there by elapsed time until the clock has passed them
    #[arg(long)]
    pub accept_clock: bool,
    /// Bytes of the journal after which a new segment begins; the one before is then indexed
    #[arg(long, value_name = "N", default_value_t = SEGMENT_BYTES, value_parser = values::segment_bytes)]
    pub segment_bytes: u64,
    /// What clients may use up.
    #[command(flatten)]
    pub limits: LimitArgs,
}

const IMPORT_EXAMPLES: &str = "\
CSV   account, PIN, balance            spaces after commas, # comments, quotes as in RFC 4180, no header
TSV   name<TAB>secret<TAB>balance      whole balances whose scale --tsv-scale names, no header

A line that cannot be taken refuses the whole file; every such line is reported with its number. An
account that the bank has already stays as it is, whatever its line says, so a file can be imported
again, after an interruption say; how many these are is printed. --all-new refuses such a file.
Up to 65536 new accounts are opened in one step, all or none; a larger file is opened in several.

Examples:
  bankd import samples/accounts.csv
  bankd import accounts.txt --format csv --currency EUR
  bankd import samples/users.tsv --tsv-scale 0";

/// `bankd import`.
#[derive(Debug, Args)]
#[command(after_long_help = IMPORT_EXAMPLES)]
pub struct ImportArgs {
    /// The file
    pub file: PathBuf,
    /// Its format; otherwise its extension says, or its first line
    #[arg(long, value_enum)]
    pub format: Option<Kind>,
    /// What the whole numbers of a TSV count: 0 for units, 2 for hundredths
    #[arg(long, value_name = "DECIMALS")]
    pub tsv_scale: Option<u8>,
    /// What its balances count in
    #[arg(long, value_name = "CODE", default_value = "USD")]
    pub currency: Currency,
    /// The owners of its accounts have to choose another PIN first of all
    #[arg(long)]
    pub must_change: bool,
    /// Refuse the file if the bank has one of its accounts already
    #[arg(long)]
    pub all_new: bool,
    /// Where the accounts go.
    #[command(flatten)]
    pub data: DataArgs,
    /// How to answer.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `bankd cert`.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum CertCommand {
    /// Show the certificate's fingerprint, names, validity and path; make it where there is none
    Show {
        /// A host name or address to put into a certificate that is made now
        #[arg(long = "name", value_name = "HOST")]
        names: Vec<String>,
        /// Where the certificate is.
        #[command(flatten)]
        data: DataArgs,
        /// How to answer.
        #[command(flatten)]
        output: OutputArgs,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use bank_engine::server::Limits;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_limits_are_those_of_the_library_unless_set_otherwise() {
        let cli = Cli::try_parse_from(["bankd", "serve"]).unwrap();
        let Command::Serve(args) = cli.command else { panic!("not serve") };
        assert_eq!(args.limits.limits(), Limits::default());
        let listen: Vec<_> = args.listen.iter().map(ToString::to_string).collect();
        assert_eq!(listen, ["tcp://127.0.0.1:7878", "quic://127.0.0.1:7879"]);
    }
}
