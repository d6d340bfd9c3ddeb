//! The methods that Midtrans is asked for: one row each. A method without a row is not offered.

use std::time::Duration;

use mstore_pay_domain::charge::Risk;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{Capabilities, IdempotencySupport, LookupSupport};

/// One method at Midtrans.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) method: Method,
    /// The word for it in `payment_type`.
    pub(crate) payment_type: &'static str,
    /// What of an answer is put before the customer.
    pub(crate) shown: Shown,
    amount_min_rupiah: u64,
    amount_max_rupiah: u64,
    risk: Risk,
    expiry: Expiry,
    natural_life: Option<Duration>,
    refund: bool,
}

/// What a customer is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The text of a QR code.
    QrString,
    /// A number to transfer to, at this bank.
    AccountNumber {
        /// Midtrans' word for the bank.
        bank: &'static str,
        /// Ours.
        code: &'static str,
    },
    /// A bill at Mandiri.
    Bill,
    /// An app to open.
    Deeplink,
    /// Nothing: it goes to the customer's phone.
    Push,
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
const COUNTER: Expiry = Expiry { default: Duration::from_mins(5), min: MINUTE, max: Duration::from_hours(30 * 24) };
const TRANSFER: Expiry = Expiry { default: HOUR, ..COUNTER };
/// OVO gives up after 65 seconds, says its reference; another page says 60.
const OVO_WINDOW: Duration = Duration::from_secs(65);
/// Keys are forgotten after that.
const KEY_LIFE: Duration = Duration::from_mins(5);
/// Where no page names a ceiling, that of cards stands here (unconfirmed).
const RUPIAH_MAX: u64 = 999_999_999;

/// What most have in common: displayed, told our expiry, found by our reference.
///
/// Midtrans says that an expiry under a quarter of an hour is not kept to the second; whoever lets a charge expire
/// cancels it besides.
const fn row(method: Method, payment_type: &'static str, shown: Shown, amounts: (u64, u64)) -> Channel {
    Channel {
        method,
        payment_type,
        shown,
        amount_min_rupiah: amounts.0,
        amount_max_rupiah: amounts.1,
        risk: Risk::Displayed,
        expiry: COUNTER,
        natural_life: None,
        refund: true,
    }
}

/// A number at a bank: money that came by transfer is not given back through Midtrans.
const fn transfer(method: Method, payment_type: &'static str, shown: Shown, rupiah_min: u64) -> Channel {
    Channel { expiry: TRANSFER, refund: false, ..row(method, payment_type, shown, (rupiah_min, RUPIAH_MAX)) }
}

const fn at(bank: &'static str, code: &'static str) -> Shown {
    Shown::AccountNumber { bank, code }
}

/// Limits are those of Midtrans' page of 2026-03-30. Cards by token, and pages, are not offered.
const CHANNELS: [Channel; 8] = [
    row(Method::Qris, "qris", Shown::QrString, (1, 10_000_000)),
    Channel {
        expiry: Expiry { max: Duration::from_hours(7 * 24), ..COUNTER },
        ..row(Method::Gopay, "gopay", Shown::Deeplink, (1, 20_000_000))
    },
    Channel {
        risk: Risk::Pushed,
        expiry: Expiry { default: OVO_WINDOW, min: OVO_WINDOW, max: OVO_WINDOW },
        natural_life: Some(OVO_WINDOW),
        ..row(Method::Ovo, "ovo", Shown::Push, (1, 20_000_000))
    },
    Channel {
        expiry: Expiry { max: Duration::from_hours(5 * 24), ..COUNTER },
        ..row(Method::Shopeepay, "shopeepay", Shown::Deeplink, (1, 20_000_000))
    },
    transfer(Method::VaBca, "bank_transfer", at("bca", "BCA"), 10_000),
    transfer(Method::VaBni, "bank_transfer", at("bni", "BNI"), 1),
    transfer(Method::VaBri, "bank_transfer", at("bri", "BRI"), 1),
    transfer(Method::VaMandiri, "echannel", Shown::Bill, 1),
];

impl Channel {
    /// The row of a method, if it has one.
    pub(crate) fn of(method: Method) -> Option<&'static Self> {
        CHANNELS.iter().find(|channel| channel.method == method)
    }

    /// The time that a charge is given, where Midtrans takes one.
    pub(crate) fn given_time(&self) -> Option<Duration> {
        (self.shown != Shown::Push).then_some(self.expiry.default)
    }

    pub(crate) fn capabilities(&self) -> Capabilities {
        Capabilities {
            amount_min: Money::of_rupiah(self.amount_min_rupiah),
            amount_max: Money::of_rupiah(self.amount_max_rupiah),
            risk: self.risk,
            token_risk: None,
            lookup: LookupSupport::ByReference,
            idempotency: IdempotencySupport::Key { ttl: KEY_LIFE },
            // Of a push as well: that the phone is told is unconfirmed.
            cancel: true,
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

    const DAY: Duration = Duration::from_hours(24);

    #[track_caller]
    fn check(method: Method, amounts: (u64, u64), risk: Risk, longest: Duration) {
        let offered = Channel::of(method).unwrap().capabilities();
        assert_eq!(
            (offered.amount_min, offered.amount_max),
            (Money::of_rupiah(amounts.0), Money::of_rupiah(amounts.1))
        );
        assert_eq!((offered.risk, offered.expiry_max), (risk, longest), "{method}");
    }

    #[test]
    fn every_method_is_offered_within_its_limits() {
        check(Method::Qris, (1, 10_000_000), Risk::Displayed, 30 * DAY);
        check(Method::Gopay, (1, 20_000_000), Risk::Displayed, 7 * DAY);
        check(Method::Ovo, (1, 20_000_000), Risk::Pushed, OVO_WINDOW);
        check(Method::Shopeepay, (1, 20_000_000), Risk::Displayed, 5 * DAY);
        check(Method::VaBca, (10_000, RUPIAH_MAX), Risk::Displayed, 30 * DAY);
        check(Method::VaBni, (1, RUPIAH_MAX), Risk::Displayed, 30 * DAY);
        check(Method::VaBri, (1, RUPIAH_MAX), Risk::Displayed, 30 * DAY);
        check(Method::VaMandiri, (1, RUPIAH_MAX), Risk::Displayed, 30 * DAY);
    }

    #[test]
    fn what_needs_a_page_of_midtrans_is_not_offered() {
        assert!(Channel::of(Method::Dana).is_none() && Channel::of(Method::CreditCard).is_none());
    }
}
