//! Who holds an order's one displayed charge.

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use mstore_pay_domain::ids::{ChargeId, MerchantId, OrderCode, PaymentId};
use mstore_pay_domain::ports::CommitError;
use mstore_pay_domain::unit_of_work::LiveOrderWrite;
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::rows::Cells;
use mstore_pay_tables::schema::live_orders;

use crate::errors::Fault;

/// Takes or frees the place.
pub(super) fn write(conn: &mut SqliteConnection, write: &LiveOrderWrite) -> Result<(), Fault> {
    match write {
        LiveOrderWrite::Hold { merchant, order_code, payment, charge } => {
            hold(conn, merchant, order_code, payment, charge)
        }
        LiveOrderWrite::Release { merchant, order_code, payment } => {
            let place = live_orders::table.find((merchant.as_str(), order_code.as_str()));
            diesel::delete(place.filter(live_orders::payment_id.eq(payment.to_string()))).execute(conn)?;
            Ok(())
        }
    }
}

fn hold(
    conn: &mut SqliteConnection,
    merchant: &MerchantId,
    order_code: &OrderCode,
    payment: &PaymentId,
    charge: &ChargeId,
) -> Result<(), Fault> {
    use diesel::query_dsl::methods::FilterDsl as _;

    let (payment_id, charge_id) = (payment.to_string(), charge.to_string());
    let held = diesel::insert_into(live_orders::table)
        .values((
            live_orders::merchant_id.eq(merchant.as_str()),
            live_orders::order_code.eq(order_code.as_str()),
            live_orders::payment_id.eq(&payment_id),
            live_orders::charge_id.eq(&charge_id),
        ))
        .on_conflict((live_orders::merchant_id, live_orders::order_code))
        .do_update()
        .set(live_orders::charge_id.eq(&charge_id))
        .filter(live_orders::payment_id.eq(&payment_id))
        .kept()
        .execute(conn)?;
    if held > 0 {
        return Ok(());
    }
    let place = live_orders::table.find((merchant.as_str(), order_code.as_str()));
    let holder: String = place.select(live_orders::payment_id).first(conn)?;
    let by = Cells { table: "live_orders", id: order_code.as_str() }.text("payment_id", &holder)?;
    Err(CommitError::OrderHeld { by }.into())
}
