use super::answer::Refusal;
use crate::config::MidtransMerchant;
use crate::ledger::{Books, Charge};
use crate::provider::Provider;

/// A transaction of this merchant, by its own id or by order id. Of an order id that was used again, the newest.
pub(super) fn transaction<'a>(books: &'a Books, merchant: &MidtransMerchant, id: &str) -> Result<&'a Charge, Refusal> {
    let own = |charge: &&Charge| charge.provider == Provider::Midtrans && charge.account == merchant.name;
    books
        .charge(id)
        .filter(own)
        .or_else(|| books.charges_named(id).filter(own).filter(|charge| charge.reference == id).last())
        .ok_or_else(Refusal::not_found)
}
