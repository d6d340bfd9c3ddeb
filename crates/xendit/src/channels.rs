//! The methods that Xendit is asked for: one row each. A method without a row is not offered.

use std::time::Duration;

use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{Capabilities, IdempotencySupport, LookupSupport, Risk};

/// One method at Xendit.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) method: Method,
    /// Xendit's word for it.
    pub(crate) code: &'static str,
    /// Which action of an answer is put before the customer.
    pub(crate) shown: Shown,
    amount_min_rupiah: u32,
    amount_max_rupiah: u32,
    risk: Risk,
    expiry_default: Duration,
    natural_life: Option<Duration>,
}

/// What a customer is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The text of a QR code.
    QrString,
}

impl Shown {
    /// The action's descriptor. Answers may carry several actions, so the first is not good enough.
    pub(crate) const fn descriptor(self) -> &'static str {
        match self {
            Self::QrString => "QR_STRING",
        }
    }
}

/// The shortest and the longest expiry that a till may name, whatever the method.
const EXPIRY_MIN: Duration = Duration::from_mins(1);
const EXPIRY_MAX: Duration = Duration::from_hours(30 * 24);

const CHANNELS: [Channel; 1] = [
    // Xendit's channel page for QRIS: from Rp 1, dies after 48 hours, takes no expiry of ours. The ceiling is
    // Bank Indonesia's, since 2022-03-01.
    Channel {
        method: Method::Qris,
        code: "QRIS",
        shown: Shown::QrString,
        amount_min_rupiah: 1,
        amount_max_rupiah: 10_000_000,
        risk: Risk::Displayed,
        expiry_default: Duration::from_mins(5),
        natural_life: Some(Duration::from_hours(48)),
    },
];

impl Channel {
    /// The row of a method, if it has one.
    pub(crate) fn of(method: Method) -> Option<&'static Self> {
        CHANNELS.iter().find(|channel| channel.method == method)
    }

    pub(crate) fn capabilities(&self) -> Capabilities {
        Capabilities {
            amount_min: Money::from(self.amount_min_rupiah),
            amount_max: Money::from(self.amount_max_rupiah),
            risk: self.risk,
            // By our reference Xendit v3 finds money that arrived, but no request that nobody paid.
            lookup: LookupSupport::ById,
            idempotency: IdempotencySupport::None,
            cancel: true,
            refund: false,
            expiry_default: self.expiry_default,
            expiry_min: EXPIRY_MIN,
            expiry_max: EXPIRY_MAX,
            natural_life: self.natural_life,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qris_is_offered_within_its_limits_and_nothing_else_is() {
        let qris = Channel::of(Method::Qris).unwrap().capabilities();
        assert_eq!((qris.amount_min, qris.amount_max), (Money::from(1), Money::from(10_000_000)));
        assert_eq!(qris.natural_life, Some(Duration::from_hours(48)));
        assert_eq!((qris.expiry_min.as_secs(), qris.expiry_max.as_secs()), (60, 2_592_000));
        for method in Method::ALL.into_iter().filter(|method| *method != Method::Qris) {
            assert!(Channel::of(method).is_none(), "{method}");
        }
    }
}
