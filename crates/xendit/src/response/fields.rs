//! The fields that Xendit's answers have today. One more is no error: it is put on record, so that somebody
//! reads what it means.

use mstore_pay_outbound::json::Object;

/// Fields of payment requests, payments, sessions, QR codes, refunds and lists, whatever the version of the API
/// (2026-04).
const KNOWN: [&str; 79] = [
    "actions",
    "allow_save_payment_method",
    "allowed_payment_channels",
    "amount",
    "basket",
    "billing_information",
    "business_id",
    "callback_url",
    "cancel_return_url",
    "capture_method",
    "captures",
    "card",
    "card_verification_results",
    "channel_code",
    "channel_properties",
    "components_configuration",
    "components_sdk_key",
    "country",
    "created",
    "currency",
    "customer",
    "customer_id",
    "data",
    "description",
    "direct_bank_transfer",
    "direct_debit",
    "ewallet",
    "expires_at",
    "external_id",
    "failure_code",
    "fees",
    "for_user_id",
    "has_more",
    "id",
    "initiator",
    "invoice_id",
    "issuer_name",
    "items",
    "latest_payment_id",
    "links",
    "locale",
    "merchant_callback_url",
    "message",
    "metadata",
    "mode",
    "over_the_counter",
    "payment_detail",
    "payment_details",
    "payment_id",
    "payment_link_url",
    "payment_method",
    "payment_method_id",
    "payment_method_type",
    "payment_request_id",
    "payment_session_id",
    "payment_token_id",
    "payout_link_properties",
    "qr_code",
    "qr_id",
    "qr_string",
    "reason",
    "receipt_id",
    "reference_id",
    "refund_fee_amount",
    "refund_method",
    "request_amount",
    "reusability",
    "session_type",
    "shipping_information",
    "source",
    "status",
    "statement_descriptor",
    "success_return_url",
    "three_d_secure",
    "token",
    "type",
    "updated",
    "virtual_account",
    "webhook_url",
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
        check(r#"{"status":"PENDING","payment_request_id":"pr-1"}"#, &[]);
        check(r#"{"status":"PENDING","tomorrow":{"deep":1},"after":null}"#, &["after", "tomorrow"]);
        check("<html>", &[]);
        check("[1]", &[]);
    }
}
