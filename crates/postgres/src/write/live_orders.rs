//! Who holds an order's one displayed charge.

use diesel::prelude::*;
use mstore_pay_domain::ids::{ChargeId, MerchantId, OrderCode, PaymentId};
use mstore_pay_domain::unit_of_work::LiveOrderWrite;
use mstore_pay_tables::schema::live_orders;

use super::batch::{Batch, Otherwise};

/// What the place of an order is called among rows.
pub(super) fn place(write: &LiveOrderWrite) -> String {
    let (LiveOrderWrite::Hold { merchant, order_code, .. } | LiveOrderWrite::Release { merchant, order_code, .. }) =
        write;
    format!("{merchant} {order_code}")
}

/// Takes or frees the place.
pub(super) fn write<'a>(batch: &mut Batch<'a>, write: &'a LiveOrderWrite) {
    match write {
        LiveOrderWrite::Hold { merchant, order_code, payment, charge } => {
            hold(batch, place(write), (merchant, order_code), payment, charge);
        }
        LiveOrderWrite::Release { merchant, order_code, payment } => {
            let held = live_orders::table.find((merchant.as_str(), order_code.as_str()));
            let freed = diesel::delete(held.filter(live_orders::payment_id.eq(payment.to_string())));
            batch.add("live_orders", place(write), freed, Otherwise::Fine);
        }
    }
}

fn hold<'a>(
    batch: &mut Batch<'a>,
    place: String,
    (merchant, order_code): (&'a MerchantId, &'a OrderCode),
    payment: &PaymentId,
    charge: &ChargeId,
) {
    use diesel::query_dsl::methods::FilterDsl as _;

    let (payment_id, charge_id) = (payment.to_string(), charge.to_string());
    let held = diesel::insert_into(live_orders::table)
        .values((
            live_orders::merchant_id.eq(merchant.as_str()),
            live_orders::order_code.eq(order_code.as_str()),
            live_orders::payment_id.eq(payment_id.clone()),
            live_orders::charge_id.eq(charge_id.clone()),
        ))
        .on_conflict((live_orders::merchant_id, live_orders::order_code))
        .do_update()
        .set(live_orders::charge_id.eq(charge_id))
        .filter(live_orders::payment_id.eq(payment_id));
    batch.add("live_orders", place, held, Otherwise::OrderHeld { merchant, order_code });
}
