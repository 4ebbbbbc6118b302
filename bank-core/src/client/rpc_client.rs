//! Sends one request at a time over a channel and waits for its answer.

use std::time::Duration;

use serde::de::DeserializeOwned;

use super::{ANSWER_TIME_MAX, ClientError};
use crate::protocol::{RequestId, decode_answer};
use crate::reusable_timeout::{Elapsed, ReusableTimeout};
use crate::transport::{Channel, TransportError};

pub(super) struct RpcClient {
    channel: Box<dyn Channel>,
    last_id: i64,
    pub(super) answer_time_max: Duration,
    reusable_timeout: ReusableTimeout,
    broken: bool,
}

impl RpcClient {
    pub(super) fn new(channel: Box<dyn Channel>) -> RpcClient {
        let reusable_timeout = ReusableTimeout::new();
        RpcClient { channel, last_id: 0, answer_time_max: ANSWER_TIME_MAX, reusable_timeout, broken: false }
    }

    /// Asks what `encode` makes with the request's number.
    pub(super) async fn ask<T: DeserializeOwned>(
        &mut self,
        encode: impl FnOnce(i64) -> Vec<u8>,
    ) -> Result<T, ClientError> {
        if self.broken {
            return Err(ClientError::Broken);
        }
        self.broken = true;
        self.last_id += 1;
        let frame = encode(self.last_id);
        let asked = self.reusable_timeout.within(self.answer_time_max, async {
            // A server that turns a client away says so and closes, perhaps before it was asked.
            let sent = self.channel.send(&frame).await;
            if let Err(error @ TransportError::FrameTooLong) = sent {
                return Err(error);
            }
            match self.channel.receive().await {
                Ok(Some(frame)) => Ok(frame),
                Ok(None) => Err(TransportError::Lost(None)),
                Err(error) => Err(sent.err().unwrap_or(error)),
            }
        });
        let answered =
            asked.await.map_err(|Elapsed| ClientError::TimedOut { limit: self.answer_time_max })?;
        if let Err(TransportError::FrameTooLong) = answered {
            // Nothing was sent, so nothing is amiss with the channel.
            self.broken = false;
        }
        let answer = decode_answer(&answered?).map_err(ClientError::Garbled)?;
        // An answer without an id is the server's last word on this channel.
        self.broken = answer.id != Some(RequestId::Number(self.last_id));
        match answer.result {
            Ok(_) if self.broken => Err(ClientError::Broken),
            Ok(result) => Ok(result),
            Err(error) => Err(ClientError::Refused(error)),
        }
    }

    pub(super) async fn close(mut self) {
        self.channel.close().await;
    }
}
