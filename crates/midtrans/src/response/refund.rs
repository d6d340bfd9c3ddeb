use mstore_pay_domain::charge::RefundFact;
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::money::Money;
use mstore_pay_outbound::json::Object;

use super::{Unreadable, decimal, provider_ref, time};

/// A refund as it was answered.
#[derive(Debug)]
pub(crate) struct Refunded {
    pub(crate) id: ProviderRef,
    /// The name that we gave it.
    pub(crate) key: String,
}

impl Refunded {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Unreadable> {
        let object = Object::parse(body)?;
        Ok(Self {
            id: provider_ref(&object, "transaction_id").ok_or(Unreadable::Field("transaction_id"))?,
            key: object.text("refund_key").ok_or(Unreadable::Field("refund_key"))?,
        })
    }
}

/// The refunds that a transaction lists. The set is read anew each time, by its keys: amounts are never added up over
/// answers, for pages disagree on which of them are cumulative.
pub(crate) fn refund_facts(object: &Object) -> Result<Vec<RefundFact>, Unreadable> {
    object.objects("refunds")?.iter().map(fact).collect()
}

fn fact(refund: &Object) -> Result<RefundFact, Unreadable> {
    let name = provider_ref(refund, "refund_key");
    let number = || ProviderRef::parse(refund.raw("refund_chargeback_id")?).ok();
    let amount = decimal(refund, "refund_amount").and_then(|text| Money::parse(&text).ok());
    Ok(RefundFact {
        refund_ref: name.or_else(number).ok_or(Unreadable::Field("refund_key"))?,
        amount: amount.ok_or(Unreadable::Field("refund_amount"))?,
        at: time(refund, "created_at").ok_or(Unreadable::Field("created_at"))?,
    })
}
