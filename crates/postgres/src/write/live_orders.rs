//! Who holds an order's one displayed charge.

use diesel::prelude::*;
use diesel::query_dsl::methods::FilterDsl as _;
use diesel::upsert::excluded;
use mstore_pay_domain::unit_of_work::LiveOrderWrite;
use mstore_pay_tables::schema::live_orders;

use super::batch::{Batch, Otherwise, Rows, Write};

/// The place of an order that a charge takes, unless another payment holds it.
#[derive(Insertable)]
#[diesel(table_name = live_orders)]
pub(super) struct Hold {
    merchant_id: String,
    order_code: String,
    payment_id: String,
    charge_id: String,
}

impl<'a> Rows<'a> for Hold {
    fn written(rows: Vec<Self>) -> Write<'a> {
        Box::new(
            diesel::insert_into(live_orders::table)
                .values(rows)
                .on_conflict((live_orders::merchant_id, live_orders::order_code))
                .do_update()
                .set(live_orders::charge_id.eq(excluded(live_orders::charge_id)))
                .filter(live_orders::payment_id.eq(excluded(live_orders::payment_id))),
        )
    }
}

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
            let hold = Hold {
                merchant_id: merchant.to_string(),
                order_code: order_code.to_string(),
                payment_id: payment.to_string(),
                charge_id: charge.to_string(),
            };
            batch.holds.add(hold, Otherwise::OrderHeld { merchant, order_code });
        }
        LiveOrderWrite::Release { merchant, order_code, payment } => {
            let held = live_orders::table.find((merchant.as_str(), order_code.as_str()));
            let freed = diesel::delete(QueryDsl::filter(held, live_orders::payment_id.eq(payment.to_string())));
            batch.single.push((Box::new(freed), Otherwise::Fine));
        }
    }
}
