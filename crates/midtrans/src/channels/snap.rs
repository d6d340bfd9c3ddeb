//! Snap: pages of Midtrans'. Limits are those of Midtrans' page of 2026-03-30, which names none for DANA (unconfirmed).

use std::time::Duration;

use mstore_pay_domain::charge::Risk;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::{IdempotencySupport, LookupSupport};

use super::{CARD, CARD_RUPIAH, COUNTER, Channel, DAY, Expiry, Opens, Shown};

/// A page can be opened for so long. That the expiry of its payment ends it sooner is unconfirmed: it is watched to the
/// end.
pub(super) const PAGE_LIFE: Duration = DAY;
/// DANA's shortest.
const QUARTER_HOUR: Duration = Duration::from_mins(15);

/// What all have in common: nothing makes a second opening harmless, and nothing is found before the customer picked.
const fn page(method: Method, code: &'static str, amounts: (u64, u64)) -> Channel {
    Channel {
        method,
        code,
        opens: Opens::Page,
        shown: Shown::Page,
        amount_min_rupiah: amounts.0,
        amount_max_rupiah: amounts.1,
        risk: Risk::Displayed,
        expiry: COUNTER,
        natural_life: Some(PAGE_LIFE),
        lookup: LookupSupport::OncePicked,
        idempotency: IdempotencySupport::None,
        refund: true,
    }
}

pub(super) const CHANNELS: [Channel; 4] = [
    // `qris` is not among the names that Snap's reference lists.
    page(Method::Qris, "other_qris", (1, 10_000_000)),
    Channel {
        expiry: Expiry { max: Duration::from_hours(7 * 24), ..COUNTER },
        ..page(Method::Gopay, "gopay", (1, 20_000_000))
    },
    Channel {
        expiry: Expiry { default: QUARTER_HOUR, min: QUARTER_HOUR, max: DAY },
        ..page(Method::Dana, "dana", (1, 20_000_000))
    },
    Channel { expiry: CARD, ..page(Method::CreditCard, "credit_card", CARD_RUPIAH) },
];
