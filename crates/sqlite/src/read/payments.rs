//! Finding payments.

use std::collections::BTreeSet;

use diesel::dsl::{AsSelect, auto_type, exists};
use diesel::prelude::*;
use diesel::sqlite::{Sqlite, SqliteConnection};
use mstore_pay_domain::ids::{AccountId, MerchantId, OrderCode, OurReference, PaymentId, ProviderId, ProviderRef};
use mstore_pay_domain::payment::{Payment, PaymentStatus, Revision};
use mstore_pay_domain::ports::{OrderWithPayments, PaymentFilter, PaymentInOrder, PaymentName, PaymentPlace};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_tables::rows::{Cells, DetailsRow, PaymentRow, status_word};
use mstore_pay_tables::schema::{charges, payment_details, payments, receipts};
use mstore_pay_tables::types::Micros;

use super::assemble::{Assembled, Found, assemble};
use super::records::order;
use crate::errors::Fault;

/// Payments with their details, oldest first.
#[auto_type]
fn with_details() -> _ {
    let payment: AsSelect<PaymentRow, Sqlite> = PaymentRow::as_select();
    let details: AsSelect<Option<DetailsRow>, Sqlite> = Option::<DetailsRow>::as_select();
    payments::table
        .left_join(payment_details::table)
        .order((payments::created_at, payments::id))
        .select((payment, details))
}

/// The payments of an order with their details, oldest first.
#[auto_type]
fn details_of_order<'a>(merchant: &'a str, code: &'a str) -> _ {
    with_details().filter(payments::merchant_id.eq(merchant)).filter(payments::order_code.eq(code))
}

fn whole(conn: &mut SqliteConnection, found: &[Found]) -> Result<Vec<Payment>, Fault> {
    let assembled = assemble(conn, found)?;
    assembled.into_iter().map(|(_, payment)| payment.map_err(Fault::from)).collect()
}

fn one(conn: &mut SqliteConnection, found: Option<&Found>) -> Result<Option<Payment>, Fault> {
    Ok(whole(conn, found.map_or(&[], std::slice::from_ref))?.pop())
}

/// A merchant's payment.
pub(crate) fn payment(
    conn: &mut SqliteConnection,
    merchant: &MerchantId,
    id: &PaymentId,
) -> Result<Option<Payment>, Fault> {
    let found = with_details()
        .filter(payments::id.eq(id.to_string()))
        .filter(payments::merchant_id.eq(merchant.as_str()))
        .first(conn)
        .optional()?;
    one(conn, found.as_ref())
}

/// The payments of those ids, each readable or not, in no order.
pub(crate) fn by_ids(conn: &mut SqliteConnection, ids: &[String]) -> QueryResult<Vec<Assembled>> {
    let found = with_details().filter(payments::id.eq_any(ids)).load(conn)?;
    assemble(conn, &found)
}

/// A merchant's payment with a charge of that id of its provider's.
pub(crate) fn by_provider_ref(
    conn: &mut SqliteConnection,
    merchant: &MerchantId,
    provider_ref: &ProviderRef,
) -> Result<Option<Payment>, Fault> {
    let charged = charges::table
        .filter(charges::merchant_id.eq(merchant.as_str()))
        .filter(charges::provider_ref.eq(provider_ref.as_str()))
        .select(charges::payment_id);
    let found = with_details().filter(payments::id.eq_any(charged)).first(conn).optional()?;
    one(conn, found.as_ref())
}

/// The orders of all payments with a charge, or a receipt, of one of those ids at an account.
pub(crate) fn by_account_refs(
    conn: &mut SqliteConnection,
    provider: &ProviderId,
    account: &AccountId,
    refs: &[ProviderRef],
) -> Result<Vec<OrderWithPayments>, Fault> {
    let refs: Vec<&str> = refs.iter().map(ProviderRef::as_str).collect();
    let charged = charges::table
        .filter(charges::provider.eq(provider.as_str()))
        .filter(charges::account_id.eq(account.as_str()))
        .filter(charges::provider_ref.eq_any(&refs))
        .select(charges::payment_id);
    let received = receipts::table
        .filter(receipts::provider.eq(provider.as_str()))
        .filter(receipts::account_id.eq(account.as_str()))
        .filter(receipts::payment_ref.eq_any(&refs))
        .select(receipts::payment_id);
    let named = payments::table.filter(payments::id.eq_any(charged.union(received)));
    let rows: Vec<(String, String, String)> =
        named.select((payments::id, payments::merchant_id, payments::order_code)).load(conn)?;
    let mut orders = BTreeSet::new();
    for (id, merchant, code) in &rows {
        let cells = Cells { table: "payments", id };
        orders.insert((cells.text("merchant_id", merchant)?, cells.text("order_code", code)?));
    }
    orders.iter().map(|(merchant, code)| order_with_payments(conn, merchant, code)).collect()
}

