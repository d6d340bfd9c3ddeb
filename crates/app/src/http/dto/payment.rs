//! A payment as tills parse it: the seed's fields under the seed's names, and what came since.

use mstore_pay_domain::charge::{Artefact, Charge, Opening, Payer};
use mstore_pay_domain::gateway::PaymentView;
use mstore_pay_domain::money::Currency;
use mstore_pay_domain::payment::{Display, Intake, Payment, PaymentStatus, Standing, Withdrawal};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::http::Links;

/// The answer to a create.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreatedBody {
    #[serde(flatten)]
    artefact: ArtefactBody,
    reference_id: String,
    transaction_id: String,
    external_id: String,
    #[schema(schema_with = crate::http::schema::status)]
    status: &'static str,
    order_code: String,
    #[schema(schema_with = crate::http::schema::method)]
    method: &'static str,
    #[schema(schema_with = crate::http::schema::amount)]
    amount: Box<RawValue>,
    currency: &'static str,
    #[schema(schema_with = crate::http::schema::channel)]
    channel_code: &'static str,
    #[schema(schema_with = crate::http::schema::time)]
    expires_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    extra: Option<Extra>,
    payment_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    pay_page_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = crate::http::schema::time)]
    payable_until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_reason: Option<String>,
    attempt: u32,
}

/// The answer to "where does it stand".
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatusBody {
    #[serde(flatten)]
    created: CreatedBody,
    payment_method: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = crate::http::schema::time)]
    paid_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = crate::http::schema::order_status)]
    order_status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paid_by_payment_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payer: Option<PayerBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancellation: Option<&'static str>,
}

/// What a customer can be shown.
#[derive(Debug, Default, Serialize, ToSchema)]
struct ArtefactBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    qr_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    qr_string: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checkout_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deeplink_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    va_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bank_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    biller_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bill_key: Option<String>,
}

/// What the seed repeats of a QR.
#[derive(Debug, Serialize, ToSchema)]
struct Extra {
    provider: String,
    qr_string: String,
}

/// What the customer's phone shows of who paid.
#[derive(Debug, Serialize, ToSchema)]
struct PayerBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt_id: Option<String>,
}

impl CreatedBody {
    pub(crate) fn of(payment: &Payment, links: &Links) -> Self {
        let charge = payment.shown_charge();
        let artefact = shown_artefact(payment).map(|shown| ArtefactBody::of(shown, payment, links)).unwrap_or_default();
        let provider = charge.map(|charge| charge.provider.to_string());
        let extra = provider.clone().zip(artefact.qr_string.clone());
        Self {
            reference_id: payment.public_reference(),
            transaction_id: payment.public_reference(),
            external_id: payment.order_code.to_string(),
            status: payment.status().word(),
            order_code: payment.order_code.to_string(),
            method: payment.method.code(),
            amount: super::amount(&payment.amount),
            currency: Currency::Idr.code(),
            channel_code: payment.method.channel().code(),
            expires_at: payment.expires_at.to_string(),
            extra: extra.map(|(provider, qr_string)| Extra { provider, qr_string }),
            payment_id: payment.id.to_string(),
            provider,
            pay_page_url: links.page(payment),
            payable_until: charge.and_then(payable_until),
            status_reason: status_reason(payment),
            attempt: payment.attempt,
            artefact,
        }
    }
}

impl StatusBody {
    pub(crate) fn of(view: &PaymentView, links: &Links) -> Self {
        let mut body = Self {
            order_status: view.order_status.map(mstore_pay_domain::order::OrderStatus::word),
            paid_by_payment_id: view.paid_by.map(|paid| paid.to_string()),
            ..Self::alone(&view.payment, links)
        };
        if view.is_confirming {
            body.created.status_reason = Some("confirming".to_owned());
        }
        body
    }

    /// The same without what the rest of its order says of it.
    pub(crate) fn alone(payment: &Payment, links: &Links) -> Self {
        let standing = payment.standing();
        let receipt = match &standing {
            Standing::Settled { receipt, .. } => receipt.as_ref(),
            Standing::Pending | Standing::Expired { .. } | Standing::Canceled { .. } | Standing::Failed { .. } => None,
        };
        Self {
            created: CreatedBody::of(payment, links),
            payment_method: payment.method.code().to_uppercase(),
            paid_at: receipt.map(|receipt| receipt.paid_at.to_string()),
            order_status: None,
            paid_by_payment_id: None,
            payer: receipt.and_then(|receipt| PayerBody::of(&receipt.payer)),
            cancellation: None,
        }
    }

    /// The same, saying how far a cancel got.
    pub(crate) const fn cancelled(mut self, cancellation: &'static str) -> Self {
        self.cancellation = Some(cancellation);
        self
    }
}

impl ArtefactBody {
    fn of(artefact: &Artefact, payment: &Payment, links: &Links) -> Self {
        let shown = artefact.clone();
        match shown {
            Artefact::Qr { qr_string } => {
                Self { qr_url: Some(links.qr(payment)), qr_string: Some(qr_string), ..Self::default() }
            }
            Artefact::VirtualAccount { bank_code, va_number } => {
                Self { bank_code: Some(bank_code), va_number: Some(va_number), ..Self::default() }
            }
            Artefact::Bill { biller_code, bill_key } => {
                Self { biller_code: Some(biller_code), bill_key: Some(bill_key), ..Self::default() }
            }
            Artefact::Link { checkout_url, deeplink_url } => Self { checkout_url, deeplink_url, ..Self::default() },
            Artefact::Push => Self::default(),
        }
    }
}

impl PayerBody {
    fn of(payer: &Payer) -> Option<Self> {
        let text = |told: Option<&str>| told.map(str::to_owned);
        let body =
            Self { issuer: text(payer.issuer()), name: text(payer.name()), receipt_id: text(payer.receipt_id()) };
        let known = body.issuer.is_some() || body.name.is_some() || body.receipt_id.is_some();
        known.then_some(body)
    }
}

/// What may be put before a customer now: nothing once the payment was withdrawn or is over.
fn shown_artefact(payment: &Payment) -> Option<&Artefact> {
    let displayed = payment.display == Display::Shown && payment.status() == PaymentStatus::Pending;
    payment.shown_charge().filter(|_| displayed).and_then(Charge::artefact)
}

fn payable_until(charge: &Charge) -> Option<String> {
    match &charge.opening {
        Opening::Opened(opened) => Some(opened.payable_until.to_string()),
        Opening::Intended | Opening::Unknown { .. } | Opening::Found { .. } | Opening::Refused { .. } => None,
    }
}

/// Why it stands where it stands, in a word, where the status alone does not tell.
fn status_reason(payment: &Payment) -> Option<String> {
    match payment.standing() {
        Standing::Failed { reason, .. } => Some(reason.to_string()),
        Standing::Pending => match payment.display {
            Display::Withdrawn { why: Withdrawal::Expired, .. } if payment.unanswered_push().is_some() => {
                Some("not_seen_paid".to_owned())
            }
            Display::Withdrawn { why, .. } => Some(why.word().to_owned()),
            Display::Shown if payment.shown_charge().and_then(Charge::artefact).is_some() => None,
            Display::Shown if payment.intake == Intake::Open => Some("opening".to_owned()),
            Display::Shown if payment.is_unproven() => Some("unproven".to_owned()),
            Display::Shown => Some("outcome_unknown".to_owned()),
        },
        Standing::Canceled { .. } => match payment.display {
            Display::Withdrawn { why, .. } => Some(why.word().to_owned()),
            Display::Shown => None,
        },
        Standing::Expired { .. } | Standing::Settled { .. } => None,
    }
}
