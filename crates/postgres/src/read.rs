//! Reading: payments whole, by one statement each time, and all that stands beside them.

mod claimed;
mod named;
mod payments;
mod records;
mod sales;
mod whole;

pub(crate) use claimed::claimed;
pub(crate) use payments::{
    Standing, at_account, by_account_order, by_account_refs, by_ids, by_our_reference, by_provider_ref, list, of_order,
    orders_with_payments, paid_of_order, payment, payment_in_order, payments_in_order, revisions, standing,
};
pub(crate) use records::{body, changes, exception, exceptions, keys, merchant_records, orders, records, tenders};
pub(crate) use sales::{are_known, before_sales};
