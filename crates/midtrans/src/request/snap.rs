//! Snap: what a page is made with.

use mstore_pay_domain::ports::OpenCharge;
use serde::Serialize;
use url::Url;

use super::{Exact, TransactionDetails, below, time_given};
use crate::channels::Channel;

const SECONDS_PER_MINUTE: u64 = 60;

#[derive(Serialize)]
struct PageBody<'a> {
    transaction_details: TransactionDetails<'a>,
    /// One alone: its own page comes at once, without a list to pick from.
    enabled_payments: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    credit_card: Option<Secure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callbacks: Option<Callbacks<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiry: Option<Expiry>,
    /// The order code, as in Core: no e-mail and no name go along.
    custom_field1: &'a str,
}

/// Whether the bank of a card asks its holder.
#[derive(Serialize)]
struct Secure {
    secure: bool,
}

/// Where the page leads afterwards.
#[derive(Serialize)]
struct Callbacks<'a> {
    finish: &'a str,
    error: &'a str,
}

/// Until when what the customer picks can be paid. Midtrans knows no seconds here.
#[derive(Serialize)]
struct Expiry {
    start_time: String,
    duration: u64,
    unit: &'static str,
}

/// The body of `POST /transactions`.
pub(crate) fn open_body(charge: &OpenCharge, channel: &Channel) -> Result<String, serde_json::Error> {
    serde_json::to_string(&PageBody {
        transaction_details: TransactionDetails {
            order_id: charge.our_reference.as_str(),
            gross_amount: Exact(&charge.amount),
        },
        enabled_payments: [channel.code],
        credit_card: (channel.code == "credit_card").then_some(Secure { secure: true }),
        callbacks: charge.return_urls.as_ref().map(|urls| Callbacks { finish: &urls.success, error: &urls.failure }),
        expiry: time_given(charge, channel).map(|(start_time, given)| Expiry {
            start_time,
            duration: given.as_secs().div_ceil(SECONDS_PER_MINUTE),
            unit: "minutes",
        }),
        custom_field1: charge.order_code.as_str(),
    })
}

/// `/transactions` below Snap's address.
pub(crate) fn transactions(base: &Url) -> Option<Url> {
    below(base, &["transactions"])
}

/// `/transactions/{token}/cancel` below Snap's address.
pub(crate) fn cancel(base: &Url, token: &str) -> Option<Url> {
    below(base, &["transactions", token, "cancel"])
}

#[cfg(test)]
mod tests {
    use mstore_pay_domain::method::Method;

    use super::super::tests::charge;
    use super::*;
    use crate::config::MidtransApi;

    #[track_caller]
    fn check(method: Method, want: &str) {
        let body = open_body(&charge(method), Channel::of(MidtransApi::Snap, method).unwrap()).unwrap();
        assert_eq!(body, want, "{method}");
    }

    #[test]
    fn a_page_offers_one_method_and_says_when_its_time_is_over() {
        check(
            Method::Qris,
            r#"{"transaction_details":{"order_id":"TRX-1~aaaaaaaaa","gross_amount":33000},"enabled_payments":["other_qris"],"callbacks":{"finish":"https://s","error":"https://f"},"expiry":{"start_time":"2025-12-22 15:00:00 +0000","duration":5,"unit":"minutes"},"custom_field1":"TRX-1"}"#,
        );
    }

    #[test]
    fn the_bank_of_a_card_is_to_ask_its_holder() {
        check(
            Method::CreditCard,
            r#"{"transaction_details":{"order_id":"TRX-1~aaaaaaaaa","gross_amount":33000},"enabled_payments":["credit_card"],"credit_card":{"secure":true},"callbacks":{"finish":"https://s","error":"https://f"},"expiry":{"start_time":"2025-12-22 14:35:00 +0000","duration":30,"unit":"minutes"},"custom_field1":"TRX-1"}"#,
        );
    }

    #[test]
    fn a_page_is_closed_by_its_token_whatever_is_in_it() {
        let base: Url = "http://h/snap/v1/".parse().unwrap();
        assert_eq!(transactions(&base).unwrap().as_str(), "http://h/snap/v1/transactions");
        assert_eq!(cancel(&base, "a/b").unwrap().as_str(), "http://h/snap/v1/transactions/a%2Fb/cancel");
        assert_eq!(cancel(&base, ".."), None);
    }
}
