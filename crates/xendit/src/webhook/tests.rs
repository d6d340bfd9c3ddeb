use mstore_pay_domain::account::{AccountMode, SharedSecret, WebhookSecrets};
use mstore_pay_domain::charge::FailureReason;
use mstore_pay_domain::ids::AccountId;
use mstore_pay_domain::money::{Money, ReportedMoney};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::webhook::ClaimedAmount;

use super::*;

fn decode(body: &str) -> Result<Notification, DecodeError> {
    let config = XenditConfig::new("http://h", WebhookVerification::Token).unwrap();
    let webhooks = XenditWebhooks::new(&config);
    let secret = |text| SharedSecret::new(text).unwrap();
    let account = ProviderAccount {
        id: AccountId::main(),
        provider: config.id.clone(),
        mode: AccountMode::Test,
        credential: secret("key"),
        for_user_id: None,
        provider_merchant_id: None,
        webhook_secrets: WebhookSecrets { current: secret("token"), previous: None },
        nmid: None,
    };
    let headers = vec![("x-callback-token".to_owned(), "token".to_owned())];
    let raw = RawWebhook { headers, body: body.as_bytes().to_vec() };
    webhooks.decode(&webhooks.authenticate(&raw, &account).unwrap())
}

fn event(name: &str, data: &str) -> Notification {
    decode(&format!(r#"{{"event":"{name}","business_id":"biz","created":"2026-01-01T00:00:00Z","data":{{{data}}}}}"#))
        .unwrap()
}

fn flat(more: &str) -> Notification {
    decode(&format!(r#"{{"id":"pr-1","external_id":"TRX-1"{more}}}"#)).unwrap()
}

fn rupiah(amount: &str) -> ClaimedAmount {
    ClaimedAmount::Named(ReportedMoney::idr(Money::parse(amount).unwrap()))
}

#[track_caller]
fn check_event(name: &str, data: &str, want: &Claim) {
    assert_eq!(&event(name, data).claim, want, "{name} {data}");
}

#[track_caller]
fn check_event_is_other(name: &str, data: &str) {
    let told = event(name, data);
    assert!(matches!(told.claim, Claim::Other(_)), "{name} {data}: {:?}", told.claim);
    assert_eq!(told.unrecognised.len(), 1, "{name} {data}");
}

#[track_caller]
fn check_flat_is_other(more: &str) {
    let told = flat(more);
    assert!(matches!(told.claim, Claim::Other(_)), "{more}: {:?}", told.claim);
    assert!(!told.unrecognised.is_empty(), "{more}");
}

#[track_caller]
fn check_flat_amount(more: &str, want: &ClaimedAmount) {
    assert_eq!(&flat(&format!(r#","status":"PAID"{more}"#)).amount, want, "{more}");
}

#[test]
fn a_capture_names_the_payment_the_request_and_what_came() {
    let told = event(
        "payment.capture",
        r#""payment_id":"py-1","payment_request_id":"pr-1","reference_id":"TRX-1~a","currency":"IDR","status":"SUCCEEDED","captures":[{"capture_amount":33000.0,"capture_timestamp":"2025-10-13T17:32:15+07:00"}],"metadata":{"order_code":"TRX-1"},"tomorrow":{}"#,
    );
    assert_eq!(told.claim, Claim::Paid { at: Timestamp::parse_rfc3339("2025-10-13T10:32:15Z") });
    assert_eq!(told.amount, rupiah("33000"));
    assert_eq!(told.about.payment_ref.unwrap().as_str(), "py-1");
    assert_eq!(told.about.charge_ref.unwrap().as_str(), "pr-1");
    assert_eq!(told.about.reference.as_deref(), Some("TRX-1~a"));
    assert_eq!(told.about.order_code.as_deref(), Some("TRX-1"));
    assert_eq!(told.account_hint.unwrap().as_str(), "biz");
    assert!(told.unrecognised.is_empty());
}

#[test]
fn events_claim_what_their_status_bears_out() {
    check_event("payment.authorization", r#""status":"AUTHORIZED""#, &Claim::Pending);
    for name in ["payment.expiry", "payment_request.expiry", "payment_request.expired"] {
        check_event(name, r#""status":"EXPIRED""#, &Claim::Expired);
    }
    let declined = Claim::Failed(FailureReason::from_code("INSUFFICIENT_BALANCE"));
    check_event("payment.failure", r#""status":"FAILED","failure_code":"INSUFFICIENT_BALANCE""#, &declined);
}

#[test]
fn an_event_and_a_status_that_contradict_each_other_claim_nothing() {
    check_event_is_other("payment.capture", r#""status":"FAILED""#);
    check_event_is_other("payment.capture", r#""status":"succeeded""#);
    check_event_is_other("payment.capture", "");
    check_event_is_other("payment.failure", r#""status":"SUCCEEDED""#);
    check_event_is_other("payment_request.expiry", r#""status":"SUCCEEDED""#);
}

#[test]
fn events_of_other_things_and_of_tomorrow_are_no_error() {
    for name in ["refund.succeeded", "payment_token.activation", "payment_session.expired", "qr.payment", "x\\u0000y"] {
        check_event_is_other(name, r#""status":"SUCCEEDED""#);
    }
    for body in [r#"{"event":"payment.capture"}"#, r#"{"event":7,"data":{}}"#, r#"{"event":null}"#] {
        assert!(matches!(decode(body).unwrap().claim, Claim::Other(_)), "{body}");
    }
}

#[test]
fn the_flat_body_names_the_order_and_perhaps_the_charge() {
    let told = flat(r#","status":"PAID","amount":33000,"paid_at":"2025-10-13T10:32:15Z","extra":{"a":[1]}"#);
    assert_eq!(told.claim, Claim::Paid { at: Timestamp::parse_rfc3339("2025-10-13T10:32:15Z") });
    assert_eq!(told.amount, rupiah("33000"));
    assert_eq!(told.about.charge_ref.unwrap().as_str(), "pr-1");
    assert_eq!(told.about.order_code.as_deref(), Some("TRX-1"));
    assert_eq!(flat(r#","status":"PAID""#).claim, Claim::Paid { at: None });
    assert_eq!(flat(r#","status":"EXPIRED""#).claim, Claim::Expired);
}

#[test]
fn only_exact_words_are_statuses() {
    for status in [
        r#""paid""#,
        r#""P\u0410\u0406D""#,
        r#""PAID ""#,
        r#"["PAID"]"#,
        r#"{"x":1}"#,
        "true",
        "null",
        r#""SUCCEEDED""#,
    ] {
        check_flat_is_other(&format!(r#","status":{status},"amount":33000"#));
    }
    check_flat_is_other("");
}

#[test]
fn amounts_are_named_exactly_or_said_to_be_unreadable() {
    check_flat_amount(r#","amount":33000.5"#, &rupiah("33000.5"));
    check_flat_amount(r#","amount":9007199254740993"#, &rupiah("9007199254740993"));
    check_flat_amount("", &ClaimedAmount::Absent);
    for text in ["null", "-33000", "true", "\"33000\"", "\"tiga puluh\"", "[1]", "1e400"] {
        check_flat_amount(&format!(r#","amount":{text}"#), &ClaimedAmount::Unreadable(text.to_owned()));
    }
    let dollars = ReportedMoney { amount: 33_000.into(), currency: "USD".to_owned() };
    check_flat_amount(r#","amount":33000,"currency":"USD""#, &ClaimedAmount::Named(dollars));
    check_flat_amount(r#","amount":33000,"currency":360"#, &ClaimedAmount::Unreadable("360".to_owned()));
}

#[test]
fn hostile_names_are_passed_on_without_what_does_not_print() {
    let told = decode(r#"{"id":12345,"external_id":"a\u0000b","status":"PAID"}"#).unwrap();
    assert_eq!(told.about.charge_ref, None);
    assert_eq!(told.about.order_code.as_deref(), Some("a\u{fffd}b"));
    assert_eq!(told.unrecognised, ["id: 12345"]);
}

#[test]
fn what_is_no_object_or_says_two_things_is_not_understood() {
    let twice = r#"{"status":"PENDING","status":"PAID","id":"pr-1"}"#;
    let twice_within = r#"{"event":"payment.capture","data":{"status":"FAILED","status":"SUCCEEDED"}}"#;
    for body in
        ["", "null", "[]", "7", "<html>502</html>", "{\"status\":", twice, twice_within, r#"{"event":"e","data":[]}"#]
    {
        assert!(decode(body).is_err(), "{body}");
    }
    assert!(matches!(decode("{}").unwrap().claim, Claim::Other(_)));
}
