use std::time::Duration;

use mstore_pay_domain::ids::{ChargeId, OrderCode, OurReference, RefundId};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::ReturnUrls;
use mstore_pay_domain::time::Timestamp;
use uuid::Uuid;

use super::*;
use crate::config::MidtransApi;

fn channel(method: Method) -> &'static Channel {
    Channel::of(MidtransApi::Core, method).unwrap()
}

pub(super) fn charge(method: Method) -> OpenCharge {
    let (order_code, charge) = (OrderCode::parse("TRX-1").unwrap(), ChargeId::new(Uuid::from_u128(0)));
    OpenCharge {
        charge,
        our_reference: OurReference::of(&order_code, &charge),
        order_code,
        method,
        amount: Money::from(33_000),
        expires_at: Timestamp::parse_rfc3339("2025-12-22T15:05:00Z").unwrap(),
        description: Some("Kopi".to_owned()),
        customer_phone: Some("+628111".to_owned()),
        card_token: None,
        return_urls: Some(ReturnUrls { success: "https://s".to_owned(), failure: "https://f".to_owned() }),
        within: Duration::from_secs(5),
    }
}

/// What stands between the amount and the expiry, or the order code where there is no expiry.
#[track_caller]
fn check_own(method: Method, want: &str) {
    let body = open_body(&charge(method), channel(method)).unwrap();
    let (_, own) = body.split_once(r#""gross_amount":33000}"#).unwrap();
    let end = own.find(r#","custom_"#).unwrap();
    assert_eq!(own.split_at(end).0, want, "{method}");
}

#[test]
fn a_qris_request_says_what_is_needed_and_nothing_of_the_customer() {
    let body = open_body(&charge(Method::Qris), channel(Method::Qris)).unwrap();
    assert_eq!(
        body,
        r#"{"payment_type":"qris","transaction_details":{"order_id":"TRX-1~aaaaaaaaa","gross_amount":33000},"custom_expiry":{"order_time":"2025-12-22 15:00:00 +0000","expiry_duration":300,"unit":"second"},"custom_field1":"TRX-1"}"#
    );
}

#[test]
fn each_method_says_what_is_its_own() {
    check_own(Method::Qris, "");
    check_own(Method::Gopay, r#","gopay":{"enable_callback":true,"callback_url":"https://s"}"#);
    check_own(Method::Shopeepay, r#","shopeepay":{"callback_url":"https://s"}"#);
    check_own(Method::VaBca, r#","bank_transfer":{"bank":"bca"}"#);
    check_own(Method::VaMandiri, r#","echannel":{"bill_info1":"Payment:","bill_info2":"TRX-1"}"#);
    check_own(Method::Ovo, r#","ovo":{"payer_phone_number":"08111"}"#);
}

#[test]
fn a_cards_token_goes_along_and_its_bank_is_to_ask_the_holder() {
    let charge = OpenCharge { card_token: CardToken::new("481111-1114-a"), ..charge(Method::CreditCard) };
    let body = open_body(&charge, channel(Method::CreditCard)).unwrap();
    assert!(body.contains(r#""credit_card":{"token_id":"481111-1114-a","authentication":true}"#), "{body}");
    let other = OpenCharge { method: Method::Qris, ..charge };
    assert!(!open_body(&other, channel(Method::Qris)).unwrap().contains("token_id"), "only a card has a token");
}

#[test]
fn only_a_push_and_a_card_have_no_expiry_of_ours() {
    for method in Method::ALL {
        let Some(channel) = Channel::of(MidtransApi::Core, method) else { continue };
        let body = open_body(&charge(method), channel).unwrap();
        let has_none = matches!(method, Method::Ovo | Method::CreditCard);
        assert_eq!(body.contains("custom_expiry"), !has_none, "{method}");
    }
}

#[test]
fn a_refund_is_named_by_us() {
    let refund = RefundCharge {
        refund: RefundId::new(Uuid::nil()),
        charge_ref: ProviderRef::parse("t-1").unwrap(),
        payment_ref: ProviderRef::parse("t-1").unwrap(),
        amount: Money::from(5_000),
        reason: "r".repeat(300),
        within: Duration::from_secs(5),
    };
    let reason = "r".repeat(255);
    let want = format!(r#"{{"refund_key":"rfd_00000000000000000000000000000000","amount":5000,"reason":"{reason}"}}"#);
    assert_eq!(refund_body(&refund).unwrap(), want);
}

#[track_caller]
fn check_path(base: &str, name: &str, want: Option<&str>) {
    let url = status(&base.parse().unwrap(), name);
    assert_eq!(url.as_ref().map(Url::as_str), want);
}

#[test]
fn an_id_is_one_segment_whatever_is_in_it() {
    check_path("http://h", "t-1", Some("http://h/v2/t-1/status"));
    check_path("http://h/midtrans/", "TRX-1~a", Some("http://h/midtrans/v2/TRX-1~a/status"));
    check_path("http://h", "a/b?c#d e", Some("http://h/v2/a%2Fb%3Fc%23d%20e/status"));
    for name in ["", ".", ".."] {
        check_path("http://h", name, None);
    }
}
