use std::time::Duration;

use mstore_pay_domain::ports::{Certainty, Endpoint, ProviderErrorKind};
use mstore_pay_domain::qr::PaymentQr;
use mstore_pay_outbound::{Reply, redact};

use super::{MONEY_CAME, members, stands_at, text, turned_round};
use crate::channels::Shown;
use crate::error::Judgement;
use crate::response::{Page, Refunded, Transaction, Unreadable, unknown_fields};

const ENDPOINTS: [Endpoint; 5] =
    [Endpoint::Open, Endpoint::Inquire, Endpoint::Cancel, Endpoint::Refund, Endpoint::Sweep];
const SHOWN: [Shown; 6] = [
    Shown::QrString,
    Shown::AccountNumber { bank: "bca", code: "BCA" },
    Shown::Bill,
    Shown::Deeplink,
    Shown::Page,
    Shown::Push,
];

/// A status, a line end and a body, read as every kind of answer there is: what may have happened is never taken for
/// what did not, and there is no receipt without a word for money.
///
/// # Panics
/// Where that does not hold.
pub fn answer(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let (status, body) = match (parts.next(), parts.next()) {
        (Some(status), Some(body)) => (status, body),
        (Some(_) | None, Some(_) | None) => (&[][..], data),
    };
    let status = std::str::from_utf8(status).ok().and_then(|status| status.parse().ok()).unwrap_or(200);
    let reply = Reply { status, body: body.to_vec(), rate_limit: None, retry_after: Some(Duration::from_secs(7)) };
    for endpoint in ENDPOINTS {
        judged(&reply, Judgement::of(&reply, endpoint));
    }
    judged(&reply, Judgement::of_snap(&reply));
    assert!(reply.on_record().len() <= redact::KEPT_BYTES_MAX + 64);
    if let Some(transaction) = read(Transaction::parse(body)) {
        told(&transaction, body);
    }
    if let Some(page) = read(Page::parse(body)) {
        assert!(crate::page::token(&page.name).is_some_and(|token| !token.is_empty()));
    }
    read(Page::parse_closed(body));
    if let Some(refunded) = read(Refunded::parse(body)) {
        assert_eq!(Some(refunded.key), members(body).and_then(|members| text(&members, "refund_key")));
    }
    assert!(unknown_fields(body).iter().all(|name| !["order_id", "gross_amount", "id"].contains(&name.as_str())));
}

fn judged(reply: &Reply, judgement: Option<Judgement>) {
    let Some(Judgement { kind, certainty, upstream }) = judgement else {
        assert!(reply.is_success());
        return;
    };
    // Whoever is out of order, or sends elsewhere, has not said that nothing was done.
    if certainty == Certainty::NotApplied {
        assert!(reply.status < 500, "{} {kind:?}", reply.status);
        assert!(!reply.is_success() || upstream.code.is_some(), "{kind:?}");
        assert_ne!(upstream.code.as_deref(), Some("406"));
    }
    if kind == ProviderErrorKind::Declined {
        assert_eq!(certainty, Certainty::NotApplied);
    }
    assert_eq!(upstream.status, Some(reply.status));
    assert!(upstream.code.is_none_or(|code| (1..=64).contains(&code.len())));
}

fn told(transaction: &Transaction, body: &[u8]) {
    for shown in SHOWN {
        if let Some(mstore_pay_domain::charge::Artefact::Qr { qr_string }) = read(transaction.artefact(shown)) {
            assert_eq!(PaymentQr::parse(&qr_string), PaymentQr::parse(&qr_string));
        }
    }
    let receipt = transaction.receipt();
    if let Some(receipt) = &receipt {
        assert!(stands_at(body, &MONEY_CAME) || stands_at(body, &["deny", "failure"]), "{receipt:?}");
        assert_eq!((&receipt.payment_ref, &receipt.money), (&transaction.id, &transaction.asked));
    }
    if let Some((_, fee)) = transaction.fee_borne() {
        assert!(receipt.is_some() && fee.minor_units() > 0);
    }
    for was_paid in [false, true] {
        if let Some((payment_ref, _)) = read(transaction.reversal(was_paid)).flatten() {
            assert!(payment_ref == transaction.id);
            assert!(stands_at(body, &["chargeback", "deny", "failure"]) || (was_paid && stands_at(body, &["cancel"])));
        }
    }
    let again = read(Transaction::parse(&turned_round(&members(body).unwrap()))).unwrap();
    assert_eq!(again.receipt(), receipt);
    assert_eq!((&again.status, &again.asked), (&transaction.status, &transaction.asked));
}

/// What was read; what was not says why.
fn read<T>(outcome: Result<T, Unreadable>) -> Option<T> {
    outcome.map_err(|why| assert!(!why.to_string().is_empty())).ok()
}
