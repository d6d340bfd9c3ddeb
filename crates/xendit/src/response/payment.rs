use mstore_pay_domain::charge::{Payer, Receipt};
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_outbound::json::Object;

use super::{Unreadable, captured, captured_at, provider_ref};

/// A payment as Xendit describes it: the object that says whether money came.
#[derive(Debug)]
pub(crate) struct Payment {
    /// The request it was made on.
    pub(crate) request: Option<ProviderRef>,
    /// The reference of that request.
    pub(crate) reference: Option<String>,
    /// The money, if it came.
    pub(crate) receipt: Option<Receipt>,
}

impl Payment {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Unreadable> {
        let object = Object::parse(body)?;
        let id = provider_ref(&object, "payment_id").ok_or(Unreadable::Field("payment_id"))?;
        let came = object.text("status").as_deref() == Some("SUCCEEDED");
        Ok(Self {
            request: provider_ref(&object, "payment_request_id"),
            reference: object.text("reference_id"),
            receipt: came.then(|| receipt(id, &object)).transpose()?,
        })
    }
}

fn receipt(payment_ref: ProviderRef, object: &Object) -> Result<Receipt, Unreadable> {
    Ok(Receipt {
        payment_ref,
        money: captured(object)?.ok_or(Unreadable::Field("capture_amount"))?,
        paid_at: captured_at(object).ok_or(Unreadable::Field("capture_timestamp"))?,
        payer: object.object("payment_details").map(|details| payer(&details)).unwrap_or_default(),
    })
}

fn payer(details: &Object) -> Payer {
    Payer {
        issuer: details.text("issuer_name").or_else(|| details.text("source")),
        name: details.text("payer_name"),
        receipt_id: details.text("receipt_id"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mstore_pay_domain::money::Money;

    fn body(status: &str, middle: &str) -> String {
        format!(
            r#"{{"payment_id":"py-1","payment_request_id":"pr-1","reference_id":"R","currency":"IDR",{middle}"status":"{status}","created":"2026-01-01T00:00:00Z","updated":"2026-01-02T00:00:00Z"}}"#
        )
    }

    #[track_caller]
    fn check(middle: &str, want_amount: &str, want_paid_at: &str) {
        let receipt = Payment::parse(body("SUCCEEDED", middle).as_bytes()).unwrap().receipt.unwrap();
        assert_eq!(receipt.money.amount, Money::parse(want_amount).unwrap());
        assert_eq!(receipt.paid_at.to_string(), want_paid_at);
    }

    #[test]
    fn what_was_captured_counts_and_when_it_first_was() {
        check(
            r#""request_amount":5,"captures":[{"capture_amount":33000,"capture_timestamp":"2025-10-13T17:32:15+07:00"}],"#,
            "33000",
            "2025-10-13T10:32:15Z",
        );
        check(
            r#""captures":[{"capture_amount":2,"capture_timestamp":"2026-02-02T00:00:00Z"},{"capture_amount":1.5,"capture_timestamp":"2026-02-01T00:00:00Z"}],"#,
            "3.50",
            "2026-02-01T00:00:00Z",
        );
    }

    #[test]
    fn without_captures_the_request_and_the_last_change_stand_in() {
        check(r#""request_amount":33000,"#, "33000", "2026-01-02T00:00:00Z");
        check(r#""request_amount":33000,"captures":[],"#, "33000", "2026-01-02T00:00:00Z");
    }

    #[test]
    fn only_a_succeeded_payment_is_money() {
        for status in ["PENDING", "AUTHORIZED", "FAILED", "CANCELED", "EXPIRED", "succeeded", "SOON"] {
            let payment = Payment::parse(body(status, r#""request_amount":1,"#).as_bytes()).unwrap();
            assert_eq!(payment.receipt, None, "{status}");
        }
    }

    #[test]
    fn money_without_a_readable_amount_is_an_error_and_not_nothing() {
        for middle in ["", r#""request_amount":"1","#, r#""captures":[{"capture_amount":-1}],"#, r#""captures":[7],"#] {
            assert!(Payment::parse(body("SUCCEEDED", middle).as_bytes()).is_err(), "{middle}");
        }
    }

    #[test]
    fn the_payer_is_what_is_told_of_them() {
        let middle =
            r#""request_amount":1,"payment_details":{"issuer_name":"DANA","payer_name":"Budi","receipt_id":"77"},"#;
        let receipt = Payment::parse(body("SUCCEEDED", middle).as_bytes()).unwrap().receipt.unwrap();
        assert_eq!(receipt.payer.issuer.as_deref(), Some("DANA"));
        assert_eq!(receipt.payer.receipt_id.as_deref(), Some("77"));
    }
}
