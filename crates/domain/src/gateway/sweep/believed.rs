//! Rows that say all that the provider would answer, if it were asked.

use crate::charge::{Charge, Payer, Receipt};
use crate::ids::ProviderRef;
use crate::money::ReportedMoney;
use crate::payment::{Payment, PaymentStatus};
use crate::ports::{ArrivedMoney, ChargeSnapshot, Exchange, ListedAs, SnapshotStatus};

/// What a row proves by itself: the first money of a charge that waits for it. The provider says that the payment came, in
/// an answer to our own question; all three names lead to the same charge, and the amount is what was asked for. When it
/// was paid is the time of the row until something more exact is heard; where that decides anything, a row proves nothing.
pub(super) fn believed(row: &ArrivedMoney, payment: &Payment, charge: &Charge) -> Option<ChargeSnapshot> {
    let (payment_ref, charge_ref) = row.payment_ref.as_ref().zip(row.charge_ref.as_ref())?;
    let is_of_the_charge = Some(charge_ref) == charge.provider_ref()
        && row.our_reference.as_deref() == Some(charge.our_reference.as_str())
        && row.money.fits(&payment.amount);
    let is_awaited = payment.status() == PaymentStatus::Pending
        && charge.state.funds().is_none()
        && payment.shown_charge().is_some_and(|shown| shown.id == charge.id)
        && row.created_at < payment.expires_at;
    if row.listed_as != ListedAs::Received || !is_of_the_charge || !is_awaited {
        return None;
    }
    let receipt = Receipt {
        payment_ref: payment_ref.clone(),
        money: row.money.clone(),
        paid_at: row.created_at,
        payer: Payer::default(),
    };
    Some(ChargeSnapshot {
        charge_ref: row.charge_ref.clone(),
        our_reference: row.our_reference.clone(),
        order_code: Some(payment.order_code.to_string()),
        asked: None,
        status: SnapshotStatus::Pending,
        receipts: vec![receipt],
        refunds: Vec::new(),
        reversals: Vec::new(),
        fees: Vec::new(),
        expires_at: None,
        exchange: Exchange { response: Some(told(row, charge_ref, payment_ref, charge)), ..Exchange::default() },
    })
}

/// What goes on record as the provider's word: what its row says.
fn told(row: &ArrivedMoney, charge_ref: &ProviderRef, payment_ref: &ProviderRef, charge: &Charge) -> String {
    let ReportedMoney { amount, currency } = &row.money;
    format!(
        "listed in row {}: payment {payment_ref} on {charge_ref}, reference {}, {currency} {amount}, made {}",
        row.row_ref, charge.our_reference, row.created_at
    )
}