/// The payment with a charge of that reference of ours at an account.
pub(crate) fn by_our_reference(
    conn: &mut SqliteConnection,
    provider: &ProviderId,
    account: &AccountId,
    reference: &OurReference,
) -> Result<Option<Payment>, Fault> {
    let charged = charges::table
        .filter(charges::provider.eq(provider.as_str()))
        .filter(charges::account_id.eq(account.as_str()))
        .filter(charges::our_reference.eq(reference.as_str()))
        .select(charges::payment_id);
    let found = with_details().filter(payments::id.eq_any(charged)).first(conn).optional()?;
    one(conn, found.as_ref())
}

/// Every payment with a charge at an account for an order of that code.
pub(crate) fn by_account_order(
    conn: &mut SqliteConnection,
    provider: &ProviderId,
    account: &AccountId,
    code: &OrderCode,
) -> Result<Vec<Payment>, Fault> {
    let charged = charges::table
        .filter(charges::provider.eq(provider.as_str()))
        .filter(charges::account_id.eq(account.as_str()))
        .filter(charges::order_code.eq(code.as_str()))
        .select(charges::payment_id);
    let found = with_details().filter(payments::id.eq_any(charged)).load(conn)?;
    whole(conn, &found)
}

/// The payments made from a time on with a charge at an account, oldest first, behind a place.
pub(crate) fn at_account(
    conn: &mut SqliteConnection,
    provider: &ProviderId,
    account: &AccountId,
    since: Timestamp,
    after: Option<PaymentPlace>,
    limit: u32,
) -> Result<Vec<Payment>, Fault> {
    let charged = charges::table
        .filter(charges::provider.eq(provider.as_str()))
        .filter(charges::account_id.eq(account.as_str()))
        .select(charges::payment_id);
    let since = payments::created_at.ge(Micros::from(since));
    let mut query = payments::table.filter(since).filter(payments::id.eq_any(charged)).into_boxed();
    if let Some(PaymentPlace { created_at, id }) = after {
        let at = Micros::from(created_at);
        let behind = payments::created_at.gt(at).or(payments::id.gt(id.to_string()));
        query = query.filter(payments::created_at.ge(at)).filter(behind);
    }
    let oldest = (payments::created_at, payments::id);
    let ids: Vec<String> = query.order(oldest).limit(limit.into()).select(payments::id).load(conn)?;
    let found = with_details().filter(payments::id.eq_any(&ids)).load(conn)?;
    whole(conn, &found)
}

/// Every payment of an order.
pub(crate) fn of_order(
    conn: &mut SqliteConnection,
    merchant: &MerchantId,
    code: &OrderCode,
) -> Result<Vec<Payment>, Fault> {
    let found = details_of_order(merchant.as_str(), code.as_str()).load(conn)?;
    whole(conn, &found)
}

/// A merchant's payment with what the rest of its order says of it.
pub(crate) fn payment_in_order(
    conn: &mut SqliteConnection,
    merchant: &MerchantId,
    name: &PaymentName,
) -> Result<Option<PaymentInOrder>, Fault> {
    let payment = match name {
        PaymentName::Id(id) => payment(conn, merchant, id)?,
        PaymentName::ProviderRef(provider_ref) => by_provider_ref(conn, merchant, provider_ref)?,
    };
    let Some(payment) = payment else { return Ok(None) };
    let order = order(conn, merchant, &payment.order_code)?;
    let paid_by = paid_of_order(conn, merchant, &payment.order_code)?;
    Ok(Some(PaymentInOrder { payment, order, paid_by }))
}

/// An order with every payment of it.
pub(crate) fn order_with_payments(
    conn: &mut SqliteConnection,
    merchant: &MerchantId,
    code: &OrderCode,
) -> Result<OrderWithPayments, Fault> {
    let order = order(conn, merchant, code)?;
    Ok(OrderWithPayments { order, payments: of_order(conn, merchant, code)? })
}

