//! What is taken for an answer, and what is not.

use std::time::{Duration, Instant};

use mstore_pay_conformance::wire::{Reply, WireStub};
use mstore_pay_domain::account::SharedSecret;
use mstore_pay_domain::ids::{MerchantId, OrderCode, PaymentId};
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{LedgerError, LedgerErrorKind as Kind, TransactionLedger as _};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_outbound::HttpClient;
use mstore_pay_remote_ledger::{RemoteLedger, RemoteLedgerConfig};
use uuid::Uuid;

use crate::books::ledger_at;

fn payment() -> PaymentId {
    PaymentId::new(Uuid::from_u128(7))
}

fn named() -> (MerchantId, OrderCode) {
    (MerchantId::parse("M1").unwrap(), OrderCode::parse("TRX-1").unwrap())
}

async fn verify(ledger: &RemoteLedger) -> Result<(), LedgerError> {
    let (merchant, code) = named();
    let paid_at = Timestamp::parse_rfc3339("2026-11-26T10:32:15Z").unwrap();
    ledger.verify_payment(&merchant, &code, &payment(), &Money::from(33_000), paid_at).await
}

/// Checks what a payment's booking comes to, when it is answered so.
async fn check_booking(reply: Reply, want: Result<(), Kind>) {
    let stub = WireStub::start().await;
    let said = format!("{reply:?}");
    stub.on("POST", "/", [reply]);
    let booked = verify(&ledger_at(&stub.base_url())).await;
    assert_eq!(booked.map_err(|error| error.kind), want, "{said}");
}

/// Checks what an order's look-up comes to, when it is answered so.
async fn check_order(reply: Reply, want: Result<Option<u32>, Kind>) {
    let stub = WireStub::start().await;
    let said = format!("{reply:?}");
    stub.on("GET", "/", [reply]);
    let (merchant, code) = named();
    let told = ledger_at(&stub.base_url()).resolve(&merchant, &code).await;
    let told = told.map(|order| order.map(|order| order.grand_total)).map_err(|error| error.kind);
    assert_eq!(told, want.map(|total| total.map(Money::from)), "{said}");
}

#[tokio::test]
async fn a_payment_is_booked_only_where_the_answer_names_it() {
    let ours = format!(r#"{{"payment_id":"{}"}}"#, payment());
    check_booking(Reply::json(200, ours.clone()), Ok(())).await;
    check_booking(Reply::json(201, ours.clone()), Ok(())).await;
    for (status, body) in [
        (200, "{}"),
        (200, ""),
        (200, "null"),
        (200, r#"{"payment_id":"pay_00000000000000000000000000000008"}"#),
        (200, r#"{"payment_id":7}"#),
    ] {
        check_booking(Reply::json(status, body), Err(Kind::Malformed)).await;
    }
    check_booking(Reply::page(200), Err(Kind::Malformed)).await;
    check_booking(Reply::redirect("http://127.0.0.1:1/"), Err(Kind::Malformed)).await;
    check_booking(Reply::json(500, ours), Err(Kind::Unavailable)).await;
}

#[tokio::test]
async fn only_a_refusal_in_so_many_words_is_one() {
    let refusal = r#"{"error_code":"payment_refused"}"#;
    check_booking(Reply::json(409, refusal), Err(Kind::Refused)).await;
    check_booking(Reply::json(422, refusal), Err(Kind::Refused)).await;
    check_booking(Reply::json(422, r#"{"error_code":"other"}"#), Err(Kind::Malformed)).await;
    check_booking(Reply::page(422), Err(Kind::Malformed)).await;
    check_booking(Reply::json(404, refusal), Err(Kind::Malformed)).await;
    for status in [401, 403, 408, 429, 500, 502, 503, 504] {
        check_booking(Reply::json(status, refusal), Err(Kind::Unavailable)).await;
    }
}

#[tokio::test]
async fn an_order_is_unknown_only_where_the_service_says_so() {
    check_order(Reply::json(404, r#"{"error_code":"order_unknown"}"#), Ok(None)).await;
    check_order(Reply::json(404, "{}"), Err(Kind::Malformed)).await;
    check_order(Reply::page(404), Err(Kind::Malformed)).await;
    check_order(Reply::page(200), Err(Kind::Malformed)).await;
    check_order(Reply::json(503, r#"{"error_code":"order_unknown"}"#), Err(Kind::Unavailable)).await;
}

#[tokio::test]
async fn an_order_is_told_whole_or_not_at_all() {
    check_order(Reply::json(200, r#"{"grand_total":33000.00,"status":"draft","more":1}"#), Ok(Some(33_000))).await;
    check_order(Reply::json(200, r#"{"grand_total":33000,"status":"paid","branch_id":null}"#), Ok(Some(33_000))).await;
    for body in [
        r#"{"grand_total":"33000","status":"draft"}"#,
        r#"{"grand_total":-1,"status":"draft"}"#,
        r#"{"status":"draft"}"#,
        r#"{"grand_total":33000}"#,
        r#"{"grand_total":33000,"status":"open"}"#,
        r#"{"grand_total":33000,"status":"draft","branch_id":7}"#,
        r#"{"grand_total":33000,"grand_total":1,"status":"draft"}"#,
    ] {
        check_order(Reply::json(200, body), Err(Kind::Malformed)).await;
    }
}

#[tokio::test]
async fn a_service_that_hangs_or_breaks_off_is_unavailable_in_time() {
    let broken = [
        Reply::Silence,
        Reply::Hangup,
        Reply::Reset,
        Reply::CutOff { status: 200, announced: 100, body: b"{".to_vec() },
        Reply::Drip { pause: Duration::from_millis(50), status: 200, body: vec![b' '; 1_000] },
    ];
    for reply in broken {
        let stub = WireStub::start().await;
        let said = format!("{reply:?}");
        stub.on("POST", "/", [reply]);
        let within = Duration::from_millis(500);
        let config = RemoteLedgerConfig::new(&stub.base_url()).unwrap().within(within);
        let (ledger, began) = (RemoteLedger::new(HttpClient::new().unwrap(), config), Instant::now());
        let error = verify(&ledger).await.unwrap_err();
        assert_eq!(error.kind, Kind::Unavailable, "{said}");
        assert!(began.elapsed() < within * 4, "{said} took {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn the_token_is_shown_with_each_call_and_told_to_nobody_else() {
    let stub = WireStub::start().await;
    stub.on("POST", "/", [Reply::page(500)]);
    let token = SharedSecret::new("t0ken-of-the-ledger").unwrap();
    let config = RemoteLedgerConfig::new(&format!("{}/ledger", stub.base_url())).unwrap().with_token(token);
    assert!(!format!("{config:?}").contains("t0ken"));
    let error = verify(&RemoteLedger::new(HttpClient::new().unwrap(), config)).await.unwrap_err();
    let seen = stub.seen();
    let [request] = seen.as_slice() else { panic!("one request, not {seen:?}") };
    assert_eq!(request.header("authorization"), Some("Bearer t0ken-of-the-ledger"));
    assert_eq!(request.path, "/ledger/merchants/M1/orders/TRX-1/payments");
    assert_eq!(
        request.text(),
        format!(r#"{{"payment_id":"{}","amount":33000,"paid_at":"2026-11-26T10:32:15Z"}}"#, payment())
    );
    assert!(!format!("{error:?}").contains("t0ken"));
}
