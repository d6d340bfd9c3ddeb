//! The fields that Midtrans' answers have today. One more is no error: it is put on record, so that somebody
//! reads what it means.

use mstore_pay_outbound::json::Object;

/// Fields of transactions, of their refunds, of pages and of refusals (2026-08).
const KNOWN: [&str; 61] = [
    "acquirer",
    "actions",
    "approval_code",
    "bank",
    "bill_key",
    "biller_code",
    "canceled_at",
    "card_type",
    "channel",
    "channel_response_code",
    "channel_response_message",
    "currency",
    "custom_field1",
    "custom_field2",
    "custom_field3",
    "customer_details",
    "eci",
    "error_messages",
    "expire_time",
    "expiry_time",
    "fraud_status",
    "gross_amount",
    "hash",
    "id",
    "issuer",
    "masked_card",
    "merchant_cross_reference_id",
    "merchant_id",
    "metadata",
    "on_us",
    "order_id",
    "payment_amounts",
    "payment_code",
    "payment_option_type",
    "payment_type",
    "permata_va_number",
    "pop_id",
    "qr_string",
    "redirect_url",
    "reference_id",
    "refund_amount",
    "refund_chargeback_id",
    "refund_chargeback_uuid",
    "refund_key",
    "refunds",
    "settlement_time",
    "shopeepay_reference_number",
    "signature_key",
    "status_code",
    "status_message",
    "store",
    "three_ds_challenge_completion",
    "three_ds_version",
    "token",
    "token_id",
    "transaction_id",
    "transaction_status",
    "transaction_time",
    "transaction_type",
    "va_numbers",
    "validation_messages",
];

/// The names of fields of a body that no answer of today has; none where it is no object.
pub(crate) fn unknown_fields(body: &[u8]) -> Vec<String> {
    Object::parse(body).map(|object| object.others(&KNOWN).map(str::to_owned).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, want: &[&str]) {
        assert_eq!(unknown_fields(body.as_bytes()), want, "{body}");
    }

    #[test]
    fn fields_of_tomorrow_are_named_and_those_of_today_are_not() {
        check(r#"{"status_code":"200","va_numbers":[]}"#, &[]);
        check(r#"{"status_code":"200","tomorrow":{"deep":1},"after":null}"#, &["after", "tomorrow"]);
        check("<html>", &[]);
        check("[1]", &[]);
    }
}
