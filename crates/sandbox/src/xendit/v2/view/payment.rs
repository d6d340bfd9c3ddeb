//! Payments of v2, as webhooks and lists tell them.

use serde::Serialize;
use serde_json::value::RawValue;

use super::{MethodView, Nothing, time};
use crate::amount::Amount;
use crate::faults::Lie;
use crate::ledger::{Api, Charge, Method, Payment, PaymentOutcome};

#[derive(Serialize)]
pub(crate) struct PaymentView<'a> {
    id: String,
    payment_request_id: Option<&'a str>,
    reference_id: &'a str,
    customer_id: Option<&'a RawValue>,
    currency: &'a str,
    amount: Option<Amount>,
    country: &'static str,
    status: &'static str,
    payment_method: Option<MethodView<'a>>,
    channel_properties: Option<&'a RawValue>,
    payment_detail: Option<DetailView<'a>>,
    failure_code: Option<&'a str>,
    description: Option<&'a RawValue>,
    metadata: Option<&'a RawValue>,
    created: String,
    updated: String,
}

/// Who paid, as codes tell it.
#[derive(Serialize)]
struct DetailView<'a> {
    receipt_id: &'a str,
    source: &'a str,
    name: Option<&'a str>,
    account_details: Nothing,
}

impl<'a> PaymentView<'a> {
    pub(in crate::xendit::v2) fn new(
        charge: &'a Charge,
        payment: &'a Payment,
        business_id: &'a str,
        lie: &'a Lie,
    ) -> Self {
        let (status, failure_code) = match &payment.outcome {
            PaymentOutcome::Succeeded => ("SUCCEEDED", None),
            PaymentOutcome::Authorized => ("AWAITING_CAPTURE", None),
            PaymentOutcome::Released => ("VOIDED", None),
            PaymentOutcome::Failed { code } => ("FAILED", Some(code.as_str())),
        };
        Self {
            id: payment.id.clone(),
            currency: &payment.currency,
            amount: Some(lie.amount(&payment.amount)),
            status: lie.status(status),
            payment_detail: (charge.method == Method::Qris).then(|| DetailView {
                receipt_id: &payment.receipt_id,
                source: &payment.issuer_name,
                name: Some(&payment.payer_name),
                account_details: None,
            }),
            failure_code,
            created: time(payment.paid_at),
            updated: time(payment.arrived_at()),
            ..Self::pending(charge, business_id, lie)
        }
    }

    /// The payment of a request that is under way.
    pub(in crate::xendit::v2) fn pending(charge: &'a Charge, business_id: &'a str, lie: &'a Lie) -> Self {
        Self {
            id: charge.id.replacen("pr-", "ewc_", 1),
            payment_request_id: (charge.api == Api::V2).then_some(charge.id.as_str()),
            reference_id: lie.reference(&charge.reference),
            customer_id: charge.echoed("customer_id"),
            currency: &charge.currency,
            amount: lie.asked(charge),
            country: "ID",
            status: lie.status("PENDING"),
            payment_method: MethodView::new(charge, business_id, lie),
            channel_properties: charge.echoed("channel_properties"),
            payment_detail: None,
            failure_code: None,
            description: charge.echoed("description"),
            metadata: charge.echoed("metadata"),
            created: time(charge.created_at),
            updated: time(charge.updated_at),
        }
    }
}
