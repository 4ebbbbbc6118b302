//! The client for operators, whose verbs come from the table of methods.

use std::time::Duration;

use serde::de::DeserializeOwned;

use super::{ClientError, RpcClient};
use crate::protocol::{
    AdminRequest, EmptyResult, HelloParams, HelloResult, NoParams, TrialBalanceResult, VERSIONS,
    admin_methods, encode_admin_request, params, results,
};
use crate::transport::Channel;

/// One operator's conversation with a bank, over a channel that
/// [`serve_operators`](crate::server::serve_operators) serves. What holds for a
/// [`Client`](super::Client) holds for it too.
pub struct Admin {
    line: RpcClient,
    welcome: HelloResult,
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admin").field("welcome", &self.welcome).finish_non_exhaustive()
    }
}

impl Admin {
    /// Says hello as `name` (1 to 64 characters, the program's, not the operator's) on a fresh
    /// channel.
    pub async fn handshake(channel: Box<dyn Channel>, name: &str) -> Result<Admin, ClientError> {
        let mut line = RpcClient::new(channel);
        let hello = AdminRequest::Hello(HelloParams {
            versions: VERSIONS,
            client: name.to_owned(),
            notifications: None,
        });
        let welcome = line.ask(|id| encode_admin_request(id, &hello)).await?;
        Ok(Admin { line, welcome })
    }

    /// Waits at most `limit` for each answer instead of
    /// [`ANSWER_TIME_MAX`](super::ANSWER_TIME_MAX).
    #[must_use]
    pub fn answer_time_max(mut self, limit: Duration) -> Admin {
        self.line.answer_time_max = limit;
        self
    }

    /// Who the server says it is, and the version spoken.
    #[must_use]
    pub fn welcome(&self) -> &HelloResult {
        &self.welcome
    }

    /// Returns the trial balance, a line a currency.
    pub async fn trial_balance(&mut self) -> Result<TrialBalanceResult, ClientError> {
        self.ask(AdminRequest::TrialBalance(NoParams {})).await
    }

    /// Checks that the server answers.
    pub async fn ping(&mut self) -> Result<(), ClientError> {
        self.ask(AdminRequest::Ping(NoParams {})).await.map(|EmptyResult {}| ())
    }

    /// Closes the channel.
    pub async fn close(self) {
        self.line.close().await;
    }

    async fn ask<T: DeserializeOwned>(&mut self, request: AdminRequest) -> Result<T, ClientError> {
        self.line.ask(|id| encode_admin_request(id, &request)).await
    }
}

macro_rules! verbs {
    ($(#[$about:meta])* $name:ident { $(
        #[doc = $summary:literal]
        $variant:ident($params:ident) -> $result:ident = $method:literal $(as $verb:ident)?, $errors:tt;
    )+ }) => {
        impl Admin { $($(
            #[doc = $summary]
            pub async fn $verb(&mut self, params: params::$variant) -> Result<results::$variant, ClientError> {
                self.ask($name::$variant(params)).await
            }
        )?)+ }
    };
}

admin_methods!(verbs);
