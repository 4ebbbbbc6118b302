//! A bank with sample accounts, served over encrypted QUIC on loopback, its books in a journal.
//!
//! ```sh
//! cargo run --release --example demo               # stand at an ATM
//! cargo run --release --example demo < /dev/null   # watch a scene between two terminals
//! cargo run --release --example demo -- my-bank    # a bank that is there again next time
//! ```

use std::error::Error;
use std::ffi::OsString;
use std::io::{IsTerminal, stdin};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bank_engine::bank::{Bank, NewAccount};
use bank_engine::expert::quic::QuicTransport;
use bank_engine::expert::tcp::TcpTransport;
use bank_engine::ledger::{Decline, TransactionId};
use bank_engine::money::Currency;
use bank_engine::server::{Limits, serve};
use bank_engine::transport::Transport;
use bank_engine::{Fingerprint, Identity, Trust};
use bank_engine_demo as scene;
use tokio_util::sync::CancellationToken;

/// Account, PIN, opening balance.
const ACCOUNTS: [(&str, &str, &str); 3] =
    [("cedar-100", "2580", "1250.00"), ("birch-200", "0147", "89.95"), ("maple-300", "3690", "10420.10")];

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<ExitCode, Box<dyn Error>> {
    // Unless a directory is given, all of it is gone afterwards.
    let folder = tempfile::tempdir()?;
    let given = std::env::args_os().nth(1).map(PathBuf::from);
    let data = given.as_deref().unwrap_or(folder.path());
    let bank = open_bank(&data.join("journal")).await?;
    let identity = Identity::load_or_create(data, &[])?;
    let tcp = TcpTransport::plain().listen("127.0.0.1:0").await?;
    let quic = QuicTransport::server(&identity)?.listen("127.0.0.1:0").await?;
    let (tcp_address, quic_address) = (tcp.address(), quic.address());
    println!("A bank keeps its books in {} and listens on loopback, at", data.display());
    println!("  tcp://{tcp_address} and quic://{quic_address},");
    println!("  and its key is {}.", identity.fingerprint());

    let stop = CancellationToken::new();
    let server = tokio::spawn(serve(bank.clone(), vec![tcp, quic], Limits::default(), stop.clone()));

    let code = if stdin().is_terminal() {
        at_the_atm(&quic_address, identity.fingerprint()).await?
    } else {
        let quic = QuicTransport::client(Trust::pinned(identity.fingerprint()));
        scene::contention("TCP, plain as it stays on this machine", &TcpTransport::plain(), &tcp_address)
            .await?;
        scene::contention("QUIC, encrypted", &quic, &quic_address).await?;
        scene::lockout(&quic, &quic_address).await?;
        scene::trial_balance(&bank).await?;
        ExitCode::SUCCESS
    };

    stop.cancel();
    server.await?;
    Ok(code)
}

/// A bank on the journal at `path`, with the accounts that it does not have yet.
async fn open_bank(path: &Path) -> Result<Bank, Box<dyn Error>> {
    let bank = bank_engine::open(path).await?;
    for (account, pin, balance) in ACCOUNTS {
        let secret = bank.hash(pin.into()).await?;
        let opened = bank
            .open_account(
                NewAccount::new(account, Currency::USD)
                    .secret_hash(secret)
                    .opening_balance(TransactionId::generate(), balance),
            )
            .await;
        match opened {
            Ok(_) | Err(bank_engine::error::Error::Declined(Decline::AccountExists { .. })) => {}
            Err(error) => return Err(error.into()),
        }
        // An account that was locked last time is open again.
        bank.unlock(account, ("demo".parse()?, "the next scene".parse()?)).await?;
    }
    Ok(bank)
}

/// Puts the user at the ATM: the program `atm`, over QUIC.
async fn at_the_atm(address: &str, key: Fingerprint) -> Result<ExitCode, Box<dyn Error>> {
    println!("\nTry one of these; three wrong PINs lock an account.\n");
    for (account, pin, balance) in ACCOUNTS {
        println!("  account {account}   PIN {pin}   balance {balance:>8} USD");
    }
    println!(
        "\nAn account is in one terminal's hands at a time. For a second terminal, in another window:\n"
    );
    println!("  cargo run --release -p bank-engine-atm -- --server quic://{address} --fingerprint {key}\n");
    let arguments = ["atm", "--server", &format!("quic://{address}"), "--fingerprint", &key.to_string()];
    let arguments = arguments.map(OsString::from);
    // The ATM brings a runtime of its own and waits for the keyboard.
    Ok(tokio::task::spawn_blocking(move || bank_engine_atm::run(arguments)).await?)
}
