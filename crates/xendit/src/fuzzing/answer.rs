use std::time::Duration;

use mstore_pay_domain::charge::Artefact;
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::ports::{Certainty, ProviderErrorKind, SnapshotStatus};
use mstore_pay_domain::qr::PaymentQr;
use mstore_pay_outbound::{Reply, redact};

use super::{first_line, says, turned_round};
use crate::channels::Shown;
use crate::error::Judgement;
use crate::response::{Payment, QrCode, Refund, RefundState, Session, TransactionPage, Unreadable, unknown_fields};
use crate::response::{v2, v3};

/// Words of payments for money that came.
const MONEY_CAME: [&str; 2] = ["SUCCEEDED", "COMPLETED"];
const SHOWN: [Shown; 5] =
    [Shown::QrString, Shown::AccountNumber { bank: "BCA" }, Shown::Link, Shown::PushOrLink, Shown::SessionPage];

/// A status, a line end and a body, read as every kind of answer there is: what may have happened is never taken for
/// what did not, and there is no receipt without a word for money.
///
/// # Panics
/// Where that does not hold.
pub fn answer(data: &[u8]) {
    let (status, body) = first_line(data);
    let status = std::str::from_utf8(status).ok().and_then(|status| status.parse().ok()).unwrap_or(200);
    judged(status, body);
    charges(body);
    money(body);
    assert!(unknown_fields(body).iter().all(|name| !["status", "amount", "id"].contains(&name.as_str())));
}

fn judged(status: u16, body: &[u8]) {
    let retry_after = Some(Duration::from_secs(7));
    let reply = Reply { status, body: body.to_vec(), rate_limit: None, retry_after };
    let Judgement { kind, certainty, upstream } = Judgement::of(&reply);
    let is_refused = matches!(status, 400..=499) && ![408, 409, 425].contains(&status);
    assert_eq!(certainty == Certainty::NotApplied, is_refused, "{status} {kind:?}");
    if matches!(kind, ProviderErrorKind::Declined | ProviderErrorKind::Unsupported | ProviderErrorKind::NotFound) {
        assert!(is_refused, "{status} {kind:?}");
    }
    assert_eq!(upstream.status, Some(status));
    let is_word = |code: &str| {
        (1..=64).contains(&code.len()) && code.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
    };
    assert!(upstream.code.is_none_or(|code| is_word(&code)));
    assert!(reply.on_record().len() <= redact::KEPT_BYTES_MAX + 64);
}

fn charges(body: &[u8]) {
    if let Some(request) = read(v3::PaymentRequest::parse(body)) {
        SHOWN.iter().filter_map(|shown| request.artefact(*shown)).for_each(|artefact| can_be_shown(&artefact));
        assert!(request.charge.status == SnapshotStatus::Pending || request.may_hold_money());
        let again = read(v3::PaymentRequest::parse(&turned_round(body).unwrap())).unwrap();
        assert_eq!((again.charge.id, again.charge.status), (request.charge.id, request.charge.status));
    }
    if let Some(request) = read(v2::PaymentRequest::parse(body)) {
        SHOWN.iter().filter_map(|shown| request.artefact(*shown)).for_each(|artefact| can_be_shown(&artefact));
        assert!(!request.can_be_closed || says(body, &["ONE_TIME_USE"]));
        assert!(!request.is_open || says(body, &["PENDING", "REQUIRES_ACTION"]));
    }
    if let Some(code) = read(QrCode::parse(body)) {
        assert!(code.charge.id.as_str().starts_with("qr_"));
        code.qr_string.into_iter().for_each(|qr_string| can_be_shown(&Artefact::Qr { qr_string }));
    }
    if let Some(session) = read(Session::parse(body)) {
        assert!(session.charge.id.as_str().starts_with("ps-"));
    }
    let method = ProviderRef::parse("pm-1").unwrap();
    if read(v2::is_closed(body, &method)) == Some(true) {
        assert!(says(body, &["EXPIRED"]) && says(body, &["pm-1"]));
    }
    if read(v2::named(body, "TRX-1~a")).flatten().is_some() {
        assert!(says(body, &["TRX-1~a"]));
    }
}

/// A code that is shown is read first: whatever it says, reading it ends.
fn can_be_shown(artefact: &Artefact) {
    match artefact {
        Artefact::Qr { qr_string } => assert_eq!(PaymentQr::parse(qr_string), PaymentQr::parse(qr_string)),
        Artefact::VirtualAccount { bank_code, .. } => assert_eq!(bank_code, "BCA"),
        Artefact::Link { checkout_url, deeplink_url } => assert!(checkout_url.is_some() || deeplink_url.is_some()),
        Artefact::Bill { .. } | Artefact::Push => {}
    }
}

fn money(body: &[u8]) {
    let of_list = read(v2::payments(body)).into_iter().flatten();
    for Payment { receipt, .. } in read(v3::payment(body)).into_iter().chain(of_list) {
        if let Some(receipt) = receipt {
            assert!(says(body, &MONEY_CAME), "{receipt:?}");
            assert!(receipt.money.amount.minor_units() >= 0);
        }
    }
    let of_list = read(Refund::list(body)).into_iter().flatten();
    for refund in read(Refund::parse(body)).into_iter().chain(of_list) {
        let is_settled = refund.state == RefundState::Settled;
        assert!(!is_settled || says(body, &["SUCCEEDED"]));
        assert_eq!(refund.fact().is_some(), is_settled);
    }
    if let Some(page) = read(TransactionPage::parse(body)) {
        assert!(page.rows.iter().all(|row| row.payment_ref.as_ref().is_none_or(v3::is_payment_id)));
        assert!(!page.has_more || says(body, &["has_more"]));
    }
}

/// What was read; what was not says why.
fn read<T>(outcome: Result<T, Unreadable>) -> Option<T> {
    outcome.map_err(|why| assert!(!why.to_string().is_empty())).ok()
}
