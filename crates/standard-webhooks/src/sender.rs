use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_domain::ports::{Clock, EventCall, EventSender, SendEventError, SendEventErrorKind};
use mstore_pay_outbound::{Call, HttpClient};
use thiserror::Error;

use crate::signature::signatures;

/// How long an endpoint may take to answer, from looking up its name to the last byte.
const ANSWER_SECONDS_MAX: u64 = 10;
const MICROS_PER_SECOND: i64 = 1_000_000;
/// The status of an endpoint that wants no more.
const GONE: u16 = 410;

/// Tells endpoints over HTTP.
pub struct StandardWebhooks {
    http: HttpClient,
    clock: Arc<dyn Clock>,
    within: Duration,
}

/// An answer that does not say that the event was taken in.
#[derive(Debug, Error)]
#[error("it answered {0}")]
struct Answered(u16);

/// A secret that signs nothing.
#[derive(Debug, Error)]
#[error("its secret is not of the form whsec_...")]
struct NoSecret;

impl StandardWebhooks {
    /// Through that client; signatures carry the time of that clock, which receivers hold against their own.
    #[must_use]
    pub fn new(http: HttpClient, clock: Arc<dyn Clock>) -> Self {
        Self { http, clock, within: Duration::from_secs(ANSWER_SECONDS_MAX) }
    }

    /// The same, waiting no longer than this for an answer.
    #[must_use]
    pub fn answered_within(self, within: Duration) -> Self {
        Self { within, ..self }
    }
}

#[async_trait]
impl EventSender for StandardWebhooks {
    async fn send(&self, call: &EventCall) -> Result<(), SendEventError> {
        let url = call.url.as_str().parse().map_err(failed::<url::ParseError>)?;
        let id = call.message.to_string();
        let seconds = self.clock.now().micros().div_euclid(MICROS_PER_SECOND);
        let signature = signatures(&call.secrets, &id, seconds, &call.body).ok_or_else(|| failed(NoSecret))?;
        let call = Call::post(url)
            .header("webhook-id", id)
            .header("webhook-timestamp", seconds.to_string())
            .header("webhook-signature", signature)
            .json(call.body.as_str());
        let reply = self.http.send(&call, self.within).await.map_err(failed)?;
        if reply.is_success() {
            return Ok(());
        }
        let kind = if reply.status == GONE { SendEventErrorKind::Gone } else { SendEventErrorKind::Failed };
        Err(SendEventError { kind, source: Box::new(Answered(reply.status)) })
    }
}

fn failed<E: Error + Send + Sync + 'static>(error: E) -> SendEventError {
    SendEventError { kind: SendEventErrorKind::Failed, source: Box::new(error) }
}