/// The oldest payment of an order that holds money.
pub(crate) fn paid_of_order(
    conn: &mut SqliteConnection,
    merchant: &MerchantId,
    code: &OrderCode,
) -> Result<Option<PaymentId>, Fault> {
    let [whole, partly] = PaymentStatus::HOLDING_MONEY.map(status_word);
    let paid: Option<(String, i64)> = payments::table
        .filter(payments::merchant_id.eq(merchant.as_str()))
        .filter(payments::order_code.eq(code.as_str()))
        .filter(payments::status.eq(whole).or(payments::status.eq(partly)))
        .order((payments::created_at, payments::id))
        .select((payments::id, payments::revision))
        .first(conn)
        .optional()?;
    let read = |(id, revision): (String, i64)| PaymentRow::read_revision(&id, revision);
    Ok(paid.map(read).transpose()?.map(|(id, _)| id))
}

/// The payments that a filter admits, newest first, behind a place.
pub(crate) fn list(
    conn: &mut SqliteConnection,
    filter: &PaymentFilter,
    after: Option<PaymentPlace>,
    limit: u32,
) -> Result<Vec<Payment>, Fault> {
    let mut query = admitted(filter);
    if let Some(PaymentPlace { created_at, id }) = after {
        let at = Micros::from(created_at);
        // The first condition is what an index can start from.
        let behind = payments::created_at.lt(at).or(payments::id.lt(id.to_string()));
        query = query.filter(payments::created_at.le(at)).filter(behind);
    }
    let newest = (payments::created_at.desc(), payments::id.desc());
    let ids: Vec<String> = query.order(newest).limit(limit.into()).select(payments::id).load(conn)?;
    let mut found = with_details().filter(payments::id.eq_any(&ids)).load(conn)?;
    found.reverse();
    whole(conn, &found)
}

/// The revisions of those payments that are there.
pub(crate) fn revisions(conn: &mut SqliteConnection, ids: &[String]) -> Result<Vec<(PaymentId, Revision)>, Fault> {
    /// SQLite takes no more than 32,766 variables in a statement.
    const IDS_MAX: usize = 10_000;
    let mut found = Vec::new();
    for some in ids.chunks(IDS_MAX) {
        let rows = payments::table.filter(payments::id.eq_any(some)).select((payments::id, payments::revision));
        for (id, revision) in rows.load::<(String, i64)>(conn)? {
            found.push(PaymentRow::read_revision(&id, revision)?);
        }
    }
    Ok(found)
}

fn admitted(filter: &PaymentFilter) -> payments::BoxedQuery<'_, Sqlite> {
    let mut query = payments::table.filter(payments::merchant_id.eq(filter.merchant.as_str())).into_boxed();
    if let Some(branch) = &filter.branch {
        query = query.filter(payments::branch_id.eq(branch.as_str()));
    }
    if let Some(code) = &filter.order_code {
        query = query.filter(payments::order_code.eq(code.as_str()));
    }
    if let Some(status) = filter.status {
        query = query.filter(payments::status.eq(status_word(status)));
    }
    if let Some(method) = filter.method {
        query = query.filter(payments::method.eq(method.code()));
    }
    if let Some(provider) = &filter.provider {
        let shown = charges::table
            .filter(charges::payment_id.eq(payments::id))
            .filter(charges::provider.eq(provider.as_str()))
            .filter(charges::hidden_since.is_null());
        query = query.filter(exists(shown));
    }
    if let Some(id) = &filter.receipt_id {
        let received = receipts::table.filter(receipts::payer_receipt_id.eq(id)).select(receipts::payment_id);
        query = query.filter(payments::id.eq_any(received));
    }
    if let Some(from) = filter.from {
        query = query.filter(payments::created_at.ge(Micros::from(from)));
    }
    if let Some(to) = filter.to {
        query = query.filter(payments::created_at.lt(Micros::from(to)));
    }
    query
}

#[cfg(test)]
mod tests {
    use diesel::sql_types::Text;

    use super::*;

    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        detail: String,
    }

    #[test]
    fn the_payments_of_an_order_are_found_without_reading_those_of_its_merchant() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        drop(crate::SqliteStore::open(&path, crate::Options::default()).unwrap());
        let mut conn = crate::connection::reader(&path).unwrap();
        let query = diesel::debug_query::<Sqlite, _>(&details_of_order("M1", "TRX-1")).to_string();
        let query = query.split(" -- binds").next().unwrap();
        let plan: Vec<Step> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {query}")).load(&mut conn).unwrap();
        let plan: Vec<&str> = plan.iter().map(|step| step.detail.as_str()).collect();
        let wanted = "SEARCH payments USING INDEX payments_of_order (merchant_id=? AND order_code=?)";
        assert_eq!((plan.first(), plan.len()), (Some(&wanted), 2), "{plan:?}");
    }
}
