//! Finding payments.

use diesel::dsl::{AsSelect, auto_type};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::ids::{AccountId, MerchantId, OrderCode, OurReference, PaymentId, ProviderId, ProviderRef};
use mstore_pay_domain::payment::Payment;

use super::assemble::{Assembled, Found, assemble};
use crate::errors::Fault;
use crate::rows::{DetailsRow, PaymentRow};
use crate::schema::{charges, payment_details, payments, receipts};

/// Payments with their details, oldest first.
#[auto_type]
fn with_details() -> _ {
    let payment: AsSelect<PaymentRow, Pg> = PaymentRow::as_select();
    let details: AsSelect<Option<DetailsRow>, Pg> = Option::<DetailsRow>::as_select();
    payments::table
        .left_join(payment_details::table)
        .order((payments::created_at, payments::id))
        .select((payment, details))
}

async fn whole(conn: &mut AsyncPgConnection, found: &[Found]) -> Result<Vec<Payment>, Fault> {
    let assembled = assemble(conn, found).await?;
    assembled.into_iter().map(|(_, payment)| payment.map_err(Fault::from)).collect()
}

async fn one(conn: &mut AsyncPgConnection, found: Option<&Found>) -> Result<Option<Payment>, Fault> {
    Ok(whole(conn, found.map_or(&[], std::slice::from_ref)).await?.pop())
}

/// A merchant's payment.
pub(crate) async fn payment(
    conn: &mut AsyncPgConnection,
    merchant: &MerchantId,
    id: &PaymentId,
) -> Result<Option<Payment>, Fault> {
    let found = with_details()
        .filter(payments::id.eq(id.to_string()))
        .filter(payments::merchant_id.eq(merchant.as_str()))
        .first(conn)
        .await
        .optional()?;
    one(conn, found.as_ref()).await
}

/// The payments of those ids, each readable or not, in no order.
pub(crate) async fn by_ids(conn: &mut AsyncPgConnection, ids: &[String]) -> QueryResult<Vec<Assembled>> {
    let found = with_details().filter(payments::id.eq_any(ids)).load(conn).await?;
    assemble(conn, &found).await
}

/// A merchant's payment with a charge of that id of its provider's.
pub(crate) async fn by_provider_ref(
    conn: &mut AsyncPgConnection,
    merchant: &MerchantId,
    provider_ref: &ProviderRef,
) -> Result<Option<Payment>, Fault> {
    let charged = charges::table
        .filter(charges::merchant_id.eq(merchant.as_str()))
        .filter(charges::provider_ref.eq(provider_ref.as_str()))
        .select(charges::payment_id);
    let found = with_details().filter(payments::id.eq_any(charged)).first(conn).await.optional()?;
    one(conn, found.as_ref()).await
}

/// The payment with a charge of that id at an account, else with a receipt of that id.
pub(crate) async fn by_account_ref(
    conn: &mut AsyncPgConnection,
    provider: &ProviderId,
    account: &AccountId,
    provider_ref: &ProviderRef,
) -> Result<Option<Payment>, Fault> {
    let charged = charges::table
        .filter(charges::provider.eq(provider.as_str()))
        .filter(charges::account_id.eq(account.as_str()))
        .filter(charges::provider_ref.eq(provider_ref.as_str()))
        .select(charges::payment_id);
    let found = with_details().filter(payments::id.eq_any(charged)).first(conn).await.optional()?;
    if found.is_some() {
        return one(conn, found.as_ref()).await;
    }
    let received =
        receipts::table.find((provider.as_str(), account.as_str(), provider_ref.as_str())).select(receipts::payment_id);
    let found = with_details().filter(payments::id.eq_any(received)).first(conn).await.optional()?;
    one(conn, found.as_ref()).await
}

/// The payment with a charge of that reference of ours at an account.
pub(crate) async fn by_our_reference(
    conn: &mut AsyncPgConnection,
    provider: &ProviderId,
    account: &AccountId,
    reference: &OurReference,
) -> Result<Option<Payment>, Fault> {
    let charged = charges::table
        .filter(charges::provider.eq(provider.as_str()))
        .filter(charges::account_id.eq(account.as_str()))
        .filter(charges::our_reference.eq(reference.as_str()))
        .select(charges::payment_id);
    let found = with_details().filter(payments::id.eq_any(charged)).first(conn).await.optional()?;
    one(conn, found.as_ref()).await
}

/// Every payment with a charge at an account for an order of that code.
pub(crate) async fn by_account_order(
    conn: &mut AsyncPgConnection,
    provider: &ProviderId,
    account: &AccountId,
    code: &OrderCode,
) -> Result<Vec<Payment>, Fault> {
    let charged = charges::table
        .filter(charges::provider.eq(provider.as_str()))
        .filter(charges::account_id.eq(account.as_str()))
        .filter(charges::order_code.eq(code.as_str()))
        .select(charges::payment_id);
    let found = with_details().filter(payments::id.eq_any(charged)).load(conn).await?;
    whole(conn, &found).await
}

/// Every payment of an order.
pub(crate) async fn of_order(
    conn: &mut AsyncPgConnection,
    merchant: &MerchantId,
    code: &OrderCode,
) -> Result<Vec<Payment>, Fault> {
    let found = with_details()
        .filter(payments::merchant_id.eq(merchant.as_str()))
        .filter(payments::order_code.eq(code.as_str()))
        .load(conn)
        .await?;
    whole(conn, &found).await
}
