//! The payment row of MStore's existing services.

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use mstore_pay_domain::unit_of_work::Due;

use crate::fixtures::{Site, stored};

#[derive(QueryableByName, Debug, PartialEq)]
struct SeedRow {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    transaction_id: String,
    #[diesel(sql_type = Text)]
    provider: String,
    #[diesel(sql_type = Text)]
    channel: String,
    #[diesel(sql_type = Text)]
    amount: String,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Nullable<Text>)]
    paid_at: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    device_id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    webhook_status: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    callback_payload: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    request_payload: Option<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paid_payment_reads_as_success_with_its_decimals_and_payloads() {
    let site = Site::new();
    let store = site.open();
    let payment = stored(&store, &site.payment(), Due::Never).await;
    let row: SeedRow = diesel::sql_query("SELECT * FROM seed_payments").get_result(&mut site.raw()).unwrap();
    let want = SeedRow {
        id: payment.id.to_string(),
        transaction_id: "TRX-1".to_owned(),
        provider: "acme".to_owned(),
        channel: "QR_CODE".to_owned(),
        amount: "33000.00".to_owned(),
        status: "success".to_owned(),
        paid_at: Some("2025-10-13T10:33:15Z".to_owned()),
        device_id: Some("TILL-1".to_owned()),
        webhook_status: Some("settled".to_owned()),
        callback_payload: Some("{\"status\":\"PAID\"}".to_owned()),
        request_payload: None,
    };
    assert_eq!(row, want);
}
