//! The rows of Payments API v3.
//!
//! Limits and lives are those of Xendit's channel pages (2026-04). Where the pages and the list of channels
//! disagree, as on the ceiling of BNI, the stricter one stands here.

use super::{
    COUNTER, Channel, Duration, EXPIRY_MAX, Expiry, IdempotencySupport, LookupSupport, Method, OVO_WINDOW, Opens,
    Properties, Risk, Shown, TRANSFER,
};

pub(super) const CHANNELS: [Channel; 10] =
    [QRIS, GOPAY, OVO, DANA, SHOPEEPAY, VA_BCA, VA_BNI, VA_BRI, VA_MANDIRI, CARDS];

/// What most have in common: displayed, as the till likes.
const fn wallet(method: Method, code: &'static str, amount_max_rupiah: u64, natural_life: Duration) -> Channel {
    Channel {
        method,
        code,
        opens: Opens::RequestV3,
        shown: Shown::Link,
        properties: Properties::SuccessUrl,
        amount_min_rupiah: 1,
        amount_max_rupiah,
        risk: Risk::Displayed,
        expiry: COUNTER,
        natural_life: Some(natural_life),
        // By our reference Xendit v3 finds money that arrived, but no request that nobody paid.
        lookup: LookupSupport::ById,
        idempotency: IdempotencySupport::None,
        cancel: true,
        refund: true,
    }
}

const fn account_number(method: Method, code: &'static str, bank: &'static str, amounts: (u64, u64)) -> Channel {
    Channel {
        shown: Shown::AccountNumber { bank },
        properties: Properties::NameAndExpiry,
        amount_min_rupiah: amounts.0,
        expiry: TRANSFER,
        natural_life: None,
        refund: false,
        ..wallet(method, code, amounts.1, EXPIRY_MAX)
    }
}

/// Dies after 48 hours, takes no expiry of ours. The ceiling is Bank Indonesia's, since 2022-03-01.
pub(super) const QRIS: Channel = Channel {
    shown: Shown::QrString,
    properties: Properties::None,
    ..wallet(Method::Qris, "QRIS", 10_000_000, Duration::from_hours(48))
};

const GOPAY: Channel =
    Channel { properties: Properties::BothUrls, ..wallet(Method::Gopay, "GOPAY", 50_000_000, Duration::from_mins(30)) };

pub(super) const OVO: Channel = Channel {
    shown: Shown::PushOrLink,
    properties: Properties::Phone,
    amount_min_rupiah: 100,
    risk: Risk::Pushed,
    expiry: Expiry { default: OVO_WINDOW, min: OVO_WINDOW, max: OVO_WINDOW },
    // It gives back only what a merchant initiated.
    refund: false,
    ..wallet(Method::Ovo, "OVO", 20_000_000, OVO_WINDOW)
};

pub(super) const DANA: Channel =
    Channel { amount_min_rupiah: 100, ..wallet(Method::Dana, "DANA", 20_000_000, Duration::from_hours(24)) };

pub(super) const SHOPEEPAY: Channel = wallet(Method::Shopeepay, "SHOPEEPAY", 20_000_000, Duration::from_mins(30));

pub(super) const VA_BCA: Channel = account_number(Method::VaBca, "BCA_VIRTUAL_ACCOUNT", "BCA", (10_000, 50_000_000));
pub(super) const VA_BNI: Channel = account_number(Method::VaBni, "BNI_VIRTUAL_ACCOUNT", "BNI", (1, 50_000_000));
pub(super) const VA_BRI: Channel = account_number(Method::VaBri, "BRI_VIRTUAL_ACCOUNT", "BRI", (1, 50_000_000_000));
pub(super) const VA_MANDIRI: Channel =
    account_number(Method::VaMandiri, "MANDIRI_VIRTUAL_ACCOUNT", "MANDIRI", (1, 50_000_000_000));

/// Xendit refuses a session that has less than ten minutes left when it hears of it. That is after our commit and the
/// way there, of a second try seconds later, and by a clock of its own: a minute more is for those.
const SESSION_MIN: Duration = Duration::from_mins(11);

/// Hosted, so that no card number comes near us.
pub(super) const CARDS: Channel = Channel {
    shown: Shown::SessionPage,
    properties: Properties::BothUrls,
    amount_min_rupiah: 5_000,
    expiry: Expiry { default: Duration::from_mins(30), min: SESSION_MIN, max: EXPIRY_MAX },
    natural_life: None,
    ..wallet(Method::CreditCard, "CARDS", 200_000_000, EXPIRY_MAX)
};
