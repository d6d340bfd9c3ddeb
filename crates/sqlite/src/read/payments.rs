//! Finding payments.

use diesel::dsl::{AsSelect, auto_type};
use diesel::prelude::*;
use diesel::sqlite::{Sqlite, SqliteConnection};
use mstore_pay_domain::ids::{AccountId, MerchantId, OrderCode, OurReference, PaymentId, ProviderId, ProviderRef};
use mstore_pay_domain::payment::Payment;

use super::assemble::{Assembled, Found, assemble};
use crate::errors::Fault;
use crate::rows::{DetailsRow, PaymentRow};
use crate::schema::{charges, payment_details, payments, receipts};

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

/// The payment with a charge of that id at an account, else with a receipt of that id.
pub(crate) fn by_account_ref(
    conn: &mut SqliteConnection,
    provider: &ProviderId,
    account: &AccountId,
    provider_ref: &ProviderRef,
) -> Result<Option<Payment>, Fault> {
    let charged = charges::table
        .filter(charges::provider.eq(provider.as_str()))
        .filter(charges::account_id.eq(account.as_str()))
        .filter(charges::provider_ref.eq(provider_ref.as_str()))
        .select(charges::payment_id);
    let found = with_details().filter(payments::id.eq_any(charged)).first(conn).optional()?;
    if found.is_some() {
        return one(conn, found.as_ref());
    }
    let received =
        receipts::table.find((provider.as_str(), account.as_str(), provider_ref.as_str())).select(receipts::payment_id);
    let found = with_details().filter(payments::id.eq_any(received)).first(conn).optional()?;
    one(conn, found.as_ref())
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

/// Every payment of an order.
pub(crate) fn of_order(
    conn: &mut SqliteConnection,
    merchant: &MerchantId,
    code: &OrderCode,
) -> Result<Vec<Payment>, Fault> {
    let found = with_details()
        .filter(payments::merchant_id.eq(merchant.as_str()))
        .filter(payments::order_code.eq(code.as_str()))
        .load(conn)?;
    whole(conn, &found)
}
