use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::ports::{ChargeSnapshot, ProviderError, Query, SnapshotStatus};

use super::super::object::Object;
use super::refunds::gone_back;
use super::request_v3::payment_named;
use crate::client::Talk;
use crate::config::XenditApi;
use crate::response::Payment;

/// The first payment heard of that is money on the charge. It says more than the object it was made on, which stays
/// EXPIRED although money came. Only v3 has payments to ask for.
pub(super) async fn ask(talk: &Talk<'_>, query: &Query) -> Result<Option<ChargeSnapshot>, ProviderError> {
    if !is_asked_first(query, talk.api()) {
        return Ok(None);
    }
    let object = object_of(query, talk.api());
    let is_ours = |payment: &Payment| match object {
        Some((Object::RequestV3, request)) => payment.made_on.as_ref() == Some(request),
        // Which request was made on the page, only the session tells.
        Some((Object::Session, _)) => is_under_our_reference(payment, query),
        None => payment.made_on.is_some() && is_under_our_reference(payment, query),
        Some((Object::QrCode | Object::RequestV2, _)) => false,
    };
    for payment_ref in &query.payment_refs {
        let payment = payment_named(talk, payment_ref).await?.filter(is_ours);
        if let Some(payment) = payment
            && payment.receipt.is_some()
        {
            let refunds = gone_back(talk, query, payment.made_on.as_ref()).await?;
            return Ok(Some(ChargeSnapshot { refunds, ..snapshot(talk, query.charge_ref.as_ref(), payment) }));
        }
    }
    Ok(None)
}

/// Whether there is a payment to ask for before the object it was made on.
pub(super) fn is_asked_first(query: &Query, api: XenditApi) -> bool {
    let has_payments = match (object_of(query, api), api) {
        (Some((Object::RequestV3 | Object::Session, _)), _) | (None, XenditApi::V3) => true,
        (Some((Object::QrCode | Object::RequestV2, _)), _) | (None, XenditApi::V2) => false,
    };
    has_payments && !query.payment_refs.is_empty()
}

fn object_of(query: &Query, api: XenditApi) -> Option<(Object, &ProviderRef)> {
    query.charge_ref.as_ref().map(|charge_ref| (Object::of(charge_ref, api), charge_ref))
}

fn is_under_our_reference(payment: &Payment, query: &Query) -> bool {
    payment.reference.as_deref() == Some(query.our_reference.as_str())
}

/// The charge, as far as a payment on it tells.
fn snapshot(talk: &Talk<'_>, charge_ref: Option<&ProviderRef>, payment: Payment) -> ChargeSnapshot {
    ChargeSnapshot {
        charge_ref: charge_ref.cloned().or(payment.made_on),
        our_reference: payment.reference,
        order_code: None,
        asked: None,
        status: SnapshotStatus::Pending,
        receipts: payment.receipt.into_iter().collect(),
        refunds: Vec::new(),
        reversals: Vec::new(),
        fees: Vec::new(),
        expires_at: None,
        exchange: talk.exchange(),
    }
}
