use actix_web::HttpResponse;
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::answer::{Refused, answer, safe};
use crate::amount::Amount;
use crate::ledger::{Books, Charge, Payment, PaymentOutcome};
use crate::provider::Provider;
use crate::sandbox::Sandbox;
use crate::{midtrans, xendit};

/// One charge, as test programmes read it.
#[derive(Serialize)]
struct ChargeRow {
    provider: Provider,
    account: String,
    id: String,
    reference: String,
    order_code: Option<String>,
    idempotency_key: Option<String>,
    method: &'static str,
    /// What was asked for; none where the customer chooses.
    amount: Option<Amount>,
    currency: String,
    /// The provider's own word.
    status: &'static str,
    times_paid: usize,
    /// Whether a customer could still pay it in the ordinary way.
    payable: bool,
    payable_until: DateTime<Utc>,
    created_at: DateTime<Utc>,
    /// When the first money came.
    paid_at: Option<DateTime<Utc>>,
    artefact: String,
    payments: Vec<PaymentRow>,
}

#[derive(Serialize)]
struct PaymentRow {
    id: String,
    amount: Amount,
    currency: String,
    status: &'static str,
    failure_code: Option<String>,
    paid_at: DateTime<Utc>,
    inquired_at: Option<DateTime<Utc>>,
    payer_name: String,
    issuer_name: String,
}

/// `GET /_control/charges`
pub(super) async fn list(sandbox: Data<Sandbox>) -> HttpResponse {
    answer(rows(&sandbox).await)
}

async fn rows(sandbox: &Sandbox) -> Result<Vec<ChargeRow>, Refused> {
    let now = sandbox.clock.now();
    let (rows, mark) = sandbox.with_books(|pen| {
        sandbox.expire_due(pen, now);
        pen.charges().map(|charge| row(pen, charge, now)).collect()
    });
    safe(sandbox, mark).await?;
    Ok(rows)
}

fn row(books: &Books, charge: &Charge, now: DateTime<Utc>) -> ChargeRow {
    let payments: Vec<&Payment> = books.payments_of(&charge.id).collect();
    let arrived = || payments.iter().filter(|payment| payment.succeeded());
    ChargeRow {
        provider: charge.provider,
        account: charge.account.clone(),
        id: charge.id.clone(),
        reference: charge.reference.clone(),
        order_code: charge.order_code.clone(),
        idempotency_key: charge.idempotency_key.clone(),
        method: charge.method.word(),
        amount: charge.amount.clone(),
        currency: charge.currency.clone(),
        status: match charge.provider {
            Provider::Xendit => xendit::status(charge, now),
            Provider::Midtrans => midtrans::status(books, charge, now),
        },
        times_paid: arrived().count(),
        payable: charge.is_payable(now),
        payable_until: charge.payable_until,
        created_at: charge.created_at,
        paid_at: arrived().map(|payment| payment.paid_at).min(),
        artefact: charge.artefact.clone(),
        payments: payments.iter().map(|payment| payment_row(payment)).collect(),
    }
}

fn payment_row(payment: &Payment) -> PaymentRow {
    let (status, failure_code) = match &payment.outcome {
        PaymentOutcome::Succeeded => ("succeeded", None),
        PaymentOutcome::Authorized => ("authorized", None),
        PaymentOutcome::Released => ("released", None),
        PaymentOutcome::Failed { code } => ("failed", Some(code.clone())),
    };
    PaymentRow {
        id: payment.id.clone(),
        amount: payment.amount.clone(),
        currency: payment.currency.clone(),
        status,
        failure_code,
        paid_at: payment.paid_at,
        inquired_at: payment.inquired_at,
        payer_name: payment.payer_name.clone(),
        issuer_name: payment.issuer_name.clone(),
    }
}
