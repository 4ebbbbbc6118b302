//! `bankd serve`.

pub mod rlimit;
pub mod stop;

use std::process::ExitCode;

use bank_engine::Identity;
use bank_engine::account::AccountId;
use bank_engine::bank::Bank;
use bank_engine::books::Books;
use bank_engine::endpoint::{Endpoint, PlainTcp};
use bank_engine::error::Error;
use bank_engine::journal::Options;
use bank_engine::ledger::{Cash, Decline, TransactionId};
use bank_engine::money::Currency;
use bank_engine::policy::Policy;
use bank_engine::server::{self, Limits};
use bank_engine::transport::Listener;
use tokio_util::sync::CancellationToken;

use crate::cli::{ServeArgs, TerminalLoad};
use crate::commands::cert;
#[cfg(unix)]
use crate::commands::events::{self, EVENTS_SOCKET};
use crate::commands::held;
use crate::data::settings::Settings;
use crate::data::{DataDir, DataError};
use crate::error::CommandError;
use crate::import::Known;
use crate::import::opening::Import;
#[cfg(unix)]
use crate::operator_connection::socket::{OperatorListener, SOCKET, SocketError};
use crate::output::write;
use crate::serve::stop::StopSignals;

/// Descriptors for all but connections: listeners, files, the runtime's own.
const DESCRIPTORS_BESIDES: usize = 64;

/// What operators may use up; a command is one connection, and over in a moment.
const OPERATORS_AT_ONCE_MAX: usize = 64;

/// Serves until a signal asks it to stop, and answers how that went: 0 when everything in flight
/// was finished, 1 when a second signal cut that short.
pub async fn serve(args: &ServeArgs) -> Result<ExitCode, CommandError> {
    let dir = DataDir::create(&args.data.data)?;
    check_descriptors(args.limits.connections);
    let bank = open_bank(args, &dir).await?;
    let plain = if args.plain_tcp_anywhere { PlainTcp::Anywhere } else { PlainTcp::LoopbackOnly };
    let identity = match args.listen.iter().any(|endpoint| endpoint.needs_identity(plain)) {
        true => Some(cert::identity(&dir, &args.names)?),
        false => None,
    };
    let listeners = listen(args, identity.as_ref(), plain).await?;
    #[cfg(unix)]
    let (mut door, mut hatch) = (listen_at(&dir, SOCKET)?, listen_at(&dir, EVENTS_SOCKET)?);
    let signals = StopSignals::listen().map_err(CommandError::Start)?;

    tracing::info!("every movement is kept in {}", dir.journal()?.display());
    let mut lines = String::new();
    for (endpoint, listener) in args.listen.iter().zip(&listeners) {
        let url = Endpoint { scheme: endpoint.scheme, address: listener.address() };
        let secured = identity.as_ref().filter(|_| endpoint.needs_identity(plain));
        lines += &match secured {
            Some(identity) => format!("listening on {url} encrypted {}\n", identity.fingerprint()),
            None => format!("listening on {url} plain\n"),
        };
    }
    write(&format!("{lines}ready\n"))?;
    let stop = CancellationToken::new();
    let customers = server::serve(bank.clone(), listeners, args.limits.limits(), stop.clone());
    #[cfg(unix)]
    let operators = serve_operators(bank.clone(), [&mut door, &mut hatch], args, stop.clone());
    #[cfg(not(unix))]
    let operators = stop.cancelled();
    let serving = async {
        tokio::join!(
            async {
                customers.await;
                stop.cancel();
            },
            operators
        );
    };
    // The sockets go before the bank does: from then on they may be another server's.
    Ok(until_stopped(serving, &stop, signals).await)
}

/// The directory's bank with the imported accounts open too, and callers at their terminal.
async fn open_bank(args: &ServeArgs, dir: &DataDir) -> Result<Bank, CommandError> {
    let settings = Settings {
        currency: args.currency,
        business_day_zone: args.business_day_zone.clone(),
        business_day_begins: args.business_day_begins.minutes,
        units: args.units.clone(),
    };
    let policy = Policy {
        session_idle_max: args.session_idle,
        session_time_max: args.session_time,
        hold_time_max: args.hold_time,
        dispense_time_max: args.dispense_time,
        ..settings.policy().map_err(DataError::from)?
    };
    let (segment_bytes, accept_clock) = (args.segment_bytes, args.accept_clock);
    let options = Options { policy, segment_bytes, accept_clock, ..Options::default() };
    let bank = dir.open_bank(options).await?;
    dir.keep_settings(&settings)?;
    let books = dir.books()?;
    if let Some(path) = &args.import {
        let file = Import {
            path: path.clone(),
            format: args.format,
            tsv_scale: args.tsv_scale,
            currency: args.currency,
            known: Known::Stays,
            must_change: args.must_change,
        };
        let imported = file.open_in(&bank, &books).await?;
        tracing::info!("{}: opened {imported}", path.display());
    }
    match &args.terminal {
        Some(load) => at_terminal(bank, &books, args.currency, load).await,
        None => Ok(bank),
    }
}

