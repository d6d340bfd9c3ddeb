//! The Core API: what a till shows itself. Limits are those of Midtrans' page of 2026-03-30.

use std::time::Duration;

use mstore_pay_domain::charge::Risk;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::{IdempotencySupport, LookupSupport};

use super::snap::PAGE_LIFE;
use super::{CARD, CARD_RUPIAH, COUNTER, Channel, Expiry, KEY_LIFE, Opens, RUPIAH_MAX, Shown, TRANSFER};

/// OVO gives up after 65 seconds, says its reference; another page says 60.
const OVO_WINDOW: Duration = Duration::from_secs(65);

/// What most have in common: displayed, told our expiry, found by our reference.
const fn row(method: Method, code: &'static str, shown: Shown, amounts: (u64, u64)) -> Channel {
    Channel {
        method,
        code,
        opens: Opens::Transaction,
        shown,
        amount_min_rupiah: amounts.0,
        amount_max_rupiah: amounts.1,
        risk: Risk::Displayed,
        expiry: COUNTER,
        natural_life: None,
        lookup: LookupSupport::ByReference,
        idempotency: IdempotencySupport::Key { ttl: KEY_LIFE },
        refund: true,
    }
}

/// A number at a bank: money that came by transfer is not given back through Midtrans.
const fn transfer(method: Method, code: &'static str, shown: Shown, rupiah_min: u64) -> Channel {
    Channel { expiry: TRANSFER, refund: false, ..row(method, code, shown, (rupiah_min, RUPIAH_MAX)) }
}

const fn at(bank: &'static str, code: &'static str) -> Shown {
    Shown::AccountNumber { bank, code }
}

pub(super) const CHANNELS: [Channel; 9] = [
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
    // Without a token it is a page, of which less can be promised.
    Channel {
        opens: Opens::TransactionByToken,
        expiry: CARD,
        natural_life: Some(PAGE_LIFE),
        lookup: LookupSupport::OncePicked,
        idempotency: IdempotencySupport::None,
        ..row(Method::CreditCard, "credit_card", Shown::Page, CARD_RUPIAH)
    },
];
