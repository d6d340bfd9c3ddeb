//! What a back end is told: the event, and the payment as tills see it.

use std::sync::Arc;

use async_trait::async_trait;
use mstore_pay_domain::event::{OutboxMessage, PaymentEvent};
use mstore_pay_domain::gateway::Gateway;
use mstore_pay_domain::ports::{EventBodies, StoreError};
use serde::Serialize;

use crate::http::Links;
use crate::http::dto::StatusBody;

/// Puts messages into the words of tills.
pub(crate) struct Bodies {
    gateway: Arc<Gateway>,
    links: Links,
}

/// An event.
#[derive(Serialize)]
struct EventBody {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    timestamp: String,
    merchant_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    branch_id: Option<String>,
    revision: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    data: StatusBody,
}

impl Bodies {
    pub(crate) const fn new(gateway: Arc<Gateway>, links: Links) -> Self {
        Self { gateway, links }
    }
}

#[async_trait]
impl EventBodies for Bodies {
    /// The payment is told as it is by now: whoever was down for an hour hears the truth, not history.
    async fn body(&self, message: &OutboxMessage) -> Result<Option<String>, StoreError> {
        let payments = &self.gateway.ports().payments;
        let Some(payment) = payments.payment(&message.merchant, &message.payment).await? else { return Ok(None) };
        let view = self.gateway.view(payment).await?;
        let body = EventBody {
            id: message.id.to_string(),
            kind: kind(&message.event),
            timestamp: message.at.to_string(),
            merchant_id: message.merchant.to_string(),
            branch_id: message.branch.as_ref().map(ToString::to_string),
            revision: message.revision.number(),
            status: match message.event {
                PaymentEvent::StatusChanged(status) => Some(status.word()),
                PaymentEvent::OrderPaid { .. } | PaymentEvent::ExceptionRaised => None,
            },
            data: StatusBody::of(&view, &self.links),
        };
        serde_json::to_string(&body).map(Some).map_err(StoreError::query)
    }
}

/// What happened, as back ends tell events apart.
fn kind(event: &PaymentEvent) -> String {
    match event {
        PaymentEvent::StatusChanged(status) => format!("payment.{}", status.word()),
        PaymentEvent::OrderPaid { .. } => "order.paid".to_owned(),
        PaymentEvent::ExceptionRaised => "payment.exception_raised".to_owned(),
    }
}
