use std::time::Duration;

use mstore_pay_domain::ids::{ChargeId, OrderCode, OurReference, ProviderRef};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::{CardToken, Period, ReturnUrls};
use mstore_pay_domain::time::Timestamp;
use uuid::Uuid;

use super::*;
use crate::channels::{Channel, Opens};
use crate::config::XenditApi::{V2, V3};

fn charge(amount: &str, description: Option<&str>) -> OpenCharge {
    let (order_code, charge) = (OrderCode::parse("TRX-1").unwrap(), ChargeId::new(Uuid::from_u128(0)));
    OpenCharge {
        charge,
        our_reference: OurReference::of(&order_code, &charge),
        order_code,
        method: Method::Qris,
        amount: Money::parse(amount).unwrap(),
        expires_at: Timestamp::EPOCH,
        description: description.map(str::to_owned),
        customer_phone: Some("+628111".to_owned()),
        card_token: None,
        return_urls: None,
        within: Duration::from_secs(5),
    }
}

#[track_caller]
fn check_open(charge: &OpenCharge, want: &str) {
    assert_eq!(v3::open_body(charge, Channel::of(V3, Method::Qris).unwrap()).unwrap(), want);
}

#[track_caller]
fn check_path(base: &str, id: &str, want: Option<&str>) {
    let url = v3::cancel(&base.parse().unwrap(), &ProviderRef::parse(id).unwrap());
    assert_eq!(url.as_ref().map(Url::as_str), want);
}

#[test]
fn a_qris_request_says_what_is_needed_and_nothing_of_the_customer() {
    check_open(
        &charge("33000", None),
        r#"{"reference_id":"TRX-1~aaaaaaaaa","type":"PAY","country":"ID","currency":"IDR","request_amount":33000,"channel_code":"QRIS","metadata":{"order_code":"TRX-1"}}"#,
    );
}

/// A charge of that method with all that its channel might want.
fn charge_by(method: Method, token: Option<&str>) -> OpenCharge {
    let urls = ReturnUrls { success: "https://s".to_owned(), failure: "https://f".to_owned() };
    let card_token = token.map(|token| CardToken::new(token).unwrap());
    OpenCharge { method, card_token, return_urls: Some(urls), ..charge("33000", None) }
}

