use mstore_pay_domain::charge::Receipt;
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::money::{Money, ReportedMoney};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_outbound::json::Object;

use crate::response::{Payment, Unreadable, money, payer, provider_ref};

/// Whether an id is that of a payment of v3.
pub(crate) fn is_payment_id(id: &ProviderRef) -> bool {
    id.as_str().starts_with("py-")
}

/// Reads a payment.
pub(crate) fn payment(body: &[u8]) -> Result<Payment, Unreadable> {
    let object = Object::parse(body)?;
    let id = provider_ref(&object, "payment_id").ok_or(Unreadable::Field("payment_id"))?;
    let came = object.text("status").as_deref() == Some("SUCCEEDED");
    Ok(Payment {
        made_on: provider_ref(&object, "payment_request_id"),
        reference: object.text("reference_id"),
        receipt: came.then(|| receipt(id, &object)).transpose()?,
    })
}

fn receipt(payment_ref: ProviderRef, object: &Object) -> Result<Receipt, Unreadable> {
    Ok(Receipt {
        payment_ref,
        money: captured(object)?.ok_or(Unreadable::Field("capture_amount"))?,
        paid_at: captured_at(object).ok_or(Unreadable::Field("capture_timestamp"))?,
        payer: object.object("payment_details").map(|details| payer(&details)).unwrap_or_default(),
    })
}

/// What was really paid: the sum of the captures, or without any the amount asked for. Some deliveries lack
/// the latter, and a reusable code may be paid with another.
pub(crate) fn captured(payment: &Object) -> Result<Option<ReportedMoney>, Unreadable> {
    let currency = payment.text("currency");
    let mut amounts = Vec::new();
    for capture in payment.objects("captures")? {
        let amount = capture.money("capture_amount").map_err(|_no_amount| Unreadable::Field("capture_amount"))?;
        amounts.extend(amount);
    }
    if amounts.is_empty() {
        return money(payment, "request_amount", currency.as_deref());
    }
    let amount = Money::sum(&amounts);
    Ok(currency.map(|currency| ReportedMoney { amount, currency }))
}

/// When money moved: the first capture, else when the payment last changed.
pub(crate) fn captured_at(payment: &Object) -> Option<Timestamp> {
    let captures = payment.objects("captures").unwrap_or_default();
    let first = captures.iter().filter_map(|capture| capture.time("capture_timestamp")).min();
    first.or_else(|| payment.time("updated")).or_else(|| payment.time("created"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(status: &str, middle: &str) -> String {
        format!(
            r#"{{"payment_id":"py-1","payment_request_id":"pr-1","reference_id":"R","currency":"IDR",{middle}"status":"{status}","created":"2026-01-01T00:00:00Z","updated":"2026-01-02T00:00:00Z"}}"#
        )
    }

    #[track_caller]
    fn check(middle: &str, want_amount: &str, want_paid_at: &str) {
        let receipt = payment(body("SUCCEEDED", middle).as_bytes()).unwrap().receipt.unwrap();
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
            let read = payment(body(status, r#""request_amount":1,"#).as_bytes()).unwrap();
            assert_eq!(read.receipt, None, "{status}");
        }
    }

    #[test]
    fn money_without_a_readable_amount_is_an_error_and_not_nothing() {
        for middle in ["", r#""request_amount":"1","#, r#""captures":[{"capture_amount":-1}],"#, r#""captures":[7],"#] {
            assert!(payment(body("SUCCEEDED", middle).as_bytes()).is_err(), "{middle}");
        }
    }

    #[test]
    fn the_payer_is_what_is_told_of_them() {
        let middle =
            r#""request_amount":1,"payment_details":{"issuer_name":"DANA","payer_name":"Budi","receipt_id":"77"},"#;
        let receipt = payment(body("SUCCEEDED", middle).as_bytes()).unwrap().receipt.unwrap();
        assert_eq!((receipt.payer.issuer(), receipt.payer.receipt_id()), (Some("DANA"), Some("77")));
    }

    #[test]
    fn a_payer_whose_name_cannot_be_stored_hides_no_money() {
        let middle = r#""request_amount":1,"payment_details":{"payer_name":"Bu\u0000di"},"#;
        let receipt = payment(body("SUCCEEDED", middle).as_bytes()).unwrap().receipt.unwrap();
        assert_eq!(receipt.payer.name(), Some("Bu\u{fffd}di"));
    }
}
