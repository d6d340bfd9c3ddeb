//! The methods that Xendit is asked for: one row each. A method without a row is not offered.

mod v2;
mod v3;

use std::time::Duration;

use mstore_pay_domain::charge::Risk;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{Capabilities, IdempotencySupport, LookupSupport, OpenCharge};

use crate::config::XenditApi;

/// One method at Xendit.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) method: Method,
    /// The word for it in the API that opens it.
    pub(crate) code: &'static str,
    opens: Opens,
    /// Which action of an answer is put before the customer.
    pub(crate) shown: Shown,
    /// What Xendit wants to know beside the amount.
    pub(crate) properties: Properties,
    amount_min_rupiah: u64,
    amount_max_rupiah: u64,
    risk: Risk,
    expiry: Expiry,
    natural_life: Option<Duration>,
    lookup: LookupSupport,
    idempotency: IdempotencySupport,
    cancel: bool,
    /// Whether it gives money back; of QRIS, whether it may: the customer's issuer has the last word.
    refund: bool,
}

/// Which of Xendit's objects a charge becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opens {
    /// A payment request of Payments API v3; a session where a page is to be shown and there is no token.
    RequestV3,
    /// A payment request of Payments API v2.
    RequestV2(Rail),
    /// A code of the QR Codes API.
    QrCode,
    /// A session, token or not.
    Session,
}

/// What v2 calls the type of a payment method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rail {
    /// A wallet.
    Ewallet,
    /// A number at a bank.
    VirtualAccount,
}

/// What a customer is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The text of a QR code.
    QrString,
    /// A number to transfer to, at this bank.
    AccountNumber {
        /// The bank's code.
        bank: &'static str,
    },
    /// A page or an app to open.
    Link,
    /// Nothing: it goes to the customer's phone; a page only where Xendit sends one all the same.
    PushOrLink,
    /// The page of a payment session, which is opened by a call of its own unless there is a token.
    SessionPage,
}

/// What Xendit wants in `channel_properties`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Properties {
    /// Nothing.
    None,
    /// Where its page leads after success.
    SuccessUrl,
    /// Where its page leads after success and after failure.
    BothUrls,
    /// The customer's phone.
    Phone,
    /// The name that the bank shows, and when the number dies. Without an expiry it never would.
    NameAndExpiry,
}

/// For how long a till may have it displayed.
#[derive(Debug, Clone, Copy)]
struct Expiry {
    default: Duration,
    min: Duration,
    max: Duration,
}

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
/// The longest expiry that a till may name, whatever the method.
const EXPIRY_MAX: Duration = Duration::from_hours(30 * 24);
const COUNTER: Expiry = Expiry { default: Duration::from_mins(5), min: MINUTE, max: EXPIRY_MAX };
const TRANSFER: Expiry = Expiry { default: HOUR, min: MINUTE, max: EXPIRY_MAX };
/// OVO gives up after 55 seconds (0.015 h, says its channel page); the answer may take ten more.
const OVO_WINDOW: Duration = Duration::from_secs(65);

