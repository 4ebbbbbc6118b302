//! Connects to the bank over the transport that the flags choose.

use std::env;
use std::io::{self, Write};
use std::path::PathBuf;

use bank_engine::Trust;
use bank_engine::client::Client;
use bank_engine::endpoint::{Endpoint, PlainTcp};
use bank_engine::error_chain::error_chain;
use bank_engine::transport::{Connection, Transport};
use tokio::sync::{Mutex, MutexGuard};

use crate::args::Args;
use crate::failure::Failure;
use crate::in_flight::InFlight;
use crate::machine::dispenser::Simulated;
use crate::machine::{Identity, Machine};

/// What this client calls itself.
const NAME: &str = concat!("atm/", env!("CARGO_PKG_VERSION"));

/// How to reach the bank, and the terminal that its customers use.
pub struct BankConnection {
    transport: Box<dyn Transport>,
    address: String,
    options: Vec<String>,
    in_flight: InFlight,
    identity: Option<Identity>,
    machine: Mutex<Machine>,
}

impl std::fmt::Debug for BankConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BankConnection").field("address", &self.address).finish_non_exhaustive()
    }
}

impl BankConnection {
    /// The bank and the machine that the arguments name. What is asked is noted in `underway`.
    pub fn new(args: &Args, in_flight: InFlight) -> Result<BankConnection, Failure> {
        let url = match args.server.contains("://") {
            true => args.server.clone(),
            false => format!("{}://{}", args.transport, args.server),
        };
        let endpoint: Endpoint = url.parse().map_err(|error| Failure::usage(error_chain(&error)))?;
        let plain = if args.plain_tcp_anywhere { PlainTcp::Anywhere } else { PlainTcp::LoopbackOnly };
        let transport = endpoint.dialer(&trust(args)?, plain);
        let options = options(args, &endpoint);
        let (machine, identity) = Machine::new(args)?;
        let machine = Mutex::new(machine);
        Ok(BankConnection { transport, options, address: endpoint.address, in_flight, identity, machine })
    }

    /// A bank at `address` of a transport made elsewhere, for an ATM that it doesn't know.
    pub fn at(transport: Box<dyn Transport>, address: impl Into<String>) -> BankConnection {
        let machine = Mutex::new(Machine::anonymous(Box::<Simulated>::default()));
        let (options, in_flight) = (Vec::new(), InFlight::default());
        BankConnection { transport, address: address.into(), options, in_flight, identity: None, machine }
    }

    /// The same bank for another machine, with what proves who it is.
    #[must_use]
    pub fn for_machine(self, machine: Machine, identity: Option<Identity>) -> BankConnection {
        BankConnection { machine: Mutex::new(machine), identity, ..self }
    }

    /// What was asked of it and has no answer yet.
    pub fn in_flight(&self) -> &InFlight {
        &self.in_flight
    }

    /// Whether the bank knows the machine, so that it may settle dispenses without their customer.
    #[must_use]
    pub fn knows_the_machine(&self) -> bool {
        self.identity.is_some()
    }

    /// The machine, once nobody else is at it.
    pub(crate) async fn machine(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().await
    }

    /// Connects, says hello, proves who the machine is, and reports what its journal knows of earlier
    /// dispenses. Where the bank can't be reached now it fails: nobody is served before.
    pub async fn connect(&self) -> Result<BankClient, Failure> {
        let mut line = self.dial().await?;
        match self.machine().await.catch_up(&mut line.client).await {
            Ok(notices) => Ok(BankClient { notices, ..line }),
            Err(failure) => {
                line.close().await;
                Err(failure)
            }
        }
    }

    /// Connects, says hello and proves who the machine is.
    pub(crate) async fn dial(&self) -> Result<BankClient, Failure> {
        let connection = self.transport.connect(&self.address).await?;
        let client = Client::handshake(connection.open().await?, NAME).await?;
        let (options, in_flight) = (self.options.clone(), self.in_flight.clone());
        let (notices, was_logged_in) = (Vec::new(), false);
        let mut line = BankClient { client, connection, notices, was_logged_in, options, in_flight };
        if let Some(Identity { terminal, key }) = &self.identity {
            line.client.enter_terminal(terminal.as_str(), key.clone()).await?;
        }
        Ok(line)
    }
}

/// A conversation with the bank.
pub struct BankClient {
    /// What speaks.
    pub client: Client,
    connection: Box<dyn Connection>,
    /// What the bank was informed of earlier dispenses, in words.
    pub notices: Vec<String>,
    /// Whether an account was logged in to on it.
    pub(crate) was_logged_in: bool,
    pub(crate) options: Vec<String>,
    pub(crate) in_flight: InFlight,
}

impl std::fmt::Debug for BankClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BankClient").field("client", &self.client).finish_non_exhaustive()
    }
}

impl BankClient {
    /// Hangs up; when this returns, the account is free.
    pub async fn close(self) {
        self.client.close().await;
        self.connection.close().await;
    }
}

/// The options that lead another `atm` to the same bank.
fn options(args: &Args, endpoint: &Endpoint) -> Vec<String> {
    let mut options = vec![format!("--server={endpoint}")];
    options.extend(args.fingerprint.map(|fingerprint| format!("--fingerprint={fingerprint}")));
    // Cash that was paid in at this terminal was not paid in elsewhere.
    options.extend(args.terminal.map(|terminal| format!("--terminal={terminal}")));
    let files = [
        ("key-file", &args.key_file),
        ("journal", &args.journal),
        ("ca", &args.ca),
        ("known-servers", &args.known_servers),
    ];
    let files = files.into_iter().filter_map(|(name, file)| Some((name, file.as_ref()?)));
    options.extend(files.map(|(name, file)| format!("--{name}={}", file.display())));
    options.extend(args.plain_tcp_anywhere.then(|| "--plain-tcp-anywhere".to_owned()));
    options
}

fn trust(args: &Args) -> Result<Trust, Failure> {
    if let Some(fingerprint) = args.fingerprint {
        return Ok(Trust::pinned(fingerprint));
    }
    if let Some(authorities) = &args.ca {
        return Trust::authorities_from_file(authorities)
            .map_err(|error| Failure::usage(error_chain(&error)));
    }
    let known = args.known_servers.clone().or_else(known_servers).ok_or_else(|| {
        Failure::usage(
            "there is no home directory to remember servers in; give --known-servers, --ca or --fingerprint",
        )
    })?;
    Ok(Trust::on_first_use(&known).on_first_contact(|server, fingerprint| {
        // Who can't read this can't be helped; `eprintln` would panic.
        let _ = writeln!(
            io::stderr(),
            "first contact with {server}: its key is {fingerprint}\n\
             compare it with what `bankd cert show` prints there; from now on no other key is taken"
        );
    }))
}

/// Where servers are remembered unless set otherwise (XDG Base Directory Specification).
fn known_servers() -> Option<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let configuration = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")))?;
    Some(configuration.join("bank-engine").join("known-servers"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use clap::Parser;

    use super::*;

    #[test]
    fn another_atm_is_led_to_the_same_bank_as_the_same_terminal() {
        let given = "atm --server tls://bank:1 --ca ca.pem --terminal atm-1 --key-file key --journal j";
        let args = Args::try_parse_from(given.split(' ')).unwrap();
        let led = options(&args, &"tls://bank:1".parse().unwrap());
        let expected =
            ["--server=tls://bank:1", "--terminal=atm-1", "--key-file=key", "--journal=j", "--ca=ca.pem"];
        assert_eq!(led, expected);
        Args::try_parse_from(["atm".to_owned(), "ping".to_owned()].into_iter().chain(led)).unwrap();
    }
}
