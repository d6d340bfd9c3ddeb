//! The channels that this sandbox plays, with the limits of Xendit's channel pages (2026-04).

use chrono::TimeDelta;

use crate::ledger::Method;

/// One channel.
#[derive(Debug)]
pub(super) struct Channel {
    pub(super) code: &'static str,
    pub(super) method: Method,
    pub(super) rupiah_min: u64,
    pub(super) rupiah_max: u64,
    pub(super) life: Life,
    /// Properties that a request must have.
    pub(super) needs: &'static [&'static str],
}

/// How long an object lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// As long as the channel says.
    Seconds(i64),
    /// Until the `expires_at` of the request; without one for ever.
    Chosen,
}

impl Life {
    /// What stands for ever here: the legacy numbers at Xendit end after 31 years.
    const FOREVER_DAYS: i64 = 31 * 365;

    pub(super) fn longest(self) -> TimeDelta {
        match self {
            Self::Seconds(seconds) => TimeDelta::seconds(seconds),
            Self::Chosen => TimeDelta::days(Self::FOREVER_DAYS),
        }
    }
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const SUCCESS: &[&str] = &["success_return_url"];
const BOTH: &[&str] = &["success_return_url", "failure_return_url"];
const PHONE: &[&str] = &["account_mobile_number"];
const NAME: &[&str] = &["display_name"];

const fn channel(
    code: &'static str,
    method: Method,
    rupiah: (u64, u64),
    life: Life,
    needs: &'static [&'static str],
) -> Channel {
    Channel { code, method, rupiah_min: rupiah.0, rupiah_max: rupiah.1, life, needs }
}

const CHANNELS: [Channel; 10] = [
    // Bank Indonesia's ceiling for one QRIS payment since 2022-03-01.
    channel("QRIS", Method::Qris, (1, 10_000_000), Life::Seconds(48 * HOUR), &[]),
    channel("GOPAY", Method::Gopay, (1, 50_000_000), Life::Seconds(30 * MINUTE), BOTH),
    // 0.015 hours, rounded up.
    channel("OVO", Method::Ovo, (100, 20_000_000), Life::Seconds(55), PHONE),
    channel("DANA", Method::Dana, (100, 20_000_000), Life::Seconds(24 * HOUR), SUCCESS),
    channel("SHOPEEPAY", Method::Shopeepay, (1, 20_000_000), Life::Seconds(30 * MINUTE), SUCCESS),
    channel("BCA_VIRTUAL_ACCOUNT", Method::VaBca, (10_000, 50_000_000), Life::Chosen, NAME),
    channel("BNI_VIRTUAL_ACCOUNT", Method::VaBni, (1, 50_000_000_000), Life::Chosen, NAME),
    channel("BRI_VIRTUAL_ACCOUNT", Method::VaBri, (1, 50_000_000_000), Life::Chosen, NAME),
    channel("MANDIRI_VIRTUAL_ACCOUNT", Method::VaMandiri, (1, 50_000_000_000), Life::Chosen, NAME),
    // 0.166 hours, rounded up.
    channel("CARDS", Method::Card, (5_000, 200_000_000), Life::Seconds(10 * MINUTE), &[]),
];

/// Channels of Indonesia that exist at Xendit and are not activated for the accounts of this sandbox.
const CHANNELS_NOT_ACTIVATED: [&str; 8] = [
    "LINKAJA",
    "ASTRAPAY",
    "BSI_VIRTUAL_ACCOUNT",
    "PERMATA_VIRTUAL_ACCOUNT",
    "BNC_VIRTUAL_ACCOUNT",
    "MUAMALAT_VIRTUAL_ACCOUNT",
    "ALFAMART",
    "INDOMARET",
];

impl Channel {
    /// The channel of that code, if it is played here.
    pub(super) fn named(code: &str) -> Option<&'static Self> {
        CHANNELS.iter().find(|channel| channel.code == code)
    }

    /// The channel of a method.
    pub(super) fn of(method: Method) -> Option<&'static Self> {
        let method = if method == Method::CardPage { Method::Card } else { method };
        CHANNELS.iter().find(|channel| channel.method == method)
    }

    /// The code of a method's channel.
    pub(super) fn code_of(method: Method) -> &'static str {
        Self::of(method).map_or("CARDS", |channel| channel.code)
    }
}

/// Whether there is such a channel at Xendit, activated or not.
pub(super) fn exists(code: &str) -> bool {
    Channel::named(code).is_some() || CHANNELS_NOT_ACTIVATED.contains(&code)
}

/// How the list of transactions groups a method.
pub(super) fn category(method: Method) -> &'static str {
    match method {
        Method::Qris => "QR_CODE",
        Method::Gopay | Method::Ovo | Method::Dana | Method::Shopeepay => "EWALLET",
        Method::VaBca | Method::VaBni | Method::VaBri | Method::VaMandiri => "VIRTUAL_ACCOUNT",
        Method::Card | Method::CardPage => "CARDS",
    }
}

/// The word of Xendit's action and its value's place, `None` where there is nothing to show.
pub(super) fn action(method: Method) -> Option<(&'static str, &'static str)> {
    match method {
        Method::Qris => Some(("PRESENT_TO_CUSTOMER", "QR_STRING")),
        Method::VaBca | Method::VaBni | Method::VaBri | Method::VaMandiri => {
            Some(("PRESENT_TO_CUSTOMER", "VIRTUAL_ACCOUNT_NUMBER"))
        }
        Method::Gopay | Method::Dana | Method::Shopeepay | Method::Card => Some(("REDIRECT_CUSTOMER", "WEB_URL")),
        Method::Ovo | Method::CardPage => None,
    }
}
