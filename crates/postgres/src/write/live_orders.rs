//! Who holds an order's one displayed charge.

use diesel::prelude::*;
use mstore_pay_domain::ids::{MerchantId, OrderCode, PaymentId};
use mstore_pay_domain::unit_of_work::{LiveOrderWrite, PaymentWrite};
use mstore_pay_tables::by_column;
use mstore_pay_tables::schema::live_orders;

use super::batch::{Batch, Otherwise, Rows, Write};
use super::unnested::Unnested;

/// The place of an order that a charge takes, unless another payment holds it.
pub(super) struct Hold<'a> {
    merchant_id: &'a str,
    order_code: &'a str,
    payment_id: String,
    charge_id: String,
}

by_column!(Hold<'_>, live_orders: merchant_id, order_code, payment_id, charge_id);

impl<'a> Rows<'a> for Hold<'a> {
    fn written(rows: Vec<Self>) -> Write<'a> {
        const HELD: &str = " ON CONFLICT (merchant_id, order_code) DO UPDATE SET charge_id = excluded.charge_id \
            WHERE live_orders.payment_id = excluded.payment_id";
        Box::new(Unnested::insert("live_orders", rows).then(HELD))
    }
}

/// The place of an order that becomes free, if that payment holds it.
pub(super) struct Freed<'a> {
    merchant_id: &'a str,
    order_code: &'a str,
    payment_id: String,
}

by_column!(Freed<'_>, live_orders: merchant_id, order_code, payment_id);

impl<'a> Rows<'a> for Freed<'a> {
    /// Each is looked up by itself: a plan that joins an array with a table is kept from when that was small, and reads all of
    /// it long after. Nobody moves a row in between, since its payment is locked.
    fn written(rows: Vec<Self>) -> Write<'a> {
        let found = Unnested::sql("DELETE FROM live_orders WHERE ctid = ANY(ARRAY(SELECT its.ctid FROM ").rows(rows);
        Box::new(found.then(
            " CROSS JOIN LATERAL (SELECT l.ctid FROM live_orders AS l WHERE l.merchant_id = n.merchant_id \
            AND l.order_code = n.order_code AND l.payment_id = n.payment_id OFFSET 0) AS its))",
        ))
    }
}

/// The order whose place is written.
pub(super) const fn place(write: &LiveOrderWrite) -> (&MerchantId, &OrderCode) {
    let (LiveOrderWrite::Hold { merchant, order_code, .. } | LiveOrderWrite::Release { merchant, order_code, .. }) =
        write;
    (merchant, order_code)
}

/// Takes or frees the place, in a unit that writes those payments: a place of one of them is freed along with those of others.
pub(super) fn write<'a>(batch: &mut Batch<'a>, write: &'a LiveOrderWrite, payments: &[PaymentWrite]) {
    match write {
        LiveOrderWrite::Hold { merchant, order_code, payment, charge } => {
            let hold = Hold {
                merchant_id: merchant.as_str(),
                order_code: order_code.as_str(),
                payment_id: payment.to_string(),
                charge_id: charge.to_string(),
            };
            batch.holds.add(hold, Otherwise::OrderHeld { merchant, order_code });
        }
        LiveOrderWrite::Release { merchant, order_code, payment } if is_written(*payment, payments) => {
            let (merchant_id, order_code, payment_id) = (merchant.as_str(), order_code.as_str(), payment.to_string());
            batch.freed.add(Freed { merchant_id, order_code, payment_id }, Otherwise::Fine);
        }
        LiveOrderWrite::Release { merchant, order_code, payment } => {
            let held = live_orders::table.find((merchant.as_str(), order_code.as_str()));
            let freed = diesel::delete(QueryDsl::filter(held, live_orders::payment_id.eq(payment.to_string())));
            batch.single.push((Box::new(freed), Otherwise::Fine));
        }
    }
}

fn is_written(payment: PaymentId, written: &[PaymentWrite]) -> bool {
    written.iter().any(|write| write.payment.id == payment)
}