impl Channel {
    /// The row of a method in that API, if it has one.
    pub(crate) fn of(api: XenditApi, method: Method) -> Option<&'static Self> {
        let rows = match api {
            XenditApi::V3 => v3::CHANNELS.as_slice(),
            XenditApi::V2 => v2::CHANNELS.as_slice(),
        };
        rows.iter().find(|channel| channel.method == method)
    }

    /// What a charge becomes: a card without a token needs a page on which it is typed in.
    pub(crate) fn opens(&self, charge: &OpenCharge) -> Opens {
        if self.shown == Shown::SessionPage && charge.card_token.is_none() { Opens::Session } else { self.opens }
    }

    pub(crate) fn capabilities(&self) -> Capabilities {
        Capabilities {
            amount_min: Money::of_rupiah(self.amount_min_rupiah),
            amount_max: Money::of_rupiah(self.amount_max_rupiah),
            risk: self.risk,
            // With a token the card is charged at once.
            token_risk: (self.shown == Shown::SessionPage && self.opens != Opens::Session).then_some(Risk::Pushed),
            lookup: self.lookup,
            idempotency: self.idempotency,
            cancel: self.cancel,
            refund: self.refund,
            expiry_default: self.expiry.default,
            expiry_min: self.expiry.min,
            expiry_max: self.expiry.max,
            natural_life: self.natural_life,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(method: Method, amounts: (u64, u64), risk: Risk, natural_life: Option<Duration>) {
        let offered = Channel::of(XenditApi::V3, method).unwrap().capabilities();
        assert_eq!(
            (offered.amount_min, offered.amount_max),
            (Money::of_rupiah(amounts.0), Money::of_rupiah(amounts.1))
        );
        assert_eq!((offered.risk, offered.natural_life), (risk, natural_life), "{method}");
    }

    #[test]
    fn every_method_is_offered_within_its_limits() {
        let minutes = |count| Some(Duration::from_mins(count));
        check(Method::Qris, (1, 10_000_000), Risk::Displayed, minutes(48 * 60));
        check(Method::Gopay, (1, 50_000_000), Risk::Displayed, minutes(30));
        check(Method::Ovo, (100, 20_000_000), Risk::Pushed, Some(Duration::from_secs(65)));
        check(Method::Dana, (100, 20_000_000), Risk::Displayed, minutes(24 * 60));
        check(Method::Shopeepay, (1, 20_000_000), Risk::Displayed, minutes(30));
        check(Method::VaBca, (10_000, 50_000_000), Risk::Displayed, None);
        check(Method::VaBni, (1, 50_000_000), Risk::Displayed, None);
        check(Method::VaBri, (1, 50_000_000_000), Risk::Displayed, None);
        check(Method::VaMandiri, (1, 50_000_000_000), Risk::Displayed, None);
        check(Method::CreditCard, (5_000, 200_000_000), Risk::Displayed, None);
    }

    #[test]
    fn a_token_is_taken_for_cards_in_v3_only_and_charges_them_at_once() {
        for method in Method::ALL {
            let by_token = |api| Channel::of(api, method).and_then(|channel| channel.capabilities().token_risk);
            assert_eq!(by_token(XenditApi::V3), (method == Method::CreditCard).then_some(Risk::Pushed), "{method}");
            assert_eq!(by_token(XenditApi::V2), None, "{method}");
        }
    }

    #[test]
    fn the_older_api_offers_what_v3_does_but_gopay_and_small_codes() {
        for method in Method::ALL {
            let limits = |api| Channel::of(api, method).map(|row| (row.amount_min_rupiah, row.amount_max_rupiah));
            let (older, newer) = (limits(XenditApi::V2), limits(XenditApi::V3));
            match method {
                Method::Gopay => assert_eq!(older, None),
                Method::Qris => assert_eq!(older, Some((1_500, 10_000_000))),
                Method::Ovo
                | Method::Dana
                | Method::Shopeepay
                | Method::VaBca
                | Method::VaBni
                | Method::VaBri
                | Method::VaMandiri
                | Method::CreditCard => assert_eq!(older, newer, "{method}"),
            }
        }
    }

    #[test]
    fn an_opening_may_be_repeated_only_where_a_key_makes_that_harmless() {
        for method in Method::ALL {
            let idempotency = |api| Channel::of(api, method).map(|row| row.capabilities().idempotency);
            assert_eq!(idempotency(XenditApi::V3), Some(IdempotencySupport::None), "{method}");
            let has_key = matches!(idempotency(XenditApi::V2), Some(IdempotencySupport::Key { .. }));
            // A session takes no key.
            assert_eq!(has_key, !matches!(method, Method::Gopay | Method::CreditCard), "{method}");
        }
    }
}
