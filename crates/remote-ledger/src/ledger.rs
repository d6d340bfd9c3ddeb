use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_domain::ids::{MerchantId, OrderCode, PaymentId};
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{LedgerError, LedgerErrorKind, OrderSummary, TransactionLedger};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_outbound::{Call, HttpClient, Reply};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::answer::{self, Unfit};
use crate::config::RemoteLedgerConfig;

const RESOLVING: &str = "resolve an order";
const VERIFYING: &str = "verify a payment";

/// The transaction service of somebody else, spoken to over HTTP.
pub struct RemoteLedger {
    http: HttpClient,
    config: RemoteLedgerConfig,
}

#[derive(Serialize)]
struct PaymentBody<'a> {
    payment_id: String,
    amount: &'a RawValue,
    paid_at: String,
}

impl RemoteLedger {
    /// The service that is there.
    #[must_use]
    pub const fn new(http: HttpClient, config: RemoteLedgerConfig) -> Self {
        Self { http, config }
    }

    async fn send(&self, call: Call, within: Duration, operation: &'static str) -> Result<Reply, LedgerError> {
        let call = match &self.config.token {
            Some(token) => call.header("authorization", format!("Bearer {}", token.expose())),
            None => call,
        };
        let sent = self.http.send(&call, within).await;
        sent.map_err(|error| failed(operation, LedgerErrorKind::Unavailable, error))
    }
}

#[async_trait]
impl TransactionLedger for RemoteLedger {
    async fn resolve(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Option<OrderSummary>, LedgerError> {
        let call = Call::get(self.config.order(merchant, code));
        let reply = self.send(call, self.config.resolve_within, RESOLVING).await?;
        answer::order(&reply).map_err(|unfit| unusable(RESOLVING, unfit))
    }

    async fn verify_payment(
        &self,
        merchant: &MerchantId,
        code: &OrderCode,
        payment: &PaymentId,
        amount: &Money,
        paid_at: Timestamp,
    ) -> Result<(), LedgerError> {
        let body = body(payment, amount, paid_at);
        let body = body.map_err(|error| failed(VERIFYING, LedgerErrorKind::Malformed, error))?;
        let call = Call::post(self.config.payments(merchant, code)).json(body);
        let call = call.header("idempotency-key", payment.to_string());
        let reply = self.send(call, self.config.book_within, VERIFYING).await?;
        answer::booked(&reply, payment).map_err(|unfit| unusable(VERIFYING, unfit))
    }
}

/// An amount is written digit by digit: no binary float comes near it.
fn body(payment: &PaymentId, amount: &Money, paid_at: Timestamp) -> serde_json::Result<String> {
    let amount = RawValue::from_string(amount.to_string())?;
    serde_json::to_string(&PaymentBody {
        payment_id: payment.to_string(),
        amount: &amount,
        paid_at: paid_at.to_string(),
    })
}

fn failed(
    operation: &'static str,
    kind: LedgerErrorKind,
    source: impl std::error::Error + Send + Sync + 'static,
) -> LedgerError {
    LedgerError { operation, kind, source: Some(Box::new(source)) }
}

fn unusable(operation: &'static str, unfit: Unfit) -> LedgerError {
    failed(operation, unfit.kind, unfit)
}
