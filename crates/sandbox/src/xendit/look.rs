//! `GET /v3/payment_requests/{id}` and `GET /v3/payments/{id}`.

use super::answer::Refusal;
use crate::config::XenditAccount;
use crate::ledger::{Books, Charge, Payment};
use crate::provider::Provider;

/// A payment request of this account.
pub(super) fn payment_request<'a>(books: &'a Books, account: &XenditAccount, id: &str) -> Result<&'a Charge, Refusal> {
    books
        .charge(id)
        .filter(|charge| charge.request_id() == id)
        .filter(|charge| charge.provider == Provider::Xendit && charge.account == account.name)
        .ok_or_else(Refusal::not_found)
}

/// A payment of this account, with its payment request.
pub(super) fn payment<'a>(
    books: &'a Books,
    account: &XenditAccount,
    id: &str,
) -> Result<(&'a Charge, &'a Payment), Refusal> {
    let payment = books.payment(id).ok_or_else(Refusal::not_found)?;
    let charge = books.charge(&payment.charge_id).ok_or_else(Refusal::not_found)?;
    Ok((payment_request(books, account, charge.request_id())?, payment))
}
