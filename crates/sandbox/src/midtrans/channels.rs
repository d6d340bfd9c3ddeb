//! The payment types that this sandbox plays, with the limits of Midtrans' pages (2026-03).

use chrono::TimeDelta;

use crate::body::Body;
use crate::ledger::Method;

/// One payment type, or one bank of it.
#[derive(Debug)]
pub(super) struct Channel {
    pub(super) method: Method,
    pub(super) rupiah_min: u64,
    pub(super) rupiah_max: u64,
    /// How long a customer has, where the request does not say.
    pub(super) seconds: i64,
    /// The longest a request may ask for, in days; none where it has no say.
    pub(super) days_max: Option<i64>,
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
/// Unconfirmed where no page names a ceiling.
const RUPIAH_MAX: u64 = 999_999_999;

const fn channel(method: Method, rupiah: (u64, u64), seconds: i64, days_max: Option<i64>) -> Channel {
    Channel { method, rupiah_min: rupiah.0, rupiah_max: rupiah.1, seconds, days_max }
}

const CHANNELS: [Channel; 10] = [
    channel(Method::Qris, (1, 10_000_000), 15 * MINUTE, Some(180)),
    channel(Method::Gopay, (1, 20_000_000), 15 * MINUTE, Some(7)),
    channel(Method::Shopeepay, (1, 20_000_000), 15 * MINUTE, Some(5)),
    // Fixed; one page says 60 seconds, another 65.
    channel(Method::Ovo, (1, 20_000_000), 65, None),
    // On a page only. The ceiling is unconfirmed.
    channel(Method::Dana, (1, 20_000_000), 15 * MINUTE, Some(1)),
    channel(Method::VaBca, (10_000, RUPIAH_MAX), 24 * HOUR, Some(180)),
    channel(Method::VaBni, (1, RUPIAH_MAX), 24 * HOUR, Some(180)),
    channel(Method::VaBri, (1, RUPIAH_MAX), 24 * HOUR, Some(180)),
    channel(Method::VaMandiri, (1, RUPIAH_MAX), 24 * HOUR, Some(180)),
    // The page of 3DS.
    channel(Method::Card, (10_000, RUPIAH_MAX), 10 * MINUTE, None),
];

/// Payment types of Midtrans' that are not activated for the merchants of this sandbox.
const NOT_ACTIVATED: [&str; 5] = ["permata", "cstore", "akulaku", "kredivo", "bca_klikpay"];
/// Banks likewise.
const BANKS_NOT_ACTIVATED: [&str; 4] = ["permata", "cimb", "danamon", "bsi"];

/// What the request asks for.
#[derive(Debug)]
pub(super) enum Asked {
    Played(&'static Channel),
    NotActivated,
    Unknown,
}

impl Channel {
    fn of(method: Method) -> Asked {
        CHANNELS.iter().find(|channel| channel.method == method).map_or(Asked::Unknown, Asked::Played)
    }

    /// The channel of a request's payment type, and of its bank.
    pub(super) fn asked(body: &Body) -> Asked {
        let payment_type = body.text("payment_type").unwrap_or_default();
        match payment_type.as_str() {
            "qris" => Self::of(Method::Qris),
            "gopay" => Self::of(Method::Gopay),
            "shopeepay" => Self::of(Method::Shopeepay),
            "ovo" => Self::of(Method::Ovo),
            "dana" => Self::of(Method::Dana),
            "echannel" => Self::of(Method::VaMandiri),
            "credit_card" => Self::of(Method::Card),
            "bank_transfer" => match body.nested("bank_transfer").and_then(|of| of.text("bank")).as_deref() {
                Some("bca") => Self::of(Method::VaBca),
                Some("bni") => Self::of(Method::VaBni),
                Some("bri") => Self::of(Method::VaBri),
                Some(bank) if BANKS_NOT_ACTIVATED.contains(&bank) => Asked::NotActivated,
                Some(_) | None => Asked::Unknown,
            },
            other if NOT_ACTIVATED.contains(&other) => Asked::NotActivated,
            _ => Asked::Unknown,
        }
    }

    /// How long a customer has: what was asked for, cut to what the channel allows (one page says cut, another says
    /// refused: unconfirmed).
    pub(super) fn life(&self, asked: Option<TimeDelta>) -> TimeDelta {
        let default = TimeDelta::seconds(self.seconds);
        match (asked, self.days_max) {
            (Some(asked), Some(days)) => asked.min(TimeDelta::days(days)),
            (Some(_) | None, _) => default,
        }
    }
}

/// The word for a method in Midtrans' bodies.
pub(super) fn payment_type(method: Method) -> &'static str {
    match method {
        Method::Qris => "qris",
        Method::Gopay => "gopay",
        Method::Ovo => "ovo",
        Method::Dana => "dana",
        Method::Shopeepay => "shopeepay",
        Method::VaBca | Method::VaBni | Method::VaBri => "bank_transfer",
        Method::VaMandiri => "echannel",
        Method::Card | Method::CardPage => "credit_card",
    }
}

/// The bank of a virtual account.
pub(super) fn bank(method: Method) -> Option<&'static str> {
    match method {
        Method::VaBca => Some("bca"),
        Method::VaBni => Some("bni"),
        Method::VaBri => Some("bri"),
        Method::Qris
        | Method::Gopay
        | Method::Ovo
        | Method::Dana
        | Method::Shopeepay
        | Method::VaMandiri
        | Method::Card
        | Method::CardPage => None,
    }
}

/// What a charge is answered with (recorded 2019 to 2023; unconfirmed for OVO).
pub(super) fn created_message(method: Method) -> &'static str {
    match method {
        Method::Qris => "QRIS transaction is created",
        Method::Gopay => "GoPay transaction is created",
        Method::Ovo => "OVO transaction is created",
        Method::Dana => "DANA transaction is created",
        Method::Shopeepay => "ShopeePay transaction is created",
        Method::VaBca | Method::VaBni | Method::VaBri => "Success, Bank Transfer transaction is created",
        Method::VaMandiri => "OK, Mandiri Bill transaction is successful",
        Method::Card | Method::CardPage => "Success, Credit Card transaction is successful",
    }
}
