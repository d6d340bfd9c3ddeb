//! The methods that Xendit is asked for: one row each. A method without a row is not offered.

use std::time::Duration;

use mstore_pay_domain::charge::Risk;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{Capabilities, IdempotencySupport, LookupSupport};

/// One method at Xendit.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) method: Method,
    /// Xendit's word for it.
    pub(crate) code: &'static str,
    /// Which action of an answer is put before the customer.
    pub(crate) shown: Shown,
    /// What Xendit wants to know beside the amount.
    pub(crate) properties: Properties,
    amount_min_rupiah: u64,
    amount_max_rupiah: u64,
    risk: Risk,
    expiry: Expiry,
    natural_life: Option<Duration>,
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

/// What most have in common: displayed, as the till likes.
const fn wallet(method: Method, code: &'static str, amount_max_rupiah: u64, natural_life: Duration) -> Channel {
    Channel {
        method,
        code,
        shown: Shown::Link,
        properties: Properties::SuccessUrl,
        amount_min_rupiah: 1,
        amount_max_rupiah,
        risk: Risk::Displayed,
        expiry: COUNTER,
        natural_life: Some(natural_life),
    }
}

const fn account_number(method: Method, code: &'static str, bank: &'static str, amounts: (u64, u64)) -> Channel {
    Channel {
        method,
        code,
        shown: Shown::AccountNumber { bank },
        properties: Properties::NameAndExpiry,
        amount_min_rupiah: amounts.0,
        amount_max_rupiah: amounts.1,
        risk: Risk::Displayed,
        expiry: TRANSFER,
        natural_life: None,
    }
}

/// Limits and lives are those of Xendit's channel pages (2026-04). Where the pages and the list of channels
/// disagree, as on the ceiling of BNI, the stricter one stands here.
const CHANNELS: [Channel; 10] = [
    // Dies after 48 hours, takes no expiry of ours. The ceiling is Bank Indonesia's, since 2022-03-01.
    Channel {
        method: Method::Qris,
        code: "QRIS",
        shown: Shown::QrString,
        properties: Properties::None,
        amount_min_rupiah: 1,
        amount_max_rupiah: 10_000_000,
        risk: Risk::Displayed,
        expiry: COUNTER,
        natural_life: Some(Duration::from_hours(48)),
    },
    Channel { properties: Properties::BothUrls, ..wallet(Method::Gopay, "GOPAY", 50_000_000, Duration::from_mins(30)) },
    Channel {
        shown: Shown::PushOrLink,
        properties: Properties::Phone,
        amount_min_rupiah: 100,
        risk: Risk::Pushed,
        expiry: Expiry { default: OVO_WINDOW, min: OVO_WINDOW, max: OVO_WINDOW },
        ..wallet(Method::Ovo, "OVO", 20_000_000, OVO_WINDOW)
    },
    Channel { amount_min_rupiah: 100, ..wallet(Method::Dana, "DANA", 20_000_000, Duration::from_hours(24)) },
    wallet(Method::Shopeepay, "SHOPEEPAY", 20_000_000, Duration::from_mins(30)),
    account_number(Method::VaBca, "BCA_VIRTUAL_ACCOUNT", "BCA", (10_000, 50_000_000)),
    account_number(Method::VaBni, "BNI_VIRTUAL_ACCOUNT", "BNI", (1, 50_000_000)),
    account_number(Method::VaBri, "BRI_VIRTUAL_ACCOUNT", "BRI", (1, 50_000_000_000)),
    account_number(Method::VaMandiri, "MANDIRI_VIRTUAL_ACCOUNT", "MANDIRI", (1, 50_000_000_000)),
    // Hosted, so that no card number comes near us. A session lives for ten minutes at least.
    Channel {
        method: Method::CreditCard,
        code: "CARDS",
        shown: Shown::SessionPage,
        properties: Properties::BothUrls,
        amount_min_rupiah: 5_000,
        amount_max_rupiah: 200_000_000,
        risk: Risk::Displayed,
        expiry: Expiry { default: Duration::from_mins(30), min: Duration::from_mins(10), max: EXPIRY_MAX },
        natural_life: None,
    },
];

impl Channel {
    /// The row of a method, if it has one.
    pub(crate) fn of(method: Method) -> Option<&'static Self> {
        CHANNELS.iter().find(|channel| channel.method == method)
    }

    pub(crate) fn capabilities(&self) -> Capabilities {
        Capabilities {
            amount_min: Money::of_rupiah(self.amount_min_rupiah),
            amount_max: Money::of_rupiah(self.amount_max_rupiah),
            risk: self.risk,
            // With a token the card is charged at once.
            token_risk: (self.shown == Shown::SessionPage).then_some(Risk::Pushed),
            // By our reference Xendit v3 finds money that arrived, but no request that nobody paid.
            lookup: LookupSupport::ById,
            idempotency: IdempotencySupport::None,
            cancel: true,
            refund: false,
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
        let offered = Channel::of(method).unwrap().capabilities();
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
    fn a_token_is_taken_for_cards_only_and_charges_them_at_once() {
        for method in Method::ALL {
            let by_token = Channel::of(method).unwrap().capabilities().token_risk;
            assert_eq!(by_token, (method == Method::CreditCard).then_some(Risk::Pushed), "{method}");
        }
    }
}
