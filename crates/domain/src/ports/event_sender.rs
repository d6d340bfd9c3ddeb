//! Telling an endpoint.

use async_trait::async_trait;
use thiserror::Error;

use super::StoreError;
use crate::account::SharedSecret;
use crate::event::OutboxMessage;
use crate::ids::{EndpointUrl, MessageId};

/// What an endpoint is told, and how.
#[derive(Debug, Clone)]
pub struct EventCall {
    /// The message; whoever gets it twice can tell.
    pub message: MessageId,
    /// Where to.
    pub url: EndpointUrl,
    /// What it is signed with, the secret in force first.
    pub secrets: Vec<SharedSecret>,
    /// What is told.
    pub body: String,
}

/// What a failure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendEventErrorKind {
    /// It may work another time.
    Failed,
    /// The endpoint is gone for good, and says so.
    Gone,
}

/// An endpoint that was not told, or not for certain.
#[derive(Debug, Error)]
#[error("could not tell the endpoint of an event")]
pub struct SendEventError {
    /// What it means.
    pub kind: SendEventErrorKind,
    /// Why.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// Tells endpoints.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait EventSender: Send + Sync {
    /// Tells it once, signed with every secret. Only an endpoint that says it took the event in has been told. An
    /// adapter MUST NOT be led into the network it runs in, by whatever address.
    ///
    /// # Errors
    /// [`SendEventError`]
    async fn send(&self, call: &EventCall) -> Result<(), SendEventError>;
}

/// Puts messages into the words of those who hear of them.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait EventBodies: Send + Sync {
    /// What is told of that message; `None`: there is nothing to tell any more.
    ///
    /// # Errors
    /// [`StoreError`] where what it is about cannot be read.
    async fn body(&self, message: &OutboxMessage) -> Result<Option<String>, StoreError>;
}