/// The bank for callers at a terminal. One that is new to the bank is loaded; another one holds
/// what it held when the server stopped, as the machine does.
async fn at_terminal(
    bank: Bank,
    books: &Books,
    currency: Currency,
    load: &TerminalLoad,
) -> Result<Bank, CommandError> {
    let TerminalLoad { terminal, amount } = *load;
    let bank = bank.for_terminal(terminal);
    let minor = amount
        .minor_units(currency)
        .ok_or_else(|| CommandError::Amount { amount: amount.to_string(), currency: currency.to_string() })?;
    let is_new = books.account(&AccountId::cash(&terminal, currency)).is_none_or(|cash| cash.entries == 0);
    match bank.add_terminal(terminal, currency, None, None).await {
        Ok(()) | Err(Error::Declined(Decline::TerminalExists)) => {}
        Err(error) => return Err(error.into()),
    }
    if is_new && minor.is_positive() {
        bank.load(TransactionId::generate(), Cash::of(currency, amount), None).await?;
    }
    let cash = if is_new { minor } else { held(books, &terminal, currency) }.in_currency(currency);
    tracing::info!("clients use terminal {terminal}, which holds {cash} {currency}");
    Ok(bank)
}

/// Warns where the system allows fewer sockets than the limit of connections.
fn check_descriptors(connections: usize) {
    let wanted = u64::try_from(connections.saturating_add(DESCRIPTORS_BESIDES)).unwrap_or(u64::MAX);
    if let Some(allowed) = rlimit::raise().filter(|allowed| *allowed < wanted) {
        tracing::warn!(
            "the system allows this process {allowed} descriptors, too few for {connections} connections; \
             raise that with ulimit -Hn, or lower --connections"
        );
    }
}

async fn listen(
    args: &ServeArgs,
    identity: Option<&Identity>,
    plain: PlainTcp,
) -> Result<Vec<Box<dyn Listener>>, CommandError> {
    let mut listeners = Vec::with_capacity(args.listen.len());
    for endpoint in &args.listen {
        let listener = endpoint.listener(identity, plain).await;
        let refused =
            |source| CommandError::Listen { endpoint: endpoint.to_string(), source: Box::new(source) };
        listeners.push(listener.map_err(refused)?);
    }
    Ok(listeners)
}

#[cfg(unix)]
fn listen_at(dir: &DataDir, socket: &str) -> Result<OperatorListener, SocketError> {
    crate::operator_connection::socket::listen(&dir.path().join(socket))
}

#[cfg(unix)]
async fn serve_operators(
    bank: Bank,
    doors: [&mut OperatorListener; 2],
    args: &ServeArgs,
    stop: CancellationToken,
) {
    let [door, hatch] = doors;
    let limits = Limits {
        connections_max: OPERATORS_AT_ONCE_MAX,
        connections_a_peer_max: OPERATORS_AT_ONCE_MAX,
        channels_max: OPERATORS_AT_ONCE_MAX,
        channels_a_connection_max: 1,
        drain_time_max: args.limits.drain,
        ..Limits::default()
    };
    let listeners = door.listener().into_iter().collect();
    let followers = async {
        if let Some(listener) = hatch.listener() {
            events::feed(bank.clone(), listener, stop.clone()).await;
        }
    };
    let operators =
        server::serve_operators(bank.clone(), listeners, OperatorListener::operator, limits, stop.clone());
    tokio::join!(operators, followers);
}

async fn until_stopped(
    serving: impl Future<Output = ()>,
    stop: &CancellationToken,
    mut signals: StopSignals,
) -> ExitCode {
    tokio::pin!(serving);
    tokio::select! {
        () = &mut serving => {
            tracing::error!("every listener ended by itself");
            return ExitCode::FAILURE;
        }
        () = signals.next() => {
            tracing::info!("stopping; a second signal ends the server at once");
            stop.cancel();
        }
    }
    tokio::select! {
        () = &mut serving => ExitCode::SUCCESS,
        () = signals.next() => {
            tracing::warn!("ended at once; clients were not informed");
            ExitCode::FAILURE
        }
    }
}
