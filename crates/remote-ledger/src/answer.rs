//! What the service answered, and what of it counts.

use mstore_pay_domain::ids::{BranchId, PaymentId};
use mstore_pay_domain::order::OrderStatus;
use mstore_pay_domain::ports::{LedgerErrorKind, OrderSummary};
use mstore_pay_outbound::Reply;
use mstore_pay_outbound::json::Object;
use thiserror::Error;

/// An answer that does not do.
#[derive(Debug, Error)]
#[error("it answered {status}: {why}")]
pub(crate) struct Unfit {
    status: u16,
    why: &'static str,
    pub(crate) kind: LedgerErrorKind,
}

impl Unfit {
    const fn malformed(reply: &Reply, why: &'static str) -> Self {
        Self { status: reply.status, why, kind: LedgerErrorKind::Malformed }
    }

    /// For an answer that is not what was asked for.
    const fn of_status(reply: &Reply) -> Self {
        let (kind, why) = match reply.status {
            401 | 403 => (LedgerErrorKind::Unavailable, "it does not let us in"),
            408 | 425 | 429 | 500..=599 => (LedgerErrorKind::Unavailable, "it cannot, now"),
            _ => (LedgerErrorKind::Malformed, "that says nothing of what was asked"),
        };
        Self { status: reply.status, why, kind }
    }
}

/// What an order's look-up brought.
pub(crate) fn order(reply: &Reply) -> Result<Option<OrderSummary>, Unfit> {
    if reply.status == 404 && says(reply, "order_unknown") {
        return Ok(None);
    }
    if reply.status != 200 {
        return Err(Unfit::of_status(reply));
    }
    let unfit = |why| Unfit::malformed(reply, why);
    let told = Object::parse(&reply.body).map_err(|_unreadable| unfit("that is no JSON object"))?;
    let grand_total = told.money("grand_total").ok().flatten().ok_or_else(|| unfit("no grand_total"))?;
    let status: Option<OrderStatus> = told.text("status").and_then(|word| word.parse().ok());
    let branch = told.raw("branch_id").map(|_| told.text("branch_id").and_then(|text| BranchId::parse(text).ok()));
    let branch = branch.map(|named| named.ok_or_else(|| unfit("branch_id names no branch"))).transpose()?;
    Ok(Some(OrderSummary { grand_total, branch, status: status.ok_or_else(|| unfit("no status we know"))? }))
}

/// Whether the payment is in the books.
pub(crate) fn booked(reply: &Reply, payment: &PaymentId) -> Result<(), Unfit> {
    if reply.is_success() {
        let named = Object::parse(&reply.body).ok().and_then(|told| told.text("payment_id"));
        return match named {
            Some(named) if named == payment.to_string() => Ok(()),
            Some(_) => Err(Unfit::malformed(reply, "that is about another payment")),
            None => Err(Unfit::malformed(reply, "that names no payment")),
        };
    }
    if matches!(reply.status, 409 | 422) && says(reply, "payment_refused") {
        return Err(Unfit { status: reply.status, why: "it refuses the payment", kind: LedgerErrorKind::Refused });
    }
    Err(Unfit::of_status(reply))
}

fn says(reply: &Reply, error_code: &str) -> bool {
    Object::parse(&reply.body).ok().and_then(|told| told.text("error_code")).as_deref() == Some(error_code)
}