/// What of a body stands between the amount, or what comes after it, and the metadata.
#[track_caller]
fn own_part(body: &str, after: &str) -> String {
    let (_, own) = body.split_once(after).unwrap();
    own.strip_suffix(r#","metadata":{"order_code":"TRX-1"}}"#).unwrap().to_owned()
}

/// What of a v3 request is the method's own.
#[track_caller]
fn check_method(method: Method, token: Option<&str>, want: &str) {
    let body = v3::open_body(&charge_by(method, token), Channel::of(V3, method).unwrap()).unwrap();
    assert_eq!(own_part(&body, r#""request_amount":33000,"#), want, "{method}");
}

/// What of a v2 request is the method's own.
#[track_caller]
fn check_older(method: Method, want: &str) {
    let (asked, channel) = (charge_by(method, None), Channel::of(V2, method).unwrap());
    let Opens::RequestV2(rail) = channel.opens(&asked) else { panic!("{method} becomes no request") };
    let body = v2::open_body(&asked, channel, rail).unwrap();
    assert!(body.starts_with(r#"{"reference_id":"TRX-1~aaaaaaaaa","amount":33000,"currency":"IDR","#), "{body}");
    assert_eq!(own_part(&body, r#""country":"ID","#), want, "{method}");
}

#[test]
fn each_method_is_asked_for_with_what_its_channel_wants_and_no_more() {
    let success = r#""channel_properties":{"success_return_url":"https://s"}"#;
    let both = r#""channel_properties":{"success_return_url":"https://s","failure_return_url":"https://f"}"#;
    let number = r#""channel_properties":{"display_name":"MStore","expires_at":"1970-01-01T00:00:00Z"}"#;
    check_method(Method::Gopay, None, &format!(r#""channel_code":"GOPAY",{both}"#));
    check_method(Method::Ovo, None, r#""channel_code":"OVO","channel_properties":{"account_mobile_number":"+628111"}"#);
    check_method(Method::Dana, None, &format!(r#""channel_code":"DANA",{success}"#));
    check_method(Method::Shopeepay, None, &format!(r#""channel_code":"SHOPEEPAY",{success}"#));
    for (method, bank) in
        [(Method::VaBca, "BCA"), (Method::VaBni, "BNI"), (Method::VaBri, "BRI"), (Method::VaMandiri, "MANDIRI")]
    {
        check_method(method, None, &format!(r#""channel_code":"{bank}_VIRTUAL_ACCOUNT",{number}"#));
    }
    check_method(Method::CreditCard, Some("pt-1"), &format!(r#""payment_token_id":"pt-1",{both}"#));
}

#[test]
fn the_older_api_wants_the_same_in_a_payment_method() {
    let wallet = |code: &str, properties: &str| {
        format!(
            r#""payment_method":{{"type":"EWALLET","reusability":"ONE_TIME_USE","ewallet":{{"channel_code":"{code}","channel_properties":{{{properties}}}}}}}"#
        )
    };
    check_older(Method::Ovo, &wallet("OVO", r#""mobile_number":"+628111""#));
    check_older(Method::Dana, &wallet("DANA", r#""success_return_url":"https://s""#));
    check_older(Method::Shopeepay, &wallet("SHOPEEPAY", r#""success_return_url":"https://s""#));
    for (method, bank) in
        [(Method::VaBca, "BCA"), (Method::VaBni, "BNI"), (Method::VaBri, "BRI"), (Method::VaMandiri, "MANDIRI")]
    {
        let number = format!(
            r#""payment_method":{{"type":"VIRTUAL_ACCOUNT","reusability":"ONE_TIME_USE","virtual_account":{{"channel_code":"{bank}","channel_properties":{{"customer_name":"MStore","expires_at":"1970-01-01T00:00:00Z"}}}}}}"#
        );
        check_older(method, &number);
    }
}

#[test]
fn a_card_becomes_a_page_unless_v3_is_given_its_token() {
    let opens = |api, token| Channel::of(api, Method::CreditCard).unwrap().opens(&charge_by(Method::CreditCard, token));
    assert_eq!((opens(V3, None), opens(V3, Some("pt-1"))), (Opens::Session, Opens::RequestV3));
    assert_eq!((opens(V2, None), opens(V2, Some("pt-1"))), (Opens::Session, Opens::Session));
}

#[test]
fn a_code_is_asked_for_until_its_time_is_over() {
    assert_eq!(
        qr_code::open_body(&charge("33000", Some("not sent"))).unwrap(),
        r#"{"reference_id":"TRX-1~aaaaaaaaa","type":"DYNAMIC","currency":"IDR","amount":33000,"expires_at":"1970-01-01T00:00:00Z","metadata":{"order_code":"TRX-1"}}"#
    );
}

#[test]
fn each_endpoint_has_its_own_header_for_the_key() {
    let asked = charge("1", None);
    let key = |key: Key| (key.header, key.value);
    let id = || "chg_00000000000000000000000000000000".to_owned();
    assert_eq!(key(v2::open_key(&asked)), ("idempotency-key", id()));
    assert_eq!(key(qr_code::open_key(&asked)), ("x-idempotency-key", id()));
}

#[test]
fn a_card_page_offers_cards_only() {
    let asked = OpenCharge { method: Method::CreditCard, ..charge("33000", None) };
    assert_eq!(
        session::open_body(&asked).unwrap(),
        r#"{"reference_id":"TRX-1~aaaaaaaaa","session_type":"PAY","mode":"PAYMENT_LINK","country":"ID","currency":"IDR","amount":33000,"allowed_payment_channels":["CARDS"],"expires_at":"1970-01-01T00:00:00Z","metadata":{"order_code":"TRX-1"}}"#
    );
}

#[test]
fn amounts_are_numbers_digit_for_digit() {
    assert_eq!(simulate_body(&Money::parse("9007199254740993").unwrap()).unwrap(), r#"{"amount":9007199254740993}"#);
    assert_eq!(simulate_body(&Money::parse("10000.01").unwrap()).unwrap(), r#"{"amount":10000.01}"#);
}

#[test]
fn a_description_is_escaped_and_cut() {
    let body = v3::open_body(&charge("1", Some(&"\"é".repeat(2_000))), Channel::of(V3, Method::Qris).unwrap()).unwrap();
    assert_eq!(body.matches('é').count(), 500);
    let none = v3::open_body(&charge("1", Some("")), Channel::of(V3, Method::Qris).unwrap()).unwrap();
    assert!(!none.contains("description"));
}

#[test]
fn ids_cannot_leave_their_place_in_the_path() {
    let base = "https://api.xendit.co";
    check_path(base, "pr-1", Some("https://api.xendit.co/v3/payment_requests/pr-1/cancel"));
    check_path("http://h/xendit/", "pr-1", Some("http://h/xendit/v3/payment_requests/pr-1/cancel"));
    check_path(base, "../../x", Some("https://api.xendit.co/v3/payment_requests/..%2F..%2Fx/cancel"));
    check_path(base, "a?b#c%2e", Some("https://api.xendit.co/v3/payment_requests/a%3Fb%23c%252e/cancel"));
    check_path(base, "..", None);
    check_path(base, ".", None);
}

#[test]
fn listings_ask_for_arrived_money_only() {
    let since = Timestamp::parse_rfc3339("2026-11-22T10:00:00Z").unwrap();
    let after = ProviderRef::parse("txn&1").unwrap();
    let url = transactions::within(&"http://h".parse().unwrap(), Period::since(since), Some(&after)).unwrap();
    assert_eq!(
        url.query(),
        Some("types=PAYMENT&statuses=SUCCESS&updated%5Bgte%5D=2026-11-22T10%3A00%3A00Z&limit=50&after_id=txn%261")
    );
    let until = Timestamp::parse_rfc3339("2026-11-22T10:00:02.5Z");
    let url = transactions::within(&"http://h".parse().unwrap(), Period { from: since, until }, None).unwrap();
    assert!(url.query().unwrap().ends_with("&limit=50&updated%5Blte%5D=2026-11-22T10%3A00%3A02.500Z"), "{url}");
}
