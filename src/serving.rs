//! A server in a few lines: a bank, URLs to listen at, and a future that says when to stop.

use bank_engine_core::bank::Bank;
use bank_engine_core::error::{Cause, Error};
use bank_engine_core::server::{Limits, serve};
use bank_engine_core::transport::Listener;
use bank_engine_tls::Identity;
use tokio_util::sync::CancellationToken;

use crate::endpoint::{Endpoint, EndpointError, PlainTcp};

/// Serves a bank to customers and terminals.
///
/// ```no_run
/// # async fn example() -> Result<(), bank_engine::Error> {
/// use bank_engine::{Identity, Server};
///
/// let bank = bank_engine::open("bank-data").await?;
/// let identity = Identity::load_or_create("bank-data/tls".as_ref(), &["bank.example".to_owned()])?;
/// println!("the server's key is {}", identity.fingerprint());
/// Server::new(bank)
///     .identity(identity)
///     .listen("tcp://127.0.0.1:7878")
///     .listen("quic://[::]:7879")
///     .serve(async { tokio::signal::ctrl_c().await.unwrap_or_default() })
///     .await
/// # }
/// ```
#[must_use]
pub struct Server {
    bank: Bank,
    urls: Vec<String>,
    identity: Option<Identity>,
    limits: Limits,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Server { bank, urls, limits, .. } = self;
        f.debug_struct("Server")
            .field("bank", bank)
            .field("urls", urls)
            .field("limits", limits)
            .finish_non_exhaustive()
    }
}

impl Server {
    /// A server that listens nowhere yet.
    pub fn new(bank: Bank) -> Server {
        Server { bank, urls: Vec::new(), identity: None, limits: Limits::default() }
    }

    /// Listens at `tcp://HOST:PORT` (plain, and only on loopback), `tls://HOST:PORT` or
    /// `quic://HOST:PORT` too. Port 0 is one that is free.
    pub fn listen(mut self, url: impl Into<String>) -> Server {
        self.urls.push(url.into());
        self
    }

    /// Who the server is, where it listens encrypted.
    pub fn identity(mut self, identity: Identity) -> Server {
        self.identity = Some(identity);
        self
    }

    /// What clients may use up, other than the default.
    pub fn limits(mut self, limits: Limits) -> Server {
        self.limits = limits;
        self
    }

    /// Begins to listen everywhere, or nowhere. Clients may connect from here on, and are served by
    /// [`BoundServer::serve`].
    ///
    /// Errors: [`Failed`](Error::Failed) with [`Cause::Setup`] for a URL that is none, or an encrypted
    /// one without an identity, and with [`Cause::Listening`] where the machine refuses.
    pub async fn bind(self) -> Result<BoundServer, Error> {
        let mut listeners = Vec::new();
        let mut urls = Vec::new();
        for url in &self.urls {
            let (listener, bound) = listen(url, self.identity.as_ref()).await?;
            listeners.push(listener);
            urls.push(bound);
        }
        Ok(BoundServer { bank: self.bank, limits: self.limits, listeners, urls })
    }

    /// Listens and serves until `shutdown` completes; see [`BoundServer::serve`]. Errors as
    /// [`bind`](Server::bind) does.
    pub async fn serve(self, shutdown: impl Future<Output = ()> + Send) -> Result<(), Error> {
        self.bind().await?.serve(shutdown).await;
        Ok(())
    }
}

async fn listen(url: &str, identity: Option<&Identity>) -> Result<(Box<dyn Listener>, String), Error> {
    let endpoint: Endpoint = url.parse().map_err(|error| Error::failed(Cause::Setup, error))?;
    let listener = match endpoint.listener(identity, PlainTcp::LoopbackOnly).await {
        Ok(listener) => listener,
        Err(error @ EndpointError::Transport(_)) => return Err(Error::failed(Cause::Listening, error)),
        Err(error) => return Err(Error::failed(Cause::Setup, error)),
    };
    let bound = Endpoint { address: listener.address(), ..endpoint };
    Ok((listener, bound.to_string()))
}

/// A server that listens.
pub struct BoundServer {
    bank: Bank,
    limits: Limits,
    listeners: Vec<Box<dyn Listener>>,
    urls: Vec<String>,
}

impl std::fmt::Debug for BoundServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BoundServer").field("urls", &self.urls).finish_non_exhaustive()
    }
}

impl BoundServer {
    /// Where it listens, as URLs in the order in which they were given, each with its port.
    #[must_use]
    pub fn urls(&self) -> &[String] {
        &self.urls
    }

    /// Serves until `shutdown` completes, then answers what is in flight, informs clients, and returns
    /// within [`Limits::drain_time_max`]. When the future is dropped, every client is dropped at once.
    /// In each case their accounts are free.
    pub async fn serve(self, shutdown: impl Future<Output = ()> + Send) {
        let stop = CancellationToken::new();
        let serving = serve(self.bank, self.listeners, self.limits, stop.clone());
        tokio::pin!(serving);
        tokio::select! {
            () = &mut serving => return,
            () = shutdown => stop.cancel(),
        }
        serving.await;
    }
}
