//! `bankd serve`.

use std::process::ExitCode;
use std::sync::Arc;

use bank_engine::bank::Bank;
use bank_engine::endpoint::{Endpoint, PlainTcp};
use bank_engine::ledger::TransactionId;
use bank_engine::policy::Policy;
use bank_engine::server;
use bank_engine::store::MemoryStore;
use bank_engine::tls::Identity;
use bank_engine::transport::Listener;
use tokio_util::sync::CancellationToken;

use crate::cert;
use crate::cli::{ServeArgs, TerminalLoad};
use crate::data::{DataDir, DataLock};
use crate::descriptors;
use crate::error::CommandError;
use crate::opening::{self, Import};
use crate::output::write;
use crate::stop::StopSignals;

/// Descriptors for all but connections: listeners, files, the runtime's own.
const DESCRIPTORS_BESIDES: usize = 64;

/// Serves until a signal asks it to stop, and answers how that went: 0 when everything in flight
/// was finished, 1 when a second signal cut that short.
pub async fn serve(args: &ServeArgs) -> Result<ExitCode, CommandError> {
    let dir = DataDir::create(&args.data.data)?;
    // Two servers on one directory would pay out the same money twice.
    let lock = dir.lock()?;
    check_descriptors(args.limits.connections);
    let bank = open_bank(args, &lock).await?;
    let plain = if args.plain_tcp_anywhere { PlainTcp::Anywhere } else { PlainTcp::LoopbackOnly };
    let identity = match args.listen.iter().any(|endpoint| endpoint.needs_identity(plain)) {
        true => Some(cert::identity(&dir, &args.names)?),
        false => None,
    };
    let listeners = listen(args, identity.as_ref(), plain).await?;
    let signals = StopSignals::listen().map_err(CommandError::Start)?;

    eprintln!("note: movements are held in memory and are gone when the server stops");
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
    Ok(until_stopped(bank, listeners, args, signals).await)
}

/// A bank with the directory's accounts and the imported ones, and callers at their terminal.
async fn open_bank(args: &ServeArgs, lock: &DataLock<'_>) -> Result<Bank, CommandError> {
    let policy = Policy {
        session_idle_max: args.session_idle,
        session_time_max: args.session_time,
        currency: args.currency,
        ..Policy::default()
    };
    let bank = Bank::on(Arc::new(MemoryStore::new(policy)));
    let mut accounts = lock.dir().accounts()?;
    if let Some(path) = &args.import {
        let file = Import {
            path: path.clone(),
            format: args.format,
            tsv_scale: args.tsv_scale,
            currency: args.currency,
        };
        let added = file.add_to(&mut accounts, &bank).await?;
        tracing::info!("opened {added} of {}", path.display());
    }
    opening::open(&bank, &accounts).await?;
    tracing::info!("the bank has {}", accounts.totals());
    let Some(TerminalLoad { terminal, amount }) = args.terminal else { return Ok(bank) };
    let bank = bank.at(terminal);
    let minor = amount.minor_units(args.currency).ok_or_else(|| CommandError::Amount {
        amount: amount.to_string(),
        currency: args.currency.to_string(),
    })?;
    if minor.is_positive() {
        bank.load(TransactionId::generate(), args.currency, amount).await?;
    }
    tracing::info!("clients stand at terminal {terminal}, which holds {amount} {}", args.currency);
    Ok(bank)
}

/// Warns where the system allows fewer sockets than the limit of connections.
fn check_descriptors(connections: usize) {
    let wanted = u64::try_from(connections.saturating_add(DESCRIPTORS_BESIDES)).unwrap_or(u64::MAX);
    if let Some(allowed) = descriptors::raise().filter(|allowed| *allowed < wanted) {
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

async fn until_stopped(
    bank: Bank,
    listeners: Vec<Box<dyn Listener>>,
    args: &ServeArgs,
    mut signals: StopSignals,
) -> ExitCode {
    let stop = CancellationToken::new();
    let serving = server::serve(bank, listeners, args.limits.limits(), stop.clone());
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
            tracing::warn!("ended at once; clients were not told");
            ExitCode::FAILURE
        }
    }
}
