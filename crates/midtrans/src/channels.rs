//! The methods that Midtrans is asked for: one row each. A method without a row is not offered.

mod core;
mod snap;

use std::time::Duration;

use mstore_pay_domain::charge::Risk;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{Capabilities, IdempotencySupport, LookupSupport, OpenCharge};

use crate::config::MidtransApi;

/// One method at Midtrans.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) method: Method,
    /// The word for it: Core's `payment_type`, or what is enabled on a page.
    pub(crate) code: &'static str,
    opens: Opens,
    /// What of an answer is put before the customer.
    pub(crate) shown: Shown,
    amount_min_rupiah: u64,
    amount_max_rupiah: u64,
    risk: Risk,
    expiry: Expiry,
    natural_life: Option<Duration>,
    lookup: LookupSupport,
    idempotency: IdempotencySupport,
    refund: bool,
}

/// What a charge becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opens {
    /// A transaction of Core.
    Transaction,
    /// A transaction of Core where a card comes as a token, else a page of Snap.
    TransactionByToken,
    /// A page of Snap: there is a transaction once the customer has picked.
    Page,
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
    /// A page of Midtrans', or that on which the bank of a card asks its holder, if it does.
    Page,
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
const DAY: Duration = Duration::from_hours(24);
/// Midtrans says that an expiry under a quarter of an hour is not kept to the second; whoever lets a charge expire
/// closes it besides.
const COUNTER: Expiry = Expiry { default: Duration::from_mins(5), min: MINUTE, max: Duration::from_hours(30 * 24) };
const TRANSFER: Expiry = Expiry { default: HOUR, ..COUNTER };
const CARD: Expiry = Expiry { default: Duration::from_mins(30), ..COUNTER };
/// Keys are forgotten after that.
const KEY_LIFE: Duration = Duration::from_mins(5);
/// Where no page names a ceiling, that of cards stands here (unconfirmed).
const RUPIAH_MAX: u64 = 999_999_999;
/// What cards take.
const CARD_RUPIAH: (u64, u64) = (10_000, RUPIAH_MAX);

impl Channel {
    /// The row of a method in that API, if it has one.
    pub(crate) fn of(api: MidtransApi, method: Method) -> Option<&'static Self> {
        let rows = match api {
            MidtransApi::Core => core::CHANNELS.as_slice(),
            MidtransApi::Snap => snap::CHANNELS.as_slice(),
        };
        rows.iter().find(|channel| channel.method == method)
    }

    /// Whether a charge becomes a page.
    pub(crate) fn is_page(&self, charge: &OpenCharge) -> bool {
        match self.opens {
            Opens::Transaction => false,
            Opens::TransactionByToken => charge.card_token.is_none(),
            Opens::Page => true,
        }
    }

    /// The time that a charge is given, where Midtrans takes one: whole minutes.
    pub(crate) fn given_time(&self) -> Option<Duration> {
        (self.shown != Shown::Push).then_some(self.expiry.default)
    }

    pub(crate) fn capabilities(&self) -> Capabilities {
        Capabilities {
            amount_min: Money::of_rupiah(self.amount_min_rupiah),
            amount_max: Money::of_rupiah(self.amount_max_rupiah),
            risk: self.risk,
            // Unless its bank asks the holder, the card is charged at once.
            token_risk: (self.opens == Opens::TransactionByToken).then_some(Risk::Pushed),
            lookup: self.lookup,
            idempotency: self.idempotency,
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

    #[track_caller]
    fn check(api: MidtransApi, method: Method, amounts: (u64, u64), risk: Risk, longest: Duration) {
        let offered = Channel::of(api, method).unwrap().capabilities();
        assert_eq!(
            (offered.amount_min, offered.amount_max),
            (Money::of_rupiah(amounts.0), Money::of_rupiah(amounts.1))
        );
        assert_eq!((offered.risk, offered.expiry_max), (risk, longest), "{method}");
    }

    #[test]
    fn every_method_of_core_is_offered_within_its_limits() {
        let check = |method, amounts, risk, longest| check(MidtransApi::Core, method, amounts, risk, longest);
        check(Method::Qris, (1, 10_000_000), Risk::Displayed, 30 * DAY);
        check(Method::Gopay, (1, 20_000_000), Risk::Displayed, 7 * DAY);
        check(Method::Ovo, (1, 20_000_000), Risk::Pushed, Duration::from_secs(65));
        check(Method::Shopeepay, (1, 20_000_000), Risk::Displayed, 5 * DAY);
        check(Method::VaBca, (10_000, RUPIAH_MAX), Risk::Displayed, 30 * DAY);
        check(Method::VaBni, (1, RUPIAH_MAX), Risk::Displayed, 30 * DAY);
        check(Method::VaBri, (1, RUPIAH_MAX), Risk::Displayed, 30 * DAY);
        check(Method::VaMandiri, (1, RUPIAH_MAX), Risk::Displayed, 30 * DAY);
        check(Method::CreditCard, CARD_RUPIAH, Risk::Displayed, 30 * DAY);
        assert!(Channel::of(MidtransApi::Core, Method::Dana).is_none(), "DANA has a page of Midtrans' only");
    }

    #[test]
    fn snap_offers_four_methods_on_a_page() {
        let check = |method, amounts, longest| check(MidtransApi::Snap, method, amounts, Risk::Displayed, longest);
        check(Method::Qris, (1, 10_000_000), 30 * DAY);
        check(Method::Gopay, (1, 20_000_000), 7 * DAY);
        check(Method::Dana, (1, 20_000_000), DAY);
        check(Method::CreditCard, CARD_RUPIAH, 30 * DAY);
        let offered = Method::ALL.into_iter().filter_map(|method| Channel::of(MidtransApi::Snap, method));
        assert_eq!(offered.filter(|channel| channel.opens == Opens::Page).count(), 4);
    }

    #[test]
    fn a_token_is_taken_for_cards_in_core_only_and_charges_them_at_once() {
        for method in Method::ALL {
            let by_token = |api| Channel::of(api, method).and_then(|channel| channel.capabilities().token_risk);
            let is_card = (method == Method::CreditCard).then_some(Risk::Pushed);
            assert_eq!(by_token(MidtransApi::Core), is_card, "{method}");
            assert_eq!(by_token(MidtransApi::Snap), None, "{method}");
        }
    }

    #[test]
    fn an_opening_may_be_repeated_only_where_a_key_makes_that_harmless() {
        for api in [MidtransApi::Core, MidtransApi::Snap] {
            for channel in Method::ALL.into_iter().filter_map(|method| Channel::of(api, method)) {
                let has_key = matches!(channel.capabilities().idempotency, IdempotencySupport::Key { .. });
                assert_eq!(has_key, channel.opens == Opens::Transaction, "{} by {api:?}", channel.method);
            }
        }
    }

    #[test]
    fn given_times_are_whole_minutes() {
        for api in [MidtransApi::Core, MidtransApi::Snap] {
            for channel in Method::ALL.into_iter().filter_map(|method| Channel::of(api, method)) {
                assert!(channel.given_time().is_none_or(|time| time.as_secs() % 60 == 0), "{}", channel.method);
            }
        }
    }
}
