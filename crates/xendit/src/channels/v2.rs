//! The rows of the API before v3: QR Codes for QRIS, Payments API v2 for the rest. Each is its row of v3 with
//! what differs. There is no `GoPay`: the list of channels that the official clients know has none.

use super::{Channel, Duration, IdempotencySupport, LookupSupport, Opens, Rail, v3};

pub(super) const CHANNELS: [Channel; 9] = [
    // The floor is that of the QR Codes API. Its codes are found by their own id only, and none can be closed. How
    // their money goes back is not documented: `/refunds` names payment requests.
    Channel {
        opens: Opens::QrCode,
        amount_min_rupiah: 1_500,
        idempotency: KEY,
        cancel: false,
        refund: false,
        ..v3::QRIS
    },
    // What was pushed to a phone is not called back.
    Channel { cancel: false, ..request("OVO", Rail::Ewallet, &v3::OVO) },
    request("DANA", Rail::Ewallet, &v3::DANA),
    request("SHOPEEPAY", Rail::Ewallet, &v3::SHOPEEPAY),
    request("BCA", Rail::VirtualAccount, &v3::VA_BCA),
    request("BNI", Rail::VirtualAccount, &v3::VA_BNI),
    request("BRI", Rail::VirtualAccount, &v3::VA_BRI),
    request("MANDIRI", Rail::VirtualAccount, &v3::VA_MANDIRI),
    // By page only, which is a session here too. A token of v2 would be a payment method made from the card's number.
    Channel { opens: Opens::Session, ..v3::CARDS },
];

/// Keys are honoured; for how long is not documented for payments, a day is what Xendit's other APIs keep at
/// least (unconfirmed).
const KEY: IdempotencySupport = IdempotencySupport::Key { ttl: Duration::from_hours(24) };

/// A payment request of v2: listed by our reference, opened under a key, closed by its payment method.
const fn request(code: &'static str, rail: Rail, newer: &Channel) -> Channel {
    Channel { code, opens: Opens::RequestV2(rail), lookup: LookupSupport::ByReference, idempotency: KEY, ..*newer }
}
