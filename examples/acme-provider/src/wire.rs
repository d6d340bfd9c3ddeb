//! What Acme Pay is sent and what it answers: pure.

use mstore_pay_domain::charge::{Artefact, FailureReason, Payer, Receipt};
use mstore_pay_domain::ids::{OurReference, ProviderRef};
use mstore_pay_domain::money::{Money, ReportedMoney};
use mstore_pay_domain::ports::{ChargeSnapshot, Exchange, OpenCharge, OpenedCharge, SnapshotStatus};
use mstore_pay_outbound::Reply;
use mstore_pay_outbound::json::Object;
use url::Url;

use crate::error::Failure;

/// The body of `POST /charges`. References and order codes have no character that JSON would escape, and
/// an amount prints as the number it is.
pub(crate) fn open_body(charge: &OpenCharge) -> String {
    let (reference, order, rupiah) = (&charge.our_reference, &charge.order_code, &charge.amount);
    format!(r#"{{"reference":"{reference}","order":"{order}","rupiah":{rupiah}}}"#)
}

pub(crate) fn charges(base: &Url) -> Url {
    below(base, &["charges"])
}

pub(crate) fn charge(base: &Url, id: &ProviderRef) -> Url {
    below(base, &["charges", id.as_str()])
}

pub(crate) fn void(base: &Url, id: &ProviderRef) -> Url {
    below(base, &["charges", id.as_str(), "void"])
}

pub(crate) fn charge_of(base: &Url, reference: &OurReference) -> Url {
    below(base, &["by-reference", reference.as_str()])
}

/// Segments are escaped: an id comes from outside and must not lead elsewhere.
fn below(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

/// A charge as Acme Pay describes it in every answer.
pub(crate) struct AcmeCharge {
    id: ProviderRef,
    reference: String,
    order: Option<String>,
    asked: Money,
    status: SnapshotStatus,
    qr: String,
    receipts: Vec<Receipt>,
    exchange: Exchange,
}

impl AcmeCharge {
    /// Reads an answer; the error names the field that cannot be used.
    pub(crate) fn read(reply: &Reply, asked: &str) -> Result<Self, &'static str> {
        let object = Object::parse(&reply.body).map_err(|_no_object| "body")?;
        let payments = object.objects("payments").map_err(|_no_list| "payments")?;
        Ok(Self {
            id: id(&object)?,
            reference: object.text("reference").ok_or("reference")?,
            order: object.text("order"),
            asked: rupiah(&object)?,
            status: status(&object.text("state").ok_or("state")?),
            qr: object.text("qr").ok_or("qr")?,
            receipts: payments.iter().map(receipt).collect::<Result<_, _>>()?,
            exchange: Exchange {
                request: Some(asked.to_owned()),
                response: Some(reply.on_record()),
                ..Exchange::default()
            },
        })
    }

    /// This charge, if it is the one that was asked for. Nothing else may be put before a customer.
    pub(crate) fn checked_against(self, charge: &OpenCharge) -> Result<OpenedCharge, Failure> {
        if self.reference != charge.our_reference.as_str() || self.asked != charge.amount {
            return Err(Failure::mismatch(self.exchange));
        }
        Ok(OpenedCharge {
            provider_ref: self.id,
            our_reference: self.reference,
            amount: ReportedMoney::idr(self.asked),
            artefact: Artefact::Qr { qr_string: self.qr },
            expires_at: None,
            status: self.status,
            exchange: self.exchange,
        })
    }

    pub(crate) fn snapshot(self) -> ChargeSnapshot {
        ChargeSnapshot {
            charge_ref: Some(self.id),
            our_reference: Some(self.reference),
            order_code: self.order,
            asked: Some(ReportedMoney::idr(self.asked)),
            status: self.status,
            receipts: self.receipts,
            refunds: Vec::new(),
            reversals: Vec::new(),
            fees: Vec::new(),
            expires_at: None,
            exchange: self.exchange,
        }
    }
}

/// Money is money whatever the state says, so `paid` is no state of its own. A word of tomorrow is kept
/// and concludes nothing.
fn status(state: &str) -> SnapshotStatus {
    match state {
        "open" | "paid" => SnapshotStatus::Pending,
        "expired" => SnapshotStatus::Expired,
        "void" => SnapshotStatus::Canceled,
        "failed" => SnapshotStatus::Failed(FailureReason::from_code("FAILED")),
        unknown => SnapshotStatus::Unrecognised(unknown.to_owned()),
    }
}

fn receipt(payment: &Object) -> Result<Receipt, &'static str> {
    Ok(Receipt {
        payment_ref: id(payment)?,
        money: ReportedMoney::idr(rupiah(payment)?),
        paid_at: payment.time("at").ok_or("at")?,
        payer: Payer::default(),
    })
}

fn id(object: &Object) -> Result<ProviderRef, &'static str> {
    object.text("id").and_then(|text| ProviderRef::parse(text).ok()).ok_or("id")
}

/// Read from the digits as sent, never through a float.
fn rupiah(object: &Object) -> Result<Money, &'static str> {
    object.money("rupiah").ok().flatten().ok_or("rupiah")
}
