//! The payment row of MStore's existing services.

use mstore_pay_domain::unit_of_work::Due;

use crate::fixtures::{Site, stored, tamper};
use crate::seed_model::lines;

#[test]
fn every_column_is_of_the_type_that_the_page_says() {
    let Some(lines) = lines() else { return };
    let types = Site::new().run(
        "SELECT data_type FROM information_schema.columns WHERE table_name = 'seed_payments' ORDER BY ordinal_position",
    );
    for ([column, of_page, _], data_type) in lines.iter().zip(types.lines()) {
        assert_eq!(of_page, data_type, "{column}");
    }
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
