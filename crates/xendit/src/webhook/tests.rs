use mstore_pay_domain::account::{AccountMode, AccountTerms, SharedSecret, WebhookSecrets};
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
        terms: AccountTerms::default(),
    };
    let headers = vec![("x-callback-token".to_owned(), "token".to_owned())];
    let raw = RawWebhook { headers, body: body.as_bytes().to_vec() };
    webhooks.decode(&webhooks.authenticate(&raw, &account).unwrap())
}

#[test]
fn the_account_that_a_webhook_names_is_known_before_anything_is_proven() {
    let webhooks = XenditWebhooks::new(&XenditConfig::new("http://h", WebhookVerification::Token).unwrap());
    let named = |body: &str| {
        let account = webhooks.named_account(&RawWebhook { headers: Vec::new(), body: body.as_bytes().to_vec() });
        account.map(|account| account.as_str().to_owned())
    };
    let told = r#"{"event":"payment.capture","business_id":"biz","created":"2026-01-01T00:00:00Z","data":{}}"#;
    assert_eq!(named(told).as_deref(), Some("biz"));
    assert_eq!(named(r#"{"id":"pr-1","external_id":"TRX-1","status":"PAID"}"#), None);
    assert_eq!(named("no object"), None);
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
    for name in ["payment_session.expired", "payment.lottery", "payout.succeeded", "x\\u0000y"] {
        check_event_is_other(name, r#""status":"SUCCEEDED""#);
    }
    for body in [r#"{"event":"payment.capture"}"#, r#"{"event":7,"data":{}}"#, r#"{"event":null}"#] {
        assert!(matches!(decode(body).unwrap().claim, Claim::Other(_)), "{body}");
    }
}

#[test]
fn only_the_first_api_of_codes_tells_of_money_at_the_top() {
    let code = r#""id":"qrpy_1","amount":1500,"status":"COMPLETED","created":"2026-01-03T05:41:02Z""#;
    let of_a_code = format!(r#"{code},"qr_code":{{"id":"qr_1","external_id":"TRX-1~a"}}"#);
    let claim = |event: &str, more: &str| decode(&format!(r#"{{"event":"{event}",{more}}}"#)).unwrap().claim;
    assert!(matches!(claim("qr.payment", &of_a_code), Claim::Paid { .. }));
    assert!(matches!(claim("qr.payment", code), Claim::Other(_)));
    assert!(matches!(claim("payment.capture", &of_a_code), Claim::Other(_)));
}

#[test]
fn an_envelope_is_one_only_where_both_its_parts_are_within() {
    let capture = r#""payment_id":"py-1","payment_request_id":"pr-1","status":"SUCCEEDED","currency":"IDR","request_amount":1500,"captures":[{"capture_id":"c","capture_timestamp":"2026-01-03T05:41:02Z","capture_amount":1500}]"#;
    let plain = event("payment.capture", capture);
    assert!(matches!(plain.claim, Claim::Paid { .. }), "{plain:?}");
    for more in [r#""event":"tomorrow""#, r#""data":{}"#] {
        assert_eq!(event("payment.capture", &format!("{capture},{more}")), plain, "{more}");
    }
}

#[test]
fn what_became_of_a_payment_method_or_a_token_is_known_to_be_none_of_our_business() {
    for name in
        ["payment_method.activated", "payment_method.expired", "payment_token.activation", "payment_token.failure"]
    {
        let told = event(name, r#""id":"pm-1","status":"EXPIRED","reference_id":"TRX-1~a""#);
        assert_eq!((told.claim, told.unrecognised.len()), (Claim::Other(name.to_owned()), 0));
    }
}

#[test]
fn a_payment_of_v2_is_named_by_its_plain_id() {
    let told = event(
        "payment.succeeded",
        r#""id":"ewc_1","payment_request_id":"pr-1","reference_id":"TRX-1~a","currency":"IDR","amount":33000,"status":"SUCCEEDED","metadata":{"order_code":"TRX-1"},"created":"2025-10-13T10:00:00Z","updated":"2025-10-13T10:32:15.123456789Z""#,
    );
    assert_eq!(told.claim, Claim::Paid { at: Timestamp::parse_rfc3339("2025-10-13T10:32:15.123456Z") });
    assert_eq!(told.amount, rupiah("33000"));
    assert_eq!(told.about.payment_ref.unwrap().as_str(), "ewc_1");
    assert_eq!(told.about.charge_ref.unwrap().as_str(), "pr-1");
    assert_eq!(told.about.reference.as_deref(), Some("TRX-1~a"));
    assert_eq!(told.about.order_code.as_deref(), Some("TRX-1"));
}

#[test]
fn events_of_v2_claim_what_their_status_bears_out() {
    check_event("payment.pending", r#""status":"PENDING""#, &Claim::Pending);
    check_event("payment.awaiting_capture", r#""status":"AWAITING_CAPTURE""#, &Claim::Pending);
    let declined = Claim::Failed(FailureReason::from_code("INSUFFICIENT_BALANCE"));
    check_event("payment.failed", r#""status":"FAILED","failure_code":"INSUFFICIENT_BALANCE""#, &declined);
    check_event("ewallet.capture", r#""status":"SUCCEEDED""#, &Claim::Paid { at: None });
    check_event("capture.failed", r#""status":"FAILED""#, &Claim::Other("capture.failed".to_owned()));
    for (name, status) in [
        ("payment.succeeded", "FAILED"),
        ("payment.failed", "SUCCEEDED"),
        ("qr.payment", "COMPLETED"),
        ("ewallet.capture", "SOON"),
        ("refund.succeeded", "PENDING"),
    ] {
        check_event_is_other(name, &format!(r#""status":"{status}""#));
    }
}

#[test]
fn a_capture_of_v2_is_never_taken_for_its_payment() {
    let told = event(
        "capture.succeeded",
        r#""id":"cptr-1","payment_id":"py-1","payment_request_id":"pr-1","currency":"IDR","captured_amount":33000,"status":"SUCCEEDED""#,
    );
    assert_eq!(told.about.payment_ref.unwrap().as_str(), "py-1");
    assert_eq!(told.amount, rupiah("33000"));
}

#[test]
fn an_event_that_is_new_to_us_still_says_what_it_is_about() {
    let told = event("payment.tomorrow", r#""payment_id":"py-1","payment_request_id":"pr-1","status":"SUCCEEDED""#);
    assert_eq!((told.claim, told.unrecognised.len()), (Claim::Other("payment.tomorrow".to_owned()), 1));
    assert_eq!(told.about.charge_ref.unwrap().as_str(), "pr-1");
}

#[test]
fn a_payment_of_a_code_is_the_same_in_both_shapes() {
    let later = event(
        "qr.payment",
        r#""id":"qrpy_1","qr_id":"qr_1","reference_id":"TRX-1~a","currency":"IDR","amount":1500,"status":"SUCCEEDED","created":"2026-01-03T05:41:02Z","metadata":{"order_code":"TRX-1"}"#,
    );
    let first = decode(
        r#"{"event":"qr.payment","id":"qrpy_1","amount":1500,"status":"COMPLETED","created":"2026-01-03T05:41:02Z","qr_code":{"id":"qr_1","external_id":"TRX-1~a","type":"DYNAMIC","metadata":{"order_code":"TRX-1"}}}"#,
    )
    .unwrap();
    assert_eq!(later.claim, Claim::Paid { at: Timestamp::parse_rfc3339("2026-01-03T05:41:02Z") });
    assert_eq!(later.about.charge_ref.as_ref().unwrap().as_str(), "qr_1");
    assert_eq!(later.about.payment_ref.as_ref().unwrap().as_str(), "qrpy_1");
    assert_eq!(later.about.reference.as_deref(), Some("TRX-1~a"));
    assert_eq!((&first.about, &first.claim, &first.amount), (&later.about, &later.claim, &later.amount));
    assert_eq!(first.amount, rupiah("1500"));
}

#[test]
fn a_refund_names_the_payment_and_not_itself_in_either_envelope() {
    let data = r#""id":"rfd-1","payment_id":"py-1","payment_request_id":"pr-1","reference_id":"rfd_1","currency":"IDR","amount":500,"status":"SUCCEEDED""#;
    let plain = event("refund.succeeded", data);
    let inner = format!(r#""event":"refund.succeeded","business_id":"biz","data":{{{data}}}"#);
    assert_eq!(event("refund.succeeded", &inner), plain);
    assert_eq!((plain.claim, plain.amount), (Claim::Refunded, rupiah("500")));
    assert_eq!(plain.about.payment_ref.unwrap().as_str(), "py-1");
    assert_eq!(plain.about.charge_ref.unwrap().as_str(), "pr-1");
    assert_eq!((plain.about.reference, plain.unrecognised.len()), (None, 0));
}

#[test]
fn a_refund_that_failed_is_told_of_by_its_own_name() {
    let failed = || Claim::RefundFailed { refund: ProviderRef::parse("rfd-1").unwrap() };
    for status in [r#","status":"FAILED""#, r#","status":"CANCELLED""#, ""] {
        let data = format!(
            r#""id":"rfd-1","payment_id":"py-1","payment_request_id":"pr-1","currency":"IDR","amount":500{status}"#
        );
        let told = event("refund.failed", &data);
        assert_eq!((told.claim, told.amount, told.unrecognised.len()), (failed(), rupiah("500"), 0), "{status}");
        assert_eq!(told.about.charge_ref.unwrap().as_str(), "pr-1");
    }
    check_event_is_other("refund.failed", r#""status":"FAILED""#);
    check_event_is_other("refund.failed", r#""id":"rfd-1","status":"SUCCEEDED""#);
}

#[test]
fn money_on_a_fixed_account_is_told_by_the_body_alone() {
    let told = flat(
        r#","payment_id":"pay-1","callback_virtual_account_id":"fva-1","amount":50000,"currency":"IDR","transaction_timestamp":"2021-07-24T05:22:55.115Z""#,
    );
    assert_eq!(told.claim, Claim::Paid { at: Timestamp::parse_rfc3339("2021-07-24T05:22:55.115Z") });
    assert_eq!(told.about.payment_ref.unwrap().as_str(), "pay-1");
    assert_eq!(told.about.charge_ref.unwrap().as_str(), "fva-1");
    assert_eq!((told.about.order_code.as_deref(), told.amount), (Some("TRX-1"), rupiah("50000")));
    check_flat_is_other(r#","callback_virtual_account_id":"fva-1","status":"ACTIVE""#);
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
