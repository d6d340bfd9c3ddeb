use serde::Serialize;
use serde_json::value::RawValue;

use crate::amount::Amount;
use crate::faults::Lie;
use crate::ledger::{Api, Charge, Refund, RefundOutcome};
use crate::sandbox::json;
use crate::xendit::channels::Channel;
use crate::xendit::v2;
use crate::xendit::view::time;

#[derive(Serialize)]
pub(crate) struct RefundView<'a> {
    id: &'a str,
    payment_request_id: &'a str,
    payment_id: &'a str,
    invoice_id: Option<&'static str>,
    payment_method_type: &'static str,
    reference_id: Option<&'a str>,
    channel_code: Option<&'static str>,
    country: &'static str,
    currency: &'a str,
    amount: Amount,
    status: &'static str,
    reason: &'a str,
    failure_code: Option<&'a str>,
    refund_fee_amount: Option<&'static str>,
    metadata: Option<&'a RawValue>,
    created: String,
    updated: String,
}

#[derive(Serialize)]
struct PageView<'a> {
    data: Vec<RefundView<'a>>,
    has_more: bool,
}

/// The body of a refund.
pub(super) fn refund(charge: &Charge, refund: &Refund, lie: &Lie) -> String {
    lie.finish(json(&RefundView::new(charge, refund, lie)))
}

/// The body of a list.
pub(super) fn page(data: Vec<RefundView<'_>>, has_more: bool, lie: &Lie) -> String {
    lie.finish(json(&PageView { data, has_more }))
}

impl<'a> RefundView<'a> {
    pub(crate) fn new(charge: &'a Charge, refund: &'a Refund, lie: &'a Lie) -> Self {
        let (status, failure_code) = match &refund.outcome {
            RefundOutcome::Pending => ("PENDING", None),
            RefundOutcome::Succeeded => ("SUCCEEDED", None),
            RefundOutcome::Failed { code } => ("FAILED", Some(code.as_str())),
            // Two Ls here, one everywhere else.
            RefundOutcome::Canceled => ("CANCELLED", None),
        };
        let of_v2 = charge.api == Api::V2;
        Self {
            id: &refund.id,
            payment_request_id: charge.request_id(),
            payment_id: &refund.payment_id,
            invoice_id: None,
            payment_method_type: v2::kind(charge.method),
            reference_id: refund.reference.as_deref().map(|reference| lie.reference(reference)),
            channel_code: if of_v2 { v2::channel_code(charge.method) } else { Some(Channel::code_of(charge.method)) },
            country: "ID",
            currency: &charge.currency,
            amount: lie.amount(&refund.amount),
            status: lie.status(status),
            reason: &refund.reason,
            failure_code,
            refund_fee_amount: None,
            metadata: refund.echo.get("metadata").map(AsRef::as_ref),
            created: time(refund.created_at),
            updated: time(refund.updated_at),
        }
    }
}
