use mstore_pay_domain::charge::FailureReason;
use mstore_pay_domain::ids::{AccountId, DeliveryId};
use mstore_pay_domain::money::{Money, ReportedMoney};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::webhook::{Claim, ClaimedAmount, Delivery};
use uuid::Uuid;

use super::*;

fn decode(body: &str) -> Result<Notification, DecodeError> {
    let config = MidtransConfig::new("http://h", "http://h").unwrap();
    let delivery = Delivery {
        id: DeliveryId::new(Uuid::nil()),
        provider: config.id.clone(),
        account: AccountId::main(),
        received_at: Timestamp::EPOCH,
        body: body.as_bytes().to_vec(),
        attempts: 1,
    };
    MidtransWebhooks::new(&config).decode(&Authentic::from_inbox(&delivery))
}

fn notice(code: &str, state: &str, more: &str) -> Notification {
    decode(&format!(
        r#"{{"transaction_id":"t-1","order_id":"TRX-1~a","merchant_id":"G1","status_code":"{code}","gross_amount":"33000.00","currency":"IDR","payment_type":"qris","transaction_time":"2025-12-22 22:22:10","transaction_status":"{state}"{more}}}"#
    ))
    .unwrap()
}

#[track_caller]
fn check(code: &str, state: &str, more: &str, want: &Claim) {
    assert_eq!(&notice(code, state, more).claim, want, "{code} {state} {more}");
}

#[track_caller]
fn check_is_other(code: &str, state: &str, more: &str) {
    let told = notice(code, state, more);
    assert!(matches!(told.claim, Claim::Other(_)), "{code} {state}: {:?}", told.claim);
    assert_eq!(told.unrecognised.len(), 1, "{code} {state}");
}

#[test]
fn a_settlement_names_the_transaction_and_what_came() {
    let told = notice("200", "settlement", r#","settlement_time":"2025-12-22 22:22:47","custom_field1":"TRX-1""#);
    assert_eq!(told.claim, Claim::Paid { at: Timestamp::parse_rfc3339("2025-12-22T15:22:47Z") });
    assert_eq!(told.amount, ClaimedAmount::Named(ReportedMoney::idr(Money::from(33_000))));
    assert_eq!(told.about.charge_ref, told.about.payment_ref);
    assert_eq!(told.about.payment_ref.unwrap().as_str(), "t-1");
    assert_eq!(told.about.reference.as_deref(), Some("TRX-1~a"));
    assert_eq!(told.about.order_code.as_deref(), Some("TRX-1"));
    assert_eq!(told.account_hint.unwrap().as_str(), "G1");
    assert!(told.unrecognised.is_empty());
}

#[test]
fn states_claim_what_they_say() {
    check("201", "pending", "", &Claim::Pending);
    check("202", "expire", "", &Claim::Expired);
    check("202", "cancel", "", &Claim::Canceled);
    check("202", "deny", "", &Claim::Failed(FailureReason::from_code("DENIED")));
    check("200", "refund", "", &Claim::Refunded);
    check("200", "partial_refund", "", &Claim::Refunded);
    check("200", "chargeback", "", &Claim::Refunded);
    check("200", "partial_chargeback", "", &Claim::Refunded);
    check("201", "capture", r#","fraud_status":"challenge""#, &Claim::Pending);
}

#[test]
fn good_news_under_another_code_claims_nothing() {
    // The state is not signed: whoever edits it keeps the code of the notice that was.
    for code in ["201", "202", "407", ""] {
        check_is_other(code, "settlement", "");
    }
}

#[test]
fn words_of_tomorrow_are_no_error_and_what_is_no_transaction_is_known_to_be_none() {
    check_is_other("200", "lottery", "");
    let no_word = decode(r#"{"transaction_status":["settlement"]}"#).unwrap();
    assert_eq!((no_word.claim, no_word.unrecognised.len()), (Claim::Other(r#"["settlement"]"#.to_owned()), 1));
    let linked = decode(r#"{"account_status":"ENABLED","account_id":"a","signature_key":"s"}"#).unwrap();
    assert_eq!((linked.claim, linked.unrecognised.len()), (Claim::Other("no transaction".to_owned()), 0));
}

#[test]
fn the_account_that_a_notice_names_is_known_before_anything_is_proven() {
    let webhooks = MidtransWebhooks::new(&MidtransConfig::new("http://h", "http://h").unwrap());
    let named = |body: &str| {
        let account = webhooks.named_account(&RawWebhook { headers: Vec::new(), body: body.as_bytes().to_vec() });
        account.map(|account| account.as_str().to_owned())
    };
    assert_eq!(named(r#"{"merchant_id":"G1"}"#).as_deref(), Some("G1"));
    assert_eq!(named("{}"), None);
    assert_eq!(named("no object"), None);
}

#[test]
fn an_amount_that_is_none_is_told_as_such() {
    let unreadable = |amount: &str| {
        let body = format!(r#"{{"transaction_status":"pending","gross_amount":{amount}}}"#);
        decode(&body).unwrap().amount
    };
    assert!(matches!(unreadable("\"abc\""), ClaimedAmount::Unreadable(_)));
    assert!(matches!(unreadable("\"1e99\""), ClaimedAmount::Unreadable(_)));
    assert_eq!(unreadable("null"), ClaimedAmount::Absent);
}
