use mstore_pay_domain::charge::Receipt;
use mstore_pay_domain::time::Timestamp;
use mstore_pay_outbound::json::Object;

use crate::response::{Payment, Unreadable, currency_or_rupiah, money, payer, provider_ref, rows};

/// Words for money that came: of payments and of the later QR Codes API, and of its first version.
const CAME: [&str; 2] = ["SUCCEEDED", "COMPLETED"];

/// Reads a list of payments, those of a payment method or those of a code.
pub(crate) fn payments(body: &[u8]) -> Result<Vec<Payment>, Unreadable> {
    rows(body)?.iter().map(payment).collect()
}

fn payment(row: &Object) -> Result<Payment, Unreadable> {
    let came = row.text("status").is_some_and(|word| CAME.contains(&word.as_str()));
    // In the first version the code stands beside its payment, as an object.
    let code = row.object("qr_code").filter(|code| code.has("external_id"));
    let made_on = provider_ref(row, "payment_request_id").or_else(|| provider_ref(row, "qr_id"));
    Ok(Payment {
        made_on: made_on.or_else(|| provider_ref(code.as_ref()?, "id")),
        reference: row.text("reference_id").or_else(|| code.as_ref()?.text("external_id")),
        receipt: came.then(|| receipt(row)).transpose()?,
    })
}

fn receipt(row: &Object) -> Result<Receipt, Unreadable> {
    let details = row.object("payment_detail").or_else(|| row.object("payment_details"));
    Ok(Receipt {
        payment_ref: provider_ref(row, "id").ok_or(Unreadable::Field("id"))?,
        money: money(row, "amount", Some(&currency_or_rupiah(row)))?.ok_or(Unreadable::Field("amount"))?,
        paid_at: paid_at(row).ok_or(Unreadable::Field("created"))?,
        payer: details.map(|details| payer(&details)).unwrap_or_default(),
    })
}

/// When money moved: a payment of a code is made when it is paid, any other last changes then.
pub(crate) fn paid_at(payment: &Object) -> Option<Timestamp> {
    payment.time("updated").or_else(|| payment.time("created"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(row: &str) -> Payment {
        payments(format!(r#"{{"data":[{row}],"has_more":false}}"#).as_bytes()).unwrap().remove(0)
    }

    #[test]
    fn a_payment_names_its_request_and_is_money_once_it_succeeded() {
        let row = r#"{"id":"ddpy-1","payment_request_id":"pr-1","reference_id":"R","currency":"IDR","amount":33000.0,"status":"SUCCEEDED","payment_detail":null,"created":"2026-01-01T00:00:00Z","updated":"2026-01-01T00:01:00.123456789Z"}"#;
        let payment = one(row);
        assert_eq!(payment.made_on.unwrap().as_str(), "pr-1");
        let receipt = payment.receipt.unwrap();
        assert_eq!(receipt.payment_ref.as_str(), "ddpy-1");
        assert!(receipt.money.fits(&33_000.into()));
        assert_eq!(receipt.paid_at.to_string(), "2026-01-01T00:01:00.123456Z");
        for word in ["PENDING", "FAILED", "succeeded", "SOON"] {
            assert_eq!(one(&row.replace("SUCCEEDED", word)).receipt, None, "{word}");
        }
    }

    #[test]
    fn a_payment_of_a_code_tells_who_paid() {
        let payment = one(
            r#"{"id":"qrpy_1","qr_id":"qr_1","reference_id":"R","currency":"IDR","amount":1500,"status":"SUCCEEDED","created":"2026-01-01T00:00:00Z","payment_detail":{"receipt_id":"77","source":"GOPAY","name":"Budi","account_details":null}}"#,
        );
        assert_eq!(payment.made_on.unwrap().as_str(), "qr_1");
        let payer = payment.receipt.unwrap().payer;
        assert_eq!((payer.issuer(), payer.receipt_id()), (Some("GOPAY"), Some("77")));
        assert_eq!(payer.name(), Some("Budi"));
    }

    #[test]
    fn the_first_version_lists_without_a_frame_and_in_rupiah() {
        let row = r#"[{"id":"qrpy_1","amount":1500,"created":"2026-01-01T00:00:00Z","qr_code":{"id":"qr_1","external_id":"R"},"status":"COMPLETED"}]"#;
        let payment = payments(row.as_bytes()).unwrap().remove(0);
        assert_eq!((payment.made_on.unwrap().as_str(), payment.reference.as_deref()), ("qr_1", Some("R")));
        assert!(payment.receipt.unwrap().money.fits(&1_500.into()));
        assert!(payments(b"[]").unwrap().is_empty());
    }

    #[test]
    fn money_that_cannot_be_read_is_an_error_and_not_nothing() {
        let row = r#"[{"id":"p","amount":1500,"created":"2026-01-01T00:00:00Z","status":"SUCCEEDED"}]"#;
        for bad in [row.replace("1500", "\"1500\""), row.replace("\"p\"", "7"), row.replace("2026-01-01T", "")] {
            assert!(payments(bad.as_bytes()).is_err(), "{bad}");
        }
        for body in ["", "{}", r#"{"data":7}"#, "[7]", "<html>"] {
            assert!(payments(body.as_bytes()).is_err(), "{body}");
        }
    }
}
