//! The payment row of MStore's existing services.

use mstore_pay_domain::unit_of_work::Due;

use crate::fixtures::{Site, stored, tamper};

/// The columns of MStore's payment model, in its order.
const SEED_COLUMNS: [&str; 34] = [
    "id",
    "merchant_id",
    "branch_id",
    "transaction_id",
    "payment_code",
    "reference_id",
    "idempotency_key",
    "provider",
    "channel",
    "method",
    "amount",
    "currency",
    "status",
    "external_payment_id",
    "external_invoice_id",
    "qr_string",
    "paid_at",
    "expires_at",
    "last_error_code",
    "last_error_message",
    "webhook_status",
    "webhook_received_at",
    "is_offline",
    "device_id",
    "offline_reference",
    "sync_status",
    "sync_attempts",
    "last_sync_at",
    "request_payload",
    "response_payload",
    "callback_payload",
    "created_at",
    "updated_at",
    "deleted_at",
];

#[test]
fn the_view_has_every_column_of_the_payment_model() {
    let site = Site::new();
    let columns = site.run(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'seed_payments' ORDER BY ordinal_position",
    );
    assert_eq!(columns.lines().collect::<Vec<_>>(), SEED_COLUMNS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paid_payment_reads_as_success_with_its_decimals_and_payloads() {
    let site = Site::new();
    let store = site.open().await;
    let payment = stored(&store, &site.payment(), Due::Never).await;
    let row = site.run(
        "SET TIME ZONE 'UTC'; SELECT id, transaction_id, provider, channel, amount, status, paid_at, is_offline, \
         device_id, webhook_status, callback_payload, request_payload IS NULL FROM seed_payments",
    );
    let want = format!(
        "{}|TRX-1|acme|QR_CODE|33000.00|success|2025-10-13 10:33:15.123456+00|f|TILL-1|settled|{{\"status\":\"PAID\"}}|t",
        payment.id
    );
    assert_eq!(row, want);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_text_does_not_break_the_view() {
    let site = Site::new();
    stored(&site.open().await, &site.payment(), Due::Never).await;
    tamper(&site, "UPDATE payment_bodies SET body = '\\xff00'");
    assert_eq!(site.run("SELECT callback_payload FROM seed_payments"), "\\377\\000");
}
