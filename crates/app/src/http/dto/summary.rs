use mstore_pay_domain::money::Currency;
use mstore_pay_domain::payment::Payment;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::http::schema;

/// A payment that a problem points at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PaymentSummary)]
pub(crate) struct Summary {
    payment_id: String,
    reference_id: String,
    order_code: String,
    #[schema(schema_with = schema::status)]
    status: &'static str,
    #[schema(schema_with = schema::method)]
    method: &'static str,
    #[schema(schema_with = schema::amount)]
    amount: Box<RawValue>,
    currency: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::time)]
    paid_at: Option<String>,
}

impl Summary {
    pub(crate) fn of(payment: &Payment) -> Self {
        Self {
            payment_id: payment.id.to_string(),
            reference_id: payment.public_reference(),
            order_code: payment.order_code.to_string(),
            status: payment.status().word(),
            method: payment.method.code(),
            amount: super::amount(&payment.amount),
            currency: Currency::Idr.code(),
            paid_at: payment.paid_at().map(|at| at.to_string()),
        }
    }
}
