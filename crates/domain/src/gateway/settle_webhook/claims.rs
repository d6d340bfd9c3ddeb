//! What a webhook claims, held against what is known and what the provider says.

use crate::charge::{Charge, ChargeStatus, Funds, Payer, Receipt};
use crate::ids::ProviderRef;
use crate::payment::Payment;
use crate::ports::{ChargeSnapshot, Exchange, SnapshotStatus};
use crate::webhook::{Claim, ClaimedAmount, LeasedDelivery, Notification};

/// Whether the claim, if true, would change anything: what would not is settled without asking.
pub(super) fn would_change(payment: &Payment, charge: &Charge, notification: &Notification) -> bool {
    let status = charge.state.status();
    let odd_amount = match &notification.amount {
        ClaimedAmount::Absent => false,
        ClaimedAmount::Named(amount) => !amount.fits(&payment.amount),
        ClaimedAmount::Unreadable(_) => true,
    };
    let learns_id = charge.provider_ref().is_none() && notification.about.charge_ref.is_some();
    let news = match &notification.claim {
        Claim::Paid { .. } => {
            let known_receipt = notification.about.payment_ref.as_ref().map_or(status >= ChargeStatus::Paid, |named| {
                charge.state.funds().is_some_and(|funds| funds.receipt(named).is_some())
            });
            !known_receipt || odd_amount
        }
        Claim::Refunded => true,
        Claim::Pending => status < ChargeStatus::Pending,
        Claim::Expired => status < ChargeStatus::Expired,
        // A card that was charged can be voided before it is settled: the provider, asked, tells.
        Claim::Canceled => status < ChargeStatus::Canceled || has_money(charge),
        // Some providers say so of money that had come and was taken back. Of others it is an attempt that failed, and
        // the question is asked for nothing, once.
        Claim::Failed(_) => status < ChargeStatus::Failed || has_money(charge),
        Claim::RefundFailed { .. } | Claim::Other(_) => false,
    };
    news || learns_id
}

/// Whether money came that was not taken back.
fn has_money(charge: &Charge) -> bool {
    charge.state.funds().is_some_and(|funds| funds.standing().next().is_some())
}

/// The payment that a claim says was taken back after it came, if it says so: one of its own names fails.
pub(super) fn taken_back<'a>(notification: &'a Notification, charge: &Charge) -> Option<&'a ProviderRef> {
    let Claim::Failed(_) = notification.claim else { return None };
    let mut named = notification.about.payment_ref.iter().chain(&notification.about.charge_ref);
    named.find(|named| charge.state.funds().is_some_and(|funds| funds.receipt(named).is_some()))
}

/// The payment that a question about the claim is to cover: the one it names as such, else money that is known under the
/// name it gives to the charge.
pub(super) fn payment_named<'a>(notification: &'a Notification, charge: &Charge) -> Option<&'a ProviderRef> {
    let about = &notification.about;
    let is_known = |named: &&ProviderRef| charge.state.funds().is_some_and(|funds| funds.receipt(named).is_some());
    about.payment_ref.as_ref().or_else(|| about.charge_ref.as_ref().filter(is_known))
}

/// Whether the provider's word covers the claim. Claims other than that money came, or went back, need no bearing out:
/// the provider's word stands in their place.
pub(super) fn is_borne_out(notification: &Notification, charge: &Charge, snapshot: &ChargeSnapshot) -> bool {
    if let Some(taken_back) = taken_back(notification, charge) {
        return snapshot.reversals.iter().any(|(reversed, _)| reversed == taken_back);
    }
    let Claim::Paid { .. } = notification.claim else { return true };
    let amount_fits = |receipt: &Receipt| match &notification.amount {
        ClaimedAmount::Absent => true,
        ClaimedAmount::Named(claimed) => claimed == &receipt.money,
        ClaimedAmount::Unreadable(_) => false,
    };
    let named = |receipt: &Receipt| {
        notification.about.payment_ref.as_ref().is_none_or(|payment_ref| payment_ref == &receipt.payment_ref)
    };
    let known = charge.state.funds().into_iter().flat_map(Funds::receipts);
    snapshot.receipts.iter().chain(known).any(|receipt| named(receipt) && amount_fits(receipt))
}

/// The claim as a snapshot, for those who believe webhooks. Money without the name of its payment
/// object is never believed.
pub(super) fn believed(
    leased: &LeasedDelivery,
    notification: &Notification,
    payment: &Payment,
    charge: &Charge,
) -> Option<ChargeSnapshot> {
    let (status, receipts) = match &notification.claim {
        Claim::Paid { at } => {
            let ClaimedAmount::Named(money) = &notification.amount else { return None };
            let payment_ref = notification.about.payment_ref.clone()?;
            let paid_at = at.unwrap_or(leased.delivery.received_at).min(leased.delivery.received_at);
            (
                SnapshotStatus::Pending,
                vec![Receipt { payment_ref, money: money.clone(), paid_at, payer: Payer::default() }],
            )
        }
        Claim::Pending => (SnapshotStatus::Pending, Vec::new()),
        Claim::Expired => (SnapshotStatus::Expired, Vec::new()),
        // Whether money that had come was taken back, only the provider tells.
        Claim::Canceled if has_money(charge) => return None,
        Claim::Canceled => (SnapshotStatus::Canceled, Vec::new()),
        // An attempt that failed, on a page perhaps, is not yet the charge's end. Whether money that had come was
        // taken back, only the provider tells.
        Claim::Failed(_) if notification.about.payment_ref.is_some() || has_money(charge) => return None,
        Claim::Failed(reason) => (SnapshotStatus::Failed(reason.clone()), Vec::new()),
        Claim::Refunded | Claim::RefundFailed { .. } | Claim::Other(_) => return None,
    };
    Some(ChargeSnapshot {
        // Of money on a page the payment request that was made there is named, and the page is the charge. That no name is
        // another charge's was looked at when this one was found.
        charge_ref: charge.provider_ref().or(notification.about.charge_ref.as_ref()).cloned(),
        our_reference: Some(charge.our_reference.to_string()),
        order_code: Some(payment.order_code.to_string()),
        asked: None,
        status,
        receipts,
        refunds: Vec::new(),
        reversals: Vec::new(),
        fees: Vec::new(),
        expires_at: None,
        exchange: Exchange::default(),
    })
}
